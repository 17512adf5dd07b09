"""Tiers behind several poles, and fields on them, element by element as their equations say."""

from dataclasses import replace

import numpy as np
import pytest

import thermalent as te
from tests.support.several_poles_sources import acting_back
from thermalent.continued_fraction.chain.assembly import assemble_tiers, existing
from thermalent.continued_fraction.several_poles.chain import building
from thermalent.continued_fraction.several_poles.chain.coordinates import chain_of
from thermalent.continued_fraction.several_poles.chain.fields import (
    ChainField,
    TierMatrices,
    joined_tiers,
    matrices_of,
    split,
    vectors_of,
)
from thermalent.continued_fraction.several_poles.chain.layout import layout
from thermalent.continued_fraction.several_poles.chain.placements import placements
from thermalent.continued_fraction.several_poles.chain.unknowns import Unknowns
from thermalent.operators.superoperators import dense, sandwich

M, LAST = 3, 4


def arbitrary(poles, seed=3):
    """A chain in no special coordinates: every hop, every covariance, and back-action."""
    chain = chain_of(acting_back(np.random.default_rng(1), poles, 2.0))
    rng = np.random.default_rng(seed)
    shape = (chain.length,) * 2
    drift, root = (rng.normal(size=shape) + 1j * rng.normal(size=shape) for _ in range(2))
    assert any(dense(part).any() for part in chain.backaction)
    return replace(chain, drift=drift + 4 * np.eye(len(drift)), covariance=root @ root.conj().T)


def in_frame(chain, operator):
    change = dense(sandwich(chain.bright_dark, chain.bright_dark.conj().T))
    return change.conj().T @ dense(operator) @ change


class Hierarchy:
    """mu^{k l} as matrices of every tier and of every placement of quanta beyond the first."""

    def __init__(self, chain, charge, most=M, last=LAST):
        self.chain, self.charge, self.last = chain, charge, last
        self.of = placements(chain.length - 1, most)
        self.at = {self.key(p): p for p in range(len(self.of))}
        self.q = np.subtract.outer(chain.numbers, chain.numbers) - charge

    def key(self, p):
        return tuple(self.of.k[p].tolist()), tuple(self.of.l[p].tolist())

    def quanta(self, n, p):
        """k and l of all amplitudes of each element, (d, d) each; NaN where there is none."""
        k, l = self.of.k[p], self.of.l[p]
        first = [(n + self.q) / 2 - k.sum(), (n - self.q) / 2 - l.sum()]
        none = (first[0] < 0) | (first[1] < 0) | ((n + self.q) % 2 == 1)
        return [
            [np.where(none, np.nan, own), *(np.full(self.q.shape, float(x)) for x in others)]
            for own, others in zip(first, (k, l), strict=True)
        ]

    def random(self, rng):
        shape = (self.last + 1, len(self.of), *self.q.shape)
        mu = rng.normal(size=shape) + 1j * rng.normal(size=shape)
        if self.charge == 0:
            mu = mu + mu[:, self.of.conjugate].conj().transpose(0, 1, 3, 2)
        return self.existing(mu)

    def existing(self, mu):
        for n in range(len(mu)):
            for p in range(len(self.of)):
                mu[n, p][np.isnan(self.quanta(n, p)[0][0])] = 0
        return mu

    def moved(self, p, kind, *changes):
        """The placement with quanta of amplitudes changed; None where it is not kept."""
        both = [list(part) for part in self.key(p)]
        for amplitude, added in changes:
            if amplitude > 0:
                both[kind][amplitude - 1] += added
        return self.at.get((tuple(both[0]), tuple(both[1])))


def rate_of_change(h, mu, damping):
    """The equation in the docstring of `tiers`."""
    chain, m, found = h.chain, h.chain.length, np.zeros_like(mu)
    drift, eta, v = chain.drift, chain.scale, chain.covariance[0]
    liouvillian, plus, minus = (
        in_frame(chain, x) for x in (chain.liouvillian, chain.drive, chain.drive_conj)
    )
    k_plus, k_minus = (
        [in_frame(chain, x) for x in part] for part in (chain.backaction, chain.backaction_conj)
    )

    def on(operator, matrix):
        return (operator @ matrix.ravel()).reshape(matrix.shape)

    for n in range(len(mu)):
        for p in range(len(h.of)):
            quanta = k, l = h.quanta(n, p)
            here = on(liouvillian, mu[n, p])
            for j in range(m):
                here = here - (drift[j, j].conj() * k[j] + drift[j, j] * l[j]) * mu[n, p]
            for kind in (0, 1):
                number = quanta[kind]
                of = (lambda z: np.conj(z)) if kind == 0 else (lambda z: z)
                for i in range(m):
                    for j in range(m):
                        to = h.moved(p, kind, (i, -1), (j, 1))
                        if i != j and to is not None:
                            root = np.sqrt(number[i] * (number[j] + 1))
                            here = here - of(drift[i, j]) * root * mu[n, to]
                for j in range(1, m - 1):
                    if h.moved(p, kind, (j, -1), (j + 1, 1)) is None:
                        here = here - of(damping[j]) * number[j] * mu[n, p]
                for j in range(m):
                    to = h.moved(p, kind, (j, -1))
                    if n > 0 and to is not None:
                        operator = (
                            eta * v[j] * plus + k_plus[j]
                            if kind == 0
                            else eta * v[j].conj() * minus + k_minus[j]
                        )
                        here = here + np.sqrt(number[j]) * on(operator, mu[n - 1, to])
                if n + 1 < len(mu):
                    operator = minus if kind == 0 else plus
                    here = here + eta * np.sqrt(number[0] + 1) * on(operator, mu[n + 1, p])
            found[n, p] = here
    return h.existing(found)


@pytest.mark.parametrize("poles", [1, 2, 3])
@pytest.mark.parametrize("charge", [0, 1, -1])
def test_tiers_move_every_element_as_their_equation_says(poles, charge):
    chain = arbitrary(poles)
    h = Hierarchy(chain, charge)
    rng = np.random.default_rng(8)
    damping = rng.normal(size=poles) + 1j * rng.normal(size=poles)
    mu = h.random(rng)
    expected = rate_of_change(h, mu, damping)
    built, _ = building.tiers_with_changes(
        chain, M, [], np.ones((4, 4)), charge, damping=damping, held=np.ones((len(h.of), 16)) + 1j
    )
    given, changed = (
        joined_tiers(built, vectors_of(built, TierMatrices(chain, M, charge, x, chain.covariance)))
        for x in (mu, expected)
    )
    found = assemble_tiers(built, LAST) @ given
    assert np.max(np.abs(changed)) > 1
    np.testing.assert_allclose(found, changed, atol=1e-12 * np.max(np.abs(changed)))


def test_tiers_of_all_unknowns_are_complex_also_where_the_charge_is_zero():
    chain = arbitrary(3)
    h = Hierarchy(chain, 0)
    damping = np.array([0.3j, 0.2, 0.1])
    mu = h.random(np.random.default_rng(8))
    expected = rate_of_change(h, mu, damping)
    built, _ = building.tiers_with_changes(chain, M, [], whole=True, damping=damping)
    given, changed = (
        joined_tiers(
            built,
            [x[n][built.quanta[n % 2], :, :].reshape(-1, 16)[
                np.arange(len(built.quanta[n % 2])), built.elements[n % 2]
            ] for n in range(LAST + 1)],
        )
        for x in (mu, expected)
    )  # fmt: skip
    found = assemble_tiers(built, LAST) @ given
    np.testing.assert_allclose(found, changed, atol=1e-12 * np.max(np.abs(changed)))


@pytest.mark.parametrize("charge", [0, 1])
def test_vectors_are_matrices_and_back(charge):
    """Those of tier zero without other quanta in the emitters' own basis, too."""
    chain = arbitrary(3)
    h = Hierarchy(chain, charge)
    built = building.tiers(chain, M, np.ones((4, 4)), charge, held=np.ones((len(h.of), 16)) + 1j)
    mu = h.random(np.random.default_rng(9))
    vectors = vectors_of(built, TierMatrices(chain, M, charge, mu, chain.covariance))
    back = matrices_of(chain, built, vectors, 2 * chain.covariance)
    np.testing.assert_allclose(back.matrices, mu, atol=1e-14)
    assert (back.most, back.charge) == (M, charge)
    np.testing.assert_array_equal(back.covariance, 2 * chain.covariance)
    for n, values in enumerate(vectors):
        lowest = h_lowest(h, built, n % 2)
        np.testing.assert_array_equal(built.lowest[n % 2], lowest)
        assert not np.any(values[lowest > n])
    lowest = built.tier0_size
    assert lowest == np.count_nonzero(built.lowest[0] <= 0)
    found = (built.basis[0][:, :lowest] @ vectors[0][:lowest]).reshape(4, 4)
    frame = chain.bright_dark
    np.testing.assert_allclose(found, frame @ mu[0, 0] @ frame.conj().T, atol=1e-14)
    joined = joined_tiers(built, vectors)
    assert len(joined) == sum(np.count_nonzero(existing(built, n)) for n in range(LAST + 1))
    for again, values in zip(split(built, joined, LAST - 1), vectors, strict=False):
        np.testing.assert_array_equal(again, values)


def h_lowest(h, built, parity):
    """The first tier at which k_1 and l_1 of each unknown are not negative."""
    found = []
    for place, element in zip(built.quanta[parity], built.elements[parity], strict=True):
        i, j = divmod(int(element), 4)
        tiers = [n for n in range(12) if not np.isnan(h.quanta(n, place)[0][0][i, j])]
        found.append(tiers[0])
    return np.array(found)


@pytest.mark.parametrize("charge", [0, 1])
@pytest.mark.parametrize("conjugate", [False, True])
def test_fields_act_on_every_element(charge, conjugate):
    """(u_i mu)^{kl} = sum_j sqrt(k_j) V_ij mu^{k - e_j, l} + sqrt(l_i + 1) mu^{k, l + e_i}."""
    chain = arbitrary(3)
    h = Hierarchy(chain, charge)
    mu = h.random(np.random.default_rng(10))
    rng = np.random.default_rng(11)
    lowers = np.subtract.outer(chain.numbers, chain.numbers) == -1
    emitters = np.where(lowers, rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4)), 0)
    field = ChainField(rng.normal(size=3) + 1j * rng.normal(size=3), emitters)
    given = TierMatrices(chain, M, charge, mu, chain.covariance)
    found = given.times_field(field, conjugate=conjugate)
    assert found.charge == charge + (1 if conjugate else -1)
    assert found.matrices.shape == (LAST + 2, *mu.shape[1:])
    after = Hierarchy(chain, found.charge, last=LAST + 1)
    kind = 1 if conjugate else 0
    expected = np.zeros_like(found.matrices)
    for n in range(LAST + 2):
        for p in range(len(h.of)):
            raised, lowered = after.quanta(n, p)[kind], after.quanta(n, p)[1 - kind]
            if n <= LAST:
                local = mu[n, p] @ emitters.conj().T if conjugate else emitters @ mu[n, p]
                expected[n, p] += local
            for i in range(3):
                weight = field.weights[i].conj() if conjugate else field.weights[i]
                for j in range(3):
                    v = chain.covariance[i, j].conj() if conjugate else chain.covariance[i, j]
                    to = h.moved(p, kind, (j, -1))
                    if n > 0 and to is not None:
                        expected[n, p] += weight * v * np.sqrt(raised[j]) * mu[n - 1, to]
                to = h.moved(p, 1 - kind, (i, 1))
                if n < LAST and to is not None:
                    expected[n, p] += weight * np.sqrt(lowered[i] + 1) * mu[n + 1, to]
    expected = after.existing(expected)
    np.testing.assert_allclose(found.matrices, expected, atol=1e-12 * np.max(np.abs(expected)))
    assert given.trace() == np.trace(mu[0, 0])
    sizes = given.sizes()
    np.testing.assert_array_equal(sizes.matrices, np.abs(mu))
    np.testing.assert_array_equal(sizes.covariance, np.abs(chain.covariance))
    np.testing.assert_array_equal(field.sizes().weights, np.abs(field.weights))
    np.testing.assert_array_equal(field.sizes().emitters, np.abs(emitters))


def test_what_a_start_holds_is_where_any_tier_has_real_or_imaginary_parts():
    matrices = np.zeros((2, 3, 2, 2), dtype=complex)
    matrices[0, 1, 0, 1], matrices[1, 2, 1, 1], matrices[1, 1, 0, 1] = 0.5, -2j, 0.1
    held = TierMatrices(None, 1, 0, matrices, np.eye(2)).held()
    expected = np.zeros((3, 4), dtype=complex)
    expected[1, 1], expected[2, 3] = 1, 1j
    np.testing.assert_array_equal(held, expected)


@pytest.mark.parametrize(("hermitian", "charge"), [(False, 0), (True, 0), (False, 1)])
def test_unknowns_of_a_start_are_those_of_its_elements(hermitian, charge):
    """An element and its conjugate are one pair, of which the first holds both parts."""
    numbers, of = np.array([0, 1, 1, 2]), placements(1, 2)
    u = Unknowns(numbers, of, charge, hermitian=hermitian)
    count = len(of) * 16
    assert (u.count, u.size) == (count, 2 * count if hermitian else count)
    q = np.subtract.outer(numbers, numbers).ravel() - charge
    at = lambda place, i, j: place * 16 + 4 * i + j  # noqa: E731
    pair = {}
    for place in range(len(of)):
        (other,) = (
            p for p in range(len(of))
            if (of.k[p] == of.l[place]).all() and (of.l[p] == of.k[place]).all()
        )  # fmt: skip
        for i in range(4):
            for j in range(4):
                pair[at(place, i, j)] = at(other, j, i)
                own = at(place, i, j)
                assert u.k_shift[place, own % 16] == q[own % 16] / 2 - of.k[place].sum()
                assert u.l_shift[place, own % 16] == -q[own % 16] / 2 - of.l[place].sum()
    np.testing.assert_array_equal(u.conjugate, [pair[n] for n in range(count)])
    rng = np.random.default_rng(1)
    held = np.where(rng.random((len(of), 16)) < 0.2, 1.0, 0.0)
    held = held + 1j * np.where(rng.random(held.shape) < 0.2, 1.0, 0.0)
    flat = held.ravel()
    expected = np.zeros(u.size, dtype=bool)
    for n in range(count):
        if not hermitian:
            expected[n] = flat[n] != 0
        elif n <= pair[n]:
            expected[n], expected[n + count] = flat[n].real != 0, flat[n].imag != 0
    np.testing.assert_array_equal(u.seed_of(held), expected)
    # At tier zero: the populations of charge zero, and of a start the elements of this charge.
    start = np.zeros((4, 4))
    start[1, 2] = start[2, 1] = start[3, 0] = start[1, 0] = 0.1
    expected = np.zeros(u.size, dtype=bool)
    if charge == 0:
        expected[[0, 5, 10, 15]] = True
        expected[[6] if hermitian else [6, 9]] = True
        if hermitian:
            expected[count + 6] = True
    else:
        expected[4] = True
    np.testing.assert_array_equal(u.seed(start), expected)
    populations = np.zeros(u.size, dtype=bool)
    populations[[0, 5, 10, 15]] = charge == 0
    np.testing.assert_array_equal(u.seed(None), populations)


def test_tiers_know_the_rates_and_the_width_of_their_source():
    chain = arbitrary(3)
    built = building.tiers(chain, 1)
    slowest = min(np.linalg.eigvals(chain.drift).real)
    assert built.source_rate == pytest.approx(slowest, rel=1e-12)
    assert built.rate == chain.drift[0, 0].real
    assert built.width == pytest.approx(chain.scale * np.sqrt(chain.covariance[0, 0].real))
    assert (built.most, built.charge) == (1, 0)


def test_a_start_is_looked_at_in_the_basis_of_bright_and_dark_states():
    chain = arbitrary(2)
    frame = chain.bright_dark
    assert np.max(np.abs(frame.imag)) > 0.1
    inside = np.arange(16).reshape(4, 4) + 1j
    found = building._inside(chain, frame @ inside @ frame.conj().T)
    np.testing.assert_allclose(found, inside, atol=1e-12)
    assert building._inside(chain, None) is None


def test_a_layout_is_made_once_for_a_pattern():
    layout.cache_clear()
    chain = chain_of(te.thermal_link(3.0, 0.2, filters=2))
    building.tiers(chain, 2)
    building.tiers(chain, 2)
    assert layout.cache_info().misses == 1
