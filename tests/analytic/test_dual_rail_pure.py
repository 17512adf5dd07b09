"""Pure states of two rails against the master equation written out by hand, and generic measures.

Matrices and kets of unit scale are compared to 1e-12: some hundred units of rounding, times the
factor cosh^2 r of the generator, at most 30 here.
"""

from itertools import combinations, permutations

import numpy as np
import pytest

import thermalent as te
from tests.support.dual_rail_by_hand import ByHand, on_qubit
from thermalent.analytic.dual_rail import entanglement, exchange, formulas
from thermalent.analytic.dual_rail import state as rails
from thermalent.analytic.dual_rail.residual import dark_residual

ROUNDING = 1e-12
ORDERS = [order for pairs in (1, 2, 3) for order in permutations(range(pairs))]


def random_state(order, seed, decay=1.0):
    rng = np.random.default_rng([seed, *order])
    detuning = rng.uniform(-1.5, 1.5, len(order))
    squeezing = float(rng.uniform(0.4, 1.5))
    return rails.dual_rail_state(len(order), squeezing, detuning, order, decay=decay)


def by_hand(state):
    return ByHand(state.squeezing, state.delta_a, state.delta_b, state.decay)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("decay", [1.0, 0.6])
def test_dark_and_stationary(order, decay):
    state = random_state(order, 1, decay)
    np.testing.assert_array_equal(state.delta_b, -state.delta_a[list(order)])
    network = by_hand(state)
    ket = state.ket
    assert np.linalg.norm(ket) == pytest.approx(1, abs=ROUNDING)
    for operator in (network.jump_a, network.jump_b, network.hamiltonian):
        assert np.linalg.norm(operator @ ket) < ROUNDING
    assert np.max(np.abs(network.rate_of_change(np.outer(ket, ket.conj())))) < ROUNDING
    assert state.residual() < ROUNDING


def test_the_printed_sign_is_not_dark():
    """The control: conjugation is the other sign of every angle."""
    state = random_state((1, 2, 0), 1)
    network = by_hand(state)
    assert np.linalg.norm(network.hamiltonian @ state.ket.conj()) > 0.1
    wrong = dark_residual(
        state.ket.conj(), state.squeezing, state.delta_a, state.delta_b, state.decay
    )
    scale = state.decay + np.max(np.abs(state.delta_a))
    norm = np.linalg.norm(network.hamiltonian @ state.ket.conj())
    assert wrong == pytest.approx(norm / scale, rel=ROUNDING)


@pytest.mark.parametrize("order", [(0,), (0, 1), (1, 0)])
def test_unique_by_the_whole_spectrum(order):
    state = random_state(order, 2)
    network = by_hand(state)
    zero, slowest = network.slowest(2)
    assert abs(zero) < ROUNDING
    assert slowest.real == pytest.approx(-formulas.dual_rail_gap(state.squeezing), abs=1e-9)
    solved = network.steady_state()
    assert np.max(np.abs(solved - np.outer(state.ket, state.ket.conj()))) < ROUNDING


@pytest.mark.parametrize(
    "order",
    [
        pytest.param(order, marks=[] if order == (2, 1, 0) else [pytest.mark.long])
        for order in permutations(range(3))
    ],
)
def test_unique_for_three_pairs(order):
    state = random_state(order, 3)
    zero, slowest = by_hand(state).slowest_without_charge(2)
    assert abs(zero) < 1e-10  # of an iterative solver
    # The gap of one pair is that of three, whatever the detunings and their order.
    assert slowest.real == pytest.approx(-formulas.dual_rail_gap(state.squeezing), abs=1e-8)


@pytest.mark.parametrize("order", [(0,), (1, 0), (1, 2, 0), (2, 1, 0)])
def test_the_network_solved_is_the_pure_state(order):
    """`te.dual_rail` through a solver: where both say |psi_0>, the conventions agree."""
    state = random_state(order, 7)
    network = te.dual_rail(
        len(order), state.squeezing, detuning=state.delta_a, permutation=order, gamma=1.0
    )
    assert network.emitter_names == state.names
    solved = te.steady_state(network)
    expected = np.outer(state.ket, state.ket.conj())
    assert np.max(np.abs(solved.state - expected)) < max(float(solved.error), ROUNDING)
    assert te.fidelity(solved.state, state.ket, squared=True) == pytest.approx(1, abs=ROUNDING)


@pytest.mark.parametrize("squeezing", [0.0, 0.2, 0.35, 0.36, 1.0, 2.0])
def test_gap_of_one_resonant_pair(squeezing):
    values = ByHand(squeezing, [0.0], [0.0], decay=0.8).slowest(2)
    found = formulas.dual_rail_gap(squeezing, 0.8)
    assert -values[1].real == pytest.approx(found, rel=1e-10)
    if squeezing > 0.355:
        cosh = np.cosh(2 * squeezing)
        assert found == pytest.approx(0.4 * (3 * cosh - np.sqrt(9 * cosh**2 - 8)), rel=1e-10)


@pytest.mark.parametrize("position", [0, 1])
def test_form_invariance(position):
    delta_a, delta_b = np.array([0.3, -0.8, 0.5]), np.array([0.9, -0.2, 0.4])
    before = ByHand(0.7, delta_a, delta_b, decay=1.3)
    exchanged = delta_b.copy()
    exchanged[[position, position + 1]] = delta_b[[position + 1, position]]
    after = ByHand(0.7, delta_a, exchanged, decay=1.3)
    theta = exchange.mixing_angle(delta_b[position], delta_b[position + 1], 1.3)
    spins = np.array([[[0, 1], [1, 0]], [[0, 1j], [-1j, 0]], [[-1, 0], [0, 1]]]) / 2

    def unitary(angle):
        first, second = 2 * position + 1, 2 * position + 3
        squares = sum((on_qubit(s, first, 6) + on_qubit(s, second, 6)) @ (
            on_qubit(s, first, 6) + on_qubit(s, second, 6)) for s in spins)  # fmt: skip
        values, vectors = np.linalg.eigh(squares)
        return vectors * np.exp(1j * angle * values) @ vectors.conj().T

    u = unitary(theta)
    for jump in (before.jump_a, before.jump_b):
        np.testing.assert_allclose(u @ jump @ u.conj().T, jump, rtol=0, atol=ROUNDING)
    transformed = u @ before.hamiltonian @ u.conj().T
    np.testing.assert_allclose(transformed, after.hamiltonian, rtol=0, atol=ROUNDING)
    printed = unitary(-theta)  # tan(theta) as printed
    difference = printed @ before.hamiltonian @ printed.conj().T - after.hamiltonian
    assert np.max(np.abs(difference)) > 0.1


def test_exchange_unitary_is_equation_7():
    spins = np.array([[[0, 1], [1, 0]], [[0, 1j], [-1j, 0]], [[-1, 0], [0, 1]]]) / 2
    total = [np.kron(s, np.eye(2)) + np.kron(np.eye(2), s) for s in spins]
    values, vectors = np.linalg.eigh(sum(s @ s for s in total))
    for theta in (-1.2, 0.0, 0.4):
        expected = vectors * np.exp(1j * theta * values) @ vectors.conj().T
        np.testing.assert_allclose(exchange.exchange_unitary(theta), expected, atol=ROUNDING)


def sorting_word(order, scan):
    """Transpositions that make `order` from 0, 1, 2, ..., by a bubble sort in the given scan."""
    order, found = list(order), []
    while order != sorted(order):
        for i in scan(len(order) - 1):
            if order[i] > order[i + 1]:
                order[i], order[i + 1] = order[i + 1], order[i]
                found.append(i)
    return found[::-1]


def random_word(order, rng):
    """A long random walk among the orders, then the way from its end to `order`."""
    pairs = len(order)
    walk = rng.integers(0, pairs - 1, 25).tolist()
    reached = list(range(pairs))
    for i in walk:
        reached[i], reached[i + 1] = reached[i + 1], reached[i]
    relative = [reached.index(k) for k in order]  # order = reached[relative]
    return walk + sorting_word(relative, range)


@pytest.mark.parametrize("detuning", [(0.3, -0.9, 1.4, 0.1, -2.0), (0.5, -1.0, 0.5, 0.5, -1.0)])
def test_any_decomposition_gives_the_same_ket(detuning, rng):
    pairs = len(detuning)
    for _ in range(5):
        order = tuple(rng.permutation(pairs).tolist())
        words = [
            sorting_word(order, range),
            sorting_word(order, lambda n: range(n - 1, -1, -1)),
            *(random_word(order, rng) for _ in range(3)),
        ]
        assert len({tuple(word) for word in words}) >= 4
        state = rails.dual_rail_state(pairs, 0.9, detuning, order)
        for word in words:
            ket, delta_b = exchange.exchanged_ket(0.9, detuning, word)
            np.testing.assert_array_equal(delta_b, state.delta_b)
            np.testing.assert_allclose(ket, state.ket, rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("delta", [-1.7, 0.0, 0.4])
def test_equation_10(delta):
    r, gamma = 0.8, 0.7
    pair = np.diag([np.cosh(r), np.sinh(r)]) / np.sqrt(np.cosh(2 * r))  # (A, B)
    parallel = np.einsum("ab,cd->abcd", pair, pair)  # A1, B1, A2, B2
    crossed = np.einsum("ad,cb->abcd", pair, pair)
    expected = gamma * parallel + 1j * delta * crossed
    expected /= np.hypot(gamma, delta)
    state = rails.dual_rail_state(2, r, (0.2 + delta, 0.2), (1, 0), decay=gamma)
    np.testing.assert_allclose(state.ket, expected.ravel(), rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_measures_are_those_of_the_density_matrix(order):
    state = random_state(order, 4)
    rho = np.outer(state.ket, state.ket.conj())
    names = list(state.names)
    found = state.concurrences()
    for (i, one), (j, other) in combinations(enumerate(names), 2):
        reduced = te.partial_trace(rho, (2,) * 6, (i, j))
        np.testing.assert_allclose(state.reduced(one, other), reduced, rtol=0, atol=ROUNDING)
        expected = te.concurrence(reduced)
        assert state.concurrence(one, other) == pytest.approx(expected, abs=ROUNDING)
        assert found[i, j] == found[j, i] == pytest.approx(expected, abs=ROUNDING)
    for size in range(1, 6):
        for part in combinations(range(6), size):
            chosen = [names[k] for k in part][::-1]
            reduced = te.partial_trace(rho, (2,) * 6, part[::-1])
            np.testing.assert_allclose(state.reduced(*chosen), reduced, rtol=0, atol=ROUNDING)
            expected = te.von_neumann_entropy(reduced, np.e)
            assert state.entropy(chosen) == pytest.approx(expected, abs=ROUNDING)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_each_rail_alone_is_a_product(order):
    """The unitaries on rail B conserve its excitations, on which alone its state depends."""
    state = random_state(order, 5)
    x = 1 / (1 + np.tanh(state.squeezing) ** 2)
    one = np.diag([x, 1 - x])
    product = np.kron(one, np.kron(one, one))
    for rail in "AB":
        names = [name for name in state.names if name[0] == rail]
        np.testing.assert_allclose(state.reduced(*names), product, rtol=0, atol=ROUNDING)
        entropy = formulas.dual_rail_pair_entropy(state.squeezing)
        assert state.entropy(rail) == pytest.approx(3 * entropy, abs=ROUNDING)
    same_rail = state.concurrences()[0::2, 0::2]
    np.testing.assert_array_equal(same_rail, 0)


def test_pair_entropy_is_the_printed_formula():
    r = np.array([0.2, 1.0, 3.0])
    x = np.cosh(r) ** 2 / np.cosh(2 * r)
    expected = -np.log(x**x * (1 - x) ** (1 - x))
    np.testing.assert_allclose(formulas.dual_rail_pair_entropy(r), expected, rtol=1e-13)
    assert formulas.dual_rail_pair_entropy(0.0) == 0.0
    assert formulas.dual_rail_pair_entropy(50.0) == pytest.approx(np.log(2), rel=1e-15)


@pytest.mark.parametrize("squeezing", [0.0, 0.1, 0.5, 1.0, 2.5])
def test_two_pairs_in_closed_form(squeezing):
    differences = np.array([-2.0, -0.3, 0.0, 0.2, 0.7, 1.3, 20.0])
    parallel, crossed = formulas.dual_rail_two_pair_concurrences(squeezing, differences, 0.7)
    for delta, same, other in zip(differences, parallel, crossed, strict=True):
        state = rails.dual_rail_state(2, squeezing, (delta, 0.0), "reverse", decay=0.7)
        expected = [[same, other], [other, same]]
        # A root of what rounding leaves of 1/cosh^2 2r in the generic route.
        np.testing.assert_allclose(state.concurrences()[0::2, 1::2], expected, rtol=0, atol=1e-12)
    at_zero = parallel[list(differences).index(0.0)]
    assert at_zero == pytest.approx(formulas.dual_rail_pair_concurrence(squeezing), abs=1e-15)
    equal = formulas.dual_rail_two_pair_concurrences(squeezing, 0.7, 0.7)
    assert equal[0] == pytest.approx(equal[1], abs=1e-15)


def smallest_product(state):
    """Finest partition into factors of the ket: by the rank of every cut."""
    qubits = range(len(state.names))
    pure = [
        set(part)
        for size in range(1, len(qubits) + 1)
        for part in combinations(qubits, size)
        if state.entropy([state.names[k] for k in part]) < 1e-10
    ]
    blocks = {frozenset(set.intersection(*(s for s in pure if k in s))) for k in qubits}
    return tuple(tuple(state.names[k] for k in sorted(b)) for b in sorted(blocks, key=min))


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_blocks(order):
    state = random_state(order, 6)
    expected = smallest_product(state)
    assert state.blocks() == expected
    assert state.blocks(1e-10) == expected


def test_blocks_of_equal_detunings():
    """Exchanging equal detunings does nothing, so the order given and the least one agree."""
    state = rails.dual_rail_state(3, 1.0, (0.0, 0.8, 0.0), "reverse")
    assert state.permutation == (0, 1, 2)
    assert state.blocks() == smallest_product(state) == (("A1", "B1"), ("A2", "B2"), ("A3", "B3"))
    unchanged = rails.dual_rail_state(3, 1.0, (0.0, 0.8, 0.0))
    np.testing.assert_array_equal(state.ket, unchanged.ket)


def test_blocks_wherever_the_qubits_are():
    state = rails.dual_rail_state(4, 1.0, (0.0, 200.0, 0.5, 201.0), (2, 3, 0, 1))
    assert state.blocks() == (state.names,)
    blocks = state.blocks(1e-2)
    assert blocks == (("A1", "B1", "A3", "B3"), ("A2", "B2", "A4", "B4"))
    assert all(0 < state.entropy(block) <= 1e-2 for block in blocks)
    assert state.blocks(1e-6) == (state.names,)  # what is left between them


def test_rainbow():
    """Far detuned and reversed: the first with the last, to the square of gamma/Delta."""
    deviations = []
    for delta in (50.0, 100.0):
        state = rails.dual_rail_state(4, 1.0, delta * np.arange(4), "reverse")
        crossed = state.concurrences()[0::2, 1::2]
        off = crossed - np.fliplr(np.diag(np.full(4, formulas.dual_rail_pair_concurrence(1.0))))
        deviations.append(np.max(np.abs(off)))
        assert state.blocks(1e-2) == (("A1", "B4"), ("B1", "A4"), ("A2", "B3"), ("B2", "A3"))
        entropy = formulas.dual_rail_pair_entropy(1.0)
        np.testing.assert_allclose(state.entropies(), entropy * np.array([2, 4, 2]), atol=1e-2)
    assert np.log2(deviations[0] / deviations[1]) == pytest.approx(2, abs=0.02)


def test_limits_of_the_squeezing():
    empty = rails.dual_rail_state(3, 0.0, (0.1, 0.9, -0.4), "reverse")
    assert abs(empty.ket[0]) == pytest.approx(1, abs=1e-15)
    assert not np.any(empty.ket[1:])
    assert not np.any(empty.concurrences())
    assert empty.blocks() == tuple((name,) for name in empty.names)
    full = rails.dual_rail_state(3, 400.0, (0.1, 0.9, -0.4), "reverse")  # cosh would overflow
    assert full.entropy("A") == pytest.approx(3 * np.log(2), rel=1e-14)
    assert full.entropy("A", base=2) == pytest.approx(3, rel=1e-14)


def test_only_ratios_to_the_decay_rate_count():
    one = rails.dual_rail_state(3, 0.7, (0.1, 0.9, -0.4), "reverse")
    other = rails.dual_rail_state(3, 0.7, (0.2, 1.8, -0.8), "reverse", decay=2.0)
    shifted = rails.dual_rail_state(3, 0.7, (1.1, 1.9, 0.6), "reverse")
    np.testing.assert_allclose(other.ket, one.ket, rtol=0, atol=ROUNDING)
    np.testing.assert_allclose(shifted.ket, one.ket, rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("pairs", [2, 3])
def test_states_of_pairs_in_either_order_are_partial_traces(pairs):
    """Of any ket of charge zero; with the second qubit first, the coherence changes its side."""
    rng = np.random.default_rng(pairs)
    bits = np.array(list(np.ndindex((2,) * (2 * pairs))))
    neutral = bits[:, 0::2].sum(axis=1) == bits[:, 1::2].sum(axis=1)
    ket = neutral * (rng.normal(size=4**pairs) + 1j * rng.normal(size=4**pairs))
    ket /= np.linalg.norm(ket)
    found = entanglement.pair_states(ket)
    tensor = ket.reshape((2,) * (2 * pairs))
    for i, j in permutations(range(2 * pairs), 2):
        matrix = np.moveaxis(tensor, (i, j), (0, 1)).reshape(4, -1)
        expected = matrix @ matrix.conj().T
        np.testing.assert_allclose(found[i, j], expected, rtol=0, atol=ROUNDING)


def test_eight_pairs():
    """What charges save, against the reduced matrices; and both sides of every cut."""
    state = rails.dual_rail_state(8, 1.0, 0.3 * np.arange(8), "reverse")
    assert state.residual() < ROUNDING
    found = state.concurrences()
    for one, other in (("A1", "B1"), ("A5", "B7"), ("A2", "B8"), ("A3", "A4"), ("B8", "A8")):
        expected = te.concurrence(state.reduced(one, other))
        i, j = state.names.index(one), state.names.index(other)
        assert found[i, j] == pytest.approx(expected, abs=ROUNDING)
    for n in (1, 3):
        values = np.linalg.svd(state.ket.reshape(4**n, -1), compute_uv=False) ** 2
        expected = -np.sum(values * np.log(values))
        assert state.entropy(n) == pytest.approx(expected, abs=1e-11)
    rest = [name for name in state.names if name not in ("A1", "B4", "B7")]
    assert state.entropy(rest) == pytest.approx(state.entropy(["B7", "A1", "B4"]), abs=1e-11)
    # Reflection: the reversed ladder looks the same from its end.
    np.testing.assert_allclose(state.entropies(), state.entropies()[::-1], rtol=1e-10)
