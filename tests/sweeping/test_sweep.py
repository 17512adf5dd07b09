"""`te.sweep`: the same numbers as one call per point, whoever computes them."""

import logging
import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

import thermalent as te
from thermalent.sweeping.execution import progress
from thermalent.sweeping.execution.ensembles import _solver
from thermalent.sweeping.failures import ExecutorError
from thermalent.sweeping.run import _require_packages

GRID = {"n_th": np.geomspace(0.5, 50, 4), "kappa": np.geomspace(0.05, 2, 3)}


def swept(**options):
    options = {"executor": 1, "observables": ["concurrence", "populations"], **options}
    return te.sweep(te.thermal_link, options.pop("grid", GRID), **options)


@pytest.fixture(scope="module")
def reference():
    return swept()


def test_every_value_is_that_of_a_steady_state_of_its_own(reference):
    for n_th in GRID["n_th"]:
        for kappa in GRID["kappa"]:
            single = te.steady_state(te.thermal_link(n_th=n_th, kappa=kappa))
            here = reference.sel(n_th=n_th, kappa=kappa)
            # Two truncations of one state: each has its own error.
            allowed = float(here["populations[S]_error"]) + 2 * single.error + 1e-15
            assert abs(float(here["populations[S]"]) - single.populations()["S"]) <= allowed
            allowed = 2 * float(here["concurrence_error"]) + 1e-12
            assert abs(float(here["concurrence"]) - single.concurrence()) <= allowed
            assert here["n_max"] > 0
    assert np.all(reference["status"] == 1)


def test_attributes_say_what_was_done(reference):
    about = reference.attrs
    assert about["version"] == te.__version__
    assert about["builder"] == "thermalent.models.thermal_link.thermal_link"
    assert about["claim"] == "exact"
    assert reference["kappa"].attrs["units"] == "unit of rate"
    assert reference["concurrence"].attrs["ancillary_variables"] == "concurrence_error"
    precise = swept(method=te.ContinuedFraction(rtol=1e-7), fixed={"gamma": 0.5})
    assert precise.attrs["method"] == repr(te.ContinuedFraction(rtol=1e-7))
    assert precise.attrs["fixed"] == '{"gamma": 0.5}'


@pytest.mark.parametrize("kind", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_executors_give_the_same_bits(reference, kind):
    import multiprocessing

    context = (
        {"mp_context": multiprocessing.get_context("forkserver")}
        if kind is ProcessPoolExecutor
        else {}
    )
    with kind(2, **context) as executor:
        assert swept(executor=executor).identical(reference)


def test_any_number_of_processes_gives_the_same_bits(reference):
    # A lambda: defined here and nowhere a worker could import it from.
    built = te.sweep(
        lambda n_th, kappa: te.thermal_link(n_th=n_th, kappa=kappa),
        GRID, ["concurrence", "populations"], executor=3, block=2,
    )  # fmt: skip
    for name in reference:
        assert np.array_equal(built[name].values, reference[name].values)


def test_other_methods_are_solved_point_by_point():
    for method in (te.Fock(cutoff=12), te.Bourret()):
        data = swept(grid={"n_th": [0.2, 0.4], "kappa": [0.5]}, method=method)
        single = te.steady_state(te.thermal_link(n_th=0.4, kappa=0.5), method)
        assert float(data["populations[S]"][1, 0]) == pytest.approx(
            single.populations()["S"], abs=1e-15
        )
    assert np.all(np.isnan(data["error"]))  # an approximation does not know its error


def test_failed_points_say_why_and_do_not_stop_the_others():
    data = swept(grid=te.points([{"n_th": n, "kappa": 0.5} for n in (1.0, -1.0, 2.0)]))
    assert data["status"].values.tolist() == [1, 2, 1]
    assert "Argument `n_th` must be finite and non-negative" in str(data["message"].values[1])
    assert np.isnan(data["concurrence"].values[1])
    assert np.isfinite(data["concurrence"].values[[0, 2]]).all()


def test_a_solver_that_fails_is_a_failed_point():
    # A common reservoir conserves the singlet: there are two steady states.
    data = te.sweep(
        te.phononic_link,
        te.points([{"positions": (2 * np.pi, x * np.pi)} for x in (4.0, 4.3)]),
        "purity", fixed={"n_th": 1.0, "kappa": 0.3}, executor=1,
    )  # fmt: skip
    assert data["status"].values.tolist() == [2, 1]
    assert "not unique" in str(data["message"].values[0])


def test_an_observable_that_fails_leaves_the_others():
    def awkward(result):
        if result.network.modes[0].n_th > 1:
            raise ZeroDivisionError("too hot")
        return result.purity()

    data = swept(grid={"n_th": [0.5, 2.0], "kappa": [1.0]}, observables=["purity", awkward])
    assert data["status"].values.ravel().tolist() == [1, 2]
    assert "awkward: ZeroDivisionError: too hot" in str(data["message"].values[1, 0])
    assert np.isfinite(data["purity"]).all()


def test_a_function_that_returns_nan_fails_its_point_in_words():
    """`data.where(data.status == 1)` would have kept it as a number."""

    def peak(result):
        return np.nan if result.network.modes[0].n_th > 1 else 0.5

    data = swept(grid={"n_th": [0.5, 2.0], "kappa": [1.0]}, observables=["purity", peak])
    assert data["status"].values.ravel().tolist() == [1, 2]
    assert data["message"].values.ravel().tolist() == [
        "",
        "peak: ValueError: the function returned nan",
    ]
    assert np.isfinite(data["purity"].values).all()


def test_hardware_is_a_builder_too():
    data = te.sweep(
        te.hardware.superconducting_link, {"temperature": ["4K", "77K"], "quality": [2.5e5]},
        "concurrence", executor=1,
    )  # fmt: skip
    single = te.steady_state(te.hardware.superconducting_link(temperature="77K").network)
    assert float(data["concurrence"][1, 0]) == pytest.approx(single.concurrence(), abs=1e-6)
    assert data["temperature"].attrs["units"] == "K"


def test_units_in_the_data_are_those_that_the_hardware_takes():
    values = {
        "temperature": "4K", "frequency": "5GHz", "gamma": "10MHz", "detuning": "1MHz",
        "dephasing_time": "20us", "base_temperature": "10mK",
    }  # fmt: skip
    data = te.sweep(
        te.hardware.superconducting_link, {name: [value] for name, value in values.items()},
        "purity", executor=1,
    )  # fmt: skip
    for name in values:
        unit = data[name].attrs["units"]
        te.hardware.superconducting_link(**{name: f"2{unit}"})
        with pytest.raises(ValueError, match=f"`{name}`"):
            te.hardware.superconducting_link(
                **{name: f"2{ {'K': 's', 'Hz': 'K', 's': 'Hz'}[unit] }"}
            )


@pytest.mark.parametrize("workers", [2, 3])
def test_an_ensemble_has_the_same_bits_on_any_number_of_workers(workers):
    options = {
        "grid": {"n_th": [5.0], "kappa": [0.5]},
        "method": te.FieldTrajectories(n=600, seed=11),
        "observables": ["populations"],
    }
    alone, spread = swept(**options), swept(**options, executor=workers)
    assert spread.identical(alone)
    single = te.steady_state(
        te.thermal_link(n_th=5.0, kappa=0.5), te.FieldTrajectories(n=600, seed=11)
    )
    assert float(alone["populations[00]"][0, 0]) == single.populations()["00"]
    assert alone.attrs["seed_entropy"] == 11
    with ThreadPoolExecutor(workers) as threads:
        assert swept(**options, executor=threads).identical(alone)


def test_what_cannot_be_sent_to_a_process_is_named():
    lock = threading.Lock()

    def build(n_th, kappa):
        with lock:
            return te.thermal_link(n_th=n_th, kappa=kappa)

    with pytest.raises(ValueError, match=r"`builder` must be picklable.*cannot pickle.*lock"):
        te.sweep(build, GRID, "purity", executor=2)
    assert te.sweep(build, GRID, "purity", executor=1)["status"].values.all()


def test_a_process_that_may_have_no_children_says_so_or_does_it_itself(reference, monkeypatch):
    monkeypatch.setitem(multiprocessing.current_process()._config, "daemon", True)
    monkeypatch.setattr("thermalent.sweeping.run._SHORT", 0.0)
    with pytest.raises(ValueError, match="`executor` must be 1 or left out in this process"):
        swept(executor=3)
    assert swept(executor=None).identical(reference)


def test_a_dying_worker_ends_the_sweep_with_a_reason():
    here = os.getpid()

    def build(n_th, kappa):
        if n_th > 40 and os.getpid() != here:
            os._exit(9)
        return te.thermal_link(n_th=n_th, kappa=kappa)

    with pytest.raises(ExecutorError, match=r"A worker died at block \d+ or beside it"):
        te.sweep(build, GRID, "purity", executor=2, block=3)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"executor": 0}, "Argument `executor` must be an integer of at least 1"),
        ({"executor": "dask"}, "a number of workers, a concurrent.futures.Executor"),
        ({"block": 0}, "Argument `block` must be an integer of at least 1"),
        ({"units": {"gamma": "Hz"}}, "of parameters of the grid"),
        ({"accept": "everything"}, "Argument `accept` must be of"),
        ({"fixed": {"qubit": 3}}, "nearest: 'qubits'"),
    ],
)
def test_bad_arguments_are_named(options, words):
    with pytest.raises(ValueError, match="Argument `") as caught:
        swept(**options)
    assert words in str(caught.value)


def test_a_method_is_a_method():
    with pytest.raises(TypeError, match="Argument `method` must be a method"):
        swept(method="fock")


def test_missing_packages_are_named(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "zarr" else 1)
    _require_packages(None)
    with pytest.raises(ImportError, match=r"need zarr: pip install 'thermalent\[sweep\]'"):
        _require_packages("study.zarr")


def test_blocks_are_in_the_log(caplog):
    with caplog.at_level(logging.DEBUG, logger="thermalent.sweep"):
        swept(block=3)
    lines = [record.getMessage() for record in caplog.records]
    assert lines == [f"block {i} finished: 3 points, 0 of them failed" for i in range(4)]


def test_the_log_tells_the_rate_and_the_time_that_remains(monkeypatch, caplog):
    clock = iter([100.0, 200.0])
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    with caplog.at_level(logging.INFO, logger="thermalent.sweep"):
        progress.Log(30, 10)(0, 5, 0)  # ten were there before; five in a hundred seconds
    (record,) = caplog.records
    assert record.getMessage() == "15 of 30 points, 0.05 per second, 300 s remain"


def test_ensembles_refuse_an_initial_state_at_each_point():
    solve = _solver(None, None, None)
    (outcome,) = solve([te.thermal_link(1.0, 0.5)], te.FieldTrajectories(n=64), "00")
    assert isinstance(outcome, te.MethodError)


def test_a_bar_shows_rate_and_failures(capsys):
    swept(grid=te.points([{"n_th": n, "kappa": 0.5} for n in (1.0, -1.0)]), progress=True)
    shown = capsys.readouterr().err
    assert "2/2" in shown
    assert "points/s" in shown
    assert "1 failed" in shown
    swept()
    assert capsys.readouterr().err == ""  # silent where nobody looks


def test_nobody_waits_for_a_scheduler_that_is_gone(monkeypatch):
    """Its futures never finish: somebody has to look."""
    from concurrent.futures import Future

    from thermalent.sweeping.execution import ensembles, executors

    for module in (executors, ensembles):
        monkeypatch.setattr(module, "LOOK", 0.01)
    gone = executors.Workers(submit=lambda *call: Future(), count=1, here=True, alive=bool)
    monkeypatch.setattr(executors, "given", lambda executor: gone)
    with pytest.raises(ExecutorError, match="The Dask scheduler is gone"):
        swept(executor=object())
    with pytest.raises(ExecutorError, match="The Dask scheduler is gone"):
        swept(
            executor=object(),
            method=te.FieldTrajectories(n=100),
            grid={"n_th": [1.0], "kappa": [1.0]},
        )


def test_a_block_lost_with_its_worker_is_handed_over_again(monkeypatch):
    from concurrent.futures import Future

    from thermalent.sweeping.execution import executors

    class KilledWorker(Exception):
        pass

    calls = []

    def submit(function, *arguments):
        future = Future()
        calls.append(1)
        if len(calls) <= 3:
            future.set_exception(KilledWorker())
        else:
            future.set_result(function(*arguments))
        return future

    for again in (True, False):
        workers = executors.Workers(submit=submit, count=2, here=True, again=again)
        monkeypatch.setattr(executors, "given", lambda executor, workers=workers: workers)
        calls.clear()
        if again:
            assert np.all(swept(executor=object(), block=3)["status"] == 1)
            assert len(calls) == 4 + 3
        else:
            with pytest.raises(ExecutorError, match="A worker died at block"):
                swept(executor=object(), block=3)


def test_one_bar_at_a_time(monkeypatch):
    from thermalent.support import progress

    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setattr(progress, "_PATIENCE", -1.0)
    started = []
    monkeypatch.setattr("rich.status.Status.start", lambda self: started.append(1))
    with progress.quiet(), progress.working("inside") as report:
        report("step")
    assert not started
    with progress.working("alone") as report:
        report("step")
    assert started
