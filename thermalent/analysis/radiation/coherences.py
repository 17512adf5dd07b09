"""Coherence functions behind one mode, to the accuracy asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from thermalent.analysis.radiation.field import FieldName, require_light
from thermalent.continued_fraction.dynamics.regression.correlation_over_time import (
    correlation_over_time,
)
from thermalent.continued_fraction.dynamics.regression.regression import Regression
from thermalent.operators.estimates import Estimate
from thermalent.solution.method import MethodError

HOW_OVER_DELAY = (
    "change with a quarter more tiers and other roundings of the generator, of sums of poles what "
    "they miss of transforms, and rounding of the steady state"
)
# Factor on the largest change by another regression: a disturbance is normal deviates of a few
# roundings each.
DISTURBANCES = 2.0
_LOST = 1e-10  # error of a flux over the size of its terms, above which it is not a dark field's
_DEEPER, _WORTH = 3, 0.5  # how often a quarter more tiers are taken, as long as each gains this
_OF_TIME = 0.5  # of the accuracy asked for, what the run over time may take
_DRAWS = 2  # disturbed generators: one alone may happen to change nothing

# The regression of some order with so many tiers, with a disturbed generator where there is one.
Regressions = Callable[..., Regression]


class OverDelay(NamedTuple):
    """A coherence function.

    Args:
        values: At each delay, (t,), complex.
        error: Their errors, (t,).
        flux: <O^+ O>, quanta per unit time.
    """

    values: np.ndarray
    error: np.ndarray
    flux: Estimate


@dataclass(frozen=True, kw_only=True, eq=False)
class CoherenceAsked:
    """What is asked of a field behind one mode.

    Args:
        delays: Increasing, >= 0, (t,).
        of: The name of the field.
        order: 1 or 2.
        rtol: Accuracy that is enough.
        regression: See `Regressions`.
    """

    delays: np.ndarray
    of: FieldName
    order: int
    rtol: float
    regression: Regressions


def coherence_over_delay(
    asked: CoherenceAsked, depth: int, report: Callable[[str], None]
) -> OverDelay:
    """The coherence with the fewest tiers that reach the accuracy asked for, or with the best.

    Args:
        asked: What is asked.
        depth: Tiers that the steady state takes.
        report: What to tell of the progress.

    Raises:
        ValueError: the field is dark.
        MethodError: so nearly that the flux is lost to rounding.
    """
    report(f"{more_tiers(depth)} tiers")
    found = _with_tiers(asked, depth)
    for _ in range(_DEEPER):
        error = float(np.max(found.error))
        if error <= asked.rtol:
            break
        depth = more_tiers(depth)
        report(f"{more_tiers(depth)} tiers")
        deeper = _with_tiers(asked, depth)
        gain = float(np.max(deeper.error)) / error
        found = deeper if gain < 1 else found
        if not gain <= _WORTH:
            break
    return found


def more_tiers(depth: int) -> int:
    """A quarter more, whose change shows what so many leave out."""
    return depth + depth // 4 + 2


def _with_tiers(asked: CoherenceAsked, depth: int) -> OverDelay:
    """The coherence with a quarter more tiers than `depth`, and with errors from so many."""
    rng = np.random.default_rng(0)
    fine = asked.regression(asked.order, more_tiers(depth), None)
    others = [asked.regression(asked.order, depth, rng) for _ in range(_DRAWS)]
    flux = _flux(fine, others)
    if not flux > flux.error and flux.error > _LOST * fine.flux_size:
        raise MethodError(
            f"The flux of {asked.of!r} is lost to rounding in double precision: it is {flux:.2g} "
            f"with an error of {flux.error:.1g}, because the network is nearly dark. Take "
            "a larger dephasing or detuning, or ask for te.spectrum."
        )
    require_light(asked.of, flux)
    scale = float(flux) ** asked.order
    run = correlation_over_time(fine, others[0], asked.delays, _OF_TIME * asked.rtol * scale)
    values = run.values[:, 0].astype(complex) / scale
    # The change by another regression passes through zero at some delays, where it says nothing.
    lost = np.maximum.accumulate(run.error) + fine.at_zero_error()
    lost += _change([fine.at_zero(), *(other.at_zero() for other in others)])
    error = lost / scale + asked.order * np.abs(values) * (flux.error / flux)
    return OverDelay(values if asked.order == 1 else values.real, error, flux)


def _flux(fine: Regression, others: list[Regression]) -> Estimate:
    """The flux, with what other tiers and roundings change and what the start is off by."""
    error = _change([fine.flux, *(other.flux for other in others)])
    return Estimate(fine.flux, error + fine.start_error * fine.flux_size, HOW_OVER_DELAY)


def _change(values: list[float] | list[complex]) -> float:
    """How much the first of several numbers may be off, from the others."""
    return DISTURBANCES * float(np.max(np.abs(np.array(values[1:]) - values[0])))
