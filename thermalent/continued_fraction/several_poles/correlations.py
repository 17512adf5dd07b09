r"""Two-time correlations of a field behind a source of several poles, by quantum regression.

$$\langle O^\dagger(\tau) O(0)\rangle = \mathrm{Tr}\,O^\dagger e^{L\tau} (O\rho), \qquad
  \langle O^\dagger O^\dagger(\tau) O(\tau) O\rangle = \mathrm{Tr}\,O^\dagger O\, e^{L\tau}
  (O \rho O^\dagger)$$

with the start on all tiers. As behind one mode, but for the number K of quanta along the chain: it
grows until the correlation no longer changes. What is given beside it comes from the changes of K,
the last one with other tiers in another scaling.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from thermalent.continued_fraction.chain.stationary import TierZeroEquation
from thermalent.continued_fraction.chain.tiers import Tiers
from thermalent.continued_fraction.dynamics.laplace.inversion import Inverter, Response
from thermalent.continued_fraction.dynamics.relaxation import RelaxationResult, relax
from thermalent.continued_fraction.dynamics.steps import Steps
from thermalent.continued_fraction.several_poles.chain.building import tiers
from thermalent.continued_fraction.several_poles.chain.coordinates import SourceChain
from thermalent.continued_fraction.several_poles.chain.fields import (
    ChainField,
    TierMatrices,
    joined_tiers,
    matrices_of,
    split,
    vectors_of,
)
from thermalent.continued_fraction.several_poles.chain.placements import count
from thermalent.continued_fraction.several_poles.converge import bytes_needed
from thermalent.continued_fraction.several_poles.elimination.evaluation import fold_work
from thermalent.continued_fraction.several_poles.elimination.sweep import TierSweep
from thermalent.continued_fraction.several_poles.errors_of_orders import (
    FEWEST_CHANGES,
    OF_LAST_CHANGE,
    error_of_orders,
    errors_over_time,
)
from thermalent.support import memory_limit

_STAGGER = float(np.sqrt(1.7))  # of odd tiers against even ones: another rounding
_MORE_TIERS = 0.25
_COMPLEX = 4.0  # work of a fold in complex numbers over that in real ones
_BASE = 1.5e7  # bytes of the smallest, measured
_READ = 2  # the highest tier that a product of two fields is read from
_FLOOR = 64 * float(np.finfo(float).eps)  # rounding that two scalings may share


@dataclass(frozen=True, kw_only=True, eq=False)
class Asked:
    """What is asked for.

    Args:
        chain: Emitters and source.
        field: The field.
        order: 1 for <O^+(tau) O>, 2 for the intensities.
        depth: Tiers that the steady state takes.
        reached: The emitters' state, (d, d), if it is one of several.
        error: Of that state, relative.
    """

    chain: SourceChain
    field: ChainField
    order: int
    depth: int
    reached: np.ndarray | None = None
    error: float = 0.0


class TierRegression:
    """Tr[ readout of exp(L t) on a start ] with K quanta, in the time and the Laplace domain.

    Args:
        asked: What is asked for.
        quanta: K.
        other: Whether with more tiers and in another scaling.
    """

    def __init__(self, asked: Asked, quanta: int, *, other: bool) -> None:
        self.asked, self.quanta, self.other = asked, quanta, other
        depth = asked.depth
        self.last = depth if other else depth + int(_MORE_TIERS * depth) + 2
        chain, field = asked.chain, asked.field
        steady = self._steady()
        self.begin = steady.times_field(field, conjugate=False)
        size = steady.sizes().times_field(field.sizes(), conjugate=False)
        if asked.order == 2:
            self.begin = self.begin.times_field(field, conjugate=True)
            size = size.times_field(field.sizes(), conjugate=True)
        self.size = self._read(size, field.sizes()).real
        d = len(chain.numbers)
        whole = np.ones((d, d)) if self.begin.charge else None  # so that tier 0 is not empty
        self.built = self._scaled(
            tiers(chain, quanta, whole, self.begin.charge, held=self.begin.held())
        )
        self.start = self._unscaled(vectors_of(self.built, self.begin), inverse=True)

    def _steady(self) -> TierMatrices:
        """The steady state on all tiers."""
        asked = self.asked
        chain = self._scaled(tiers(asked.chain, self.quanta, start=asked.reached))
        stationary = TierZeroEquation(chain)
        sweep = TierSweep(chain, 0.0, self.last)
        if asked.reached is None:
            x0 = stationary.solve(sweep.k)
        else:
            x0 = stationary.coordinates(asked.reached)
        x = self._unscaled(sweep.up(x0))
        return matrices_of(asked.chain, chain, x, asked.chain.covariance)

    def _scaled(self, built: Tiers) -> Tiers:
        return built.staggered(_STAGGER) if self.other else built

    def _unscaled(self, x: list[np.ndarray], *, inverse: bool = False) -> list[np.ndarray]:
        if not self.other:
            return x
        factor = _STAGGER if inverse else 1 / _STAGGER
        return [values * factor if n % 2 else values for n, values in enumerate(x)]

    def _read(self, matrices: TierMatrices, field: ChainField) -> complex:
        if self.asked.order == 2:
            matrices = matrices.times_field(field, conjugate=False)
        return matrices.times_field(field, conjugate=True).trace()

    def read(self, x: list[np.ndarray]) -> complex:
        """The number of a vector, given by its lowest tiers."""
        found = matrices_of(
            self.asked.chain, self.built, self._unscaled(x), self.asked.chain.covariance
        )
        return self._read(found, self.asked.field)

    @cached_property
    def flux(self) -> float:
        """<O^+ O>, or at second order <O^+ O^+ O O>."""
        return self._read(self.begin, self.asked.field).real

    def transform(self, z: complex, depth: int = 0) -> np.ndarray:
        """The Laplace transform at z with tiers up to `depth` or what the state takes, (1,).

        Raises:
            numpy.linalg.LinAlgError: an eigenvalue of the network is at z.
        """
        last = max(depth, self.last)
        sweep = TierSweep(self.built, complex(z), last, self.start, lowest=_READ)
        size = self.built.tier0_size
        own = complex(z) * np.eye(size) - self.built.a[0][:size, :size] - sweep.k
        x = sweep.up(np.linalg.solve(own, sweep.t0))
        value = self.read(x)
        if not np.isfinite(value):
            raise np.linalg.LinAlgError("the solution is not finite")
        return np.array([value])

    def over_time(
        self, times: np.ndarray, tolerance: float, seeds: np.ndarray | None = None
    ) -> RelaxationResult:
        """Values at increasing times >= 0; the seeds are frequencies that a similar one needed."""
        # Roundings count for values, and for unknowns, of order one.
        start, unit = joined_tiers(self.built, self.start), self.size or 1.0
        largest = float(np.max(np.abs(start))) or 1.0

        def read(y: np.ndarray) -> np.ndarray:
            return np.array([self.read(split(self.built, y, _READ))]) * (largest / unit)

        def transform(z: complex, depth: int) -> np.ndarray:
            return self.transform(z, depth) / unit

        response = Response(
            transform=transform,
            work=fold_work(self.last, max(self.built.sizes)),
            seeds=np.zeros(0) if seeds is None else seeds,
        )
        found = relax(
            times,
            tolerance / unit,
            Steps(self.built, start / largest, self.last, read),
            Inverter(response, self.last, tolerance / unit, real=self.begin.charge == 0),
        )
        return replace(found, values=unit * found.values, error=unit * found.error)


class TwoRegressions(NamedTuple):
    """Two regressions, and what the better one leaves out of what was looked at.

    Args:
        fine: That with as many quanta as it takes.
        coarse: The same with one quantum less, other tiers and another scaling.
        errors: For each unit, of its largest number, in that unit.
    """

    fine: TierRegression
    coarse: TierRegression
    errors: list[float]


def converged(
    asked: Asked,
    look: Callable[[TierRegression], list[np.ndarray]],
    rtol: float,
    most_work: float,
    folds: int,
) -> TwoRegressions:
    """The regression with as many quanta as it takes, or as are affordable.

    Args:
        asked: What is asked for.
        look: A few numbers of it that tell whether it changes, those of one unit together.
        rtol: Allowed error relative to the largest of a unit.
        most_work: Multiplications that may be spent.
        folds: How many complex folds each of the two will take.
    """
    chain = asked.chain
    if chain.length == 1:
        fine, coarse = (TierRegression(asked, 0, other=other) for other in (False, True))
        return TwoRegressions(fine, coarse, [0.0] * len(look(fine)))
    # Where the field holds amplitudes further along the chain, there must be quanta on them.
    deepest = int(np.max(np.flatnonzero(asked.field.weights), initial=0))
    quanta = max(1, asked.order * deepest)
    before = look(TierRegression(asked, quanta, other=False))
    changes, changed = np.zeros((len(before), 3)), 0
    while True:
        quanta += 1
        found = TierRegression(asked, quanta, other=False)
        now = look(found)
        change = [float(np.max(np.abs(new - old))) for new, old in zip(now, before, strict=True)]
        changes, changed = np.column_stack([changes[:, 1:], change]), changed + 1
        scales = [float(np.max(np.abs(new))) for new in now]
        errors = [
            error_of_orders(of_unit, changed, scale)
            for of_unit, scale in zip(changes, scales, strict=True)
        ]
        enough = all(error <= rtol * scale for error, scale in zip(errors, scales, strict=True))
        # The next blocks from these: symmetries leave fewer unknowns, complex numbers more.
        larger = count(chain.length - 1, quanta + 1) / count(chain.length - 1, quanta)
        spent = folds * fold_work(found.last, larger * max(found.built.sizes))
        more = _COMPLEX * bytes_needed(chain, quanta + 1)
        exhausted = changed >= FEWEST_CHANGES and spent > most_work
        if enough or exhausted or more > memory_limit.available():
            return TwoRegressions(found, TierRegression(asked, quanta - 1, other=True), errors)
        before = now


def bytes_at_first(chain: SourceChain) -> float:
    """Bytes of a correlation at the least K that tells an error, in complex numbers."""
    return _BASE + _COMPLEX * bytes_needed(chain, 3 if chain.length > 1 else 1)


def tiers_spectrum(
    asked: Asked,
    frequencies: np.ndarray,
    rtol: float,
    most_work: float,
    report: Callable[[str], None],
) -> tuple[np.ndarray, np.ndarray, float, float]:
    """Values and errors, (w,) each; flux and its error.

    Raises:
        numpy.linalg.LinAlgError: a line of the network has no width at one of the frequencies,
            which is the message.
    """

    def at(regression: TierRegression, omega: float) -> float:
        try:
            return float(regression.transform(1j * omega)[0].real) / np.pi
        except np.linalg.LinAlgError as problem:
            raise np.linalg.LinAlgError(f"{omega:.9g}") from problem

    nearest = frequencies[np.argsort(np.abs(frequencies), kind="stable")]
    probes = np.unique(nearest[[0, len(nearest) // 4, len(nearest) // 2]])

    def look(regression: TierRegression) -> list[np.ndarray]:
        lines = [at(regression, float(w)) for w in probes]
        return [np.array(lines), np.array([regression.flux])]

    fine, coarse, (of_lines, of_flux) = converged(asked, look, rtol, most_work, len(frequencies))
    values = np.zeros((2, len(frequencies)))
    for i, w in enumerate(frequencies.tolist()):
        values[:, i] = at(fine, w), at(coarse, w)
        report(f"K = {fine.quanta}, {i + 1} of {len(frequencies)} frequencies")
    tiny = np.finfo(float).tiny
    probed = np.abs(values[0][np.isin(frequencies, probes)])
    largest = max(float(np.max(probed)), tiny)
    change = np.maximum(
        OF_LAST_CHANGE * np.abs(values[0] - values[1]), of_lines / largest * np.abs(values[0])
    )
    # What the start is off by is spread over the lines as the field itself is.
    lost = (_FLOOR + asked.error) * fine.size / max(fine.flux, tiny)
    return values[0], change + lost * np.abs(values[0]), *_flux(fine, coarse, of_flux)


def _flux(fine: TierRegression, coarse: TierRegression, of_flux: float) -> tuple[float, float]:
    lost = (_FLOOR + fine.asked.error) * fine.size
    return fine.flux, max(OF_LAST_CHANGE * abs(fine.flux - coarse.flux), of_flux) + lost


def tiers_coherence(
    asked: Asked, delays: np.ndarray, rtol: float, most_work: float
) -> tuple[np.ndarray, np.ndarray]:
    """Unnormalised correlations and their errors, (t,) each."""
    # A point right of the imaginary axis where the delays end, and one where they begin.
    after = delays[delays > 0]
    ends = {1.0 / float(after[0]), 1.0 / float(after[-1])} if len(after) else set()

    def look(regression: TierRegression) -> list[np.ndarray]:
        numbers = [complex(regression.transform(s)[0]) * s for s in ends]
        return [np.array([*numbers, regression.flux])]

    fine, coarse, (left,) = converged(asked, look, rtol, most_work, _FOLDS)
    # Where there is nothing at zero delay (a qubit emits no pairs), later delays are the scale.
    (here,), (there,) = look(fine), look(coarse)
    scale = float(np.max(np.abs(here)))
    # What the quanta leave out need not be resolved further in time.
    left_out = _PART_OF_CHANGE * float(np.max(np.abs(here - there)))
    tolerance = max(rtol * scale, left_out, _FLOOR * fine.size)
    other = coarse.over_time(delays, tolerance)
    found = fine.over_time(delays, tolerance, other.support)
    error = errors_over_time(np.abs(found.values - other.values)[:, 0], left)
    lost = (_FLOOR + asked.error) * fine.size
    return found.values[:, 0], error + found.error + other.error + lost


def flux(asked: Asked, rtol: float, most_work: float) -> tuple[float, float]:
    """<O^+ O> and its error."""

    def look(regression: TierRegression) -> list[np.ndarray]:
        return [np.array([regression.flux])]

    fine, coarse, (left,) = converged(asked, look, rtol, most_work, 1)
    return _flux(fine, coarse, left)


_FOLDS = 40  # of the delays, along a line
_PART_OF_CHANGE = 0.1
