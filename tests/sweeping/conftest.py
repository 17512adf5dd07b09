"""The store of a small study, made once and copied for each test; and what sweeps compute."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.support.small_stores import swept
from thermalent.sweeping.execution import tasks


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    path = tmp_path_factory.mktemp("template") / "study.zarr"
    swept(path)
    return path


@pytest.fixture
def store(template, tmp_path):
    return Path(shutil.copytree(template, tmp_path / "study.zarr"))


@pytest.fixture
def counted(monkeypatch):
    """Numbers of points per call that is really computed."""
    sizes, compute = [], tasks.compute

    def count(recipe, part, skipped):
        sizes.append(part.size if skipped is None else int(np.sum(~skipped)))
        return compute(recipe, part, skipped)

    monkeypatch.setattr(tasks, "compute", count)
    return sizes
