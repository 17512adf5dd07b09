"""Lines of qubits built as arrays, beside the same networks one by one."""

import numpy as np
import pytest

import thermalent as te
from thermalent.models.line_arrays import phononic_links, plain_numbers, thermal_links

VARIED = {"n_th": np.array([0.5, 3.0, 20.0]), "kappa": np.array([0.1, 0.4, 2.0])}
IMPERFECT = {
    "gamma": (1.0, 0.7),
    "detuning": (0.3, -0.2),
    "dephasing": (0.05, 0.1),
    "intrinsic_decay": (0.02, 0.03),
    "waveguide_occupation": 0.2,
}


def same(arrays, builder, varied, fixed):
    assert arrays.rows.tolist() == list(range(len(next(iter(varied.values())))))
    for i in arrays.rows:
        network = builder(**{name: float(x[i]) for name, x in varied.items()}, **fixed)
        for name in ("exchange", "decay", "absorption"):
            found = getattr(arrays, name)[i]
            np.testing.assert_allclose(found, getattr(network, name), rtol=0, atol=1e-14)
        (mode,) = network.modes
        assert arrays.bath_rate[i] == pytest.approx(mode.bath_rate)
        assert arrays.n_th[i] == pytest.approx(mode.n_th)
        assert arrays.backaction == mode.backaction
        assert arrays.emitter_names == network.emitter_names
        rates = [emitter.dephasing for emitter in network.emitters]
        np.testing.assert_allclose(arrays.dephasing[i], rates)


@pytest.mark.parametrize(
    "fixed", [{}, {**IMPERFECT, "loss": 0.1}, {"qubits": 3, "loss": (0.1, 0.2)}]
)
def test_cascades(fixed):
    same(thermal_links(VARIED, fixed), te.thermal_link, VARIED, fixed)


@pytest.mark.parametrize(
    "fixed",
    [
        {"wavelengths": (0.3, 0.8)},
        {"positions": (2.0, 5.5)},
        {"wavelengths": (0.3, 0.8), **IMPERFECT, "loss": (0.1, 0.2)},
        {"positions": (2.0,), "backaction": False},
    ],
)
def test_in_front_of_a_mirror(fixed):
    same(phononic_links(VARIED, fixed), te.phononic_link, VARIED, fixed)


@pytest.mark.parametrize(
    "fixed",
    [
        {},
        {"wavelengths": (0.3, 0.8), "positions": (2.0, 5.5)},
        {"wavelengths": (0.0, 0.8)},
        {"wavelengths": ()},
        {"wavelengths": (0.3, float("inf"))},
        {"wavelengths": (0.3, 0.8), "backaction": 1},
        {"wavelengths": (0.3, 0.8), "gamma": (1.0, 1.0, 1.0)},
        {"wavelengths": (0.3, 0.8), "unknown": 1.0},
        {"wavelengths": ("0.3", 0.8)},
    ],
)
def test_what_has_to_be_looked_at_is_built_one_by_one(fixed):
    assert phononic_links(VARIED, fixed) is None


@pytest.mark.parametrize(
    "fixed", [{"qubits": 0}, {"qubits": 2.0}, {"filters": 2}, {"filters": 1.0}, {"filter": "x"}]
)
def test_other_lines_are_built_one_by_one(fixed):
    assert thermal_links(VARIED, fixed) is None
    assert thermal_links({"n_th": VARIED["n_th"]}, {}) is None


def test_points_out_of_range_are_left_out():
    varied = {
        "n_th": np.array([1.0, -1.0, 0.0, 1.0, np.nan, 1.0]),
        "kappa": np.array([1.0, 1.0, 1.0, 0.0, 1.0, np.inf]),
    }
    assert thermal_links(varied, {}).rows.tolist() == [0, 2]
    losses = {**VARIED, "loss": np.array([1.0, 1.1, 0.0])}
    assert thermal_links(losses, {}).rows.tolist() == [0, 2]
    detunings = {**VARIED, "detuning": np.array([-1.0, 0.0, np.nan])}
    assert thermal_links(detunings, {}).rows.tolist() == [0, 1]


def test_plain_numbers():
    assert plain_numbers((1, 2.5)) == [1.0, 2.5]
    assert plain_numbers([2**53]) == [2.0**53]
    assert plain_numbers([2**53 + 1]) is None
    assert plain_numbers((True,)) is None
    assert plain_numbers(3.0) is None
