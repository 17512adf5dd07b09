"""The controls of the explorer: what can be set, in which unit, and over which range it slides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from thermalent.filters.filter import Filter
from thermalent.hardware.presets import PRESETS
from thermalent.hardware.units import FREQUENCY, TEMPERATURE, TIME, Kind, quantity_in_si
from thermalent.support import checks
from thermalent.support.errors import ThermalentError

# The presets whose source is thermal; those of rings and rails have other numbers.
EXPLORED = tuple(name for name, preset in PRESETS.items() if "temperature" in preset.options)
_LONGEST = 60  # characters of a value: no number needs more

Choice = tuple[str, Callable[[], Filter] | None, str]


def _of_kind(label: str, kind: str, *numbers: float) -> Choice:
    """A filter by its constructor: what it is called, how it is made, and how in Python."""
    code = f"te.Filter.{kind}({', '.join(map(str, numbers))})"
    return label, lambda: getattr(Filter, kind)(*numbers), code


# A Touchstone file is left to the library: a page must not read files that a link names.
FILTERS: Mapping[str, Choice] = {
    "cavity": ("one cavity", None, ""),
    "butterworth:2": _of_kind("Butterworth, 2 poles", "butterworth", 2, 1.0),
    "butterworth:3": _of_kind("Butterworth, 3 poles", "butterworth", 3, 1.0),
    "chebyshev:2:0.1": _of_kind("Chebyshev, 2 poles, 0.1 dB", "chebyshev", 2, 1.0, 0.1),
    "chebyshev:3:0.1": _of_kind("Chebyshev, 3 poles, 0.1 dB", "chebyshev", 3, 1.0, 0.1),
}


@dataclass(frozen=True, kw_only=True)
class Control:
    """A number that can be set, as text with its unit.

    Args:
        name: In links.
        label: Beside the box.
        kind: What the text must be, None for a plain number.
        low: Lower end of the slider.
        high: Upper end of the slider.
        scale: "log", "linear", or "square", which has zero and is finer near it.
        check: What the number must be.
        optional: Whether it may be left empty, which means that there is none.
        times: Name of the control in units of which `low` and `high` are given; empty for SI.
        mirror: Whether only lines with a mirror have it.
        share: Whether it may be given in percent.
    """

    name: str
    label: str
    kind: Kind | None = None
    low: float
    high: float
    scale: str = "log"
    check: Callable[[str, Any], float] = checks.positive
    optional: bool = False
    times: str = ""
    mirror: bool = False
    share: bool = False

    @property
    def unit(self) -> str:
        """SI unit of the slider's range; empty for a plain number."""
        return "" if self.kind is None else self.kind.unit

    def number(self, text: str) -> float | None:
        """The value in SI; None if there is none.

        Raises:
            ValueError: the text has another unit, none, or is out of range.
        """
        if not text and self.optional:
            return None
        if self.kind is not None:
            return quantity_in_si(self.name, text, self.kind, self.check)
        percent = self.share and text.endswith("%")
        try:
            value = float(text.removesuffix("%")) / 100 if percent else float(text)
        except ValueError:
            checks.fail(
                self.name, "a number such as 0.05 or 5%" if self.share else "a number", text
            )
        return self.check(self.name, value)


def _of_qubit(number: int) -> tuple[Control, ...]:
    """The controls that each qubit has of its own."""
    return (
        Control(
            name=f"gamma_{number}",
            label=f"Decay rate of qubit {number}, γ/2π",
            kind=FREQUENCY,
            low=1e3,
            high=1e9,
        ),
        Control(
            name=f"detuning_{number}",
            label=f"Detuning of qubit {number}, Δ/2π",
            kind=FREQUENCY,
            low=-3.0,
            high=3.0,
            scale="linear",
            check=checks.real,
            times="gamma_1",
        ),
    )


def _position_of_qubit(number: int) -> Control:
    return Control(
        name=f"wavelengths_{number}",
        label=f"Distance of qubit {number} from the mirror, in wavelengths",
        low=0.25,
        high=4.0,
        scale="linear",
        mirror=True,
    )


CONTROLS: tuple[Control, ...] = (
    Control(
        name="temperature",
        label="Temperature of the source",
        kind=TEMPERATURE,
        low=1e-2,
        high=1e4,
        check=checks.nonnegative,
    ),
    Control(
        name="frequency",
        label="Frequency of the filter, ω/2π",
        kind=FREQUENCY,
        low=1e8,
        high=1e12,
    ),
    Control(
        name="quality",
        label="Quality factor Q of the filter",
        low=1e2,
        high=1e9,
    ),
    *_of_qubit(1),
    *_of_qubit(2),
    _position_of_qubit(1),
    _position_of_qubit(2),
    Control(
        name="dephasing_time",
        label="Dephasing time of the qubits (empty: no dephasing)",
        kind=TIME,
        low=1e-8,
        high=1.0,
        optional=True,
    ),
    Control(
        name="loss",
        label="Power loss of each stretch, 0 to 1",
        low=0.0,
        high=0.5,
        scale="square",
        share=True,
        check=lambda name, value: checks.within(name, value, 0.0, 1.0),
    ),
    Control(
        name="base_temperature",
        label="Temperature of the waveguide",
        kind=TEMPERATURE,
        low=0.0,
        high=4.0,
        scale="square",
        check=checks.nonnegative,
    ),
)
CONTROL_BY_NAME = {control.name: control for control in CONTROLS}


def has_mirror(preset: str) -> bool:
    """Whether the line of a preset ends in a mirror, so that positions count."""
    return "wavelengths" in PRESETS[preset].options


def read_text(control: Control, text: str) -> tuple[float | None, str]:
    """The value of a control in SI, and what is wrong with it: empty if nothing is."""
    if len(text) > _LONGEST:
        return None, f"A value has at most {_LONGEST} characters."
    try:
        return control.number(text), ""
    except ThermalentError as problem:
        return None, str(problem)
