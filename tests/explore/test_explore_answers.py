"""The explorer's answers: the numbers of the library, and what is wrong by name."""

import contextlib
import io
import itertools
import shlex
import time
import warnings
from math import pi
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner

import thermalent as te
from thermalent.cli import main
from thermalent.explore.answers import map_row_answer, quick_answer, state_answer, with_problems
from thermalent.explore.controls import CONTROL_BY_NAME, EXPLORED, FILTERS
from thermalent.explore.limits import changes_of, limits_answer
from thermalent.explore.maps import axis_values
from thermalent.explore.patience import TooSlowError, within_seconds
from thermalent.explore.point import preset_texts, read_point
from thermalent.explore.schematic import schematic_svg
from thermalent.explore.snippets import command_line, python_code
from thermalent.explore.spectra import filter_spectrum, spectrum_answer
from thermalent.support.progress import working

# Links that set everything that can be set, on each kind of line.
ONE_WAY = {
    "temperature": "77 K",
    "frequency": "6GHz",
    "quality": "1e5",
    "gamma_1": "10MHz",
    "gamma_2": "9.5MHz",
    "detuning_1": "-0.2MHz",
    "detuning_2": "0.1MHz",
    "dephasing_time": "20us",
    "loss": "0.02",
    "base_temperature": "30mK",
}
LINKS = [
    {},
    ONE_WAY,
    {"preset": "superconducting", "temperature": "0.3K", "filter": "butterworth:2"},
    {"preset": "superconducting", "temperature": "0.1K", "filter": "chebyshev:2:0.1"},
    {"preset": "siv-spin", "dephasing_time": ""},
    {"preset": "siv-orbital", "detuning_1": "-0.3MHz", "wavelengths_2": "2.01", "loss": "0.01"},
]


def answer(link, of=state_answer):
    found = with_problems(read_point(link), of)
    assert found["ok"], (found["errors"], found["message"])
    return found


@pytest.mark.parametrize("preset", EXPLORED)
def test_a_preset_gives_the_state_of_the_library(preset):
    shown = answer({"preset": preset})
    state = te.steady_state(te.hardware.preset(preset).network)
    # The temperature of siv-spin is shown in six digits.
    assert shown["concurrence"]["value"] == pytest.approx(float(state.concurrence()), abs=1e-6)
    names = list(state.populations())
    assert [each["state"] for each in shown["populations"]] == names
    for each in shown["populations"]:
        assert each["value"] == pytest.approx(float(state.populations()[each["state"]]), abs=1e-6)
        assert 0 < each["error"] < 1e-6
    assert shown["drawing"].startswith("<svg")


@pytest.mark.parametrize("link", LINKS, ids=str)
def test_code_and_command_give_the_number_that_is_shown(link):
    shown = answer(link)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(shown["python"], "copied", "exec"), {"__name__": "copied"})
    assert float(printed.getvalue().splitlines()[0]) == shown["concurrence"]["value"]
    program, *words = shlex.split(shown["command"])
    assert program == "thermalent"
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.stderr
    assert f" {shown['concurrence']['value']:.10f}" in result.stdout


def test_a_link_restores_what_is_set():
    point = read_point(ONE_WAY)
    assert read_point({"preset": point.preset, "filter": point.filter, **point.texts}) == point
    lab = point.hardware()
    assert lab.temperature == 77
    assert lab.gamma == pytest.approx((1.0, 0.95))
    assert lab.detuning == pytest.approx((-0.02, 0.01))
    assert lab.loss == (0.02,)
    assert lab.time_unit / lab.dephasing[0] == pytest.approx(20e-6)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("temperature", "293", "a temperature such as '293K'"),
        ("temperature", "-1K", "non-negative"),
        ("frequency", "5 s", "a frequency"),
        ("gamma_2", "0Hz", "positive"),
        ("detuning_1", "", "a frequency"),
        ("dephasing_time", "20", "a time"),
        ("quality", "many", "a number"),
        ("quality", "nan", "finite"),
        ("loss", "1.5", "a number in [0, 1]"),
        ("loss", "x" * 90, "at most 60 characters"),
        ("preset", "moon", "There is no preset"),
        ("filter", "file.s2p", "There is no filter"),
        ("filter", "butterworth:99", "There is no filter"),
    ],
)
def test_a_bad_value_is_marked_where_it_stands(name, text, words):
    found = with_problems(read_point({name: text}), state_answer)
    assert not found["ok"]
    assert "concurrence" not in found
    assert list(found["errors"]) == [name]
    assert words in found["errors"][name]


def test_a_loss_may_be_given_in_percent():
    percent, share = (read_point({"loss": text}) for text in ("5 %", "0.05"))
    assert not percent.errors
    assert percent.values["loss"] == share.values["loss"] == 0.05
    for text in ("101%", "%", "5%%"):
        assert "loss" in read_point({"loss": text}).errors
    assert "quality" in read_point({"quality": "5%"}).errors


def test_no_change_of_the_limits_is_read_in_a_doubtful_unit():
    """At a million gigahertz a hundredth of a quantum takes ten thousand kelvin."""
    point = read_point({"frequency": "1e6GHz"})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for change in changes_of(point):
            point.hardware(**change.arguments)


def test_a_link_with_an_unknown_name_says_so():
    assert "'temprature'" in read_point({"temprature": "1K"}).errors["link"]
    assert "'wavelengths_1'" not in str(read_point({"preset": "siv-spin"}).errors)


def test_a_state_that_is_not_unique_is_a_message_and_keeps_the_drawing():
    link = {"preset": "siv-orbital", "detuning_1": "0Hz", "detuning_2": "0Hz"}
    link["dephasing_time"] = ""
    found = with_problems(read_point(link), state_answer)
    assert not found["ok"]
    assert "not unique" in found["message"]
    assert found["drawing"].startswith("<svg")


def test_small_changes_are_the_derivatives_of_the_adjoint():
    """A second route: one solve of the adjoint equation, not differences of states."""
    point = read_point(ONE_WAY)
    lab = point.hardware()
    slopes = te.sensitivities(
        te.thermal_link,
        {
            "n_th": lab.n_th,
            "kappa": lab.kappa,
            "gamma": lab.gamma,
            "detuning": lab.detuning,
            "dephasing": lab.dephasing,
            "loss": lab.loss,
            "waveguide_occupation": lab.waveguide_occupation,
        },
    )
    step = 1e-4
    found = {}
    for sign in (1, -1):
        quality = float(point.values["quality"]) * (1 + sign * step)
        loss = float(point.values["loss"]) * (1 + sign * step)
        for name, changed in (("quality", {"quality": quality}), ("loss", {"loss": loss})):
            value = float(te.steady_state(point.hardware(**changed).network).concurrence())
            found[name] = found.get(name, 0.0) + sign * value / (2 * step)
    # By the quality kappa alone changes, as 1/Q.
    assert found["quality"] == pytest.approx(-lab.kappa * float(slopes["kappa"]), rel=1e-5)
    assert found["loss"] == pytest.approx(lab.loss[0] * float(slopes["loss"][0]), rel=1e-5)


@pytest.mark.parametrize("link", [ONE_WAY, {}, {"preset": "siv-orbital"}], ids=str)
def test_limits_are_differences_of_two_states(link):
    point = read_point(link)
    here = te.steady_state(point.hardware().network).concurrence()
    bars = {bar["words"]: bar for bar in answer(link, limits_answer)["limits"]}
    changes = changes_of(point)
    assert set(bars) == {change.words for change in changes}
    for change in changes:
        there = te.steady_state(point.hardware(**change.arguments).network).concurrence()
        bar = bars[change.words]
        assert bar["value"] == pytest.approx(float(there) - float(here), abs=bar["error"])
        assert 0 < bar["error"] < 1e-6
    sizes = [abs(bar["value"]) for bar in bars.values()]
    assert sizes == sorted(sizes, reverse=True)


def test_what_drives_is_a_tenth_larger_and_a_place_half_a_percent_further_away():
    point = read_point({"preset": "siv-orbital", "wavelengths_1": "2", "wavelengths_2": "3"})
    lab, changes = point.hardware(), changes_of(point)
    after = {change.words: point.hardware(**change.arguments) for change in changes}
    moved = after["qubit 2 half a percent of a wavelength further away"]
    assert moved.wavelengths == pytest.approx((2.0, 3.005), rel=1e-12)
    assert after["temperature of the source 10 % higher"].temperature == 1.1 * lab.temperature
    assert after["quality factor 10 % higher"].quality == 1.1 * lab.quality
    faster = after["decay rates of the qubits 10 % higher"]
    assert faster.rate_unit * faster.gamma[0] == pytest.approx(1.1 * lab.rate_unit * lab.gamma[0])


def test_an_imperfection_that_is_there_is_taken_away_and_costs():
    words = {change.words: change.kind for change in changes_of(read_point(ONE_WAY))}
    assert [word for word, kind in words.items() if kind == "without"] == [
        "without the detunings",
        "without the loss",
        "without the dephasing",
        "with a waveguide at zero temperature",
    ]
    bars = {bar["words"]: bar for bar in answer(ONE_WAY, limits_answer)["limits"]}
    for gained in (bars["without the loss"], bars["without the dephasing"]):
        assert gained["value"] > 1e3 * gained["error"]


@pytest.mark.parametrize("name", [None, "butterworth:2"])
def test_a_map_has_the_point_in_its_middle(name):
    link = {"temperature": "2K", **({"filter": name} if name else {})}
    point = read_point(link)
    row = map_row_answer(point, "temperature", "quality", 5, 2)
    found, shown = row["concurrences"][2], answer(link)["concurrence"]
    assert row["x"][2] == 2.0
    assert row["y"] == float(point.values["quality"])
    assert abs(found["value"] - shown["value"]) <= found["error"] + shown["error"]
    assert len({number["value"] for number in row["concurrences"]}) == 5


def test_points_of_a_map_without_a_state_are_left_out():
    """A pair of detunings that are equal leaves a dark state; beside it everything is solved."""
    link = {"preset": "siv-orbital", "dephasing_time": "", "detuning_2": "0Hz"}
    row = map_row_answer(read_point(link), "detuning_1", "temperature", 3, 1)
    assert [number is None for number in row["concurrences"]] == [False, True, False]


def test_axes_cover_the_slider_and_the_point():
    point = read_point({"loss": "0.9", "detuning_1": "50MHz"})
    assert axis_values(point, "loss", 7)[[0, -1]] == pytest.approx([0.0, 0.9])
    assert axis_values(point, "detuning_1", 7)[[0, -1]] == pytest.approx([-30e6, 50e6])
    with pytest.raises(ValueError, match="number above zero"):
        axis_values(point, "dephasing_time", 7)
    with pytest.raises(ValueError, match="one of"):
        axis_values(point, "colour", 7)
    for name in point.texts:
        assert CONTROL_BY_NAME[name].low < CONTROL_BY_NAME[name].high


@pytest.mark.parametrize("name", ["cavity", "butterworth:2", "chebyshev:2:0.1"])
def test_the_spectrum_of_the_filter_holds_its_flux(name):
    lab = read_point({"filter": name}).hardware()
    # omega = kappa tan(angle): the tails to infinity are inside.
    angle = (np.arange(4000) + 0.5) * pi / 4000 - pi / 2
    omega, weight = lab.kappa * np.tan(angle), lab.kappa * pi / 4000 / np.cos(angle) ** 2
    total = float(np.sum(filter_spectrum(lab, omega) * weight)) / (2 * pi)
    assert total * lab.rate_unit == pytest.approx(lab.flux, rel=1e-3)


def test_the_spectrum_behind_the_qubits_is_that_of_the_library():
    link = {"temperature": "10K", "loss": "0.1"}
    found = answer(link, spectrum_answer)
    lab = read_point(link).hardware()
    omega = 2 * pi * np.array(found["frequencies"])[::8] / lab.rate_unit
    exact = te.spectrum(lab.network, omega, rtol=1e-8)
    difference = np.abs(np.array(found["behind_qubits"])[::8] - 2 * pi * exact.values)
    assert np.all(difference <= np.array(found["errors"])[::8] + 2 * pi * exact.error)
    assert max(found["behind_qubits"]) < 0.95 * max(found["from_filter"])  # a tenth is lost


def test_a_solve_that_takes_too_long_is_ended():
    def work():
        with working("anything") as report:
            for i in range(1000):
                time.sleep(0.001)
                report(f"{i} of 1000")

    began = time.monotonic()
    with pytest.raises(TooSlowError, match=r"longer than 0\.01 s"), within_seconds(0.01):
        work()
    with pytest.raises(TooSlowError), within_seconds(100.0, lambda: True):
        work()
    with within_seconds(100.0):
        pass
    assert time.monotonic() - began < 60


def test_three_poles_before_a_mirror_end_when_the_page_waits_no_longer():
    """Within a fold, too: one of them takes as long as all that may be waited for."""
    looks = []
    point = read_point({"preset": "siv-orbital", "filter": "butterworth:3"})
    found = quick_answer(point, stop=lambda: looks.append(0) or len(looks) >= 15)
    assert "too long for a page" in found["message"]
    assert found["python"] == python_code(point)
    assert len(looks) == 15


def test_a_state_that_takes_too_long_says_so_and_keeps_its_code(monkeypatch):
    monkeypatch.setattr("thermalent.explore.answers.STATE_SECONDS", 0.0)
    found = with_problems(read_point({"filter": "butterworth:2"}), state_answer)
    assert "too long for a page" in found["message"]
    assert found["python"] == python_code(read_point({"filter": "butterworth:2"}))
    assert found["command"] == command_line(read_point({"filter": "butterworth:2"}))


def test_behind_several_poles_a_rough_state_comes_first():
    """And says so; its error holds against the one that the page asks for afterwards."""
    link = {"temperature": "4K", "quality": "1e4", "filter": "butterworth:2"}
    rough, finer = answer(link, quick_answer), answer(link)
    assert rough["rough"]
    assert "More digits" in rough["status"]
    assert "rough" not in finer
    first, second = (found["concurrence"] for found in (rough, finer))
    assert second["error"] < 1e-3 < first["error"] < 0.1
    assert abs(first["value"] - second["value"]) < first["error"] + second["error"]
    alone = answer({"temperature": "4K"}, quick_answer)
    assert "rough" not in alone
    assert alone["concurrence"] == answer({"temperature": "4K"})["concurrence"]


def test_every_filter_is_that_of_its_code():
    for key, (_, build, code) in FILTERS.items():
        if build is not None:
            assert eval(code, {"te": te}).label == build().label, key


def drawn(link):
    """The texts of the drawing, and how many circles it has."""
    svg = ElementTree.fromstring(schematic_svg(read_point(link).hardware()))
    name = "{http://www.w3.org/2000/svg}"
    return [each.text for each in svg.iter(f"{name}text")], len(list(svg.iter(f"{name}circle")))


def test_the_drawing_has_the_numbers_that_are_set():
    texts, qubits = drawn(ONE_WAY)
    assert qubits == 2
    for words in ("77 K", "6 GHz", "Q = 1e+05", "γ/2π = 9.5 MHz", "Δ/2π = -200 kHz", "Tφ = 20 us"):
        assert words in texts
    assert {"2 % lost", "at 30 mK"} <= set(texts)
    assert not [words for words in drawn({})[0] if "lost" in words or "T" in words or "Δ" in words]
    assert "Chebyshev of order 3, 0.1 dB" in drawn({"filter": "chebyshev:3:0.1"})[0]


@pytest.mark.parametrize("link", LINKS)
def test_the_parts_of_the_drawing_stay_apart(link):
    """Arrows lie between what they connect, and words above the waveguide beside each other."""
    lab = read_point(link).hardware()
    svg = ElementTree.fromstring(schematic_svg(lab))
    name = "{http://www.w3.org/2000/svg}"
    line = {float(each.get("cy")) for each in svg.iter(f"{name}circle")}.pop()
    solid = [(float(c.get("cx")) - 20, float(c.get("cx")) + 20) for c in svg.iter(f"{name}circle")]
    solid += [
        (float(r.get("x")), float(r.get("x")) + float(r.get("width")))
        for r in svg.iter(f"{name}rect")
        if float(r.get("height")) > 20
    ]
    arrows = []
    for path in svg.iter(f"{name}path"):
        if path.get("marker-end"):
            start, end = path.get("d")[1:].split("H")
            arrows.append((float(start.split()[0]), float(end)))
    assert len(arrows) == (4 if lab.wavelengths is None else 3)
    for start, end in arrows:
        assert start < end <= 560
        assert all(end <= left or right <= start for left, right in solid)
    above = {}
    for text in svg.iter(f"{name}text"):
        x, y, half = float(text.get("x")), float(text.get("y")), 3.2 * len(text.text)
        assert 12 < y < 168
        assert 0 < x < 560
        if y < line:
            above[text.text] = (x - half, x + half)
        warm = text.text.startswith("at ") and text.text.endswith("K")
        if warm or "lost" in text.text:  # right above its stretch
            assert 20 < line - y < 30
            assert any(start < x < end for start, end in arrows)
    spans = sorted(above.values())
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))


def test_the_drawing_has_the_qubits_in_the_order_of_the_line():
    texts, _ = drawn({"preset": "siv-orbital", "wavelengths_1": "3", "loss": "0.013"})
    assert texts.index("qubit 2") < texts.index("qubit 1")
    assert texts.index("at 2 λ") < texts.index("at 3 λ")
    assert texts.count("1.3 % lost") == 2  # from the mirror on


def test_texts_of_presets_are_short():
    assert preset_texts("superconducting")["gamma_1"] == "10MHz"
    assert preset_texts("siv-orbital")["dephasing_time"] == "10us"
    assert preset_texts("siv-orbital")["detuning_2"] == "-500kHz"
