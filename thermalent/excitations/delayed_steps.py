r"""Steps of a delay equation: in each the solution is a polynomial, exact to rounding.

In a step of length d that divides the delays, what arrives is a polynomial of an earlier step, and
with x the time since the step began in units of d the coefficients follow from

$$c_{q+1} = \frac{d}{q+1} \Big( A\, c_q + \sum_k A_k\, c_q^{(\text{step} - k m)} \Big)$$

As no amplitude exceeds one, \(|c_q| \le (L d)^q/q!\) with L the sum of the norms: what the
polynomial leaves out is known.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from thermalent.excitations.delayed_equation import DelayEquation
from thermalent.solution.errors import MethodError, require_memory
from thermalent.support.machine.one_thread import one_thread

_TURN = 0.25  # L d at most: the amplitudes hardly turn in a step
_EPS = float(np.finfo(float).eps)
_MOST_STEPS = 10_000_000
# Roundings of an amplitude per step, in eps: the sum of a step's terms, its time, the equation's.
_PER_STEP = 2.0


class DelayedSteps(NamedTuple):
    """The amplitudes from zero to a time.

    Args:
        coefficients: Powers of the time since a step began, in steps, (steps, degree + 1, n).
        length: Of a step, inverse rate unit.
    """

    coefficients: np.ndarray
    length: float

    def at(self, times: np.ndarray) -> np.ndarray:
        """The amplitudes at times within, (t, n)."""
        step = np.minimum((times / self.length).astype(int), len(self.coefficients) - 1)
        since = (times / self.length - step)[:, None]
        found = np.zeros((len(times), self.coefficients.shape[2]), dtype=complex)
        for q in range(self.coefficients.shape[1])[::-1]:
            found = found * since + self.coefficients[step, q]
        return found

    def error(self, times: np.ndarray) -> np.ndarray:
        """Bound of the error of each amplitude, (t,): roundings of all steps before."""
        nodes = self.coefficients.shape[2]
        return np.asarray(_EPS * np.sqrt(nodes) * (4 + _PER_STEP * times / self.length))


def steps_until(equation: DelayEquation, start: np.ndarray, end: float) -> DelayedSteps:
    """The amplitudes up to a time, from amplitudes that begin at zero.

    Raises:
        MethodError: there are too many steps for a computation, or for the memory.
    """
    largest = _TURN / equation.rate if equation.rate > 0 else max(end, 1.0)
    per_unit = max(1, int(np.ceil(equation.unit / largest))) if equation.unit else 1
    length = equation.unit / per_unit if equation.unit else largest
    if end / length > _MOST_STEPS:
        raise MethodError(
            f"A delay of {equation.unit:.3g} takes {end / length:.2g} steps up to t = {end:.4g}, "
            f"more than {_MOST_STEPS:.0e}. Use fewer times, no delay, or one that is longer."
        )
    count = max(1, int(np.ceil(end / length)))
    degree = _degree(equation.rate * length)
    needed = 16.0 * count * (degree + 1) * len(start)
    require_memory(f"An evolution of {count} steps", 2 * needed, "Use an earlier last time.")
    own, delayed = _maps(equation, length, degree)
    found = np.zeros((count, (degree + 1) * len(start)), dtype=complex)
    with one_thread():
        for step in range(count):
            now = found[step]
            now[:] = own @ start
            for units, carried in delayed:
                before = step - units * per_unit
                if before >= 0:
                    now += carried @ found[before]
            start = now.reshape(degree + 1, -1).sum(axis=0)
    return DelayedSteps(found.reshape(count, degree + 1, -1), length)


def _degree(turn: float) -> int:
    """Lowest degree at which the rest of the series of exp(turn) is below a rounding."""
    degree, term = 0, 1.0
    while term > _EPS / 8:
        degree += 1
        term *= turn / degree
    return degree


def _maps(
    equation: DelayEquation, length: float, degree: int
) -> tuple[np.ndarray, list[tuple[int, np.ndarray]]]:
    """Coefficients of a step from the amplitudes at its beginning, and from those of earlier steps.

    Returns:
        A matrix of (m, n), m = (degree + 1) n, and pairs of a delay and a matrix of (m, m).
    """
    n, terms = len(equation.instant), degree + 1
    own = np.zeros((terms, n, n), dtype=complex)
    own[0] = np.eye(n)
    for q in range(degree):
        own[q + 1] = length / (q + 1) * equation.instant @ own[q]
    delayed = []
    for units, matrix in equation.later:
        carried = np.zeros((terms, n, terms, n), dtype=complex)
        for q in range(degree):
            carried[q + 1] = np.tensordot(equation.instant, carried[q], axes=(1, 0))
            carried[q + 1, :, q] += matrix
            carried[q + 1] *= length / (q + 1)
        delayed.append((units, carried.reshape(terms * n, terms * n)))
    return own.reshape(terms * n, n), delayed
