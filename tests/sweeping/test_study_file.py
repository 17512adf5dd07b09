"""Study files are data: nothing outside their folder runs, nothing is replaced, all is one line."""

import sys

import numpy as np
import pytest
from click.testing import CliRunner

import thermalent as te
from thermalent.cli.group import main as app
from thermalent.sweeping.study_file import StudyFileError, read_study

STUDY = {
    "top": {"title": '"a title"', "model": '"thermal_link"', "observables": '["concurrence"]'},
    "grid": {"n_th": "{ geomspace = [1.0, 10.0, 2] }", "kappa": "[0.5, 1.0]"},
    "fixed": {"gamma": "0.9", "detuning": "[0.1, -0.1]"},
    "method": {"name": '"continued-fraction"', "rtol": "1e-8"},
    "sweep": {"block": "2", "initial": '"00"'},
    "units": {"kappa": '"MHz"'},
}
WRONG = (
    '"text"', "3", "-1", "1.5", "nan", "inf", "true", "[]", "{}", '[1, "a"]', "[[1, 2], [3]]",
    "{ a = 1 }", "2020-01-01", '""', "9223372036854775807", "1e308", "[{}]", '["n_th"]',
    "{ zip = { a = [1, 2], b = [1] } }", "{ linspace = [0, 1, 10000000000] }",
)  # fmt: skip


def written(folder, study):
    lines = []
    for table, keys in study.items():
        lines += [] if table == "top" else [f"[{table}]"]
        lines += [f"{key} = {value}" for key, value in keys.items()]
    path = folder / "study.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def run(path, store):
    return CliRunner().invoke(app, ["sweep", str(path), "-o", str(store), "--workers", "1"])


@pytest.mark.parametrize(
    ("table", "key"), [(table, key) for table, keys in STUDY.items() for key in keys]
)
def test_a_malformed_value_is_one_line(tmp_path, table, key):
    for number, value in enumerate(WRONG):
        path = written(tmp_path, {**STUDY, table: {**STUDY[table], key: value}})
        done = run(path, tmp_path / f"{number}.zarr")
        assert done.exception is None or isinstance(done.exception, SystemExit), (value, done)
        assert done.exit_code in (0, 1, 2)
        if done.exit_code == 2:
            assert done.output.startswith("thermalent: ")
            assert done.output.count("\n") == 1


def own(tmp_path, code, name="own.py"):
    (tmp_path / name).write_text(code, encoding="utf-8")
    return written(tmp_path, {**STUDY, "top": {**STUDY["top"], "model": f'"{name}:link"'}})


LINK = "import thermalent as te\n\n\ndef link(**given):\n    return te.thermal_link(**given)\n"


class TestModelsOfOnesOwn:
    def test_it_lies_beside_the_study(self, tmp_path):
        outside = tmp_path / "out.py"
        outside.write_text(LINK + "open('ran', 'w')\n")
        folder = tmp_path / "study"
        folder.mkdir()
        for place in ("../out.py", str(outside)):
            path = written(folder, {**STUDY, "top": {**STUDY["top"], "model": f'"{place}:link"'}})
            with pytest.raises(StudyFileError, match="in a file beside the study"):
                read_study(path)
        (folder / "linked.py").symlink_to(outside)
        path = written(folder, {**STUDY, "top": {**STUDY["top"], "model": '"linked.py:link"'}})
        with pytest.raises(StudyFileError, match="in a file beside the study"):
            read_study(path)

    @pytest.mark.parametrize("name", ["numpy.py", "json.py", "thermalent.py"])
    def test_it_replaces_no_module(self, tmp_path, name):
        before = dict(sys.modules)
        described = read_study(own(tmp_path, LINK, name))
        assert described["builder"](n_th=1.0, kappa=0.5) == te.thermal_link(1.0, 0.5)
        assert all(sys.modules[key] is module for key, module in before.items())

    def test_it_cannot_end_the_process(self, tmp_path):
        done = run(own(tmp_path, "import sys\nsys.exit(0)\n"), tmp_path / "s.zarr")
        assert done.exit_code == 2
        assert "own.py cannot be run: SystemExit" in done.output
        leaving = "import sys\n\n\ndef link(**given):\n    sys.exit(0)\n"
        done = run(own(tmp_path, leaving), tmp_path / "s.zarr")
        assert done.exit_code == 1
        assert "no point was solved" in done.output
        assert "sys.exit(0) was called" in done.output

    def test_an_error_in_it_is_one_line(self, tmp_path):
        done = run(own(tmp_path, "1 / 0\n"), tmp_path / "s.zarr")
        assert done.exit_code == 2
        assert done.output.count("\n") == 1
        assert "ZeroDivisionError" in done.output


def test_it_is_utf_8_whatever_the_locale(tmp_path, monkeypatch):
    monkeypatch.setattr("locale.getpreferredencoding", lambda *_: "ascii")
    path = written(tmp_path, {**STUDY, "top": {**STUDY["top"], "title": '"Kälte"'}})
    assert read_study(path)["builder"] is te.thermal_link
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())  # a mark that some editors leave
    assert read_study(path)["builder"] is te.thermal_link
    path.write_bytes("title = 'K\xe4lte'".encode("latin-1"))
    with pytest.raises(StudyFileError, match="is no TOML"):
        read_study(path)


def test_an_initial_state_is_checked_before_anything_runs(tmp_path):
    grid = {"n_th": [1.0], "kappa": [0.5]}
    for initial in (object(), "0x", np.eye(3), 5):
        with pytest.raises(ValueError, match="`initial`"):
            te.sweep(te.thermal_link, grid, "purity", initial=initial, executor=1)
    with pytest.raises(ValueError, match="`units` must be text for 'kappa'"):
        te.sweep(te.thermal_link, grid, "purity", units={"kappa": 3}, executor=1)
