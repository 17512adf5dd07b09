"""The light behind the qubits: as the source becomes narrow, the pair stops scattering it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import thermalent as te
from figures import colours, common
from figures.common import Report, Track

FLUX = 1.0  # Phi over gamma
BANDWIDTHS = (1.0, 0.1, 0.01, 0.001)  # kappa over gamma
SHOWN = 0.001  # bandwidth of the panel on one qubit and two
SPAN = (1e-5, 1e3)  # omega over gamma
RTOL = 1e-8


def main(
    folder: Path = common.FOLDER, *, points: int = 161, track: Track = common.silent
) -> Report:
    """Spectra behind one qubit and behind two, beside that of the source.

    Args:
        folder: Where spectra.png and spectra.csv go.
        points: Frequencies above zero, on a logarithmic axis; the spectra are even.
        track: Wraps the loop over the bandwidths in a progress bar.
    """
    omega = np.geomspace(*SPAN, points)
    columns = {"omega": omega}
    values, missing = {}, 0.0
    for kappa in track(BANDWIDTHS):
        columns[f"source_{kappa:g}"] = source = lorentzian(omega, kappa)
        for qubits in (1, 2):
            found = te.spectrum(link(kappa, qubits), omega, rtol=RTOL)
            columns[f"behind_{qubits}_{kappa:g}"] = found.values
            missing = max(missing, abs(integral(omega, found.values) - FLUX))
            values[f"scattered by {qubits}, kappa {kappa:g}"] = scattered(
                omega, found.values, source
            )
    columns["behind_1_static_field"] = mollow = static(omega)
    _draw(folder, columns)
    far = (omega > 0.3) & (omega < 6)
    ratio = columns[f"behind_1_{min(BANDWIDTHS):g}"][far] / mollow[far]
    values["one qubit over static field, largest deviation"] = float(np.max(np.abs(ratio - 1)))
    return Report(
        columns=columns,
        agreement=(
            f"every spectrum integrates to the flux that comes in, to {missing:.0e}; behind one "
            "qubit it is the averaged Mollow triplet to "
            f"{np.max(np.abs(ratio - 1)):.0%} at kappa/gamma = {min(BANDWIDTHS):g}"
        ),
        values=values,
    )


def link(kappa: float, qubits: int) -> te.Network:
    """Qubits behind a source with the flux of the figure, kappa n_th / 2."""
    return te.thermal_link(2 * FLUX / kappa, kappa, qubits=qubits)


def lorentzian(omega: np.ndarray, kappa: float) -> np.ndarray:
    """The spectrum of the source alone: g1 = exp(-kappa tau), Eq. (24), times the flux."""
    return FLUX * kappa / (np.pi * (omega**2 + kappa**2))


def integral(omega: np.ndarray, values: np.ndarray) -> float:
    """Integral over all frequencies of an even spectrum that falls as 1/omega^2 in the end."""
    inner = np.trapezoid(omega * values, np.log(omega))
    return float(2 * (inner + omega[0] * values[0] + omega[-1] * values[-1]))


def scattered(omega: np.ndarray, values: np.ndarray, source: np.ndarray) -> float:
    """Share of the quanta that leave at frequencies where the source has fewer."""
    return integral(omega, np.maximum(values - source, 0.0)) / FLUX


def static(omega: np.ndarray) -> np.ndarray:
    r"""The light that one qubit scatters from a static field, averaged over a thermal amplitude.

    $$S(\omega) = \frac{1}{\pi} \mathrm{Re} \int_0^\infty d\tau\, e^{-i\omega\tau} \big[
      \langle\sigma^+(0)\sigma^-(\tau)\rangle - |\langle\sigma^-\rangle|^2 \big]$$

    from the optical Bloch equations with Omega = 2 sqrt(Phi) and gamma = 1, at 200 Gauss-Legendre
    nodes of the amplitude.

    Source: quantum regression theorem; Mollow triplet.
    """
    nodes, weights = np.polynomial.legendre.leggauss(200)
    amplitude, weights = 3 * (nodes + 1), 3 * weights
    law = 2 * amplitude * np.exp(-(amplitude**2)) * weights
    total = np.zeros(len(omega))
    for x, weight in zip(amplitude.tolist(), law.tolist(), strict=True):
        drive = 2 * np.sqrt(FLUX) * x
        # (sigma^-, sigma^+, sigma^z)
        bloch = np.array(
            [[-0.5, 0, 0.5j * drive], [0, -0.5, -0.5j * drive], [1j * drive, -1j * drive, -1]]
        )
        mean = np.linalg.solve(bloch, np.array([0, 0, 1.0 + 0j]))
        _, raised, inversion = mean
        start = np.array([(1 + inversion) / 2, 0, -raised]) - raised * mean
        resolvent = 1j * omega[:, None, None] * np.eye(3) - bloch  # (w, 3, 3)
        right = np.broadcast_to(start[:, None], (len(omega), 3, 1))
        total += weight * np.linalg.solve(resolvent, right)[:, 0, 0].real / np.pi
    return total


def _draw(folder: Path, columns: dict[str, np.ndarray]) -> None:
    omega = columns["omega"]
    with common.style():
        figure, (axes, one) = common.canvas(8.8, 3.9, 1, 2)
        for kappa in BANDWIDTHS:
            colour = colours.of_bandwidth(kappa)
            label = rf"${common.power_of_ten(kappa)}$"
            axes.loglog(omega, columns[f"behind_2_{kappa:g}"], color=colour, label=label)
            axes.loglog(omega, columns[f"source_{kappa:g}"], color=colour, lw=0.9, ls="--")
        axes.set(xlabel=r"frequency $\omega/\gamma$", xlim=(1e-4, 30), ylim=(1e-6, 1e3))
        axes.set_ylabel(r"spectrum $S(\omega)$")
        axes.set_title("behind two qubits (solid), and the source (dashed)", loc="left")
        axes.legend(title=common.BANDWIDTH, loc="lower left")
        both = np.concatenate([-omega[::-1], omega])

        def even(name: str) -> np.ndarray:
            return np.concatenate([columns[name][::-1], columns[name]])

        lines: tuple[tuple[str, str, dict[str, Any]], ...] = (
            (f"source_{SHOWN:g}", "source", {"color": "#555555", "ls": "--", "lw": 1.0}),
            (f"behind_1_{SHOWN:g}", "behind one qubit", {"color": common.COLOURS[2]}),
            ("behind_1_static_field", "one qubit, static field", {"color": "black", "ls": ":"}),
            (f"behind_2_{SHOWN:g}", "behind two qubits", {"color": colours.of_bandwidth(SHOWN)}),
        )
        for name, label, options in lines:
            one.semilogy(both, even(name), label=label, **options)
        one.set(xlabel=r"frequency $\omega/\gamma$", xlim=(-6, 6), ylim=(3e-6, 30))
        one.set_title(
            rf"$\kappa/\gamma = {common.power_of_ten(SHOWN)}$, $\Phi = {FLUX:g}\,\gamma$",
            loc="left",
        )
        one.legend(loc="upper right")
        common.save("spectra", folder, figure, columns)
