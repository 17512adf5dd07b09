"""Fields and channels of heat, entropy and its error, and what is not compared, by hand."""

from dataclasses import replace
from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest

import thermalent as te
from thermalent.analysis import cross_validation as comparison
from thermalent.analysis.radiation.field import _one_way_out, field_of
from thermalent.networks.mode_moments import bare_modes
from thermalent.operators.estimates import Estimate
from thermalent.solution.errors import MethodError

HEAT = import_module("thermalent.analysis.heat.currents")
LOWER = np.array([[0, 1.0], [0, 0]])
LINK = te.thermal_link(2.0, 0.5, gamma=(1.0, 0.8))


# --- fields ---


def test_the_output_of_a_cascade_is_the_jump_operator_of_its_channel():
    weights, emitters = field_of(LINK, "output")
    np.testing.assert_allclose(np.outer(weights, weights.conj()), LINK.decay, atol=1e-14)
    both = weights[1] * np.kron(LOWER, np.eye(2)) + weights[2] * np.kron(np.eye(2), LOWER)
    np.testing.assert_allclose(emitters, both, atol=1e-14)
    assert weights[2] == pytest.approx(np.sqrt(0.8))


def test_one_node_and_given_weights():
    weights, emitters = field_of(LINK, "q2")
    assert weights == pytest.approx([0, 0, np.sqrt(0.8)])
    np.testing.assert_allclose(emitters, np.sqrt(0.8) * np.kron(np.eye(2), LOWER))
    weights, _ = field_of(LINK, {"q1": 0.5j, "q2": 2})
    assert weights.tolist() == [0, 0.5j, 2]
    with pytest.raises(ValueError, match="q3"):
        field_of(LINK, {"q3": 1.0})
    with pytest.raises(ValueError, match="weights"):
        field_of(LINK, {"q1": None})


def test_only_a_warm_channel_of_the_field_itself_is_refused():
    warm = np.diag([0.0, 0.2, 0.0])
    network = replace(LINK, absorption=warm, decay=LINK.decay + warm)
    for of in ("q1", {"q1": 1.0, "q2": 1.0}):
        with pytest.raises(MethodError, match="zero temperature"):
            field_of(network, of)
    assert field_of(network, "q2")[0][2] > 0
    assert field_of(network, {"q2": 1.0})[0][2] == 1.0
    assert field_of(network, "output")[0][2] > 0
    last = np.diag([0.0, 0.0, 0.2])
    with pytest.raises(MethodError, match="zero temperature"):
        field_of(replace(LINK, absorption=last, decay=LINK.decay + last), "output")


def test_light_leaves_one_way_or_into_one_channel():
    assert _one_way_out(LINK)
    size = np.max(np.abs(LINK.decay))

    def with_exchange(i, j, value, network=LINK):
        exchange = network.exchange.copy()
        exchange[i, j] += value
        exchange[j, i] += np.conj(value)
        return replace(network, exchange=exchange)

    # All decay is still into one channel, whatever the nodes exchange.
    assert _one_way_out(with_exchange(1, 2, 0.3))
    own = replace(LINK, decay=LINK.decay + np.diag([0, 0.1, 0]))
    assert _one_way_out(own)  # nothing travels back
    assert not _one_way_out(with_exchange(1, 2, 0.3, own))
    assert _one_way_out(with_exchange(1, 2, 1e-14 * size, own))
    with pytest.raises(ValueError, match="several directions"):
        field_of(with_exchange(1, 2, 0.3, own), "output")
    dark = te.Network(
        nodes=(te.Qubit(name="a"), te.Qubit(name="b")),
        exchange=np.zeros((2, 2)),
        decay=np.diag([1.0, 0.0]),
    )
    with pytest.raises(ValueError, match="does not radiate"):
        field_of(dark, "output")


# --- heat ---


def test_channels_of_heat_add_up_to_the_network():
    warm = te.thermal_link(2.0, 0.5, gamma=(1.0, 0.8), waveguide_occupation=0.3)
    channels = HEAT.heat_channels(warm, 0.0)
    assert channels.occupation == pytest.approx(0.3)
    for k, whole in enumerate((warm.decay, warm.absorption)):
        np.testing.assert_allclose(channels.output[k] + channels.elsewhere[k], whole, atol=1e-13)
    np.testing.assert_allclose(channels.elsewhere[0], 0.0, atol=1e-13)
    lossy = te.thermal_link(2.0, 0.5, intrinsic_decay=(0.1, 0.2))
    told = HEAT.heat_channels(lossy, (0.1, 0.2))
    np.testing.assert_allclose(told.elsewhere[0], np.diag([0, 0.1, 0.2]), atol=1e-13)
    assert told.occupation == 0.0
    # What the last node loses by itself counts to the output, unless it is told.
    untold = HEAT.heat_channels(lossy, 0.0)
    assert untold.output[0][2, 2] == pytest.approx(1.2)
    with pytest.raises(ValueError, match="intrinsic_decay"):
        HEAT.heat_channels(lossy, (0.1, 1.3))
    absorbing = np.diag([0.0, 0.2, 0.0])
    other = replace(LINK, absorption=absorbing, decay=LINK.decay + absorbing)
    with pytest.raises(MethodError, match="one warm channel"):
        HEAT.heat_channels(other, 0.0)


def test_entropy_and_its_error():
    hot, output, elsewhere = (Estimate(*pair, "") for pair in ((2.0, 0.1), (1.5, 0.2), (0.0, 0.3)))
    found = HEAT._entropy(hot, output, elsewhere, 4.0, 0.5)
    into, out = np.log(1 + 1 / 0.5), np.log(1 + 1 / 4.0)
    assert found == pytest.approx(1.5 * into - 2.0 * out)
    assert found.error == pytest.approx(0.2 * into + 0.1 * out)
    # A current into a cold bath makes entropy without bound, one within its error none.
    assert HEAT._entropy(hot, output, Estimate(0.31, 0.3, ""), 4.0, 0.5) is None
    assert HEAT._entropy(hot, output, elsewhere, 4.0, 0.0) is None
    still = HEAT._entropy(hot, Estimate(0.1, 0.2, ""), elsewhere, 4.0, 0.5)
    assert still == pytest.approx(-2.0 * out)
    assert still.error == pytest.approx(0.2 * into + 0.1 * out)
    balance = HEAT.HeatCurrents(
        hot=hot, output=output, elsewhere=elsewhere, entropy_production=None
    ).balance
    assert balance == pytest.approx(0.5)
    assert balance.error == pytest.approx(0.6)


def test_errors_of_currents_behind_several_modes_add_up(monkeypatch):
    """A flux of |w|^2, with an error of a tenth of it, for weights w."""

    def known(network, given, rtol, initial):
        size = float(np.sum(np.abs(list(given.values())) ** 2))
        return Estimate(size, 0.1 * size, "")

    monkeypatch.setattr(HEAT, "flux_behind_poles", known)
    nodes = (te.Mode(name="a", bath_rate=0.4, n_th=3.0), te.Mode(name="b", bath_rate=0.2, n_th=5.0))
    network = te.Network(
        nodes=(*nodes, te.Qubit(name="q")),
        exchange=np.zeros((3, 3)),
        decay=np.diag([1.0, 0.5, 0.7]),
    )
    channels = HEAT.heat_channels(network, 0.0)
    found = HEAT._behind_several_modes(network, channels, 1e-6, None)
    assert found.hot == pytest.approx(0.4 * (3 - 1) + 0.2 * (5 - 1))
    assert found.hot.error == pytest.approx(0.4 * 0.1 + 0.2 * 0.1)
    assert (found.output, found.output.error) == (pytest.approx(0.7), pytest.approx(0.07))
    assert (found.elsewhere, found.elsewhere.error) == (pytest.approx(1.5), pytest.approx(0.15))
    assert found.entropy_production is None


# --- comparisons ---


def compared(*pairs):
    """Exact states that are off by some amounts, with the errors that they claim."""
    rows = tuple(
        SimpleNamespace(
            method=te.Fock(), result=SimpleNamespace(state=np.diag([1 - off, off]), error=error)
        )
        for off, error in pairs
    )
    return comparison.CrossValidation(network=LINK, rows=rows, reference=None).verdict


def test_exact_methods_agree_within_the_sum_of_their_errors():
    assert compared((0.0, 1e-3), (0.0029, 2e-3)) is comparison.Verdict.AGREE
    assert compared((0.0, 1e-3), (0.0031, 2e-3)) is comparison.Verdict.DISAGREE
    assert compared((0.0, 1e-3), (0.0015, 1e-3), (0.003, 1e-3)) is comparison.Verdict.DISAGREE
    assert compared((0.0, 1e-3)) is comparison.Verdict.NOT_COMPARED


def at_the_limit(monkeypatch, name, work, refused):
    """Whether a method is refused where the limit is just below the work, and not just above."""
    monkeypatch.setattr(comparison, name, work * 1.0001)
    assert refused() is None
    monkeypatch.setattr(comparison, name, work * 0.9999)
    assert "Ask for it by name" in refused()


@pytest.mark.parametrize("n_th", [0.2, 6.0])
def test_what_takes_long_is_not_run(monkeypatch, n_th):
    network = te.thermal_link(n_th, 0.5, gamma=(1.0, 0.8))
    ratio = n_th / (n_th + 2)
    levels = 1 + np.log(1e9) / np.log(1 / ratio)
    states = 4 * levels
    monkeypatch.setattr(comparison, "FOCK_WORK", np.inf)
    monkeypatch.setattr(comparison, "FOCK_UNKNOWNS", np.inf)

    def fock():
        return comparison._too_slow(network, te.Fock(), None)

    at_the_limit(monkeypatch, "FOCK_UNKNOWNS", states**2 / levels, fock)
    monkeypatch.setattr(comparison, "FOCK_UNKNOWNS", np.inf)
    at_the_limit(monkeypatch, "FOCK_WORK", 3 * levels * 4**6, fock)

    rate = np.max(np.abs(network.decay)) + np.max(np.abs(network.exchange))
    slowest = min(
        1.0, rate, 0.8
    )  # the mode's occupation decays at 2 kappa, the second qubit at 0.8
    drive = np.max(np.abs(network.decay[0, 1:])) * np.sqrt(n_th / 2)
    steps = 64 * 10 / slowest * 10 * (rate + drive)

    def trajectories():
        return comparison._too_slow(network, te.FieldTrajectories(n=64), None)

    at_the_limit(monkeypatch, "TRAJECTORY_WORK", steps, trajectories)

    relaxation, gain = network.mode_rates(0)
    kept = 4 + 2 + np.log(1e-4) / np.log(ratio)
    fastest = 2 * rate + kept * (relaxation + 2 * gain)
    work = 64 * 200 * fastest / slowest * 4 * kept

    def jumps():
        return comparison._too_slow(network, te.QuantumJumps(n=64), None)

    at_the_limit(monkeypatch, "JUMP_WORK", work, jumps)
    assert bare_modes(network).growth == pytest.approx(-0.5)


def test_a_cavity_inside_a_filter_is_dark():
    """Its decay into the line is zero to rounding, and may be negative by that."""
    network = te.thermal_link(1.0, filter=te.Filter.butterworth(3, 0.3))
    assert -1e-15 < network.decay[0, 0].real < 1e-15
    found = te.spectrum(network, [0.0, 0.1], "source", rtol=1e-2)
    assert np.all(found.values == 0.0)
    assert found.flux == 0.0
    with pytest.raises(te.ThermalentError, match="'source' with flux 0 and its error 0"):
        te.coherence(network, [0.0, 1.0], "source", rtol=1e-2)
