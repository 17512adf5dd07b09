"""One network and one observable: the chain at the parameters, and what they change of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, NoReturn

import numpy as np

from thermalent.continued_fraction import memory
from thermalent.continued_fraction.chain.chain import (
    HierarchyChain,
    HierarchyTerms,
    generator,
    hierarchy_chain,
)
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.chain.one_structure.structure import MOST_STATES
from thermalent.continued_fraction.chain.stationary import TierZeroEquation
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.continued_fraction.sensitivity import border
from thermalent.continued_fraction.sensitivity.adjoint import (
    Moments,
    adjoint,
    contracted,
    differences_of,
    forward,
    moments,
    staggered,
    unstaggered,
)
from thermalent.continued_fraction.sensitivity.generator_slopes import randomised, slopes
from thermalent.continued_fraction.sensitivity.hot_mode import radial_terms
from thermalent.continued_fraction.sensitivity.observable import ObservableLike, evaluated
from thermalent.continued_fraction.sensitivity.result import Sensitivities
from thermalent.continued_fraction.sensitivity.several_poles import adjoint as several_poles
from thermalent.continued_fraction.several_poles.chain.coordinates import chain_of
from thermalent.networks.builder import check_integers, check_names
from thermalent.networks.network import Network
from thermalent.networks.symmetry import excitation_numbers
from thermalent.operators.bounds import error_bounds
from thermalent.operators.bounds.gradients import Valued
from thermalent.operators.estimates import Estimate
from thermalent.operators.reading.observables import TABLE, of_state
from thermalent.solution.errors import SolveError, require_memory
from thermalent.solution.method import MethodError
from thermalent.solution.result import Outcome, SteadyState
from thermalent.support import checks, memory_limit

# Chains disturbed as rounding may have disturbed them, and the factor on the root of the mean
# square of the changes. Of eight normal deviates that is below a third of a unit once in a thousand
# times; the errors of 190 derivatives were at most 2.9 times what it is with many draws.
_DISTURBED = 8
_DISTURBANCES = 6.0
_DEFAULT_RTOL = 1e-9
# Tiers with which derivatives of few emitters take longer than in the radial form.
_HOT = 5e3
_MORE_TIERS = 1.2  # than the state takes: those of the three lists that are compared at least
_ROUNDING = 16 * float(np.finfo(float).eps)

_HOW = "changes with more tiers in another scaling, slopes of the matrices, rounding"

ObservedValue = float | Sequence[float]


class Derivatives(NamedTuple):
    """Derivatives by all parameters, (keys,), with their errors from the slopes of the generator.

    `sizes` are the sums of the absolute values of the terms of each derivative, of which rounding
    is a part, and `state` are the unknowns of tier 0.
    """

    values: np.ndarray
    slope_errors: np.ndarray
    sizes: np.ndarray
    state: np.ndarray


class ObservedChain:
    """The chain at the parameters, and the change of its generator with each of them."""

    def __init__(
        self,
        builder: Callable[..., Network],
        parameters: Mapping[str, ObservedValue],
        observable: ObservableLike,
        pair: tuple[str, str] | None,
        rtol: float | None,
    ) -> None:
        if not parameters:
            checks.fail("parameters", "values of one parameter or more", parameters)
        check_names("parameters", builder, tuple(parameters))
        self.builder = builder
        self._take(parameters)
        check_integers(builder, parameters)
        network = self._network()
        self.rtol = _DEFAULT_RTOL if rtol is None else checks.within("rtol", rtol, 1e-12, 0.1)
        self.several = len(network.modes) > 1
        # Behind several poles, what nobody asked for may take too long.
        method = ContinuedFraction(rtol=rtol if self.several else self.rtol)
        refusal = method.chain_refusal(network) if self.several else method.refusal(network)
        if refusal is not None:
            raise MethodError(f"Sensitivities do not apply to this network: {refusal}")
        state = method.steady_state(network)
        if not state.status.ok and state.status.outcome is not Outcome.INACCURATE:
            raise SolveError(state)
        # The radial form of hot modes has no tiers.
        tiers = state.stats.get("tiers") or memory.expected_tiers(network, self.rtol)
        self.depth = max(8, int(tiers))
        self.hot = not self.several and (
            "tiers" not in state.stats or (tiers > _HOT and len(state.state) <= MOST_STATES)
        )
        if self.several:
            self.source = chain_of(network)
        elif self.hot:
            self.h = hierarchy(network)
        else:
            require_memory(
                "This list of derivatives",
                memory.derivatives_bytes(excitation_numbers(network), _MORE_TIERS * self.depth),
                "Use fewer emitters, or a larger rtol.",
            )
            self.h = h = hierarchy(network)
            self.chain = hierarchy_chain(h, complete=True)
            self.numbers = h.numbers
            self.scale = generator(h).scale
        self.observable, self.pair = observable, pair
        self.observed = self._observed(observable, state, pair)
        self.value = self._value(state)
        self.flat = not np.any(self.observed.gradient)  # whatever the generator does
        # The number itself vanishes, but that of a state within the error may not.
        self.at_border = (
            self._entangled
            and self.observed.value == 0.0
            and self.observed.below <= self.value.error
        )
        self.changes = [
            slopes(partial(self._generator, key), *self._at(key))
            for key in ([] if self.flat else self.keys)
        ]
        numbers = np.array([self.values[name][i] for name, i in self.keys])
        self.scales = np.where(numbers == 0, 1.0, np.abs(numbers))

    def _take(self, parameters: Mapping[str, ObservedValue]) -> None:
        """The numbers of all parameters, and the key of each: its name and position."""
        self.shapes = {
            name: None if np.ndim(value) == 0 else len(np.atleast_1d(value))
            for name, value in parameters.items()
        }
        self.values = {
            name: [checks.real(name, item) for item in np.atleast_1d(value)]
            for name, value in parameters.items()
        }
        self.keys = [(name, i) for name, items in self.values.items() for i in range(len(items))]

    def fits(self, last: int) -> bool:
        """Whether the derivatives with tiers 0 to `last` fit into the memory that is free."""
        return memory_limit.fits(memory.derivatives_bytes(self.numbers, last))

    def result(self, values: np.ndarray, errors: np.ndarray, last: int) -> Sensitivities:
        """Derivatives and their errors, (keys,) each, by name.

        Raises:
            SolveError: a derivative is beyond double precision.
        """
        if not np.all(np.isfinite(values)):
            self.lost()
        numbers = [
            Estimate(number, error, _HOW)
            for number, error in zip(values.tolist(), errors.tolist(), strict=True)
        ]
        return Sensitivities(
            value=self.value,
            derivatives=self.named(numbers),
            errors=self.named(errors.tolist()),
            tiers=last,
            note=self.observed.note or self._doubt(),
        )

    def _doubt(self) -> str:
        """A note if the entanglement may be no more than the error of the state."""
        least = 4 * float(self.state.error) + _ROUNDING
        if self._entangled and 0 < self.observed.value <= least:
            return "at the border of separable states: slopes on the side that is entangled"
        return ""

    @property
    def _word(self) -> str:
        """The observable in words."""
        named = isinstance(self.observable, str)
        return str(self.observable).replace("_", " ") if named else "observable"

    @property
    def _entangled(self) -> bool:
        """Whether the observable is a measure of entanglement, which vanishes up to a border."""
        return isinstance(self.observable, str) and TABLE[self.observable].pair

    def one_sided(self) -> Sensitivities:
        """The derivatives at the border of the separable states, where there are such.

        Raises:
            SolveError: the concurrence has a kink in one of the parameters, or no slope; or the
                observable is a negativity.
        """
        if self.observable != "concurrence":
            # Negativities of nearly separable states are squares of small numbers, which the
            # errors of the states hide.
            self._refuse(
                f"The {self._word} is at the border of separable states, where its slopes are not "
                "known. Ask for that of the 'concurrence', or move away from here."
            )
        numbers = []
        for key in self.keys:
            value, name = self._at(key)
            slope = border.slope(partial(self._concurrence, key), value, name)
            if isinstance(slope, str):
                self._refuse(
                    f"The concurrence has no derivative here, at the border of separable states: "
                    f"{slope}. Ask for another observable, or move away from here."
                )
            numbers.append(slope)
        return Sensitivities(
            value=self.value,
            derivatives=self.named(numbers),
            errors=self.named([number.error for number in numbers]),
            tiers=self.depth,
            note="at the border of separable states: slopes to where the parameters can go",
        )

    def _concurrence(self, key: tuple[str, int], value: float) -> Estimate:
        """The concurrence at another value of a parameter."""
        state = ContinuedFraction(rtol=1e-12).steady_state(self._network(key, value))
        if not state.status.ok and state.status.outcome is not Outcome.INACCURATE:
            raise SolveError(state)
        return state.concurrence(*(self.pair or ()))

    def _value(self, state: SteadyState) -> Estimate:
        """The observable, with its error from that of the state."""
        given, value = self.observable, self.observed.value
        if isinstance(given, str):
            read = of_state(state, given, self.pair or ())
            return Estimate(value, lambda: read.error, read.how)
        error = error_bounds.expectation_bound(
            self.observed.gradient, np.asarray(float(state.error))
        )
        order = ", to first order" if callable(given) else ""
        return Estimate(value, float(error), f"carried through from the state{order}")

    def derivatives(self, last: int, *, rescaled: bool) -> Derivatives:
        """All derivatives with the tiers 0 to `last`."""
        values, slope_errors, sizes = np.zeros((3, len(self.keys)))
        if self.flat:
            return Derivatives(values, slope_errors, sizes, np.zeros(self.chain.tier0_size))
        chain = staggered(self.chain) if rescaled else self.chain
        weights, state = self._moments(chain, last)
        if rescaled:
            weights = unstaggered(weights)
        for i, slope in enumerate(self.changes):
            values[i], sizes[i] = contracted(self.chain, weights, slope.estimate)
            before, _ = contracted(self.chain, weights, slope.before)
            slope_errors[i] = abs(values[i] - before)
        return Derivatives(values + 0.0, slope_errors, sizes, state)  # no -0.0

    def conditioning(self, values: np.ndarray, last: int) -> np.ndarray:
        """Change of derivatives (keys,) by the rounding of the generator and of its slopes.

        All numbers of tiers and both scalings share one rounded generator, so their differences
        do not show what its rounding cost. Chains and slopes disturbed by as much as that do.
        """
        if self.flat:
            return np.zeros(len(self.keys))
        rng = np.random.default_rng(0)
        norms = [0.0] * len(self.keys)  # of all that was drawn; its squares may overflow
        for _ in range(_DISTURBED):
            chain = hierarchy_chain(self.h, complete=True, disturbance=rng)
            moved, _ = self._moments(chain, last)
            for i, slope in enumerate(self.changes):
                by_chain = contracted(chain, moved, slope.estimate)[0] - values[i]
                drawn = randomised(slope.noise, rng)
                by_slope = contracted(chain, moved, drawn)[0]
                norms[i] = math.hypot(norms[i], by_chain, by_slope)
        return _DISTURBANCES / math.sqrt(_DISTURBED) * np.array(norms)

    def named(self, numbers: Sequence[float]) -> dict[str, Any]:
        """Numbers by key as a mapping in the form of the parameters."""
        by_name: dict[str, Any] = {}
        for (name, _), number in zip(self.keys, numbers, strict=True):
            by_name.setdefault(name, []).append(number)
        return {
            name: items[0] if self.shapes[name] is None else tuple(items)
            for name, items in by_name.items()
        }

    def _moments(self, chain: HierarchyChain, last: int) -> tuple[Moments, np.ndarray]:
        """The products by which changes are multiplied, and the unknowns of tier 0."""
        stationary = TierZeroEquation(chain)
        sweep = forward(chain, stationary, last)
        # The gradient at this state: its change by truncation and rounding is then part of the
        # change of the derivatives.
        state = sweep.x[0, : chain.tier0_size]
        rho = stationary.matrix(state)
        gradient = stationary.coordinates(self.gradient(rho))
        y = adjoint(chain, stationary, sweep, gradient)
        return moments(chain, differences_of(chain, self.numbers), sweep.x, y), state

    def gradient(self, rho: np.ndarray) -> np.ndarray:
        """Gradient of the observable at a state, (d, d)."""
        return evaluated(self.observable, rho, self.state.network, self.pair).gradient

    def _observed(
        self, observable: ObservableLike, state: SteadyState, pair: tuple[str, str] | None
    ) -> Valued:
        valued = evaluated(observable, state.state, state.network, pair)
        self.state = state
        if not np.all(np.isfinite(valued.gradient)):
            self._refuse(
                f"The {self._word} has no derivative at this state, which is {valued.note}. Ask "
                "for another observable, or move away from here."
            )
        return valued

    def lost(self) -> NoReturn:
        """Raise the error that double precision does not hold the derivatives."""
        self._refuse(
            "The derivatives are lost to rounding in double precision: one state is so nearly "
            "decoupled from all others that the equation of the steady state is singular. Take "
            "differences of states by te.ContinuedFraction(digits=30), with steps of 1e-6, say."
        )

    def _refuse(self, message: str) -> NoReturn:
        status = Outcome.INACCURATE.because(message)
        raise SolveError(replace(self.state, status=status))

    def _at(self, key: tuple[str, int]) -> tuple[float, str]:
        name, i = key
        return self.values[name][i], name if self.shapes[name] is None else f"{name}[{i}]"

    def _generator(self, key: tuple[str, int], value: float) -> HierarchyTerms:
        if self.several:
            return several_poles.linear_parts(self._network(key, value), self.source)
        if self.hot:
            return radial_terms(hierarchy(self._network(key, value)))
        return generator(hierarchy(self._network(key, value)), scale=self.scale)

    def _network(self, key: tuple[str, int] | None = None, value: float = 0.0) -> Network:
        arguments: dict[str, Any] = {}
        for name, items in self.values.items():
            chosen = [value if key == (name, i) else item for i, item in enumerate(items)]
            arguments[name] = chosen[0] if self.shapes[name] is None else tuple(chosen)
        network = self.builder(**arguments)
        if not isinstance(network, Network):
            checks.fail("builder", "a function that returns a thermalent Network", network)
        return network
