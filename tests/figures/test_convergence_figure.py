"""The figure of convergence with the cutoff, on a reduced grid: what it shows is true."""

import csv

import numpy as np
import pytest

POINTS = {"cutoff_convergence": 3}
# The cost of Fock states rises fast; with less squeezing fewer show the same.
REDUCED = {"cutoff_convergence": {"LAST": 10, "SQUEEZING": 0.6}}


@pytest.mark.long
def test_every_method_converges_to_one_state(figure):
    report, folder = figure("cutoff_convergence")
    assert (folder / "cutoff_convergence.png").stat().st_size > 10_000
    with (folder / "cutoff_convergence.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == len(report.columns["cutoff"])
    for kappa in ("kappa_2", "kappa_10"):
        for name in ("hierarchy", "fock"):
            errors = report.columns[f"{name}_{kappa}"]
            # Every further cutoff gains more than a decade, down to rounding.
            assert np.all((errors[1:] < errors[:-1] / 10) | (errors[1:] < 1e-10))
            assert errors[-1] < 1e-7
        noise = report.columns[f"jumps_error_{kappa}"]
        away = report.columns[f"jumps_{kappa}"] - report.columns[f"fock_{kappa}"]
        seen = ~np.isnan(noise)
        assert np.any(seen)
        # At one cutoff, jumps and master equation differ by noise alone.
        assert np.all(np.abs(away[seen]) < 4 * noise[seen])
