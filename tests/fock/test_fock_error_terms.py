"""Every term of the errors that Fock space states: each case is one in which a term decides."""

import numpy as np
import pytest
from scipy import sparse

import thermalent as te
from thermalent.fock import evolution, projection
from thermalent.fock.evolution import _measured, _Run
from thermalent.fock.problem import problem
from thermalent.fock.resolvent import Factored
from thermalent.fock.truncation import truncation
from thermalent.solution.tasks import EvolutionTask, Piece

EPS = np.finfo(float).eps
TIMES = np.array([1.0, 2.0, 5.0])


def run(cutoff, states, propagation=0.0, rounding=0.0):
    populations = 0.5 * 0.5 ** np.arange(cutoff)
    return _Run(
        cutoffs=(cutoff,),
        states=np.asarray(states, dtype=complex).reshape(-1, 1, 1),
        populations=[[populations]] * len(TIMES),
        rounding=np.full(len(TIMES), rounding),
        elements=1,
        sectors=1,
        propagation=np.full(len(TIMES), propagation),
    )


def measured(fine, coarse):
    return _measured(fine, coarse, TIMES, (0.5,), False)


def test_the_error_of_an_evolution_is_truncation_rounding_and_steps():
    rounding = EPS * (1 + 1e6 * TIMES)
    differences = np.array([1e-4, 3e-4, 1e-5])
    fine = run(30, [0.5, 0.5, 0.5], propagation=2e-5, rounding=rounding)
    found = measured(fine, run(26, 0.5 + differences))
    # What falls by half per level has lost 1/15 of what four levels show; ten times that is stated,
    # of the largest difference so far, without the rounding of both runs.
    largest = np.maximum.accumulate(differences - 2 * rounding)
    assert found.error == pytest.approx(10 * largest / 15 + rounding + 2e-5, rel=1e-9)
    assert found.rounding == pytest.approx(rounding[-1], rel=1e-12)
    # Differences by rounding show no truncation: the populations of the last levels remain.
    same = measured(fine, run(26, 0.5 + 2 * rounding))
    assert same.error == pytest.approx(5 * 0.5**30 + rounding + 2e-5, rel=1e-9)
    alone = measured(fine, None)
    assert alone.error == pytest.approx(rounding + 2e-5, rel=1e-12)


def test_the_tail_follows_from_the_fuller_one_of_the_last_two_levels():
    """Where quanta come in pairs every other level is empty."""
    p = 0.25 ** (np.arange(12) // 2) * (np.arange(12) % 2 == 0)
    q = 0.5
    for pairs, part in ((False, q), (True, 1.0)):
        found = truncation(difference=0.0, populations=[p], coarse=(8,), ratios=(q,), pairs=pairs)
        assert p[-1] == 0.0 < p[-2]
        assert found.tails[0] == pytest.approx(q * p[-2] * part / (1 - q), rel=1e-12)


def test_errors_of_the_sectors_of_an_asymptotic_state_add_up(monkeypatch):
    """A superposition of |00> and a dark state has populations and coherences, of two sectors."""
    network = te.cooperative(2)
    errors, solves = [], []

    def watched(*arguments, original=projection._project):
        found = original(*arguments)
        found = found._replace(error=found.error + 1e-9 * (1 + len(errors)))
        errors.append(found.error)
        solves.append(found.solves)
        return found

    monkeypatch.setattr(projection, "_project", watched)
    plus = np.array([1.0, 1.0, 0.0, 0.0]) / np.sqrt(2)
    found = projection.asymptotic_state(problem(network, te.Fock()), (), np.outer(plus, plus))
    assert len(errors) == 2
    assert found.solver_error == pytest.approx(sum(errors), rel=1e-12)
    assert found.solves == sum(solves)
    assert found.elements == (1 + 4 + 1) + (2 + 2)


SLOW = 1e-8
# Two populations that exchange slowly, beside a fast decay into the first.
EXCHANGE = sparse.csr_array(np.array([[-SLOW, SLOW, 1.0], [SLOW, -SLOW, 0.0], [0.0, 0.0, -1.0]]))


class Careful(Factored):
    """Exact, but claims to stop early."""

    def residual(self, b):
        return 2e-7


class Noisy(Factored):
    """Off by two roundings of what decays fast, which it does not claim."""

    def solve(self, b):
        return super().solve(b) + 2 * EPS * np.array([-1.0, 0.0, 1.0])


class Counted(Factored):
    """Knows how often it was applied."""

    solved = 0

    def solve(self, b):
        self.solved += 1
        return super().solve(b)


def test_a_projection_counts_what_its_applications_lose_and_what_is_left():
    start, exact = np.array([0.0, 0.0, 1.0]), np.array([0.5, 0.5, 0.0])
    plain, careful, noisy = (
        projection._project(EXCHANGE, start, lambda shift, kind=kind: kind(EXCHANGE, shift))
        for kind in (Factored, Careful, Noisy)
    )
    for found in (plain, careful, noisy):
        assert found.converged
        assert np.linalg.norm(found.x - exact) <= found.error
    assert plain.error < 1e-13
    # Eight applications at least, in quadrature, three times.
    assert careful.error > 3 * np.sqrt(8) * 2e-7
    # A residual of a rounding is divided by the slow rate.
    assert noisy.error > EPS / SLOW


def test_what_the_steps_leave_out_of_every_sector_adds_up(monkeypatch):
    """Coherences count twice, because their adjoint sectors are not computed."""
    network = te.cooperative(2)
    plus = np.full((4, 4), 0.25)
    task = EvolutionTask(
        pieces=(Piece(network),), times=np.array([0.0, 1.0]), initial=plus, source="empty"
    )
    charges = []

    def watched(self, kept, start, charge, original=evolution._Stepper.path):
        charges.append(charge)
        for i, (y, part, _) in enumerate(original(self, kept, start, charge)):
            yield y, part, 1e-9 * (i + 1) * 10**charge

    monkeypatch.setattr(evolution._Stepper, "path", watched)
    found = evolution._run([problem(network, te.Fock())], (), task, 1e-8, lambda _: None)
    assert charges == [0, 1, 2]
    assert found.rounding == pytest.approx([221e-9, 442e-9], rel=1e-12)


def test_the_error_of_a_few_levels_is_no_hundred_times_too_large_or_too_small():
    network = te.thermal_link(1.0, 0.5, qubits=1)
    found, exact = te.steady_state(network, te.Fock(cutoff=10)), te.steady_state(network)
    off = np.max(np.abs(found.state - exact.state))
    assert 0.02 * found.error < off <= found.error


def test_what_no_generator_changes_has_an_error_of_rounding_in_proportion():
    start = 1e-8 * np.array([0.6, 0.8j])
    found = projection._project(sparse.csr_array((2, 2)), start, lambda shift: None)
    assert found.error == pytest.approx(1e-8 * EPS, rel=1e-12)


@pytest.mark.parametrize("size", [4, 600])
@pytest.mark.parametrize("turning", [0.0, 0.7])
def test_what_never_decays_is_told_from_what_decays_slowly(size, turning):
    """An undamped coherence, one of 10^5 turns, and decays; up to 500 elements are squared."""
    rates = np.array([1j * turning if turning else -1.0, -1e-4 + 10j * (size < 500), -1.0, -2 + 3j])
    matrix = sparse.diags_array(np.resize(rates, size)).tocsr()
    factors = [Counted(matrix, shift) for shift in (3.0, 1e-2, 1e-4)]
    left, transforms = projection._undecayed(matrix, factors, np.ones(size, dtype=complex))
    if turning:
        expected = np.arange(size) % 4 == 0
        np.testing.assert_allclose(np.abs(left), expected, rtol=0, atol=1e-6)  # 2^30 roundings
    else:
        assert not left.any()
    if size > projection._DENSE:
        assert transforms == sum(factor.solved for factor in factors)
    # A coherence that stays as it is shows that it does, long before the last transform.
    assert 3 * 5 <= transforms < projection._TRANSFORMS / 2


def test_a_projection_is_linear_in_the_start():
    """Down to 1e-9 of a state, as a sector of coherences may have: the same steps, to the bit."""
    start, part = np.array([0.0, 0.2, 0.8]), 2.0**-30
    whole, small = (
        projection._project(EXCHANGE, size * start, lambda shift: Factored(EXCHANGE, shift))
        for size in (1.0, part)
    )
    np.testing.assert_array_equal(small.x, part * whole.x)
    assert small.error == pytest.approx(part * whole.error, rel=1e-6, abs=0)
    assert whole.converged
    assert small.converged
