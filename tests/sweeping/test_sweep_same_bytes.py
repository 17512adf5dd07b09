"""The same store byte for byte, whoever computes it; kills and faults are in `tests/campaign`."""

import numpy as np
import pytest

import thermalent as te
from tests.campaign.stores import files_of

GRID = {"n_th": np.geomspace(0.5, 20, 6), "kappa": np.geomspace(0.05, 2, 7)}


@pytest.mark.parametrize("executor", [2, "threads"])
def test_the_same_store_whoever_computes(tmp_path, executor):
    from concurrent.futures import ThreadPoolExecutor

    def swept(name, executor):
        return te.sweep(
            te.thermal_link, GRID, ["concurrence", "populations"],
            method=te.ContinuedFraction(rtol=1e-8), store=tmp_path / name, executor=executor,
            block=10,
        )  # fmt: skip

    alone = swept("alone", 1)
    with ThreadPoolExecutor(2) as pool:
        together = swept("together", pool if executor == "threads" else executor)
    assert files_of(tmp_path / "alone") == files_of(tmp_path / "together")
    assert together.load().identical(alone.load())
