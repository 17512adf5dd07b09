"""Rates beyond what a network takes are named by the argument that was given, not by a matrix."""

import warnings
from functools import partial

import pytest

import thermalent as te

LINK = partial(te.thermal_link, 2.0, 0.3)
MIRROR = partial(te.phononic_link, 2.0, 0.3, wavelengths=(1, 2))
RINGS = partial(te.ring_resonators, coupling=1.0)
RAILS = partial(te.dual_rail, pairs=2, squeezing=1.0, bandwidth=1.0)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        *((model, name) for model in (LINK, MIRROR) for name in
          ("gamma", "detuning", "dephasing", "intrinsic_decay")),
        *((RINGS, name) for name in
          ("qubit_decay", "detuning", "cavity_detuning", "cavity_loss", "decay_left")),
        *((RAILS, name) for name in ("bandwidth", "detuning", "intrinsic_decay", "gamma")),
        *((partial(te.cooperative, 2), name) for name in
          ("decay", "individual_decay", "detuning", "dephasing")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("value", [1e300, -1e300, 1e-300])
def test_models(model, name, value):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(te.ThermalentError, match=f"`{name}` must be"):
            model(**{name: value})


@pytest.mark.parametrize("value", [1e300, 1e-300])
def test_the_filter_of_a_link(value):
    for model in (te.thermal_link, partial(te.phononic_link, wavelengths=(1, 2))):
        with pytest.raises(te.ThermalentError, match="`kappa` must be at least 1e-100"):
            model(2.0, value)


@pytest.mark.parametrize("value", [None, 0, "00"])
def test_what_is_no_matrix_is_shown(value):
    with pytest.raises(
        te.ThermalentError, match=f"`rho` must be a square matrix, but is {value!r}"
    ):
        te.concurrence(value)
