"""Sharper spectra: entanglement behind one, two and three thermal filters in a row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import thermalent as te
from figures import common, curves
from figures.common import Report, Track
from thermalent.networks.gaussian_source import gaussian_source

FILTERS = (1, 2, 3)
BANDWIDTHS = (0.3, 0.1)  # kappa over gamma of a single filter
SPAN = (1e-2, 3.0)  # Phi over gamma
# Hotter filters than this take more than some ten seconds each: the curves end there.
HOTTEST = {1: np.inf, 2: 24.0, 3: 9.0}
RTOL = 1e-3
FOCK = 6  # levels of each mode, for the second route


def main(folder: Path = common.FOLDER, *, points: int = 16, track: Track = common.silent) -> Report:
    """Concurrence over the flux, at equal kappa and at equal half width of the spectrum.

    Args:
        folder: Where filter_order.png and filter_order.csv go.
        points: Fluxes.
        track: Wraps the loop over filters, bandwidths and widths in a progress bar.
    """
    fluxes = np.geomspace(*SPAN, points)
    columns: dict[str, np.ndarray] = {"Phi_over_gamma": fluxes}
    values: dict[str, float] = {}
    distance = 0.0
    curves = [
        (kappa, filters, equal)
        for kappa in BANDWIDTHS
        for filters in FILTERS
        for equal in ("kappa", "width")
        if filters > 1 or equal == "kappa"
    ]
    for kappa, filters, equal in track(curves):
        rate = kappa if equal == "kappa" else widened(kappa, filters)
        occupations = fluxes / (rate * flux_per_quantum(filters))
        name = f"{filters}_filters_kappa_{kappa:g}_equal_{equal}"
        columns[name] = np.array(
            [_concurrence(n, rate, filters, _EXACT) for n in occupations if n <= HOTTEST[filters]]
            + [np.nan] * int(np.sum(occupations > HOTTEST[filters]))
        )
        best = int(np.nanargmax(columns[name]))
        values[f"largest, {name}"] = float(columns[name][best])
        values[f"at Phi/gamma, {name}"] = float(fluxes[best])
        values[f"last Phi/gamma, {name}"] = float(fluxes[np.sum(~np.isnan(columns[name])) - 1])
        fock = _concurrence(occupations[0], rate, filters, te.Fock(cutoff=FOCK))
        distance = max(distance, abs(fock - float(columns[name][0])))
    _draw(folder, columns)
    return Report(
        columns=columns,
        agreement=f"Fock states agree at the smallest flux to {distance:.0e}",
        values={**values, "distance": distance},
    )


_EXACT = te.ContinuedFraction(rtol=RTOL)


def flux_per_quantum(filters: int) -> float:
    """Phi/(kappa n_th) behind equal filters: 1/2, 1/4, 3/16, from the source's own covariance."""
    network = te.thermal_link(1.0, 1.0, filters=filters)
    covariance = gaussian_source(network).covariance
    # The last filter's <alpha alpha^*>; it sends kappa times that into the waveguide.
    return float(covariance[2 * filters - 2, 2 * filters - 1].real)


def widened(kappa: float, filters: int) -> float:
    """The kappa for which the M-th power of the Lorentzian is as wide at half height as one."""
    return kappa / float(np.sqrt(2 ** (1 / filters) - 1))


def _concurrence(n_th: float, kappa: float, filters: int, method: te.Method) -> float:
    return te.steady_state(te.thermal_link(n_th, kappa, filters=filters), method).concurrence()


def _draw(folder: Path, columns: dict[str, np.ndarray]) -> None:
    with common.style():
        count = len(BANDWIDTHS)
        figure, (panels,) = common.canvas(3.8 * count, 3.6, 1, count, sharey=True, squeeze=False)
        for axes, kappa in zip(panels, BANDWIDTHS, strict=True):
            for filters, colour in zip(FILTERS, common.COLOURS, strict=False):
                name = f"{filters}_filters_kappa_{kappa:g}_equal"
                label = f"{filters} filter{'s' if filters > 1 else ''}"
                fluxes = columns["Phi_over_gamma"]
                drawn = curves.curve(fluxes, columns[f"{name}_kappa"])
                axes.semilogx(*drawn, color=colour, label=label)
                _end(axes, fluxes, columns[f"{name}_kappa"], colour)
                if filters > 1:
                    drawn = curves.curve(fluxes, columns[f"{name}_width"])
                    axes.semilogx(*drawn, "--", color=colour)
                    _end(axes, fluxes, columns[f"{name}_width"], colour)
            axes.plot([], [], "k--", label="as wide as one filter")
            axes.plot([], [], "ko", ms=4, mfc="white", label="too costly beyond")
            axes.set(xlabel=r"photon flux $\Phi/\gamma$", xlim=SPAN)
            axes.set_title(rf"$\kappa = {kappa:g}\,\gamma$", loc="left")
        panels[0].set(ylabel=common.CONCURRENCE, ylim=(0, None))
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, **{**common.BELOW, "ncols": 5})
        common.save("filter_order", folder, figure, columns)


def _end(axes: Any, fluxes: np.ndarray, values: np.ndarray, colour: str) -> None:
    """A circle where a curve ends before the axis does."""
    last = int(np.sum(~np.isnan(values))) - 1
    if last < len(values) - 1:
        axes.plot(fluxes[last], values[last], "o", ms=4, mfc="white", color=colour, clip_on=False)
