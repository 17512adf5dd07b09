"""Qubits behind one filter cavity as arrays: many networks at once, see `models.line`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from thermalent.models.line import COLDEST
from thermalent.networks.arrays import NetworkArrays, Values
from thermalent.networks.geometry import cascade_propagator, coupling_of, mirror_propagator
from thermalent.numerics.distinct import distinct

QUBITS_OF_ARRAYS = 8  # more are solved one by one
_LARGEST_INTEGER = 2**53
_PER_QUBIT = {"gamma": 1.0, "detuning": 0.0, "dephasing": 0.0, "intrinsic_decay": 0.0}
_NUMBERS = {"n_th": None, "kappa": None, "waveguide_occupation": 0.0}

# The parameters of every point by name, (p, width) each: one number, or one per qubit or stretch.
Table = Mapping[str, np.ndarray]


def thermal_links(varied: Values, fixed: Mapping[str, Any]) -> NetworkArrays | None:
    """The networks of `thermal_link`; None where they are built one by one.

    That is where cavities stand in a row, a filter of another shape is given, or an argument is of
    a kind that has to be looked at.

    Args:
        varied: Parameters that vary, (p,) each.
        fixed: Those that are the same for all.
    """
    given = dict(fixed)
    qubits, filters = given.pop("qubits", 2), given.pop("filters", 1)
    if given.pop("filter", None) is not None or type(filters) is not int or filters != 1:
        return None
    if type(qubits) is not int or not 1 <= qubits <= QUBITS_OF_ARRAYS:
        return None
    found = _table(varied, given, qubits, qubits - 1)
    return None if found is None else behind_a_cavity(found, cascades)


def phononic_links(varied: Values, fixed: Mapping[str, Any]) -> NetworkArrays | None:
    """The networks of `phononic_link`; None where they are built one by one, as `thermal_links`.

    Args:
        varied: Parameters that vary, (p,) each; the places of the qubits do not.
        fixed: Those that are the same for all.
    """
    given = dict(fixed)
    positions, wavelengths = given.pop("positions", None), given.pop("wavelengths", None)
    backaction = given.pop("backaction", True)
    if given.pop("filter", None) is not None or type(backaction) is not bool:
        return None
    if (positions is None) == (wavelengths is None):
        return None
    places = plain_numbers(wavelengths if positions is None else positions)
    if places is None or not 1 <= len(places) <= QUBITS_OF_ARRAYS or not min(places) > 0:
        return None
    if positions is None:
        places = [2 * np.pi * z for z in places]
    found = _table(varied, given, len(places), len(places))
    if found is None or not np.isfinite(places).all():
        return None
    return behind_a_cavity(found, in_front_of_a_mirror(places), backaction=backaction)


def _table(
    varied: Values, given: Mapping[str, Any], qubits: int, stretches: int
) -> dict[str, np.ndarray] | None:
    """The parameters of every point; None if one is unknown, missing or not made of numbers."""
    count = {name: qubits for name in _PER_QUBIT} | dict.fromkeys(_NUMBERS, 1)
    count["loss"] = stretches
    if not {"n_th", "kappa"} <= {*varied, *given} <= set(count):
        return None
    points = len(next(iter(varied.values())))
    defaults = {**_PER_QUBIT, **_NUMBERS, "loss": 0.0, **given}
    found: dict[str, np.ndarray] = {}
    for name, width in count.items():
        values = varied[name] if name in varied else defaults[name]
        column = _column(values, points, width, varies=name in varied)
        if column is None:
            return None
        found[name] = column
    return found


def _column(value: Any, points: int, width: int, *, varies: bool) -> np.ndarray | None:
    """A parameter of every point, (points, width); None if it is not made of plain numbers."""
    if varies:
        if not isinstance(value, np.ndarray) or value.dtype.kind not in "fi":
            return None
        return np.broadcast_to(value.astype(float)[:, None], (points, width))
    several = isinstance(value, (tuple, list))
    items = plain_numbers(value if several else (value,))
    if items is None or (several and len(items) != width):
        return None
    return np.broadcast_to(np.array(items, dtype=float), (points, width))


def plain_numbers(value: Any) -> list[float] | None:
    """The numbers of a sequence, if they are floats, or integers that doubles hold."""
    if not isinstance(value, (tuple, list)):
        return None
    for item in value:
        small = type(item) is int and abs(item) <= _LARGEST_INTEGER  # one that a double holds
        if type(item) is not float and not small:
            return None
    return [float(item) for item in value]


def cascades(found: Table) -> np.ndarray:
    """M of the cavity and the qubits on a unidirectional waveguide, (p, n, n)."""
    # What leaves the cavity reaches the first qubit without loss.
    return cascade_propagator(_rates(found), _after_nothing(found["loss"]))


def in_front_of_a_mirror(places: Sequence[float]) -> Callable[[Table], np.ndarray]:
    """M of the cavity, at the mirror, and the qubits at k z, as a function of the parameters."""
    z = np.array([0.0, *places])
    return lambda found: mirror_propagator(_rates(found), z, _after_nothing(found["loss"]))


def _rates(found: Table) -> np.ndarray:
    return np.concatenate([found["kappa"], found["gamma"]], axis=1)


def _after_nothing(loss: np.ndarray) -> np.ndarray:
    """The losses behind a first stretch without any."""
    return np.concatenate([np.zeros((len(loss), 1)), loss], axis=1)


def behind_a_cavity(
    found: Table, geometry: Callable[[Table], np.ndarray], *, backaction: bool = True
) -> NetworkArrays:
    """The networks of `line.behind_a_filter` with one cavity, where all parameters are in range.

    Args:
        found: The parameters of every point.
        geometry: From those of some points to M, (p, n, n).
        backaction: Whether the qubits act back on the cavity.
    """
    good = np.all([_in_range(name, value) for name, value in found.items()], axis=0)
    (rows,) = good.nonzero()
    # The matrices do not depend on the occupation: in most maps many points have the same ones.
    first, which = distinct([value[rows] for name, value in found.items() if name != "n_th"])
    chosen = {name: value[rows[first]] for name, value in found.items()}
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is not accepted
        coupling = coupling_of(geometry(chosen))
        qubits, base = chosen["gamma"].shape[1], chosen["waveguide_occupation"][:, :, None]
        base = np.where(base >= COLDEST, base, 0.0)
        exchange, decay = coupling.exchange.copy(), (base + 1) * coupling.decay
        each = np.arange(1, qubits + 1)
        exchange[:, each, each] += chosen["detuning"]
        decay[:, each, each] += chosen["intrinsic_decay"]
        lines = NetworkArrays(
            rows=np.arange(len(first)),
            emitter_names=tuple(f"q{i}" for i in each.tolist()),
            bath_rate=chosen["kappa"][:, 0],
            n_th=chosen["n_th"][:, 0],
            dephasing=chosen["dephasing"],
            exchange=exchange,
            decay=decay,
            absorption=base * coupling.decay.conj(),
            backaction=backaction,
        ).accepted()
    place = np.full(len(first), -1)
    place[lines.rows] = np.arange(len(lines))
    alike = place[which]
    rows, alike = rows[alike >= 0], alike[alike >= 0]
    return replace(lines.part(alike), rows=rows, n_th=found["n_th"][rows, 0], alike=alike)


def _in_range(name: str, value: np.ndarray) -> np.ndarray:
    """Where a parameter is in its range at every qubit, (p,)."""
    good = np.isfinite(value)
    if name != "detuning":
        good &= value >= 0
    if name == "kappa":
        good &= value > 0
    if name == "loss":
        good &= value <= 1
    return np.asarray(good.all(axis=1))
