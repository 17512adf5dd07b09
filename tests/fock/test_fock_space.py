"""The kept elements of a truncated density matrix, and their real numbers."""

import numpy as np
import pytest

import thermalent as te
from thermalent.fock.space import emitter_numbers, space
from thermalent.networks.nodes import SIGMA_MINUS
from thermalent.operators.entanglement import partial_trace

EPS = np.finfo(float).eps
CUTOFFS = (3, 2)


@pytest.fixture
def network():
    return te.Network(
        nodes=(
            te.Mode(name="a", bath_rate=1.0),
            te.Mode(name="b", bath_rate=1.0),
            te.Qubit(name="q"),
            te.Qudit(name="d", lower=np.diag([1.0, np.sqrt(2)], 1)),
        ),
        exchange=np.zeros((4, 4)),
        decay=np.eye(4),
    )


def charges(network):
    levels = [np.arange(cutoff) for cutoff in CUTOFFS] + [np.arange(d) for d in network.dims]
    return sum(np.meshgrid(*levels, indexing="ij")).ravel()


def random_state(kept, size, rng):
    """A Hermitian matrix of trace one that is zero outside of the kept elements."""
    matrix = rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size))
    matrix = np.where(kept, matrix @ matrix.conj().T, 0)
    return matrix / np.trace(matrix)


@pytest.mark.parametrize("symmetric", [True, False])
def test_kept_are_the_pairs_of_equal_charge_each_once(network, symmetric):
    kept = space(network, CUTOFFS, emitter_numbers(network) if symmetric else None)
    n = charges(network)
    expected = (
        np.argwhere(n[:, None] == n[None, :]) if symmetric else np.argwhere(np.ones((36, 36)))
    )
    assert sorted(zip(kept.rows, kept.cols, strict=True)) == sorted(map(tuple, expected))
    np.testing.assert_array_equal(kept.index(kept.rows, kept.cols), np.arange(kept.elements))
    if symmetric:
        assert np.all(np.diff(n[kept.rows]) >= 0)
        for group in range(len(kept.sizes)):
            assert set(n[kept.states(group)]) == {group}


def test_sixteen_elements_per_level_for_two_qubits():
    net = te.thermal_link(n_th=20, kappa=0.1)
    assert 16 * 290 < space(net, (300,), emitter_numbers(net)).elements < 16 * 300


@pytest.mark.parametrize("symmetric", [True, False])
def test_real_numbers_are_those_of_the_matrix(network, symmetric, rng):
    kept = space(network, CUTOFFS, emitter_numbers(network) if symmetric else None)
    n = charges(network)
    mask = (n[:, None] == n[None, :]) if symmetric else np.ones((36, 36), bool)
    rho = random_state(mask, 36, rng)

    unitary = kept.coordinates()
    identity = (unitary @ unitary.conj().T).toarray()
    np.testing.assert_allclose(identity, np.eye(kept.elements), rtol=0, atol=4 * EPS)
    numbers = unitary @ rho[kept.rows, kept.cols]
    assert np.max(np.abs(numbers.imag)) < 4 * EPS
    x = numbers.real

    dims = (*CUTOFFS, *network.dims)
    np.testing.assert_allclose(
        kept.emitters_state(x), partial_trace(rho, dims, [2, 3]), rtol=0, atol=20 * EPS
    )
    for mode, populations in enumerate(kept.mode_populations(x)):
        expected = np.diag(partial_trace(rho, dims, [mode])).real
        np.testing.assert_allclose(populations, expected, rtol=0, atol=20 * EPS)


def test_product_start(network):
    kept = space(network, CUTOFFS, emitter_numbers(network))
    weights = np.array([0.1, 0.2, 0.3, 0.4, 0.0, 0.0])
    x = kept.product([0.5, 0.0], weights)
    first, second = kept.mode_populations(x)
    np.testing.assert_allclose(first, np.array([4, 2, 1]) / 7, rtol=0, atol=4 * EPS)
    np.testing.assert_allclose(second, [1, 0], rtol=0, atol=4 * EPS)
    np.testing.assert_allclose(kept.emitters_state(x), np.diag(weights), rtol=0, atol=4 * EPS)


def test_a_coherent_drive_has_no_excitation_numbers():
    drive = SIGMA_MINUS + SIGMA_MINUS.T
    net = te.Network(
        nodes=(te.Qudit(name="q", lower=SIGMA_MINUS, local_hamiltonian=drive),),
        exchange=np.zeros((1, 1)),
        decay=np.eye(1),
    )
    assert emitter_numbers(net) is None
    assert space(net, (), None).elements == 4


def test_jumps_that_keep_the_symmetry_only_together_take_the_full_space():
    """sigma_x and sigma_y at equal rates are loss and gain: the fraction and Fock agree."""
    lower = np.array([[0, 1], [0, 0]], dtype=complex)
    jumps = [0.3 * (lower + lower.T), 0.3j * (lower - lower.T)]
    net = te.Network(
        nodes=(
            te.Mode(bath_rate=0.3, n_th=0.4),
            te.Qudit(name="q1", lower=lower, local_jumps=jumps),
        ),
        exchange=0.5j * np.sqrt(0.3) * np.array([[0, 1], [-1, 0]]),
        decay=np.array([[0.3, np.sqrt(0.3)], [np.sqrt(0.3), 1.0]]),
    )
    fock = te.steady_state(net, te.Fock(tolerance=1e-10))
    assert np.max(np.abs(fock.state - te.steady_state(net).state)) < 1e-9
