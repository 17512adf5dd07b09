"""A point of the explorer: what stands in the boxes, as a link has it, and as arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import pi
from typing import Any

from thermalent.explore.controls import (
    CONTROL_BY_NAME,
    CONTROLS,
    EXPLORED,
    FILTERS,
    has_mirror,
    read_text,
)
from thermalent.hardware.description import Hardware
from thermalent.hardware.presets import PRESETS


@dataclass(frozen=True, kw_only=True)
class Point:
    """What is set, and what is wrong with it.

    Args:
        preset: Whose kind of hardware it is.
        filter: Key of `FILTERS`.
        texts: Of every control of this hardware, with units and without spaces.
        values: The same in SI; None where there is none, or the text is wrong.
        errors: Messages by control; "preset", "filter" and "link" are possible, too.
    """

    preset: str
    filter: str
    texts: Mapping[str, str]
    values: Mapping[str, float | None]
    errors: Mapping[str, str]

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of the preset's `link`, as texts with units and plain numbers."""
        texts, values = self.texts, self.values
        found: dict[str, Any] = {
            "temperature": texts["temperature"],
            "frequency": texts["frequency"],
            "quality": values["quality"],
            "gamma": _one_or_both(texts["gamma_1"], texts["gamma_2"]),
            "detuning": _one_or_both(texts["detuning_1"], texts["detuning_2"]),
            "dephasing_time": texts["dephasing_time"] or None,
            "loss": values["loss"],
            "base_temperature": texts["base_temperature"],
        }
        if has_mirror(self.preset):
            found["wavelengths"] = (values["wavelengths_1"], values["wavelengths_2"])
        return found

    def hardware(self, **changes: Any) -> Hardware:
        """The network with its laboratory numbers.

        Args:
            changes: Arguments of the preset's `link` that take the place of what is set.

        Raises:
            ValueError: an argument is out of range.
        """
        build = FILTERS[self.filter][1]
        chosen = None if build is None else build()
        made: Hardware = PRESETS[self.preset].link(  # type: ignore[assignment]
            **{**self.arguments, "filter": chosen, **changes}
        )
        return made

    def moved(self, **values: float) -> Point:
        """The point with other values in SI of some controls."""
        texts = {name: exact_text(name, value) for name, value in values.items()}
        return replace(self, texts={**self.texts, **texts}, values={**self.values, **values})


def read_point(given: Mapping[str, str]) -> Point:
    """The point of a link; what it does not name is as in its preset."""
    errors = {}
    preset = given.get("preset", EXPLORED[0])
    if preset not in EXPLORED:
        errors["preset"] = f"There is no preset {preset[:40]!r}; there are {', '.join(EXPLORED)}."
        preset = EXPLORED[0]
    chosen = given.get("filter", "cavity")
    if chosen not in FILTERS:
        errors["filter"] = f"There is no filter {chosen[:40]!r}; there are {', '.join(FILTERS)}."
        chosen = "cavity"
    own = preset_texts(preset)
    unknown = sorted(given.keys() - CONTROL_BY_NAME.keys() - {"preset", "filter"})
    if unknown:
        errors["link"] = f"The link sets {unknown[0][:40]!r}, which does not exist."
    texts, values = {}, {}
    for name, text in own.items():
        texts[name] = "".join(given.get(name, text).split())
        values[name], problem = read_text(CONTROL_BY_NAME[name], texts[name])
        if problem:
            errors[name] = problem
    return Point(preset=preset, filter=chosen, texts=texts, values=values, errors=errors)


def preset_texts(preset: str) -> dict[str, str]:
    """What stands in the boxes when a preset is chosen."""
    lab = PRESETS[preset].link(**PRESETS[preset].numbers)
    assert isinstance(lab, Hardware)
    hertz = lab.rate_unit / (2 * pi)
    values: dict[str, float | None] = {
        "temperature": lab.temperature,
        "frequency": lab.frequency,
        "quality": lab.quality,
        "dephasing_time": lab.time_unit / lab.dephasing[0] if lab.dephasing[0] else None,
        "loss": lab.loss[0],
        "base_temperature": lab.base_temperature,
    }
    for i in range(2):
        values[f"gamma_{i + 1}"] = lab.gamma[i] * hertz
        values[f"detuning_{i + 1}"] = lab.detuning[i] * hertz
        if lab.wavelengths is not None:
            values[f"wavelengths_{i + 1}"] = lab.wavelengths[i]
    return {
        control.name: _short_text(control.name, values[control.name])
        for control in CONTROLS
        if control.name in values
    }


def exact_text(name: str, value: float) -> str:
    """A value in SI as text with its unit, to the last digit."""
    return f"{float(value)!r}{CONTROL_BY_NAME[name].unit}"


_PREFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "u"), (1e-9, "n"))


def _short_text(name: str, value: float | None) -> str:
    """A value in SI as text with a prefix, in six digits."""
    if value is None:
        return ""
    unit = CONTROL_BY_NAME[name].unit
    if not unit or not value:
        return f"{value:.6g}{unit}"
    # The values of presets are products: 10 MHz is 9999999.999.
    size = abs(value) * (1 + 1e-9)
    factor, prefix = next((each for each in _PREFIXES if size >= each[0]), _PREFIXES[-1])
    return f"{value / factor:.6g}{prefix}{unit}"


def _one_or_both(first: str, second: str) -> str | tuple[str, str]:
    return first if first == second else (first, second)
