"""Designs solved backwards, checked forwards: every number by a steady state of its own."""

import json
import re

import numpy as np
import pytest
from click.testing import CliRunner

import thermalent as te
from thermalent.analysis.design import plot
from thermalent.analysis.design.search import MarginSearch
from thermalent.cli import main

LAB = ("293K", "5GHz", "10MHz")


@pytest.fixture(scope="module")
def found():
    return te.design(*LAB, 0.7)


@pytest.fixture(scope="module")
def poor():
    return te.design(
        *LAB, 0.6, margins=(0.5,), attenuate=False, dephasing_time="200us", loss=0.001,
        base_temperature="30mK",
    )  # fmt: skip


def forwards(design, point, **changes):
    """The concurrence from laboratory numbers alone, through the ordinary solver."""
    return te.steady_state(design.hardware(point, **changes).network).concurrence()


def test_designs_meet_their_concurrence(found):
    names = [point.name for point in found.points]
    assert names == ["widest filter", "margin 0.02", "margin 0.05", "narrowest filter"]
    for point, wanted in zip(found.points, (0.7, 0.72, 0.75, 0.7), strict=True):
        assert forwards(found, point) == pytest.approx(wanted, abs=1e-6)
        assert point.quality == pytest.approx(5e9 / (2 * point.kappa * 1e7), rel=1e-14)
    assert found.best.concurrence == pytest.approx(forwards(found, found.best), abs=1e-9)


def test_no_wider_filter_meets_the_target(found):
    """Against all attenuations side by side, at bandwidths on both sides."""
    widest, narrowest = found.points[0].kappa, found.points[-1].kappa
    for factor, reached in ((1.02, False), (0.98, True)):
        values = [
            te.steady_state(te.thermal_link(found.n_th * share, widest * factor)).concurrence()
            for share in np.linspace(0.2, 1.0, 17)
        ]
        assert (max(values) >= 0.7) is reached
    assert te.steady_state(te.thermal_link(found.n_th, narrowest * 0.98)).concurrence() < 0.7


def test_attenuation_is_the_best(found):
    widest = found.points[0]
    assert widest.n < found.n_th
    assert widest.attenuation == pytest.approx(10 * np.log10(found.n_th / widest.n), rel=1e-12)
    for share in (0.97, 1.03):
        link = te.thermal_link(widest.n * share, widest.kappa)
        assert te.steady_state(link).concurrence() < widest.concurrence
    full = te.design(*LAB, 0.7, margins=(), attenuate=False)
    assert full.points[0].n == full.n_th
    assert full.points[0].quality > widest.quality


def test_nothing_is_better_than_the_best(found):
    best = found.best
    for factor in (0.95, 1.05):
        other = te.steady_state(te.thermal_link(best.n, best.kappa * factor)).concurrence()
        assert other < best.concurrence
    assert best.sensitivities["kappa"] == pytest.approx(0, abs=1e-6)


def test_budgets_use_up_the_margin_exactly(found, poor):
    for design in (found, poor):
        held = {
            "loss": design.link["loss"],
            "dephasing_time": 1 / design.link["dephasing"] if design.link["dephasing"] else None,
        }
        if held["dephasing_time"] is not None:
            held["dephasing_time"] /= 2 * np.pi * design.gamma
        n_0 = design.link["waveguide_occupation"]
        held["base_temperature"] = te.hardware.source_temperature(n_0, design.frequency)
        for point in (*design.points, design.best):
            if point.budget is None:
                continue
            budget = point.budget
            for spent in (
                {"loss": held["loss"] + budget.loss},
                {"dephasing_time": budget.dephasing_time},
                {"detuning": (budget.detuning / 2, -budget.detuning / 2)},
                {"base_temperature": budget.base_temperature},
            ):
                changes = {**held, **spent}
                assert forwards(design, point, **changes) == pytest.approx(design.target, abs=1e-6)


def test_imperfections_stay_in_the_design(poor):
    assert poor.missed == (0.5,)
    held = {"loss": 0.001, "dephasing_time": "200us", "base_temperature": "30mK"}
    for point in poor.points:
        assert forwards(poor, point, **held) == pytest.approx(0.6, abs=1e-6)


def test_the_hardware_of_a_point_has_the_losses_of_its_design(found, poor):
    """The dephasing time, T_phi = 1/(2 pi gamma rate), is that which was given."""
    for design, time in ((found, None), (poor, 200e-6)):
        for point in design.points:
            network = design.hardware(point).network
            rate = 0.0 if time is None else 1 / (2 * np.pi * 1e7 * time)
            assert [q.dephasing for q in network.emitters] == pytest.approx([rate] * 2, rel=1e-12)


def test_larger_targets_take_better_filters():
    targets = (0.3, 0.5, 0.7)
    designs = [te.design(*LAB, target, margins=(), attenuate=False) for target in targets]
    widest = [design.points[0].quality for design in designs]
    narrowest = [design.points[-1].quality for design in designs]
    assert widest == sorted(widest)
    assert narrowest == sorted(narrowest, reverse=True)
    hotter = te.design("400K", *LAB[1:], 0.7, margins=(), attenuate=False)
    assert hotter.best.concurrence > designs[-1].best.concurrence
    assert hotter.points[-1].quality > narrowest[-1]


def test_sensitivities_are_the_slopes(found):
    point = found.best
    h = 1e-4

    def at(n=point.n, kappa=point.kappa, **link):
        method = te.ContinuedFraction(rtol=1e-12)
        return te.steady_state(te.thermal_link(n, kappa, **link), method).concurrence()

    slope = (at(n=point.n * np.exp(h)) - at(n=point.n * np.exp(-h))) / (2 * h)
    assert point.sensitivities["n"] == pytest.approx(slope, rel=1e-6)
    h = 1e-6
    slope = (-3 * at() + 4 * at(loss=h) - at(loss=2 * h)) / (2 * h)
    assert point.sensitivities["loss"] == pytest.approx(slope, rel=1e-4)


def test_out_of_reach_says_what_is_reachable_and_what_it_takes():
    design = te.design(*LAB, 0.8, margins=(), attenuate=False)
    assert not design.reachable
    assert design.points == ()
    assert "out of reach" in design.answer
    assert f"{design.best.concurrence:.4f}" in design.answer
    assert design.best.concurrence == pytest.approx(0.7773, abs=1e-4)
    needed = te.hardware.source_temperature(design.needed_n, "5GHz")
    for factor, reached in ((1.001, True), (0.999, False)):
        again = te.design(needed * factor, *LAB[1:], 0.8, margins=(), attenuate=False)
        assert again.reachable is reached


def test_no_temperature_reaches_what_dephasing_forbids():
    design = te.design(*LAB, 0.9, dephasing_time="1us", margins=(), attenuate=False)
    assert not design.reachable
    assert design.needed_n == np.inf
    assert "no temperature was found" in design.answer
    cold = te.design("1mK", *LAB[1:], 0.5, margins=(), attenuate=False)
    assert not cold.reachable
    assert cold.best.concurrence < 1e-100


def test_a_target_out_of_reach_is_answered_by_a_temperature_or_a_frequency():
    """At either of them the source has the quanta that it takes."""
    design = te.design("4K", "5GHz", "10MHz", 0.6, margins=(), attenuate=False)
    quanta, kelvin, gigahertz = map(
        float,
        re.search(
            r"n_th = (\S+): (\S+) K .* about (\S+) GHz", design.answer.split(";")[1]
        ).groups(),
    )
    assert quanta == pytest.approx(design.needed_n, rel=1e-3)
    occupation = te.hardware.thermal_occupation
    for temperature, frequency in ((kelvin, 5e9), (4.0, gigahertz * 1e9)):
        assert occupation(temperature, frequency) == pytest.approx(design.needed_n, rel=3e-3)


def test_refuses_what_is_no_design():
    with pytest.raises(ValueError, match=r"`gamma` must be at least 1e-100 and at most 1e\+100"):
        te.design("293K", "5GHz", gamma=1e308, target=0.3)
    with pytest.raises(ValueError, match="`target` must be a number in"):
        te.design(*LAB, 1.5)
    with pytest.raises(ValueError, match="`temperature` must be a temperature such as '293K'"):
        te.design("5GHz", "5GHz", "10MHz", 0.5)
    with pytest.raises(ValueError, match="`temperature` must be so high that the source has qua"):
        te.design("1e-5K", "5GHz", "10MHz", 0.3)
    with pytest.raises(ValueError, match=r"`temperature` must be so low .* at most 1e\+12 quanta"):
        te.design("293K", "1Hz", "10Hz", 0.3)
    with pytest.raises(
        ValueError, match=r"`base_temperature` must be at most 7.2e\+04 K at 5e\+09"
    ):
        te.design(*LAB, 0.3, base_temperature=1e5)
    for target in (0.9e-6, 1 - 0.9e-6):
        with pytest.raises(ValueError, match="`target` must be a number in"):
            te.design(*LAB, target)
    with pytest.raises(ValueError, match="`margins` must be finite and positive"):
        te.design(*LAB, 0.5, margins=(-0.1,))


def run(*args):
    return CliRunner().invoke(main, ["design", *map(str, args)])


def test_command_prints_tables_and_draws(found, tmp_path):
    picture = tmp_path / "design.png"
    result = run("--target-concurrence", 0.7, "-o", picture)
    assert result.exit_code == 0, result.stderr
    assert found.answer in " ".join(result.stdout.split())
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= 100
    assert "…" not in result.stdout
    row = next(line for line in lines if line.startswith("widest filter"))
    assert row.split()[2:4] == ["0.7000", f"{found.points[0].quality:.4g}"]
    spent = [line for line in lines if line.endswith("mK")]
    assert [line.split("  ")[0] for line in spent] == ["margin 0.02", "margin 0.05", "largest C"]
    assert picture.read_bytes()[:4] == b"\x89PNG"


def test_command_in_json(found):
    options = ("--no-attenuation", "--margins", 0.05, "--json")
    data = json.loads(run("--target-concurrence", 0.7, *options).stdout)
    assert data["reachable"]
    assert data["points"][1]["quality"] == pytest.approx(found.points[2].quality, rel=1e-7)
    assert data["best"]["budget"]["loss"] == pytest.approx(found.best.budget.loss, rel=1e-7)
    assert data["points"][0]["budget"] is None


def test_command_out_of_reach_and_wrong(tmp_path):
    result = run("--target-concurrence", 0.8)
    assert result.exit_code == 1
    assert "thermalent: C = 0.8 is out of reach" in result.stderr
    assert "largest C" in result.stdout
    alone = ("--target-concurrence", 0.8, "--no-attenuation", "--json")
    data = json.loads(run(*alone).stdout)
    expected = te.design(*LAB, 0.8, attenuate=False).needed_n
    assert data["needed_n"] == pytest.approx(expected, rel=1e-7)
    assert data["needed_n"] > 1.1 * data["n_th"]
    wrong = run("--target-concurrence", 1.2)
    assert wrong.exit_code == 2
    assert "Option --target-concurrence must be" in wrong.stderr
    nowhere = run("--target-concurrence", 0.7, "-o", tmp_path / "none" / "x.png")
    assert nowhere.exit_code == 2


@pytest.mark.parametrize("loss", [1.0, np.array(1.0), 1 - 1e-16])
def test_a_line_that_loses_everything_is_told_soon(loss):
    """Its concurrence has no slope in the loss, of which the coupling is a root."""
    found = te.design("293K", "5GHz", "10MHz", 0.3, attenuate=False, loss=loss)
    assert found.best.concurrence < 1e-9
    assert not found.reachable
    assert np.isnan(found.best.sensitivities["loss"])


def test_gaps_of_bandwidths_are_gaps_of_quality_factors(monkeypatch):
    """In a wide filter the quality is small: the upper bandwidth is the lower end."""
    monkeypatch.setattr(MarginSearch, "gaps", lambda *_: ((2e-4, 5e-4),))
    design = te.design(*LAB, 0.7, margins=(), attenuate=False)
    ((low, high),) = design.gaps
    assert low == pytest.approx(5e9 / (2 * 5e-4 * 1e7), rel=1e-14)
    assert high == pytest.approx(5e9 / (2 * 2e-4 * 1e7), rel=1e-14)


def test_the_figure_ends_each_imperfection_at_the_target(monkeypatch, found, tmp_path):
    """With the whole budget of one imperfection the concurrence is the target."""
    drawn = []
    monkeypatch.setattr(plot, "_SPENT", np.array([0.0, 1.0, 1.5]))
    monkeypatch.setattr(plot, "save_figure", lambda figure, path: drawn.append(figure))
    found.plot(tmp_path / "design.png")
    quality, spent = drawn[0].axes
    curve, *_ = quality.lines
    assert quality.get_xlim() == (min(curve.get_xdata()), max(curve.get_xdata()))
    assert spent.get_xlim() == (0.0, 1.5)
    *imperfections, target = spent.lines
    assert len(imperfections) == 4
    assert target.get_ydata()[0] == 0.7
    for line in imperfections:
        none, whole, _ = line.get_ydata()
        assert (none, whole) == pytest.approx((found.best.concurrence, 0.7), abs=1e-6)
