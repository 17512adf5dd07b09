r"""Long steps through a linear equation of motion whose generator changes with time.

$$\dot y = L(t)\, y, \qquad y(t + c_i h) = y(t) + h \sum_j a_{ij}\, L(t + c_j h)\, y(t + c_j h)$$

with the nodes c and weights a of collocation at Radau points: what decays fast is damped however
long the step is, so that its length follows the slow change of the state and not the largest
rate. Steps of the hierarchy behind a hot source that fills are thousands of times as long as
explicit ones.

With Z_i = y(t + c_i h) - y(t), all stages of a step are the solution of one equation,

$$\sum_j (a^{-1})_{ij} Z_j - h L(t + c_i h)\, Z_i = h L(t + c_i h)\, y(t)$$

Were L the same at all nodes, the eigenvectors of \(a^{-1}\) would part it into resolvents, each of
which is one factorisation. With L at its mean over the nodes these precondition a minimal-residual
iteration, and a step is as long as that converges in a few rounds.

Source: E. Hairer, G. Wanner, Solving Ordinary Differential Equations II (1996), IV.5 and IV.8.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple, Protocol

import numpy as np
from numpy.polynomial import legendre
from scipy import sparse

from thermalent.continued_fraction.several_poles.elimination.evaluation import fold_work
from thermalent.continued_fraction.several_poles.elimination.tier_factors import TierFactors

# Stages of a step, by the tolerance down to which they are used; the order is the number of them.
_STAGES = ((1e-6, 5), (1e-8, 7), (0.0, 9))
_MOST_ROUNDS, _FEW_ROUNDS = 14, 7  # of the iteration, beyond which a step is shorter
_LEFT = 0.03  # of the tolerance, of what the iteration leaves of the equation of a step
_UPPER = 0.1  # of the estimated error of all tiers that counts as if it stood at tier 0
_LONGER, _SHORTER, _CAUTION = 4.0, 0.3, 0.85  # of the length of the next step
_REPEATED = 4.0  # tolerances from which on a step is taken again
_MOST_STEPS = 3000  # those of the hottest sources are some hundred
# Long steps of an evolution at the tolerance of five stages, and of each stretch after the first;
# what one of the factorisations and the rounds with it take, in the multiplications of a fold and
# per unknown (measured behind two and three poles, blocks of 24 to 120 unknowns).
_LONG_STEPS, _MORE_STEPS, _FACTORISATION, _ENTRY = 40.0, 15.0, 1.5, 4e4
_BYTES = 16.0  # of an element of its factors, a complex number


class Equation(Protocol):
    """An equation of motion y' = L(t) y.

    L couples neighbouring tiers alone.
    """

    @property
    def own(self) -> int:
        """Unknowns at the front, those whose error counts in full."""
        ...

    @property
    def offset(self) -> np.ndarray:
        """Position of each tier, and the size, (n + 1,)."""
        ...

    def at(self, time: float) -> Callable[[np.ndarray], np.ndarray]:
        """The map y -> L y at a time."""
        ...

    def frozen(self, times: np.ndarray) -> sparse.csr_array:
        """L in the mean over some times, as a matrix."""
        ...


class _Nodes(NamedTuple):
    """Collocation at s Radau points.

    Args:
        c: The nodes, increasing, the last is 1, (s,).
        inverse: a^{-1}, (s, s).
        shifts: Its eigenvalues, (s,), those of positive imaginary part and real ones first.
        vectors: Its eigenvectors as columns, (s, s).
        dual: Their inverse, (s, s).
        upper: How many of the eigenvalues are real or of positive imaginary part.
        coefficients: From values at 0 and c to Legendre coefficients, (s + 1, s + 1).
    """

    c: np.ndarray
    inverse: np.ndarray
    shifts: np.ndarray
    vectors: np.ndarray
    dual: np.ndarray
    upper: int
    coefficients: np.ndarray


@lru_cache(maxsize=4)
def _nodes(stages: int) -> _Nodes:
    difference = np.zeros(stages + 1)
    difference[-2:] = -1.0, 1.0  # P_s - P_{s-1}
    c = np.sort((legendre.legroots(difference).real + 1) / 2)
    c[-1] = 1.0
    powers = np.arange(stages)
    integrals = c[:, None] ** (powers + 1) / (powers + 1)
    inverse = np.linalg.inv(integrals @ np.linalg.inv(c[:, None] ** powers))
    shifts, vectors = np.linalg.eig(inverse)
    order = np.argsort(shifts.imag < -1e-9, kind="stable")
    shifts, vectors = shifts[order], vectors[:, order]
    upper = int(np.count_nonzero(shifts.imag >= -1e-9))
    places = legendre.legvander(2 * np.append(0.0, c) - 1, stages)
    dual = np.linalg.inv(vectors)
    return _Nodes(c, inverse, shifts, vectors, dual, upper, np.linalg.inv(places))


def stages_for(tolerance: float) -> int:
    """Stages of a step, of which about half are factorised where all numbers are real."""
    return next(stages for least, stages in _STAGES if tolerance >= least)


def bytes_of_factors(tiers: float, size: float) -> float:
    """Memory of the factors of a long step, about, for so many tiers of so many unknowns."""
    return _BYTES * stages_for(0.0) * tiers * size**2


def long_work(tiers: int, size: int, tolerance: float, *, real: bool, later: int = 0) -> float:
    """Multiplications of an evolution in long steps, about.

    Args:
        tiers: How many there are.
        size: Unknowns of the largest.
        tolerance: Error allowed at each step.
        real: Whether all numbers are real.
        later: Stretches of time after the first.
    """
    stages, steps = stages_for(tolerance), _LONG_STEPS + _MORE_STEPS * later
    each = _FACTORISATION * fold_work(tiers, size) + _ENTRY * tiers * size
    factors = (stages + 1) / 2 if real else stages
    return float(steps * factors * each * max(1.0, (1e-6 / tolerance) ** (1 / stages)))


def long_steps_to(
    equation: Equation,
    start: np.ndarray,
    times: list[float],
    first: float,
    tolerance: float,
    report: Callable[[str], None],
) -> Iterator[np.ndarray]:
    """The solution at increasing times >= 0, from `start` at zero.

    Args:
        equation: The equation of motion.
        start: y(0), (n,).
        times: Increasing, >= 0.
        first: Length of the first step.
        tolerance: Error of a step allowed in any of the own unknowns.
        report: What to tell of the progress.
    """
    y, now, length = start, 0.0, first
    at = 0
    while at < len(times) and times[at] <= now:
        yield y
        at += 1
    for _ in range(_MOST_STEPS):
        if at == len(times):
            return
        length = min(length, times[-1] - now)
        step = _Step(equation, y, now, length, tolerance)
        if step.taken:
            end = times[-1] if length == times[-1] - now else now + length
            while at < len(times) and times[at] <= end:
                yield step.value((times[at] - now) / length)
                at += 1
            y, now = y + step.stages[-1], end
            report(f"t = {now:.3g}")
        length *= step.factor
    raise np.linalg.LinAlgError(f"the steps at t = {now:g} are too short to go on")


class _Step:
    """One step of some length.

    Attributes: `stages` are the Z_i, (s, n); `taken` says whether the step is accurate enough, and
    `factor` how much longer the next one should be.
    """

    def __init__(
        self, equation: Equation, y: np.ndarray, now: float, length: float, tolerance: float
    ) -> None:
        self.nodes = _nodes(stages_for(tolerance))
        self.equation, self.y, self.length = equation, y, length
        times = now + length * self.nodes.c
        self.generators = [equation.at(time) for time in times.tolist()]
        self.real = not np.iscomplexobj(y)
        self.factors = self._factorised(equation.frozen(times))
        right = length * np.array([generator(y) for generator in self.generators])
        allowed = _LEFT * tolerance
        self.stages, rounds, left = self._solved(self._preconditioned(right), allowed)
        if not left <= 10 * allowed:
            self.taken, self.factor = False, 0.6
            return
        last = self.nodes.coefficients[-1, 1:] @ self.stages
        error = max(
            float(np.max(np.abs(last[: equation.own]), initial=0.0)),
            _UPPER * float(np.linalg.norm(last)),
        )
        wanted = _CAUTION * (tolerance / max(error, 1e-300)) ** (1 / len(self.nodes.c))
        if rounds > 2:
            wanted = min(wanted, max(0.7, (_FEW_ROUNDS / rounds) ** 0.7))
        self.taken = error <= _REPEATED * tolerance
        self.factor = min(_LONGER, max(_SHORTER, wanted if self.taken else min(wanted, 0.7)))

    def value(self, part: float) -> np.ndarray:
        """Y at a part of the step."""
        weights = legendre.legval(2 * part - 1, self.nodes.coefficients)[1:]
        return np.asarray(self.y + weights @ self.stages)

    def _factorised(self, frozen: sparse.csr_array) -> list[Callable[[np.ndarray], np.ndarray]]:
        """(shift - h L)^{-1} of the shifts that are needed; of real equations half of them are."""
        nodes, one = self.nodes, sparse.eye_array(frozen.shape[0], format="csr")
        found: list[Callable[[np.ndarray], np.ndarray]] = []
        for shift in nodes.shifts[: nodes.upper if self.real else None].tolist():
            number = shift.real if self.real and abs(shift.imag) < 1e-9 else shift
            matrix = sparse.csr_array(number * one - self.length * frozen)
            found.append(TierFactors(matrix, self.equation.offset).solve)
        return found

    def _preconditioned(self, right: np.ndarray) -> np.ndarray:
        """The stages for right-hand sides (s, n), if L were constant."""
        nodes, found = self.nodes, np.zeros_like(right)
        for i, solve in enumerate(self.factors):
            own = nodes.dual[i] @ right
            if not self.real:
                found += np.multiply.outer(nodes.vectors[:, i], solve(own.astype(complex)))
                continue
            single = abs(nodes.shifts[i].imag) < 1e-9
            solved = np.multiply.outer(nodes.vectors[:, i], solve(own.real if single else own))
            found += solved.real if single else 2 * solved.real
        return found

    def _applied(self, stages: np.ndarray) -> np.ndarray:
        moved = [generator(z) for generator, z in zip(self.generators, stages, strict=True)]
        return self._preconditioned(self.nodes.inverse @ stages - self.length * np.array(moved))

    def _solved(self, right: np.ndarray, allowed: float) -> tuple[np.ndarray, int, float]:
        """The stages, the rounds that the iteration took, and the residual that is left."""
        size = float(np.linalg.norm(right))
        if not size > allowed:
            return right, 0, size
        basis = [right / size]
        dtype = float if self.real else complex
        h: np.ndarray = np.zeros((_MOST_ROUNDS + 1, _MOST_ROUNDS), dtype=dtype)
        for k in range(_MOST_ROUNDS):
            new = self._applied(basis[k])
            for i, old in enumerate(basis):
                h[i, k] = np.vdot(old, new)
                new = new - h[i, k] * old
            h[k + 1, k] = np.linalg.norm(new)
            wanted = np.zeros(k + 2)
            wanted[0] = size
            weights = np.linalg.lstsq(h[: k + 2, : k + 1], wanted, rcond=None)[0]
            left = float(np.linalg.norm(h[: k + 2, : k + 1] @ weights - wanted))
            if left <= allowed or not np.isfinite(left) or h[k + 1, k] == 0:
                break
            basis.append(new / h[k + 1, k])
        return np.tensordot(weights, np.array(basis[: k + 1]), 1), k + 1, left
