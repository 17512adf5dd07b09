"""Parts of the search for relaxation rates, each beside dense matrices of the whole hierarchy."""

import itertools
from functools import cache

import numpy as np
import pytest
from flint import ctx
from scipy import sparse

import thermalent as te
from thermalent.analysis.eigenvalues import candidates, counting, determinants
from thermalent.analysis.eigenvalues.chain import ChargeChain
from thermalent.analysis.eigenvalues.generator import BITS, exact_generator
from thermalent.analysis.eigenvalues.subspace.balls import (
    Shifted,
    eigenvalues_of,
    eigenvalues_of_small,
    refine,
)
from thermalent.analytic.methods.null_vector import one_mode_of
from thermalent.networks.liouvillian import emitter_liouvillian
from thermalent.operators.superoperators import dense

LADDER = np.array([[0, 1, 0], [0, 0, np.sqrt(2)], [0, 0, 0]])


def network(n_th=3.0, *, backaction=True, count=2):
    """A detuned heated mode that a qubit, and three levels, act back on; none of it symmetric."""
    exchange = np.array([[0.4, 0.2j, 0.1], [-0.2j, -0.3, 0.25], [0.1, 0.25, 0.6]])
    decay = np.array([[1.0, 0.3j, 0.1], [-0.3j, 0.8, 0.2], [0.1, 0.2, 0.9]])
    absorption = 0.2 * np.diag([0.5, 0.4, 0.3])
    mode = te.Mode(name="a", bath_rate=0.4, n_th=n_th, backaction=backaction)
    last = te.Qudit(
        name="c",
        lower=LADDER,
        local_hamiltonian=np.diag([0.0, 0.2, -0.1]),
        local_jumps=(np.diag([0.0, 0.5, 1.0]),),
    )
    nodes = (mode, te.Qubit(name="b"), last)[: count + 1]
    kept = np.ix_(range(count + 1), range(count + 1))
    return te.Network(
        nodes=nodes, exchange=exchange[kept], decay=decay[kept], absorption=absorption[kept]
    )


def dense_of(entries, size):
    return sparse.csr_array((entries.floats, (entries.row, entries.col)), (size, size)).toarray()


@pytest.mark.parametrize("backaction", [True, False])
def test_exact_superoperators_are_those_in_double_precision(backaction):
    system = network() if backaction else te.thermal_link(3.0, 0.5, detuning=(0.2, -0.4))
    if not backaction:
        assert np.any(system.exchange)
    found = exact_generator(system)
    source, d = one_mode_of(system).source, int(np.prod(system.dims))
    within = dense_of(found.within, d * d)
    np.testing.assert_allclose(within, dense(emitter_liouvillian(system)), atol=1e-14)
    fall = dense(source.drive) + dense(source.drive_conj)
    np.testing.assert_allclose(dense_of(found.fall, d * d), fall, atol=1e-14)
    rise = source.variance * fall + dense(source.backaction) + dense(source.backaction_conj)
    np.testing.assert_allclose(dense_of(found.rise, d * d), rise, atol=1e-13)
    assert float(found.rate) == pytest.approx(source.rate)
    assert float(found.detuning) == pytest.approx(source.detuning)
    assert found.variance == pytest.approx(source.variance)
    assert found.largest == pytest.approx(max(np.abs(within).max(), source.rate))


def test_pairs_and_squeezed_channels_between_emitters_are_exact_too():
    pumping = np.array([[0.1j, 0.2], [0.2, 0.3]])
    anomalous = np.array([[0.05, 0.02j], [0.02j, 0.04]])
    two = te.Network(
        nodes=(te.Qubit(name="a"), te.Qubit(name="b")),
        exchange=np.array([[0.1, 0.3j], [-0.3j, 0.2]]),
        decay=np.array([[1.0, 0.2j], [-0.2j, 0.7]]),
        absorption=0.3 * np.array([[0.6, 0.1], [0.1, 0.5]]),
        pumping=pumping,
        anomalous=anomalous,
    )
    found = exact_generator(two)
    exact = dense(emitter_liouvillian(two))
    np.testing.assert_allclose(dense_of(found.within, 16), exact, atol=1e-14)
    assert (found.has_source, float(found.rate), found.variance) == (False, 0.0, 0.0)
    assert found.numbers.tolist() == [0, 0, 0, 0]


def test_rounding_of_a_collective_decay_is_taken_out_and_kept_apart():
    rates = np.array([0.1, 0.7])
    root = np.sqrt(np.outer(rates, rates))
    two = te.Network(
        nodes=(te.Qubit(name="a"), te.Qubit(name="b")), exchange=np.zeros((2, 2)), decay=root
    )
    found = exact_generator(two)
    given = dense(emitter_liouvillian(two))
    both = dense_of(found.within, 16) + dense_of(found.rank_rounding, 16)
    np.testing.assert_allclose(both, given, atol=1e-16)
    assert np.max(np.abs(found.rank_rounding.floats), initial=0.0) < 1e-15
    values = eigenvalues_of(ChargeChain(found, 0, 0)).values
    assert np.count_nonzero(np.abs(values) < 1e-40) == 2  # the ground state and the dark one


@cache
def whole(last=3):
    """The hierarchy of all tiers k + l <= last, by its equation, (size, size)."""
    source = one_mode_of(network(count=1)).source
    liouvillian = dense(emitter_liouvillian(network(count=1)))
    up, up_conj = dense(source.drive), dense(source.drive_conj)
    to_k = source.variance * up + dense(source.backaction)
    to_l = source.variance * up_conj + dense(source.backaction_conj)
    tiers = [(k, l) for k, l in itertools.product(range(last + 1), repeat=2) if k + l <= last]
    m = len(liouvillian)
    matrix = np.zeros((len(tiers), m, len(tiers), m), dtype=complex)
    for place, (k, l) in enumerate(tiers):
        own = -source.rate * (k + l) + 1j * source.detuning * (k - l)
        matrix[place, :, place] = liouvillian + own * np.eye(m)
        for factor, other, operator in (
            (k, (k - 1, l), to_k), (l + 1, (k, l + 1), up),
            (l, (k, l - 1), to_l), (k + 1, (k + 1, l), up_conj),
        ):  # fmt: skip
            if other in tiers:
                matrix[place, :, tiers.index(other)] += np.sqrt(factor) * operator
    return matrix.reshape(len(tiers) * m, -1)


@cache
def chain(charge, last=3, n_th=3.0):
    return ChargeChain(exact_generator(network(n_th, count=1)), charge, last)


def by_size(values):
    return np.array(sorted(values, key=lambda z: (round(z.real, 9), round(z.imag, 9))))


def test_the_chains_of_all_charges_are_the_hierarchy():
    all_charges = range(-4, 5)
    assert sum(chain(charge).size for charge in all_charges) == len(whole())
    found = np.concatenate(
        [np.linalg.eigvals(chain(charge).complex_matrix.toarray()) for charge in all_charges]
    )
    np.testing.assert_allclose(by_size(found), by_size(np.linalg.eigvals(whole())), atol=1e-9)


def test_the_chain_of_charge_zero_is_real():
    real = chain(0).matrix
    assert not np.iscomplexobj(real.toarray())
    found, exact = (np.linalg.eigvals(m.toarray()) for m in (real, chain(0).complex_matrix))
    np.testing.assert_allclose(by_size(found), by_size(exact), atol=1e-10)
    np.testing.assert_allclose(
        np.linalg.svd(real.toarray())[1],
        np.linalg.svd(chain(0).complex_matrix.toarray())[1],
        atol=1e-12,
    )
    assert (chain(1).matrix != chain(1).complex_matrix).nnz == 0


@pytest.mark.parametrize("n_th", [0.5, 30.0])
@pytest.mark.parametrize("charge", [0, 1])
def test_all_forms_of_a_chain_are_one_matrix(charge, n_th):
    one = chain(charge, 3, n_th)
    matrix = one.complex_matrix.toarray()
    forwards, backwards = one.exact_operators
    with ctx.workprec(BITS):
        unit = np.array([[candidates.acb(int(i == j)) for j in range(one.size)]
                         for i in range(one.size)], dtype=object)  # fmt: skip
        exact, transposed = (
            np.array([[complex(v) for v in row] for row in operator(unit)])
            for operator in (forwards, backwards)
        )
    np.testing.assert_allclose(exact, matrix, atol=1e-12)
    np.testing.assert_allclose(transposed, matrix.T, atol=1e-12)
    weights = np.concatenate([[float(w) for w in tier] for tier in one.weights])
    built = np.zeros_like(matrix)
    for n, blocks in enumerate(one.exact_blocks):
        for origin, block in zip((n, n - 1, n + 1), blocks, strict=True):
            if block is not None:
                rows = slice(*one.start[n : n + 2].tolist())
                columns = slice(*one.start[origin : origin + 2].tolist())
                values = [[complex(v) for v in row] for row in block.tolist()]
                built[rows, columns] = values
    balanced = weights[:, None] * built / weights
    np.testing.assert_allclose(balanced, matrix, atol=1e-12)


@pytest.mark.parametrize("charge", [0, 1])
def test_a_shorter_chain_is_the_first_part_of_a_longer_one(charge):
    for last in (0, 3, 4):
        short, alone = chain(charge, 5).shortened(last), chain(charge, last)
        assert (short.size, short.last) == (alone.size, last)
        assert [part.tolist() for part in short.elements] == [e.tolist() for e in alone.elements]
        for one, other in (
            (short.matrix, alone.matrix),
            (short.complex_matrix, alone.complex_matrix),
        ):
            np.testing.assert_array_equal(one.toarray(), other.toarray())


def test_eigenvalues_near_a_real_shift_are_found_in_real_numbers():
    """Those of the same solves in complex numbers, pairs among them."""
    one = chain(0, 9)
    values = np.linalg.eigvals(one.matrix.toarray())
    for shift in (0.1, -0.7):
        nearest = values[np.argsort(np.abs(values - shift))][:6]
        found = candidates.near(one, complex(shift), 6, exact=False)
        distance = np.abs(found.values[:, None] - nearest[None, :])
        assert np.all(np.min(distance[:5], axis=1) <= 1e-9 + 10 * found.uncertainty[:5])


def test_solves_and_products_tier_by_tier():
    one, shift = chain(1), 0.3 - 0.2j
    matrix = one.complex_matrix.toarray()
    weights = np.concatenate([[float(w) for w in tier] for tier in one.weights])
    bare = matrix / weights[:, None] * weights
    rng = np.random.default_rng(2)
    columns = rng.normal(size=(one.size, 2)) + 1j * rng.normal(size=(one.size, 2))
    with ctx.workprec(BITS):
        shifted = Shifted(one, shift)
        parts = [
            candidates.acb_mat([[candidates.acb(v.real, v.imag) for v in row] for row in part])
            for part in np.split(columns, one.start[1:-1])
        ]
        found = {
            name: np.concatenate(
                [
                    np.array([[complex(v) for v in row] for row in part.tolist()])
                    for part in getattr(shifted, name)(parts)
                ]
            )
            for name in ("solve", "solve_left", "apply", "apply_left")
        }
        log_det = shifted.log_det()
    moved = bare - shift * np.eye(one.size)
    np.testing.assert_allclose(found["solve"], np.linalg.solve(moved, columns), atol=1e-10)
    np.testing.assert_allclose(found["solve_left"], np.linalg.solve(moved.T, columns), atol=1e-10)
    np.testing.assert_allclose(found["apply"], bare @ columns, atol=1e-12)
    np.testing.assert_allclose(found["apply_left"], bare.T @ columns, atol=1e-12)
    sign, size = np.linalg.slogdet(shift * np.eye(one.size) - matrix)
    assert np.exp(log_det) == pytest.approx(sign * np.exp(size))


@pytest.mark.parametrize("charge", [0, 1])
def test_eigenvalues_that_are_missing_are_counted(charge):
    one = chain(charge)
    values = np.linalg.eigvals(one.matrix.toarray())
    rates = np.unique(np.round(-values.real, 9))
    distance = float(rates[1:3].mean())
    count = np.count_nonzero(values.real > -distance)
    log_det = determinants.log_det_double(one)
    assert counting.count_missing(one, values, distance, log_det).missing == 0
    right = np.flatnonzero(values.real > -distance)
    for left_out in range(1, count + 1):
        known = np.delete(values, right[:left_out])
        if charge == 0 and abs(np.sum(known.imag)) > 1e-9:
            continue  # without one of a conjugate pair
        assert counting.count_missing(one, known, distance, log_det).missing == left_out
    through = counting.count_missing(one, values, -float(values.real.min()), log_det)
    assert through.missing is None
    assert counting.count_missing(one, values, distance, log_det, most=10).missing is None


# --- subspaces and candidates ---


@pytest.mark.parametrize("count", [1, 2])
def test_refined_eigenvalues_are_those_nearest_to_the_centre(count):
    one = chain(1)
    values = np.linalg.eigvals(one.complex_matrix.toarray())
    centre = values[np.argmax(values.real)] + 0.01j
    near = values[np.argsort(np.abs(values - centre))]
    gap = abs(near[count] - centre)
    found = refine(one, complex(centre), count, float(gap))
    np.testing.assert_allclose(by_size(found.values), by_size(near[:count]), atol=1e-10)
    assert np.all(found.error < 1e-25)
    assert found.rank_rounding == 0.0


def test_the_error_of_a_few_eigenvalues():
    with ctx.workprec(BITS):
        one = candidates.acb_mat([[candidates.acb(2, 1)]])
        single = eigenvalues_of_small(one, 0j, 1e-9)
        normal = candidates.acb_mat([[candidates.acb(1), 0], [0, candidates.acb(3)]])
        pair = eigenvalues_of_small(normal, 1 + 0j, 1e-9)
        defective = candidates.acb_mat([[candidates.acb(1), 1], [0, candidates.acb(1)]])
        double = eigenvalues_of_small(defective, 0j, 1e-9)
    assert (single.values.tolist(), single.error.tolist()) == ([2 + 1j], [1e-9])
    # Bauer and Fike: two discs of the condition number, in the Frobenius norm, times the noise.
    assert pair.error == pytest.approx([2 * 2 * 2 * 1e-9] * 2, rel=1e-6)
    size = np.sqrt(3.0)
    assert double.error == pytest.approx([np.sqrt((2 * size + 1e-9) * 1e-9)] * 2, rel=1e-6)


def test_all_eigenvalues_in_both_arithmetics():
    one = chain(0)
    exact = by_size(np.linalg.eigvals(one.complex_matrix.toarray()))
    np.testing.assert_allclose(by_size(candidates.all_of(one)), exact, atol=1e-10)
    np.testing.assert_allclose(by_size(candidates.all_exactly(one)), exact, atol=1e-10)


@pytest.mark.parametrize("exact", [True, False])
def test_eigenvalues_near_a_shift_with_what_they_may_be_off(exact):
    one, shift = chain(0, 5), -0.4 + 0.3j  # whose twelve directions are all found
    values = np.linalg.eigvals(one.complex_matrix.toarray())
    nearest = values[np.argsort(np.abs(values - shift))]
    found = candidates.near(one, shift, 4, exact=exact)
    np.testing.assert_allclose(found.values, nearest[:4], atol=1e-8)
    distance = np.abs(found.values - shift)
    np.testing.assert_allclose(found.split, 1e-6 * distance)
    assert np.all(found.uncertainty <= 1e-7 * distance)
    assert np.all(np.abs(found.values - nearest[:4]) <= 1e-12 + 10 * found.uncertainty)


def test_new_directions_are_orthonormal_and_no_rounding():
    rng = np.random.default_rng(1)
    basis = np.linalg.qr(rng.normal(size=(9, 3)))[0].astype(complex)
    block = np.column_stack([basis @ [1, 2, 3], rng.normal(size=9), 1e-13 * rng.normal(size=9)])
    added = candidates._new_directions(basis, block)
    assert added.shape == (9, 1)
    both = np.hstack([basis, added])
    np.testing.assert_allclose(both.conj().T @ both, np.eye(4), atol=1e-14)
