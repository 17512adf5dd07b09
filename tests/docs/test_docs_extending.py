"""The page on extending the package: its example runs, as a method of the user's own."""

import re
from pathlib import Path

import numpy as np
import pytest

import thermalent as te
from thermalent.operators.reading import observables
from thermalent.solving import registry

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "extending.md").read_text()


def test_the_method_of_the_page_is_taken_everywhere():
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict = {"__name__": "extending"}
    exec(code, names)
    np.testing.assert_array_equal(names["state"].state, np.eye(4) / 4)
    method = names["InfiniteTemperature"]()
    data = te.sweep(
        te.thermal_link, {"n_th": [1.0, 2.0]}, ["purity"], method=method, fixed={"kappa": 1}
    )
    np.testing.assert_allclose(data["purity"], 0.25)
    rows = te.cross_validate(te.thermal_link(0.5, 0.5), [te.Fock(), method]).rows
    assert [row.outcome for row in rows] == ["solved", "solved"]
    with pytest.raises(te.MethodError, match="InfiniteTemperature does not evolve this network"):
        te.evolve(te.thermal_link(0.5, 0.5), [1.0], "00", method)


def test_the_tables_that_the_page_names_are_there():
    assert observables.MEASURES
    assert registry.METHOD_OPTIONS
