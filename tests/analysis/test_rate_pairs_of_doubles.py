"""Eigenvalues of the hierarchy in pairs of doubles, beside 77 digits."""

import numpy as np
import pytest
from flint import acb, acb_mat, arb, ctx

import thermalent as te
from thermalent.analysis.eigenvalues import refinement
from thermalent.analysis.eigenvalues.chain import ChargeChain
from thermalent.analysis.eigenvalues.generator import BITS, exact_generator
from thermalent.analysis.eigenvalues.matrix.tier_blocks import whole_blocks
from thermalent.analysis.eigenvalues.subspace import pair_kernels as kernels
from thermalent.analysis.eigenvalues.subspace import paired
from thermalent.analysis.eigenvalues.subspace.balls import refine
from thermalent.analysis.eigenvalues.subspace.mixed import refine_mixed
from thermalent.analysis.eigenvalues.subspace.paired import PairedChain
from thermalent.numerics import two_doubles

EPS = np.finfo(float).eps
DETUNED = te.thermal_link(3.0, 0.4, gamma=(1.0, 0.83), detuning=(0.3, -0.1), dephasing=0.2)
RESONANT = te.thermal_link(0.3, 1.0, gamma=(0.4, 1.0))


def chain(network=DETUNED, charge=0, last=16):
    return ChargeChain(exact_generator(network), charge, last)


def exactly(high, low):
    return arb(float(high)) + arb(float(low))


def test_arithmetic_of_pairs_has_thirty_digits():
    rng = np.random.default_rng(3)
    a, b = 10.0 ** rng.uniform(-8, 8, (2, 50)) * rng.choice([-1.0, 1.0], (2, 50))
    pair, other = (a, 1e-17 * a), (b, -3e-18 * b)
    with ctx.workprec(BITS):
        for k in range(50):
            total, product = two_doubles.two_sum(a[k], b[k]), two_doubles.two_product(a[k], b[k])
            assert exactly(*total) - (arb(a[k]) + arb(b[k])) == 0
            assert exactly(*product) - arb(a[k]) * arb(b[k]) == 0
            found = two_doubles.product_of_pairs([x[k] for x in pair], [x[k] for x in other])
            true = exactly(*(x[k] for x in pair)) * exactly(*(x[k] for x in other))
            assert abs(float((exactly(*found) - true) / true)) < 1e-30
            found = two_doubles.square_root(np.array([abs(a[k])]))
            true = arb(abs(a[k])).sqrt()
            assert abs(float((exactly(*(x[0] for x in found)) - true) / true)) < 1e-30
            found = two_doubles.inverse(a[k])
            assert abs(float((exactly(*found) - 1 / arb(a[k])) * arb(a[k]))) < 1e-30


@pytest.mark.parametrize("charge", [0, 1])
def test_elements_have_thirty_digits(charge):
    """Beside those in balls; at charge zero through real and imaginary parts of a few vectors."""
    one = chain(charge=charge, last=6)
    elements = one.matrix_elements
    size = one.size
    with ctx.workprec(BITS):
        dense = acb_mat(size, size)
        values = zip(
            *(x.tolist() for x in (elements.row, elements.col)),
            elements.high.astype(complex).tolist(),
            elements.low.astype(complex).tolist(),
            strict=True,
        )
        for i, j, high, low in values:
            dense[i, j] += acb(high.real, high.imag) + acb(low.real, low.imag)
        exact = acb_mat(size, size)
        operator = one.exact_operators[0]
        count = np.diff(np.append(operator.first, len(operator.col)))
        for i, j, value in zip(
            np.repeat(operator.rows, count).tolist(),
            operator.col.tolist(), operator.value, strict=True,
        ):  # fmt: skip
            exact[i, j] += value
        if charge == 0:
            basis, half = acb_mat(size, size), (arb(1) / 2).sqrt()
            place = one.places
            swapped = (place.element % 4) * 4 + place.element // 4
            for i, partner in enumerate(place.of[place.tier, swapped].tolist()):
                if partner == i:
                    basis[i, i] = 1
                elif partner > i:
                    basis[i, i] = basis[i, partner] = acb(half)
                    basis[partner, i] = acb(0, -1) * half
                    basis[partner, partner] = acb(0, 1) * half
            exact = basis * exact * basis.conjugate().transpose()
        off = max(float(value.abs_upper()) for value in (dense - exact).entries())
    assert off < 1e-29 * np.abs(one.matrix).max()
    assert off > 0  # the last digits are rounded


@pytest.mark.parametrize("dtype", [float, complex])
def test_solves_of_both_sides(dtype):
    one = chain(last=9)
    blocks = whole_blocks(one)
    shift = dtype(0.3) if dtype is float else 0.3 - 0.2j
    parts = [part.astype(dtype) for part in blocks[1:]]
    solver = (*kernels.eliminated(blocks.size, *parts, shift), parts[2])
    rng = np.random.default_rng(5)
    tier, place = one.places.tier, np.arange(one.size) - one.start[one.places.tier]
    columns = rng.normal(size=(one.size, 2)).astype(dtype)
    b = np.zeros((*parts[0].shape[:2], 2), dtype=dtype)
    b[tier, place] = columns
    dense = one.matrix.toarray() - shift * np.eye(one.size)
    found = kernels.solved_from_right(*solver, b)[tier, place]
    np.testing.assert_allclose(found, np.linalg.solve(dense, columns), atol=1e-11)
    found = kernels.solved_from_left(*solver, b)[tier, place]
    np.testing.assert_allclose(found, np.linalg.solve(dense.T, columns), atol=1e-11)
    x, _ = kernels.iterated(*solver, b, b, 1)
    flat = x[tier, place]
    np.testing.assert_allclose(flat.conj().T @ flat, np.eye(2), atol=1e-14)


def nearest(one, place):
    """An eigenvalue, with its copies, and the distance of the next one."""
    values = np.linalg.eigvals(one.matrix.toarray())
    centre = values[np.argmin(np.abs(values - place))]
    distance = np.sort(np.abs(values - centre))
    count = int(np.count_nonzero(distance < 1e-6))
    return complex(centre), count, float(distance[count])


@pytest.mark.parametrize(
    ("network", "charge", "place"),
    [
        (DETUNED, 0, -0.4),
        (DETUNED, 0, -1.0 + 0.4j),
        (DETUNED, 1, -0.3),
        (DETUNED, -1, -0.8 + 0.2j),
        (RESONANT, 0, -2.0),
        (te.phononic_link(0.7, 0.6, wavelengths=(1, 2.1), detuning=(0.5, -0.4)), 0, -0.6),
    ],
)
def test_pairs_of_doubles_agree_with_many_digits(network, charge, place):
    one, fewer = chain(network, charge, 24), chain(network, charge, 19)
    centre, count, gap = nearest(one, place)
    if charge == 0 and abs(centre.imag) < 1e-9:
        centre = complex(centre.real)
    found = PairedChain(one, fewer.last, 1.0).refined(centre, count, gap)
    assert found is not None
    coarse, fine = found
    exact, less = refine(one, centre, count, gap), refine(fewer, centre, count, gap)
    apart = np.min(np.abs(fine.values[:, None] - exact.values[None, :]), axis=1)
    assert np.all(apart <= fine.error + exact.error + EPS * np.abs(exact.values))
    assert np.all(fine.error <= 0.1 * EPS * np.abs(exact.values))
    # To first order in what fewer tiers leave out.
    change = np.min(np.abs(less.values[:, None] - exact.values[None, :]), axis=1)
    estimate = np.min(np.abs(coarse.values[:, None] - fine.values[None, :]), axis=1)
    assert np.all(change <= 2 * estimate + 1e-15)
    other, mixed = refine_mixed(one, centre, count, gap, fewer.size, 1.0)
    expected = np.min(np.abs(other.values[:, None] - mixed.values[None, :]), axis=1)
    np.testing.assert_allclose(estimate, expected, rtol=1e-4, atol=1e-16)
    assert fine.rank_rounding == pytest.approx(exact.rank_rounding, rel=1e-3, abs=1e-20)


def test_what_needs_more_digits_or_tiers_is_left_to_others():
    """Three rates of 0.6 of equal qubits have fewer vectors: their errors are roots of rounding."""
    one = chain(te.thermal_link(10.0, 0.1), last=40)
    assert PairedChain(one, 36, 1.0).refined(-0.6, 3, 0.06) is None
    _, fine = PairedChain(one, 36, 1.0).refined(-0.6, 3, 0.06, roughly=True)
    assert fine.rough
    assert np.all((fine.error > 1e-9) & (fine.error < 6e-5))
    assert np.all(np.abs(fine.values + 0.6) <= fine.error)
    few = chain(te.thermal_link(10.0, 1.0), last=10)
    centre, count, gap = nearest(few, -2.5)
    coarse, fine = PairedChain(few, 6, 1e-8).refined(complex(centre.real), count, gap)
    assert fine.rough
    assert np.all(fine.error > 1e-7)
    np.testing.assert_allclose(np.abs(coarse.values - fine.values), fine.error, rtol=1e-9)


def test_a_slow_rate_that_double_precision_loses_is_left_to_many_digits(monkeypatch):
    """A dark state that decays at 4e-12 of the largest rate and one that decays at 4e-20."""
    asked = []
    refined = paired.PairedChain.refined

    def noted(self, centre, count, gap, *, roughly):
        asked.append(refined(self, centre, count, gap, roughly=roughly))
        return asked[-1]

    monkeypatch.setattr(paired.PairedChain, "refined", noted)
    for detuning in (1e-3, 1e-10):
        network = te.phononic_link(0.1, 1.0, wavelengths=(1, 2), detuning=(detuning, -detuning))
        rate = te.relaxation_rates(network, 1).values[0].real
        assert rate / detuning**2 == pytest.approx(3.814997, rel=1e-4)
    assert any(found is None for found in asked)
    assert any(found is not None for found in asked)


def test_a_defective_group_behind_those_that_are_wanted_needs_few_digits(monkeypatch):
    """Of equal qubits three rates of 0.6 are one group behind five; as of nine, they are wanted."""
    many = []

    def noted(chain, centre, *others):
        many.append(centre)
        return refine_mixed(chain, centre, *others)

    monkeypatch.setattr(refinement, "refine_mixed", noted)
    five = te.relaxation_rates(te.thermal_link(10.0, 0.1), 5)
    assert five.certified
    assert not many
    eight = te.relaxation_rates(te.thermal_link(10.0, 0.1), 8)
    assert many
    np.testing.assert_allclose(eight.values[:5], five.values, rtol=1e-13)
    np.testing.assert_allclose(eight.values[5:], 0.6, rtol=1e-13)
    assert np.all(eight.error < 1e-8 * np.abs(eight.values))
