"""THERMAL, Fig. 4(d): concurrence with loss between the qubits, consistent and as printed."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import thermalent as te
from figures import colours, common, curves
from figures.common import Report, Track

N_TH = 1220.0
BANDWIDTHS = (1e-2, 3e-3, 1e-3, 1e-4)  # kappa over gamma
LOSSES = (0.0, 0.3)  # of power
RTOL = 1e-8
# Second route: Fock states of 610 quanta take two seconds a point.
FOCK_STEP = 12


def main(folder: Path = common.FOLDER, *, points: int = 61, track: Track = common.silent) -> Report:
    """Concurrence against the loss: that of a waveguide, and Eq. (48) taken literally.

    Args:
        folder: Where thermal_4d.png and thermal_4d.csv go.
        points: Losses per curve.
        track: Wraps the loop over losses in a progress bar.
    """
    losses = np.linspace(0, np.sqrt(LOSSES[1]), points) ** 2  # the curves are steep at zero
    fraction, fock = te.ContinuedFraction(rtol=RTOL), te.Fock(tolerance=RTOL)
    blocks: list[dict[str, np.ndarray]] = []
    for b, kappa in enumerate(BANDWIDTHS):
        # Columns of the second routes are filled where they are quick, other losses per bandwidth.
        found = np.full((points, 4), np.nan)
        for i, loss in enumerate(track(losses.tolist())):
            waveguide = te.thermal_link(N_TH, kappa, loss=loss)
            found[i, 0] = te.steady_state(waveguide, fraction).concurrence()
            found[i, 1] = te.steady_state(classical_drive(kappa, loss), fraction).concurrence()
            if i == (b + 1) * points // FOCK_STEP:
                found[i, 2] = te.steady_state(waveguide, fock).concurrence()
                found[i, 3] = te.steady_state(as_printed(kappa, loss), fock).concurrence()
        blocks.append(
            {
                "kappa_over_gamma": np.full(points, kappa),
                "p_loss": losses,
                "concurrence": found[:, 0],
                "concurrence_eq48": found[:, 1],
                "concurrence_fock": found[:, 2],
                "concurrence_eq48_fock": found[:, 3],
            }
        )
    columns = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    _draw(folder, columns)
    waveguide_agrees, printed_agrees = (
        common.largest_difference(columns[name], columns[f"{name}_fock"])
        for name in ("concurrence", "concurrence_eq48")
    )
    return Report(
        columns=columns,
        agreement=(
            f"continued fraction and Fock states agree to {waveguide_agrees:.0e} for the "
            f"waveguide and to {printed_agrees:.0e} for Eq. (48), at {len(BANDWIDTHS)} points each"
        ),
        values={
            f"{name} at kappa={kappa:g}, loss={loss:g}": te.steady_state(network).concurrence()
            for kappa in BANDWIDTHS
            for loss in (0.05, 0.1)
            for name, network in (
                ("waveguide", te.thermal_link(N_TH, kappa, loss=loss)),
                ("Eq. (48)", classical_drive(kappa, loss)),
            )
        },
    )


def classical_drive(kappa: float, loss: float) -> te.Network:
    r"""Eq. (48) as a network: a classical field drives both qubits at full strength.

    $$\dot\rho = \dots + \sqrt{\kappa\gamma}\,\big[\alpha^*(t)(\sigma_1^- + \sigma_2^-)
      - \mathrm{h.c.},\ \rho\big]$$

    The field alpha has the statistics of the source, but enters as a Hamiltonian: nothing has to be
    emitted for it. Without loss this is the cascade, where nothing travels back to the source.
    """
    transmission = np.sqrt(1 - loss)
    decay = np.array([[kappa, 0, 0], [0, 1, transmission], [0, transmission, 1]])
    drive = -1j * np.sqrt(kappa)
    exchange = np.array(
        [[0, -drive, -drive], [drive, 0, 0.5j * transmission], [drive, -0.5j * transmission, 0]]
    )
    return te.Network(
        nodes=(
            te.Mode(name="source", bath_rate=kappa, n_th=N_TH, backaction=False),
            te.Qubit(name="q1"),
            te.Qubit(name="q2"),
        ),
        exchange=exchange,
        decay=decay,
        label="thermal link with the loss of Eq. (48)",
    )


def as_printed(kappa: float, loss: float) -> te.Network:
    """The ideal cascade, the terms between the qubits scaled as in Eq. (48).

    Its G has a negative eigenvalue, so that it is no waveguide; with the source's hot port the
    decay of all nodes is positive semidefinite, and the master equation legitimate.
    """
    ideal = te.thermal_link(N_TH, kappa)
    scaled = np.ones((3, 3))
    scaled[1, 2] = scaled[2, 1] = np.sqrt(1 - loss)
    return te.Network(
        nodes=ideal.nodes,
        exchange=ideal.exchange * scaled,
        decay=ideal.decay * scaled,
        label="thermal link with the loss of Eq. (48)",
    )


def _draw(folder: Path, columns: dict[str, np.ndarray]) -> None:
    with common.style():
        figure, axes = common.canvas(4.8, 4.0)
        for kappa in BANDWIDTHS:
            colour = colours.of_bandwidth(kappa)
            mine = columns["kappa_over_gamma"] == kappa
            loss = 100 * columns["p_loss"][mine]
            label = rf"$\kappa/\gamma = {common.power_of_ten(kappa)}$"
            curve = curves.curve(loss, columns["concurrence"][mine], scale="root")
            axes.plot(*curve, color=colour, label=label)
            curve = curves.curve(loss, columns["concurrence_eq48"][mine], scale="root")
            axes.plot(*curve, "--", color=colour, linewidth=1)
        axes.plot([], [], "-", color="0.3", label="lossy waveguide")
        axes.plot([], [], "--", color="0.3", linewidth=1, label="Eq. (48) as printed")
        axes.set(xlabel=r"loss between the qubits $p_\mathrm{loss}$ (%)", ylabel=common.CONCURRENCE)
        axes.set(xlim=(0, 100 * LOSSES[1]), ylim=(0, 0.8))
        axes.set_title(rf"(d) $n_\mathrm{{th}} = {N_TH:.0f}$", loc="left")
        axes.legend(loc="upper right")
        common.save("thermal_4d", folder, figure, columns)
