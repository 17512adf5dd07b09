"""One excitation is a matrix over the nodes, more need configurations: both find the same top."""

import numpy as np
import pytest

import thermalent as te
from thermalent.excitations import peak


def lossy(rng):
    nodes = (te.Mode(name="m", bath_rate=0.2), te.Qubit(name="q1"), te.Qubit(name="q2"))
    exchange, losses = (rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3)) for _ in range(2))
    return te.Network(
        nodes=nodes, exchange=exchange + exchange.conj().T, decay=0.05 * losses @ losses.conj().T
    )


@pytest.mark.parametrize("initial", ["10", {"10": 0.6, "01": 0.8j}])
def test_one_excitation_is_not_searched_over_configurations(initial, rng, monkeypatch):
    network = lossy(rng)
    with monkeypatch.context() as change:
        change.setattr(peak, "no_jump", None)
        found = te.peak_transfer(network, initial, "01", until=5.0)
    monkeypatch.setattr(peak, "single_refusal", lambda network: "to be searched the other way")
    other = te.peak_transfer(network, initial, "01", until=5.0)
    assert float(found.value) == pytest.approx(float(other.value), abs=1e-13)
    assert float(found.time) == pytest.approx(float(other.time), abs=1e-9)
    assert 0 < float(found.time) <= 5.0


def test_two_excitations_are_searched_over_configurations(rng, monkeypatch):
    network = lossy(rng)
    monkeypatch.setattr(peak, "amplitude_matrix", None)
    assert 0 < float(te.peak_transfer(network, "11", "11", until=5.0).value) <= 1
    assert np.isfinite(float(te.peak_transfer(network, "11", "11", until=5.0).time))
