"""Spectra and coherences of hot links and of many emitters, beside sparse factorisations."""

from __future__ import annotations

import time

import numpy as np
from scipy.sparse import csc_array, eye_array
from scipy.sparse.linalg import splu

import thermalent as te
from benchmarks.report import Row
from thermalent.analysis.radiation import spectra
from thermalent.continued_fraction.dynamics.regression.regression import Regression

_PEER = 2  # frequencies that the peer solves


def against_factorisations(quick: bool = False) -> list[Row]:
    """CPU seconds; spectra over the factorisations of the same matrices by SuperLU."""
    rows = [
        _spectrum("two qubits", te.thermal_link(1e3, 1e-3), 40),
        _spectrum("three qubits", te.thermal_link(1e3, 1e-2, qubits=3), 40),
    ]
    if not quick:
        rows += [
            _spectrum("two qubits", te.thermal_link(1e6, 1e-3), 40),
            _spectrum("four qubits", te.thermal_link(100.0, 1e-2, qubits=4), 16),
        ]
    hot = te.thermal_link(1e3 if quick else 1e6, 1e-3)
    rows += [_coherence("two qubits", hot, order, limit=20.0, until=1e4) for order in (1, 2)]
    if not quick:
        four = te.thermal_link(100.0, 1e-2, qubits=4)
        rows += [_coherence("four qubits", four, order, limit=60.0, until=1e3) for order in (1, 2)]
    return rows


def _spectrum(qubits: str, network: te.Network, count: int) -> Row:
    """A spectrum of so many frequencies, over a factorisation for each and for each hierarchy."""
    omega = np.linspace(-3.0, 3.0, count)
    te.spectrum(network, omega[:8])  # compile
    began = time.process_time()
    found = te.spectrum(network, omega)
    seconds = time.process_time() - began
    peer_seconds, away = 0.0, 0.0
    hierarchies = spectra._regressions(network, "output", spectra.DEFAULT_SPECTRUM_RTOL, None)
    for regression in hierarchies:
        matrix, identity = regression._matrix(regression.last)
        for i in range(_PEER):
            began = time.process_time()
            value = _factorised(regression, matrix, identity, float(omega[i]))
            peer_seconds += time.process_time() - began
        if regression is hierarchies[spectra._DEPTHS - 1]:
            away = abs(value - found.values[_PEER - 1])
    peer_seconds *= count / _PEER
    ratio = peer_seconds / seconds
    return Row(
        name="radiation",
        quantity=f"{count} frequencies, {qubits}, n_th = {_occupation(network):g}, over SuperLU",
        required="faster",
        measured=f"{ratio:.1f} x ({seconds:.2g} s against {peer_seconds:.2g} s)",
        passed=bool(ratio > 1 and away <= found.error[_PEER - 1]),
        numbers={"seconds": seconds, "peer_seconds": peer_seconds, "difference": float(away)},
    )


def _factorised(
    regression: Regression, matrix: csc_array, identity: eye_array, omega: float
) -> float:
    """The value at a frequency by one sparse factorisation."""
    right = np.zeros(matrix.shape[0], dtype=complex)
    right[: len(regression.start)] = regression.start
    solution = splu(csc_array(identity * (1j * omega) - matrix), permc_spec="NATURAL").solve(right)
    return float((regression.row @ solution[: len(regression.row)]).real / np.pi)


def _coherence(qubits: str, network: te.Network, order: int, limit: float, until: float) -> Row:
    """A coherence at 50 delays within a limit of seconds."""
    delays = np.geomspace(0.01, until, 50)
    te.coherence(te.thermal_link(10.0, 0.1), [1.0], order=order)  # compile
    began = time.process_time()
    found = te.coherence(network, delays, order=order)
    seconds = time.process_time() - began
    return Row(
        name="radiation",
        quantity=(
            f"g{order} at 50 delays to {until:g}/gamma, {qubits}, n_th = {_occupation(network):g}"
        ),
        required=f"< {limit:g} s",
        measured=f"{seconds:.2g} s, error {np.max(found.error):.0e}",
        passed=seconds < limit,
        numbers={"seconds": seconds, "error": float(np.max(found.error))},
    )


def _occupation(network: te.Network) -> float:
    """n_th of the link's one mode."""
    return float(network.modes[0].n_th)
