"""What every entanglement measure must fulfil, on random states of every rank."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from thermalent.operators.entanglement import (
    concurrence,
    concurrence_x,
    entanglement_of_formation,
    fidelity,
    formation,
    logarithmic_negativity,
    negativity,
    partial_trace,
    purity,
    trace_distance,
    von_neumann_entropy,
)
from thermalent.operators.states import populations, product

EPS = np.finfo(float).eps
LIPSCHITZ = 64 * EPS  # a few roundings in each of the 4 x 4 elements
EXCHANGE = np.eye(4)[[0, 2, 1, 3]]

fixed = settings(deadline=None, derandomize=True, max_examples=100)

seeds = st.integers(0, 2**32 - 1)
ranks = st.integers(1, 4)
weights = st.floats(0.01, 0.99)
levels = st.floats(0, 1)


def random_ket(rng, size):
    psi = rng.normal(size=size) + 1j * rng.normal(size=size)
    return psi / np.linalg.norm(psi)


def random_state(rng, rank, size=4):
    """A mixture of `rank` random kets, of weights spread over decades."""
    shares = rng.uniform(size=rank) ** 3 + 1e-3
    kets = [random_ket(rng, size) for _ in range(rank)]
    rho = sum(share * np.outer(psi, psi.conj()) for share, psi in zip(shares, kets, strict=True))
    return rho / np.trace(rho).real


def random_separable(rng, terms):
    """A mixture of `terms` random products of kets."""
    kets = [product(random_ket(rng, 2), random_ket(rng, 2)) for _ in range(terms)]
    shares = rng.dirichlet(np.ones(terms))
    return sum(share * np.outer(psi, psi.conj()) for share, psi in zip(shares, kets, strict=True))


def random_unitary(rng, size=2):
    return np.linalg.qr(rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size)))[0]


def attainable(*states):
    """Rounding of the elements of a state, over the root of its smallest nonzero eigenvalue."""
    values = np.concatenate([np.linalg.eigvalsh(rho) for rho in states])
    return LIPSCHITZ + 8 * EPS / np.sqrt(min(values[values > 1e-14]))


states = st.builds(lambda seed, rank: random_state(np.random.default_rng(seed), rank), seeds, ranks)
separable = st.builds(
    lambda seed, terms: random_separable(np.random.default_rng(seed), terms),
    seeds,
    st.integers(1, 8),
)


@fixed
@given(states, seeds)
def test_local_unitaries_change_nothing(rho, seed):
    rng = np.random.default_rng(seed)
    turn = np.kron(random_unitary(rng), random_unitary(rng))
    turned = turn @ rho @ turn.conj().T
    assert concurrence(turned) == pytest.approx(concurrence(rho), abs=attainable(rho))
    assert negativity(turned) == pytest.approx(negativity(rho), abs=LIPSCHITZ)
    assert purity(turned) == pytest.approx(purity(rho), abs=LIPSCHITZ)


@fixed
@given(states)
def test_exchange_and_conjugation_change_nothing(rho):
    exchanged = EXCHANGE @ rho @ EXCHANGE
    for same in (exchanged, rho.conj()):
        assert concurrence(same) == pytest.approx(concurrence(rho), abs=attainable(rho))
        assert negativity(same) == pytest.approx(negativity(rho), abs=LIPSCHITZ)
    assert negativity(rho, part=1) == pytest.approx(negativity(rho, part=0), abs=LIPSCHITZ)


@fixed
@given(states)
def test_bounds(rho):
    """Verstraete et al., J. Phys. A 34, 10327 (2001): sqrt((1-C)^2 + C^2) - (1-C) <= 2 N <= C."""
    c, n = concurrence(rho), negativity(rho)
    assert 0 <= c <= 1
    assert 2 * n <= c + attainable(rho)
    assert 2 * n >= np.hypot(1 - c, c) - (1 - c) - attainable(rho)
    assert 0 <= logarithmic_negativity(rho) <= 1 + LIPSCHITZ
    assert c**2 - LIPSCHITZ <= entanglement_of_formation(rho) <= c + LIPSCHITZ
    assert 0.25 - LIPSCHITZ <= purity(rho) <= 1
    assert 0 <= von_neumann_entropy(rho) <= 2 + LIPSCHITZ


@fixed
@given(states)
def test_pure_states_and_their_marginals(rho):
    psi = np.linalg.eigh(rho)[1][:, -1]
    marginal = partial_trace(np.outer(psi, psi.conj()), (2, 2), 0)
    expected = 2 * abs(psi[0] * psi[3] - psi[1] * psi[2])
    assert concurrence(psi) == pytest.approx(expected, abs=LIPSCHITZ)
    assert concurrence(np.outer(psi, psi.conj())) == pytest.approx(expected, abs=LIPSCHITZ)
    assert 2 * negativity(psi) == pytest.approx(expected, abs=LIPSCHITZ)
    # 40 = log of rounding: the slope of the entropy at a vanishing eigenvalue.
    entropy = pytest.approx(entanglement_of_formation(psi), abs=40 * LIPSCHITZ)
    assert von_neumann_entropy(marginal) == entropy
    assert purity(psi) == pytest.approx(1, abs=LIPSCHITZ)


@fixed
@given(states, states, weights)
def test_mixing_does_not_raise_entanglement(rho, sigma, p):
    mixture = p * rho + (1 - p) * sigma
    for measure in (concurrence, negativity, entanglement_of_formation):
        bound = p * measure(rho) + (1 - p) * measure(sigma)
        # dE/dC <= 1.45 for the last.
        assert measure(mixture) <= bound + 2 * attainable(rho, sigma, mixture)
    entropy = p * von_neumann_entropy(rho) + (1 - p) * von_neumann_entropy(sigma)
    assert von_neumann_entropy(mixture) >= entropy - 40 * LIPSCHITZ


@fixed
@given(separable)
def test_mixtures_of_products_are_not_entangled(rho):
    assert concurrence(rho) <= attainable(rho)
    assert negativity(rho) <= LIPSCHITZ


@fixed
@given(levels, levels)
def test_formation_grows_with_concurrence(first, second):
    low, high = sorted((first, second))
    assert formation(low) <= formation(high) * (1 + 4 * EPS)
    assume(high - low > 1e-6)
    assert formation(low) < formation(high)


@fixed
@given(states)
def test_x_part_is_not_more_entangled(rho):
    """Dropping what is off both diagonals averages over a local rotation by pi of both qubits."""
    signs = np.diag([1.0, -1.0, -1.0, 1.0])
    x_part = (rho + signs @ rho @ signs) / 2
    assert concurrence_x(x_part) <= concurrence(rho) + attainable(rho)
    # The same matrix, with a phase that is not zero to rounding: the general route.
    rng = np.random.default_rng(0)
    turn = np.kron(random_unitary(rng), random_unitary(rng))
    general = concurrence(turn @ x_part @ turn.conj().T)
    assert general == pytest.approx(concurrence_x(x_part), abs=attainable(x_part))


@fixed
@given(states, states)
def test_fidelity_and_trace_distance(rho, sigma):
    root = fidelity(rho, sigma, squared=False)
    distance = trace_distance(rho, sigma)
    assert fidelity(sigma, rho, squared=False) == pytest.approx(root, abs=LIPSCHITZ)
    assert fidelity(rho, sigma, squared=True) == pytest.approx(root**2, abs=LIPSCHITZ)
    assert fidelity(rho, rho, squared=True) == pytest.approx(1, abs=LIPSCHITZ)
    assert trace_distance(sigma, rho) == pytest.approx(distance, abs=LIPSCHITZ)
    assert trace_distance(rho, rho) == 0
    # Fuchs and van de Graaf.
    assert 1 - root <= distance + LIPSCHITZ
    assert distance**2 <= 1 - root**2 + LIPSCHITZ


@fixed
@given(states, states, weights)
def test_concurrence_is_as_continuous_as_stated(rho, other, p):
    """|C - C'| <= twice the Bures distance sqrt(2 - 2 sqrt F), at most 2 sqrt(2 T)."""
    sigma = (1 - p**6) * rho + p**6 * other
    change = abs(concurrence(rho) - concurrence(sigma))
    bures = np.sqrt(max(0.0, 2 - 2 * fidelity(rho, sigma, squared=False)))
    assert change <= 2 * bures + 1e-7  # the root of the rounding of 1 - sqrt F
    assert change <= 2 * np.sqrt(2 * trace_distance(rho, sigma)) + attainable(rho, sigma)


@fixed
@given(seeds, ranks)
def test_partial_trace_of_products(seed, rank):
    rng = np.random.default_rng(seed)
    factors = [random_state(rng, min(rank, size), size) for size in (2, 3, 2)]
    rho = product(*factors)
    for keep in ((0,), (1,), (2, 0), (1, 2), (2, 1, 0)):
        expected = product(*(factors[axis] for axis in keep))
        np.testing.assert_allclose(partial_trace(rho, (2, 3, 2), keep), expected, atol=LIPSCHITZ)
    entropy = sum(map(von_neumann_entropy, factors))
    assert von_neumann_entropy(rho) == pytest.approx(entropy, abs=40 * LIPSCHITZ)
    assert negativity(rho, (2, 3, 2), part=(2, 0)) <= LIPSCHITZ


@fixed
@given(states)
def test_populations_sum_to_one(rho):
    assert sum(populations(rho).values()) == pytest.approx(1, abs=LIPSCHITZ)
    assert min(populations(rho).values()) >= -LIPSCHITZ


def test_the_entropy_of_a_ket_is_never_negative():
    """Rounding puts the largest eigenvalue of about half of all kets above one."""
    rng, above = np.random.default_rng(5), 0
    for _ in range(200):
        psi = rng.normal(size=4) + 1j * rng.normal(size=4)
        rho = np.outer(psi, psi.conj()) / np.vdot(psi, psi).real
        above += np.linalg.eigvalsh(rho)[-1] > 1
        assert 0 <= von_neumann_entropy(rho) < 1e-13
    assert above > 20
