"""The chain of tiers against its equation, element by element, and what it was summed from."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse

import thermalent as te
from tests.support.plain_kernels import plain
from tests.support.several_poles_sources import acting_back
from thermalent.continued_fraction.chain import chain as chains
from thermalent.continued_fraction.chain.assembly import assemble
from thermalent.continued_fraction.chain.chain import (
    Band,
    generator,
    hierarchy_chain,
    summed,
)
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.chain.kernels import basis as kernels
from thermalent.continued_fraction.chain.rounding import real_sizes
from thermalent.continued_fraction.chain.tier_operators import TierOperators
from thermalent.operators.superoperators import dense

EPS = np.finfo(float).eps
NETWORKS = {
    "cold": te.thermal_link(0.4, 0.3, (1.0, 0.7), detuning=(0.3, -0.1)),
    "hot": te.thermal_link(50.0, 0.3, (1.0, 0.7), detuning=(0.3, -0.1), dephasing=0.1),
    "hot port": te.thermal_link(2.0, 0.3, waveguide_occupation=0.3),
    "acting back": acting_back(np.random.default_rng(1), 1, 3.0),
    "three qubits": te.thermal_link(3.0, 0.3, (1.0, 0.7, 0.4), qubits=3, detuning=0.2),
    "four qubits": te.thermal_link(3.0, 0.3, qubits=4, detuning=(0.1, -0.2, 0.3, 0.05)),
}


def differences(h, charge):
    return np.subtract.outer(h.numbers, h.numbers) - charge


def random_tiers(h, charge, last, rng):
    """Matrices on all tiers, Hermitian where the charge is zero."""
    d = len(h.numbers)
    matrices = rng.standard_normal((last + 1, d, d)) + 1j * rng.standard_normal((last + 1, d, d))
    if charge == 0:
        matrices = matrices + matrices.conj().transpose(0, 2, 1)
    n, q = np.arange(last + 1)[:, None, None], differences(h, charge)
    return np.where((abs(q) <= n) & ((n + q) % 2 == 0), matrices, 0)


def moved(h, charge, matrices):
    """The equation of motion of each element mu^{kl} of tier N = k + l."""
    full, q, last = generator(h, charge), differences(h, charge), len(matrices) - 1
    within, up, down = (dense(part) for part in (full.a, full.up, full.down))
    step = np.subtract.outer(q.ravel(), q.ravel())
    raised_k, raised_l = step == 1, step == -1
    found = []
    for n in range(last + 1):
        k, l = (n + q.ravel()) / 2, (n - q.ravel()) / 2
        root = [np.sqrt(np.maximum(number, 0))[:, None] for number in (k, l, l + 1, k + 1)]
        rate = within @ matrices[n].ravel() - n * full.rate * matrices[n].ravel()
        if n > 0:
            coupled = up * (raised_k * root[0] + raised_l * root[1])
            rate = rate + coupled @ matrices[n - 1].ravel()
        if n < last:
            coupled = down * (raised_k * root[2] + raised_l * root[3])
            rate = rate + coupled @ matrices[n + 1].ravel()
        exists = (k >= 0) & (l >= 0) & ((n + q.ravel()) % 2 == 0)
        found.append(np.where(exists, rate, 0).reshape(q.shape))
    return np.array(found)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("charge", [0, 1])
def test_a_chain_moves_every_element_as_its_equation_says(name, charge):
    h = hierarchy(NETWORKS[name])
    assert isinstance(h.liouvillian, np.ndarray) is (name != "four qubits")
    last = 3 if name == "four qubits" else 6
    chain = hierarchy_chain(h, charge=charge, complete=True)
    matrices = random_tiers(h, charge, last, np.random.default_rng(4))
    expected = TierOperators(h, charge, moved(h, charge, matrices)).vector(chain)
    found = assemble(chain, last) @ TierOperators(h, charge, matrices).vector(chain)
    # Of unknowns that a tier does not have, the chain holds zeros.
    assert np.max(np.abs(found - expected)) < 1e-12 * np.max(np.abs(expected))
    for parity, (place, basis) in enumerate(zip(chain.charge, chain.basis, strict=True)):
        q = differences(h, charge).ravel()
        for value, column in zip(place, np.asarray(dense(basis)).T, strict=True):
            assert value % 2 == parity
            held = np.abs(q[np.abs(column) > 1e-12]) if charge == 0 else q[np.abs(column) > 1e-12]
            assert set(held.tolist()) == {value}
    assert chain.tier0_size == np.count_nonzero(chain.charge[0] == 0)
    assert np.all(chain.charge[0][: chain.tier0_size] == 0)
    assert np.all(np.diff(np.abs(chain.charge[0])) >= 0)


@pytest.mark.parametrize("name", ["cold", "hot", "four qubits"])
def test_what_is_not_reached_does_not_move_what_is(name):
    """The smaller chain is the part of the complete one with the unknowns that it keeps."""
    h = hierarchy(NETWORKS[name])
    few, all_ = hierarchy_chain(h), hierarchy_chain(h, complete=True)
    for parity in (0, 1):
        small, large = (np.asarray(dense(one.basis[parity])) for one in (few, all_))
        inside = np.abs(small.conj().T @ large) > 0.5
        assert np.all(inside.sum(axis=1) == 1)
        kept = np.argmax(inside, axis=1)
        left = np.setdiff1d(np.arange(large.shape[1]), kept)
        np.testing.assert_array_equal(all_.a[parity][np.ix_(kept, kept)], few.a[parity])
        assert not np.any(all_.a[parity][np.ix_(left, kept)])


def reached_by_hand(h, chain, charge, start, others=()):
    """The unknowns of a complete chain that a start moves, from matrix to matrix."""
    bases = [np.asarray(dense(basis)) for basis in chain.basis]
    reached = [np.zeros(basis.shape[1], dtype=bool) for basis in bases]
    zero = chain.charge[0] == 0
    reached[0] |= (np.abs(bases[0].conj().T @ start.ravel()) > 1e-12) & zero
    if charge == 0:
        populations = [np.eye(len(h.numbers))[n] for n in range(len(h.numbers))]
        frame = h.bright_dark
        for one in populations:
            state = frame @ np.diag(one) @ frame.conj().T
            reached[0] |= np.abs(bases[0].conj().T @ state.ravel()) > 1e-12
    tables = [(p, p, one.a[p]) for one in (chain, *others) for p in (0, 1)]
    for one in (chain, *others):
        for p in (0, 1):
            for band in (one.up[p], one.down[p]):
                shape = len(reached[p]), len(reached[1 - p])
                tables.append((p, 1 - p, table(band, shape)))
    for _ in range(40):
        for to, of, elements in tables:
            reached[to] |= (elements != 0) @ reached[of]
    return bases, reached


def joined(exchange):
    """A mode joined to one qubit, and that to a second one."""
    between = np.zeros((3, 3))
    between[0, 1], between[1, 2] = 0.3, exchange
    nodes = (te.Mode(name="m", bath_rate=0.3, n_th=2.0), te.Qubit(name="a"), te.Qubit(name="b"))
    return te.Network(nodes=nodes, exchange=between + between.T, decay=np.diag([0.3, 1.0, 0.5]))


@pytest.mark.parametrize("name", ["cold", "acting back", "three qubits"])
@pytest.mark.parametrize("charge", [0, 1])
def test_a_chain_keeps_what_its_start_reaches(name, charge):
    """Of total charge zero populations always; of a start what has the charge, however small."""
    h = hierarchy(NETWORKS[name])
    complete = hierarchy_chain(h, charge=charge, complete=True)
    frame, q = h.bright_dark, differences(h, charge)
    i, j = np.argwhere((q == 0) & ~np.eye(len(q), dtype=bool))[0]
    one = np.outer(frame[:, i], frame[:, j].conj())
    starts = [one, 1j * one, one + 1j * np.where(q == 1, 1, 0)]
    if charge == 0:
        starts = [x + x.conj().T for x in starts]
    for start in starts:
        kept = hierarchy_chain(h, start=1e-9 * start, charge=charge)
        bases, reached = reached_by_hand(h, complete, charge, start)
        for basis, whole, expected in zip(kept.basis, bases, reached, strict=True):
            inside = np.abs(np.asarray(dense(basis)).conj().T @ whole) > 0.5
            np.testing.assert_array_equal(np.any(inside, axis=0), expected)
    # Without a start: what the populations reach, and of another charge nothing.
    kept = hierarchy_chain(h, charge=charge)
    _, reached = reached_by_hand(h, complete, charge, np.zeros(q.shape))
    assert [len(block) for block in kept.a] == [np.count_nonzero(part) for part in reached]
    assert bool(kept.tier0_size) is (charge == 0)
    assert hierarchy_chain(h, charge=-1).tier0_size == 0


@pytest.mark.parametrize("charge", [0, 1])
def test_a_chain_keeps_what_an_imaginary_change_reaches(charge):
    """An exchange of excitations between qubits of which the source drives one."""
    h, changed = hierarchy(joined(0.0)), hierarchy(joined(0.2))
    assert np.allclose(h.bright_dark, changed.bright_dark)
    start = np.where(differences(h, charge) == 0, 1.0, 0.0)
    start[2] = start[3] = 0.0
    start = start if charge else np.diag([1.0, 0, 0, 0])
    change = generator(changed, charge, generator(h, charge).scale)
    found = hierarchy_chain(h, start=start, charge=charge, changes=[change])
    complete, other = (hierarchy_chain(x, charge=charge, complete=True) for x in (h, changed))
    _, reached = reached_by_hand(h, complete, charge, start, [other])
    assert [len(block) for block in found.a] == [np.count_nonzero(part) for part in reached]
    alone = hierarchy_chain(h, start=start, charge=charge)
    assert len(alone.a[0]) < len(found.a[0])


@pytest.mark.parametrize("charge", [0, 1])
def test_a_chain_keeps_what_changes_of_the_network_reach(charge):
    """A detuning of what was resonant gives imaginary parts that the chain alone does not have."""
    resonant = hierarchy(te.thermal_link(0.4, 0.3, (1.0, 0.7)))
    detuned = hierarchy(te.thermal_link(0.4, 0.3, (1.0, 0.7), detuning=(0.3, -0.1)))
    start = np.where(differences(resonant, charge) == 0, 1.0, 0.0)
    start = start if charge else np.diag(np.ones(4))
    change = generator(detuned, charge, generator(resonant, charge).scale)
    changed = hierarchy_chain(resonant, start=start, charge=charge, changes=[change])
    complete, other = (
        hierarchy_chain(h, charge=charge, complete=True) for h in (resonant, detuned)
    )
    # Both have one basis where the drive is the same.
    np.testing.assert_allclose(resonant.bright_dark, detuned.bright_dark, atol=1e-12)
    bases, reached = reached_by_hand(resonant, complete, charge, start, [other])
    for basis, whole, expected in zip(changed.basis, bases, reached, strict=True):
        inside = np.abs(np.asarray(dense(basis)).conj().T @ whole) > 0.5
        np.testing.assert_array_equal(np.any(inside, axis=0), expected)
    alone = hierarchy_chain(resonant, start=start, charge=charge)
    assert (alone.basis[0].shape != changed.basis[0].shape) is (charge == 0)


@pytest.mark.parametrize("charge", [0, 1])
@pytest.mark.parametrize("keep", [False, True])
def test_a_disturbed_chain_keeps_the_trace_where_that_is_asked_for(charge, keep):
    """Of charge zero; and other matrices are drawn for each of A, B and C."""
    h = hierarchy(NETWORKS["acting back"])
    plain = hierarchy_chain(h, charge=charge, complete=True)
    moved = hierarchy_chain(
        h, charge=charge, complete=True, keep_trace=keep, disturbance=np.random.default_rng(2)
    )
    change = moved.a[0] - plain.a[0]
    size = np.max(np.abs(change))
    assert 1e-17 < size < 1e-12
    lost = np.max(np.abs(change[:4].sum(axis=0)))
    if charge == 0:  # of another charge there are no populations
        assert bool(lost < 0.1 * size) is keep
    for p in (0, 1):
        shape = plain.a[p].shape[0], plain.a[1 - p].shape[0]
        for one, other in ((plain.up[p], moved.up[p]), (plain.down[p], moved.down[p])):
            assert 1e-18 < np.max(np.abs(table(one, shape) - table(other, shape))) < 1e-12


def table(band, shape):
    """The values of a band as a matrix."""
    found = np.zeros(shape, dtype=band.value.dtype)
    found[band.row, band.col] = band.value
    return found


def test_a_chain_is_that_of_one_mode():
    h = hierarchy(te.thermal_link(1.0, 0.2))
    with pytest.raises(ValueError, match="needs one Gaussian mode, not 2"):
        generator(replace(h, modes=2 * h.modes))


def test_terms_are_scaled_where_the_source_is_hot():
    """Rising and falling couplings are multiples V and one of the same operators."""
    for name, large in (("cold", False), ("hot", True), ("acting back", None)):
        h = hierarchy(NETWORKS[name])
        (mode,) = h.modes
        full = generator(h)
        expected = np.sqrt(abs(mode.variance)) if abs(mode.variance) > 1 else 1.0
        assert full.scale == pytest.approx(expected, rel=1e-15)
        assert large in (None, abs(mode.variance) > 1)
        assert (mode.detuning != 0) is (large is None)
        drive = dense(mode.drive) + dense(mode.drive_conj)
        back = dense(mode.backaction) + dense(mode.backaction_conj)
        np.testing.assert_allclose(dense(full.down), expected * drive, rtol=1e-14)
        np.testing.assert_allclose(
            dense(full.up), (mode.variance * drive + back) / expected, rtol=1e-13, atol=1e-15
        )
        assert full.rate == mode.rate
        given = generator(h, scale=3.0)
        np.testing.assert_allclose(dense(given.down), 3.0 * drive, rtol=1e-14)
        for charge in (0, 2):
            own = dense(generator(h, charge).a) - dense(h.liouvillian)
            np.testing.assert_allclose(
                own, np.diag(1j * mode.detuning * differences(h, charge).ravel()), atol=1e-12
            )
        assert (np.max(np.abs(back)) > 0.01) == (large is None)


def test_couplings_of_a_band_have_their_roots():
    """Of N + e and of N - e + 2, halved, and none of what would be below zero."""
    band = Band(np.zeros(4, int), np.arange(4), np.array([1.0, 2.0, 3.0, 1j]),
                np.array([1.0, -1.0, -5.0, 6.0]))  # fmt: skip
    np.testing.assert_allclose(
        band.rising(3), [np.sqrt(2), 2 * 1.0, 0.0, 1j * np.sqrt(4.5)], rtol=1e-15
    )
    np.testing.assert_allclose(
        band.falling(3), [np.sqrt(2), 2 * np.sqrt(3), 3 * np.sqrt(5), 0.0], rtol=1e-15
    )
    both = band.rising(np.array([[1], [3]]))
    np.testing.assert_array_equal(both, [band.rising(1), band.rising(3)])
    both = band.falling(np.array([[1], [3]]))
    np.testing.assert_array_equal(both, [band.falling(1), band.falling(3)])


@pytest.mark.parametrize("kind", [np.array, sparse.csr_array])
def test_sums_behind_diagonal_elements_come_from_both_sides(kind):
    rng = np.random.default_rng(2)
    matrix = rng.standard_normal((9, 9)) + 1j * rng.standard_normal((9, 9))
    found = summed(kind(matrix))
    assert isinstance(found, np.ndarray) is (kind is np.array)
    found = dense(found)
    expected = np.abs(matrix)
    own = expected.diagonal().reshape(3, 3).copy()
    for i in range(3):
        for j in range(3):
            expected[3 * i + j, 3 * i + j] = max(own[i]) + max(own[j])
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_kernels_sum_behind_diagonal_elements_alike(monkeypatch):
    rng = np.random.default_rng(2)
    operators = rng.standard_normal((3, 9, 9)) + 1j * rng.standard_normal((3, 9, 9))
    missing = np.full((3, 9), np.nan)
    plain(kernels, monkeypatch)._missing_sums(operators, missing)
    expected = summed(operators[0]).diagonal() - np.abs(operators[0]).diagonal()
    np.testing.assert_allclose(missing[0], expected, rtol=1e-12, atol=1e-14)
    assert np.all(expected > 0.5)


def sizes_of_sums(left, superoperator, right, *, real):
    """Sums of the sizes of all terms; of those with an even number of imaginary factors."""
    if not real:
        return np.abs(left).T @ dense(summed(superoperator)) @ np.abs(right)
    parts = [(np.abs(x.real), np.abs(x.imag)) for x in (left, right)]
    middle = [dense(summed(part)) for part in (superoperator.real, superoperator.imag)]
    found = 0
    for a in (0, 1):
        for b in (0, 1):
            for c in (0, 1):
                if (a + b + c) % 2 == 0:
                    found = found + parts[0][a].T @ middle[b] @ parts[1][c]
    return found


@pytest.mark.parametrize("name", ["hot port", "acting back", "four qubits"])
@pytest.mark.parametrize("charge", [0, 1])
@pytest.mark.parametrize("populations", [0, 3])
def test_a_disturbed_matrix_differs_by_four_roundings_of_its_sums(name, charge, populations):
    """And by what was set to zero; with populations, what one of them gains, others lose."""
    h = hierarchy(NETWORKS[name])
    full = generator(h, charge)
    basis, _ = chains._basis(h, charge, isinstance(h.liouvillian, np.ndarray))
    plain = chains._in_basis(basis, full.a, real=charge == 0)
    # By so many times more that the difference has no rounding.
    many = 1e9
    same = SimpleNamespace(standard_normal=lambda shape: np.full(shape, many))
    found = dense(chains._disturbed(basis, full.a, plain, same, populations)) - dense(plain)
    size = sizes_of_sums(dense(basis), full.a, dense(basis), real=charge == 0)
    expected = 4 * EPS * size
    if isinstance(plain, np.ndarray):
        exact = np.abs(basis.conj().T @ (full.a @ basis))
        expected = expected + np.where(plain == 0, exact, 0)
    if populations:
        for column in range(size.shape[1]):
            row = np.argmax(size[:populations, column])
            expected[row, column] -= np.sum(expected[:populations, column])
        kept = np.abs(found[:populations].sum(axis=0))
        assert np.max(kept) < 1e-6 * np.max(np.abs(found))
    assert np.max(np.abs(expected)) > 4 * EPS
    np.testing.assert_allclose(found / many, expected, rtol=1e-6, atol=1e-6 * EPS)


@pytest.mark.parametrize("name", ["hot port", "three qubits"])
def test_sizes_of_a_chain_are_those_of_its_sums(name):
    h = hierarchy(NETWORKS[name])
    chain, full = hierarchy_chain(h), generator(h)
    found = real_sizes(h, chain)
    for part, sizes, places in (
        (full.a, found.a, ((0, 0), (1, 1))),
        (full.up, found.up, ((0, 1), (1, 0))),
        (full.down, found.down, ((0, 1), (1, 0))),
    ):
        for size, (rows, columns) in zip(sizes, places, strict=True):
            expected = sizes_of_sums(chain.basis[rows], part, chain.basis[columns], real=True)
            np.testing.assert_allclose(size, expected, rtol=1e-13)


@pytest.mark.parametrize("dense_", [True, False])
def test_what_cancels_to_its_rounding_is_zero(dense_):
    """Below four roundings of what it was summed from, and not above."""
    turned = np.array([[1, 1, 0, 0], [1, -1, 0, 0], [0, 0, 1, 1], [0, 0, 1, -1]]) / np.sqrt(2)
    for part, kept in ((3.0, False), (5.0, True)):
        # In the turned basis the element (0, 1) is half a difference of two large numbers.
        matrix = np.diag([1.0, 1.0 + 2 * part * EPS, 0.5, 0.5]).astype(complex)
        basis = turned.astype(complex)
        if not dense_:
            matrix, basis = sparse.csr_array(matrix), sparse.csr_array(basis)
        found = dense(chains._in_basis(basis, matrix, real=True))
        assert bool(found[0, 1] != 0) is kept
        np.testing.assert_allclose(found.diagonal(), [1, 1, 0.5, 0.5], rtol=1e-14)
