"""docs/sweeps.md: its example runs, and the numbers of its plan follow from the code."""

import re
from pathlib import Path

import numpy as np

from thermalent.operators.observables import TABLE
from thermalent.solving.registry import METHODS, MODELS
from thermalent.sweeping.tiles import tiles

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "sweeps.md").read_text()


def test_the_example_runs():
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict = {}
    exec(code.replace("print(", "str("), names)
    data, best = names["data"], names["best"]
    assert data.sizes == {"n_th": 20, "kappa": 15}
    assert np.all(data["status"] == 1)
    assert float(data[best]["concurrence"]) == float(data["concurrence"].max())


def test_the_plan_counts_its_blocks():
    cut = tiles((3163, 3163))
    assert f"{len(cut):,} blocks of {cut.size(0)}" in re.sub(r"\s+", " ", PAGE)
    smaller = tiles((3163, 3163), 64)
    assert f"{len(smaller):,} blocks" in PAGE


def test_every_name_is_on_the_page():
    methods = [entry.key for entry in METHODS if entry.steady]
    for name in (*TABLE, *(entry.key for entry in MODELS), *methods):
        assert f"`{name}`" in PAGE or f"`{name}[" in PAGE
