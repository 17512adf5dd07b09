"""Maps of peaks: point by point the same as one network after the other."""

import numpy as np
import pytest
from scipy.linalg import expm

import thermalent as te
from thermalent.analytic.ring_resonators import node_concurrence
from thermalent.excitations import (
    peak_concurrence,
    peak_concurrence_map,
    peak_transfer,
    peak_transfer_map,
)
from thermalent.excitations.losses import amplitude_matrix
from thermalent.excitations.stack import largest_of_stack
from thermalent.models.ring_resonators import ring_resonators

# Repeated squaring doubles its rounding with every doubling of the time: some 1e3 steps of 1e-16.
AGREE = 1e-12


def compared(found, builder, axes, peak):
    for at in np.ndindex(*found.values.shape):
        one = peak(builder(*(axis[i] for axis, i in zip(axes, at, strict=True))))
        assert found.values[at] == pytest.approx(one.value, abs=AGREE)
        assert found.interior[at] == one.interior
        same_value = abs(found.times[at] - one.time) > 1e-5  # another of two equal maxima
        assert not same_value or one.value < 1e-9


@pytest.mark.parametrize("seed", range(4))
def test_linear_parameters(seed):
    """Couplings, detunings and decay of the qubits, on a waveguide of any chirality."""
    rng = np.random.default_rng(500 + seed)
    left, kd, phase = rng.uniform(0, 1), rng.uniform(0.1, 6), np.exp(1j * rng.uniform(0, 6))

    def builder(g1, g2, x):
        return ring_resonators(
            (g1, g2 * phase), 1.0, left, distance=kd, detuning=(x, -x), qubit_decay=0.1 + x / 20
        )

    axes = [np.sort(rng.uniform(0.05, 1.5, 3)), rng.uniform(0.05, 1.5, 3), rng.uniform(-1, 1, 2)]
    over = dict(zip(("g1", "g2", "x"), axes, strict=True))
    found = peak_concurrence_map(builder, over, "10", until=40)
    assert found.values.shape == (3, 3, 2)
    compared(found, builder, axes, lambda network: peak_concurrence(network, "10", until=40))
    found = peak_transfer_map(builder, over, "10", "01", until=40)
    compared(found, builder, axes, lambda network: peak_transfer(network, "10", "01", until=40))


def test_parameters_that_are_not_linear():
    """Over distances and chiralities every network is made."""

    def builder(kd, left):
        return ring_resonators((0.126, 0.277), 1.0, left, distance=kd)

    axes = [np.linspace(0.3, 6, 5), np.array([0.0, 0.3, 1.0])]
    found = peak_concurrence_map(builder, {"kd": axes[0], "left": axes[1]}, "10", until=60)
    compared(found, builder, axes, lambda network: peak_concurrence(network, "10", until=60))


def test_a_kink_between_the_ends_is_not_missed():
    """Linear from the first to the last value, but not between."""

    def builder(x):
        return ring_resonators((0.2 + 0.1 * abs(x), 0.3))

    axis = np.linspace(-1, 1, 9)
    found = peak_concurrence_map(builder, {"x": axis}, "10", until=40)
    compared(found, builder, [axis], lambda network: peak_concurrence(network, "10", until=40))


def test_more_qubits_and_a_pair_of_them():
    def builder(g1, g2):
        return ring_resonators((g1, g2), 1.0, 0.2, qubits=2)

    axes = [np.array([0.1, 0.4]), np.array([0.2, 0.9])]
    start = {"q1a": 0.6, "q1b": 0.8}
    options = {"until": 30.0, "pair": ("q1a", "q2b")}
    found = peak_concurrence_map(builder, {"g1": axes[0], "g2": axes[1]}, start, **options)
    compared(found, builder, axes, lambda network: peak_concurrence(network, start, **options))


def test_amplitudes_are_taken_on_the_conjugate_of_complex_vectors():
    """Kets with phases: the package asks for emitters, but the maximum is of |<u|psi>||<v|psi>|."""
    rng = np.random.default_rng(3)
    generator = -1j * ring_amplitudes((0.4, 0.7))
    vectors = np.exp(1j * rng.uniform(0, 2 * np.pi, (2, 4))) * rng.uniform(0.2, 1, (2, 4))
    start = np.array([0, 0, 1.0, 0])
    values, times, _ = largest_of_stack(generator[None], start, vectors, 12.0, lambda _: None)
    grid = np.linspace(0.0, 12.0, 4001)
    states = np.array([expm(generator * t) @ start for t in grid])
    expected = np.prod(np.abs(states @ vectors.conj().T), axis=1)
    best = int(np.argmax(expected))
    # On a grid of 0.003 a maximum is missed by its curvature, which is about one, times 0.0015^2.
    assert expected[best] <= values[0] + AGREE
    assert values[0] == pytest.approx(expected[best], abs=1e-5)
    assert times[0] == pytest.approx(grid[best], abs=3e-3)


def ring_amplitudes(couplings):
    return amplitude_matrix(ring_resonators(couplings, 1.0, 0.2, distance=1.0))


def test_against_the_closed_form():
    grid = np.linspace(0.02, 1.0, 12)
    found = peak_concurrence_map(
        lambda g1, g2: ring_resonators((g1, g2)), {"g1": grid, "g2": grid}, "10", until=60
    )
    g1, g2 = np.meshgrid(grid, grid, indexing="ij")
    np.testing.assert_allclose(found.values, node_concurrence(found.times, g1, g2), atol=AGREE)
    times = np.linspace(0, 60, 3001)[:, None, None]
    assert np.all(found.values >= node_concurrence(times, g1, g2).max(axis=0) - AGREE)


def test_ends_of_the_interval_and_nothing_at_all():
    grid = np.array([0.0, 0.2])
    found = peak_concurrence_map(
        lambda g1: ring_resonators((g1, 0.3)), {"g1": grid}, "10", until=1.0
    )
    assert found.values[0] == 0  # no coupling, no entanglement
    assert found.times[1] == 1.0
    assert not found.interior[1]


@pytest.mark.parametrize("over", [{}, {"g": []}, {"g": [[0.1]]}, {"g": [np.nan]}])
def test_refuses_empty_axes(over):
    with pytest.raises(ValueError, match="Argument `over` must be"):
        peak_concurrence_map(lambda g: ring_resonators(g), over, "10", until=10)


def test_refuses_other_networks():
    with pytest.raises(te.MethodError, match=r"dephas.*FewExcitations"):
        peak_concurrence_map(
            lambda g: ring_resonators(g, dephasing=0.1), {"g": [0.1, 0.2]}, "10", until=10
        )
    with pytest.raises(ValueError, match="`pair` must be two of the emitters"):
        peak_concurrence_map(
            lambda g: ring_resonators(g, qubits=2), {"g": [0.1]}, {"q1a": 1.0}, until=10
        )
    with pytest.raises(ValueError, match="of one excitation"):
        peak_transfer_map(lambda g: ring_resonators(g), {"g": [0.1]}, "11", "11", until=10)


def test_linear_parameters_take_one_network_per_axis():
    """And some that are compared: all others follow from these."""
    made = []

    def builder(g1, x):
        made.append((g1, x))
        return ring_resonators((g1, 0.3), detuning=(x, -x))

    axes = {"g1": np.linspace(0.1, 1.5, 20), "x": np.linspace(-1, 1, 20)}
    peak_transfer_map(builder, axes, "10", "01", until=5)
    assert len(made) < 40
