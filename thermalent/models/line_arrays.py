"""Qubits behind one filter cavity as arrays: many networks at once, see `models.line`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from thermalent.networks.arrays import NetworkArrays, Values
from thermalent.networks.geometry import cascade_propagator, coupling_of

_MOST_QUBITS = 8  # more are solved one by one
_LARGEST_INTEGER = 2**53
_PER_QUBIT = {"gamma": 1.0, "detuning": 0.0, "dephasing": 0.0, "intrinsic_decay": 0.0}
_NUMBERS = {"n_th": None, "kappa": None, "waveguide_occupation": 0.0}


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
    if type(qubits) is not int or not 1 <= qubits <= _MOST_QUBITS:
        return None
    count = {name: qubits for name in _PER_QUBIT} | dict.fromkeys(_NUMBERS, 1)
    count["loss"] = qubits - 1
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
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is not accepted
        return _behind_a_cavity(found, _cascades)


def _column(value: Any, points: int, width: int, *, varies: bool) -> np.ndarray | None:
    """A parameter of every point, (points, width); None if it is not made of plain numbers."""
    if varies:
        if not isinstance(value, np.ndarray) or value.dtype.kind not in "fi":
            return None
        return np.broadcast_to(value.astype(float)[:, None], (points, width))
    items = value if isinstance(value, (tuple, list)) else (value,)
    if any(type(item) is not float and not _small_integer(item) for item in items):
        return None
    if isinstance(value, (tuple, list)) and len(value) != width:
        return None
    return np.broadcast_to(np.array(items, dtype=float), (points, width))


def _small_integer(item: Any) -> bool:
    """Whether it is an integer that a double holds."""
    return type(item) is int and abs(item) <= _LARGEST_INTEGER


def _cascades(found: Mapping[str, np.ndarray]) -> np.ndarray:
    """M of the cavity and the qubits on a unidirectional waveguide, (p, n, n)."""
    # What leaves the cavity reaches the first qubit without loss.
    loss = np.concatenate([np.zeros((len(found["loss"]), 1)), found["loss"]], axis=1)
    return cascade_propagator(np.concatenate([found["kappa"], found["gamma"]], axis=1), loss)


def _behind_a_cavity(
    found: Mapping[str, np.ndarray], geometry: Callable[[Mapping[str, np.ndarray]], np.ndarray]
) -> NetworkArrays:
    """The networks of `line.behind_a_filter` with one cavity, where all parameters are in range."""
    good = np.all([_in_range(name, value) for name, value in found.items()], axis=0)
    (rows,) = good.nonzero()
    chosen = {name: value[rows] for name, value in found.items()}
    coupling = coupling_of(geometry(chosen))
    qubits, base = chosen["gamma"].shape[1], chosen["waveguide_occupation"][:, :, None]
    exchange, decay = coupling.exchange.copy(), (base + 1) * coupling.decay
    each = np.arange(1, qubits + 1)
    exchange[:, each, each] += chosen["detuning"]
    decay[:, each, each] += chosen["intrinsic_decay"]
    return NetworkArrays(
        rows=rows,
        emitter_names=tuple(f"q{i}" for i in each.tolist()),
        bath_rate=chosen["kappa"][:, 0],
        n_th=chosen["n_th"][:, 0],
        dephasing=chosen["dephasing"],
        exchange=exchange,
        decay=decay,
        absorption=base * coupling.decay.conj(),
    ).accepted()


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
