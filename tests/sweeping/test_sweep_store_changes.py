"""Stores of another study, method, version or grid: refused, extended, or gone on with."""

import json
import os
import shutil

import numpy as np
import pytest
import zarr

import thermalent as te
from tests.support.small_stores import GRID, KAPPA, N_TH, swept
from thermalent.sweeping.failures import StoreError


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"observables": ["purity"]}, 'observables: ["concurrence"] in the store, ["purity"]'),
        ({"fixed": {"gamma": 2.0}}, "fixed: {} in the store"),
        ({"method": te.ContinuedFraction(rtol=1e-6)}, "accept=['method']"),
        ({"grid": {"n_th": N_TH, "kappa": 2 * KAPPA}}, "(other values)"),
        ({"initial": "00"}, "initial: null in the store"),
    ],
)
def test_another_study_is_refused(tmp_path, options, words):
    path = tmp_path / "study.zarr"
    swept(path)
    with pytest.raises(StoreError, match="is of another study") as caught:
        swept(path, **options)
    assert words in str(caught.value)
    assert swept(path)["status"].values.all()


def as_if_made_with(path, words):
    """The store with another description of its method, as an older version wrote it."""
    group = zarr.open_group(path, mode="r+", zarr_format=3)
    origins = json.loads(group.attrs["origins"])
    origins[-1]["method"] = words
    group.attrs.update({"method": words, "origins": json.dumps(origins, sort_keys=True)})
    without_digest(path)


def without_digest(path):
    """As older versions left their stores."""
    file = path / "zarr.json"
    about = json.loads(file.read_text())
    del about["attributes"]["metadata_sha256"]
    file.write_text(json.dumps(about))


OLD_DEFAULT = "ContinuedFraction(rtol=1e-09, n_max=None)"


def test_a_store_of_an_older_default_is_refused_or_accepted_by_name(tmp_path, counted):
    """The default rtol was 1e-9 once and is now what is affordable: other numbers, in principle."""
    path = tmp_path / "study.zarr"
    swept(path, method=te.ContinuedFraction())
    as_if_made_with(path, OLD_DEFAULT)
    counted.clear()
    with pytest.raises(
        StoreError, match=r"rtol=1e-09, n_max=None\) in the store.*accept=\['method'"
    ):
        swept(path, method=te.ContinuedFraction())
    data = swept(path, method=te.ContinuedFraction(), accept=["method"])
    assert data["status"].values.all()
    assert counted == []  # finished points are kept
    assert len(json.loads(data.attrs["origins"])) == 2


def test_a_store_made_before_a_parameter_existed_goes_on(tmp_path, counted):
    """rtol=1e-9 means the same with and without the later parameter `digits`."""
    path, method = tmp_path / "study.zarr", te.ContinuedFraction(rtol=1e-9)
    assert method.name == OLD_DEFAULT.split("(")[0]
    swept(path, method=method)
    as_if_made_with(path, OLD_DEFAULT)
    counted.clear()
    assert swept(path, method=method)["status"].values.all()
    assert counted == []
    with pytest.raises(StoreError, match=r"accept=\['method'\]"):
        swept(path, method=te.ContinuedFraction(rtol=1e-8))
    with pytest.raises(StoreError, match=r"accept=\['method'\]"):
        swept(path, method=te.ContinuedFraction(digits=20))


def test_another_builder_is_refused(tmp_path):
    swept(tmp_path / "study.zarr")
    with pytest.raises(StoreError, match=r"builder: thermalent\.models.*in the store"):
        te.sweep(
            lambda n_th, kappa: te.thermal_link(n_th=n_th, kappa=kappa),
            GRID, ["concurrence"], store=tmp_path / "study.zarr", executor=1,
        )  # fmt: skip


def test_a_larger_grid_keeps_the_finished_points(tmp_path, counted):
    path = tmp_path / "study.zarr"
    swept(path)
    counted.clear()
    larger = {"n_th": np.sort([*N_TH, 7.0]), "kappa": np.append(KAPPA, 3.0)}
    with pytest.raises(StoreError, match=r"accept=\['grid'\]"):
        swept(path, grid=larger)
    data = swept(path, grid=larger, accept="grid", block=4).load()
    assert sum(counted) == 20 - 12
    fresh = swept(grid=larger, block=4)
    for name in ("concurrence", "concurrence_error", "n_max", "error", "status", "message"):
        assert np.array_equal(data[name].values, fresh[name].values)
    counted.clear()
    assert swept(path, grid=larger)["status"].values.all()
    assert counted == []


def test_an_extension_that_is_interrupted_goes_on(tmp_path, monkeypatch, counted):
    path, larger = tmp_path / "study.zarr", {"n_th": N_TH, "kappa": np.append(KAPPA, 3.0)}
    swept(path)
    rename, calls = os.rename, []

    def stop_between(old, new):
        calls.append(new)
        if len(calls) == 2:
            raise KeyboardInterrupt
        rename(old, new)

    monkeypatch.setattr(os, "rename", stop_between)
    with pytest.raises(KeyboardInterrupt):
        swept(path, grid=larger, accept="grid")
    monkeypatch.setattr(os, "rename", rename)
    counted.clear()
    assert swept(path, grid=larger, accept="grid")["status"].values.all()
    assert sum(counted) == 4
    assert [p.name for p in tmp_path.iterdir()] == ["study.zarr"]


def test_a_smaller_grid_is_no_extension(tmp_path):
    swept(tmp_path / "study.zarr")
    with pytest.raises(StoreError, match=r"lacks 1 of the 4 stored values along 'n_th'"):
        swept(tmp_path / "study.zarr", grid={"n_th": N_TH[:3], "kappa": KAPPA}, accept="grid")
    assert swept(tmp_path / "study.zarr")["status"].values.all()


def test_another_method_or_version_goes_on_knowingly(tmp_path, counted):
    path = tmp_path / "study.zarr"
    swept(path)
    shutil.rmtree(path / "status" / "c" / "3")  # as if the last block had not been finished
    counted.clear()
    coarse = te.ContinuedFraction(rtol=1e-6)
    data = swept(path, method=coarse, accept=("method",)).load()
    assert counted == [3]
    assert data["origin"].values.tolist() == [[0] * 3, [0] * 3, [0] * 3, [1] * 3]
    origins = json.loads(data.attrs["origins"])
    assert origins[1]["method"] == repr(te.ContinuedFraction(rtol=1e-6))


def test_another_version_is_refused(tmp_path):
    import zarr

    path = tmp_path / "study.zarr"
    swept(path)
    zarr.open_group(path, mode="r+").attrs["version"] = "0.0.1"
    without_digest(path)
    with pytest.raises(StoreError, match=rf"version: 0.0.1 in the store, {te.__version__} asked"):
        swept(path)
    assert swept(path, accept="version")["status"].values.all()
    assert swept(path).attrs["version"] == te.__version__


def test_a_larger_grid_keeps_the_messages_of_what_failed(tmp_path):
    """In full, whatever their length."""

    def hot(n_th):
        if n_th > 1:
            raise ValueError(f"The source at {n_th} is too hot.")
        return te.thermal_link(n_th, 0.5)

    path = tmp_path / "study.zarr"
    te.sweep(hot, {"n_th": [0.5, 2.0]}, "concurrence", store=path)
    found = te.sweep(hot, {"n_th": [0.5, 1.0, 2.0]}, "concurrence", store=path, accept="grid")
    messages = found["message"].values
    assert messages[:2].tolist() == ["", ""]
    assert "The source at 2.0 is too hot." in messages[2]
    stored = zarr.open_group(path, mode="r")["message"][:]
    assert stored.tolist() == messages.tolist()
