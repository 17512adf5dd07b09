"""How a result differs from the one that is kept."""

from __future__ import annotations

import math

from tests.kept_results.contents import Contents

# Far above what other processors and versions of the linear algebra change in a sum of rounding
# errors, far below what a wrong factor or sign does to a number or to a stated error.
_RELATIVE, _ABSOLUTE = 1e-6, 1e-12


def differences(kept: Contents, found: Contents) -> list[str]:
    """A line for each place where they differ; places that are not kept are not compared."""
    lines = []
    for place, before in kept.items():
        now = found.get(place)
        if not _same(before, now):
            lines.append(f"{place or 'the result'}: {_shown(before, now)}")
    return lines


def _same(before: str | list[float], now: str | list[float] | None, share: float = 1.0) -> bool:
    if not (isinstance(before, list) and isinstance(now, list)):
        return before == now
    pairs = zip(before, now, strict=False)
    return len(before) == len(now) and all(_close(a, b, share) for a, b in pairs)


def _close(before: float, now: float, share: float = 1.0) -> bool:
    if math.isnan(before) or math.isnan(now):
        return math.isnan(before) and math.isnan(now)
    allowed = share * max(_ABSOLUTE, _RELATIVE * abs(before))
    return before == now or abs(before - now) <= allowed


def _shown(before: str | list[float], now: str | list[float] | None) -> str:
    if not (isinstance(before, list) and isinstance(now, list)):
        return f"{before!r} was kept, {now!r} came"
    if len(before) != len(now):
        return f"{len(before)} numbers were kept, {len(now)} came"
    i = next(i for i, pair in enumerate(zip(before, now, strict=True)) if not _close(*pair))
    return f"number {i}: {before[i]!r} was kept, {now[i]!r} came"


def steady(one: Contents, other: Contents) -> Contents:
    """The places of a result that come out the same, far within what counts as a difference."""
    return {place: here for place, here in one.items() if _same(here, other.get(place), 0.1)}
