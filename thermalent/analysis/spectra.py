"""What the network radiates: emission spectra and coherence functions of its fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.dynamics.correlations import Field, Regression
from thermalent.continued_fraction.dynamics.evolution import needed_depth
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.networks.liouvillian import lowering_operators
from thermalent.networks.network import Network
from thermalent.operators.superoperators import dense
from thermalent.solution.method import MethodError
from thermalent.support import checks
from thermalent.support.progress import working

FieldName = str | Mapping[str, complex]


@dataclass(frozen=True, kw_only=True, eq=False)
class Spectrum:
    r"""A power spectrum \(S(\omega)\) and its error.

    Args:
        frequencies: Angular frequencies relative to the frame of the network, rate unit, (w,).
        values: Quanta per unit time and per unit angular frequency, (w,).
        error: Error of each value: the change with a quarter more levels, (w,).
        flux: The integral over all frequencies, <O^+ O>, quanta per unit time.
    """

    frequencies: np.ndarray
    values: np.ndarray
    error: np.ndarray
    flux: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Coherence:
    """A normalised correlation function of a field over the delay.

    Args:
        delays: Delays tau, inverse rate unit, (t,).
        values: g1 (complex) or g2 (real) at each delay, (t,).
        error: Error of each value, (t,).
        flux: <O^+ O>, quanta per unit time.
    """

    delays: np.ndarray
    values: np.ndarray
    error: np.ndarray
    flux: float


def spectrum(
    network: Network, frequencies: ArrayLike, of: FieldName = "output", *, rtol: float = 1e-8
) -> Spectrum:
    r"""The emission spectrum of a field in the steady state.

    $$S(\omega) = \frac{1}{\pi}\,\mathrm{Re} \int_0^\infty d\tau\, e^{-i\omega\tau}
      \langle O^\dagger(\tau) O(0)\rangle
      = \frac{1}{\pi}\,\mathrm{Re}\,\mathrm{Tr}\, O^\dagger (i\omega - L)^{-1} (O\rho)$$

    Args:
        network: One mode and emitters, excitation number conserved up to decay.
        frequencies: Angular frequencies relative to the frame (zero is the filter frequency of the
            models), rate unit, (w,).
        of: "output" is the field behind the last node of a cascade; a node's name is what that
            node alone radiates, sqrt(G_jj) c_j; a mapping gives weights, {"q1": 1.0, "q2": -1.0}.
        rtol: Accuracy that sets the number of levels.

    Returns:
        The spectrum; its integral is the flux.

    Raises:
        ValueError: the field is not one of the network's, or a frequency is not finite.
        MethodError: the network is not one for the continued fraction.

    Source: quantum regression theorem; the hierarchy with all its levels as initial condition.
    """
    omega = np.atleast_1d(np.asarray(frequencies, dtype=float))
    if omega.ndim != 1 or not np.all(np.isfinite(omega)):
        checks.fail("frequencies", "a sequence of finite numbers", frequencies)
    regression, depth = _regression(network, of, 1, rtol)
    values = np.zeros((2, len(omega)))
    with working("spectrum") as report:
        for i, w in enumerate(omega):
            for row, last in enumerate((depth, depth + depth // 4 + 2)):
                values[row, i] = regression.transform(1j * w, last)[0].real / np.pi
            report(f"{i + 1} of {len(omega)} frequencies")
    return Spectrum(
        frequencies=omega,
        values=values[1],
        error=np.abs(values[1] - values[0]),
        flux=regression.at_zero().real,
    )


def coherence(
    network: Network,
    delays: ArrayLike,
    of: FieldName = "output",
    *,
    order: int = 1,
    rtol: float = 1e-8,
) -> Coherence:
    r"""First- or second-order coherence of a field in the steady state.

    $$g^{(1)}(\tau) = \frac{\langle O^\dagger(\tau) O(0)\rangle}{\langle O^\dagger O\rangle}, \qquad
      g^{(2)}(\tau) = \frac{\langle O^\dagger(0) O^\dagger(\tau) O(\tau) O(0)\rangle}
      {\langle O^\dagger O\rangle^2}$$

    Args:
        network: As for `spectrum`.
        delays: Delays, increasing, >= 0, inverse rate unit, (t,).
        of: As for `spectrum`.
        order: 1 or 2.
        rtol: Accuracy asked for.

    Returns:
        The coherence function with its errors.

    Raises:
        ValueError: an argument is out of range, or the field is dark (its flux is zero).
        MethodError: the network is not one for the continued fraction.

    Source: THERMAL, Eqs. (24), (25), for any field of the network.
    """
    grid = checks.times("delays", delays)
    if order not in (1, 2):
        checks.fail("order", "1 or 2", order)
    regression, depth = _regression(network, of, order, rtol)
    first = regression if order == 1 else _regression(network, of, 1, rtol)[0]
    flux = first.at_zero().real
    if not flux > 0:
        checks.fail("of", "a field that is not dark", checks.Words(f"{of!r} with flux {flux:g}"))
    scale = flux**order
    relaxed = regression.over_time(grid, rtol * scale, depth)
    values = relaxed.values[:, 0] / scale
    return Coherence(
        delays=grid,
        values=values if order == 1 else values.real,
        error=relaxed.error / scale,
        flux=flux,
    )


def _regression(network: Network, of: FieldName, order: int, rtol: float) -> tuple[Regression, int]:
    refusal = ContinuedFraction().one_mode_refusal(network)
    if refusal is not None:
        raise MethodError(f"Spectra come from the continued fraction: {refusal}")
    if network.absorption is not None and np.any(network.absorption):
        raise MethodError(
            "Spectra need a waveguide at zero temperature: the thermal input of a warm one "
            "interferes with what the nodes radiate."
        )
    checks.within("rtol", rtol, 1e-12, 0.1)
    h = hierarchy(network)
    depth = needed_depth(h, rtol)
    return Regression(h, _field(network, of), order, depth), depth


def _field(network: Network, of: FieldName) -> Field:
    """The operator of a field by name or by weights of the nodes."""
    names = [node.name for node in network.nodes]
    decay = network.decay
    if isinstance(of, Mapping):
        weights = np.zeros(len(names), dtype=complex)
        for name, weight in of.items():
            weights[_position(names, name)] = complex(weight)
    elif of == "output":
        # sqrt(g_l) t_nl of a cascade, from the last row of G.
        last = decay[-1, -1].real
        if not last > 0:
            checks.fail("of", "a node's name, since the last node does not radiate", of)
        weights = decay[-1] / np.sqrt(last)
    else:
        index = _position(names, of)
        weights = np.zeros(len(names), dtype=complex)
        weights[index] = np.sqrt(decay[index, index].real)
    (mode,) = network.mode_indices
    d = int(np.prod(network.dims))
    emitters = np.zeros((d, d), dtype=complex)
    for e, c in zip(network.emitter_indices, lowering_operators(network), strict=True):
        emitters = emitters + weights[e] * dense(c)
    return Field(complex(weights[mode]), emitters)


def _position(names: list[str], name: str) -> int:
    if name not in names:
        checks.fail("of", f"'output' or a node of {names}", name)
    return names.index(name)
