"""Thermally driven hardware as arrays: many links at once, from laboratory numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from thermalent.hardware.link_numbers import (
    COLOUR_CENTRE,
    MICROWAVE,
    MIRROR,
    ONE_WAY,
    Platform,
    QubitsInUnits,
    SourceInSI,
    losses_of_stretches,
    qubits_at_a_mirror,
    qubits_in_units,
    source_in_si,
)
from thermalent.models.line_arrays import (
    QUBITS_OF_ARRAYS,
    behind_a_cavity,
    cascades,
    in_front_of_a_mirror,
    plain_numbers,
)
from thermalent.networks.arrays import NetworkArrays, Values

_OF_SOURCE = ("temperature", "frequency", "quality", "base_temperature")
_OF_QUBITS = ("gamma", "detuning", "dephasing_time")
_NAMES = frozenset((*_OF_SOURCE, *_OF_QUBITS, "loss"))


def superconducting_links(varied: Values, fixed: Mapping[str, Any]) -> NetworkArrays | None:
    """The networks of `superconducting_link`; None where they are built one by one."""
    given = dict(fixed)
    qubits = given.pop("qubits", 2)
    if type(qubits) is not int or not 1 <= qubits <= QUBITS_OF_ARRAYS:
        return None
    given = {"detuning": 0.0, **given}
    read = _Numbers(MICROWAVE, qubits, qubits_in_units, qubits - 1, ONE_WAY)
    found = _table(varied, given, read)
    return None if found is None else _placed(behind_a_cavity(found[1], cascades), found[0])


def colour_centre_links(varied: Values, fixed: Mapping[str, Any]) -> NetworkArrays | None:
    """The networks of `colour_centre_link`; None where they are built one by one."""
    return _mirrored(varied, fixed, COLOUR_CENTRE)


def bidirectional_links(varied: Values, fixed: Mapping[str, Any]) -> NetworkArrays | None:
    """The networks of `bidirectional_link`; None where they are built one by one."""
    return _mirrored(varied, fixed, MICROWAVE)


def _mirrored(varied: Values, fixed: Mapping[str, Any], platform: Platform) -> NetworkArrays | None:
    """Links in front of a mirror."""
    given = dict(fixed)
    places = plain_numbers(given.pop("wavelengths", (1.0, 2.0)))
    backaction = given.pop("backaction", True)
    if places is None or not 1 <= len(places) <= QUBITS_OF_ARRAYS or type(backaction) is not bool:
        return None
    if not (min(places) > 0 and np.isfinite(places).all()):
        return None
    read = _Numbers(platform, len(places), qubits_at_a_mirror, len(places), MIRROR)
    found = _table(varied, given, read)
    if found is None:
        return None
    geometry = in_front_of_a_mirror([2 * np.pi * z for z in places])
    return _placed(behind_a_cavity(found[1], geometry, backaction=backaction), found[0])


class _Numbers(NamedTuple):
    """What the arguments of one point stand for; of those that do not vary, worked out once."""

    platform: Platform
    number: int
    qubits_of: Callable[[int, Any, Any, Any], QubitsInUnits]
    stretches: int
    stretch: str

    def source(self, given: Mapping[str, Any]) -> SourceInSI:
        """The source."""
        return source_in_si(
            given.get("temperature", self.platform.temperature),
            given.get("frequency"),
            given.get("quality"),
            given.get("base_temperature", 0.0),
            None,
            self.platform,
        )

    def qubits(self, given: Mapping[str, Any]) -> QubitsInUnits:
        """The qubits."""
        gamma = given.get("gamma", self.platform.gamma)
        times = given.get("dephasing_time")
        return self.qubits_of(self.number, gamma, given.get("detuning"), times)

    def losses(self, given: Mapping[str, Any]) -> tuple[float, ...]:
        """The losses of the stretches."""
        return losses_of_stretches(given.get("loss", 0.0), self.stretches, self.stretch)


def _table(
    varied: Values, given: Mapping[str, Any], read: _Numbers
) -> tuple[np.ndarray, dict[str, np.ndarray]] | None:
    """Points whose arguments are right, (p,), and the parameters of their links, (p, width) each.

    None where an argument is unknown, or there is no such point.
    """
    if given.get("filter") is not None or not {*varied, *given} - {"filter"} <= _NAMES:
        return None
    if any(values.dtype.kind not in "fi" for values in varied.values()):
        return None
    columns = {name: values.tolist() for name, values in varied.items()}
    known: dict[str, Any] = {}  # what does not vary
    rows, sources, lines, losses = [], [], [], []
    for i in range(len(next(iter(columns.values())))):
        point = {**given, **{name: values[i] for name, values in columns.items()}}
        try:
            for name, parts, work in (
                ("source", _OF_SOURCE, read.source),
                ("qubits", _OF_QUBITS, read.qubits),
                ("losses", ("loss",), read.losses),
            ):
                if name not in known or not columns.keys().isdisjoint(parts):
                    known[name] = work(point)
        except Exception:  # the model itself says why, point by point
            continue
        rows.append(i)
        sources.append(known["source"])
        lines.append(known["qubits"])
        losses.append(known["losses"])
    if not rows:
        return None
    pairs = list(zip(sources, lines, strict=True))
    return np.array(rows), {
        "gamma": np.array([line.gamma for line in lines]),
        "detuning": np.array([line.detuning for line in lines]),
        "dephasing": np.array([line.dephasing for line in lines]),
        "intrinsic_decay": np.zeros((len(rows), read.number)),
        "n_th": np.array([[source.n_th] for source in sources]),
        "kappa": np.array([[source.kappa / line.unit] for source, line in pairs]),
        "waveguide_occupation": np.array([[source.waveguide_occupation] for source in sources]),
        "loss": np.array(losses).reshape(len(rows), read.stretches),
    }


def _placed(arrays: NetworkArrays, rows: np.ndarray) -> NetworkArrays:
    """The networks of some of all points."""
    return replace(arrays, rows=rows[arrays.rows])
