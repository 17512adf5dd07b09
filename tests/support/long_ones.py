"""Parameters of which some take too long for the ordinary run: `make test-long` has those."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import pytest


def ordinary_and_long(values: Iterable[Any], long: Collection[Any]) -> list[Any]:
    """All values, those in `long` with the mark of the checks that take minutes together."""
    values = list(values)
    unknown = [value for value in long if value not in values]
    if unknown:
        raise ValueError(f"long names {unknown}, which are not among {values}.")
    return [pytest.param(v, marks=pytest.mark.long) if v in long else v for v in values]
