"""The projection onto what is conserved: its shifts, and each term of the error that it states."""

import numpy as np
import pytest
from scipy import sparse

import thermalent as te
from thermalent.fock import projection
from thermalent.fock.lindbladian import generator_norm, lindbladian
from thermalent.fock.problem import problem
from thermalent.fock.resolvent import Factored, Swept
from thermalent.fock.space import emitter_numbers, space
from thermalent.operators import states

EPS = np.finfo(float).eps
SLOW = 1e-5
# Two populations that exchange slowly, beside a fast decay into the first.
EXCHANGE = sparse.csr_array(np.array([[-SLOW, SLOW, 2.0], [SLOW, -SLOW, 0.0], [0.0, 0.0, -2.0]]))


def watched(matrix, start, stops_at=0.0):
    """The projection, and the shift and the vector of each of its applications."""
    applied = []

    class Watched(Factored):
        def __init__(self, matrix, shift):
            super().__init__(matrix, shift)
            self.shift = shift

        def residual(self, b):  # which is asked for once before each application
            applied.append((self.shift, b))
            return stops_at * (1 + len(applied))

    found = projection._project(matrix, start, lambda shift: Watched(matrix, shift))
    return found, applied


@pytest.mark.parametrize("stops_at", [0.0, 1e-13])
def test_roundings_and_residuals_add_up_in_quadrature(stops_at):
    start = np.array([0.0, 0.1, 0.4])
    found, applied = watched(EXCHANGE, start, stops_at)
    lost = [
        stops_at * k + EPS * np.linalg.norm(abs(EXCHANGE) @ np.abs(b)) / shift
        for k, (shift, b) in enumerate(applied, 2)
    ]
    rounding = 3 * np.hypot(16 * EPS * np.linalg.norm(start), np.linalg.norm(lost))
    shift, settled = applied[-projection._POLISHED]
    residual = np.linalg.norm(EXCHANGE @ settled) / shift
    assert found.error == pytest.approx(rounding + residual, rel=1e-9)


def test_shifts_fall_where_one_application_removes_little():
    """From the largest rate on: kept while the residual falls to a third, else lowered."""
    decay = sparse.diags_array([0.0, -1e-4, -1e-2, -1.0]).tocsr()
    found, applied = watched(decay, np.ones(4))
    assert found.converged
    np.testing.assert_allclose(found.x, [1, 0, 0, 0], atol=1e-9 * found.error + 1e-15)
    shifts = np.array([shift for shift, _ in applied])
    left = np.array([np.linalg.norm(decay @ b) for _, b in applied])
    assert shifts[0] == 1.0
    working = len(shifts) - projection._POLISHED
    for k in range(1, working):
        lowered = left[k] > left[k - 1] / 3
        assert shifts[k] == pytest.approx(shifts[k - 1] / (np.sqrt(10) if lowered else 1))
    assert np.all(shifts[working:] == shifts[-1])
    assert len(set(shifts)) > 5  # some were lowered,
    assert len(set(shifts)) < working  # and some kept


def test_what_has_not_relaxed_at_the_lowest_shift_says_how_far_it_may_be():
    """A rate of 1e-14 of the largest: the residual over the shift, which ends near 1e-12."""
    slow = np.array([[-1e-14, 1e-14, 1.0], [1e-14, -1e-14, 0.0], [0.0, 0.0, -1.0]])
    found, applied = watched(sparse.csr_array(slow), np.array([1.0, 0.0, 0.0]))
    assert not found.converged
    lowest = applied[-1][0]
    assert 0.3e-12 < lowest / 2 < 1.1e-12  # of the largest sum of a column, 2
    assert found.error > np.linalg.norm(slow @ found.x) / lowest
    assert found.error < 2 * np.linalg.norm(slow @ found.x) / lowest
    assert found.solves == len(applied)


def test_the_largest_element_says_what_fewer_levels_change(monkeypatch):
    reached, differences = [], []

    def state(*arguments, original=projection._asymptotic_state):
        reached.append(original(*arguments))
        return reached[-1]

    def left_out(*, difference, original=projection.truncation, **given):
        differences.append(difference)
        return original(difference=difference, **given)

    monkeypatch.setattr(projection, "_asymptotic_state", state)
    monkeypatch.setattr(projection, "truncation", left_out)
    network = te.phononic_link(0.4, 0.2, wavelengths=(1, 2))
    rho = states.initial_state("01", network.dims)
    projection.asymptotic_state(problem(network, "auto"), (5,), rho)
    coarse, fine = reached[0], reached[1]
    assert coarse.cutoffs < fine.cutoffs
    assert differences == [np.max(np.abs(fine.state - coarse.state))]
    assert differences[0] > 1e-6


def test_without_symmetry_sweeps_reach_what_factors_do():
    """A driven qubit beside two that share a dark state: nothing conserves a number."""
    qubits = [te.Qubit(name="a"), te.Qubit(name="b")]
    driven = te.Qudit(
        name="driven",
        lower=np.array([[0, 1], [0, 0]]),
        local_hamiltonian=np.array([[0.0, 0.3], [0.3, 0.2]]),
    )
    decay = np.array([[1.0, 1, 0], [1, 1, 0], [0, 0, 0.7]])
    network = te.Network(nodes=(*qubits, driven), exchange=np.zeros((3, 3)), decay=decay)
    start = states.initial_state("100", network.dims)
    one, other = (
        te.Fock(solver=solver).steady_state_from(network, start)
        for solver in ("direct", "iterative")
    )
    assert one.status.ok
    assert other.status.ok
    assert np.max(np.abs(one.state - other.state)) <= one.error + other.error < 1e-9
    assert abs(one.state[0, 1]) > 0.05  # the drive makes coherences between numbers


class Prescribed:
    """Applications whose results are given; what is asked for later decays at once."""

    def __init__(self, left):
        self.left = left

    def solve(self, b):
        return np.array([1.0, self.left.pop(0)]) if self.left else b * [1.0, 0.5]

    def residual(self, b):
        return 0.0


@pytest.mark.parametrize(
    "left",
    [
        [0.5, 1e-20],  # below any rounding
        # Above four roundings of the start, below but falling by half, and then no longer.
        [0.5, 0.25, 6.5 * EPS, 6.0 * EPS, 2.3 * EPS, 1.4 * EPS],
    ],
)
def test_a_residual_that_is_rounding_ends_a_projection_and_no_other_does(left):
    decay, start = sparse.csr_array(np.diag([0.0, -1.0])), np.ones(2)
    lowered = sum(now > before / 3 for before, now in zip([1, *left], left[:-1], strict=False))
    one = Prescribed([*left])
    found = projection._project(decay, start, lambda shift: one)
    assert found.converged
    # One by one, eight to polish, and one transform at each shift shows that nothing is left.
    assert found.solves == len(left) + 8 + (1 + lowered)


def test_what_turns_on_is_seen_after_fifty_cycles():
    """One transform removes what decays at the rate of the shift; the rest keeps its size."""
    matrix = sparse.csr_array(np.diag([0.7j, -1.0]))
    left, transforms = projection._undecayed(matrix, [Factored(matrix, 1.0)], np.ones(2) + 0j)
    np.testing.assert_allclose(np.abs(left), [1.0, 0.0], atol=1e-13)
    assert transforms == 1 + projection._CYCLES


def test_no_more_transforms_than_are_allowed(monkeypatch):
    monkeypatch.setattr(projection, "_TRANSFORMS", 60)
    monkeypatch.setattr(projection, "_DENSE", 1)
    matrix = sparse.csr_array(np.diag([-1e-6, -1.0]))
    factors = [Factored(matrix, shift) for shift in (3.0, 1.0, 0.3)]
    left, transforms = projection._undecayed(matrix, factors, np.ones(2))
    assert transforms == 60
    assert left[0] > 0.9


def test_sweeps_stop_at_roundings_of_the_generator_over_the_shift():
    network = te.cooperative(2)
    base = space(network, (), emitter_numbers(network))
    generator = lindbladian(network, base)
    for shift in (1.0, 1e-3):
        swept, b = Swept(generator, shift), np.arange(1.0, base.elements + 1)
        limit = 4 * EPS * (1 + generator_norm(generator) / shift) * np.linalg.norm(b)
        assert swept.residual(b) == pytest.approx(limit, rel=1e-12)
        x = swept.solve(b)
        assert np.linalg.norm(x - generator.matrix @ x / shift - b) <= limit
