"""Spectra and coherence functions behind several poles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from thermalent.analysis.radiation.field import (
    FieldName,
    chosen_steady_state,
    field_of,
    no_width,
    require_light,
)
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.continued_fraction.several_poles import correlations
from thermalent.continued_fraction.several_poles.chain.coordinates import Source, chain_of
from thermalent.continued_fraction.several_poles.chain.fields import ChainField
from thermalent.continued_fraction.several_poles.converge import MOST_WORK
from thermalent.continued_fraction.several_poles.evolution import tiers_depth
from thermalent.networks.network import Network
from thermalent.networks.symmetry import node_signs
from thermalent.operators.estimates import Estimate
from thermalent.solution.errors import MethodError, require_memory

DEFAULT_SPECTRUM_RTOL = 1e-8
_BUDGET = 1.5e11  # multiplications where no accuracy is asked for, about half a minute
_MEASURED = ", plus three standard deviations of the measured source"
HOW_BEHIND_POLES = (
    "three times the change with one quantum more along the chain, more tiers and another scaling, "
    "and what the change before that may leave"
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Radiated:
    """Numbers over frequencies or delays with their errors, and the flux.

    Args:
        values: The numbers, (n,).
        error: Their errors, (n,).
        flux: <O^+ O>, quanta per unit time, with its error.
        how: How the errors were obtained.
    """

    values: np.ndarray
    error: np.ndarray
    flux: Estimate
    how: str = HOW_BEHIND_POLES


def spectrum_behind_poles(
    network: Network,
    omega: np.ndarray,
    of: FieldName,
    rtol: float | None,
    initial: Any,
    report: Callable[[str], None],
) -> Radiated:
    """The spectrum of a field at angular frequencies (w,); see `te.spectrum`."""
    aimed = DEFAULT_SPECTRUM_RTOL if rtol is None else rtol
    asked = _asked(network, of, 1, aimed, initial)
    try:
        values, error, flux, flux_error = correlations.tiers_spectrum(
            asked, omega, aimed, _granted(rtol), report
        )
    except np.linalg.LinAlgError as problem:
        no_width(str(problem))
    found = Radiated(values=values, error=error, flux=Estimate(flux, flux_error, HOW_BEHIND_POLES))
    return _with(
        found,
        [
            spectrum_behind_poles(other, omega, of, rtol, initial, report)
            for other in network.alternatives
        ],
    )


def coherence_behind_poles(
    network: Network,
    delays: np.ndarray,
    of: FieldName,
    order: int,
    rtol: float | None,
    initial: Any,
) -> Radiated:
    """The coherence of a field over delays (t,), complex; see `te.coherence`."""
    aimed, granted = DEFAULT_SPECTRUM_RTOL if rtol is None else rtol, _granted(rtol)
    asked = _asked(network, of, order, aimed, initial)
    flux = Estimate(*correlations.flux(replace(asked, order=1), aimed, granted), HOW_BEHIND_POLES)
    require_light(of, flux)
    scale = float(flux) ** order
    values, error = correlations.tiers_coherence(asked, delays, aimed, granted)
    values = values / scale
    error = error / scale + order * np.abs(values) * (flux.error / flux)
    found = Radiated(values=values, error=error, flux=flux)
    return _with(
        found,
        [
            coherence_behind_poles(other, delays, of, order, rtol, initial)
            for other in network.alternatives
        ],
    )


def flux_behind_poles(network: Network, of: FieldName, rtol: float, initial: Any) -> Estimate:
    """<O^+ O> of a field in the steady state, quanta per unit time."""
    asked = _asked(network, of, 1, rtol, initial)
    value, error = correlations.flux(asked, rtol, _granted(rtol))
    how, moved = HOW_BEHIND_POLES, 0.0
    for other in network.alternatives:
        how = HOW_BEHIND_POLES + _MEASURED
        moved += (value - float(flux_behind_poles(other, of, rtol, initial))) ** 2
    return Estimate(value, error + float(np.sqrt(moved)), how)


def _with(found: Radiated, others: list[Radiated]) -> Radiated:
    """The numbers, their errors enlarged by what a measured source leaves open."""
    if not others:
        return found
    how, flux = found.how + _MEASURED, found.flux
    moved = sum(np.abs(found.values - other.values) ** 2 for other in others)
    flux_moved = sum(abs(flux - other.flux) ** 2 for other in others)
    return Radiated(
        values=found.values,
        error=found.error + np.sqrt(moved),
        flux=Estimate(float(flux), flux.error + float(np.sqrt(flux_moved)), how),
        how=how,
    )


def _granted(rtol: float | None) -> float:
    """Multiplications that may be spent."""
    return _BUDGET if rtol is None else MOST_WORK


def _asked(
    network: Network, of: FieldName, order: int, rtol: float, initial: Any
) -> correlations.Asked:
    """The chain of a network of several modes with the field in its coordinates."""
    method = ContinuedFraction(rtol=rtol)
    refusal = method.chain_refusal(network)
    if refusal is not None:
        raise MethodError(f"Spectra come from the continued fraction: {refusal}")
    weights, emitters = field_of(network, of)
    source = Source(network)
    signs = node_signs(network)
    if np.any(signs < 0):
        raise MethodError(
            "Spectra behind several modes need a network without pairs of excitations: parametric "
            "pumping or a squeezed channel makes them."
        )
    row = weights[list(network.mode_indices)]
    chain = chain_of(source, row if np.any(row) else None)
    needed = correlations.bytes_at_first(chain)
    require_memory("This correlation", needed, "Use fewer emitters or poles.")
    frame = chain.bright_dark
    field = ChainField(row @ chain.dual, frame.conj().T @ emitters @ frame)
    # Of a unique steady state nothing is taken over, so that two digits tell enough.
    rough = method if initial is not None else ContinuedFraction(rtol=max(rtol, 1e-2))
    reached, error = chosen_steady_state(rough, network, initial)
    depth = tiers_depth(chain, min(1, chain.length - 1), rtol)
    return correlations.Asked(
        chain=chain, field=field, order=order, depth=depth, reached=reached, error=error
    )
