"""What the explorer answers about a point, as data of JSON: every number with its error."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.explore.controls import CONTROL_BY_NAME
from thermalent.explore.maps import axis_values
from thermalent.explore.patience import TooSlowError, within_seconds
from thermalent.explore.point import Point
from thermalent.explore.schematic import schematic_svg
from thermalent.explore.snippets import command_line, python_code
from thermalent.hardware.description import Hardware
from thermalent.networks.network import Network
from thermalent.operators.estimates import Estimate
from thermalent.solution.result import SteadyState
from thermalent.solving.many import steady_states
from thermalent.solving.solve import steady_state
from thermalent.support.errors import ThermalentError

Answer = dict[str, Any]
IsOutdated = Callable[[], bool]
STATE_SECONDS = 3.0  # for the number itself
MAP_SECONDS = 0.3  # for each point of a map
_OF_COLOURS = 1e-3
# Behind several poles a state of this accuracy takes milliseconds, and one of nine digits seconds.
_ROUGH = ContinuedFraction(rtol=1e-2)
_MORE = "More digits are being computed."
_ARGUMENT = re.compile(r"^Argument `(\w+)`")


def with_problems(point: Point, answer: Callable[[Point], Answer]) -> Answer:
    """The answer, or what stands in its way: messages by control, and one of the whole."""
    errors: Mapping[str, str] = point.errors
    message = ""
    found: Answer = {}
    if not errors:
        try:
            found = answer(point)
        except ThermalentError as problem:
            message = str(problem)
            errors = _by_control(point, message)
    return {
        "ok": not errors and not message,
        "preset": point.preset,
        "filter": point.filter,
        "texts": dict(point.texts),
        "values": {name: _finite(value) for name, value in point.values.items()},
        "errors": errors,
        "message": message,
        **found,
    }


def quick_answer(point: Point, stop: IsOutdated = lambda: False) -> Answer:
    """What a slider can wait for: behind several poles a rough state, which says so.

    Args:
        point: Where.
        stop: Whether to end at once.
    """
    several = point.filter != "cavity"
    found = _state_answer(point, stop, _ROUGH if several else None)
    return {**found, "rough": True, "status": _MORE} if several and "status" in found else found


def state_answer(point: Point, stop: IsOutdated = lambda: False) -> Answer:
    """The steady state, the system as a drawing, its numbers, and the code for it.

    Args:
        point: Where.
        stop: Whether to end at once.
    """
    return _state_answer(point, stop, None)


def _state_answer(point: Point, stop: IsOutdated, method: ContinuedFraction | None) -> Answer:
    lab = point.hardware()
    described = {
        "drawing": schematic_svg(lab),
        "rows": [list(row) for row in lab.rows()],
        "python": python_code(point),
        "command": command_line(point),
    }
    try:
        with within_seconds(STATE_SECONDS, stop):
            state = steady_state(lab.network, method)
    except ThermalentError as problem:
        return {**described, "ok": False, "message": str(problem)}
    return {
        **described,
        "concurrence": number(state.concurrence()),
        # A list, because objects of JavaScript would put "11" before "00".
        "populations": [{"state": name, **number(p)} for name, p in state.populations().items()],
        "error_origin": state.error.how,
        "status": state.status.message,
    }


def concurrences(
    labs: list[Hardware | None],
    seconds: float,
    stop: IsOutdated = lambda: False,
    method: ContinuedFraction | None = None,
) -> list[Answer | None]:
    """The concurrence of each; None where there is no hardware, no single state, or no time.

    Args:
        labs: The hardware.
        seconds: For each of them, at most.
        stop: Whether to end at once.
        method: Of the steady states; the default if not given.
    """
    there = [lab.network for lab in labs if lab is not None]
    try:
        if any(len(network.modes) > 1 for network in there):
            raise TooSlowError("These are solved one by one.")
        with within_seconds(seconds * len(there), stop):
            solved: list[SteadyState | None] = list(steady_states(there, method))
    except ThermalentError:  # one of them fails: each by itself, so that the others are shown
        solved = [_one_state(network, method, seconds, stop) for network in there]
    in_order = iter(solved)
    states = [None if lab is None else next(in_order) for lab in labs]
    return [None if state is None else number(state.concurrence()) for state in states]


def _one_state(
    network: Network, method: ContinuedFraction | None, seconds: float, stop: IsOutdated
) -> SteadyState | None:
    try:
        with within_seconds(seconds, stop):
            return steady_state(network, method)
    except ThermalentError:
        return None


def map_row_answer(
    point: Point, x: str, y: str, points: int, row: int, stop: IsOutdated = lambda: False
) -> Answer:
    """One row of the map of the concurrence around the point.

    Args:
        point: In the middle of the map.
        x: Name of the control from left to right.
        y: Name of the control from bottom to top.
        points: In each direction.
        row: Of the map, from the bottom.
        stop: Whether to end at once.
    """
    across, up = (axis_values(point, name, points) for name in (x, y))
    labs: list[Hardware | None] = []
    for value in across:
        try:
            labs.append(point.moved(**{x: float(value), y: float(up[row])}).hardware())
        except ThermalentError:
            labs.append(None)
    # Colours need no more digits, and behind several poles the rest would take seconds each.
    method = None if point.filter == "cavity" else ContinuedFraction(rtol=_OF_COLOURS)
    return {
        "x": across.tolist(),
        "y": float(up[row]),
        "row": row,
        "concurrences": concurrences(labs, MAP_SECONDS, stop, method),
    }


def number(value: Estimate) -> Answer:
    """A number and its error; what is not finite is None."""
    return {"value": _finite(float(value)), "error": _finite(float(value.error))}


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value


# Arguments of the library that are two controls here.
_SPLIT = {"gamma": "gamma_1", "detuning": "detuning_1", "wavelengths": "wavelengths_1"}


def _by_control(point: Point, message: str) -> Mapping[str, str]:
    """The control that a message of the library is about, if it is about one."""
    match = _ARGUMENT.match(message)
    name = "" if match is None else _SPLIT.get(match[1], match[1])
    return {name: message} if name in CONTROL_BY_NAME and name in point.texts else {}
