"""`thermalent sweep` and `thermalent show`, and the TOML file between them."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from click.testing import CliRunner

import thermalent as te
from thermalent.cli import main
from thermalent.cli.sweep import sweep_command
from thermalent.sweeping.storage.identity.differences import CHANGES
from thermalent.sweeping.study.file import StudyFileError, read_study

STUDY = """
title = "A test"
model = "thermal_link"
observables = ["concurrence", "populations[S]"]

[grid]
n_th = { geomspace = [1.0, 100.0, 3] }
kappa = [0.1, 0.5]

[fixed]
gamma = 0.9

[method]
name = "continued-fraction"
rtol = 1e-8

[sweep]
block = 2
"""


@pytest.fixture
def study(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(STUDY)
    return path


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def test_a_file_is_the_same_sweep(study, tmp_path):
    store = tmp_path / "study.zarr"
    done = run("sweep", study, "-o", store, "--workers", 1)
    assert done.exit_code == 0, done.output
    assert "6 points (3 n_th x 2 kappa): 6 solved, 0 failed, 0 open" in done.output
    here = te.sweep(
        te.thermal_link, {"n_th": np.geomspace(1, 100, 3), "kappa": [0.1, 0.5]},
        ["concurrence", "populations[S]"], method=te.ContinuedFraction(rtol=1e-8),
        fixed={"gamma": 0.9}, block=2, executor=1,
    )  # fmt: skip
    again = te.sweep(
        te.thermal_link, {"n_th": np.geomspace(1, 100, 3), "kappa": [0.1, 0.5]},
        ["concurrence", "populations[S]"], method=te.ContinuedFraction(rtol=1e-8),
        fixed={"gamma": 0.9}, store=store, executor=1,
    )  # fmt: skip
    assert again.load().identical(here)


def test_show_prints_a_table_and_draws(study, tmp_path):
    store, picture = tmp_path / "study.zarr", tmp_path / "study.png"
    run("sweep", study, "-o", store, "--workers", 1)
    shown = run("show", store, "--plot", picture, "--rows", 3)
    assert shown.exit_code == 0, shown.output
    lines = shown.output.splitlines()
    single = te.steady_state(te.thermal_link(n_th=1.0, kappa=0.1, gamma=0.9))
    (first,) = (line.split() for line in lines if line.split()[:2] == ["1", "0.1"])
    assert float(first[2]) == pytest.approx(single.concurrence(), abs=1e-7)
    header = next(i for i, line in enumerate(lines) if "concurrence" in line and "+-" in line)
    assert len(lines[header + 2 :]) == 3 + 1  # the picked rows, and where the plot is
    assert picture.read_bytes().startswith(b"\x89PNG")
    one = run("show", store, "--observable", "concurrence")
    assert "populations" not in one.output


def test_tables_are_as_wide_as_their_numbers(tmp_path):
    store = tmp_path / "study.zarr"
    pair = te.zipped(n_th=[1.0, 2.0], kappa=[0.1, 0.2])
    te.sweep(
        te.thermal_link, {"pair": pair, "gamma": [3.0, 4.0]},
        ["concurrence", "purity", "negativity", "entropy", "populations[S]", "populations[00]"],
        store=store, executor=1,
    )  # fmt: skip
    shown = run("show", store).output
    assert "\u2026" not in shown
    heading, _, *rows = shown.splitlines()[3:]
    words = [word for word in heading.split() if word != "+-"]
    assert sorted(words[:3]) == ["gamma", "kappa", "n_th"]
    assert words[-3:] == ["populations[S]", "populations[00]", "n_max"]
    assert sorted(rows[1].split()[:3]) == ["0.1", "1", "4"]


class TestPlots:
    def drawn(self, tmp_path, grid):
        """How many pixels of a picture are not white, of a plot that `show` draws."""
        store, picture = tmp_path / "study.zarr", tmp_path / "study.png"
        te.sweep(te.thermal_link, grid, "purity", store=store, executor=1)
        done = run("show", store, "--plot", picture)
        assert done.exit_code == 0, done.output
        pixels = plt.imread(picture)[..., :3]
        inside = pixels[80:-120, 140:-60]  # without title, labels and colour bar
        return int((inside.min(axis=-1) < 0.9).sum())

    def test_an_axis_of_one_value_is_held(self, tmp_path):
        assert self.drawn(tmp_path, {"n_th": [1.0, 2.0, 3.0], "kappa": [0.1]}) > 300

    def test_a_single_point_is_a_dot(self, tmp_path):
        assert self.drawn(tmp_path, {"n_th": [1.0], "kappa": [0.1]}) > 30

    def test_where_every_point_failed_nothing_is_drawn(self, tmp_path):
        store, picture = tmp_path / "study.zarr", tmp_path / "study.png"
        te.sweep(
            te.thermal_link, {"n_th": [-1.0], "kappa": [0.1]}, "purity", store=store, executor=1
        )
        done = run("show", store, "--plot", picture)
        assert done.exit_code == 1
        assert "there is nothing to draw: no point has a value of purity" in done.output
        assert not picture.exists()


def test_show_tells_failures(tmp_path):
    store = tmp_path / "study.zarr"
    te.sweep(
        te.thermal_link, te.points([{"n_th": n, "kappa": 0.5} for n in (1.0, -1.0, -2.0)]),
        "purity", store=store, executor=1,
    )  # fmt: skip
    shown = run("show", store, "--plot", tmp_path / "curve.pdf")
    assert "1 solved, 2 failed, 0 open" in shown.output
    assert "failed, 1 times: ArgumentError: Argument `n_th`" in shown.output
    assert (tmp_path / "curve.pdf").exists()


def test_zips_and_points_and_own_models(tmp_path):
    (tmp_path / "own.py").write_text(
        "import thermalent as te\n"
        "def link(flux, kappa):\n"
        "    return te.thermal_link(n_th=2 * flux / kappa, kappa=kappa)\n"
    )
    path = tmp_path / "own.toml"
    path.write_text(
        'model = "own.py:link"\nobservables = "purity"\n'
        "[grid]\nline = { zip = { flux = [0.1, 0.2], kappa = { linspace = [1.0, 2.0, 2] } } }\n"
    )
    data = te.sweep(**read_study(path), executor=2, block=1)
    single = te.steady_state(te.thermal_link(n_th=0.2, kappa=2.0))
    assert float(data["purity"][1]) == pytest.approx(single.purity(), abs=1e-9)
    path.write_text(
        'model = "thermal_link"\nobservables = ["purity"]\n'
        "points = [{ n_th = 1, kappa = 0.5 }, { n_th = 2, kappa = 0.7 }]\n"
    )
    assert te.sweep(**read_study(path), executor=1).sizes == {"point": 2}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("observables =", "observable =", "no key 'observable'; the nearest is 'observables'"),
        ('"thermal_link"', '"thermal_lnk"', "the nearest is 'thermal_link'"),
        ('"thermal_link"', '"nowhere.py:f"', "there is no file"),
        ("geomspace", "geomspac", "no key 'geomspac'; the nearest is 'geomspace'"),
        ("[1.0, 100.0, 3]", "[1.0, 100.0]", "must be [start, stop, number]"),
        ("[1.0, 100.0, 3]", "[-1.0, 100.0, 3]", "ends of one sign"),
        (
            '"continued-fraction"',
            '"fraction"',
            "'fraction'; the nearest is 'continued-fraction'",
        ),
        ("rtol =", "rtl =", "no key 'rtl'; the nearest is 'rtol'"),
        ("rtol = 1e-8", "rtol = 1e-30", "Argument `rtol` must be"),
        ("block =", "blocks =", "no key 'blocks'; the nearest is 'block'"),
        ("gamma =", "gama =", "nearest: 'gamma'"),
        ("kappa =", "kapa =", "nearest: 'kappa'"),
        ("[0.1, 0.5]", "[]", "[grid] kappa: must have at least one value, but is []."),
        ("concurrence", "concurence", "the nearest is 'concurrence'"),
        ("[fixed]", "[fixed", "is no TOML"),
        ('model = "thermal_link"', "", "the key 'model' is missing"),
    ],
)
def test_mistakes_are_named_before_anything_runs(study, tmp_path, old, new, words):
    assert old in STUDY
    study.write_text(STUDY.replace(old, new))
    done = run("sweep", study, "-o", tmp_path / "study.zarr", "--workers", 1)
    assert done.exit_code == 2
    assert words in done.output
    assert not (tmp_path / "study.zarr").exists()


def test_grid_and_points_exclude_each_other(study):
    study.write_text("points = []\n" + STUDY)
    with pytest.raises(StudyFileError, match=r"study.toml: one of \[grid\] and points"):
        read_study(study)


def test_stores_and_clusters_that_cannot_be_used(study, tmp_path):
    missing = run("sweep", study, "-o", tmp_path / "no" / "study.zarr", "--workers", 1)
    assert missing.exit_code == 1
    assert "There is no folder" in missing.output
    both = run("sweep", study, "-o", tmp_path / "s.zarr", "--workers", 1, "--dask", "x")
    assert both.exit_code == 2
    nothing = run("show", tmp_path)
    assert nothing.exit_code == 1
    assert "is no store of a sweep" in nothing.output
    run("sweep", study, "-o", tmp_path / "s.zarr", "--workers", 1)
    study.write_text(STUDY.replace("rtol = 1e-8", "rtol = 1e-7"))
    other = run("sweep", study, "-o", tmp_path / "s.zarr", "--workers", 1)
    assert other.exit_code == 1
    assert "is of another study" in other.output
    more = run("sweep", study, "-o", tmp_path / "s.zarr", "--workers", 1, "--accept", "method")
    assert more.exit_code == 0
    unknown = run("show", tmp_path / "s.zarr", "--observable", "purty")
    assert unknown.exit_code == 2


def test_the_example_is_a_valid_study():
    path = Path(__file__).parents[2] / "examples" / "study.toml"
    described = read_study(path)
    assert described["builder"] is te.thermal_link
    described["grid"] = {name: values[::50] for name, values in described["grid"].items()}
    assert np.all(te.sweep(**described, executor=1)["status"] == 1)


def test_what_may_be_accepted_is_what_a_store_knows():
    (accept,) = (option for option in sweep_command.params if option.name == "accept")
    assert tuple(accept.type.choices) == tuple(CHANGES)
