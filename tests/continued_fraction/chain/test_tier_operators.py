"""Operators on all tiers, element by element as their definitions are written."""

import numpy as np
import pytest
from scipy import sparse

import thermalent as te
from thermalent.continued_fraction.chain import tier_operators
from thermalent.continued_fraction.chain.assembly import assemble, offsets
from thermalent.continued_fraction.chain.chain import hierarchy_chain
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.chain.tier_operators import Field, TierOperators

LAST = 5
EPS = np.finfo(float).eps


def given(n_th, charge, *, several=()):
    """Random tiers of one total charge: an element of charge q has k - l = q - Q."""
    h = hierarchy(te.thermal_link(n_th, 0.2, 0.7, detuning=(0.3, -0.1)))
    rng = np.random.default_rng(5)
    shape = (*several, LAST + 1, 4, 4)
    matrices = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
    for n in range(LAST + 1):
        for i in range(4):
            for j in range(4):
                if quanta(h, charge, n, i, j) is None:
                    matrices[..., n, i, j] = 0
    return TierOperators(h, charge, matrices)


def quanta(h, charge, n, i, j):
    """k and l of an element of tier n, None if it does not exist."""
    difference = h.numbers[i] - h.numbers[j] - charge
    k, l = (n + difference) / 2, (n - difference) / 2
    return (int(k), int(l)) if k >= 0 and l >= 0 and k == int(k) else None


def a_field(h):
    """A source's amplitude and a lowering operator of the emitters."""
    rng = np.random.default_rng(6)
    lowers = np.subtract.outer(h.numbers, h.numbers) == -1
    matrix = rng.standard_normal((4, 4)) + 1j * rng.standard_normal((4, 4))
    return Field(0.4 - 0.7j, np.where(lowers, matrix, 0))


@pytest.mark.parametrize("n_th", [0.3, 7.0])
@pytest.mark.parametrize("charge", [0, 1, -2])
@pytest.mark.parametrize("conjugate", [False, True])
def test_products_with_a_field_are_those_of_every_element(n_th, charge, conjugate):
    """Tiers are in units of scale^N, and V is the covariance of the mode."""
    tiers = given(n_th, charge)
    h, m, field = tiers.h, tiers.matrices, a_field(tiers.h)
    v = h.modes[0].variance
    scale = np.sqrt(abs(v)) if abs(v) > 1 else 1.0
    assert bool(scale > 1) is (n_th == 7.0)
    unit = scale ** np.arange(LAST + 1)
    mu = unit[:, None, None] * m

    def at(n, i, j):
        return mu[n, i, j] if 0 <= n <= LAST else 0.0

    found = tiers.times_field(field, conjugate=conjugate)
    assert found.charge == charge + (1 if conjugate else -1)
    assert found.matrices.shape == (LAST + 2, 4, 4)
    for n in range(LAST + 2):
        for i in range(4):
            for j in range(4):
                place = quanta(h, found.charge, n, i, j)
                expected = 0.0
                if place is not None:
                    k, l = place[::-1] if conjugate else place
                    weight = np.conj(field.weight) if conjugate else field.weight
                    amplitude = np.sqrt(k) * v * at(n - 1, i, j)
                    amplitude += np.sqrt(l + 1) * at(n + 1, i, j)
                    expected = weight * amplitude
                    for a in range(4):
                        if conjugate:
                            expected += at(n, i, a) * np.conj(field.emitters[j, a])
                        else:
                            expected += field.emitters[i, a] * at(n, a, j)
                value = found.matrices[n, i, j] * scale**n
                assert value == pytest.approx(expected, rel=1e-12, abs=1e-12 * scale**n)


def test_products_and_traces_of_several_are_those_of_each():
    tiers = given(0.3, 0, several=(3,))
    field = a_field(tiers.h)
    for conjugate in (False, True):
        found = tiers.times_field(field, conjugate=conjugate).times_field(
            field, conjugate=not conjugate
        )
        for one, matrices, trace in zip(
            tiers.matrices, found.matrices, found.traces(), strict=True
        ):
            each = TierOperators(tiers.h, 0, one).times_field(field, conjugate=conjugate)
            each = each.times_field(field, conjugate=not conjugate)
            np.testing.assert_array_equal(each.matrices, matrices)
            assert each.trace() == trace == np.trace(matrices[0])


@pytest.mark.parametrize(("n_th", "charge"), [(0.3, 0), (7.0, 0), (7.0, 1)])
def test_vectors_of_the_chain_are_its_matrices_and_back(n_th, charge):
    """Each element of the vector is one basis operator, those of tier zero fewer than the rest."""
    h = hierarchy(te.thermal_link(n_th, 0.2, 0.7, detuning=(0.3, -0.1)))
    chain = hierarchy_chain(h, charge=charge, complete=True)
    offset = offsets(chain, LAST)
    assert chain.tier0_size < len(chain.charge[0])
    rng = np.random.default_rng(7)
    x = rng.standard_normal(offset[-1]) + (1j * rng.standard_normal(offset[-1]) if charge else 0)
    tiers = TierOperators.from_vector(h, charge, chain, x, LAST)
    assert tiers.matrices.shape == (LAST + 1, 4, 4)
    for n in range(LAST + 1):
        own = x[offset[n] : offset[n + 1]]
        basis = chain.basis[n % 2][:, : len(own)]
        expected = sum(number * column for number, column in zip(own, basis.T, strict=True))
        np.testing.assert_allclose(tiers.matrices[n].ravel(), expected, atol=1e-14)
    back = tiers.vector(chain)
    np.testing.assert_allclose(back, x, rtol=1e-12, atol=1e-14)
    assert np.iscomplexobj(back) is bool(charge)
    sizes = tiers.size_vector(chain)
    parts = []
    for n in range(LAST + 1):
        used = np.abs(chain.basis[n % 2][:, : offset[n + 1] - offset[n]])
        parts.append(used.T @ np.abs(tiers.matrices[n].ravel()))
    np.testing.assert_allclose(sizes, np.concatenate(parts), rtol=1e-12)


def test_sizes_are_absolute_values_with_an_absolute_variance():
    tiers = given(0.3, 1)
    tiers.variance = -0.25
    sizes = tiers.sizes()
    np.testing.assert_array_equal(sizes.matrices, np.abs(tiers.matrices))
    assert (sizes.variance, sizes.charge, sizes.scale) == (0.25, 1, 1.0)


def test_a_steady_state_on_all_tiers_is_stationary_and_has_trace_one():
    network = te.thermal_link(2.0, 0.2, 0.7, detuning=(0.3, -0.1))
    h, last = hierarchy(network), 40
    tiers, rounding = tier_operators.steady_tiers(h, last)
    chain = hierarchy_chain(h)
    x = tiers.vector(chain)
    assert np.max(np.abs(assemble(chain, last) @ x)) < 1e-13 * np.max(np.abs(x))
    assert tiers.trace() == pytest.approx(1.0, abs=1e-14)
    assert tier_operators.SOLVE_ROUNDING == 8 * EPS
    assert 8 * EPS <= rounding < 1e-13
    # Those above a state that is given follow from it, which here is the same.
    again, rounding = tier_operators.steady_tiers(h, last, tiers.matrices[0])
    np.testing.assert_allclose(again.matrices, tiers.matrices, atol=1e-13)
    assert 8 * EPS <= rounding < 1e-13


def test_one_row_of_a_matrix_is_replaced():
    matrix = sparse.csr_array(np.arange(1.0, 17.0).reshape(4, 4))
    found = tier_operators._with_row(matrix, 2, np.array([1.0, 0.0, 3.0])).toarray()
    expected = np.arange(1.0, 17.0).reshape(4, 4)
    expected[2] = [1, 0, 3, 0]
    np.testing.assert_array_equal(found, expected)


def test_a_solution_is_refined_once_and_knows_by_how_much(monkeypatch):
    """A factorisation that is wrong by a thousandth leaves a millionth, and says the former."""
    matrix = sparse.csc_array(np.diag([2.0, 4.0]))

    class Wrong:
        def solve(self, right):
            return right / np.array([2.0, 4.0]) * (1 + 2.0**-10)

    monkeypatch.setattr(tier_operators, "splu", lambda matrix, permc_spec: Wrong())
    x, rounding = tier_operators._refined(matrix, np.array([6.0, 16.0]))
    np.testing.assert_allclose(x, np.array([3.0, 4.0]) * (1 - 2.0**-20), rtol=1e-15)
    assert rounding == pytest.approx(2.0**-10 + 8 * EPS, rel=0, abs=EPS)
    x, rounding = tier_operators._refined(matrix, np.zeros(2))
    assert (x.tolist(), rounding) == ([0.0, 0.0], 8 * EPS)
