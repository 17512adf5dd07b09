"""What a laboratory and a preset print in a console: one line with their first numbers."""

import pytest

import thermalent as te


@pytest.mark.parametrize(
    ("preset", "line"),
    [
        (
            "superconducting",
            "<Hardware: thermal link, T = 293 K, n_th = 1220.53, omega_c/2pi = 5 GHz, Q = 250000, "
            "kappa/2pi = 10 kHz>",
        ),
        (
            "dual-rail-optical",
            "<Laboratory: dual rail, gamma/2pi = 5 MHz, kappa/2pi = 100 MHz, r = 8.686 dB, "
            "gamma'/2pi = 250 kHz, 1/gamma = 31.831 ns>",
        ),
    ],
)
def test_laboratories(preset, line):
    assert repr(te.hardware.preset(preset)) == line


@pytest.mark.parametrize("name", te.hardware.PRESETS)
def test_presets(name):
    line = repr(te.hardware.PRESETS[name])
    assert line.startswith(f"<Preset: {te.hardware.PRESETS[name].what}, ")
    assert "<function" not in line
    assert "\n" not in line
