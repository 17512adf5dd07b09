"""An observable and its slopes behind several poles, as a search for a maximum asks for them.

Near a maximum the slopes vanish, so that their error is measured by the observable itself. Where
the search has come close, the truncation is held: the observable is then a smooth function of the
parameters, which Newton's method needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np

from thermalent.continued_fraction.chain.chain import HierarchyTerms
from thermalent.continued_fraction.sensitivity.generator_slopes import Slope, slopes
from thermalent.continued_fraction.sensitivity.observable import evaluated
from thermalent.continued_fraction.sensitivity.several_poles.adjoint import (
    derivatives,
    held_derivatives,
    linear_parts,
)
from thermalent.continued_fraction.several_poles.chain.coordinates import chain_of
from thermalent.networks.network import Network
from thermalent.support.progress import working

NetworkBuilder = Callable[..., Network]


class HeldTruncation(NamedTuple):
    """The number K of quanta beyond the first amplitude, and the highest tier."""

    quanta: int
    last: int


class TierSlopes(NamedTuple):
    """An observable, its derivatives (keys,), their errors, and the truncation."""

    value: float
    slopes: np.ndarray
    errors: np.ndarray
    truncation: HeldTruncation


def tier_slopes(
    builder: NetworkBuilder,
    parameters: Mapping[str, float],
    observable: str,
    rtol: float,
    most_work: float,
) -> TierSlopes:
    """The observable and its derivatives to an accuracy, or to what some work affords.

    Args:
        builder: Returns the network of parameters.
        parameters: Their values.
        observable: A name of the table of observables.
        rtol: Wanted error of a derivative times its parameter, relative to the observable or, if
            it is larger, the largest derivative times its parameter.
        most_work: Multiplications after which the error is what it is.

    Raises:
        numpy.linalg.LinAlgError: the steady state is not unique.
    """
    network = builder(**parameters)
    scales = np.array([abs(value) or 1.0 for value in parameters.values()])
    with working("slopes behind several poles") as report:
        found = derivatives(
            network,
            _changes(builder, parameters, network),
            lambda rho: evaluated(observable, rho, network, None).gradient,
            scales,
            rtol,
            most_work,
            report,
            # Of a separable state everything vanishes: a hundredth of the largest concurrence.
            floor=lambda rho: max(abs(evaluated(observable, rho, network, None).value), 1e-2),
        )
    value = evaluated(observable, found.state, network, None).value
    return TierSlopes(value, found.values, found.errors, HeldTruncation(found.quanta, found.last))


def held_tier_slopes(
    builder: NetworkBuilder, parameters: Mapping[str, float], observable: str, held: HeldTruncation
) -> tuple[float, np.ndarray]:
    """The observable and its derivatives at a truncation.

    Raises:
        numpy.linalg.LinAlgError: the equation of the steady state is singular.
    """
    network = builder(**parameters)
    found, state = held_derivatives(
        network,
        _changes(builder, parameters, network),
        lambda rho: evaluated(observable, rho, network, None).gradient,
        *held,
    )
    return evaluated(observable, state, network, None).value, found


def _changes(
    builder: NetworkBuilder, parameters: Mapping[str, float], network: Network
) -> list[Slope]:
    source = chain_of(network)

    def at(name: str, value: float) -> HierarchyTerms:
        return linear_parts(builder(**{**parameters, name: value}), source)

    return [slopes(partial(at, name), value, name) for name, value in parameters.items()]
