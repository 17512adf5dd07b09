"""What the entanglement is good for: teleportation, distillation and rates over T and Q."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy.interpolate import PchipInterpolator

import thermalent as te
from figures import common
from figures.common import Report, Track

TEMPERATURES = (1.0, 1e3)  # K, of the resistor
QUALITIES = (3e3, 3e6)
RATE_TEMPERATURES = (77.0, 293.0, 1000.0)  # K
RATE_QUALITIES = (3e3, 1e6)
RATE_POINTS = 13  # per temperature
RESET = 1e-6  # seconds for a reset and a swap into memory between two preparations, assumed
UNTIL = 3e4  # 1/gamma; the best times are below a thousand
RATE_METHOD = te.ContinuedFraction(rtol=1e-4)
MAP_METHOD = te.ContinuedFraction(rtol=1e-6)
CLASSICAL = 2 / 3  # fidelity of measuring and preparing again
FOCK_AT = (1.0, 1e4)  # temperature and quality of the second route
_NAMES = ("teleportation_fidelity", "distillation_yield", "coherent_information")


def main(folder: Path = common.FOLDER, *, points: int = 29, track: Track = common.silent) -> Report:
    """Maps of the steady state's worth, and the rate of Bell states per second beside them.

    Args:
        folder: Where resource_map.png, resource_map.csv and resource_map_rates.csv go.
        points: Grid points along each axis.
        track: Wraps the loop over temperatures in a progress bar.
    """
    kelvin, quality = np.geomspace(*TEMPERATURES, points), np.geomspace(*QUALITIES, points)
    maps = {name: np.zeros((points, points)) for name in _NAMES}  # (temperature, quality)
    for i, temperature in enumerate(track(kelvin.tolist())):
        for j, q in enumerate(quality.tolist()):
            for name, value in worth(temperature, q, MAP_METHOD).items():
                maps[name][i, j] = value
    columns = {
        "temperature_K": np.repeat(kelvin, points),
        "quality": np.tile(quality, points),
        **{name: values.ravel() for name, values in maps.items()},
    }
    rates = _rates()
    _draw(folder, kelvin, quality, maps, rates)
    common.write_table(folder / "resource_map_rates.csv", rates)
    one, other = worth(*FOCK_AT), worth(*FOCK_AT, te.Fock(tolerance=1e-7))
    distance = max(abs(one[name] - other[name]) for name in _NAMES)
    best = np.unravel_index(np.argmax(maps["distillation_yield"]), (points, points))
    values = {
        "largest fidelity": float(maps["teleportation_fidelity"].max()),
        "largest yield": float(maps["distillation_yield"].max()),
        "at temperature": float(kelvin[best[0]]),
        "at quality": float(quality[best[1]]),
        "part with more than classical fidelity": float(
            np.mean(maps["teleportation_fidelity"] > CLASSICAL)
        ),
        "part that hashing distils": float(np.mean(maps["coherent_information"] > 0)),
        "distance": distance,
    }
    for kelvins in RATE_TEMPERATURES:
        column = rates[f"per_second_{kelvins:g}_K"]
        values[f"largest rate, {kelvins:g} K"] = float(column.max())
        values[f"at quality, {kelvins:g} K"] = float(rates["quality"][int(np.argmax(column))])
    return Report(
        columns=columns,
        agreement=f"continued fraction and Fock states agree to {distance:.0e} at one point",
        values=values,
    )


def worth(temperature: float, quality: float, method: te.Method | None = None) -> dict[str, float]:
    """The three numbers of the steady state of the superconducting link."""
    lab = te.hardware.superconducting_link(temperature, quality=quality)
    state = te.steady_state(lab.network, method)
    return {
        "teleportation_fidelity": float(state.teleportation_fidelity()),
        "distillation_yield": te.distillation_yield(state.state),
        "coherent_information": float(state.coherent_information()),
    }


def _rates() -> dict[str, np.ndarray]:
    """Bell states per second and the best times over Q, at each temperature."""
    quality = np.geomspace(*RATE_QUALITIES, RATE_POINTS)
    columns: dict[str, np.ndarray] = {"quality": quality}
    for kelvin in RATE_TEMPERATURES:
        found = [rate_per_second(kelvin, q) for q in quality.tolist()]
        columns[f"per_second_{kelvin:g}_K"] = np.array([rate for rate, _ in found])
        columns[f"seconds_{kelvin:g}_K"] = np.array([time for _, time in found])
    return columns


def rate_per_second(temperature: float, quality: float) -> tuple[float, float]:
    """Distilled Bell states per second of one link, and the time of each preparation in seconds."""
    lab = te.hardware.superconducting_link(temperature, quality=quality)
    found = te.entanglement_rate(
        lab.network, until=UNTIL, reset=RESET * lab.rate_unit, method=RATE_METHOD
    )
    return float(found.value) * lab.rate_unit, found.time * lab.time_unit


def _draw(
    folder: Path,
    kelvin: np.ndarray,
    quality: np.ndarray,
    maps: dict[str, np.ndarray],
    rates: dict[str, np.ndarray],
) -> None:
    with common.style():
        figure, panels = common.canvas(11.0, 3.6, 1, 3)
        fidelity, distilled = maps["teleportation_fidelity"], maps["distillation_yield"]
        mesh = _map(panels[0], kelvin, quality, fidelity, vmin=0.5, vmax=0.95)
        figure.colorbar(mesh, ax=panels[0], label="fidelity of teleportation")
        panels[0].contour(kelvin, quality, fidelity.T, levels=[CLASSICAL], colors="white")
        panels[0].set_title("(a) white: as good as no entanglement", loc="left")
        mesh = _map(panels[1], kelvin, quality, distilled, vmin=0.0)
        figure.colorbar(mesh, ax=panels[1], label="Bell states per pair")
        information = maps["coherent_information"].T
        panels[1].contour(kelvin, quality, information, levels=[0.0], colors="white")
        panels[1].set_title("(b) white: border of hashing alone", loc="left")
        axes = panels[2]
        for temperature, colour in zip(RATE_TEMPERATURES, common.COLOURS, strict=False):
            rate = rates[f"per_second_{temperature:g}_K"]
            some = rate > 0
            axes.loglog(rates["quality"][some], rate[some], "o", ms=3, color=colour)
            axes.loglog(*_smooth(rates["quality"][some], rate[some]), color=colour,
                        label=f"{temperature:g} K")  # fmt: skip
        axes.set(xlabel="quality factor $Q$", ylabel="Bell states per second")
        axes.legend(title="resistor")
        axes.set_title(r"(c) $\gamma/2\pi$ = 10 MHz, reset in 1 $\mu$s", loc="left")
        columns = {
            "temperature_K": np.repeat(kelvin, len(quality)),
            "quality": np.tile(quality, len(kelvin)),
            **{name: values.ravel() for name, values in maps.items()},
        }
        common.save("resource_map", folder, figure, columns)


def _smooth(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A monotone curve through computed points, on logarithmic axes."""
    if len(x) < 2:
        return x, y
    fine = np.geomspace(x[0], x[-1], 201)
    return fine, np.exp(PchipInterpolator(np.log(x), np.log(y))(np.log(fine)))


def _map(
    axes: Any, kelvin: np.ndarray, quality: np.ndarray, values: np.ndarray, **scale: Any
) -> Any:
    mesh = axes.pcolormesh(
        kelvin, quality, values.T, shading="gouraud", cmap="viridis", rasterized=True, **scale
    )
    axes.set(xscale="log", yscale="log", xlabel="temperature (K)", ylabel="quality factor $Q$")
    return mesh
