"""Old names of arguments, attributes and methods: they work, and warn with the new name."""

import importlib

import numpy as np
import pytest

import thermalent as te
from thermalent.sweeping.study.file import read_study

LINK = te.thermal_link(1.0, 0.3, intrinsic_decay=0.1, waveguide_occupation=0.2)
RAILS = te.dual_rail(1, 0.7, bandwidths=(3.0, 2.0), gamma=1.3, intrinsic_decay=0.1)


@pytest.mark.parametrize(
    ("call", "new", "expected"),
    [
        (
            lambda: te.thermal_link(1.0, 0.3, other_decay=0.1, waveguide_occupation=0.2),
            "intrinsic_decay",
            LINK,
        ),
        (
            lambda: te.thermal_link(1.0, 0.3, intrinsic_decay=0.1, base_occupation=0.2),
            "waveguide_occupation",
            LINK,
        ),
        (
            lambda: te.dual_rail(1, 0.7, imbalance=(3.0, 2.0), gamma=1.3, intrinsic_decay=0.1),
            "bandwidths",
            RAILS,
        ),
        (
            lambda: te.dual_rail(1, 0.7, bandwidths=(3.0, 2.0), decay=1.3, intrinsic_decay=0.1),
            "gamma",
            RAILS,
        ),
    ],
)
def test_old_arguments_make_the_same_network(call, new, expected):
    with pytest.warns(DeprecationWarning, match=f"`{new}`"):
        assert call() == expected


def test_the_old_name_of_the_anomalous_matrix():
    pairs = te.dual_rail(1, 0.7)
    given = {name: getattr(pairs, name) for name in ("nodes", "exchange", "decay", "absorption")}
    with pytest.warns(DeprecationWarning, match="`anomalous`"):
        old = te.Network(**given, squeezing=pairs.anomalous, label=pairs.label)
    assert old == pairs
    with pytest.warns(DeprecationWarning, match="`anomalous`"):
        assert np.array_equal(pairs.squeezing, pairs.anomalous)
    with pytest.warns(DeprecationWarning, match="`collapse_operators`"):
        te.Qubit(name="q", dephasing=1.0).jumps  # noqa: B018


def test_both_names_at_once_are_refused():
    with pytest.raises(TypeError, match="`other_decay` and `intrinsic_decay` are the same"):
        te.thermal_link(1.0, 0.3, other_decay=0.1, intrinsic_decay=0.2)


@pytest.mark.parametrize(
    ("old", "new"), [("Trajectories", "FieldTrajectories"), ("Amplitudes", "SingleExcitation")]
)
@pytest.mark.parametrize(
    "module", ["thermalent", "thermalent.stochastic", "thermalent.excitations"]
)
def test_old_names_of_methods(module, old, new):
    room = importlib.import_module(module)
    if not hasattr(room, new):
        return  # a name of the other package
    with pytest.warns(DeprecationWarning, match=new):
        assert getattr(room, old) is getattr(room, new)


def test_the_old_name_of_the_measure_of_a_comparison():
    comparison = te.cross_validate(LINK, [te.ContinuedFraction()])
    with pytest.warns(DeprecationWarning, match="`measure`"):
        assert comparison.figure == comparison.measure == "concurrence"
    with pytest.warns(DeprecationWarning, match="`measure`"):
        assert comparison.rows[0].figure == comparison.rows[0].measure


def test_old_names_of_hardware():
    for old, new in (("phononic_link", "colour_centre_link"), ("Row", "QuantityRow")):
        with pytest.warns(DeprecationWarning, match=new):
            assert getattr(te.hardware, old) is getattr(te.hardware, new)


def test_a_study_takes_the_old_name_of_a_model(tmp_path):
    study = tmp_path / "study.toml"
    study.write_text(
        'model = "hardware.phononic_link"\nobservables = ["concurrence"]\n'
        "[grid]\nquality = [1e6, 2e6]\n"
    )
    with pytest.warns(DeprecationWarning, match=r"`hardware\.colour_centre_link`"):
        assert read_study(study)["builder"] is te.hardware.colour_centre_link


def test_a_sweep_takes_an_old_name():
    with pytest.warns(DeprecationWarning, match="`intrinsic_decay`"):
        old = te.sweep(
            te.thermal_link,
            {"other_decay": [0.1, 0.2]},
            "concurrence",
            fixed={"n_th": 1.0, "kappa": 0.3},
        )
    new = te.sweep(
        te.thermal_link,
        {"intrinsic_decay": [0.1, 0.2]},
        "concurrence",
        fixed={"n_th": 1.0, "kappa": 0.3},
    )
    assert np.array_equal(old.concurrence.values, new.concurrence.values)


def test_optimise_takes_its_old_names():
    def builder(x):
        return x

    with pytest.warns(DeprecationWarning, match="`(ranges|objective)`"):
        found = te.optimise(builder, over={"x": (0.0, 1.0)}, maximise=lambda x: -((x - 0.3) ** 2))
    assert found.parameters["x"] == pytest.approx(0.3, abs=1e-4)
