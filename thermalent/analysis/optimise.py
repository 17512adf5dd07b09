r"""The maximum of a number over the parameters of a network.

A search from several places, then Newton's method on finite differences: comparing values alone
locates a maximum only to the root of their rounding, its slope to ten digits. Observables of a
steady state climb along their exact slopes instead (`sensitivities`), with fewer solves.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from thermalent.analysis.objective import Objective, ValueSearch
from thermalent.analysis.slope_search import slope_search
from thermalent.display.table import html_table, with_error
from thermalent.numerics.finite_differences import Differences
from thermalent.operators.estimates import Estimate
from thermalent.solution.result import Outcome, Status
from thermalent.solution.stored import Saved, builder_record
from thermalent.support import checks
from thermalent.support.calls import arguments_elsewhere, with_explained_calls
from thermalent.support.deprecation import renamed_arguments
from thermalent.support.errors import ThermalentError
from thermalent.support.progress import working

# Coordinates run from 0 to 1; this close to an end is on the bound.
_EDGE = 1e-7
_NEWTON_STEPS = 12
_MOST_STARTS = 1_000_000
# Enlargements of a range, and the factor of each where the bound is positive.
_MOST_WIDENINGS = 100
_FACTOR = 4.0
# Searches that must agree on the best value (of fewer starts, all of them), and the rounds of
# `starts` searches that are made for it.
_CERTAIN = 3
_ROUNDS = 4
_HOW_VALUE = "error of the objective at the optimum, at least the noise that was said"
_HOW_PARAMETER = "shift of the maximum by noise and finite differences; zero on a bound"
_SAME = 1e-9  # difference of values at which a search ends
# Distances from a bound, where a search ended, of points inside that are tried, over the range.
_INWARDS = (1e-1, 3e-2, 1e-2, 1e-3, 1e-4, 1e-5)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Optimum(Saved):
    """The best parameters found, with the evidence.

    Args:
        value: The largest value, with its error: what the objective says of it, if that is a
            number with `.error`, at least the noise.
        parameters: Where, by name, each with its error.
        errors: Error of each parameter: how far noise and finite differences can shift it.
        at_bounds: Names of the parameters that ended on a bound of their range.
        starts: Number of searches that were made.
        agreeing: How many of them ended at the best value, to 1e-6 of it. Each start is a place
            chosen at random: where a share p of all places leads to the best maximum, s searches
            miss it with probability (1 - p)^s. Several that agree have very likely found it; one
            alone has not, and is warned of.
        evaluations: Number of networks that were solved.
        status: Whether this is a maximum in the interior of all ranges.
        made_by: The call: function, name of the builder with what is bound to it, and its other
            arguments.
    """

    value: Estimate
    parameters: Mapping[str, Estimate]
    errors: Mapping[str, float]
    at_bounds: tuple[str, ...] = ()
    starts: int
    agreeing: int
    evaluations: int
    status: Status = field(default_factory=Status)
    made_by: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        where = ", ".join(f"{name} = {value:.6g}" for name, value in self.parameters.items())
        return (
            f"<Optimum: {float(self.value):.6g} at {where}, "
            f"{self.agreeing} of {self.starts} searches ended there>"
        )

    def _repr_html_(self) -> str:
        numbers = {"largest value": self.value, **self.parameters}
        rows = [(name, with_error(float(each), each.error)) for name, each in numbers.items()]
        rows += [("searches that ended there", f"{self.agreeing} of {self.starts}")]
        return html_table(rows, title="Optimum")


class OptimumError(ThermalentError, RuntimeError):
    """There is no interior maximum, or none was found; `result` holds the best point."""

    def __init__(self, result: Optimum) -> None:
        super().__init__(result.status.message)
        self.result = result
        self.status = result.status


@renamed_arguments(over="ranges", maximise="objective")
@with_explained_calls
@arguments_elsewhere(
    fixed="what is not varied is bound beforehand: functools.partial(te.thermal_link, n_th=1220)"
)
def optimise(
    builder: Callable[..., Any],
    ranges: Mapping[str, tuple[float, float]],
    objective: Callable[[Any], Any] | str,
    *,
    starts: int = 8,
    seed: int = 0,
    noise: float = 1e-14,
    allow_bounds: bool = False,
    widen: int = 0,
) -> Optimum:
    r"""Maximise a number over parameters of a network.

    $$\max_{x \in [\mathrm{low}, \mathrm{high}]} f(\text{builder}(x))$$

    Args:
        builder: Called with the parameters as keywords; returns a network (or anything else that
            `objective` takes).
        ranges: Lower and upper bound of each parameter by name. A positive range of a factor of ten
            or more is searched logarithmically.
        objective: From what `builder` returned to the number, or to a peak with `value` and
            `interior`, as `peak_concurrence` returns it: a peak that is no maximum in time is
            reported as no optimum. Or the name of an observable of the steady state such as
            "concurrence": then the search follows the slopes of `sensitivities`, and each solve
            gives all of them.
        starts: Number of searches, spread over the ranges. Up to four times as many are made until
            three of them (or all, if there are fewer) agree on the best value.
        seed: Of their places.
        noise: Error of the number, absolute: what the method's solver leaves in it.
        allow_bounds: Return an optimum on a bound instead of raising.
        widen: How often ranges are enlarged where the optimum lies on a bound of them: upwards and
            downwards by a factor of four of a positive bound, else by the width of the range. A
            maximum inside the ranges is taken, even if there is a higher one outside.

    Returns:
        The optimum; its parameters are good to 8 digits where the noise permits, see `errors`.

    Raises:
        ValueError: an argument is out of range, the builder has no such parameter (the nearest one
            is given), `objective` returns no finite number, or a search along slopes meets a bound
            where there are none, see `sensitivities` (full loss: end the range at 0.999999).
        OptimumError: the best value lies on a bound, at the end of a time interval, or is no
            maximum (a flat direction, a kink): the message says which.
    """
    count = checks.integer("starts", starts, 1, _MOST_STARTS)
    noise = checks.positive("noise", noise)
    times = checks.integer("widen", widen, 0, _MOST_WIDENINGS)
    given = {"ranges": dict(ranges), "objective": objective, "starts": starts, "seed": seed}
    made_by = builder_record("optimise", builder, **given, noise=noise, widen=widen)
    for left in range(times, -1, -1):
        rng = np.random.default_rng(checks.seed("seed", seed))
        search: Objective = (
            slope_search(builder, ranges, objective)
            if isinstance(objective, str)
            else ValueSearch(builder, ranges, objective)
        )
        found = _searched(search, count, rng, noise, allow_bounds)
        result = replace(found, made_by=made_by)
        if not (left and result.at_bounds):
            break
        ranges = _widened(ranges, result)
    if not result.status.ok:
        raise OptimumError(result)
    if result.agreeing == 1 < result.starts:
        warnings.warn(
            f"Only one of {result.starts} searches ended at the best value, {result.value:.6g}: "
            "there may be a better one. Ask for more starts, or for smaller ranges.",
            stacklevel=2,
        )
    return result


def _widened(
    ranges: Mapping[str, tuple[float, float]], result: Optimum
) -> dict[str, tuple[float, float]]:
    """The ranges, those enlarged on whose bound the optimum lies."""
    wider = dict(ranges)
    for name in result.at_bounds:
        low, high = wider[name]
        if result.parameters[name] > (low + high) / 2:
            wider[name] = low, (_FACTOR * high if high > 0 else high + (high - low))
        else:
            wider[name] = (low / _FACTOR if low > 0 else low - (high - low)), high
    return wider


def _searched(
    search: Objective, count: int, rng: np.random.Generator, noise: float, allow_bounds: bool
) -> Optimum:
    """The best of many searches within the ranges, whether it is an optimum or not."""
    d = len(search.names)
    with working("optimum") as report:
        x, agreeing, searches = _best_of_many(search, count, rng, noise, report)
        free = _inside(x)
        x = np.where(free, x, np.round(x))
        report("the last climb")
        x, slopes = _polish(search, x, free, noise)
    errors = search.errors(x, np.zeros(d) if slopes is None else slopes.shift(noise))
    result = Optimum(
        value=Estimate(search(x), max(search.error(x), noise), _HOW_VALUE),
        parameters={
            name: Estimate(value, errors[name], _HOW_PARAMETER)
            for name, value in search.parameters(x).items()
        },
        errors=errors,
        at_bounds=tuple(
            name for name, inside in zip(search.names, free, strict=True) if not inside
        ),
        starts=searches,
        agreeing=agreeing,
        evaluations=search.evaluations,
    )
    return replace(result, status=_status(result, search, x, slopes, noise, allow_bounds))


def _best_of_many(
    search: Objective,
    count: int,
    rng: np.random.Generator,
    noise: float,
    report: Callable[[str], None],
) -> tuple[np.ndarray, int, int]:
    """The best point of many searches, the number that agree on it, and their total number.

    A search that ended on a bound continues from inside, if that is better.
    """
    d = len(search.names)
    ends: list[np.ndarray] = []
    values = np.zeros(0)
    agreeing = 0
    for _ in range(_ROUNDS):
        # One start in every slice of every range.
        slices = [(rng.permutation(count) + rng.random(count)) / count for _ in range(d)]
        starts = np.stack(slices, 1)
        if search.looks and d > 1 and count > 1:
            starts = np.concatenate([starts, _promising(search, count, rng)])
        for i, place in enumerate(starts):
            best = f", best {np.max(values):.6g}" if len(values) else ""
            report(f"start {i + 1} of {len(starts)}{best}")
            end, value = search.local(place)
            if value >= np.max(values, initial=-np.inf) and not np.all(_inside(end)):
                end = _inside_the_bounds(search, end, noise)
                value = search(end)
            ends.append(end)
            values = np.append(values, value)
        # A search ends where values differ by less than a billionth, or by noise.
        same = max(1e-6 * abs(float(values.max())), _SAME, 10 * noise)
        agreeing = int(np.sum(values >= values.max() - same))
        if agreeing >= min(_CERTAIN, count):
            break
    return ends[int(np.argmax(values))], agreeing, len(ends)


def _promising(search: Objective, count: int, rng: np.random.Generator) -> np.ndarray:
    """The best of many random points, half as many as the other starts, (n, d).

    Narrow maxima have basins that few starts hit. Points next to a better one are left out.
    """
    d, looks = len(search.names), search.looks * count
    slices = [(rng.permutation(looks) + rng.random(looks)) / looks for _ in range(d)]
    places = np.stack(slices, 1)
    values = np.array([search(place) for place in places])
    separation = 1.5 * looks ** (-1 / d)  # of next neighbours, about
    chosen: list[np.ndarray] = []
    for i in np.argsort(-values, kind="stable").tolist():
        if all(np.max(np.abs(places[i] - other)) > separation for other in chosen):
            chosen.append(places[i])
        if len(chosen) >= max(1, count // 2):
            break
    return np.array(chosen)


def _inside(x: np.ndarray) -> np.ndarray:
    return (x > _EDGE) & (x < 1 - _EDGE)


def _inside_the_bounds(search: Objective, x: np.ndarray, noise: float) -> np.ndarray:
    """A better point next to the bounds that a search ended on, if there is one, else x.

    A search that steps over a maximum near a bound is cut off there, and flattened onto it.
    """
    best, at_edge = search(x), ~_inside(x)
    for reach in _INWARDS:
        for i in np.flatnonzero(at_edge):
            place = x.copy()
            place[i] += reach if x[i] < 0.5 else -reach
            if search(place) > best + 10 * noise:
                end, value = search.local(place, reach / 3)
                if value > best + 10 * noise:
                    return end
    return x


def _polish(
    search: Objective, x: np.ndarray, free: np.ndarray, noise: float
) -> tuple[np.ndarray, Differences | None]:
    """Newton's method in the free coordinates, while the value grows."""
    if not np.any(free):
        return x, None
    best = search(x)
    slopes = search.slopes(x, free, noise)
    for _ in range(_NEWTON_STEPS):
        step = slopes.newton()
        if step is None or np.any((x + step <= 0) & free) or np.any((x + step >= 1) & free):
            break
        value = search(x + step)
        if value < best - 10 * noise:
            break
        x, best = x + step, value
        slopes = search.slopes(x, free, noise)
        if np.all(np.abs(step) <= slopes.shift(noise)):
            break
    return x, slopes


def _status(
    result: Optimum,
    search: Objective,
    x: np.ndarray,
    slopes: Differences | None,
    noise: float,
    allow_bounds: bool,
) -> Status:
    where = ", ".join(f"{name} = {value:.6g}" for name, value in result.parameters.items())
    if not search.interior(x):
        message = (
            f"The largest value, {result.value:.6g} at {where}, is no maximum in time: it lies at "
            "an end of the time interval, which sets the parameters. Ask for a longer one."
        )
        return Outcome.NOT_CONVERGED.because(message)
    if result.at_bounds and not allow_bounds:
        message = (
            f"No maximum was found inside the ranges: the largest value, {result.value:.6g} at "
            f"{where}, lies on a bound of {', '.join(result.at_bounds)}, where {result.agreeing} "
            f"of {result.starts} searches ended. Widen the range, or ask for allow_bounds=True."
        )
        return Outcome.NOT_CONVERGED.because(message)
    if slopes is None:
        return Status()  # all parameters on bounds, as allowed
    step = slopes.newton()
    if step is None or not slopes.smooth or np.any(np.abs(step) > 100 * slopes.shift(noise)):
        message = (
            f"The largest value, {result.value:.6g} at {where}, is not a smooth maximum: its slope "
            "does not vanish, or it does not fall in every direction (a parameter without effect, "
            "a kink, or more noise than the argument `noise` states)."
        )
        if np.any(search.low == 0):
            message += (
                " A parameter whose decades matter needs a lower bound above zero: its range is "
                "then searched on a logarithmic scale."
            )
        return Outcome.NOT_CONVERGED.because(message)
    return Status()
