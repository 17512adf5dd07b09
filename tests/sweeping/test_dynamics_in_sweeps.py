"""Functions of a state may evolve its network or take its spectrum; a sweep keeps their errors."""

import numpy as np
import pytest

import thermalent as te

pytest.importorskip("xarray")


def early(state):
    return te.evolve(state.network, [2.0], "00").concurrence()[0]


def light(state):
    found = te.spectrum(state.network, [0.0], of="q2")
    return found.values[0], found.error[0]


def test_numbers_of_evolutions_and_spectra_with_their_errors():
    kappas = [0.05, 0.2]
    data = te.sweep(
        te.thermal_link, {"kappa": kappas}, [early, light], fixed={"n_th": 20.0}, executor=1,
        progress=False,
    )  # fmt: skip
    for i, kappa in enumerate(kappas):
        network = te.thermal_link(20.0, kappa)
        alone = te.evolve(network, [2.0], "00").concurrence()[0]
        assert float(data["early"][i]) == pytest.approx(alone, abs=2 * alone.error)
        assert float(data["early_error"][i]) == pytest.approx(alone.error, rel=1e-3)
        found = te.spectrum(network, [0.0], of="q2")
        assert float(data["light"][i]) == pytest.approx(found.values[0], abs=2 * found.error[0])
        assert float(data["light_error"][i]) == pytest.approx(found.error[0], rel=1e-3)
    assert np.all(data["status"] == 1)
