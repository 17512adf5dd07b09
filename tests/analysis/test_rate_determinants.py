"""Determinants of the hierarchy and the count that follows them, beside dense matrices."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse

import thermalent as te
from thermalent.analysis.eigenvalues import counting_kernels as kernels
from thermalent.analysis.eigenvalues import determinants
from thermalent.analysis.eigenvalues.chain import ChargeChain
from thermalent.analysis.eigenvalues.counting import count_missing
from thermalent.analysis.eigenvalues.generator import exact_generator
from thermalent.analysis.eigenvalues.matrix.tier_blocks import TierBlocks, separate_blocks

RESONANT = te.thermal_link(2.0, 0.5)
DETUNED = te.thermal_link(2.0, 0.5, detuning=(0.3, -0.1), dephasing=0.2)
POINTS = np.array([0.2 + 0.1j, -0.4 + 3.0j, 1.0 + 0j, -0.7 - 30.0j, -0.7 + 300.0j])


def chain(network, charge=0, last=7):
    return ChargeChain(exact_generator(network), charge, last)


def dense_of(part: TierBlocks):
    """The matrix of a part, its tiers one after the other."""
    start = np.concatenate([[0], np.cumsum(part.size)])
    full = np.zeros((start[-1], start[-1]), dtype=part.diagonal.dtype)
    for n, width in enumerate(part.size):
        rows = slice(start[n], start[n + 1])
        full[rows, rows] = part.diagonal[n, :width, :width]
        if n > 0:
            below = slice(start[n - 1], start[n])
            full[rows, below] = part.rise[n, :width, : part.size[n - 1]]
        if n + 1 < len(part.size):
            above = slice(start[n + 1], start[n + 2])
            full[rows, above] = part.fall[n, :width, : part.size[n + 1]]
    return full


def logarithm(matrix, s):
    sign, size = np.linalg.slogdet(s[:, None, None] * np.eye(len(matrix)) - matrix)
    return size + np.log(sign.astype(complex))


def assert_same(found, expected):
    """Up to multiples of 2 pi i; a few hundred unknowns with a rounding of 1e-15 each."""
    np.testing.assert_allclose(found.real, expected.real, rtol=1e-12, atol=1e-10)
    np.testing.assert_allclose(np.exp(1j * (found - expected).imag), 1.0, atol=1e-10)


@pytest.mark.parametrize(
    ("network", "charge", "count"), [(RESONANT, 0, 2), (DETUNED, 0, 1), (RESONANT, 1, 1)]
)
def test_parts_that_are_not_coupled_are_the_whole_matrix(network, charge, count):
    one = chain(network, charge)
    parts = separate_blocks(one)
    assert len(parts) == count
    found = np.concatenate([np.linalg.eigvals(dense_of(part)) for part in parts])
    assert len(found) == one.size
    # Traces of powers, which need no pairing of the eigenvalues.
    for power in (1, 2, 3):
        expected = np.trace(np.linalg.matrix_power(one.matrix.toarray(), power))
        assert np.sum(found**power) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("narrow", [True, False])
@pytest.mark.parametrize(("network", "charge"), [(RESONANT, 0), (DETUNED, 0), (DETUNED, 1)])
def test_logarithms_of_the_determinant(network, charge, narrow, monkeypatch):
    if not narrow:
        monkeypatch.setattr(determinants, "_NARROW", 0)
        monkeypatch.setattr(determinants, "_CHUNK", 1)
    one = chain(network, charge)
    expected = logarithm(one.matrix.toarray(), POINTS)
    assert_same(determinants.log_det_double(one)(POINTS), expected)
    if narrow:
        assert_same(determinants.log_det_exact(one)(POINTS), expected)
        assert_same(determinants.log_det_of_pairs(one)(POINTS), expected)


@pytest.mark.parametrize("charge", [0, 1])
def test_pairs_of_doubles_resolve_what_double_precision_loses(charge):
    """A source that is 1e18 times slower than the emitters: log det moves by its rates' scale."""
    one = chain(te.thermal_link(0.3, 1e-18, detuning=(0.2, -0.1)), charge, 4)
    points = -3e-18 + 1j * np.array([0.0, 1e-18, 3e-18, 1e-10, 1.0])
    exact = determinants.log_det_exact(one)(points)
    assert_same(determinants.log_det_of_pairs(one)(points), exact)
    lost = determinants.log_det_double(one)(points)
    assert np.max(np.abs(lost - exact).real) > 0.01 or charge != 0


def test_lanes_are_independent_of_each_other_and_of_their_number():
    (part,) = separate_blocks(chain(DETUNED))
    points = -0.3 + 1j * np.linspace(0.0, 40.0, 71)  # two groups and a part of a third
    together, multiplier = kernels.log_determinants_in_lanes(points, *part)
    for k in (0, 31, 32, 70):
        alone = kernels.log_determinants_in_lanes(points[k : k + 1], *part)
        assert_same(alone[0], together[k : k + 1])
        assert alone[1] == pytest.approx(multiplier[k], rel=1e-12)
    assert_same(together, kernels.log_determinants(points, *part))
    assert np.all((multiplier > 1e-3) & (multiplier < 100.0))


def test_many_unknowns_neither_overflow_nor_underflow():
    (part,) = separate_blocks(chain(DETUNED, last=60))
    for scale in (1e-12, 1e12):
        scaled = TierBlocks(part.size, *(scale * block for block in part[1:]))
        found = determinants._of_narrow(scale * POINTS, scaled)
        unscaled = determinants._of_narrow(POINTS, part)
        assert np.all(np.abs(found.real - unscaled.real) > 1e4)
        assert_same(found, unscaled + np.sum(part.size) * np.log(scale))


@pytest.mark.parametrize("pivot", [0.0, 1e-13])
def test_a_pivot_that_vanishes_is_searched_for(pivot):
    """[[s, 1], [1, s]] at s = 0, and beside it: no digits are left without a search."""
    part = TierBlocks(
        np.array([2]), np.array([[[0.0, -1.0], [-1.0, -0.3]]]), np.zeros((1, 2, 2)),
        np.zeros((1, 2, 2)),
    )  # fmt: skip
    s = np.array([0.2 + 1j, pivot + 0j])
    values, multiplier = kernels.log_determinants_in_lanes(s, *part)
    assert multiplier[1] > 1e10 or not np.isfinite(values[1])
    assert_same(determinants._of_narrow(s, part), np.log(s * (s + 0.3) - 1.0))


def test_a_line_between_a_hundred_rates_with_a_missing_pair_far_up():
    """A matrix of known eigenvalues: sizes from 1e-4 to 1e4 and one pair beside the line."""

    class Diagonal:
        """Pairs a +- ib as blocks of two, in one tier."""

        charge, last = 0, 0

        def __init__(self, values):
            blocks = [[[z.real, z.imag], [-z.imag, z.real]] for z in values]
            self.matrix = sparse.csc_array(sparse.block_diag(blocks))
            self.size = 2 * len(values)
            self.places = SimpleNamespace(tier=np.zeros(self.size, dtype=int))

    rng = np.random.default_rng(4)
    values = -(1.0 + rng.exponential(3.0, 50)) + 1j * 10.0 ** rng.uniform(-4, 4, 50)
    for beside in (-1e-6, -1e-2, 1e-7, 1e-3):
        pair = -0.5 - beside + 2345.678j
        one = Diagonal([*values, pair])
        log_det = determinants.log_det_double(one)
        few = np.concatenate([values[:5], values[:5].conj()])
        found = count_missing(one, few, 0.5, log_det)
        assert found.missing == (2 if beside < 0 else 0)
        # Twice in the same place.
        twice = Diagonal([*values, pair, pair])
        log_det = determinants.log_det_double(twice)
        assert count_missing(twice, few, 0.5, log_det).missing == (4 if beside < 0 else 0)


def test_where_the_phase_turns_the_missing_are_looked_for():
    """Two pairs are left out of the list: at least one height is near to each of theirs."""
    one = chain(DETUNED, last=9)
    values = np.linalg.eigvals(one.matrix.toarray())
    depth = np.sort(-values.real)
    at = 14 + int(np.argmax(np.diff(depth[14:24])))
    distance = 0.5 * (depth[at] + depth[at + 1])
    turning = (values.real > -distance) & (np.abs(values.imag) > 0.05)
    assert np.any(turning)
    found = count_missing(one, values[~turning], distance, determinants.log_det_double(one))
    assert found.missing == np.count_nonzero(turning)
    for height in np.abs(values.imag[turning]):
        assert np.min(np.abs(found.places - height)) < 0.7 * height + 0.3
