"""A measured filter end to end: Touchstone file, fit by poles, its error, and the entanglement."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import thermalent as te
from figures import common, curves
from figures.common import Report, Track

CARRIER = 5e9  # Hz
GAMMA = 10e6  # gamma/2pi of the qubits, Hz
WIDTH = 300e3  # full width of the design, Hz
UNEQUAL = (1.0, 1.1, 0.85, 0.9)  # inverters of the four couplings, over those of the design
OFFSETS = (20e3, -30e3, 10e3)  # of their frequencies, Hz
Q_INTERNAL = 2e6
NOISE = 5e-5  # of S21, standard deviation of each quadrature
SPAN, SAMPLES = 8.0, 401  # of the measurement, in widths
TEMPERATURES = (10.0, 1000.0)  # K
RTOL = 2e-3
FINE = 2001


def main(folder: Path = common.FOLDER, *, points: int = 9, track: Track = common.silent) -> Report:
    """The filter's circuit, its file, the fit, and the concurrence over the source's temperature.

    Args:
        folder: Where measured_filter.png and measured_filter.csv go.
        points: Temperatures.
        track: Wraps the loop over them in a progress bar.
    """
    frequencies = CARRIER + WIDTH * SPAN / 2 * np.linspace(-1, 1, SAMPLES)
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "filter.s2p"
        _measurement(frequencies, path)
        filters = {
            "measured": te.Filter.from_touchstone(
                path, carrier=CARRIER, unit=GAMMA, temperature=4.0
            ),
            "designed": te.Filter.butterworth(3, WIDTH / GAMMA),
        }
    fit = filters["measured"].fit
    assert fit is not None
    temperatures = np.geomspace(*TEMPERATURES, points)
    columns = {"temperature_K": temperatures, "n_th": np.zeros(points)}
    for name in filters:
        columns[f"concurrence_{name}"] = np.zeros(points)
        columns[f"error_{name}"] = np.zeros(points)
    for i, kelvin in enumerate(track(temperatures.tolist())):
        n_th = te.hardware.thermal_occupation(kelvin, CARRIER)
        columns["n_th"][i] = n_th
        for name, chosen in filters.items():
            found = te.steady_state(
                te.thermal_link(n_th, filter=chosen), te.ContinuedFraction(rtol=RTOL)
            ).concurrence()
            columns[f"concurrence_{name}"][i] = found
            columns[f"error_{name}"][i] = found.error
    away = _distance_from_circuit(filters["measured"], frequencies)
    _draw(folder, columns, fit)
    best = int(np.argmax(columns["concurrence_measured"]))
    return Report(
        columns=columns,
        agreement=f"the fit agrees with the circuit without noise to {away:.0e} of |S21|^2, "
        f"with the data to {fit.error:.0e}",
        values={
            "largest concurrence, measured": float(columns["concurrence_measured"][best]),
            "at K": float(temperatures[best]),
            "largest concurrence, designed": float(np.max(columns["concurrence_designed"])),
            "poles": float(filters["measured"].order),
            "peak": filters["measured"].peak,
            "fit error": fit.error,
            "distance from the circuit": away,
        },
    )


def circuit(frequencies: np.ndarray) -> np.ndarray:
    """S parameters of three coupled resonators with loss, (f, 2, 2), by scikit-rf.

    Resonators are shunt R, L, C; admittance inverters of quarter-wave lines at the carrier join
    them to each other and to the two ports of 50 ohm.
    """
    import skrf

    band = skrf.Frequency.from_f(frequencies, unit="hz")
    # Slope of the susceptance of all resonators, and the inverters of a Butterworth filter.
    slope, load = 1.0, 1 / 50.0
    g = [1.0, 1.0, 2.0, 1.0, 1.0]
    part = WIDTH / CARRIER
    ends = np.sqrt(load * slope * part)
    inner = [part * slope / np.sqrt(g[k] * g[k + 1]) for k in (1, 2)]
    inverters = [ends, *inner, ends]
    omega = 2 * np.pi * frequencies
    network = None
    for k in range(4):
        scale = UNEQUAL[k]
        piece = _two_port(band, *_inverter(inverters[k] * scale, len(frequencies)))
        network = piece if network is None else network**piece
        if k < 3:
            centre = 2 * np.pi * (CARRIER + OFFSETS[k])
            capacity = slope / centre
            admittance = 1j * (omega * capacity - centre**2 * capacity / omega) + slope / Q_INTERNAL
            network = network ** _two_port(band, *_shunt(admittance))
    return np.asarray(network.s)


def _two_port(band: Any, *abcd: np.ndarray) -> Any:
    import skrf

    matrix = np.moveaxis(np.array(abcd).reshape(2, 2, -1), -1, 0)
    return skrf.Network(frequency=band, s=skrf.network.a2s(matrix, 50.0), z0=50.0)


def _inverter(j: float, count: int) -> tuple[np.ndarray, ...]:
    one = np.ones(count, dtype=complex)
    return 0 * one, one * 1j / j, one * 1j * j, 0 * one


def _shunt(admittance: np.ndarray) -> tuple[np.ndarray, ...]:
    one = np.ones(len(admittance), dtype=complex)
    return one, 0 * one, admittance, one


def _measurement(frequencies: np.ndarray, path: Path) -> None:
    import skrf

    rng = np.random.default_rng(7)
    s = circuit(frequencies)
    s = s + NOISE * (rng.normal(size=s.shape) + 1j * rng.normal(size=s.shape))
    band = skrf.Frequency.from_f(frequencies, unit="hz")
    skrf.Network(frequency=band, s=s, z0=50.0).write_touchstone(
        path.stem, dir=str(path.parent), write_z0=False
    )


def _distance_from_circuit(fitted: te.Filter, frequencies: np.ndarray) -> float:
    """Largest difference of |S21|^2 over its peak, on other frequencies than were measured."""
    fine = np.linspace(frequencies[0], frequencies[-1], FINE)
    true = np.abs(circuit(fine)[:, 1, 0]) ** 2
    assert fitted.fit is not None
    ours = np.abs(fitted.response((fine - fitted.fit.carrier) / GAMMA)) ** 2
    return float(np.max(np.abs(ours - true)) / np.max(true))


def _draw(folder: Path, columns: dict[str, np.ndarray], fit: Any) -> None:
    with common.style():
        figure, (left, right) = common.canvas(8.6, 3.8, 1, 2)
        offset = (fit.frequencies - fit.carrier) / 1e3
        left.plot(offset, 10 * np.log10(fit.measured), ".", ms=2.5, color="0.5", label="measured")
        left.plot(offset, 10 * np.log10(fit.fitted), color=common.COLOURS[0], label="fit by poles")
        difference = np.maximum(np.abs(fit.measured - fit.fitted), 1e-8)
        left.plot(
            offset, 10 * np.log10(difference), lw=0.6, color=common.COLOURS[1], label="difference"
        )
        left.set(xlabel="frequency from the carrier (kHz)", ylabel=r"$|S_{21}|^2$ (dB)")
        left.set(ylim=(-75, 5), xlim=(offset[0], offset[-1]))
        left.set_title("(a) three unequal cavities with loss", loc="left")
        left.legend(loc="upper right")
        kelvin = columns["temperature_K"]
        for name, label, colour in (
            ("measured", "measured, with its error", common.COLOURS[0]),
            ("designed", "as designed, without loss", common.COLOURS[1]),
        ):
            value, error = columns[f"concurrence_{name}"], columns[f"error_{name}"]
            right.semilogx(*curves.curve(kelvin, value), color=colour, label=label)
            ends = [curves.curve(kelvin, value + sign * error) for sign in (-1, 1)]
            right.fill_between(ends[0][0], ends[0][1], ends[1][1], color=colour, alpha=0.25, lw=0)
        right.axvline(293, color="0.4", lw=0.8, ls=":", label="293 K")
        right.set(xlabel="temperature of the source (K)", ylabel=common.CONCURRENCE)
        right.set(ylim=(0, 1), xlim=TEMPERATURES)
        title = rf"(b) {CARRIER / 1e9:g} GHz, $\gamma/2\pi$ = {GAMMA / 1e6:g} MHz"
        right.set_title(title, loc="left")
        right.legend(loc="lower right")
        common.save("measured_filter", folder, figure, columns)
