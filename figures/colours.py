"""Colours that mean the same in all figures: for each quantity a table of its own.

All are told apart by colour-blind readers: those of Okabe and Ito for what is compared, Tol's muted
ones for temperatures, and shades from dark to bright for what only grows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from matplotlib import colormaps

# Okabe and Ito, darkest first.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00")

# kappa/gamma of a thermal source.
_BANDWIDTHS = {
    10.0: "#999999",
    1.0: "#000000",
    0.1: "#0072B2",
    0.03: "#56B4E9",
    0.01: "#D55E00",
    0.003: "#009E73",
    0.001: "#CC79A7",
    0.0001: "#E69F00",
}
# kappa/gamma of a squeezed source, which is broad.
_BROAD = {
    100.0: "#000000",
    20.0: "#0072B2",
    10.0: "#D55E00",
    5.0: "#009E73",
    2.0: "#CC79A7",
    1.0: "#E69F00",
}
# n_th; others have the colour of the nearest, on a logarithmic axis.
_OCCUPATIONS = {
    1.0: "#88CCEE",
    10.0: "#44AA99",
    100.0: "#117733",
    300.0: "#999933",
    1000.0: "#CC6677",
    10000.0: "#882255",
    100000.0: "#332288",
}
# chi = (gamma_R - gamma_L)/(gamma_R + gamma_L).
_CHIRALITIES = {
    1.0: "#0072B2",
    0.95: "#56B4E9",
    0.9: "#D55E00",
    0.8: "#E69F00",
    0.5: "#009E73",
    0.0: "#CC79A7",
}
# Delta/gamma, the step of the detunings along two rails.
_STEPS = {
    0.0: "#0072B2",
    0.05: "#56B4E9",
    0.1: "#999999",
    0.2: "#D55E00",
    0.5: "#009E73",
    1.0: "#CC79A7",
    5.0: "#E69F00",
}


def of_bandwidth(kappa: float) -> str:
    """Of curves at this bandwidth of a thermal source, over gamma."""
    return _of(_BANDWIDTHS, kappa)


def of_broad_bandwidth(kappa: float) -> str:
    """Of curves at this bandwidth of a squeezed source, over gamma."""
    return _of(_BROAD, kappa)


def of_occupation(n_th: float) -> str:
    """Of curves at this thermal occupation, or near it."""
    return _OCCUPATIONS[min(_OCCUPATIONS, key=lambda known: abs(math.log(known / n_th)))]


def of_chirality(chi: float) -> str:
    """Of curves at this chirality."""
    return _of(_CHIRALITIES, chi)


def of_step(delta: float) -> str:
    """Of curves at this step of the detunings, over gamma."""
    return _of(_STEPS, delta)


def shades(count: int) -> list[tuple[float, ...]]:
    """From dark to bright, for a quantity that grows from curve to curve."""
    bright = 0.85  # the brightest end is hard to see on white
    return [tuple(colormaps["viridis"](bright * i / max(count - 1, 1))) for i in range(count)]


def _of(table: Mapping[float, str], value: float) -> str:
    return next(colour for known, colour in table.items() if abs(value - known) <= 1e-9 * known)
