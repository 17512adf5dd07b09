r"""Design from the other end: the values of one quantity with which a concurrence is reached.

All quantities of a link are given but one, x, and a concurrence is wanted,

$$C(x) \ge C_\mathrm{target}$$

The values of x that reach it are intervals. Where there are none, the imperfection whose removal
gives the largest concurrence, x chosen anew, is the limit, and the search asks how much of it alone
could stay. If none alone would do, the same is asked of all of them together.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf, pi
from typing import Any

from thermalent.analysis.design.requirement_result import Limit as Limit
from thermalent.analysis.design.requirement_result import Requirement as Requirement
from thermalent.analysis.design.unknown import (
    CHOICES,
    IMPERFECTIONS,
    MOST_QUANTA,
    UNKNOWNS,
    Curve,
    LaboratoryLink,
    check_warmth,
)
from thermalent.hardware.occupation import source_temperature
from thermalent.hardware.units import FREQUENCY, TEMPERATURE, TIME, quantity_in_si
from thermalent.operators.estimates import Estimate
from thermalent.solving.solve import steady_state
from thermalent.support import checks
from thermalent.support.calls import with_explained_calls
from thermalent.support.progress import working

_DEFAULTS: dict[str, Any] = {
    "temperature": "293K",
    "quality": 2.5e5,
    "gamma": "10MHz",
    "loss": 0.0,
    "dephasing_time": None,
    "base_temperature": 0.0,
}
# Of frequencies, times and quality factors, in SI: their ratios stay far from over- and underflow.
_LARGEST = 1e30
# Of the dephasing rate over gamma: long before nothing is entangled, and beyond it states are slow.
_MOST_DEPHASING = 1e8
_SHARE = 1e-9  # absolute accuracy of the share of an imperfection that may stay
_HOW_SHARE = "accuracy of the search, and error of the concurrence over its slope"


@with_explained_calls
def requirement(
    unknown: str,
    target: float,
    *,
    temperature: Any = None,
    frequency: Any = "5GHz",
    quality: float | None = None,
    gamma: Any = None,
    loss: float | None = None,
    dephasing_time: Any = None,
    base_temperature: Any = None,
) -> Requirement:
    r"""The values of one unknown quantity with which two qubits reach a concurrence.

    $$\{ x : C(x) \ge C_\mathrm{target} \}$$

    for the link of `thermalent.hardware.superconducting_link`: two qubits on a one-way waveguide
    behind one filter cavity and a hot resistor.

    Args:
        unknown: What is sought: "temperature" (of the source), "quality" (of the filter), "gamma"
            (the coupling of the qubits), or how much of an imperfection is tolerable: "loss",
            "dephasing_time", "base_temperature" (of the waveguide). The argument of that name is
            left out.
        target: The wanted concurrence, in (0, 1).
        temperature: Of the source, such as "293K", which is the default; a plain number is in
            kelvin. > 0.
        frequency: Of the filter, omega_c/2pi, such as "5GHz"; a plain number is in hertz.
        quality: Q of the filter, 2 kappa = omega_c/Q, > 0; 2.5e5 if not given.
        gamma: Decay of the qubits into the waveguide, gamma/2pi; "10MHz" if not given.
        loss: Power loss between the qubits, in [0, 1]; none if not given.
        dephasing_time: T_phi of the qubits; None is no dephasing.
        base_temperature: T_0 of the waveguide; 0 K if not given.

    Returns:
        The intervals that reach the target, each end with its error; the best value, and what each
        imperfection costs there; the imperfection that limits the concurrence most, and if the
        target is out of reach, how much of it would do.

    Raises:
        ValueError: an argument has another unit, none, is out of range, or is the unknown one.
    """
    if unknown not in UNKNOWNS:
        checks.fail("unknown", f"one of {list(UNKNOWNS)}", unknown)
    given = {
        "temperature": temperature,
        "quality": quality,
        "gamma": gamma,
        "loss": loss,
        "dephasing_time": dephasing_time,
        "base_temperature": base_temperature,
    }
    if given[unknown] is not None:
        checks.fail(unknown, "left out where it is the unknown one", given[unknown])
    wanted = checks.within("target", target, 1e-6, 1 - 1e-6)
    lab = _laboratory(frequency, {n: _DEFAULTS[n] if v is None else v for n, v in given.items()})
    if unknown != "temperature" and lab.n_th > MOST_QUANTA:
        most = source_temperature(MOST_QUANTA, lab.frequency)
        allowed = f"at most {most:.3g} K at {lab.frequency:g} Hz"
        checks.fail("temperature", allowed, lab.temperature)
    with working("requirement") as report:
        curve = Curve(lab, unknown, report)
        best, place = curve.top()
        ranges = tuple(curve.ranges(wanted))
        limits = _limits(lab, unknown, wanted, best, report)
        free = () if ranges else _alternatives(curve.at(place), unknown, report)
        return Requirement(
            unknown=unknown,
            target=wanted,
            laboratory=lab,
            ranges=ranges,
            best_value=place,
            concurrence=steady_state(curve.at(place).network).concurrence(),
            limits=limits,
            together=None if ranges else _together(lab, unknown, wanted, limits, report),
            alternatives=free,
        )


def _laboratory(frequency: Any, given: dict[str, Any]) -> LaboratoryLink:
    def moderate(name: str, value: Any) -> float:
        return checks.within(name, checks.positive(name, value), 1 / _LARGEST, _LARGEST)

    time = given["dephasing_time"]
    lab = LaboratoryLink(
        temperature=quantity_in_si(
            "temperature", given["temperature"], TEMPERATURE, checks.positive
        ),
        frequency=quantity_in_si("frequency", frequency, FREQUENCY, moderate),
        quality=moderate("quality", given["quality"]),
        gamma=quantity_in_si("gamma", given["gamma"], FREQUENCY, moderate),
        loss=checks.within("loss", given["loss"], 0.0, 1.0),
        dephasing_time=inf
        if time is None
        else quantity_in_si("dephasing_time", time, TIME, moderate),
        base_temperature=quantity_in_si(
            "base_temperature", given["base_temperature"], TEMPERATURE, checks.nonnegative
        ),
    )
    check_warmth(lab.base_temperature, lab.frequency)
    if lab.link["dephasing"] > _MOST_DEPHASING:
        shortest = 1 / (2 * pi * lab.gamma * _MOST_DEPHASING)
        checks.fail("dephasing_time", f"at least {shortest:.3g} s at this gamma", time)
    return lab


def _limits(
    lab: LaboratoryLink, unknown: str, target: float, best: float, report: Callable[[str], None]
) -> tuple[Limit, ...]:
    """What each imperfection costs, the worst first, and how much of it alone would do."""
    limits = []
    for name in IMPERFECTIONS:
        if name == unknown or getattr(lab, name) == UNKNOWNS[name].perfect:
            continue
        without = max(Curve(lab.without(name), unknown, report).top()[0], 0.0)
        tolerable = None
        if best < target <= without:
            share = _share(partial(lab.without, name), unknown, target, report)
            tolerable = _amount(lab, name, share)
        limits.append(Limit(name, getattr(lab, name), without, without - max(best, 0.0), tolerable))
    return tuple(sorted(limits, key=lambda limit: -limit.cost))


def _share(
    made: Callable[[float], LaboratoryLink],
    unknown: str,
    target: float,
    report: Callable[[str], None],
) -> Estimate:
    """The largest share of imperfections with which the best value reaches the target."""
    from scipy.optimize import brentq

    def excess(share: float) -> float:
        return Curve(made(share), unknown, report).top()[0] - target

    share = float(brentq(excess, 0.0, 1.0, xtol=_SHARE))
    step = max(1e-4 * share, 10 * _SHARE)
    slope = (excess(share + step) - excess(share - step)) / (2 * step)
    curve = Curve(made(share), unknown, report)
    error = steady_state(curve.at(curve.top()[1]).network).concurrence().error
    return Estimate(share, 2 * error / abs(slope) + 4 * _SHARE, _HOW_SHARE)


def _amount(lab: LaboratoryLink, name: str, share: Estimate) -> Estimate:
    """The imperfection at a share of it, with the error that the share's gives."""
    low, here, high = (
        float(getattr(lab.without(name, s), name))
        for s in (float(share) - share.error, float(share), float(share) + share.error)
    )
    return Estimate(here, abs(high - low) / 2, share.how)


def _together(
    lab: LaboratoryLink,
    unknown: str,
    target: float,
    limits: tuple[Limit, ...],
    report: Callable[[str], None],
) -> tuple[float, Estimate | None] | None:
    """The concurrence without any imperfection, and the share of all that would do."""
    if len(limits) < 2 or any(limit.tolerable is not None for limit in limits):
        return None

    def made(share: float) -> LaboratoryLink:
        result = lab
        for limit in limits:
            result = result.without(limit.name, share)
        return result

    ideal = Curve(made(0.0), unknown, report).top()[0]
    share = _share(made, unknown, target, report) if ideal >= target else None
    return max(ideal, 0.0), share


def _alternatives(
    lab: LaboratoryLink, unknown: str, report: Callable[[str], None]
) -> tuple[tuple[str, float, float], ...]:
    """Each other choice of the laboratory at its best: name, value and concurrence."""
    found = []
    for name in CHOICES:
        if name != unknown:
            value, place = Curve(lab, name, report).top()
            found.append((name, place, max(value, 0.0)))
    return tuple(sorted(found, key=lambda item: -item[2]))
