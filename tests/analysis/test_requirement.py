"""What a laboratory needs for a concurrence, against the search for filters and against solves."""

from dataclasses import replace
from math import inf, pi
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import thermalent as te
from thermalent.analysis.design.requirement_result import Limit, Requirement
from thermalent.analysis.design.unknown import UNKNOWNS, Curve, LaboratoryLink
from thermalent.hardware import superconducting_link
from thermalent.operators.estimates import Estimate


def concurrence(**numbers):
    """By the laboratory's own function and the default method, another route than the search's."""
    return te.steady_state(superconducting_link(**numbers).network).concurrence()


def test_quality_factors_are_those_of_the_search_for_filters():
    """The other search varies ln(kappa) with a map and brackets of its own."""
    found = te.requirement("quality", 0.7, loss=0.0005)
    other = te.design("293K", "5GHz", "10MHz", 0.7, margins=(), loss=0.0005, attenuate=False)
    ((low, high),) = found.ranges
    assert abs(low - other.points[0].quality) < low.error + 1e-8 * low
    assert abs(high - other.points[-1].quality) < high.error + 1e-8 * high
    assert found.best_value == pytest.approx(other.best.quality, rel=1e-2)  # flat
    assert found.concurrence == pytest.approx(other.best.concurrence, abs=1e-7)
    assert found.limit.name == "loss"
    assert found.limit.tolerable is None


EVERY = {
    "temperature": ({"loss": 0.001}, 0.6),
    "quality": ({"base_temperature": 0.05}, 0.6),
    "gamma": ({"dephasing_time": 2e-5}, 0.6),
    "loss": ({"dephasing_time": 2e-5}, 0.5),
    "dephasing_time": ({"loss": 0.001}, 0.5),
    "base_temperature": ({"loss": 0.001}, 0.5),
}


@pytest.mark.parametrize("unknown", EVERY)
def test_the_target_is_met_at_the_ends_and_nowhere_else(unknown):
    given_numbers, target = EVERY[unknown]
    found = te.requirement(unknown, target, **given_numbers)
    assert found.reachable
    checked = 0
    for low, high in found.ranges:
        inside = 1.1 * low if high == inf else (0.9 * high if low == 0 else (low * high) ** 0.5)
        assert concurrence(**given_numbers, **{unknown: float(inside)}) > target
        for end, outwards in ((low, 0.99), (high, 1.01)):
            if end in (0.0, inf):
                assert end.error == 0.0
                continue
            # Beyond the stated error on one side the target is met, on the other it is missed.
            assert 0 < end.error < 1e-6 * end
            sides = [
                concurrence(**given_numbers, **{unknown: float(end) + s * 20 * end.error}) - target
                for s in (-1, 1)
            ]
            assert sides[0] * sides[1] < 0
            assert concurrence(**given_numbers, **{unknown: outwards * float(end)}) < target
            checked += 1
    assert checked > 0


def test_the_temperature_and_the_quality_that_are_found_are_inverse_to_each_other():
    ((low, _),) = te.requirement("temperature", 0.6, loss=0.001).ranges
    ranges = te.requirement("quality", 0.6, loss=0.001, temperature=float(low)).ranges
    ends = [float(end) for ends in ranges for end in ends]
    assert min(abs(end / 2.5e5 - 1) for end in ends) < 1e-7


def test_five_percent_of_loss_are_too_much_and_the_loss_is_named():
    """How hot for C = 0.8 with 5 % loss: no temperature, the loss is the limit, 0.04 % would do."""
    lab = {"base_temperature": "50mK", "loss": 0.05}
    found = te.requirement("temperature", 0.8, **lab)
    assert not found.reachable
    # No temperature on a finer grid, solved by another function, is better.
    dense = max(concurrence(temperature=t, **lab) for t in np.geomspace(30, 3000, 41).tolist())
    assert dense <= found.concurrence + found.concurrence.error < dense + 1e-3
    assert found.limit.name == "loss"
    tolerable = found.limit.tolerable
    assert 0 < tolerable.error < 1e-4 * tolerable
    # With less than that loss there is a temperature, with more there is none.
    less, more = (
        Curve(replace(found.laboratory, loss=loss), "temperature", lambda said: None).top()[0]
        for loss in (tolerable - tolerable.error, tolerable + tolerable.error)
    )
    assert less > 0.8 > more
    page = " ".join((Path(__file__).parents[2] / "docs" / "design.md").read_text().split())
    assert f"thermalent: {found.answer}" in page
    assert "at most C = 0.3621 at 258.6 K" in found.answer
    for row in found.rows():
        assert " ".join(row) in page


def test_where_no_imperfection_alone_is_the_reason_their_common_share_is_found():
    lab = {"loss": 0.03, "dephasing_time": "3us", "base_temperature": "80mK"}
    found = te.requirement("quality", 0.7, **lab)
    assert not found.reachable
    assert all(limit.tolerable is None for limit in found.limits)
    ideal, share = found.together
    assert ideal == pytest.approx(te.requirement("quality", 0.7).concurrence, abs=1e-9)
    assert 0 < share.error < 1e-4
    scaled = found.laboratory
    for limit in found.limits:
        scaled = scaled.without(limit.name, float(share))
    top, _ = Curve(scaled, "quality", lambda said: None).top()
    assert top == pytest.approx(0.7, abs=1e-6)
    assert scaled.loss == pytest.approx(0.03 * share)
    assert scaled.dephasing_time == pytest.approx(3e-6 / share)
    assert "No single one is the reason" in found.answer


def test_a_cold_source_is_told_what_else_would_help():
    found = te.requirement("quality", 0.9, temperature="4K")
    assert found.limits == ()
    assert found.limit is found.together is None
    names = [name for name, _, _ in found.alternatives]
    assert sorted(names) == ["gamma", "temperature"]
    name, value, best = found.alternatives[0]
    assert best > found.concurrence
    lab = {"temperature": 4.0, "quality": found.best_value, name: value}
    assert concurrence(**lab) == pytest.approx(best, abs=1e-8)
    assert "With another temperature of the source" in found.answer


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(("temperature", "quality", "gamma")),
    st.floats(0.0, 0.01),
    st.floats(1e-6, 1e-3),
    st.floats(0.0, 0.1),
)
def test_no_value_is_better_than_the_best(unknown, loss, time, base):
    lab = {"loss": loss, "dephasing_time": time, "base_temperature": base}
    found = te.requirement(unknown, 0.99, **lab)
    if found.reachable or found.concurrence == 0:
        return
    for factor in (0.2, 0.8, 0.99, 1.01, 1.2, 5):
        value = concurrence(**lab, **{unknown: found.best_value * factor})
        assert value <= found.concurrence + 1e-9
    for limit in found.limits:
        assert limit.without >= found.concurrence - 1e-9
        assert limit.cost == pytest.approx(limit.without - found.concurrence, abs=1e-9)


def test_the_curve_and_the_picture():
    found = te.requirement("loss", 0.6, dephasing_time="50us")
    values = found.curve([0.0, 0.001])
    expected = [concurrence(loss=loss, dephasing_time="50us") for loss in (0.0, 0.001)]
    np.testing.assert_allclose(values, expected, atol=1e-9)
    assert found.curve([0.0], "dephasing_time")[0] == pytest.approx(concurrence(), abs=1e-9)
    with pytest.raises(ValueError, match=r"Argument `without` must be one of \['loss', "):
        found.curve([0.0], "noise")
    assert found.curve(0.0) == pytest.approx(values[:1])
    for wrong, message in (
        (1j, "`values` must be a sequence of real numbers"),
        (2.0, r"`loss` must be a number in \[0, 1\]"),
    ):
        with pytest.raises(ValueError, match=message):
            found.curve(wrong)
    axes = found.plot()
    assert axes.get_xscale() == "log"
    labels = [line.get_label() for line in axes.get_lines()]
    assert labels == ["as it is", "without dephasing", "target"]
    drawn = axes.get_lines()[0]
    assert float(np.interp(0.001, *drawn.get_data())) == pytest.approx(values[1], abs=2e-3)


def test_imperfections_are_reduced_by_shares():
    lab = te.requirement(
        "quality", 0.5, loss=0.1, dephasing_time=1e-5, base_temperature=0.1
    ).laboratory
    half = replace(lab, loss=0.05)
    assert lab.without("loss", 0.5) == half
    assert lab.without("dephasing_time").link["dephasing"] == 0.0
    rate = lab.without("dephasing_time", 0.25).link["dephasing"]
    assert rate == pytest.approx(0.25 / (2 * pi * 1e7 * 1e-5))
    warm = lab.without("base_temperature", 0.5).link["waveguide_occupation"]
    assert warm == pytest.approx(lab.link["waveguide_occupation"] / 2)


@pytest.mark.parametrize(
    ("args", "numbers", "message"),
    [
        (("frequency", 0.5), {}, r"Argument `unknown` must be one of \['temperature', "),
        (("loss", 0.5), {"loss": 0.1}, "`loss` must be left out where it is the unknown one"),
        (("quality", 1.5), {}, "Argument `target` must be a number in"),
        (("quality", 0.5), {"loss": -0.1}, "Argument `loss` must be a number in"),
        (("loss", 0.5), {"quality": 0.0}, "Argument `quality` must be finite and positive"),
        (("loss", 0.5), {"temperature": "5GHz"}, "Argument `temperature` must be a temperature"),
        (("loss", 0.5), {"dephasing_time": 0.0}, "Argument `dephasing_time` must be"),
        (("loss", 0.3), {"gamma": 5e-324}, r"Argument `gamma` must be a number in \[1e-30, 1e\+30"),
        (("loss", 0.3), {"quality": 1e150}, "Argument `quality` must be a number in"),
        (("loss", 0.3), {"dephasing_time": 1e-29}, "`dephasing_time` must be at least 1.59e-16 s"),
    ],
)
def test_wrong_arguments_are_named(args, numbers, message):
    with pytest.raises(ValueError, match=message):
        te.requirement(*args, **numbers)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"together": np.inf}, "`together` must be a concurrence and a share"),
        ({"together": (np.inf, None)}, "`together` must be a finite real number"),
        ({"unknown": np.nan}, r"`unknown` must be one of \['temperature'"),
        ({"limits": None}, "`limits` must be a tuple"),
        (
            {"concurrence": te.Estimate(np.nan, 0.0, "")},
            "`concurrence` must be a finite real number",
        ),
    ],
)
def test_a_result_of_numbers_that_it_cannot_have_is_refused(answered, changed, message):
    with pytest.raises(ValueError, match=message):
        replace(answered, **changed)


@pytest.fixture(scope="module")
def answered():
    return te.requirement("loss", 0.6)


def test_every_unknown_is_looked_for_over_many_decades():
    """In the numbers on which the state depends, from what changes nothing to what ruins it."""
    lab = LaboratoryLink(
        temperature=293.0, frequency=5e9, quality=1e3, gamma=1e7, loss=0.0, dephasing_time=inf,
        base_temperature=0.0,
    )  # fmt: skip
    grids = {name: np.sort(unknown.grid(lab)) for name, unknown in UNKNOWNS.items()}
    depends_on = {
        "quality": lab.frequency / (2 * lab.gamma * grids["quality"]),
        "gamma": lab.frequency / (2 * lab.quality * grids["gamma"]),
        "dephasing_time": 1 / (2 * pi * grids["dephasing_time"]) / lab.gamma,
        "loss": grids["loss"],
    }
    for name, (least, most) in {
        "quality": (1e-7, 10.0),
        "gamma": (1e-7, 10.0),
        "dephasing_time": (1e-8, 100.0),
        "loss": (1e-7, 1.0),
    }.items():
        values = depends_on[name]
        assert (values.min(), values.max()) == pytest.approx((least, most), rel=1e-12), name


@pytest.mark.parametrize(("kelvin", "cold"), [(0.05, True), (3.0, False)])
def test_a_cold_source_is_named_and_not_the_warm_line(kelvin, cold):
    """Where even a line at zero gives too little; the numbers are those of 50 mK."""
    lab = LaboratoryLink(
        temperature=kelvin,
        frequency=5e9,
        quality=2.5e5,
        gamma=1e7,
        loss=0.0,
        dephasing_time=np.inf,
        base_temperature=0.05,
    )
    found = Requirement(
        unknown="quality",
        target=0.5,
        laboratory=lab,
        ranges=(),
        best_value=529.3,
        concurrence=Estimate(0.0, 0.0, ""),
        limits=(Limit("base_temperature", 0.05, 0.0015, 0.0015, None),),
        together=None,
        alternatives=(),
    )
    assert "at most C = 0.0000 at Q = 529.3." in found.answer
    said = "The source is too cold: at 50 mK it holds 0.0083 quanta, which even without any "
    assert (f"{said}imperfection give no more than 0.0015." in found.answer) == cold
    assert ("waveguide" in found.answer) != cold


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(0.0, inf, "of any value"), (0.0, 0.0, "of at most"), (1e-9, inf, "of at least"),
     (1e-9, 1e-9, "between")],
)  # fmt: skip
def test_ranges_say_at_which_ends_they_are_open(low, high, words):
    """An end that only the search has set has no error; no loss at all is no end either."""
    asked = SimpleNamespace(unknown="loss")
    ends = Estimate(0.0 if low == 0 else 0.1, low, ""), Estimate(0.2, high, "")
    assert Requirement._range(asked, *ends).startswith(words)


def test_an_imperfection_that_costs_nothing_is_not_said_to_limit():
    found = te.requirement("quality", 0.5, temperature="40K", base_temperature="10mK")
    assert found.limits[0].name == "base_temperature"
    assert abs(found.limits[0].cost) < 1e-8
    assert "limits it most" not in found.answer
    assert found.answer.endswith("The imperfections that there are cost less than 0.0001.")


class Rising(Curve):
    """A margin 1 - 1/x, for dephasing times x, the longest of which is infinite."""

    def __init__(self):
        pass

    def __call__(self, x):
        return 1 - 1 / x

    def _with_error(self, x):
        return x


@pytest.mark.parametrize("target", [0.3, 0.96])
def test_a_value_is_crossed_between_the_last_time_and_none(target):
    assert Rising()._crossing(1.2, inf, target) == pytest.approx(1 / (1 - target), rel=1e-9)
    assert Rising()._crossing(1.2, 100.0, target) == pytest.approx(1 / (1 - target), rel=1e-9)


def test_what_is_reached_without_any_imperfection():
    def ideal(**parts):
        found = SimpleNamespace(**{"together": None, "limits": (), "concurrence": -0.2} | parts)
        return te.Requirement._ideal.fget(found)

    one = SimpleNamespace(without=0.7)
    assert ideal(together=(0.83, 0.1), limits=(one,)) == 0.83
    assert ideal(limits=(one, SimpleNamespace(without=0.9))) == 0.7
    assert (ideal(), ideal(concurrence=0.4)) == (0.0, 0.4)
