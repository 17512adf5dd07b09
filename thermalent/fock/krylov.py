r"""\(y(t) = e^{\mathcal{L}t} y(0)\) in steps of a Krylov space, each with a bound of its error.

$$y(s) \approx \beta V e^{sH} e_1, \qquad
  \|\text{error}(s)\|_1 \le \sqrt{D}\, \beta\, h_{m+1,m} \int_0^s |(e^{uH})_{m1}|\, du$$

with the Arnoldi basis V, its Hessenberg matrix H and the next element h of that. The left out part
is a multiple of one matrix of unit 2-norm, whose trace norm is at most \(\sqrt D\) and does not
grow under a Lindbladian; so the bounds of the steps add up. A step is as long as its share of the
tolerance allows; the state and its norm are known everywhere inside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from thermalent.numerics.matrix_exponential import matrix_exponential

DIMENSION = 40
# Points at which a step evaluates its error.
_POINTS = 48
_GROWTH = 4.0
_LEAP = 1e3  # largest growth of a step over the one before
_SMALLEST = 1e-9  # a step this short, relative to the one before, has failed
_BREAKDOWN = 1e-14
_RESOLVED = 0.5  # of the time scale of H: within it nothing comes and goes


@dataclass(frozen=True, kw_only=True, eq=False)
class Step:
    """One step of the evolution.

    Args:
        start: Its time.
        length: Its length.
        end: Its last time.
        size: beta, the 2-norm at its start.
        basis: V as rows, (m, n).
        hessenberg: H, (m, m).
        error: Bound of the trace norm of the error that it adds.
        applications: Applications of the generator so far.
        states: D, the dimension of the Hilbert space.
    """

    start: float
    length: float
    end: float
    size: float
    basis: np.ndarray
    hessenberg: np.ndarray
    error: float
    applications: int
    states: int

    def coefficients(self, after: float) -> np.ndarray:
        """Coordinates in the basis at a time `after` the start of the step, (m,)."""
        exponential: np.ndarray = matrix_exponential(after * self.hessenberg)
        return self.size * exponential[:, 0]

    def state(self, after: float) -> np.ndarray:
        """The state y at a time `after` the start of the step, (n,)."""
        return self.coefficients(after) @ self.basis

    def norm(self, after: float) -> float:
        """2-norm of y at a time `after` the start of the step."""
        return float(np.linalg.norm(self.coefficients(after)))

    def growth(self, after: float) -> float:
        """Rate of change of the squared 2-norm at that time."""
        c = self.coefficients(after)
        return float(2 * c @ (self.hessenberg @ c))

    def norms(self, near: float) -> tuple[np.ndarray, np.ndarray]:
        """Times after the start, up to the end, and the 2-norms, (points,) each.

        Between two of them the squared norm does not pass `near` and return: halves are taken until
        it is too slow for that, or they are shorter than half the time scale of H. No trace norm
        grows, that of dy/dt neither, so that y is at most sqrt(D) times as fast as it was.
        """
        scale = float(np.linalg.norm(self.hessenberg, 2))
        exponentials: list[np.ndarray] = []
        after, norms = [], []

        def follow(c: np.ndarray, start: float, halvings: int) -> np.ndarray:
            length = self.length * 0.5**halvings
            if halvings == len(exponentials):
                exponentials.append(matrix_exponential(length * self.hessenberg))
            last = exponentials[halvings] @ c
            speed = (
                2 * np.sqrt(self.states) * np.linalg.norm(c) * np.linalg.norm(self.hessenberg @ c)
            )
            away = abs(c @ c - near) + abs(last @ last - near)
            if length * scale > _RESOLVED and length * speed > away:
                middle = follow(c, start, halvings + 1)
                return follow(middle, start + length / 2, halvings + 1)
            after.append(start + length)
            norms.append(float(np.linalg.norm(last)))
            return last

        follow(self.size * np.eye(len(self.hessenberg))[0], 0.0, 0)
        return np.array(after), np.array(norms)

    def speed(self, after: float) -> float:
        """2-norm of dy/dt at that time, within the basis."""
        return float(np.linalg.norm(self.hessenberg @ self.coefficients(after)))


def krylov_steps(
    generator: Callable[[np.ndarray], np.ndarray],
    y: np.ndarray,
    end: float,
    *,
    rate: float,
    states: int,
    share: float,
) -> Iterator[Step]:
    """Steps from time zero to `end`.

    Args:
        generator: Applies L to a real vector, (n,) -> (n,).
        y: The start, (n,) real.
        end: The last time, > 0; infinite if the caller stops.
        rate: A scale of L, for the first step.
        states: D, the dimension of the Hilbert space.
        share: Trace norm of the error that the steps may leave, per time.

    Raises:
        FloatingPointError: no step keeps to its share.
    """
    now, length, applications = 0.0, min(end, 1.0 / rate if rate > 0 else end), 0
    while now < end:
        size = float(np.linalg.norm(y))
        basis, hessenberg, following = arnoldi(generator, y / size)
        applications += len(basis)
        scale = np.sqrt(states) * size * following
        length, error = _longest(hessenberg, scale, share, length, end - now)
        step = Step(
            start=now,
            length=length,
            end=end if length >= end - now else now + length,
            size=size,
            basis=basis,
            hessenberg=hessenberg,
            error=error,
            applications=applications,
            states=states,
        )
        yield step
        y = step.state(length)
        now = step.end


def arnoldi(
    generator: Callable[[np.ndarray], np.ndarray], first: np.ndarray, dimension: int = DIMENSION
) -> tuple[np.ndarray, np.ndarray, float]:
    """An orthonormal basis (rows) of the Krylov space of a unit vector, H, and the next h."""
    m = min(dimension, len(first))
    basis = np.empty((m, len(first)))
    hessenberg = np.zeros((m, m))
    basis[0], following = first, 0.0
    for j in range(m):
        w = generator(basis[j])
        size = float(np.linalg.norm(w))
        # Orthogonalise twice: once is not enough where the vector nearly lies in the space.
        for _ in range(2):
            overlap = basis[: j + 1] @ w
            w = w - overlap @ basis[: j + 1]
            hessenberg[: j + 1, j] += overlap
        following = float(np.linalg.norm(w))
        if following <= _BREAKDOWN * size or size == 0.0:
            return basis[: j + 1], hessenberg[: j + 1, : j + 1], 0.0
        if j + 1 < m:
            hessenberg[j + 1, j] = following
            basis[j + 1] = w / following
    return basis, hessenberg, following


def _longest(
    hessenberg: np.ndarray, scale: float, share: float, guess: float, left: float
) -> tuple[float, float]:
    """The longest step whose error stays below its share of the tolerance, and that error."""
    left = min(left, _LEAP * guess)
    if scale == 0.0:
        return left, 0.0
    length = min(_GROWTH * guess, left)
    while True:
        times, errors = _errors(hessenberg, scale, length)
        # Comparisons with what is not finite are false, too.
        exceeding = np.flatnonzero(~(errors <= share * times))
        if exceeding.size == 0 and length < left:
            length = min(_GROWTH * length, left)
            continue
        # Nothing beyond the first error that is too large, even if the estimate is small there.
        best = (int(exceeding[0]) if exceeding.size else len(times)) - 1
        if best >= 0:
            return float(times[best]), float(errors[best])
        length /= _GROWTH
        if length < _SMALLEST * guess:
            raise FloatingPointError(f"no step in time leaves less than {share:.1e} per time")


def _errors(hessenberg: np.ndarray, scale: float, length: float) -> tuple[np.ndarray, np.ndarray]:
    """Bounds at equally spaced times up to `length`."""
    step = length / _POINTS
    with np.errstate(over="ignore", invalid="ignore"):  # the step is too long and is refused
        exponential = matrix_exponential(step * hessenberg)
    column = np.zeros(len(hessenberg))
    column[0] = 1.0
    values = np.zeros(_POINTS + 1)
    with np.errstate(over="ignore", invalid="ignore"):
        for i in range(1, _POINTS + 1):
            column = exponential @ column
            values[i] = abs(column[-1])
    # The larger end of each interval: a bound where the error grows, and safe where it oscillates.
    sums = np.cumsum(np.maximum(values[1:], values[:-1])) * step
    return np.linspace(0.0, length, _POINTS + 1)[1:], scale * sums
