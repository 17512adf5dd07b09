"""What a study's functions are made of: the same code is told as the same, other code as other."""

import contextlib
import functools
import json
import runpy
import subprocess
import sys
import textwrap
import threading
import types

import numpy as np
import pytest

import thermalent as te
from thermalent.sweeping.failures import StoreError
from thermalent.sweeping.storage.identity import own_code
from thermalent.sweeping.storage.identity.code import NoIdentity, code_differences, pieces

GRID = {"n_th": [0.5, 2.0]}

SCRIPT = """
import functools, json, sys
import numpy as np
import thermalent as te
from thermalent.sweeping.storage.identity.code import pieces

KAPPA = {kappa}
TABLE = {{"loss": [0.0, {loss}]}}


def helper(n):
    "{doc}"
    return n + {shift}  # {comment}


class Callable:
    scale = {scale}

    def __init__(self, kappa):
        self.kappa = kappa

    def __call__(self, n_th):
        return te.thermal_link(self.scale * helper(n_th), self.kappa)


def build(n_th, gamma={gamma}):
    return te.thermal_link(helper(n_th), KAPPA, gamma, loss=TABLE["loss"][0])


found = pieces({{"builder": {builder}}})
if __name__ == "__main__":
    print(json.dumps(found))
"""
PLAIN = {
    "kappa": "0.1", "loss": "0.2", "doc": "Shift it.", "shift": "1", "comment": "why", "scale": "1",
    "gamma": "1.0", "builder": "build",
}  # fmt: skip


def script(tmp_path, **changes):
    path = tmp_path / "study.py"
    path.write_text(SCRIPT.format(**{**PLAIN, **changes}))
    return path


def told(tmp_path, **changes):
    return runpy.run_path(str(script(tmp_path, **changes)))["found"]


def test_the_same_script_is_the_same_in_another_process(tmp_path):
    done = subprocess.run(
        [sys.executable, script(tmp_path)], capture_output=True, text=True, check=True
    )
    assert told(tmp_path) == json.loads(done.stdout)
    # What does not change a number does not count.
    assert told(tmp_path) == told(tmp_path, comment="another", doc="Other words.")


@pytest.mark.parametrize(
    ("changes", "piece"),
    [
        ({"kappa": "1.0"}, "`KAPPA` was 0.1 and is 1.0"),
        ({"loss": "0.3"}, "`TABLE` was"),
        ({"shift": "2"}, "`helper` is different"),
        ({"gamma": "0.9"}, "`build` is different"),
    ],
)
def test_what_a_builder_reads_and_calls_counts(tmp_path, changes, piece):
    found = code_differences(told(tmp_path), told(tmp_path, **changes))
    assert len(found) == 1
    assert found[0].startswith(piece)


@pytest.mark.parametrize(
    ("before", "changes"),
    [
        ({"builder": "Callable(0.1)"}, {"builder": "Callable(0.2)"}),
        ({"builder": "Callable(0.1)"}, {"scale": "2"}),
        ({"builder": "Callable(0.1)"}, {"shift": "3"}),
        ({"builder": "functools.partial(build, gamma=1)"}, {"shift": "3"}),
        (
            {"builder": "functools.partial(build, gamma=1)"},
            {"builder": "functools.partial(build, gamma=2)"},
        ),
        ({"builder": "lambda n_th: te.thermal_link(n_th, 0.1)"},
         {"builder": "lambda n_th: te.thermal_link(n_th, 1.0)"}),
        ({"builder": "lambda n_th: te.thermal_link(n_th, 0.1)"},
         {"builder": "lambda n_th: te.thermal_link(-n_th, 0.1)"}),
        ({"builder": "(lambda k: lambda n_th: te.thermal_link(n_th, k))(0.1)"},
         {"builder": "(lambda k: lambda n_th: te.thermal_link(n_th, k))(0.2)"}),
        ({"builder": "(lambda k: lambda n_th: te.thermal_link(n_th, k))(np.arange(9.0))"},
         {"builder": "(lambda k: lambda n_th: te.thermal_link(n_th, k))(np.arange(9.0) + 1e-15)"}),
    ],
)  # fmt: skip
def test_attributes_closures_and_arguments_count(tmp_path, before, changes):
    first, second = told(tmp_path, **before), told(tmp_path, **{**before, **changes})
    assert told(tmp_path, **before) == first
    assert code_differences(first, second)


def test_functions_of_packages_are_told_by_name():
    assert pieces({"builder": te.thermal_link}) == {
        "builder": "thermalent.models.thermal_link.thermal_link"
    }
    assert "Python" not in pieces({"builder": functools.partial(te.thermal_link, kappa=0.1)})
    assert pieces({"x": np.sin}) != pieces({"x": np.cos})


@pytest.mark.parametrize("thing", [threading.Lock(), np.random.default_rng(1), object()])
def test_what_only_an_address_tells_is_refused_before_anything_starts(tmp_path, thing):
    def build(n_th, thing=None):
        return te.thermal_link(n_th, 0.1)

    with pytest.raises(NoIdentity, match=r"`fixed` must be made of .* holds"):
        pieces({"fixed": {"thing": thing}})
    options = {"fixed": {"thing": thing}, "executor": 1}
    with pytest.raises(ValueError, match=r"`fixed` must be made of"):
        te.sweep(build, GRID, "concurrence", store=tmp_path / "s.zarr", **options)
    assert not list(tmp_path.iterdir())
    te.sweep(build, GRID, "concurrence", **options)  # nothing to compare without a store


def test_values_that_hold_themselves_and_slots():
    class Slotted:
        __slots__ = ("a", "b")

        def __init__(self, a):
            self.a = a

    ring = [1.0]
    ring.append(ring)
    assert pieces({"x": ring}) == pieces({"x": ring})
    assert pieces({"x": Slotted(1)}) != pieces({"x": Slotted(2)})


class TestStores:
    """Studies whose code has changed."""

    def swept(self, path, kappa, observable=None, **options):
        space = {"te": te}
        text = f"def build(n_th):\n    return te.thermal_link(n_th, {kappa})\n"
        exec(textwrap.dedent(text), space)
        observables = {"c": observable or (lambda ss: ss.concurrence())}
        return te.sweep(
            space["build"], options.pop("grid", GRID), observables, store=path, executor=1, block=1,
            **options,
        )  # fmt: skip

    def test_another_builder_is_refused_and_can_be_accepted(self, tmp_path):
        path = tmp_path / "study.zarr"
        old = self.swept(path, 0.1).load()
        assert self.swept(path, 0.1).load().identical(old)
        with pytest.raises(StoreError, match=r"code: `build` is different.*accept=\['code'\]"):
            self.swept(path, 1.0)
        longer = {"n_th": [0.5, 2.0, 8.0]}
        mixed = self.swept(path, 1.0, accept=("code", "grid"), grid=longer).load()
        assert mixed["origin"].values.tolist() == [0, 0, 1]
        assert np.array_equal(mixed["c"].values[:2], old["c"].values)
        direct = te.steady_state(te.thermal_link(8.0, 1.0)).concurrence()
        assert mixed["c"].values[2] == pytest.approx(direct, abs=1e-12)
        codes = [origin["code"]["build"] for origin in json.loads(mixed.attrs["origins"])]
        assert len(set(codes)) == 2

    def test_another_observable_is_refused(self, tmp_path):
        path = tmp_path / "study.zarr"
        for factor in (1, 1, 2):

            def observable(ss, factor=factor):
                return factor * ss.concurrence()

            if factor == 2:
                with pytest.raises(StoreError, match=r"code: `.*observable` is different"):
                    self.swept(path, 0.1, observable=observable)
            else:
                self.swept(path, 0.1, observable=observable)

    def test_another_version_of_python_is_named(self):
        stored = {"Python": "3.11", "build": "sha256:1"}
        given = {"Python": "3.12", "build": "sha256:2"}
        assert code_differences(stored, given) == [
            "`Python` was 3.11 and is 3.12",
            "`build` is different",
        ]


def test_the_names_of_collected_arguments_are_told():
    """A caller gives keywords, and reads positions, by the names of all arguments."""
    functions = (lambda *a, **b: 0), (lambda *c, **b: 0), (lambda *a, **c: 0), (lambda a, *, b: 0)
    told = {own_code.bytecode(function.__code__, repr) for function in functions}
    assert len(told) == len(functions)


def test_modules_that_inner_functions_import_are_the_builders(tmp_path, monkeypatch):
    (tmp_path / "read_by_an_inner_function.py").write_text("LOSS = 0.1\n")
    monkeypatch.syspath_prepend(tmp_path)

    def build():
        def later():
            import read_by_an_inner_function

            return read_by_an_inner_function.LOSS

        return later()

    (found,) = own_code.imported(build.__code__, "")
    assert found.__name__ == "read_by_an_inner_function"
    sys.modules.pop(found.__name__)


@pytest.mark.parametrize(
    "around",
    [
        lambda f: functools.partial(f, 1),
        lambda f: [f],
        lambda f: {"f": f},
        lambda f: functools.lru_cache(f),
        lambda f: types.MethodType(f, 1),
        lambda f: contextlib.contextmanager(f),
    ],
    ids=["partial", "list", "dictionary", "wrapped", "method", "decorated"],
)
def test_what_leads_home_does_so_within_the_steps_that_are_asked(around):
    def build():
        pass

    assert not own_code.leads_home(build, 0)
    assert own_code.leads_home(build, 1)
    assert not own_code.leads_home(around(build), 1)
    assert own_code.leads_home(around(build), 2)
