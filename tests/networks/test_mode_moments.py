"""The moments of pumped and squeezed modes, by other equations and by the master equation."""

import numpy as np
import pytest

import thermalent as te
from tests.support.lindbladian import FockLindbladian
from thermalent.networks import gaussian_source as gaussian_source_module
from thermalent.networks.gaussian_source import gaussian_source
from thermalent.networks.mode_moments import bare_modes

PAIRS = np.array([[0, 1], [1, 0]])
# Complex and different everywhere, so that no sign, conjugate or order cancels.
COUPLED = {
    "exchange": np.array([[0.2, 0.1 - 0.3j], [0.1 + 0.3j, -0.1]]),
    "decay": np.array([[1.3, 0.2j], [-0.2j, 0.9]]),
    "absorption": np.array([[0.03, 0.01], [0.01, 0.02]]),
    "pumping": (0.02 + 0.03j) * PAIRS,
    "anomalous": np.array([[0.02j, 0.08 - 0.05j], [0.08 - 0.05j, 0.03]]),
}


def with_an_idle_qubit(coupled):
    """Two modes, which belong to a network only together with an emitter: one by itself."""
    matrices = {name: np.pad(matrix, (0, 1)) for name, matrix in coupled.items()}
    matrices["decay"][2, 2] = 1.0
    nodes = (te.Mode(name="a"), te.Mode(name="b"), te.Qubit(name="q"))
    return te.Network(nodes=nodes, **matrices)


def test_squeezed_and_pumped_modes_have_the_moments_of_the_source():
    """Amplitudes a1, a1*, a2, a2*: the other equations that the package has for the same."""
    network = with_an_idle_qubit(COUPLED)
    moments, covariance = bare_modes(network), gaussian_source(network).covariance
    np.testing.assert_allclose(moments.anomalous, covariance[::2, ::2], atol=1e-14)
    np.testing.assert_allclose(moments.number, covariance[1::2, ::2], atol=1e-14)
    assert np.min(np.abs(moments.anomalous)) > 1e-3 < np.min(np.abs(moments.number))


@pytest.mark.parametrize("pairs", [{"pumping": 0.06 + 0.08j}, {"anomalous": 0.02 - 0.03j}])
def test_pairs_in_one_mode_are_those_of_the_master_equation(pairs):
    """A mode that is pumped, or squeezed by its bath: both signs, each with its own phase."""
    own = {"exchange": -0.1, "decay": 1.0, "absorption": 0.02} | pairs
    network = te.Network(
        nodes=(te.Mode(name="a"), te.Qubit(name="q")),
        **{name: np.diag([value, float(name == "decay")]) for name, value in own.items()},
    )
    levels = 14
    lindbladian = FockLindbladian(network, levels)
    rho, a = lindbladian.steady_state(), lindbladian.lowering[0].toarray()
    moments = bare_modes(network)
    assert np.trace(a @ a @ rho) == pytest.approx(moments.anomalous[0, 0], rel=1e-6)
    assert np.trace(a.conj().T @ a @ rho) == pytest.approx(moments.number[0, 0], rel=1e-6)


def test_what_a_conserved_number_forbids_is_zero_and_not_rounding(monkeypatch):
    """Whatever rounding the solver leaves: on a lattice it would stand for elements not there."""
    solve = gaussian_source_module.linalg.solve_sylvester

    def rounded(*matrices):
        return solve(*matrices) + 1e-17 * np.ones_like(matrices[0])

    monkeypatch.setattr(gaussian_source_module.linalg, "solve_sylvester", rounded)
    row = te.thermal_link(0.3, filter=te.Filter.butterworth(3, 0.7), detuning=(0.1, -0.2))
    squeezed = te.dual_rail(1, 0.3, bandwidth=5.0)
    for network, forbidden in ((row, True), (squeezed, False)):
        covariance = gaussian_source(network).covariance
        own = np.arange(len(covariance)) % 2
        like = own[:, None] == own[None, :]  # <a a> and <a^+ a^+>
        assert np.all(covariance[like] == 0) == forbidden
        assert np.all(np.abs(covariance).max(axis=1) > 1e-3)
