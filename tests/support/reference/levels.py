r"""The hierarchy level by level, in the plain product basis.

With \(\chi = \exp(\tfrac12 \zeta C \zeta)\,\varphi\) and W C + C W^T = Q the second-order terms of
the source vanish, and the coefficients of \(\varphi = \sum_n \varphi_n \zeta^n\) obey

    phi_n' = L phi_n - sum_ij W_ij m_j phi_m  (m = n - e_i + e_j)
           + sum_i T_i (n_i + 1) phi_{n + e_i} + sum_i B_i phi_{n - e_i},   B = T C + K

so that the total |n| changes by at most one. phi_0 is the emitters' state.
"""

from functools import lru_cache
from math import lgamma, log, log2

from flint import acb, acb_mat, arb, ctx

from tests.support.reference.data import Data
from tests.support.reference.words import Super, Words, plus, pruned

_PROBED = 5  # levels that are searched element by element for what is connected


@lru_cache(maxsize=512)
def compositions(total: int, parts: int) -> tuple[tuple[int, ...], ...]:
    """All tuples of `parts` non-negative integers of this sum."""
    if parts == 0:
        return ((),) if total == 0 else ()
    if parts == 1:
        return ((total,),)
    return tuple(
        (first, *rest)
        for first in range(total, -1, -1)
        for rest in compositions(total - first, parts - 1)
    )


class Hierarchy:
    """Superoperators by row, and the unknowns that belong together."""

    def __init__(self, data: Data) -> None:
        words = Words(data)
        polynomial = words.generator()
        self.words, self.data, self.bits = words, data, ctx.prec
        self.size, self.count = words.size, 2 * data.modes
        n = self.count
        for key in polynomial:
            if key[0] == () and len(key[1]) == 2 and polynomial[key]:
                worst = max(float(abs(v).upper()) for v in polynomial[key].values())
                assert worst < 1e-50, "second derivatives have to cancel"
        self.own = polynomial.get(((), ()), {})
        self.drive = [polynomial.get(((), (i,)), {}) for i in range(n)]
        back = [polynomial.get(((i,), ()), {}) for i in range(n)]
        for j, acts in enumerate(data.backaction):
            if not acts:
                back[2 * j] = back[2 * j + 1] = {}
        scalar = [
            [_scalar(polynomial.get(((i,), (j,)), {}), self.size) for j in range(n)]
            for i in range(n)
        ]
        self.drift = [[-value for value in row] for row in scalar]
        noise = [
            [
                _scalar(polynomial.get((tuple(sorted((i, j))), ()), {}), self.size)
                * (2 if i == j else 1)
                for j in range(n)
            ]
            for i in range(n)
        ]
        self.covariance = _lyapunov(self.drift, noise)
        self.raise_ = []
        for i in range(n):
            total = dict(back[i])
            for j in range(n):
                if not self.covariance[j][i].is_zero():
                    total = plus(total, self.drive[j], self.covariance[j][i])
            self.raise_.append(pruned(total))
        self.rows_own = _rows(self.own)
        self.rows_drive = [_rows(a) for a in self.drive]
        self.rows_raise = [_rows(a) for a in self.raise_]
        self.trace_elements = [i * self.size + i for i in range(self.size)]

    def sector(self, seeds: list[tuple[tuple[int, ...], int]]) -> "Sector":
        """The unknowns connected with these (index, element), found by following every term."""
        return Sector(self, seeds)


class Sector:
    """A connected set of unknowns and its blocks."""

    def __init__(self, h: Hierarchy, seeds) -> None:
        self.h = h
        found = self._search(seeds)
        self._signature = self._find_signature(found)
        self._allowed = {}
        for n, element in found:
            self._allowed.setdefault(self._key(n), set()).add(element)
        self._levels: dict[int, list] = {}
        self._positions: dict[int, dict] = {}
        self._blocks: dict[int, tuple] = {}
        self._ratio = 0.5 * (_log2_norm(h.raise_) - _log2_norm(h.drive))

    def exponent(self, level: int) -> int:
        """Binary exponent of the scale sigma of a level, phi = sigma psi.

        In psi the blocks from above and from below are about equal, which keeps the balls small;
        powers of two keep them exact. sigma falls like (|B|/|T|)^(N/2) / sqrt((N/2)!).
        """
        return round(level * self._ratio - 0.5 * (level * log2(0.5) + lgamma(level + 1) / log(2)))

    def _search(self, seeds) -> set:
        h = self.h
        own = [_neighbours(h.own, 0), _neighbours(h.own, 1)]
        drives = [[_neighbours(a, axis) for axis in (0, 1)] for a in h.drive]
        raises = [[_neighbours(a, axis) for axis in (0, 1)] for a in h.raise_]
        found, frontier = set(seeds), list(seeds)
        while frontier:
            n, e = frontier.pop()
            total = sum(n)
            reached = [(n, f) for side in own for f in side.get(e, ())]
            for i in range(h.count):
                if total < _PROBED:
                    up = _moved(n, i, 1)
                    reached += [(up, f) for f in drives[i][0].get(e, ())]
                    reached += [(up, f) for f in raises[i][1].get(e, ())]
                if n[i] > 0:
                    down = _moved(n, i, -1)
                    reached += [(down, f) for f in drives[i][1].get(e, ())]
                    reached += [(down, f) for f in raises[i][0].get(e, ())]
                    for j in range(h.count):
                        if i != j and not (h.drift[i][j].is_zero() and h.drift[j][i].is_zero()):
                            reached.append((_moved(down, j, 1), e))
            for item in reached:
                if item not in found:
                    found.add(item)
                    frontier.append(item)
        return found

    def _find_signature(self, found):
        """Signs v such that the elements at index n depend on v.n alone; None if there are none."""
        by_index: dict[tuple[int, ...], set] = {}
        for n, e in found:
            by_index.setdefault(n, set()).add(e)
        modes = self.h.count // 2
        for choice in range(2**modes):
            signs = [1 if choice >> j & 1 == 0 else -1 for j in range(modes)]
            v = [s * t for s in signs for t in (1, -1)]
            sets: dict[int, set] = {}
            consistent = True
            for n, elements in by_index.items():
                if sum(n) >= _PROBED - 1:
                    continue  # the edge of the search misses what only higher levels connect
                key = sum(a * b for a, b in zip(v, n, strict=True))
                if sets.setdefault(key, elements) != elements:
                    consistent = False
                    break
            if consistent:
                return v
        return None

    def _key(self, n):
        if self._signature is None:
            return 0
        return sum(a * b for a, b in zip(self._signature, n, strict=True))

    def unknowns(self, level: int) -> list[tuple[tuple[int, ...], int]]:
        """(index, element) of a level, in order."""
        if level not in self._levels:
            if self._signature is None:
                every = sorted(set().union(*self._allowed.values()))
                items = [(n, e) for n in compositions(level, self.h.count) for e in every]
            else:
                items = [
                    (n, e)
                    for n in compositions(level, self.h.count)
                    for e in sorted(self._allowed.get(self._key(n), ()))
                ]
            self._levels[level] = items
            self._positions[level] = {item: i for i, item in enumerate(items)}
        return self._levels[level]

    def position(self, level: int) -> dict:
        self.unknowns(level)
        return self._positions[level]

    def terms(self, level: int):
        """(row, level of the column, column, value) of every term in the equations of a level."""
        h = self.h
        here = self.position(level)
        above = self.position(level + 1)
        below = self.position(level - 1) if level else {}
        for row, (n, e) in enumerate(self.unknowns(level)):
            for f, value in h.rows_own.get(e, ()):
                yield row, level, here[n, f], value
            for i in range(h.count):
                for j in range(h.count):
                    w = h.drift[i][j]
                    if n[i] == 0 or w.is_zero():
                        continue
                    m = _moved(_moved(n, i, -1), j, 1)
                    column = here.get((m, e))
                    if column is not None:
                        yield row, level, column, -w * m[j]
                up = _moved(n, i, 1)
                for f, value in h.rows_drive[i].get(e, ()):
                    yield row, level + 1, above[up, f], value * (n[i] + 1)
                if n[i] > 0:
                    down = _moved(n, i, -1)
                    for f, value in h.rows_raise[i].get(e, ()):
                        yield row, level - 1, below[down, f], value

    def _step(self, level: int) -> arb:
        return arb(2) ** (self.exponent(level + 1) - self.exponent(level))

    def blocks(self, level: int) -> tuple[acb_mat, acb_mat, acb_mat | None]:
        """(own, from above, from below) of a level, for the scaled psi."""
        if level not in self._blocks:
            with ctx.workprec(self.h.bits):
                self._blocks[level] = self._assembled(level)
        return self._blocks[level]

    def _assembled(self, level: int) -> tuple[acb_mat, acb_mat, acb_mat | None]:
        size = len(self.unknowns(level))
        widths = {
            level: size,
            level + 1: len(self.unknowns(level + 1)),
            level - 1: len(self.unknowns(level - 1)) if level else 0,
        }
        lists = {at: [acb(0)] * (size * width) for at, width in widths.items()}
        for row, at, column, value in self.terms(level):
            place = row * widths[at] + column
            lists[at][place] = lists[at][place] + value
        own = acb_mat(size, size, lists[level])
        above = acb_mat(size, widths[level + 1], lists[level + 1]) * self._step(level)
        below = None
        if level:
            below = acb_mat(size, widths[level - 1], lists[level - 1])
            below = below * (1 / self._step(level - 1))
        return own, above, below


def _log2_norm(superoperators) -> float:
    """Binary logarithm of the largest element; 0 if there is none."""
    values = [float(abs(v).mid()) for a in superoperators for v in a.values()]
    largest = max(values, default=0.0)
    return log2(largest) if largest > 0 else 0.0


def _moved(n, i, step):
    out = list(n)
    out[i] += step
    return tuple(out)


def _scalar(superoperator: Super, size: int) -> acb:
    """The factor of a multiple of the identity."""
    if not superoperator:
        return acb(0)
    value = superoperator.get((0, 0), acb(0))
    for (i, j), other in superoperator.items():
        expected = value if i == j else acb(0)
        assert (other - expected).overlaps(acb(0)) if hasattr(other, "overlaps") else True
    return value


def _lyapunov(drift, noise):
    """C of W C + C W^T = Q, by elimination of the n^2 equations."""
    n = len(drift)
    if n == 0:
        return []
    equations = acb_mat(n * n, n * n)
    for i in range(n):
        for j in range(n):
            row = i * n + j
            for k in range(n):
                equations[row, k * n + j] = equations[row, k * n + j] + drift[i][k]
                equations[row, i * n + k] = equations[row, i * n + k] + drift[j][k]
    right = acb_mat(n * n, 1, [noise[i][j] for i in range(n) for j in range(n)])
    solution = equations.solve(right)
    # Elements that vanish in truth come as balls around zero of tiny radius.
    return [
        [acb(0) if solution[i * n + j, 0].contains(0) else solution[i * n + j, 0] for j in range(n)]
        for i in range(n)
    ]


def _rows(a: Super) -> dict[int, list]:
    rows: dict[int, list] = {}
    for (i, j), value in a.items():
        rows.setdefault(i, []).append((j, value))
    return rows


def _neighbours(a: Super, axis: int) -> dict[int, list]:
    """Columns that a row holds (axis 0), or rows that a column holds (axis 1)."""
    out: dict[int, list] = {}
    for key in a:
        out.setdefault(key[axis], []).append(key[1 - axis])
    return out
