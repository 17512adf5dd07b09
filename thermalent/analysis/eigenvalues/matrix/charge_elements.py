r"""The elements of the hierarchy of one charge, balanced, as sums of two doubles.

With tiers scaled by \(s = \max(1, \sqrt{V})\), what rises into tier n is \(\sqrt{k}/s\) or
\(\sqrt{l}/s\) times the generator's own elements, and what falls into it \(s \sqrt{k + 1}\) or
\(s \sqrt{l + 1}\) times them. At Q = 0 the hierarchy keeps Hermiticity: in the real and imaginary
parts of the pairs \(\mu^{kl}, \mu^{lk}\) all elements are real.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from thermalent.analysis.eigenvalues.generator import HierarchyGenerator, SuperoperatorEntries
from thermalent.numerics import two_doubles


class ChargeElements(NamedTuple):
    """ChargeElements of a matrix, of which several may have one place; (n,) each.

    Args:
        row: Row.
        col: Column.
        high: Value in double precision.
        low: What it has beyond double precision.
    """

    row: np.ndarray
    col: np.ndarray
    high: np.ndarray
    low: np.ndarray


class UnknownPlaces(NamedTuple):
    """Where the unknowns of the tiers stand.

    Args:
        of: Unknown of each |i><j| in each tier, or -1, (tiers, d^2).
        tier: Tier of each unknown, (size,).
        element: Its |i><j|, (size,).
    """

    of: np.ndarray
    tier: np.ndarray
    element: np.ndarray


def unknown_places(present: np.ndarray) -> UnknownPlaces:
    """The unknowns one tier after the other, where `present`, (tiers, d^2), is true."""
    tier, element = np.nonzero(present)
    of = np.full(present.shape, -1)
    of[tier, element] = np.arange(len(tier))
    return UnknownPlaces(of, tier, element)


def complex_elements(
    g: HierarchyGenerator, shift: np.ndarray, where: UnknownPlaces
) -> ChargeElements:
    """The elements between the |i><j|.

    Args:
        g: The superoperators.
        shift: k - l of each |i><j|, (d^2,).
        where: The unknowns.
    """
    rate, turn = _split(g.rate), _split(g.detuning)
    own = np.arange(len(where.tier))
    decay = two_doubles.product_of_pairs(rate, (-1.0 * where.tier, 0.0))
    turning = two_doubles.product_of_pairs(turn, (1.0 * shift[where.element], 0.0))
    parts = [ChargeElements(own, own, *(a + 1j * b for a, b in zip(decay, turning, strict=True)))]
    parts.append(within_tiers(g.within, where))
    scale = float(np.sqrt(g.variance)) if g.variance > 1 else 1.0
    for entries, step, factor in (
        (g.rise, -1, two_doubles.inverse(scale)),
        (g.fall, 1, (scale, 0.0)),
    ):
        row, col, entry, tier = _between(entries, where, step)
        root = two_doubles.square_root(_quanta(entries, shift, entry, tier, step).astype(float))
        factor = two_doubles.product_of_pairs(root, factor)
        parts.append(ChargeElements(row, col, *_scaled(entries, entry, factor)))
    return ChargeElements(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def within_tiers(entries: SuperoperatorEntries, where: UnknownPlaces) -> ChargeElements:
    """A superoperator in every tier."""
    row, col, entry, _ = _between(entries, where, 0)
    return ChargeElements(row, col, entries.floats[entry], entries.rest[entry])


def real_elements(elements: ChargeElements, where: UnknownPlaces, dim: int) -> ChargeElements:
    r"""The same between real and imaginary parts, for operators that keep Hermiticity.

    A pair of unknowns x and its partner x' is \((x + x')/\sqrt{2}\) and \((x - x')/\sqrt{2}i\)
    there, in the places of the first and of the second.
    """
    partner = where.of[where.tier, (where.element % dim) * dim + where.element // dim]
    unknown = np.arange(len(partner))
    kind = np.sign(partner - unknown)  # 1: first of a pair, 0: its own partner, -1: second
    row, col = elements.row, elements.col
    # What the others say follows from Hermiticity.
    kept = (kind[row] > 0) | ((kind[row] == 0) & (kind[col] >= 0))
    row, col = row[kept], col[kept]
    mixed = (kind[row] == 0) != (kind[col] == 0)
    root = two_doubles.square_root(np.where(mixed, 2.0, 1.0))
    high, low = elements.high[kept], elements.low[kept]
    re = two_doubles.product_of_pairs((high.real, low.real), root)
    im = two_doubles.product_of_pairs((high.imag, low.imag), root)
    sign = np.where(kind[col] < 0, -1.0, 1.0)
    first = np.where(kind[col] < 0, partner[col], col)
    to_pair, of_pair = kind[row] > 0, kind[col] != 0
    both = to_pair & of_pair
    second_row, second_col = partner[row], partner[first]
    parts = (
        (slice(None), row, first, 1.0, re),
        (of_pair, row, second_col, -sign, im),
        (to_pair, second_row, first, 1.0, im),
        (both, second_row, second_col, sign, re),
    )
    columns = []
    for which, target, origin, factor, (of_high, of_low) in parts:
        weight = np.broadcast_to(factor, of_high.shape)[which]
        columns.append(
            (target[which], origin[which], weight * of_high[which], weight * of_low[which])
        )
    found = ChargeElements(*(np.concatenate(part) for part in zip(*columns, strict=True)))
    moving = found.high != 0
    return ChargeElements(*(part[moving] for part in found))


def _split(value: object) -> tuple[float, float]:
    high = float(value)  # type: ignore[arg-type]
    return high, float(value - high)  # type: ignore[operator]


def _between(
    entries: SuperoperatorEntries, where: UnknownPlaces, step: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rows, columns, entries and target tiers of a superoperator from tier n + step into n."""
    tiers = len(where.of)
    target = np.arange(max(0, -step), tiers - max(0, step))
    row, col = where.of[target][:, entries.row], where.of[target + step][:, entries.col]
    at, entry = np.nonzero((row >= 0) & (col >= 0))
    return row[at, entry], col[at, entry], entry, target[at]


def _quanta(
    entries: SuperoperatorEntries, shift: np.ndarray, entry: np.ndarray, tier: np.ndarray, step: int
) -> np.ndarray:
    """The larger of the two k, or of the two l, whichever differs."""
    row, col = shift[entries.row[entry]], shift[entries.col[entry]]
    upper, of_upper = (tier, row) if step < 0 else (tier + 1, col)
    # k changes if k - l rises with the tier, else l does.
    sign = np.where((row > col) == (step < 0), 1, -1)
    return np.asarray((upper + sign * of_upper) // 2)


def _scaled(
    entries: SuperoperatorEntries, entry: np.ndarray, factor: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    high, low = entries.floats[entry], entries.rest[entry]
    re = two_doubles.product_of_pairs((high.real, low.real), factor)
    im = two_doubles.product_of_pairs((high.imag, low.imag), factor)
    return re[0] + 1j * im[0], re[1] + 1j * im[1]
