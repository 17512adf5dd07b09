"""Study files are data: nothing outside their folder runs, nothing is replaced, all is one line."""

import json
import random
import re
import sys
import tomllib

import numpy as np
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

import thermalent as te
from tests.support import study_schema
from thermalent.cli.group import main as app
from thermalent.solving.registry import METHODS, MODEL_BY_KEY
from thermalent.sweeping.study.description import study_of
from thermalent.sweeping.study.file import StudyFileError, explained_by, read_study
from thermalent.sweeping.study.schema import SCHEMA_FILE, place_in_words

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


def test_a_line_is_not_looked_for_in_ever_so_many_beginnings(monkeypatch):
    """No beginning that ends inside of a long list is TOML, which takes one try for each line."""
    tried, loads = [], tomllib.loads
    monkeypatch.setattr(tomllib, "loads", lambda text: tried.append(1) or loads(text))
    for length, place in ((20, "line 2, [grid] n_th: "), (3000, "[grid] n_th: ")):
        tried.clear()
        text = "[grid]\nn_th = [\n" + "1.0,\n" * length + "]\nkappa = 3\n"
        assert place_in_words(text, ["grid", "n_th"]) == place
        assert len(tried) <= 501  # and once more to see that it is enough


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

    @pytest.mark.parametrize("code", ["", "link = 3\n", LINK.replace("link(**", "other(**")])
    def test_its_function_has_to_be_there(self, tmp_path, code):
        with pytest.raises(StudyFileError, match=r"own\.py has no function 'link'"):
            read_study(own(tmp_path, code))

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


def test_units_that_are_given_stand_beside_the_numbers():
    """Those of the parameters that name one; the others have the package's own words."""
    grid = {"n_th": [1.0], "kappa": [0.5, 1.0]}
    for units, words in ((None, "unit of rate"), ({"kappa": "MHz"}, "MHz")):
        data = te.sweep(te.thermal_link, grid, "purity", units=units, executor=1)
        assert data["kappa"].attrs["units"] == words
        assert data["n_th"].attrs["units"] == "1"


class TestSchema:
    def test_the_file_is_that_of_the_registry(self):
        assert SCHEMA_FILE.read_text(encoding="utf-8") == study_schema.text()

    def test_it_is_a_schema_and_takes_every_method_and_model(self):
        schema = study_schema.schema()
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema)
        study = {"observables": ["purity", "populations[S]"], "grid": {"n_th": [1.0]}}
        for model in MODEL_BY_KEY:
            assert validator.is_valid({**study, "model": model})
        assert not validator.is_valid({**study, "model": "nothing"})
        for entry in METHODS:
            given = {**study, "model": "thermal_link", "method": entry.key}
            assert validator.is_valid(given) == entry.steady
            given = {**given, "method": {"name": entry.key, "nothing": 1}}
            assert not validator.is_valid(given)

    def test_whatever_can_fail_says_what_is_allowed(self):
        def look(schema, inside=()):
            if isinstance(schema, dict):
                fails = {"type", "enum", "pattern", "minItems", "minProperties", "minimum"}
                named = schema.get("type") in ("string",) and "pattern" in schema
                condition = inside[-1:] == ("if",) or inside[-2:-1] == ("anyOf",)
                if fails & schema.keys() and not named and not condition:
                    assert "description" in schema, inside
                for key, value in schema.items():
                    if key != "properties" or inside[-1:] != ("if",):
                        look(value, (*inside, key))
            elif isinstance(schema, list):
                for i, value in enumerate(schema):
                    look(value, (*inside, i))

        look(study_schema.schema())

    def test_it_is_printed_for_editors(self):
        done = CliRunner().invoke(app, ["sweep", "--schema"])
        assert done.exit_code == 0
        assert json.loads(done.output) == study_schema.schema()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("rtol = 1e-8", 'rtol = "a"', r"line 12, \[method\] rtol: must be a number, but is 'a'\."),
        ("rtol = 1e-8", "rtol = -1.0", r"line 12, \[method\] rtol: Argument `rtol` must be"),
        ("kappa = [0.5, 1.0]", "kappa = [\n 0.5,\n]\nkapp = [1.0]", r"line 9, \[grid\] kapp: "),
        ("block = 2", "block = 0", r"line 14, \[sweep\] block: must be an integer of at least 1"),
        ('initial = "00"', 'initial = "0x"', r"line 15, \[sweep\] initial: Argument `initial`"),
        ('"thermal_link"', "3", r"line 2, model: must be a model: "),
        ("gamma = 0.9", "gama = 0.9", r"line 8, \[fixed\] gama: Argument `fixed`"),
        ('kappa = "MHz"', "kappa = 3", r"line 17, \[units\] kappa: must be text, but is 3"),
        ("[1.0, 10.0, 2]", "[1.0, 10.0]", r"line 5, \[grid\] n_th.geomspace: must be \[start"),
    ],
)
def test_what_is_wrong_has_its_line_and_key(tmp_path, old, new, words):
    path = written(tmp_path, STUDY)
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    done = run(path, tmp_path / "s.zarr")
    assert done.exit_code == 2
    assert re.search(words, done.output), done.output
    assert done.output.count("\n") == 1


def mutated(text, rng):
    """A study with one to three random slips of the keyboard."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        at, to = sorted(rng.randrange(len(text) + 1) for _ in range(2))
        to = min(to, at + rng.choice((1, 3, 12)))
        lines = text.splitlines(keepends=True)
        i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
        text = rng.choice(
            (
                text[:at] + text[to:],
                text[:to] + text[at:],
                text[:at] + rng.choice('[]{}"=,.#-\n\\é0aeE_\x00') + text[at:],
                "".join(lines[:i] + lines[i + 1 :]),
                "".join([*lines[:i], lines[j], *lines[i:]]),
                re.sub(r"= .*", lambda _: f"= {rng.choice(WRONG)}", text, count=i + 1),
                text.replace(lines[i].partition("=")[2], f" {rng.choice(WRONG)}\n"),
            )
        )
        text = text or " "
    return text


def test_five_hundred_slips_give_no_traceback(tmp_path):
    rng, path = random.Random(8), written(tmp_path, STUDY)
    good, refused = path.read_text(encoding="utf-8"), 0
    for _ in range(500):
        path.write_text(mutated(good, rng), encoding="utf-8")
        try:
            described = read_study(path)
            with explained_by(path):
                study_of(**{"initial": None, "block": None, **described}, axis=None, store=None)
        except te.ThermalentError:  # anything else ends the test
            refused += 1
    assert 300 < refused < 500
