"""The compiled loops of kets in a sampled field, one by one, against matrices."""

from functools import reduce
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse
from scipy.linalg import expm

from tests.support.plain_kernels import plain
from thermalent.stochastic import ket_kernels

LOWER = np.array([[0, 1.0], [0, 0]])


def random_ket(rng, size):
    psi = rng.normal(size=size) + 1j * rng.normal(size=size)
    return psi / np.linalg.norm(psi)


def lowering(place, count):
    return reduce(np.kron, [LOWER if k == place else np.eye(2) for k in range(count)])


def plan_of(drift, jumps, **others):
    """A plan of any drift, not that of a one-way line, with jumps as matrices."""
    found = sparse.csr_array(np.asarray(drift, dtype=complex))
    parts = [sparse.csr_array(np.asarray(jump, dtype=complex)) for jump in jumps]
    starts = np.cumsum([0] + [part.nnz for part in parts[:-1]])
    return SimpleNamespace(
        pointers=found.indptr,
        columns=found.indices,
        values=found.data,
        norm=float(np.linalg.norm(drift, 1)),
        diagonal=np.zeros(0, dtype=complex),
        up=np.zeros(0, dtype=complex),
        down=np.zeros(0, dtype=complex),
        jump_pointers=np.array([p.indptr + s for p, s in zip(parts, starts, strict=True)]),
        jump_columns=np.concatenate([part.indices for part in parts]),
        jump_values=np.concatenate([part.data for part in parts]),
        **others,
    )


@pytest.fixture
def kernels(monkeypatch):
    return plain(ket_kernels, monkeypatch)


class Drawn:
    """A generator whose numbers are known."""

    def __init__(self, uniform=(), normal=()):
        uniform, normal = iter(uniform), iter(normal)
        self.random = lambda: next(uniform)
        self.standard_normal = lambda: next(normal)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_qubit_is_rotated_by_its_integral(place, kernels):
    rng = np.random.default_rng(place)
    psi, angle = random_ket(rng, 8), 0.9 - 1.4j
    c = lowering(place, 3)
    expected = expm(angle * c.T - np.conj(angle) * c) @ psi
    kernels.rotate_qubit(psi, 4 >> place, angle)
    np.testing.assert_allclose(psi, expected, atol=1e-14)
    kernels.rotate_qubit(psi, 4 >> place, 0j)
    np.testing.assert_allclose(psi, expected, atol=1e-14)


def test_jumps_are_drawn_by_their_rates(kernels):
    """Each has the part of [0, 1) that is its share; one of rate zero is never drawn."""
    rng = np.random.default_rng(4)
    jumps = [rng.normal(size=(4, 4)) for _ in range(3)]
    jumps.insert(1, np.outer([0, 0, 0, 1.0], [0, 1.0, -1.0, 0]))
    psi = random_ket(rng, 4)
    psi[1] = psi[2]  # dark for the second
    after = [jump @ psi for jump in jumps]
    shares = np.array([np.linalg.norm(ket) ** 2 for ket in after])
    edges = np.cumsum(shares / shares.sum())
    plan = plan_of(np.eye(4), jumps)
    for drawn in np.concatenate([edges[:-1] - 1e-6, edges[:-1] + 1e-6, [0.0, 1 - 1e-9]]):
        chosen = min(int(np.searchsorted(edges, drawn, side="right")), 3)
        found = psi.copy()
        kernels.perform_jump(Drawn([drawn]), plan, found, np.empty(4, complex), np.empty(4))
        np.testing.assert_allclose(found, after[chosen] / np.sqrt(shares[chosen]), atol=1e-13)
        assert chosen != 1


def test_the_norm_at_a_jump_is_the_number_drawn_after_a_few_evaluations(kernels, monkeypatch):
    """Along a decay in several steps: the times at which the norm passes the goals, exactly."""
    rng = np.random.default_rng(5)
    h = rng.normal(size=(3, 3))
    drift = -0.5j * (h + h.T) - np.diag([0.1, 0.4, 0.9])
    jump = np.eye(3)  # what is left goes on, normalised
    plan, psi = plan_of(drift, [jump]), random_ket(rng, 3)
    goals, evaluated, polynomial = [0.6, 0.2, 1e-9], [], kernels.polynomial

    def counting(*arguments):
        evaluated.append(arguments[2])
        return polynomial(*arguments)

    def jumping(given, plan, ket, work, rates):
        norms.append(np.linalg.norm(ket) ** 2)
        ket /= np.linalg.norm(ket)

    norms: list[float] = []
    monkeypatch.setattr(kernels, "polynomial", counting)
    monkeypatch.setattr(kernels, "perform_jump", jumping)
    found = psi.copy()
    terms, work = np.empty((kernels.TERMS + 1, 3), complex), np.empty(3, complex)
    goal, count = kernels.decay(
        Drawn(goals[1:]), plan, found, goals[0], 4.0, terms, work, np.empty(1)
    )
    assert count == 2
    assert goal == goals[-1]
    assert norms == pytest.approx(goals[:2], rel=1e-6)
    assert len(evaluated) <= 2 * 10
    exact = expm(4.0 * drift) @ psi
    np.testing.assert_allclose(
        found / np.linalg.norm(found), exact / np.linalg.norm(exact), atol=1e-6
    )


def test_a_step_is_half_an_evolution_a_rotation_and_half_an_evolution(kernels):
    """The field moves in the middle; its integrals turn every qubit by what reaches it."""
    rng = np.random.default_rng(6)
    modes, outputs, step = 2, 3, 0.3

    def numbers(*shape):
        return rng.normal(size=shape) + 1j * rng.normal(size=shape)

    drift = -0.1j * numbers(4, 4)
    drift = drift - drift.conj().T - np.diag([0, 0.1, 0.2, 0.3])
    propagator, factor = 0.5 * numbers(modes + outputs, modes), numbers(modes + outputs, 2)
    mixing, z, psi = 0.3 * numbers(2, outputs), numbers(modes), random_ket(rng, 4)
    plan = plan_of(
        drift, [np.eye(4)], propagator=propagator, noise_factor=factor, mixing=mixing, step=step
    )
    normal = rng.normal(size=(2, 4))  # of two steps, real and imaginary parts in turn
    expected, field = psi, z
    half = expm(drift * step / 2)
    for drawn in normal:
        fresh = propagator @ field + factor @ ((drawn[::2] + 1j * drawn[1::2]) * np.sqrt(0.5))
        field = fresh[:modes]
        expected = half @ expected
        for e, angle in enumerate(mixing @ fresh[modes:]):
            c = lowering(e, 2)
            expected = expm(angle * c.T - np.conj(angle) * c) @ expected
        expected = half @ expected
    found, left = psi.copy(), z.copy()
    terms, work = np.empty((kernels.TERMS + 1, 4), complex), np.empty(4, complex)
    goal, jumps = kernels.advance_ket(
        Drawn(normal=normal.ravel()), plan, left, found, 1e-9, 2, terms, work, np.empty(1)
    )
    assert (goal, jumps) == (1e-9, 0)
    np.testing.assert_allclose(left, field, atol=1e-13)
    np.testing.assert_allclose(found, expected, atol=1e-6)  # the tolerance of the series is 1e-7


def test_the_kept_qubits_are_read_by_a_partial_trace(kernels):
    rng = np.random.default_rng(7)
    psi = 0.3 * random_ket(rng, 8)
    first, second, third = np.indices((2, 2, 2)).reshape(3, 8)
    before = rng.normal(size=(4, 4)) + 0j
    rho = before.copy()
    kernels.read_ket(psi, 2 * first + third, second, np.zeros((2, 4), complex), rho)
    held = (psi / np.linalg.norm(psi)).reshape(2, 2, 2)
    expected = np.einsum("abc,dbf->acdf", held, held.conj()).reshape(4, 4)
    np.testing.assert_allclose(rho - before, expected, atol=1e-14)


def test_quick_decay_is_followed_in_steps_that_lose_no_digits(kernels, rng):
    """A series over all of the time would cancel from e^60 to one."""
    drift = -30j * np.array([[1.0, 0.5], [0.5, -1.0]]) - 0.1 * np.eye(2)
    plan, psi = plan_of(drift, [LOWER]), random_ket(rng, 2)
    expected = expm(2.0 * drift) @ psi
    terms, work = np.zeros((ket_kernels.TERMS + 1, 2), complex), np.zeros(2, complex)
    goal, jumps = kernels.decay(Drawn(), plan, psi, -1.0, 2.0, terms, work, np.zeros(1))
    assert (goal, jumps) == (-1.0, 0)  # the goal is never reached
    np.testing.assert_allclose(psi, expected, atol=1e-11)


@pytest.mark.parametrize("size", [1.0, 1e-3, 1e-6])
def test_a_ket_of_any_size_decays_to_the_same_digits(size, kernels):
    """Between two jumps its norm falls to any size, and the series is cut relative to it."""
    rng = np.random.default_rng(3)
    turning = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    drift = 1j * (turning + turning.conj().T) - 0.1 * turning @ turning.conj().T
    plan, psi = plan_of(drift, [np.zeros((4, 4))]), size * random_ket(rng, 4)
    expected = expm(0.7 * drift) @ psi
    work, terms = np.zeros(4, complex), np.zeros((ket_kernels.TERMS + 1, 4), complex)
    goal, jumps = kernels.decay(Drawn(), plan, psi, 0.0, 0.7, terms, work, np.zeros(1))
    assert (goal, jumps) == (0.0, 0)
    np.testing.assert_allclose(psi, expected, rtol=0, atol=1e-8 * size)  # of the series


def test_a_one_way_line_is_multiplied_without_its_matrix(kernels):
    """Each of three qubits feeds those behind it: K = d + sum of a_j b_l c_j^+ c_l over j > l."""
    rng = np.random.default_rng(5)
    diagonal, (up, down) = rng.normal(size=8) + 0j, rng.normal(size=(2, 3)) + 0j
    drift = np.diag(diagonal)
    for j in range(3):
        for l in range(j):
            drift += up[j] * down[l] * lowering(j, 3).T @ lowering(l, 3)
    plan, psi = plan_of(np.full((8, 8), np.nan), [np.zeros((8, 8))]), random_ket(rng, 8)
    found = np.zeros(8, complex)
    vars(plan).update(diagonal=diagonal, up=up, down=down)
    kernels.drift_product(plan, psi, found, np.zeros(8, complex), 0.7)
    np.testing.assert_allclose(found, 0.7 * drift @ psi, atol=1e-14)
    plan = plan_of(drift, [np.zeros((8, 8))])
    kernels.drift_product(plan, psi, found, np.zeros(8, complex), 0.7)
    np.testing.assert_allclose(found, 0.7 * drift @ psi, atol=1e-14)
