"""Commands for spectra, rates, slopes, heat: their numbers are the library's, their files whole."""

import csv
import json

import click
import numpy as np
import pytest
from matplotlib.figure import Figure

import thermalent as te
from tests.support.command_line import complaints, run
from tests.support.long_ones import ordinary_and_long
from thermalent.cli import main, pictures
from thermalent.cli.parameter_types import Shares

LINK = ["--n-th", "5", "--kappa", "0.1"]
NETWORK = te.thermal_link(n_th=5, kappa=0.1)


def succeed(*args):
    result = run(*args)
    assert result.exit_code == 0, result.stderr
    return result


def columns(path):
    head, *rows = csv.reader(path.read_text().splitlines())
    return dict(zip(head, np.array(rows, dtype=float).T, strict=True))


def is_figure(path):
    return path.read_bytes().startswith(b"\x89PNG") and path.stat().st_size > 5000


def test_a_spectrum_in_its_three_forms(tmp_path):
    table, saved, plot = (tmp_path / name for name in ("s.csv", "s.npz", "s.png"))
    args = ["spectrum", *LINK, "--frequencies", "-1:1:5", "--of", "q1"]
    expected = te.spectrum(NETWORK, np.linspace(-1, 1, 5), "q1")
    succeed(*args, "-o", table, "--plot", plot)
    found = columns(table)
    np.testing.assert_array_equal(found["frequency"], expected.frequencies)
    np.testing.assert_array_equal(found["spectrum"], expected.values)
    np.testing.assert_array_equal(found["error"], expected.error)
    assert is_figure(plot)
    data = json.loads(succeed(*args, "-o", saved, "--json").stdout)
    assert data["spectrum"] == list(expected.values)
    assert data["flux"] == float(expected.flux)
    np.testing.assert_array_equal(te.load(saved).values, expected.values)


@pytest.mark.parametrize(("order", "names"), [(1, ("re g1", "im g1")), (2, ("g2",))])
def test_coherence_over_linear_delays(order, names):
    args = ["coherence", *LINK, "--detuning", "0.3", "--delays", "0:4:3:linear", "--order", order]
    data = json.loads(succeed(*args, "--json").stdout)
    detuned = te.thermal_link(n_th=5, kappa=0.1, detuning=0.3)
    expected = te.coherence(detuned, [0.0, 2.0, 4.0], order=order)
    assert order == 2 or np.max(np.abs(expected.values.imag)) > 0.01
    parts = [np.array(data[name]) for name in names]
    found = parts[0] + 1j * parts[1] if order == 1 else parts[0]
    np.testing.assert_array_equal(found, expected.values)
    np.testing.assert_array_equal(data["error"], expected.error)


def test_rates_and_the_time_of_a_preparation():
    data = json.loads(succeed("rates", *LINK, "--count", 2, "--json").stdout)
    expected = te.relaxation_rates(NETWORK, 2)
    np.testing.assert_array_equal(data["rate"], expected.values.real)
    assert data["certified"] is expected.certified is True
    data = json.loads(succeed("preparation-time", *LINK, "--initial", "10", "--json").stdout)
    expected = te.preparation_time(NETWORK, "10")
    assert (data["time"], data["error"]) == (float(expected), expected.error)


# Commands whose result is a few numbers, the heading of one of them in a table, and what it is.
FEW_NUMBERS = {
    "heat": (["heat", *LINK, "--loss", "0.1"], "from the hot port", lambda: 0.25),
    "preparation-time": (["preparation-time", *LINK], "time", lambda: te.preparation_time(NETWORK)),
    "entanglement-rate": (
        ["entanglement-rate", *LINK, "--until", "30", "--observable", "concurrence"],
        "rate",
        lambda: te.entanglement_rate(NETWORK, "concurrence", until=30.0).value,
    ),
}


@pytest.mark.parametrize("name", FEW_NUMBERS)
def test_a_few_numbers_are_written_and_drawn(name, tmp_path):
    args, quantity, expected = FEW_NUMBERS[name]
    table, plot = tmp_path / "numbers.csv", tmp_path / "curve.png"
    succeed(*args, "-o", table, "--plot", plot)
    rows = {row["quantity"]: row for row in csv.DictReader(table.read_text().splitlines())}
    assert float(rows[quantity]["value"]) == pytest.approx(float(expected()), rel=1e-3)
    assert float(rows[quantity]["error"]) >= 0
    assert is_figure(plot)


@pytest.mark.parametrize(
    "over",
    ordinary_and_long(
        [["kappa=0.01:0.2"], ["kappa=0.02:0.1", "loss=0:0.02"]], [["kappa=0.02:0.1", "loss=0:0.02"]]
    ),
)
def test_a_maximum_is_written_and_drawn(over, tmp_path):
    """Over the range of one parameter, or along each of several."""
    table, saved, plot = (tmp_path / name for name in ("best.csv", "best.npz", "best.png"))
    args = ["optimise", "--n-th", "5", "--starts", "1", "--allow-bounds"]
    args += [word for one in over for word in ("--over", one)]
    succeed(*args, "-o", table, "--plot", plot)
    rows = csv.DictReader(table.read_text().splitlines())
    numbers = {row["quantity"]: float(row["value"]) for row in rows}
    value = numbers.pop("concurrence")
    state = te.steady_state(te.thermal_link(n_th=5, **numbers))
    assert state.concurrence() == pytest.approx(value, abs=1e-9)
    assert is_figure(plot)
    if len(over) == 1:
        succeed(*args, "-o", saved)
        assert te.load(saved).value == value


def test_sensitivities_of_chosen_parameters(tmp_path):
    plot = tmp_path / "slopes.png"
    args = ["sensitivities", *LINK, "--gamma", "1,0.9", "--by", "kappa,gamma", "--plot", plot]
    data = json.loads(succeed(*args, "--json").stdout)
    given = {"kappa": 0.1, "gamma": (1.0, 0.9)}
    expected = te.sensitivities(lambda **p: te.thermal_link(n_th=5, **p), given)
    assert data["parameter"] == ["kappa", "gamma[0]", "gamma[1]"]
    assert data["derivative"] == pytest.approx([expected["kappa"], *expected["gamma"]], rel=1e-12)
    assert data["value"] == float(expected.value)
    assert is_figure(plot)


def test_the_best_filter_is_that_of_the_library():
    args = ["optimise", "--n-th", "5", "--over", "kappa=0.01:2", "--starts", "2"]
    data = json.loads(succeed(*args, "--json").stdout)
    best = data["parameters"]["kappa"]
    value, beside = (
        te.steady_state(te.thermal_link(n_th=5, kappa=k)).concurrence() for k in (best, best * 1.05)
    )
    assert data["value"] == pytest.approx(value, abs=1e-9)
    assert value > beside
    failed = run("optimise", "--n-th", "5", "--over", "kappa=1e-4:1e-3", "--starts", "1")
    assert failed.exit_code == 1
    assert "or ask for --allow-bounds" in failed.stderr


def test_heat_and_entanglement_per_time():
    data = json.loads(succeed("heat", *LINK, "--loss", "0.1", "--json").stdout)
    hot, output, elsewhere = (
        data[name]["value"] for name in ("from the hot port", "into the line's output", "elsewhere")
    )
    assert hot == pytest.approx(0.1 * 5 / 2, rel=1e-9)  # the flux kappa n_th / 2
    assert hot == pytest.approx(output + elsewhere, rel=1e-9)
    assert "production has no bound: a bath that takes heat" in succeed("heat", *LINK).stdout
    assert "no bound" not in succeed("heat", "--n-th", "0", "--kappa", "0.1").stdout
    args = [*LINK, "--until", "30", "--observable", "concurrence", "--reset", "2"]
    data = json.loads(succeed("entanglement-rate", *args, "--json").stdout)
    expected = te.entanglement_rate(NETWORK, "concurrence", until=30.0, reset=2.0)
    assert (data["rate"], data["time"]) == (float(expected.value), expected.time)


def test_states_given_the_amplitude(tmp_path):
    table = tmp_path / "c.csv"
    args = ["conditional", *LINK, "--amplitudes", "0:2:3", "--observable", "purity"]
    data = json.loads(succeed(*args, "-o", table, "--json").stdout)
    expected = te.conditional_states(NETWORK)
    assert data["purity"] == list(expected.measure("purity", [0.0, 1.0, 2.0]))
    assert data["average"] == float(expected.average("purity"))
    assert data["of the mean state"] == te.steady_state(NETWORK).purity()
    np.testing.assert_array_equal(columns(table)["density"], expected.density([0.0, 1.0, 2.0]))
    refused = run(*args, "-o", tmp_path / "c.npz")  # te.load does not know these states
    assert refused.exit_code == 2
    plot = tmp_path / "c.png"
    succeed(*args, "--plot", plot)
    assert is_figure(plot)


def test_what_a_laboratory_needs(tmp_path):
    plot = tmp_path / "loss.png"
    args = ["require", "loss", "--target-concurrence", "0.5", "--dephasing-time", "20us"]
    table, saved = tmp_path / "loss.csv", tmp_path / "loss.npz"
    data = json.loads(succeed(*args, "--json", "--plot", plot, "-o", saved).stdout)
    assert te.load(saved).ranges[0] == tuple(data["ranges"][0])
    succeed(*args, "-o", table)
    assert columns(table)["highest"].tolist() == [data["ranges"][0][1]]
    assert columns(table)["error of highest"].tolist() == [data["errors"][0][1]]
    expected = te.requirement("loss", 0.5, dephasing_time="20us")
    assert data["ranges"] == [[0.0, float(expected.ranges[0][1])]]
    assert data["errors"] == [[0.0, expected.ranges[0][1].error]]
    assert data["limits"][0]["cost"] == expected.limit.cost
    assert is_figure(plot)
    shown = " ".join(succeed(*args).stdout.split())
    assert expected.answer in shown
    assert "20 us" in shown
    unreachable = run("require", "loss", "--target-concurrence", "0.9", "--json")
    assert unreachable.exit_code == 1
    assert json.loads(unreachable.stdout)["reachable"] is False
    assert "is out of reach with any loss between the qubits" in unreachable.stderr


def test_states_and_evolutions_are_saved_and_drawn(tmp_path):
    state, path, plot = (tmp_path / name for name in ("s.npz", "e.npz", "e.png"))
    succeed("steady", *LINK, "-o", state, "--plot", tmp_path / "s.png")
    np.testing.assert_array_equal(te.load(state).state, te.steady_state(NETWORK).state)
    succeed("evolve", *LINK, "--times", "0:4:3:linear", "-o", path, "--plot", plot)
    np.testing.assert_array_equal(te.load(path).times, [0.0, 2.0, 4.0])
    assert is_figure(plot)
    assert is_figure(tmp_path / "s.png")
    runs = tmp_path / "r.png"
    succeed("trajectories", *LINK, "--times", "1,2", "--runs", "20", "--plot", runs)
    assert is_figure(runs)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["spectrum", *LINK, "--frequencies", "1:0:5"], "needs START < STOP and a COUNT"),
        (["spectrum", *LINK, "--frequencies", "0:1:5:cubic"], "must end in the count"),
        (["spectrum", *LINK, "--frequencies", "0:1:999999999"], "has more than"),
        (["spectrum", *LINK, "--frequencies", "0", "--of", "q7"], "Option --of must be"),
        (["evolve", *LINK, "--times", "0:2:3"], "write START:STOP:COUNT:linear for equal steps"),
        (["rates", *LINK, "--count", "0"], "Option --count must be"),
        (["sensitivities", *LINK, "--by", "kapa"], "Option --by must be of n_th, kappa,"),
        (["optimise", *LINK, "--over", "qubits=1:2"], "must begin with one of n_th,"),
        (["optimise", *LINK, "--over", "kappa=1"], "is not of the form NAME=LOW:HIGH"),
        (["optimise", "--over", "kappa=1:2"], "Missing option '--n-th'."),
        (["require", "loss", "--target-concurrence", "2"], "Option --target-concurrence must be"),
        (["require", "loss", "--target-concurrence", "0.5", "--loss", "0.1"], "must be left out"),
        (["entanglement-rate", *LINK, "--until", "-1"], "Option --until must be"),
    ],
)
def test_wrong_options_are_one_line(args, message):
    result = run(*args)
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(complaints(result.stderr).splitlines()) == 1


@pytest.mark.parametrize("command", ["spectrum", "rates", "sensitivities", "steady"])
def test_files_of_unknown_kinds_are_refused_before_the_work(tmp_path, monkeypatch, command):
    monkeypatch.setattr(te.ContinuedFraction, "plan", None)  # any work would fail
    given = [command, *LINK, *(["--frequencies", "0"] if command == "spectrum" else [])]
    for option, name in (("--output", "x.xlsx"), ("--plot", "x.docx")):
        result = run(*given, option, tmp_path / name)
        assert result.exit_code == 2
        assert f"Option {option} must end in " in result.stderr
        assert list(tmp_path.iterdir()) == []


def examples_of_help(command):
    text = command.get_help(click.Context(command))
    lines = (line.strip() for line in text.splitlines())
    return [
        line.split("|")[0].split(">")[0].split()[1:] for line in lines if line[:11] == "thermalent "
    ]


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_help_has_examples_with_options_that_exist(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    for path in ("study.toml", "study.zarr", "pulse.toml"):
        (tmp_path / path).touch()
    examples = examples_of_help(main.commands[name])
    assert examples
    for called, *args in examples:
        command = main.commands[called]
        command.make_context(called, args, parent=click.Context(main))


@pytest.mark.parametrize(
    ("given", "loss"), [("5%", 0.05), ("0.05", 0.05), ("1%,0.02", (0.01, 0.02))]
)
def test_a_loss_may_be_given_in_percent(given, loss):
    assert Shares().convert(given, None, None) == loss


@pytest.mark.parametrize("given", ["5 percent", "%", "5%%", "a,b"])
def test_what_is_no_share_is_refused_with_an_example(given):
    refused = run("hardware", "--loss", given)
    assert refused.exit_code == 2
    assert "is not a number such as 0.05 or 5%" in refused.stderr


def test_one_loss_is_not_several():
    refused = run("require", "quality", "--target-concurrence", 0.5, "--loss", "5%,4%")
    assert refused.exit_code == 2
    assert "'5%,4%' is not a number such as 0.05 or 5%." in refused.stderr


@pytest.mark.parametrize("reset", [0.0, 5.0])
def test_the_marked_rate_lies_on_the_drawn_curve(reset):
    """Entanglement over the time of preparation and reset."""
    found = te.entanglement_rate(NETWORK, "concurrence", until=30.0, reset=reset)
    axes = pictures.rate_over_time(
        NETWORK, found, "concurrence", until=30.0, start="00", reset=reset,
        axes=Figure().subplots(),
    )  # fmt: skip
    curve, mark = axes.lines[0], axes.lines[-1]
    assert mark.get_xdata() == [found.time]
    assert mark.get_ydata() == [float(found.value)]
    there = np.interp(found.time, curve.get_xdata(), curve.get_ydata())
    assert there == pytest.approx(float(found.value), rel=0.02)
    assert np.max(curve.get_ydata()) <= float(found.value) + found.value.error + 1e-9
