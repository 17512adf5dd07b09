"""Qubits behind a filter on any geometry, with the imperfections that all models share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from thermalent.filters.filter import Filter
from thermalent.models.filtered import filtered
from thermalent.networks.geometry import Cascade, Coupling, Geometry
from thermalent.networks.network import Network, network_of_model
from thermalent.networks.nodes import Mode, Qubit
from thermalent.support import checks

PerQubit = float | Sequence[float]

# Rates whose sums and products stay far within what a network takes, see `checks.LARGEST_RATE`.
_USUAL_RATES = (1e-15, 1e15)
# A waveguide of fewer quanta is empty: what it gives may be below every rate that a network takes.
COLDEST = 1e-80
_FEW = 40  # numbers, for which rounding stays far below what is allowed of eigenvalues


def in_kelvin_and_hertz(function: str) -> dict[str, str]:
    """Where a model's arguments in laboratory units stand, for the error of a call with one."""
    words = f"numbers with units are for te.hardware.{function}(...), whose `network` is solved"
    names = ("temperature", "frequency", "quality", "dephasing_time", "base_temperature")
    return dict.fromkeys(names, words)


def behind_a_filter(
    geometry: Geometry,
    *,
    n_th: float,
    kappa: float,
    qubits: int,
    label: str,
    detuning: PerQubit = 0.0,
    dephasing: PerQubit = 0.0,
    intrinsic_decay: PerQubit = 0.0,
    waveguide_occupation: float = 0.0,
    backaction: bool = True,
    filters: int = 1,
    chosen: Filter | None = None,
) -> Network:
    r"""A filter cavity (node 0 of the geometry) with one hot port, and qubits.

    With several filters in a row the first has the hot port, each passes its light on to the next
    through ports of the same rate kappa, and the last is node 0 of the geometry. Of a filter of
    another shape node 0 is the output port, of rate one.

    A warm waveguide of occupation n_0 has both (n_0 + 1) G for decay and n_0 G^* for absorption,
    with the same J.

    Args:
        geometry: Joins the cavity and the qubits, in this order.
        n_th: Thermal occupation of the hot port, >= 0.
        kappa: Energy decay rate into the hot port, rate unit, > 0. The decay is per port: with the
            output port, the energy of the mode decays at 2 kappa.
        qubits: Number of qubits.
        label: What the network is.
        detuning: Qubit frequency minus cavity frequency; one number, or one per qubit.
        dephasing: Pure dephasing rate; one number, or one per qubit.
        intrinsic_decay: Decay rate into other, empty channels; one number, or one per qubit.
        waveguide_occupation: Occupation n_0 of the waveguide, >= 0; below 1e-80 it counts as none.
        backaction: Whether the qubits act back on the cavity.
        filters: Number of filter cavities in a row, >= 1.
        chosen: A filter of any shape in place of cavities.

    Returns:
        The network, nodes named "source" (then "filter2", ...), "q1", "q2", ...

    Raises:
        ValueError: an argument is out of range or of the wrong length.
    """
    n_th = checks.nonnegative("n_th", n_th)
    kappa = checks.positive_rate("kappa", kappa)
    n_0 = checks.nonnegative("waveguide_occupation", waveguide_occupation)
    n_0 = n_0 if n_0 >= COLDEST else 0.0
    detunings = per_qubit("detuning", detuning, qubits, checks.frequency)
    dephasings = per_qubit("dephasing", dephasing, qubits, checks.rate)
    elsewhere = per_qubit("intrinsic_decay", intrinsic_decay, qubits, checks.rate)
    filters = checks.node_count("filters", filters)
    emitters = _Emitters(_qubits(tuple(dephasings)), detunings, elsewhere)
    if chosen is not None:
        return _behind_this_filter(
            geometry, chosen, emitters, n_th=n_th, base=n_0, backaction=backaction, label=label
        )
    exchange, decay = _behind_more(geometry.coupling(), kappa, filters - 1)
    later = (Mode(name=f"filter{i + 1}", backaction=backaction) for i in range(1, filters))
    zeros = (0.0,) * filters
    rates = (kappa, *detunings, *dephasings, *elsewhere)
    make = network_of_model if _is_plain(geometry, rates, n_0, filters) else Network
    return make(
        nodes=(
            Mode(name="source", bath_rate=kappa, n_th=n_th, backaction=backaction),
            *later,
            *emitters.qubits,
        ),
        exchange=_with_diagonal(exchange, (*zeros, *detunings)),
        decay=_with_diagonal((n_0 + 1) * decay, (*zeros, *elsewhere)),
        absorption=_absorption(n_0, decay) if n_0 else None,
        label=label,
    )


def _absorption(n_0: float, decay: np.ndarray) -> np.ndarray:
    """What a warm waveguide excites, n_0 G^*, if it is a rate that counts."""
    absorption = n_0 * decay.conj()
    _require_rates(n_0, absorption)
    return absorption


def _require_rates(n_0: float, absorption: np.ndarray) -> None:
    """Name the occupation that makes a rate too small, not the matrix, which nobody gave."""
    rates = np.abs(absorption.diagonal())
    least = float(np.min(rates[rates > 0], initial=np.inf))
    if n_0 > 0 and least < 1 / checks.LARGEST_RATE:
        checks.fail(
            "waveguide_occupation",
            f"zero, or at least {n_0 / checks.LARGEST_RATE / least:.3g} with a decay rate of "
            f"{least / n_0:.3g} (their product is a rate, of at least {1 / checks.LARGEST_RATE:g})",
            n_0,
        )


def _is_plain(geometry: Geometry, rates: Sequence[float], n_0: float, filters: int) -> bool:
    """Whether a network of these numbers, each in its range, is right by construction.

    The G of a cascade is positive semidefinite to a rounding of its largest element, and so is the
    qubits' own part of it. What is left to go wrong is the size of the numbers.
    """
    if type(geometry) is not Cascade or filters > 1 or len(rates) > _FEW:
        return False
    least, most = _USUAL_RATES
    return all(
        [
            rate == 0.0 or least <= rate <= most or -most <= rate <= -least
            for rate in (*geometry.rates, *rates, n_0)
        ]
    )


@lru_cache(maxsize=64)
def _qubits(dephasings: tuple[float, ...]) -> tuple[Qubit, ...]:
    """Qubits of these dephasing rates; networks that differ in other numbers share them."""
    return tuple([Qubit(name=f"q{i + 1}", dephasing=rate) for i, rate in enumerate(dephasings)])


def _with_diagonal(matrix: np.ndarray, diagonal: Sequence[float]) -> np.ndarray:
    """The matrix plus a diagonal one."""
    total = matrix.copy()
    total.flat[:: len(diagonal) + 1] += diagonal
    return total


def _behind_more(coupling: Coupling, kappa: float, count: int) -> Coupling:
    """The couplings with `count` more cavities in front, each passing its light to the next."""
    if count == 0:
        return coupling
    n = count + len(coupling.exchange)
    exchange, decay = np.zeros((n, n), dtype=complex), np.zeros((n, n), dtype=complex)
    exchange[count:, count:], decay[count:, count:] = coupling
    passing = Cascade(rates=(kappa, kappa)).coupling()
    for i in range(count):
        exchange[i : i + 2, i : i + 2] += passing.exchange
        decay[i : i + 2, i : i + 2] += passing.decay
    return Coupling(exchange, decay)


class _Emitters(NamedTuple):
    """The qubits, their detunings and their decay rates elsewhere."""

    qubits: tuple[Qubit, ...]
    detunings: Sequence[float]
    elsewhere: Sequence[float]


def _behind_this_filter(
    geometry: Geometry,
    chosen: Filter,
    emitters: _Emitters,
    *,
    n_th: float,
    base: float,
    backaction: bool,
    label: str,
) -> Network:
    """Qubits behind a filter of any shape; see `behind_a_filter`.

    Behind a measured filter the network has alternatives, one for each independent direction in
    which the noise of the data leaves the fit open.
    """
    line = filtered(geometry, chosen, n_th=n_th, base=base, backaction=backaction)
    if base and line.absorption is not None:
        _require_rates(base, line.absorption[chosen.order :, chosen.order :])
    zeros = (0.0,) * chosen.order
    same: dict[str, Any] = {"base": base, "backaction": backaction, "label": label}
    return Network(
        nodes=(*line.modes, *emitters.qubits),
        exchange=_with_diagonal(line.exchange, (*zeros, *emitters.detunings)),
        decay=_with_diagonal(line.decay, (*zeros, *emitters.elsewhere)),
        absorption=line.absorption,
        label=label,
        alternatives=tuple(
            _behind_this_filter(geometry, other, emitters, n_th=n_th * gain, **same)
            for other, gain in chosen.alternatives()
        ),
    )


def rate_of_port(chosen: Filter | None, kappa: float | None, filters: int) -> float:
    """The rate of the output port: kappa of cavities, one of a filter that is given instead.

    Raises:
        ValueError: both are given, or neither, or cavities are counted beside a filter.
    """
    if chosen is None:
        if kappa is None:
            checks.fail("kappa", "given if there is no `filter`", checks.Words("not given"))
        return checks.positive_rate("kappa", kappa)
    if not isinstance(chosen, Filter):
        checks.fail("filter", "a te.Filter", chosen)
    if kappa is not None:
        checks.fail("kappa", "left out where a `filter` is given, which has its own rates", kappa)
    if filters != 1:
        checks.fail("filters", "left out where a `filter` is given", filters)
    return 1.0


def per_qubit(
    name: str, value: Any, qubits: int, check: Callable[[str, Any], float]
) -> list[float]:
    """One checked number per qubit, from one number or a sequence."""
    return [check(name, item) for item in checks.per_item(name, value, qubits, "qubit")]
