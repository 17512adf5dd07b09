"""Imported once by the server from which victims are forked: what every one of them needs, loaded.

It leaves no thread behind, which a fork would lose.
"""

import cloudpickle  # noqa: F401
import loky  # noqa: F401
import psutil  # noqa: F401
import xarray  # noqa: F401
import zarr  # noqa: F401

import tests.campaign.victims  # noqa: F401
import thermalent as te

te.sweep(
    te.thermal_link,
    {"n_th": [0.5, 1.0]},
    ["concurrence", "populations", "entropy[q1]"],
    fixed={"kappa": 0.5},
    method=te.ContinuedFraction(rtol=1e-8),
    executor=1,
    progress=False,
)
