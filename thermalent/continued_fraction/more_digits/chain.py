r"""The chain of tiers in balls, in the Hermitian basis of `chain.chain`.

With the tiers scaled against each other by \(\sigma\), tier n = k + l obeys

$$(\lambda n - A_n)\, x_n = B_n x_{n-1} + C_n x_{n+1}, \qquad
  B_n = \sqrt{\cdot}\,\big(\tfrac{V}{\sigma} D + \tfrac{1}{\sigma} Y\big), \qquad
  C_n = \sqrt{\cdot}\;\sigma D$$

where D is the drive and Y the back-action. At \(\sigma = \sqrt V\) and Y = 0 (a classical field)
\(C_{n-1} = -B_n^T\): the drive is anti-Hermitian between neighbouring tiers.
"""

from __future__ import annotations

import numpy as np
from flint import acb, acb_mat, arb, arb_mat

from thermalent.continued_fraction.more_digits.assembly import BallNetwork
from thermalent.numerics.reachable import reachable

_Entries = dict[tuple[int, int], arb]
_Kind = tuple[str, int, int]  # which matrix, parity of the tier, e of its root


class BallChain:
    """Blocks of the chain, tier by tier.

    Tier n holds the unknowns whose |q| does not exceed n and has its parity; they are sorted by
    |q|, so that a lower tier holds the first ones of its parity.
    """

    def __init__(self, network: BallNetwork) -> None:
        d = len(network.numbers)
        i, j = np.triu_indices(d, 1)
        self.dimension = d
        self._above = list(zip(i.tolist(), j.tolist(), strict=True))
        pairs = [(k, k) for k in range(d)] + self._above * 2
        self._charge = np.array(
            [abs(int(network.numbers[a] - network.numbers[b])) for a, b in pairs]
        )
        self._slot = {pair: k for k, pair in enumerate(self._above)}
        self._root = arb(2).sqrt()
        rotation = [acb(0, network.detuning * int(n)) for n in network.numbers]
        own = network.own + _diagonal(rotation)
        a = self._represented(own, network.pairs)
        drive, backaction = (
            self._represented(network.drive, []),
            self._represented(network.backaction, []),
        )
        self.rate = network.rate
        self.variance = network.variance
        self.classical = network.classical
        self._frame = network.bright_dark
        self._choose(self._reachable((a, drive, backaction)))
        self._cuts: dict[tuple[str, int, int, int, int], arb_mat] = {}
        self._a = tuple(self._block(a, parity, parity) for parity in (0, 1))
        self.scale = self._scaling(network.variance, drive, backaction)
        up: _Entries = {}
        for key in drive.keys() | backaction.keys():
            up[key] = (
                self.variance * drive.get(key, arb(0)) + backaction.get(key, arb(0))
            ) / self.scale
        down = {key: value * self.scale for key, value in drive.items()}
        self._up = tuple(self._by_root(up, parity) for parity in (0, 1))
        self._down = tuple(self._by_root(down, parity) for parity in (0, 1))

    @property
    def tier0_size(self) -> int:
        """Number of unknowns of tier 0."""
        return self.size(0)

    def size(self, n: int) -> int:
        """Number of unknowns of tier n."""
        return int(np.count_nonzero(self._charge[self._order[n % 2]] <= n))

    def a(self, n: int) -> arb_mat:
        """The block A_n, (size(n), size(n))."""
        return self._cut(("a", n % 2, 0), self._a[n % 2], self.size(n), self.size(n))

    def up(self, n: int) -> arb_mat:
        """The block B_n from tier n - 1 into tier n, (size(n), size(n - 1))."""
        return self._summed("up", self._up[n % 2], n, n - 1, 1)

    def down(self, n: int) -> arb_mat:
        """The block C_n from tier n + 1 into tier n, (size(n), size(n + 1))."""
        return self._summed("down", self._down[n % 2], n, n + 1, -1)

    @property
    def highest_charge(self) -> int:
        """Largest |q| among the unknowns."""
        return int(max(self._charge[index].max(initial=0) for index in self._order))

    @property
    def undriven(self) -> bool:
        """Whether tier 0 does not couple into the tiers above it."""
        return all(value.is_zero() for value in self.up(1).entries())

    def populations(self) -> list[int]:
        """Positions of the populations among the unknowns of tier 0: |0><0| first."""
        order = self._order[0].tolist()
        return [order.index(k) for k in range(self.dimension)]

    def matrix(self, x: list[arb]) -> acb_mat:
        """The density matrix of the coordinates x at tier 0 in the product basis, (d, d)."""
        d, pairs = self.dimension, len(self._above)
        rho = [[acb(0) for _ in range(d)] for _ in range(d)]
        for value, k in zip(x, self._order[0][: len(x)].tolist(), strict=True):
            if k < d:
                rho[k][k] = acb(value)
                continue
            i, j = self._above[(k - d) % pairs]
            part = value / self._root
            rho[i][j] += acb(part) if k - d < pairs else acb(0, part)
            rho[j][i] += acb(part) if k - d < pairs else acb(0, -part)
        return self._frame * acb_mat(rho) * self._frame.conjugate().transpose()

    def _represented(self, x: acb_mat, pairs: list[tuple[acb_mat, acb_mat]]) -> _Entries:
        """X rho + rho X^+ + sum a rho b^+ in the Hermitian basis: its nonzero elements."""
        d = self.dimension
        columns = _columns(x)
        sides = [(_columns(a), _columns(b)) for a, b in pairs]
        entries: _Entries = {}
        for i in range(d):
            for j in range(i, d):
                image: dict[tuple[int, int], acb] = {}
                for m, value in columns[i]:
                    _add(image, (m, j), value)
                for n, value in columns[j]:
                    _add(image, (i, n), value.conjugate())
                for a, b in sides:
                    for m, left in a[i]:
                        for n, right in b[j]:
                            _add(image, (m, n), left * right.conjugate())
                self._coordinates(image, i, j, entries)
        return entries

    def _coordinates(
        self, image: dict[tuple[int, int], acb], i: int, j: int, entries: _Entries
    ) -> None:
        """The columns of (image + h.c.) and i (image - h.c.), image that of |i><j|."""
        d, pairs = self.dimension, len(self._above)
        zero = acb(0)
        inputs: list[tuple[int, acb]] = [(i, acb(1))]
        if i != j:
            first = d + self._slot[i, j]
            inputs = [(first, acb(1)), (first + pairs, acb(0, 1))]
        seen = {(min(key), max(key)) for key in image}
        for column, phase in inputs:
            for m, n in seen:
                value_here = phase * image.get((m, n), zero)
                if m == n:
                    value = value_here.real if i == j else value_here.real * self._root
                    _set(entries, m, column, value)
                    continue
                # For |i><i| the image is Hermitian already and enters with one half.
                both = value_here + (phase * image.get((n, m), zero)).conjugate()
                if i == j:
                    both = both / self._root
                row = d + self._slot[m, n]
                _set(entries, row, column, both.real)
                _set(entries, row + pairs, column, both.imag)

    def _reachable(self, maps: tuple[_Entries, ...]) -> np.ndarray:
        """Unknowns that are coupled to the populations."""
        size = self.dimension**2
        pattern = np.zeros((size, size))
        for entries in maps:
            for row, column in entries:
                pattern[row, column] = 1.0
        return reachable(np.arange(size) < self.dimension, pattern)

    def _choose(self, keep: np.ndarray) -> None:
        """Split the unknowns by parity, sorted by |q|."""
        keep = keep[np.argsort(self._charge[keep], kind="stable")]
        odd = self._charge[keep] % 2 == 1
        self._order = (keep[~odd], keep[odd])
        self._position = {
            int(k): place for order in self._order for place, k in enumerate(order.tolist())
        }

    def _scaling(self, variance: arb, drive: _Entries, backaction: _Entries) -> arb:
        """The scale sigma: sqrt(V), or its balance with a back-action that outweighs the field."""
        d = sum(float(value.mid()) ** 2 for value in drive.values()) ** 0.5
        y = sum(float(value.mid()) ** 2 for value in backaction.values()) ** 0.5
        v = float(variance.mid())
        if y > 2 * v * d and d > 0:
            return arb(max(float(np.sqrt(y / d - v)), 1e-100))
        return variance.sqrt() if variance > 0 else arb(1)

    def _block(self, entries: _Entries, rows: int, columns: int) -> list[list[arb]]:
        block = [[arb(0)] * len(self._order[columns]) for _ in self._order[rows]]
        for (row, column), value in entries.items():
            if row not in self._position or column not in self._position:
                continue
            if self._charge[row] % 2 == rows and self._charge[column] % 2 == columns:
                block[self._position[row]][self._position[column]] = value
        return block

    def _by_root(self, entries: _Entries, parity: int) -> dict[int, list[list[arb]]]:
        """The coupling into tiers of a parity, split by the integer e of its root."""
        parts: dict[int, _Entries] = {}
        for (row, column), value in entries.items():
            if self._charge[row] % 2 == parity:
                e = int((self._charge[row] - self._charge[column]) * self._charge[row])
                parts.setdefault(e, {})[row, column] = value
        return {e: self._block(part, parity, 1 - parity) for e, part in parts.items()}

    def _cut(self, kind: _Kind, block: list[list[arb]], rows: int, columns: int) -> arb_mat:
        """The first rows and columns of a block as a matrix, made once."""
        key = (*kind, rows, columns)
        if key not in self._cuts:
            self._cuts[key] = arb_mat(
                rows, columns, [value for row in block[:rows] for value in row[:columns]]
            )
        return self._cuts[key]

    def _summed(
        self, kind: str, parts: dict[int, list[list[arb]]], n: int, other: int, sign: int
    ) -> arb_mat:
        """The blocks of a coupling into tier n, each times its root sqrt((n + sign e)/2 + ...)."""
        rows, columns = self.size(n), self.size(other)
        total = arb_mat(rows, columns)
        for e, block in parts.items():
            twice = n + sign * e + (2 if sign < 0 else 0)
            if twice > 0:
                cut = self._cut((kind, n % 2, e), block, rows, columns)
                total += cut * (arb(twice) / 2).sqrt()
        return total


def _set(entries: _Entries, row: int, column: int, value: arb) -> None:
    if not value.is_zero():
        entries[row, column] = value


def _add(image: dict[tuple[int, int], acb], key: tuple[int, int], value: acb) -> None:
    image[key] = image[key] + value if key in image else value


def _diagonal(values: list[acb]) -> acb_mat:
    size = len(values)
    return acb_mat(
        size, size, [values[i] if i == j else 0 for i in range(size) for j in range(size)]
    )


def _columns(operator: acb_mat) -> list[list[tuple[int, acb]]]:
    """The nonzero elements of each column."""
    table = operator.tolist()
    size = len(table)
    return [[(i, table[i][j]) for i in range(size) if table[i][j] != 0] for j in range(size)]
