"""What limits the concurrence of a point: what each imperfection costs, and what each number gives.

The bars are differences of two exact steady states, so that they hold for finite changes and have
the errors of both. For small changes they are the derivatives of `te.sensitivities`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.explore.answers import Answer, IsOutdated, concurrences
from thermalent.explore.controls import has_mirror
from thermalent.explore.point import Point
from thermalent.hardware.description import Hardware
from thermalent.hardware.occupation import source_temperature
from thermalent.support.errors import ThermalentError

_SECONDS = 1.5  # for each state
# Accuracies behind several poles, the first if the point affords it: nine digits would take seconds
# for each state, and every bar has its error.
_OF_BARS = (1e-5, 1e-3)
LARGER = 1.1  # factor of "10 % more"
_LOST, _DEPHASED, _WARM, _ASIDE = 0.01, 0.01, 0.01, 0.005  # what is added where nothing is


class Change(NamedTuple):
    """A change of the hardware: what it is in words, its kind, and the arguments that differ."""

    words: str
    kind: str  # "more", "without" or "with"
    arguments: dict[str, Any]


def changes_of(point: Point) -> list[Change]:
    """The changes whose effect is shown: 10 % more of what drives, and imperfections off or on."""
    lab = point.hardware()
    values = point.values
    gammas = tuple(LARGER * float(values[f"gamma_{i}"] or 0.0) for i in (1, 2))
    found = [
        Change("temperature of the source 10 % higher", "more", _larger(point, "temperature")),
        Change("quality factor 10 % higher", "more", _larger(point, "quality")),
        Change("decay rates of the qubits 10 % higher", "more", {"gamma": gammas}),
    ]
    unit = float(values["gamma_1"] or 0.0)
    if has_mirror(point.preset):
        aside = (lab.wavelengths[0], lab.wavelengths[1] + _ASIDE) if lab.wavelengths else ()
        words = "qubit 2 half a percent of a wavelength further away"
        found.append(Change(words, "with", {"wavelengths": aside}))
    elif any(lab.detuning):
        found.append(Change("without the detunings", "without", {"detuning": 0.0}))
    else:
        apart = (0.1 * unit, -0.1 * unit)
        found.append(Change("with detunings of ±γ/10", "with", {"detuning": apart}))
    return [*found, *_imperfections(point, lab)]


def _imperfections(point: Point, lab: Hardware) -> list[Change]:
    """Loss, dephasing and a warm waveguide: taken away where they are, else added."""
    found = []
    if point.values["loss"]:
        found.append(Change("without the loss", "without", {"loss": 0.0}))
    else:
        found.append(Change("with a loss of 1 %", "with", {"loss": _LOST}))
    if any(lab.dephasing):
        found.append(Change("without the dephasing", "without", {"dephasing_time": None}))
    else:
        time = f"{lab.time_unit / _DEPHASED!r}s"
        found.append(Change("with dephasing at γ/100", "with", {"dephasing_time": time}))
    if lab.waveguide_occupation:
        cold = {"base_temperature": 0.0}
        found.append(Change("with a waveguide at zero temperature", "without", cold))
    else:
        warm = {"base_temperature": f"{float(source_temperature(_WARM, lab.frequency))!r}K"}
        found.append(Change("with 0.01 thermal quanta in the waveguide", "with", warm))
    return found


def limits_answer(point: Point, stop: IsOutdated = lambda: False) -> Answer:
    """The change of the concurrence by each of `changes_of`, the largest first.

    Args:
        point: Where.
        stop: Whether to end at once.
    """
    changes = changes_of(point)
    labs: list[Hardware | None] = [point.hardware()]
    for change in changes:
        try:
            labs.append(point.hardware(**change.arguments))
        except ThermalentError:
            labs.append(None)
    method = _method(point.hardware(), point.filter != "cavity", stop)
    here, *there = concurrences(labs, _SECONDS, stop, method)
    bars, missing = [], []
    for change, value in zip(changes, there, strict=True):
        if here is None or value is None:
            missing.append(change.words)
            continue
        by = value["value"] - here["value"]
        error = (value["error"] or 0.0) + (here["error"] or 0.0)
        bars.append({"words": change.words, "kind": change.kind, "value": by, "error": error})
    return {"limits": sorted(bars, key=lambda bar: -abs(bar["value"])), "missing": missing}


def _method(lab: Hardware, several_poles: bool, stop: IsOutdated) -> ContinuedFraction | None:
    """The accuracy that the point itself affords, for all bars."""
    if not several_poles:
        return None
    fine, rough = (ContinuedFraction(rtol=rtol) for rtol in _OF_BARS)
    (affordable,) = concurrences([lab], _SECONDS, stop, fine)
    return rough if affordable is None else fine


def _larger(point: Point, name: str) -> dict[str, float]:
    return {name: LARGER * float(point.values[name] or 0.0)}
