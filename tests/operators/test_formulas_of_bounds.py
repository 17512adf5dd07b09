"""Bounds and measures of two qubits against their formulas, written out."""

from types import SimpleNamespace

import numpy as np
import pytest

from thermalent.operators import entanglement, measures_together
from thermalent.operators.bounds import concurrence_bounds, distillation_bounds, error_bounds
from thermalent.operators.reading import stacks

EPS = np.finfo(float).eps


def mixed(rng):
    root = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    rho = root @ root.conj().T
    return rho / np.trace(rho).real


@pytest.mark.parametrize("negative", [0.0, 1e-3, 0.05])
def test_a_state_that_replaces_a_matrix_has_the_error_of_its_distance(negative):
    """Of every element by itself, or of the largest one: whatever the matrix is, so far off."""
    rng = np.random.default_rng(2)
    vectors = np.linalg.eigh(mixed(rng))[1]
    rho = (vectors * np.array([0.5, 0.3 + negative, 0.2, -negative])) @ vectors.conj().T
    each = 1e-4 * rng.random((1, 4, 4))
    state, used = error_bounds.nearest(rho[None], each)
    away = np.abs(state[0] - rho)
    assert (away.max() > 1e-4) == (negative > 0)
    np.testing.assert_allclose(used[0], each[0] + away, atol=4 * EPS + 1e-15)
    state, used = error_bounds.nearest(rho[None], np.array([1e-4]))
    assert used[0] == pytest.approx(1e-4 + away.max(), abs=1e-14)
    assert np.linalg.eigvalsh(state[0])[0] > -1e-15
    assert np.trace(state[0]).real == pytest.approx(1, abs=1e-14)


def test_the_bound_of_the_entangled_fraction_is_that_of_its_worst_state():
    rng = np.random.default_rng(1)
    rho = mixed(rng)[None]
    each = 1e-3 * np.abs(rng.normal(size=(1, 4, 4)))
    each = (each + each.swapaxes(1, 2)) / 2
    value = np.array([0.4])
    found = distillation_bounds.fraction_bound(rho, each, value)[0]
    _, used = error_bounds.nearest(rho, each)
    angles = np.linspace(0, np.pi / 2, 2001)
    moduli = np.stack([np.cos(angles), np.sin(angles), np.sin(angles), np.cos(angles)]) / np.sqrt(2)
    worst = np.max(np.einsum("ik,ij,jk->k", moduli, used[0], moduli))
    assert found == pytest.approx(worst + 2 * EPS, rel=1e-5)
    assert found >= worst
    # Never more than the range of the fraction.
    large = distillation_bounds.fraction_bound(rho, np.array([5.0]), value)[0]
    assert large == pytest.approx(0.6, rel=1e-12)
    large = distillation_bounds.fraction_bound(rho, np.array([5.0]), np.array([0.9]))[0]
    assert large == pytest.approx(0.65, rel=1e-12)
    teleported = distillation_bounds.teleportation_bound(rho, each, np.array([(2 * 0.4 + 1) / 3]))
    assert teleported[0] == pytest.approx(2 / 3 * found + 2 * EPS, rel=1e-9)
    zero = np.zeros((4, 4), dtype=bool)
    zero[0, 1:] = zero[1:, 0] = True
    less = distillation_bounds.fraction_bound(rho, each, value, zero)[0]
    worst = np.max(np.einsum("ik,ij,jk->k", moduli, np.where(zero, 0, used[0]), moduli))
    assert less == pytest.approx(worst + 2 * EPS, rel=1e-5)


def entropy(q):
    return -q * np.log2(q) - (1 - q) * np.log2(1 - q)


@pytest.mark.parametrize("eps", [1e-2, 1e-1])
def test_the_bound_of_the_coherent_information_is_winters(eps):
    """Where eigenvalues are not above the error; never more than its range of two bits."""
    rho = np.diag([0.9, 0.1, 0, 0])[None] + 0j
    found = distillation_bounds.coherent_information_bound(rho, np.array([eps]), np.array([0.2]))
    _, used = error_bounds.nearest(rho, np.array([eps]))
    distance = min(0.5 * 8 * used[0], 1.0)
    bound = 2 * distance + (1 + distance) * entropy(distance / (1 + distance))
    assert found[0] == pytest.approx(min(bound, 1.2) + 2 * EPS * 4.2, rel=1e-9)


def test_the_bound_of_the_coherent_information_by_its_slope():
    rho, eps = np.diag([0.3, 0.25, 0.25, 0.2])[None] + 0j, 1e-6
    found = distillation_bounds.coherent_information_bound(rho, np.array([eps]), np.array([-0.9]))
    _, used = error_bounds.nearest(rho, np.array([eps]))
    p = np.array([0.3, 0.25, 0.25, 0.2])
    slope = np.log2(p) - np.log2(np.tile([0.55, 0.45], 2))
    first = used[0] * min(np.sum(np.abs(slope - c)) for c in slope)
    second = (4 * used[0]) ** 2 * np.sum(1 / p) / np.log(2)
    assert found[0] == pytest.approx(first + second + 2 * EPS * 4.9, rel=1e-9)


@pytest.mark.parametrize("size", [0.99, 1.01])
def test_eigenvalues_below_sixteen_errors_are_not_known_well_enough(size):
    p = np.array([[size * 16 * 4 * 1e-4, 0.3, 0.3, 0.39]])
    found = error_bounds._by_relative_entropy(
        p, np.zeros((1, 4, 4)), np.full((1, 4, 4), 1e-4), np.array([1e-4])
    )
    expected = (4e-4) ** 2 * np.sum(1 / p) / np.log(2) if size > 1 else np.inf
    assert found[0] == pytest.approx(expected, rel=1e-12)


def test_the_bound_of_the_logarithmic_negativity_takes_the_steeper_side(monkeypatch):
    monkeypatch.setattr(error_bounds, "negativity_bound", lambda *given: np.array([0.1, 0.3, 0.0]))
    value = np.array([0.5, 0.5, 0.0])
    rho = np.tile(np.eye(4) / 4, (3, 1, 1))
    found = error_bounds.logarithmic_negativity_bound(rho, np.zeros(3), value)
    inside = 2**0.5
    down = -np.log2(1 - 0.2 / inside)
    assert found[0] == pytest.approx(down + 2 * EPS, rel=1e-12)
    # A change to beyond zero is one to zero, or up.
    both = max(0.5, np.log2(1 + 0.6 / inside))
    assert found[1] == pytest.approx(both + 2 * EPS, rel=1e-12)
    assert found[2] == 0.0


@pytest.mark.parametrize(("part", "is_x"), [(0.49, True), (0.51, False)])
def test_an_x_state_has_nothing_else_above_half_a_rounding(part, is_x):
    state = np.diag([0.4, 0.1, 0.3, 0.2]).astype(complex)
    state[0, 1] = state[1, 0] = part * EPS * np.sqrt(0.04)
    assert entanglement._is_x_state(state) is is_x
    state[0, 0], state[0, 1], state[1, 0] = 0.0, 1e-300, 1e-300
    assert not entanglement._is_x_state(state)


def test_blocks_that_are_not_positive_are_moved_to_the_nearest():
    block = entanglement._Block(0.5, 0.2, 0.1j)
    assert entanglement._nearest_block(block) is block
    edge = np.sqrt(0.5 * 0.2)
    assert (
        entanglement._nearest_block(entanglement._Block(0.5, 0.2, edge * (1 + 15 * EPS))).first
        == 0.5
    )
    for given in (
        (0.5, 0.2, 0.4 + 0.1j),
        (0.5, -0.1, 0.05j),
        (-0.1, 0.5, 0.05),
        (0.5, 0.2, edge * (1 + 1e-9)),
    ):
        found = entanglement._nearest_block(entanglement._Block(*given))
        values, vectors = np.linalg.eigh([[given[0], given[2]], [np.conj(given[2]), given[1]]])
        nearest = (vectors * np.maximum(values, 0)) @ vectors.conj().T
        np.testing.assert_allclose(
            [found.first, found.second, found.coherence],
            [nearest[0, 0], nearest[1, 1], nearest[0, 1]], atol=1e-15,
        )  # fmt: skip
        assert abs(found.coherence) > 0


def test_the_concurrence_of_an_x_matrix_is_divided_by_its_trace():
    state = np.zeros((4, 4), dtype=complex)
    np.fill_diagonal(state, [0.1, 0.5, 0.4, 0.05])
    state[1, 2], state[2, 1] = 0.3j, -0.3j
    expected = 2 * (0.3 - np.sqrt(0.1 * 0.05)) / 1.05
    assert entanglement._x_concurrence(state) == pytest.approx(expected, rel=1e-12)
    swapped = state[np.ix_([1, 0, 3, 2], [1, 0, 3, 2])]  # the other block
    assert entanglement._x_concurrence(swapped) == pytest.approx(expected, rel=1e-12)


def test_populations_of_many_states_are_those_of_each():
    rng = np.random.default_rng(2)
    rho = np.array([mixed(rng) for _ in range(3)])
    rho[2] *= 1.1
    found = measures_together.populations_of_all(rho, np.full(3, 1e-6), (2, 2))
    for k in range(2):
        singlet = np.array([0, 1, -1, 0]) / np.sqrt(2)
        triplet = np.abs(singlet)
        expected = [
            rho[k, 0, 0],
            singlet @ rho[k] @ singlet,
            triplet @ rho[k] @ triplet,
            rho[k, 3, 3],
        ]
        np.testing.assert_allclose(found[k], np.real(expected), rtol=1e-12)
    assert np.all(np.isnan(found[2]))
    plain = measures_together.populations_of_all(rho[:1], np.full(1, 1e-6), (4,))
    np.testing.assert_allclose(plain[0], np.diag(rho[0]).real, rtol=1e-12)


def test_errors_of_reduced_states_are_sums_of_those_of_the_elements():
    assert stacks.reduced_error(np.array([1e-3]), 8, 2)[0] == pytest.approx(4e-3)
    tables = np.abs(np.random.default_rng(3).normal(size=(1, 4, 4)))
    network = SimpleNamespace(
        emitter_names=("a", "b"), dims=(2, 2), position=lambda name: "ab".index(name)
    )
    stack = SimpleNamespace(
        error=np.array([1.0]), state=np.zeros((1, 4, 4)), elements=tables, network=network
    )
    whole = stacks.reduced_errors(stack, (), 4)
    np.testing.assert_allclose(whole, np.minimum(tables, 1.0))
    first = stacks.reduced_errors(stack, ("a",), 2)
    sums = tables[0].reshape(2, 2, 2, 2).trace(axis1=1, axis2=3)
    np.testing.assert_allclose(first[0], np.minimum(sums, 2.0))
    stack.elements = None
    assert stacks.reduced_errors(stack, ("b",), 2).tolist() == [2.0]


def test_small_populations_alone_leave_nothing_out_of_the_concurrence(monkeypatch):
    """Scaled to a diagonal of one the state has no small eigenvalue; one that has is less known."""
    rng = np.random.default_rng(4)
    full = 0.5 * np.eye(4) + 2.0 * mixed(rng)
    amplitudes = np.sqrt(np.array([1e-9, 0.3, 0.7, 1e-7]))
    well = full * np.outer(amplitudes, amplitudes)
    thin = np.linalg.qr(rng.normal(size=(4, 3)) + 1j * rng.normal(size=(4, 3)))[0]
    for state, same in ((well, True), (thin @ np.diag([0.5, 0.3, 0.2]) @ thin.conj().T, False)):
        rho = (state + state.conj().T)[None] / 2
        rho = rho / np.trace(rho[0]).real
        given = rho, np.zeros(1), np.array([0.1])
        monkeypatch.undo()
        found = concurrence_bounds.concurrence_bound(*given)[0]
        monkeypatch.setattr(error_bounds.distances, "NOISE_PER_DIMENSION", 0.0)
        assert bool(concurrence_bounds.concurrence_bound(*given)[0] == found) is same


def test_the_error_of_the_concurrence_of_a_mean_x_state_is_that_of_its_elements():
    """Of the larger block: twice its coherence's error and what the root opposite to it moves."""
    rho = np.diag([0.35, 0.1, 0.3, 0.25]).astype(complex)
    rho[0, 3] = rho[3, 0] = 0.2
    rho[1, 2] = rho[2, 1] = -0.05j
    eps = 1e-3 * np.array([[1, 9, 9, 2], [9, 4, 3, 9], [9, 3, 5, 9], [2, 9, 9, 6]])
    found = concurrence_bounds.concurrence_of_mean(rho[None], eps[None], np.zeros(1))
    up = np.sqrt(0.104 * 0.305) - np.sqrt(0.1 * 0.3)
    down = np.sqrt(0.1 * 0.3) - np.sqrt(0.096 * 0.295)
    first = 2 * (0.002 + max(up, down))
    up = np.sqrt(0.351 * 0.256) - np.sqrt(0.35 * 0.25)
    down = np.sqrt(0.35 * 0.25) - np.sqrt(0.349 * 0.244)
    second = 2 * (0.003 + max(up, down))
    # And that of the trace, by which it is divided.
    assert found[0] == pytest.approx(max(first, second) + 0.016, rel=1e-12)
