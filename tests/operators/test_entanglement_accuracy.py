"""Entanglement measures against references in 50 digits."""

import mpmath as mp
import numpy as np
import pytest

from thermalent.operators.entanglement import (
    concurrence,
    concurrence_x,
    fidelity,
    formation,
    trace_distance,
)
from thermalent.operators.states import bell, density

EPS = np.finfo(float).eps
SPIN_FLIP = np.fliplr(np.diag([-1.0, 1.0, 1.0, -1.0]))


@pytest.fixture(autouse=True)
def _fifty_digits():
    with mp.workdps(50):
        yield


# References in 50 digits: matrices are mpmath matrices until they are rounded to doubles.


def exact(array):
    return mp.matrix(np.asarray(array, dtype=complex).tolist())


def rounded(matrix):
    return np.array(matrix.tolist(), dtype=complex)


def wootters(rho):
    """The textbook form: roots of the eigenvalues of rho rho~, here with digits to spare."""
    flip = exact(SPIN_FLIP)
    values = mp.eig(rho * flip * rho.conjugate() * flip, left=False, right=False)
    roots = sorted((mp.sqrt(max(mp.re(value), 0)) for value in values), reverse=True)
    return float(max(0, roots[0] - sum(roots[1:])))


def textbook(rho):
    """The same in double precision."""
    values = np.linalg.eigvals(rho @ SPIN_FLIP @ rho.conj() @ SPIN_FLIP)
    roots = np.sort(np.sqrt(np.maximum(values.real, 0)))[::-1]
    return max(0.0, roots[0] - roots[1:].sum())


def unitary(rng, size):
    return mp.qr(exact(rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size))))[0]


def local_unitary(rng):
    first, second = unitary(rng, 2), unitary(rng, 2)
    return mp.matrix(
        [[first[i // 2, j // 2] * second[i % 2, j % 2] for j in range(4)] for i in range(4)]
    )


def with_spectrum(rng, values):
    vectors = unitary(rng, 4)
    return vectors * mp.diag([*values, *[0] * (4 - len(values))]) * vectors.H


def rotated(rng, rho):
    turn = local_unitary(rng)
    return turn * rho * turn.H


def werner(p):
    return p * exact(density(bell("S"))) + (1 - p) * mp.eye(4) / 4


def nearly_product(rng, weight, mixture):
    return (1 - weight) * rotated(rng, mp.diag([1, 0, 0, 0])) + weight * mixture


TINY = mp.mpf("1e-10")
THIRD = 1 / mp.mpf(3)
FAMILIES = {
    "pure": lambda rng: with_spectrum(rng, [1]),
    "product": lambda rng: rotated(rng, mp.diag([1, 0, 0, 0])),
    "rank 2": lambda rng: with_spectrum(rng, [0.75, 0.25]),
    "rank 2, weak": lambda rng: with_spectrum(rng, [1 - TINY, TINY]),
    "rank 3": lambda rng: with_spectrum(rng, [0.875, 0.09375, 0.03125]),
    "full rank": lambda rng: with_spectrum(rng, [0.875, 0.0625, 0.03125, 0.03125]),
    "nearly pure": lambda rng: with_spectrum(rng, [1 - 3 * TINY, TINY, TINY, TINY]),
    "dark mixture": lambda rng: rotated(
        rng, (exact(density(bell("S"))) + mp.diag([1, 0, 0, 0])) / 2
    ),
    "Werner above threshold": lambda rng: rotated(rng, werner(THIRD + TINY)),
    "Werner at threshold": lambda rng: rotated(rng, werner(THIRD)),
    "Werner below threshold": lambda rng: rotated(rng, werner(THIRD - TINY)),
    "product + pure": lambda rng: nearly_product(rng, TINY, with_spectrum(rng, [1])),
    "product + full rank": lambda rng: nearly_product(
        rng, TINY, with_spectrum(rng, [0.875, 0.0625, 0.03125, 0.03125])
    ),
    "product + Werner": lambda rng: nearly_product(rng, TINY, rotated(rng, werner(0.75))),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_concurrence_agrees_with_50_digits(family):
    rng = np.random.default_rng(20)
    for _ in range(12):
        rho = FAMILIES[family](rng)
        assert concurrence(rounded(rho)) == pytest.approx(wootters(rho), abs=1e-12)


@pytest.mark.parametrize("family", ["pure", "rank 2", "rank 3"])
def test_textbook_formula_fails_the_same_comparison(family):
    """Negative control: the families do tell an accurate algorithm from one that is not."""
    rng = np.random.default_rng(20)
    samples = [FAMILIES[family](rng) for _ in range(12)]
    assert max(abs(textbook(rounded(rho)) - wootters(rho)) for rho in samples) > 1e-9


@pytest.mark.parametrize("p", [1e-6, 1e-8, 1e-10, 1e-12])
def test_small_eigenvalue_costs_no_more_than_rounding_the_elements(p):
    """|S> and |00> mixed with p |11>: dC/dp = -1/sqrt(2 p), and rounding moves p by about 1e-16."""
    rng = np.random.default_rng(21)
    weight = mp.mpf(p)
    mixture = (exact(density(bell("S"))) + mp.diag([1 - 2 * weight, 0, 0, 2 * weight])) / 2
    for _ in range(12):
        rho = rotated(rng, mixture)
        assert concurrence(rounded(rho)) == pytest.approx(wootters(rho), abs=EPS / np.sqrt(p))


def random_x_state(rng, lowest):
    """An X-state whose populations spread from `lowest` to 1, in 50 digits."""
    sizes = [mp.mpf(10) ** (np.log10(lowest) * u) for u in rng.uniform(size=4)]
    sizes[rng.integers(4)] = mp.mpf(1)
    populations = [size / sum(sizes) for size in sizes]
    rho = mp.diag(populations)
    for i, j in ((0, 3), (1, 2)):
        size = rng.choice([0.0, 0.5, 0.999, 1.0]) * mp.sqrt(populations[i] * populations[j])
        rho[i, j] = size * mp.expj(rng.uniform(0, 6))
        rho[j, i] = mp.conj(rho[i, j])
    return rho


def x_formula(rho):
    outer = mp.sqrt(mp.re(rho[0, 0] * rho[3, 3]))
    inner = mp.sqrt(mp.re(rho[1, 1] * rho[2, 2]))
    return float(2 * max(0, abs(rho[1, 2]) - outer, abs(rho[0, 3]) - inner))


@pytest.mark.parametrize("lowest", [1e-2, 1e-14, 1e-300])
def test_x_states_with_tiny_populations(lowest):
    """No cancellation but that of two roots, each rounded once: a few units of rounding."""
    rng = np.random.default_rng(22)
    for _ in range(50):
        rho = random_x_state(rng, lowest)
        expected = pytest.approx(x_formula(rho), abs=8 * EPS)
        assert concurrence_x(rounded(rho)) == expected
        assert concurrence(rounded(rho)) == expected


def test_x_formula_agrees_with_wootters_in_50_digits():
    rng = np.random.default_rng(23)
    for _ in range(10):
        rho = random_x_state(rng, 1e-14)
        assert x_formula(rho) == pytest.approx(wootters(rho), abs=1e-20)


def test_tiny_populations_beside_coherences_that_break_the_x_pattern():
    """The root is relative to the populations; that of an unscaled eigendecomposition is not."""
    rng = np.random.default_rng(31)
    lost = []
    for _ in range(20):
        scale = mp.diag([1, mp.mpf(10) ** -rng.uniform(6, 7.5), 1, 1])
        rho = scale * with_spectrum(rng, [0.75, 0.125, 0.0625, 0.0625]) * scale
        rho /= sum(rho[i, i] for i in range(4))
        assert concurrence(rounded(rho)) == pytest.approx(wootters(rho), abs=1e-14)
        values, vectors = np.linalg.eigh(rounded(rho))
        root = vectors * np.sqrt(np.maximum(values, 0))
        roots = np.linalg.svd(root.T @ SPIN_FLIP @ root, compute_uv=False)
        lost.append(abs(max(0.0, roots[0] - roots[1:].sum()) - wootters(rho)))
    assert max(lost) > 1e-10


@pytest.mark.parametrize("angle", [1e-2, 1e-4, 1e-6, 1e-8, 1e-16])
def test_states_that_are_nearly_x_states(angle):
    """A small local rotation breaks the pattern and changes nothing: no jump between the routes."""
    rng = np.random.default_rng(32)
    dark = (exact(density(bell("S"))) + mp.diag([1, 0, 0, 0])) / 2
    for rho in (dark, werner(mp.mpf("0.75"))):
        c, s = mp.cos(angle), mp.sin(angle) * mp.expj(rng.uniform(0, 6))
        one = mp.matrix([[c, -s], [mp.conj(s), c]])
        turn = mp.matrix(4, 4)
        turn[:2, :2] = turn[2:, 2:] = one  # the second qubit
        turned = rounded(turn * rho * turn.H)
        assert concurrence(turned) == pytest.approx(wootters(rho), abs=16 * EPS)


@pytest.mark.parametrize("c", ["0", "1e-100", "1e-12", "1e-8", "1e-3", "0.5", "0.999999999", "1"])
def test_formation_to_full_relative_accuracy(c):
    value = mp.mpf(float(c))
    with mp.workdps(250):
        q = (1 - mp.sqrt(1 - value**2)) / 2
        expected = sum(-x * mp.log(x, 2) for x in (q, 1 - q) if x)
    assert formation(float(c)) == pytest.approx(float(expected), rel=1e-14, abs=0)


def test_fidelity_agrees_with_50_digits_for_every_rank():
    rng = np.random.default_rng(27)

    def root(rho):
        values, vectors = mp.eighe(rho)
        return vectors * mp.diag([mp.sqrt(max(value, 0)) for value in values]) * vectors.H

    spectra = ([1], [0.75, 0.25], [0.5, 0.375, 0.125], [0.5, 0.25, 0.125, 0.125])
    for first in spectra:
        for second in spectra:
            rho, sigma = with_spectrum(rng, first), with_spectrum(rng, second)
            inner = root(rho) * sigma * root(rho)
            expected = float(sum(mp.sqrt(max(v, 0)) for v in mp.eighe(inner, eigvals_only=True)))
            value = fidelity(rounded(rho), rounded(sigma), squared=False)
            assert value == pytest.approx(expected, abs=1e-14)
            value = fidelity(rounded(rho), rounded(sigma), squared=True)
            assert value == pytest.approx(expected**2, abs=1e-14)


def test_fidelity_of_orthogonal_states_is_zero_not_the_root_of_rounding():
    rng = np.random.default_rng(28)
    vectors = unitary(rng, 4)
    rho = vectors * mp.diag([0.5, 0.5, 0, 0]) * vectors.H
    sigma = vectors * mp.diag([0, 0, 0.75, 0.25]) * vectors.H
    assert fidelity(rounded(rho), rounded(sigma), squared=False) < 1e-14
    assert trace_distance(rounded(rho), rounded(sigma)) == pytest.approx(1.0, abs=8 * EPS)
