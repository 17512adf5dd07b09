"""The laboratories of THERMAL, Sec. V, by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from thermalent.hardware.description import Hardware
from thermalent.hardware.links import colour_centre_link, superconducting_link
from thermalent.hardware.occupation import source_temperature
from thermalent.support import checks
from thermalent.support.calls import ExplainedClass, with_explained_calls


@dataclass(frozen=True, kw_only=True)
class Preset(metaclass=ExplainedClass):
    """A named laboratory: a kind of hardware and its numbers.

    Args:
        what: A short description.
        link: The function that makes the hardware.
        numbers: Its arguments, with their units.
        source: The origin of the numbers.
        assumed: What had to be assumed, because the source does not state it.
    """

    what: str
    link: Callable[..., Hardware]
    numbers: Mapping[str, Any]
    source: str
    assumed: str

    @property
    def options(self) -> tuple[str, ...]:
        """Names of everything that may be changed."""
        return tuple(inspect.signature(self.link).parameters)


PRESETS: dict[str, Preset] = {
    "superconducting": Preset(
        what="superconducting qubits on a cryogenic link, driven by a resistor at room temperature",
        link=superconducting_link,
        numbers={"temperature": "293K", "frequency": "5GHz", "quality": 2.5e5, "gamma": "10MHz"},
        source="THERMAL, Sec. V A",
        assumed="a waveguide at zero temperature, no dephasing",
    ),
    "siv-orbital": Preset(
        what="orbital states of two SiV centres in diamond on a phonon waveguide",
        link=colour_centre_link,
        numbers={
            "temperature": "300K",
            "frequency": "50GHz",
            "quality": 1e6,
            "gamma": "1MHz",
            "wavelengths": (1.0, 2.0),
            "dephasing_time": "10us",
        },
        source="THERMAL, Sec. V B 3",
        assumed="Q = 1e6 from Sec. V B, detunings of +-gamma/2 from Fig. 6, a waveguide at zero "
        "temperature",
    ),
    "siv-spin": Preset(
        what="spin states of two SiV centres in diamond on a phononic crystal waveguide",
        link=colour_centre_link,
        numbers={
            "temperature": source_temperature(1e3, 3e9),
            "frequency": "3GHz",
            "quality": 1e6,
            "gamma": "250kHz",
            "wavelengths": (1.0, 2.0),
            "dephasing_time": "1ms",
        },
        source="THERMAL, Sec. V B 3",
        assumed="the temperature of n_th = 1000, which is 144 K; the shorter of the two dephasing "
        "times; Q, detunings and waveguide as for siv-orbital",
    ),
}


@with_explained_calls
def preset(name: str, **changes: Any) -> Hardware:
    """A laboratory of the paper by name, with some of its numbers changed if given.

    Args:
        name: "superconducting", "siv-orbital" or "siv-spin".
        changes: Arguments of `superconducting_link` or `colour_centre_link` to replace, such as
            quality=5e5, dephasing_time="10ms" or base_temperature="50mK".

    Returns:
        The network with the laboratory numbers that it stands for.

    Raises:
        ValueError: there is no such preset, it has no such number, or a number is out of range.

    Source: THERMAL, Sec. V; numbers missing there are named in `PRESETS[name].assumed`.
    """
    if name not in PRESETS:
        checks.fail("name", f"one of {sorted(PRESETS)}", name)
    chosen = PRESETS[name]
    for option in changes:
        if option not in chosen.options:
            allowed = f"numbers of the preset {name!r}, {list(chosen.options)}"
            checks.fail("changes", allowed, option)
    return chosen.link(**{**chosen.numbers, **changes})
