r"""The adjoint on the tiers: derivatives behind a source of several poles.

$$dO = -\sum_n \big[y_n \cdot dA_n\, x_n + y_n \cdot dB_n\, x_{n-1} + y_n \cdot dC_n\, x_{n+1}\big],
  \qquad L x = 0, \qquad L^T y = g$$

The blocks are linear in a few arrays: the emitters' L, the chain's drift H, the damping of its
tails, and the operators that add and take a quantum. These are smooth functions of the parameters,
in coordinates that move with them, because the state at tier 0 has the same meaning in all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from thermalent.continued_fraction.chain.chain import HierarchyTerms
from thermalent.continued_fraction.chain.stationary import TierZeroEquation
from thermalent.continued_fraction.chain.tiers import Tiers
from thermalent.continued_fraction.sensitivity.generator_slopes import Slope, randomised
from thermalent.continued_fraction.several_poles.chain.building import tiers_with_changes
from thermalent.continued_fraction.several_poles.chain.coordinates import (
    Source,
    SourceChain,
    chain_of,
    in_coordinates,
)
from thermalent.continued_fraction.several_poles.chain.tail_damping import tail_damping
from thermalent.continued_fraction.several_poles.converge import block_size, bytes_needed, work
from thermalent.continued_fraction.several_poles.elimination.sweep import FACTORS, TierSweep
from thermalent.continued_fraction.several_poles.errors_of_orders import OF_LAST_CHANGE, STEEPEST
from thermalent.continued_fraction.several_poles.evolution import tiers_depth
from thermalent.networks.network import Network
from thermalent.operators.superoperators import dense
from thermalent.solution.errors import require_memory
from thermalent.support import memory_limit

_STAGGER = float(np.sqrt(1.7))  # of odd tiers against even ones: another rounding
_MORE_TIERS = 1.2
_FOLDS = 3.0  # work of a fold, of two ways up and of the factors made again, over that of a fold
_ROUNDING = 16 * float(np.finfo(float).eps)
_PART_OF_TIERS = 0.03  # of the wanted error that the tiers may leave in the state
_SMALLEST = 1e-13  # error of the state that more tiers still lower
_LONGER = 1.4  # if changes no longer fall
_MOST_TURNS = 24
_BASE = 2e6  # bytes of the smallest problem
_DRAWS = 8.0  # one draw of the rounding of the slopes is an eighth of it once in a dozen times

# The gradient of the observable at a state, (d, d).
Gradient = Callable[[np.ndarray], np.ndarray]


def linear_parts(network: Network, like: SourceChain) -> HierarchyTerms:
    """What the blocks of the tiers are linear in, each part as one array (its scale is not used).

    Args:
        network: The network.
        like: The chain at the parameters, whose units of the amplitudes are taken.

    Raises:
        ValueError: its chain has another length.
    """
    chain = _in_metric_of(like, network)
    length = like.length
    if chain.length != length:
        raise ValueError(
            f"the chain of the source has {chain.length} elements there instead of {length}"
        )
    by = _unit(chain, like)
    up = []
    for j in range(length):
        weight = chain.scale * chain.covariance[0, j]
        up.append(by * (weight * chain.drive + chain.backaction[j]))
        up.append(by * (np.conj(weight) * chain.drive_conj + chain.backaction_conj[j]))
    down = [chain.scale / by * chain.drive, chain.scale / by * chain.drive_conj]
    rest = [chain.drift, tail_damping(chain.drift)]
    return HierarchyTerms(
        a=dense(chain.liouvillian).ravel().astype(complex),
        up=np.concatenate([dense(operator).ravel() for operator in up]),
        down=np.concatenate(
            [*(dense(operator).ravel() for operator in down), rest[0].ravel(), rest[1]]
        ),
        rate=0.0,
        scale=1.0,
    )


def _in_metric_of(like: SourceChain, network: Network) -> SourceChain:
    """The chain of a network in coordinates that move smoothly to those of another chain.

    They do where the metric of both is the covariance, and where it is of neither. The covariance
    of a cold source vanishes, that of a source that is warmed by a little does not: both are then
    in the coordinates of the one that they are compared with.
    """
    of = Source(network)
    chain = chain_of(of)
    if chain.independent == like.independent:
        return chain
    return in_coordinates(of, like.coordinates, first=False)


def _unit(chain: SourceChain, like: SourceChain) -> float:
    """What amplitudes are multiplied with, so that their units are chosen as in another chain.

    A chain has amplitudes of variance one, or, colder than that, of the drive's own variance: a
    kink where it is one, which is one of the coordinates and not of the state.
    """
    if not (like.independent and chain.independent):
        return 1.0  # another metric
    wanted = chain.variance if like.variance < 1 else 1.0
    return float(np.sqrt(wanted / chain.covariance[0, 0].real))


def _change(chain: SourceChain, parts: HierarchyTerms) -> tuple[SourceChain, np.ndarray]:
    """Parts as the chain whose blocks they give, and the damping of the tails."""
    d, m = len(chain.numbers), chain.length
    a, up, down = (np.asarray(part) for part in (parts.a, parts.up, parts.down))
    operators = up.reshape(2 * m, d * d, d * d)
    size = d**4
    changed = replace(
        chain,
        liouvillian=a.reshape(d * d, d * d),
        drive=down[:size].reshape(d * d, d * d),
        drive_conj=down[size : 2 * size].reshape(d * d, d * d),
        backaction=tuple(operators[::2]),
        backaction_conj=tuple(operators[1::2]),
        drift=down[2 * size : 2 * size + m * m].reshape(m, m),
        covariance=np.zeros((m, m), dtype=complex),
        scale=1.0,
    )
    return changed, down[2 * size + m * m :]


class TierDerivatives(NamedTuple):
    """Derivatives by all parameters and what they took.

    Args:
        values: The derivatives, (keys,).
        errors: Their errors.
        last: The highest tier.
        quanta: K.
        state: The state at this truncation, (d, d).
    """

    values: np.ndarray
    errors: np.ndarray
    last: int
    quanta: int
    state: np.ndarray


def derivatives(
    network: Network,
    changes: Sequence[Slope],
    gradient: Gradient,
    scales: np.ndarray,
    rtol: float,
    most_work: float,
    report: Callable[[str], None],
    floor: Callable[[np.ndarray], float] = lambda _: 0.0,
) -> TierDerivatives:
    """Derivatives with more and more quanta along the chain, until they agree.

    Args:
        network: At the parameters.
        changes: Slopes of `linear_parts` by each parameter.
        gradient: Of the observable.
        scales: Sizes of the parameters, (keys,).
        rtol: Wanted error, relative to the largest derivative times its parameter.
        most_work: Multiplications after which no more quanta are added.
        report: Told how it goes.
        floor: Of the state at a truncation: what counts instead of that largest number where it
            is smaller, as near a maximum.

    Raises:
        MethodError: the truncations that tell an error do not fit into memory.
        numpy.linalg.LinAlgError: the equation of the steady state is singular to rounding.
    """
    chain = chain_of(network)
    quanta = min(1, chain.length - 1)
    depth = float(tiers_depth(chain, quanta, max(_PART_OF_TIERS * rtol, _SMALLEST)))
    require_memory(
        "This list of derivatives",
        tier_derivatives_bytes(chain, 3 * quanta, int(depth * _MORE_TIERS) + 2),
        "Use fewer emitters or poles.",
    )
    before: np.ndarray | None = None
    # A single pole has no quanta along the chain, whose last change may be small by chance.
    steepest = STEEPEST if chain.length > 1 else 0.0
    change, turn, spent = np.full(len(changes), np.inf), 0, 0.0
    while True:
        # More tiers every other time, in another scaling, so that the change shows what they leave.
        last = int(depth * (_MORE_TIERS if turn % 2 else 1.0)) + 2
        found = _Adjoint(chain, changes, quanta, last, staggered=turn % 2 == 1, gradient=gradient)
        spent += _FOLDS * work(chain, quanta, last)
        if before is not None:
            earlier, change = change, np.abs(found.values - before)
            error = OF_LAST_CHANGE * (
                np.maximum(change, steepest * earlier) if steepest else change
            )
            largest = float(np.max(np.abs(found.values) * scales, initial=0.0))
            largest = max(largest, floor(found.state))
            report(f"K = {quanta}, {last} tiers")
            following = quanta + 1 if chain.length > 1 else 0
            too_much = spent + _FOLDS * work(chain, following, last) > most_work
            known = bool(np.all(np.isfinite(error)))
            enough = np.max(error * scales, initial=0.0) <= rtol * largest
            longest = int(_LONGER * _MORE_TIERS * depth) + 2
            ended = enough or (too_much and known) or turn >= _MOST_TURNS
            if ended or memory_limit.lacking(tier_derivatives_bytes(chain, following, longest)):
                errors = error + found.slope_errors + found.drawn + _ROUNDING * found.sizes
                return TierDerivatives(found.values, errors, last, quanta, found.state)
            if np.max(change * scales) > 0.5 * np.max(earlier * scales):
                depth *= _LONGER  # the tiers may be what is missing
        before, turn = found.values, turn + 1
        quanta += chain.length > 1


def held_derivatives(
    network: Network, changes: Sequence[Slope], gradient: Gradient, quanta: int, last: int
) -> tuple[np.ndarray, np.ndarray]:
    """Derivatives, (keys,), and the state, (d, d), at one truncation: smooth in the parameters."""
    found = _Adjoint(chain_of(network), changes, quanta, last, staggered=False, gradient=gradient)
    return found.values, found.state


def tier_derivatives_bytes(chain: SourceChain, quanta: int, last: int) -> float:
    """Bytes of the derivatives at one truncation: the factors of its tiers, made twice, and blocks.

    Measured, see `python -m benchmarks.memory_estimates`.
    """
    factors = 8.0 * block_size(chain, quanta) ** 2  # of a tier
    kept = min(last * factors, FACTORS + factors)
    return 2 * kept + bytes_needed(chain, quanta) + _BASE


class SolvedTiers:
    """The steady state on all tiers at one truncation, with changes of the blocks beside it.

    Args:
        chain: Emitters and source.
        changes: Changes of what the blocks are linear in; see `linear_parts`.
        quanta: K.
        last: The highest tier.
        staggered: Whether odd tiers are scaled against even ones: another rounding.

    Raises:
        numpy.linalg.LinAlgError: the equation of the steady state is singular to rounding.
    """

    def __init__(
        self,
        chain: SourceChain,
        changes: Sequence[HierarchyTerms],
        quanta: int,
        last: int,
        *,
        staggered: bool = False,
    ) -> None:
        built, self.changed = tiers_with_changes(
            chain, quanta, [_change(chain, parts) for parts in changes]
        )
        if staggered:
            built = built.staggered(_STAGGER)
            self.changed = [one.staggered(_STAGGER) for one in self.changed]
        self.stationary = TierZeroEquation(built)
        self.sweep = TierSweep(built, 0.0, last)
        x0 = self.stationary.solve(self.sweep.k)
        self.state = self.stationary.matrix(x0)
        self.x = self.sweep.up(x0)

    def responses(self, gradient: np.ndarray) -> np.ndarray:
        """How a number of this gradient at tier 0 responds to each change, (changes, 2).

        The second column holds the sizes of the terms added up.
        """
        stationary = self.stationary
        y0 = np.linalg.solve(stationary.pinned(self.sweep.k).T, gradient)
        y0[stationary.row] = 0.0  # L^T y is the gradient but for its part along the trace
        y = self.sweep.up_transposed(y0)
        return np.array([_contracted(one, self.x, y) for one in self.changed])


class _Adjoint:
    """The derivatives at one truncation."""

    def __init__(
        self,
        chain: SourceChain,
        changes: Sequence[Slope],
        quanta: int,
        last: int,
        *,
        staggered: bool,
        gradient: Gradient,
    ) -> None:
        rng = np.random.default_rng(0)
        terms = [slope.estimate for slope in changes]
        terms += [slope.before for slope in changes]
        terms += [randomised(slope.noise, rng) for slope in changes]
        solved = SolvedTiers(chain, terms, quanta, last, staggered=staggered)
        self.state = solved.state
        g = solved.stationary.coordinates(gradient(self.state))
        numbers = solved.responses(g).reshape(3, -1, 2)
        self.values, self.sizes = numbers[0, :, 0] + 0.0, numbers[0, :, 1]
        self.slope_errors = np.abs(numbers[0, :, 0] - numbers[1, :, 0])
        self.drawn = _DRAWS * np.abs(numbers[2, :, 0])


def _contracted(change: Tiers, x: list[np.ndarray], y: list[np.ndarray]) -> tuple[float, float]:
    """-y . dL x, and the sizes of its terms added up."""
    from thermalent.continued_fraction.several_poles.elimination import sweep_kernels

    total, size = sweep_kernels.contract(
        change.within, change.up, change.down, change.rate, _stacked(x), _stacked(y)
    )
    return -total, size


def _stacked(x: list[np.ndarray]) -> np.ndarray:
    """A vector given tier by tier as one array, (tiers, largest size)."""
    found = np.zeros((len(x), max(map(len, x))))
    for row, values in zip(found, x, strict=True):
        row[: len(values)] = values
    return found
