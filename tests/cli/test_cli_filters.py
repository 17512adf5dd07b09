"""Filters on the command line."""

import json

import numpy as np
import pytest

import thermalent as te
from tests.support.command_line import run


def test_a_shape_by_name():
    found = run("steady", "--n-th", 0.5, "--filter", "butterworth:2", "--fwhm", 1, "--json")
    assert found.exit_code == 0, found.output
    expected = te.steady_state(te.thermal_link(0.5, filter=te.Filter.butterworth(2, 1.0)))
    assert json.loads(found.stdout)["concurrence"] == pytest.approx(
        expected.concurrence(), abs=1e-9
    )


def test_a_touchstone_file(tmp_path):
    skrf = pytest.importorskip("skrf")
    frequency = 5e9 + np.linspace(-4e5, 4e5, 81)
    s = np.zeros((81, 2, 2), dtype=complex)
    s[:, 1, 0] = 1 / (1 + 1j * (frequency - 5e9) / 1e5)
    path = tmp_path / "filter.s2p"
    skrf.Network(frequency=skrf.Frequency.from_f(frequency, unit="hz"), s=s).write_touchstone(path)
    found = run("steady", "--n-th", 2, "--filter", path, "--filter-unit", 1e6, "--json")
    assert found.exit_code == 0, found.output
    expected = te.steady_state(te.thermal_link(2.0, 0.1)).concurrence()
    assert json.loads(found.stdout)["concurrence"] == pytest.approx(expected, abs=1e-6)
    lab = run("hardware", "--filter", path, "--gamma", "1MHz", "--temperature", "1K", "--json")
    assert lab.exit_code == 0, lab.output
    assert json.loads(lab.stdout)["hardware"]["quality"] == pytest.approx(2.5e4, rel=1e-4)


def test_hardware_takes_a_shape():
    found = run("hardware", "--temperature", "20mK", "--filter", "chebyshev:2:0.1")
    assert found.exit_code == 0, found.output
    assert "Chebyshev of order 2, 0.1 dB" in found.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "Missing option '--kappa'"),
        (["--kappa", 1, "--filter", "butterworth:2", "--fwhm", 1], "exclude each other"),
        (["--filter", "butterworth:2"], "Option --filter needs --fwhm"),
        (["--kappa", 1, "--fwhm", 1], "Option --fwhm needs --filter"),
        (["--filter", "butterworth", "--fwhm", 1], "Option --filter must be butterworth:ORDER"),
        (["--filter", "bessel:2", "--fwhm", 1], "Option --filter must be butterworth:ORDER"),
        (["--filter", "butterworth:1.5", "--fwhm", 1], "Option --filter must be butterworth:ORDER"),
        (["--filter", "none.s2p"], "there is no file 'none.s2p'"),
        (["--filter", "butterworth:2", "--fwhm", 1, "--filter-unit", 1], "applies to Touchstone"),
        (["--filter", "butterworth:2", "--fwhm", -1], "Option --fwhm must be finite and positive"),
    ],
)
def test_wrong_options_are_named(options, message):
    found = run("steady", "--n-th", 1, *options)
    assert found.exit_code == 2
    assert message in " ".join(found.stderr.split())
