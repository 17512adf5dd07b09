"""Steady states and resolvents of a network by elimination of the levels from the top."""

from __future__ import annotations

import numpy as np
from flint import acb, acb_mat, arb, ctx

from tests.support.reference.data import Data, data_of
from tests.support.reference.levels import Hierarchy, Sector

DIGITS_KEPT = 22  # doubling the levels changes less than 10^-this
_MOST_UNKNOWNS = 400  # of one level
_SINGULAR = 1e60  # condition beyond which a second stationary state is not told from a slow one


class ReferenceError(RuntimeError):
    """The reference has no answer: no convergence within its means, or no unique one."""


class NotUnique(ReferenceError):
    """There is more than one stationary state."""


class Reference:
    """One network in arbitrary precision.

    Args:
        network: A `Network`, or the `Data` of one.
        bits: Working precision.
        most: Highest level that is tried.
    """

    def __init__(self, network, *, bits: int = 256, most: int = 6000) -> None:
        self.bits, self.most = bits, most
        self.data = network if isinstance(network, Data) else data_of(network)
        self.level = 0  # the levels that the steady state took
        self._steady: Vector | None = None
        with ctx.workprec(2 * bits):
            self.h = Hierarchy(self.data)
            zero = (0,) * self.h.count
            self.sector = self.h.sector([(zero, e) for e in self.h.trace_elements])

    def steady_levels(self) -> Vector:
        """All levels of the steady state.

        Twice the levels in twice the bits agree with it to 22 digits, so that neither truncation
        nor rounding can have left more.
        """
        if self._steady is None:
            self._steady = self._converged()
        return self._steady

    def steady_state(self) -> State:
        """The emitters' state."""
        return self.steady_levels().state()

    def _converged(self) -> Vector:
        if self.h.count == 0:
            return self.at(0, 2 * self.bits)
        last, before = 16, None
        while last <= self.most and len(self.sector.unknowns(last)) <= _MOST_UNKNOWNS:
            if before is not None:
                now = self.at(last, 2 * self.bits)
                if before.state().distance(now.state()) < 10.0**-DIGITS_KEPT:
                    self.level = last // 2
                    return now
            before = self.at(last, self.bits)
            last *= 2
        raise ReferenceError(f"not converged with {last // 2} levels")

    def at(self, last: int, bits: int) -> Vector:
        """The steady state with levels up to `last`, in so many bits."""
        with ctx.workprec(bits):
            folds = Elimination(self.sector, acb(0), last)
            ground = folds.pivot
            size = ground.nrows()
            position = self.sector.position(0)
            # One equation is redundant, because the trace is conserved: normalise instead.
            row = position[(0,) * self.h.count, 0]
            scale = max(float(abs(value).mid()) for value in ground.entries())
            for column in range(size):
                ground[row, column] = 0
            for e in self.h.trace_elements:
                ground[row, position[(0,) * self.h.count, e]] = scale
            try:
                inverse = ground.inv()
            except ZeroDivisionError as error:
                raise NotUnique("the steady state is not unique") from error
            if max(float(abs(value).upper()) for value in inverse.entries()) * scale > _SINGULAR:
                raise NotUnique("the steady state is not unique")
            first = acb_mat(size, 1, [inverse[i, row].mid() * scale for i in range(size)])
            return Vector(self.sector, folds.back([first]))

    def starts(self, rho) -> list[Vector]:
        """The emitters in rho, the source stationary: one vector for each connected set."""
        zero = (0,) * self.h.count
        size = self.h.size
        left = {
            i * size + j: acb(complex(rho[i][j]).real, complex(rho[i][j]).imag)
            for i in range(size)
            for j in range(size)
            if rho[i][j] != 0
        }
        found = []
        while left:
            sector = self.h.sector([(zero, next(iter(left)))])
            column = [left.pop(e, acb(0)) for _, e in sector.unknowns(0)]
            found.append(Vector(sector, [acb_mat(len(column), 1, column)]))
        return found


class Elimination:
    """Block elimination of z - L from the level `last` down, and the way back up.

    The radii of the balls are dropped from level to level: they would be multiplied by norms, level
    by level, where rounding errors in truth die out. Callers compare two precisions instead.
    """

    def __init__(self, sector: Sector, z: acb, last: int, start: Vector | None = None) -> None:
        self.sector = sector
        self.gains: dict[int, acb_mat] = {}  # x_level = gain x_{level-1} + shift
        self.shifts: dict[int, acb_mat] = {}
        for level in range(last, -1, -1):
            own, above, below = sector.blocks(level)
            size = own.nrows()
            here = _shifted(own, z)
            given = None if start is None else start.level(level)
            if given is not None:
                given = given * _power(-sector.exponent(level))
            if level < last:
                here = here - above * self.gains[level + 1]
                if level + 1 in self.shifts:
                    shift = above * self.shifts[level + 1]
                    given = shift if given is None else given + shift
            if level == 0:
                self.pivot = here.mid()
                self.right = given if given is not None else acb_mat(size, 1)
            elif given is None:
                self.gains[level] = here.mid().solve(below.mid(), algorithm="approx")
            else:
                stacked = _beside(below, given).mid()
                solved = here.mid().solve(stacked, algorithm="approx")
                self.gains[level], self.shifts[level] = _split(solved)

    def solution(self) -> list[acb_mat]:
        """All levels of (z - L)^-1 start."""
        return self.back([self.pivot.solve(self.right.mid(), algorithm="approx")])

    def back(self, found: list[acb_mat]) -> list[acb_mat]:
        """All levels from level zero."""
        for level in range(1, len(self.gains) + 1):
            x = self.gains[level] * found[-1]
            if level in self.shifts:
                x = x + self.shifts[level]
            found.append(x.mid())
        return [x * _power(self.sector.exponent(level)) for level, x in enumerate(found)]


def _power(exponent: int) -> arb:
    return arb(2) ** exponent


def _shifted(own: acb_mat, z: acb) -> acb_mat:
    here = -own
    if not z.is_zero():
        for i in range(own.nrows()):
            here[i, i] = here[i, i] + z
    return here


def _beside(matrix: acb_mat, column: acb_mat) -> acb_mat:
    width, values = matrix.ncols(), matrix.entries()
    rows = []
    for i in range(matrix.nrows()):
        rows += [*values[i * width : (i + 1) * width], column[i, 0]]
    return acb_mat(matrix.nrows(), width + 1, rows)


def _split(matrix: acb_mat) -> tuple[acb_mat, acb_mat]:
    width, values, height = matrix.ncols(), matrix.entries(), matrix.nrows()
    rows = [v for i in range(height) for v in values[i * width : (i + 1) * width - 1]]
    column = [values[(i + 1) * width - 1] for i in range(height)]
    return acb_mat(height, width - 1, rows), acb_mat(height, 1, column)


class State:
    """A matrix of balls, (d, d)."""

    def __init__(self, values: list[list[acb]]) -> None:
        self.values = values

    @property
    def array(self) -> np.ndarray:
        """Rounded to double precision."""
        return np.array([[complex(value.mid()) for value in row] for row in self.values])

    def distance(self, other) -> float:
        """Largest difference of an element, from balls or from float64 numbers taken as exact."""
        values = other.values if isinstance(other, State) else exact_rows(other)
        return max(
            float(abs(a - b).mid())
            for row, more in zip(self.values, values, strict=True)
            for a, b in zip(row, more, strict=True)
        )


def exact_rows(array) -> list[list[acb]]:
    return [[acb(complex(v).real, complex(v).imag) for v in row] for row in np.asarray(array)]


class Vector:
    """A vector of the hierarchy: one column per level from level zero."""

    def __init__(self, sector: Sector, columns: list[acb_mat]) -> None:
        self.sector, self.columns = sector, columns

    def level(self, level: int) -> acb_mat | None:
        return self.columns[level] if level < len(self.columns) else None

    def element(self, n, e) -> acb:
        """phi_n at the emitters' element e."""
        level = sum(n)
        if level >= len(self.columns):
            return acb(0)
        at = self.sector.position(level).get((n, e))
        return acb(0) if at is None else self.columns[level][at, 0]

    def state(self) -> State:
        size = self.sector.h.size
        zero = (0,) * self.sector.h.count
        return State([[self.element(zero, i * size + j) for j in range(size)] for i in range(size)])
