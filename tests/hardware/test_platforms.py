"""Rings, rails and two-way lines: numbers by hand, by other methods, and the verdicts."""

import json
import math

import numpy as np
import pytest
from click.testing import CliRunner

import thermalent as te
from tests.hardware.platform_claims import best_couplings, platform_claims
from thermalent.cli import main
from thermalent.hardware import PRESETS, preset
from thermalent.hardware.ring_peak import ring_peak
from thermalent.operators.states import bell

EPS = np.finfo(float).eps
RINGS = [name for name in PRESETS if name.startswith("ring")]
RAILS = [name for name in PRESETS if name.startswith("dual")]


@pytest.fixture(scope="module")
def found():
    """The exact numbers by preset and quantity."""
    return {(claim.preset, claim.quantity): claim.exact for claim in platform_claims()}


def test_a_line_of_both_directions_by_hand():
    lab = preset("superconducting-bidirectional", detuning=("2.5MHz", "-2.5MHz"))
    network = te.phononic_link(
        te.hardware.thermal_occupation(293, 5e9),
        5e9 / 2.5e5 / 2 / 10e6,
        wavelengths=(1.0, 2.0),
        detuning=(0.25, -0.25),
    )
    np.testing.assert_allclose(lab.network.decay, network.decay, rtol=1e-14)
    np.testing.assert_allclose(lab.network.exchange, network.exchange, atol=1e-14)
    assert "photon flux" in {row.quantity for row in lab.rows()}
    assert "phonon flux" in {row.quantity for row in preset("siv-spin").rows()}


def test_every_number_reaches_the_rings():
    lab = te.hardware.ring_resonator_link(
        "300THz", 1e6, "6MHz", coupling=("30MHz", "60MHz"), chirality=0.8, wavelengths=0.25,
        intrinsic_quality=1e7, detuning=("3MHz", "0Hz"),
    )  # fmt: skip
    by_hand = te.ring_resonators(
        (0.1, 0.2), 1.0, 0.2 / 1.8, distance=math.pi / 2, qubit_decay=0.02, cavity_loss=0.1,
        detuning=(0.01, 0.0),
    )  # fmt: skip
    np.testing.assert_allclose(lab.network.decay, by_hand.decay, rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(lab.network.exchange, by_hand.exchange, rtol=1e-13, atol=1e-14)
    assert lab.rate_unit == pytest.approx(2 * math.pi * 300e6, rel=8 * EPS)
    rows = {row.quantity: row.laboratory for row in lab.rows()}
    assert rows["other decay of a resonator"] == "30 MHz"
    assert rows["detuning at node 1"] == "3 MHz"
    assert "detuning at node 2" not in rows
    # Nodes far apart: what moves left is lost instead.
    far = te.hardware.ring_resonator_link(chirality=0.8, long=True).network
    near = te.ring_resonators((0.1, 0.2), 1.0, cavity_loss=0.2 / 1.8)
    np.testing.assert_allclose(far.decay, near.decay, rtol=1e-13, atol=1e-14)


def test_every_number_reaches_the_rails():
    lab = te.hardware.dual_rail_link(
        "5MHz", "50MHz", 0.8, pairs=3, elsewhere="50kHz", dephasing_time="10us", loss=0.1
    )
    by_hand = te.dual_rail(
        3, 0.8, bandwidth=10.0, dephasing=1 / (2 * math.pi * 5e6 * 1e-5), intrinsic_decay=0.01,
        loss=0.1,
    )  # fmt: skip
    np.testing.assert_allclose(lab.network.decay, by_hand.decay, rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(lab.network.exchange, by_hand.exchange, rtol=1e-13, atol=1e-14)
    assert [q.dephasing for q in lab.network.emitters] == pytest.approx(
        [q.dephasing for q in by_hand.emitters], rel=8 * EPS
    )
    rows = {row.quantity: row.laboratory for row in lab.rows()}
    # The noise of the squeezed light, exp(-2 r), in decibels.
    assert float(rows["squeezing"].split()[0]) == pytest.approx(
        -10 * math.log10(math.exp(-1.6)), abs=5e-4
    )
    assert rows["loss between pairs"] == "10 %"


@pytest.mark.parametrize("name", RINGS)
def test_peaks_of_rings_by_density_matrices(name):
    lab = preset(name)
    peak = ring_peak(lab)
    assert peak.interior
    dims, names = lab.network.dims, lab.network.emitter_names
    ket = np.zeros(int(np.prod(dims)), dtype=complex)
    for emitter, amplitude in lab.initial.items():
        ket[2 ** (len(names) - 1 - names.index(emitter))] = amplitude
    moments = peak.time * np.array([0.97, 1.0, 1.03])
    states = te.evolve(lab.network, moments, ket, te.Fock(tolerance=1e-8))
    transferred = None if lab.target is None else states.fidelity(bell("T"), *lab.target)
    values = states.concurrence() if transferred is None else transferred
    assert values[1] == pytest.approx(peak.value, abs=1e-6)
    assert max(values[0], values[2]) < values[1]


def test_couplings_best_without_losses_are_those_of_the_link():
    (g1, g2), best = best_couplings("ring-nv", linewidth=0.0)
    lab = preset("ring-nv", linewidth=0.0)
    assert ring_peak(lab).value == pytest.approx(best, abs=1e-7)
    assert abs(lab.network.exchange[0, 2]) == pytest.approx(g1, abs=1e-3)
    assert abs(lab.network.exchange[1, 3]) == pytest.approx(g2, abs=1e-3)


@pytest.mark.parametrize("name", RAILS)
def test_one_pair_on_rails_by_density_matrices(name):
    network = preset(name, pairs=1, squeezing=0.3).network
    exact, fock = te.steady_state(network), te.steady_state(network, te.Fock(tolerance=1e-5))
    assert abs(exact.concurrence() - fock.concurrence()) < 1e-3
    assert exact.concurrence() > 0.2


def test_every_platform_says_where_its_numbers_stand(found):
    for name, entry in PRESETS.items():
        assert entry.quotation
        assert entry.verdict.endswith(".")
        assert entry.source.split(",")[0] in ("THERMAL", "GENERATION", "TRANSPORT", "DUALRAIL")
        if name not in ("superconducting", "siv-orbital", "siv-spin"):
            assert any(preset_name == name for preset_name, _ in found), name


def test_the_verdicts_have_the_numbers_that_come_out(found):
    one_way = float(found["superconducting-bidirectional", "C, one-way line"])
    good = float(found["superconducting-bidirectional", "C, detunings of +-gamma/4"])
    assert good > one_way
    words = "C, +-gamma/4, first qubit off by {} % of the wavelength"
    losses = [
        round(100 * (1 - float(found["superconducting-bidirectional", words.format(p)]) / good))
        for p in ("0.5", "2")
    ]
    assert losses == [7, 41]
    assert round(float(found["ring-caesium", "C with all losses, best couplings"]), 2) == 0.70
    assert round(float(found["ring-caesium", "C, couplings best without losses"]), 2) == 0.36
    assert float(found["ring-caesium", "C without losses"]) == pytest.approx(0.920, abs=5e-4)
    assert round(float(found["ring-nv", "C"]), 2) == 0.68
    assert round(float(found["ring-nv", "C at Q = 1e5"]), 2) == 0.89
    assert round(float(found["ring-nv", "C, lines 236 MHz apart"]), 2) == 0.44
    for name, lost in (("ring-rubidium", 1 / 6), ("ring-photonic-crystal", 1 / 10)):
        near = float(found[name, "F, nodes half a wavelength apart"])
        ideal = float(found[name, "F of Psi+, perfect chirality"])
        assert ideal == pytest.approx(0.9053, abs=5e-5)
        assert near > 0.997 * ideal
        assert 1 - float(found[name, "F, nodes far apart"]) / ideal == pytest.approx(lost, abs=0.02)
    numbers = [
        round(float(value.split(", ")[2]))
        for (name, _), value in found.items()
        if name == "dual-rail-microwave"
    ]
    assert numbers == [40, 6, 28, 7, 4]
    assert found["dual-rail-optical", "C_11, C_22, N_ent with 5 % beside it"].endswith(" 2.7")


def test_the_command_line_prints_peaks_and_the_list():
    listed = CliRunner().invoke(main, ["hardware", "--list"])
    assert listed.exit_code == 0
    assert all(name in listed.stdout for name in PRESETS)
    result = CliRunner().invoke(
        main, ["hardware", "--preset", "ring-caesium", "--quality", "5e6", "--json"]
    )
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout)
    peak = ring_peak(preset("ring-caesium", quality=5e6))
    assert data["largest"]["concurrence"] == float(peak.value)
    assert data["largest"]["seconds"] == pytest.approx(
        peak.time / (2 * math.pi * 352e12 / 5e6), rel=1e-12
    )
    printed = CliRunner().invoke(main, ["hardware", "--preset", "ring-rubidium"])
    assert "largest fidelity" in printed.stdout
    refused = CliRunner().invoke(main, ["hardware", "--preset", "ring-nv", "--temperature", "1K"])
    assert refused.exit_code == 2
    assert "does not apply to the preset ring-nv" in refused.stderr


def test_dephasing_times_beyond_all_numbers_are_no_dephasing():
    """In units of 1/gamma such a time overflows, and its rate is below every double."""
    lab = te.hardware.dual_rail_link(dephasing_time=1e308)
    assert lab.network == te.hardware.dual_rail_link().network
    (row,) = (row for row in lab.rows() if row.symbol == "T_phi")
    assert row.network == "inf"


def test_wrong_numbers_of_rings_and_rails_are_named():
    with pytest.raises(ValueError, match=r"^Argument `chirality` must be a number in \[0, 1\]"):
        te.hardware.ring_resonator_link(chirality=2)
    with pytest.raises(ValueError, match=r"^Argument `linewidth` must be a frequency"):
        te.hardware.ring_resonator_link(linewidth="3us")
    with pytest.raises(ValueError, match=r"^Argument `bandwidth` must be finite and positive"):
        te.hardware.dual_rail_link(bandwidth="0MHz")
    with pytest.raises(ValueError, match=r"^Argument `changes` must be numbers of the preset"):
        preset("ring-nv", temperature="4K")
