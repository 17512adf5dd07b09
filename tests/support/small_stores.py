"""A small study, with a store or without."""

import numpy as np

import thermalent as te

N_TH, KAPPA = np.geomspace(0.5, 50, 4), np.geomspace(0.05, 2, 3)


GRID = {"n_th": N_TH, "kappa": KAPPA}


def swept(store=None, **options):
    options = {"executor": 1, "block": 3, "observables": ["concurrence"], **options}
    return te.sweep(te.thermal_link, options.pop("grid", GRID), store=store, **options)
