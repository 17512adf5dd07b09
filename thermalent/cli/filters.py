"""Filters as options of the command line: a shape by name, or a Touchstone file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from thermalent.filters.filter import Filter

_SUFFIXES = (".s2p", ".s3p", ".s4p", ".ts")
_ALLOWED = "butterworth:ORDER, chebyshev:ORDER:RIPPLE (in decibels), or a Touchstone file"


def build_filter(text: str, fwhm: float | None, unit: float | None) -> Filter:
    """The filter of the option --filter.

    Args:
        text: A shape with its order (and ripple), or the path of a Touchstone file.
        fwhm: Full width at half maximum of a shape, rate unit; one if not given.
        unit: Rate unit of a file, Hz; rates in rad/s if not given.

    Raises:
        click.UsageError: it is neither, or an option does not apply.
        ValueError: a number is out of range.
    """
    from thermalent.filters.filter import Filter

    if Path(text).suffix.lower() in _SUFFIXES:
        if fwhm is not None:
            raise click.UsageError("Option --fwhm does not apply to a file, which has its width.")
        if not Path(text).exists():
            raise click.UsageError(f"Option --filter: there is no file {text!r}.")
        return (
            Filter.from_touchstone(text)
            if unit is None
            else Filter.from_touchstone(text, unit=unit)
        )
    if unit is not None:
        raise click.UsageError("Option --filter-unit applies to Touchstone files only.")
    name, *numbers = text.split(":")
    try:
        values = [float(number) for number in numbers]
        order = int(values[0])
    except (ValueError, IndexError):
        raise click.UsageError(f"Option --filter must be {_ALLOWED}, but is {text!r}.") from None
    width = 1.0 if fwhm is None else fwhm
    if name == "butterworth" and len(values) == 1 and order == values[0]:
        return Filter.butterworth(order, width)
    if name == "chebyshev" and len(values) == 2 and order == values[0]:
        return Filter.chebyshev(order, width, values[1])
    raise click.UsageError(f"Option --filter must be {_ALLOWED}, but is {text!r}.")
