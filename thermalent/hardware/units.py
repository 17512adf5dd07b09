"""Laboratory numbers: a string with its unit, a pint quantity, or a plain number in SI.

Frequencies are *ordinary* frequencies nu and mean the angular frequency omega = 2 pi nu. An angular
frequency is written in rad/s; per second alone could mean either and is refused. Times are not
multiplied by anything: a dephasing time T_phi is the rate gamma_phi = 1/T_phi.
"""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Callable, Mapping
from math import floor, isfinite, log10, pi
from numbers import Real
from typing import Any, NamedTuple

from thermalent.support import checks
from thermalent.support.checks import in_message
from thermalent.support.errors import ArgumentError

# A number and a unit, at most a quotient or product of two. pint would evaluate any arithmetic.
_NUMBER_AND_UNIT = re.compile(
    r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([^\W\d]+|°\w+|[^\W\d]+\s*[/*]\s*[^\W\d]+)\s*"
)
# A plain number below is more likely one of gigahertz or megahertz, whose unit was left out.
_FEW_HERTZ = 1e3
# Plain numbers above: of a time more likely microseconds, of a waveguide's temperature millikelvin.
_LONG_TIME, _HELIUM = 1.0, 5.0
_USUAL = "K mK uK Hz kHz MHz GHz THz s ms us ns ps"
_USUAL_UNITS = {unit.lower(): unit for unit in _USUAL.split()}
_PREFIXES = {-15: "f", -12: "p", -9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T"}

Units = Mapping[str, Any]  # unit name -> its power


class Kind(NamedTuple):
    """A kind of laboratory number: what is allowed, and its SI value from root units."""

    words: str
    unit: str
    to_si: Callable[[float, Units, Units], float | None]


def _plain(unit: str) -> Callable[[float, Units, Units], float | None]:
    return lambda magnitude, root, given: magnitude if root == {unit: 1} else None


def _hertz(magnitude: float, root: Units, given: Units) -> float | None:
    # To pint both Hz and rad/s are 1/s, and a factor 2 pi would be lost without a word.
    if root == {"radian": 1, "second": -1}:
        return magnitude / (2 * pi)
    named = any(name.endswith("hertz") for name in given)
    return magnitude if named and root == {"second": -1} else None


TEMPERATURE = Kind("a temperature such as '293K'", "K", _plain("kelvin"))
FREQUENCY = Kind("a frequency such as '5GHz' (or an angular one in rad/s)", "Hz", _hertz)
TIME = Kind("a time such as '20us'", "s", _plain("second"))


def quantity_in_si(name: str, value: Any, kind: Kind, check: Callable[[str, Any], float]) -> float:
    """The value in K, Hz or s.

    Args:
        name: Of the argument, for the message.
        value: As it was given.
        kind: TEMPERATURE, FREQUENCY or TIME.
        check: What the number must be, from `checks`.

    Raises:
        ValueError: the value has another unit, none, or is out of range.
    """
    if not hasattr(value, "to_root_units"):  # of a quantity even a scalar has dimensions
        value = checks.scalar(value)
    if isinstance(value, Real):
        number = check(name, value)
        likely, unit = _likely_unit(name, abs(number), kind)
        if likely:
            warnings.warn(
                f"`{name}` = {number:g} is read as {number:g} {unit}. Give it with its unit: "
                f"'{number:g}{likely}', or '{number:g}{unit}' if that is meant.",
                stacklevel=1,  # one place, so that it is shown once
            )
        return number
    converted = _text_in_si(value, kind) if type(value) is str else _si_value(value, kind)
    _warn_of_millihertz(name, value, converted)
    if converted is None or not isfinite(converted):
        shown = in_message(value) + _other_case(value) if isinstance(value, str) else value
        checks.fail(name, kind.words, checks.Words(shown))
    try:
        return check(name, converted)
    except ValueError as error:  # name the value as it was given, with its unit
        raise ArgumentError(str(error).replace(repr(converted), repr(str(value)))) from None


def _likely_unit(name: str, number: float, kind: Kind) -> tuple[str, str]:
    """The unit that a plain number was likely meant in, and that in which it is read; or none."""
    if kind is FREQUENCY and 0 < number < _FEW_HERTZ:
        return "GHz", "Hz"
    if kind is TIME and number >= _LONG_TIME:
        return "us", "s"
    if kind is TEMPERATURE and name == "base_temperature" and number > _HELIUM:
        return "mK", "K"
    return "", ""


def _warn_of_millihertz(name: str, value: Any, hertz: float | None) -> None:
    if isinstance(value, str) and value.rstrip().endswith("mHz") and hertz is not None:
        warnings.warn(
            f"`{name}` = {value!r} is {hertz:g} Hz, as mHz are millihertz; megahertz are MHz.",
            stacklevel=1,
        )


def _other_case(text: str) -> str:
    """What a text means whose unit has letters of the wrong case: " (mK?)" for "50mk"."""
    match = _NUMBER_AND_UNIT.fullmatch(text)
    unit = match[2].strip() if match else ""
    right = _USUAL_UNITS.get(unit.lower(), "")
    return f" (the unit is written {right})" if right not in ("", unit) else ""


def with_prefix(value: float, unit: str) -> str:
    """A value with its SI prefix: 10 kHz."""
    power = 3 * floor(log10(abs(value)) / 3 + 1e-9) if value else 0
    power = min(max(power, min(_PREFIXES)), max(_PREFIXES))
    return f"{value / 10.0**power:.6g} {_PREFIXES[power]}{unit}"


@functools.lru_cache(maxsize=256)
def _text_in_si(text: str, kind: Kind) -> float | None:
    """The value of a text in SI; scans give the same text at every point."""
    return _si_value(text, kind)


def _si_value(value: Any, kind: Kind) -> float | None:
    """The value in SI, or None if it is not of this kind."""
    quantity = _parsed(value) if isinstance(value, str) else value
    if not hasattr(quantity, "to_root_units"):
        return None
    root = quantity.to_root_units()
    try:
        magnitude = float(root.magnitude)
    except TypeError:  # an array
        return None
    return kind.to_si(magnitude, dict(root.unit_items()), dict(quantity.unit_items()))


def _parsed(text: str) -> Any:
    """The pint quantity of a number with a unit; None if it is none."""
    match = _NUMBER_AND_UNIT.fullmatch(text)
    if match is None:
        return None
    from pint.errors import PintError

    try:
        return _registry().Quantity(float(match[1]), match[2])
    except PintError:
        return None


@functools.cache
def _registry() -> Any:
    import pint

    return pint.UnitRegistry()
