r"""The hierarchy behind a source that starts empty, in steps through time.

Relative to a Gaussian with the covariance of the source total charges stay apart. The generator
is a sum of constant ones with weights that depend on time, those of the drive and of the drift in
coordinates that follow the source (`filling_chain`), or of

$$\dot X = \Big[ L + \sum_j \mathrm{Re}\,\delta_j(t)\, P_j + \mathrm{Im}\,\delta_j(t)\, Q_j \Big] X,
  \qquad \delta_j = V_{1j}(t) - V_{1j}$$

in those of its stationary state. A hot source makes the largest rates of this equation thousands of
times those at which the state changes, so that the steps are long ones (`collocation`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property

import numpy as np
from scipy import sparse

from thermalent.continued_fraction.several_poles.assembly import assemble_tiers
from thermalent.continued_fraction.several_poles.building import tiers_with_changes
from thermalent.continued_fraction.several_poles.collocation import long_steps_to, stages_for
from thermalent.continued_fraction.several_poles.coordinates import SourceChain
from thermalent.continued_fraction.several_poles.evaluation import fold_work
from thermalent.continued_fraction.several_poles.fields import split
from thermalent.continued_fraction.several_poles.filling_chain import (
    Frame,
    following_frame,
    resting_frame,
)
from thermalent.continued_fraction.several_poles.moving_source import (
    MovingSource,
    explicit_work,
    steps_to,
    up_alone,
)
from thermalent.continued_fraction.several_poles.settled_source import evolve_settled
from thermalent.continued_fraction.several_poles.sum_of_matrices import SumOfMatrices
from thermalent.continued_fraction.several_poles.tiers import (
    BlockEntries,
    Tiers,
    is_real,
    real_part,
)
from thermalent.support.progress import working

_EPS = float(np.finfo(float).eps)
# Long steps of an evolution at the tolerance of five stages, and what one of its factorisations and
# the rounds with it take, in the multiplications of a fold and per unknown (measured behind two
# and three poles, blocks of 24 to 120 unknowns).
_LONG_STEPS, _FACTORISATION, _ENTRY = 40.0, 1.5, 4e4
_BYTES = 24.0  # of an element of its factors: a complex number and where it stands
# Variance of the field up to which explicit steps are safe. In the coordinates of the stationary
# chain, what steps and rounding leave on the upper tiers while the source is nearly empty is
# amplified on its way down, the more so the more tiers there are; a cold source has few.
COLD = 0.3
_MOST_EXPLICIT = 2e4  # unknowns, from which on explicit steps are never faster


def bytes_of_factors(tiers: float, size: float) -> float:
    """Memory of the factors of a long step, about, for so many tiers of so many unknowns."""
    return _BYTES * stages_for(0.0) * 2 * tiers * size**2


class EmptyRun:
    """One evolution of one charge with K quanta and the tiers up to `last`.

    Args:
        chain: Emitters and source.
        source: Its covariance over time.
        quanta: K.
        part: The part of the initial density matrix that has this charge, (d, d).
        charge: Total charge Q.
        last: The highest tier.
        end: The last time.
        tolerance: Error allowed at a step, about.
    """

    antilinear = False

    def __init__(
        self,
        chain: SourceChain,
        source: MovingSource,
        quanta: int,
        part: np.ndarray,
        charge: int,
        last: int,
        end: float,
        tolerance: float,
    ) -> None:
        self.chain, self.source, self.last = chain, source, last
        self._take(resting_frame(chain, source), quanta, part, charge)
        # Small and cold ones are stepped faster as they are.
        explicit = self._explicit_work(end)
        self.long = chain.variance > COLD or explicit > self._long_work(tolerance)
        following = following_frame(chain) if self.long else None
        if following is not None:
            self._take(following, quanta, part, charge)

    def _take(self, frame: Frame, quanta: int, part: np.ndarray, charge: int) -> None:
        """Take these coordinates."""
        self._build(frame, quanta, charge, start=part)
        first = self.basis.conj().T @ part.ravel()
        self._begin(first.real if charge == 0 else first)

    def _build(
        self,
        frame: Frame,
        quanta: int,
        charge: int,
        start: np.ndarray | None = None,
        held: np.ndarray | None = None,
    ) -> Tiers:
        """Build the generators in some coordinates; for `start` and `held` see `tiers`."""
        self.weights = frame.weights
        built, moved = tiers_with_changes(
            frame.first, quanta, frame.changes, start, charge, damping=frame.damping, held=held
        )
        self.parts = [built, *(map(up_alone, moved) if frame.from_below else moved)]
        self.__dict__.pop("generator", None)
        self.__dict__.pop("norm", None)
        self.built, self.own = built, built.tier0_size
        self.basis = built.basis[0][:, : self.own]
        return built

    def _begin(self, first: np.ndarray) -> None:
        """Start from the lowest unknowns, in real numbers if all are."""
        if not np.any(first.imag) and all(is_real(part) for part in self.parts):
            self.parts = [real_part(part) for part in self.parts]
            self.built, first = self.parts[0], first.real
        self.first = first

    @cached_property
    def generator(self) -> SumOfMatrices:
        """The constant generators, to be summed."""
        return SumOfMatrices([assemble_tiers(one, self.last) for one in self.parts])

    @cached_property
    def norm(self) -> float:
        """Norm of the generator in the end, about: the largest sum over a row."""
        end = self.source.settled(_EPS)
        return float(abs(self._at(end)).sum(axis=1).max())

    @property
    def bytes(self) -> float:
        """Memory of the factors of a long step, about."""
        return bytes_of_factors(self.last, max(self.built.sizes))

    def work(self, time: float, tolerance: float) -> float:
        """See `Run`."""
        return self._long_work(tolerance) if self.long else self._explicit_work(time)

    def states(
        self, times: np.ndarray, settled: float, tolerance: float
    ) -> tuple[np.ndarray, np.ndarray, float]:
        """See `Run`; long steps go on as long as the rounding of what is conserved allows."""
        settled = np.inf
        if self.long:
            settled = max(self.source.settled(tolerance), tolerance / (_EPS * self.norm))
        by_steps, late = times[times <= settled], times[times > settled]
        until = [*by_steps.tolist(), *([settled] if late.size else [])]
        d = len(self.chain.numbers)
        found, error = np.zeros((len(times), d, d), dtype=complex), np.zeros(len(times))
        with working("evolution from an empty source") as report:
            for i, y in enumerate(self._stepped(until, tolerance, report)):
                if i < len(by_steps):
                    found[i] = (self.basis @ y[: self.own]).reshape(d, d)
        refused = 0.0
        if late.size:
            begun = split(self.built, y, self.last)
            found[-late.size :], error[-late.size :], refused = evolve_settled(
                self._in_the_end(), begun, late - settled, tolerance
            )
        return found, error, refused

    def _stepped(
        self, until: list[float], tolerance: float, report: Callable[[str], None]
    ) -> Iterator[np.ndarray]:
        start: np.ndarray = np.zeros(self.generator.shape[0], dtype=self.first.dtype)
        start[: len(self.first)] = self.first
        if self.long:
            first = min(1.0 / self.norm, max(until[-1], 1e-300))
            return long_steps_to(self, start, until, first, tolerance, report)
        return steps_to(lambda t, y: self._at(t) @ y, start, until, tolerance, report)

    def _explicit_work(self, time: float) -> float:
        if self.last * max(self.built.sizes) > _MOST_EXPLICIT:
            return np.inf
        return explicit_work(self.generator.entries, self.norm, time)

    def _long_work(self, tolerance: float) -> float:
        stages = stages_for(tolerance)
        steps = _LONG_STEPS * max(1.0, (1e-6 / tolerance) ** (1 / stages))
        size = max(self.built.sizes)
        each = _FACTORISATION * fold_work(self.last, size) + _ENTRY * self.last * size
        return steps * self._factors(tolerance) * each

    def at(self, time: float) -> Callable[[np.ndarray], np.ndarray]:
        """The generator at a time, see `Equation`."""
        matrix = self._at(time)
        return lambda y: np.asarray(matrix @ y)

    def frozen(self, times: np.ndarray) -> sparse.csc_array:
        """The mean of the generators, see `Equation`."""
        weights = np.mean([self.weights(time) for time in times.tolist()], axis=0)
        return sparse.csc_array(self.generator.with_weights(weights))

    def _at(self, time: float) -> sparse.csr_array:
        return self.generator.with_weights(np.array(self.weights(time)))

    def _in_the_end(self) -> Tiers:
        """The tiers behind the stationary source, on the unknowns of this run."""
        weights = [1.0, *self.weights(self.source.settled(_EPS))]

        def joined(kind: str, parity: int) -> BlockEntries:
            blocks = [getattr(part, kind)[parity] for part in self.parts]
            arrays = [np.concatenate(same) for same in zip(*blocks, strict=True)]
            sizes = np.repeat(weights, [len(block.value) for block in blocks])
            row, col, value, shift = arrays
            return BlockEntries(row, col, value * sizes, shift)

        rates = [part.rate for part in self.parts]
        return replace(
            self.built,
            within=(joined("within", 0), joined("within", 1)),
            up=(joined("up", 0), joined("up", 1)),
            down=(joined("down", 0), joined("down", 1)),
            rate=float(np.dot(weights, rates)),
            width=float(np.sqrt(abs(self.chain.variance))),
            source_rate=float(np.min(np.linalg.eigvals(self.chain.drift).real)),
        )

    def _factors(self, tolerance: float) -> float:
        """Factorisations in a step."""
        stages = stages_for(tolerance)
        return stages if np.iscomplexobj(self.first) else (stages + 1) / 2
