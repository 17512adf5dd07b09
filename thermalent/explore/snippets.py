"""What a point is as Python code and as a line of the shell, to copy."""

from __future__ import annotations

import shlex

from thermalent.explore.controls import FILTERS
from thermalent.explore.point import Point
from thermalent.hardware.presets import PRESETS


def python_code(point: Point) -> str:
    """A program that prints the concurrence that is shown."""
    lines = [f"    {name}={value!r}," for name, value in point.arguments.items()]
    shape = FILTERS[point.filter][2]
    if shape:
        lines.append(f"    filter={shape},")
    link = PRESETS[point.preset].link.__name__
    return "\n".join(
        [
            "import thermalent as te",
            "",
            f"lab = te.hardware.{link}(",
            *lines,
            ")",
            "state = te.steady_state(lab.network)",
            "print(state.concurrence())",
            "print(state.populations())",
            "",
        ]
    )


def command_line(point: Point) -> str:
    """A line that prints the state that is shown.

    Every number is given, so that none is left to the preset; values are joined with their option
    by "=", because a negative detuning would look like an option.
    """
    words = ["thermalent", "hardware", f"--preset={point.preset}"]
    for name, value in point.arguments.items():
        several = value if isinstance(value, tuple) else (value,)
        text = ",".join("none" if item is None else str(item) for item in several)
        words.append(f"--{name.replace('_', '-')}={text}")
    if point.filter != "cavity":
        words.append(f"--filter={point.filter}")
    return shlex.join(words)
