"""Whether the largest concurrence lies at the start is no matter of rounding."""

import numpy as np
import pytest
from scipy.linalg import expm

import thermalent as te
from thermalent.excitations import amplitudes, peak_concurrence, peak_concurrence_map
from thermalent.excitations.losses import amplitude_matrix

STARTS = 300
UNTIL = 30.0


def random_start(seed):
    """A ring network and a state with both qubits excited in part, often best left alone."""
    rng = np.random.default_rng(seed)
    network = te.ring_resonators(
        tuple(10 ** rng.uniform(-1, 0.5, 2)),
        detuning=tuple(rng.normal(size=2)),
        cavity_loss=rng.choice([0.0, 0.1]),
    )
    weight, turn = 1 - 10 ** rng.uniform(-4, 0), rng.uniform(0, 2 * np.pi)
    return network, {"q1": np.sqrt(weight), "q2": np.sqrt(1 - weight) * np.exp(1j * turn)}


def sampled(network, start):
    """C at the start and on a fine grid after it, by one matrix exponential and its powers."""
    step = expm(-1j * amplitude_matrix(network) * UNTIL / 1500)
    psi = [amplitudes(network, [0.0], start)[0]]
    for _ in range(1500):
        psi.append(step @ psi[-1])
    values = 2 * np.abs(np.prod(np.array(psi)[:, -2:], axis=1))
    return values[0], values[1:].max()


def test_a_maximum_at_the_start_is_no_maximum_in_time():
    at_start = 0
    for seed in range(STARTS):
        network, start = random_start(seed)
        first, later = sampled(network, start)
        peak = peak_concurrence(network, start, until=UNTIL)
        assert peak.value >= max(first, later) - 1e-13
        if peak.time == 0.0:
            at_start += 1
            assert not peak.interior
            assert peak.value == pytest.approx(first, abs=1e-14)
            assert later <= first + 1e-13
        else:
            assert peak.value > first
            assert peak.interior is (peak.time < UNTIL)
    assert 50 < at_start < STARTS - 50  # both kinds were met


def test_the_case_that_rounding_decided():
    network = te.ring_resonators((1.0, 1.0), detuning=(0.6, -1.7))
    start = {"q1": 0.2, "q2": 0.96**0.5 * np.exp(1.1j)}
    peak = peak_concurrence(network, start, until=30.0)
    assert (peak.time, peak.interior) == (0.0, False)
    found = peak_concurrence_map(
        lambda g: te.ring_resonators((g, 1.0), detuning=(0.6, -1.7)),
        {"g": [0.9, 1.0, 1.1]},
        start,
        until=30.0,
    )
    assert found.times[1] == 0.0
    assert not found.interior[1]
