r"""Averages of a number over the source's past: what an observer has who has followed the field.

$$\langle f \rangle = \langle f(\mu_t[u]) \rangle_u, \qquad
  \dot\mu = (\mathcal{L} + u(t)\mathcal{L}_+ + u^*(t)\mathcal{L}_-)\mu$$

A path of length T starts in the state given its first amplitude, which is stationary on average
from the beginning, so that only the conditional state has to forget. For every T the average of a
convex number is at least that given the present amplitude, and at most that given the whole past.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from thermalent.networks.network import Network
from thermalent.operators.entanglement import partial_trace
from thermalent.operators.estimates import Estimate
from thermalent.operators.reading import observables
from thermalent.operators.states import STATE_TOLERANCE
from thermalent.solution.method import MethodError
from thermalent.stochastic.driven import DrivenEmitters, driven_emitters
from thermalent.stochastic.method import FieldTrajectories
from thermalent.stochastic.paths import PathSpec, Segment, safe_step, total_rate, whole_steps
from thermalent.stochastic.step_bias import COARSENINGS, extrapolated
from thermalent.stochastic.step_kernels import LANES_OF_BLOCK
from thermalent.support.progress import working

_BLOCKS = 2  # of paths on which the memory is measured
_SHARE = 0.1  # of a typical standard error, 0.3/sqrt(n), that the start may leave
_FIRST = 64.0  # length that is tried first, over the inverse of the total rate
_MOST_STEPS = 1_000_000  # of a path
_HOW = (
    "standard error over {n} independent histories of the field, plus the change with longer steps "
    "and with another state at the start"
)
# From amplitudes (p,) to the states given them, (p, d, d).
GivenPresent = Callable[[np.ndarray], np.ndarray]


class Histories(NamedTuple):
    """A number of the emitters along histories of the field.

    Args:
        driven: The emitters in a field.
        number: From a density matrix of all emitters to the number.
        given_present: The states given an amplitude.
        mean: Their average, (d, d).
        seed: Of the random numbers.
    """

    driven: DrivenEmitters
    number: Callable[[np.ndarray], float]
    given_present: GivenPresent
    mean: np.ndarray
    seed: int

    def paths(
        self, length: float, *, known: bool = True, coarsenings: tuple[int, ...] = COARSENINGS
    ) -> PathSpec:
        """Histories of a length, whose first amplitude is known or not known."""
        step = safe_step(total_rate(self.driven))
        steps = whole_steps(length, step, COARSENINGS[-1])
        return PathSpec(
            emitters=self.driven,
            segments=[Segment(step, steps, True)],
            initial=self.driven.components(self.mean),
            seed=self.seed,
            coarsenings=coarsenings,
            given_field=self._start if known else None,
        )

    def _start(self, u: np.ndarray) -> np.ndarray:
        states = self.given_present(u[0] + 1j * u[1])
        return np.stack([self.driven.components(state) for state in states], axis=1)

    def values(self, rho: np.ndarray) -> np.ndarray:
        """The number in each of several states (p, d, d)."""
        adjoint = rho.conj().swapaxes(-1, -2)
        return np.array([self.number(state) for state in (rho + adjoint) / 2])

    def memory(self, length: float) -> float:
        """Mean modulus of what the start still changes after a time."""
        changes = []
        both = [self.paths(length, known=known, coarsenings=(1,)) for known in (True, False)]
        for block in range(_BLOCKS):
            ends = [next(paths.coarsened_paths(block))[0] for paths in both]
            one, other = (self.values(self.driven.matrices(end.x)) for end in ends)
            changes.append(np.abs(one - other))
        return float(np.mean(changes))

    def columns(self, length: float, n: int) -> np.ndarray:
        """The number on n paths: with each of the steps, and given the last amplitude, (4, n)."""
        paths = self.paths(length)
        columns = np.zeros((len(COARSENINGS) + 1, 0))
        with working("histories") as report:
            for block in range(-(-n // LANES_OF_BLOCK)):
                ends = next(paths.coarsened_paths(block))
                alpha = ends[0].u[0] + 1j * ends[0].u[1]
                states = [*(self.driven.matrices(end.x) for end in ends), self.given_present(alpha)]
                columns = np.hstack([columns, [self.values(rho) for rho in states]])
                report(f"{min(columns.shape[1], n)} of {n} histories")
        return columns[:, :n]


def mean_over_histories(
    network: Network,
    measure: str,
    emitters: Sequence[str],
    method: FieldTrajectories,
    given_present: GivenPresent,
    mean: np.ndarray,
    average: Estimate,
) -> Estimate:
    """The average of a number of the states on single paths of the field.

    What a path's end alone would say is subtracted on every path, and its exact average added: the
    difference fluctuates less than the number itself.

    Args:
        network: A network whose source is a classical field.
        measure: A line of the table of observables.
        emitters: Their names.
        method: Number of histories and seed.
        given_present: The states given an amplitude.
        mean: Their average, (d, d).
        average: The exact average of the number given the present amplitude.

    Raises:
        ValueError: there is no classical field.
        MethodError: a part of it is white noise, or the start is not forgotten.
    """
    driven = driven_emitters(network)
    if driven.white:
        raise MethodError(
            "Averages over histories need a source whose field is that of its mode: here a part of "
            "it is white noise."
        )
    number = _number(network, measure, emitters)
    histories = Histories(driven, number, given_present, mean, method.seed)
    length, start = _length(histories, _SHARE * 0.3 / np.sqrt(method.n))
    fine, coarse, coarsest, present = histories.columns(length, method.n)
    # Two extrapolations of the second order in the step: their difference is the bias of the worse.
    best, worse = extrapolated(fine, coarse), extrapolated(coarse, coarsest)
    # What occurs once in n histories may be missed, also where all of them are alike.
    standard = max(float(np.std(best - present, ddof=1) / np.sqrt(len(best))), 1 / len(best))
    bias = abs(float(np.mean(best - worse)))
    return Estimate(
        float(average) + float(np.mean(best - present)),
        standard + bias + start + average.error,
        _HOW.format(n=len(best)),
    )


def _length(histories: Histories, tolerance: float) -> tuple[float, float]:
    """A length after which the start matters less than the tolerance, and how much it does.

    Raises:
        MethodError: there is none within reach.
    """
    rate = total_rate(histories.driven)
    longest = _MOST_STEPS * safe_step(rate)
    length = _FIRST / rate
    while length < longest:
        remaining = histories.memory(length)
        if remaining <= tolerance:
            return length, remaining
        length *= 2.0
    raise MethodError(
        f"Along a history of the field the emitters have not forgotten their start after the time "
        f"{longest:.3g}: a conserved or nearly conserved quantity. Ask for a smaller n, which "
        "allows more."
    )


def _number(
    network: Network, measure: str, emitters: Sequence[str]
) -> Callable[[np.ndarray], float]:
    """A number of the named emitters as a function of the state of all."""
    places = [network.position(name) for name in emitters or network.emitter_names]
    dims = [network.dims[place] for place in places]
    function = observables.TABLE[measure].function

    def number(state: np.ndarray) -> float:
        return function(partial_trace(state, network.dims, places), dims, STATE_TOLERANCE)

    return number
