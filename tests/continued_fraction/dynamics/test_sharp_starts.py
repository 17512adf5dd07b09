"""A coherent start on all tiers and what leads from its reference, element by element."""

import numpy as np
import pytest

import thermalent as te
from tests.support.several_poles_sources import acting_back
from thermalent.continued_fraction.chain.assembly import assemble
from thermalent.continued_fraction.chain.chain import hierarchy_chain
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.chain.tier_operators import TierOperators
from thermalent.continued_fraction.dynamics import coherent_source
from thermalent.continued_fraction.dynamics.coherent_source import (
    SharpStart,
    factors,
    in_real_numbers,
    pair_raising,
    referred,
)

LAST = 7
NETWORKS = {
    "cold": te.thermal_link(0.4, 0.3, (1.0, 0.7), detuning=(0.3, -0.1)),
    "hot": te.thermal_link(40.0, 0.3, (1.0, 0.7)),
    "acting back": acting_back(np.random.default_rng(1), 1, 3.0),
}


def quanta(h, charge, n):
    """k and l of each element of a tier, and which of them exist."""
    q = np.subtract.outer(h.numbers, h.numbers) - charge
    k, l = (n + q) / 2, (n - q) / 2
    return q, k, l, (k >= 0) & (l >= 0) & ((n + q) % 2 == 0)


def start(name, charge, *, hermitian=True, amplitude=1.3, variance=0.2):
    h = hierarchy(NETWORKS[name])
    rng = np.random.default_rng(4)
    rho = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    return SharpStart(h, variance, rho + rho.conj().T if hermitian else rho, amplitude, charge)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("charge", [0, 1, -1])
def test_a_start_has_its_factor_on_every_tier(name, charge):
    sharp = start(name, charge)
    h = sharp.h
    v = h.modes[0].variance
    scale = np.sqrt(v) if v > 1 else 1.0
    chain = hierarchy_chain(h, charge=charge, complete=True)
    matrices = np.zeros((LAST + 1, 4, 4), dtype=complex)
    for n in range(LAST + 1):
        q, _, _, exists = quanta(h, charge, n)
        for i, j in np.argwhere(exists):
            c = factors(int(q[i, j]), LAST, v / scale**2, 1.3 / scale)
            matrices[n, i, j] = c[n] * sharp.rho[i, j]
    expected = TierOperators(h, charge, matrices).vector(chain)
    np.testing.assert_allclose(sharp.vector(chain, LAST), expected, atol=1e-12)
    for last in (0, 1, 2):  # fewer tiers are the first of them
        found = sharp.vector(chain, last)
        np.testing.assert_allclose(found, expected[: len(found)], atol=1e-12)
    # The chain that is taken holds all of it, with as few unknowns as that takes.
    own = sharp.chain()
    size = np.linalg.norm(sharp.vector(own, LAST))
    assert size == pytest.approx(np.linalg.norm(expected), rel=1e-12)
    assert sharp._held(own)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("charge", [0, 1])
def test_what_leads_from_the_reference_raises_pairs(name, charge):
    """2 lambda (V - W) sqrt(k l) mu^{k-1, l-1}, W being the variance of the reference."""
    sharp = start(name, charge)
    h, (mode,) = sharp.h, sharp.h.modes
    chain = hierarchy_chain(h, charge=charge, complete=True)
    rng = np.random.default_rng(5)
    matrices = rng.normal(size=(LAST + 1, 4, 4)) + 1j * rng.normal(size=(LAST + 1, 4, 4))
    if charge == 0:
        matrices = matrices + matrices.conj().transpose(0, 2, 1)
    raised = np.zeros_like(matrices)
    for n in range(LAST + 1):
        _, k, l, exists = quanta(h, charge, n)
        matrices[n][~exists] = 0
        if n > 1:
            root = np.sqrt(np.maximum(k * l, 0))
            raised[n] = np.where(exists, root * matrices[n - 2], 0)
    x = TierOperators(h, charge, matrices).vector(chain)
    expected = TierOperators(h, charge, raised).vector(chain)
    np.testing.assert_allclose(pair_raising(chain, LAST) @ x, expected, atol=1e-12)
    scale2 = max(mode.variance, 1.0)
    excess = 2 * mode.rate * (0.2 - mode.variance) / scale2
    found = sharp.generator(chain, LAST) - assemble(chain, LAST)
    np.testing.assert_allclose(found @ x, excess * expected, atol=1e-10 * abs(excess))
    assert (sharp.generator(chain, 1) != assemble(chain, 1)).nnz == 0
    own = SharpStart(h, mode.variance, sharp.rho, 1.3, charge)
    assert (own.generator(chain, LAST) != assemble(chain, LAST)).nnz == 0


def test_a_strong_amplitude_takes_a_wider_reference():
    """Beyond 24 variances, or 24 quanta, to a twelfth of its quanta."""
    for name, variance in (("cold", 1.0), ("hot", None)):
        h = hierarchy(NETWORKS[name])
        limit = np.sqrt(24 * (h.modes[0].variance if variance is None else variance))
        assert referred(h, 0.999 * limit) is h
        found = referred(h, 1.001 * limit).modes[0].variance
        assert found == pytest.approx((1.001 * limit) ** 2 / 12)
    assert (coherent_source._STRONG, coherent_source._REFERENCE) == (24.0, 12.0)


def test_parts_of_a_start_are_those_of_its_charge_by_the_tiers_where_they_begin():
    sharp = start("cold", 1, hermitian=False)
    parts = sharp.parts()
    q = np.subtract.outer(sharp.h.numbers, sharp.h.numbers) - 1
    assert set(parts) == set(np.unique(q).tolist())
    for difference, part in parts.items():
        np.testing.assert_array_equal(part, np.where(q == difference, sharp.rho, 0).ravel())
    # Of an empty source the elements of this charge alone, if there are any.
    assert set(SharpStart(sharp.h, 0.2, sharp.rho, 0.0, 1).parts()) == {0}
    empty = SharpStart(sharp.h, 0.2, np.diag([1.0, 0, 0, 0]), 0.0, 1)
    assert (empty.parts(), empty.chain()) == ({}, None)


def test_chains_are_real_where_they_and_their_start_are():
    h = hierarchy(te.thermal_link(0.4, 0.3, (1.0, 0.7)))
    for charge, rho, real in (
        (1, np.ones((4, 4)), True), (1, np.ones((4, 4)) + 0.1j, False),
    ):  # fmt: skip
        sharp = SharpStart(h, 0.2, rho, 1.3, charge)
        chain = sharp.chain()
        own = in_real_numbers(chain)
        assert own is not None
        assert not any(np.iscomplexobj(block) for block in own.a)
        assert np.iscomplexobj(sharp.real(chain).a[0]) is not real
        np.testing.assert_array_equal(assemble(own, 3).toarray(), assemble(chain, 3).toarray())
    turning = hierarchy(NETWORKS["acting back"])
    sharp = SharpStart(turning, 0.2, np.ones((4, 4)), 1.3, 1)
    assert in_real_numbers(sharp.chain()) is None
    assert np.iscomplexobj(sharp.real(sharp.chain()).a[0])
