"""The emitters' state given the present amplitude of the source, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NoReturn

import numpy as np

from thermalent.analysis.conditional.averages import integrated
from thermalent.analysis.conditional.expansion import Expansion, checked_amplitudes
from thermalent.analysis.conditional.histories import mean_over_histories
from thermalent.analysis.conditional.shown import ShownConditionalStates
from thermalent.networks.network import Network
from thermalent.operators.estimates import Estimate, Estimates
from thermalent.operators.reading import observables
from thermalent.operators.reading.stacks import GivenStates
from thermalent.solution.method import MethodError
from thermalent.solution.result import ErrorEstimate, SteadyState
from thermalent.stochastic.method import FieldTrajectories
from thermalent.support import checks
from thermalent.support.by_value import ByValue

_HOW = (
    "change with more tiers of each of them and changes by a generator disturbed by rounding, "
    "added up with the moduli of their functions of the amplitude"
)
_HOW_AVERAGE = (
    "the errors of the conditional states, averaged, plus that of the quadrature and what lies at "
    "amplitudes where rounding hides the state"
)
# Error of an element above which a conditional state is refused: where the density falls, the
# terms of the sum cancel, and their rounding grows as exp(x/2).
_LARGEST_ERROR = 1e-3
_FARTHEST = 34.0  # x = |alpha|^2 / W up to which averages are taken: exp(-34) is 2e-15


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ConditionalStates(ByValue, ShownConditionalStates):
    r"""The emitters' states given the present amplitude of the source, and what follows from them.

    $$\rho_\alpha = \mu(\alpha)/P(\alpha), \qquad P(\alpha) = \mathrm{Tr}\,\mu(\alpha), \qquad
      \int d^2\alpha\, \mu(\alpha) = \rho$$

    Args:
        network: The network.
        distribution: "P", "Wigner" or "Husimi".
        mean: The steady state, averaged over all amplitudes.
        coefficients: The operators of all tiers with their errors.
    """

    network: Network
    distribution: str
    mean: SteadyState
    coefficients: Expansion = field(repr=False)

    @property
    def variance(self) -> float:
        r"""W, the scale of the squared amplitude.

        For a source on which nothing acts back it is the mean of \(|\alpha|^2\), and the density is
        \(e^{-|\alpha|^2/W}/(\pi W)\).
        """
        return self.coefficients.variance

    def density(self, alpha: Any) -> Estimates:
        r"""The quasi-distribution \(P(\alpha) = \mathrm{Tr}\,\mu(\alpha)\) of the amplitude.

        Args:
            alpha: Amplitudes, complex, dimensionless, one or several, (p,).

        Returns:
            Per area of the complex plane, with errors, (p,).
        """
        amplitudes = checked_amplitudes(alpha)
        total, bound = self.coefficients.sums(amplitudes)
        factor = np.exp(-0.5 * np.abs(amplitudes) ** 2 / self.variance) / (np.pi * self.variance)
        traces = np.einsum("pii->p", total).real, np.einsum("pii->p", bound)
        return Estimates(factor * traces[0], factor * traces[1], _HOW)

    def state(self, alpha: complex) -> SteadyState:
        """The state of the emitters given one amplitude, with every observable and its error.

        Args:
            alpha: The amplitude, complex, dimensionless.

        Raises:
            ValueError: the amplitude is so improbable that rounding hides the state.
            MethodError: the quasi-distribution or the operator is negative there: no state.
        """
        amplitudes = checked_amplitudes(alpha)
        if len(amplitudes) != 1:
            checks.fail("alpha", "one amplitude", checks.Words(f"{len(amplitudes)} of them"))
        return self._states(amplitudes)[0]

    def measure(self, name: str, alpha: Any, *emitters: str) -> Estimates:
        """A number of the conditional states.

        Args:
            name: Of the table of observables: "concurrence", "negativity", "entropy", "purity", ...
            alpha: Amplitudes, complex, (p,).
            emitters: Their names, as for the method of that name of a steady state.

        Returns:
            The numbers with their errors, (p,).

        Raises:
            ValueError: there is no such number, or an amplitude is too improbable.
        """
        _require_measure(name)
        values, errors = self._numbers(name, checked_amplitudes(alpha), emitters)
        return Estimates(values, errors, _HOW)

    def concurrence(self, alpha: Any, *emitters: str) -> Estimates:
        """Concurrence of two qubits given the amplitudes (p,): the only two, or the two named."""
        return self.measure("concurrence", alpha, *emitters)

    def populations(self, alpha: Any, *emitters: str) -> dict[str, Estimates]:
        """Populations given the amplitudes (p,), by the labels that steady states have."""
        rows = [state.populations(*emitters) for state in self._states(checked_amplitudes(alpha))]
        return {
            label: Estimates(
                np.array([float(row[label]) for row in rows]),
                np.array([row[label].error for row in rows]),
                _HOW,
            )
            for label in rows[0]
        }

    def average(self, name: str = "concurrence", *emitters: str) -> Estimate:
        r"""The average of a number over the amplitudes.

        $$\langle f \rangle = \int d^2\alpha\, P(\alpha)\, f(\rho_\alpha)$$

        What an observer has on average who knows the present amplitude. For convex numbers, such as
        measures of entanglement, it is at least that of the mean state.

        Args:
            name: Of the table of observables.
            emitters: Their names.

        Raises:
            ValueError: there is no such number.
            MethodError: the quasi-distribution is negative somewhere.
        """
        _require_measure(name)
        farthest = min(_FARTHEST, self._reach)
        scale = np.sqrt(self.variance)

        def integrand(r: np.ndarray) -> np.ndarray:
            values, errors = self._numbers(name, scale * r, emitters)
            density = 2 * np.pi * self.variance * r * np.asarray(self.density(scale * r))
            return np.stack([density * values, density * errors, density], axis=1)

        found = integrated(integrand, float(np.sqrt(farthest)))
        average, lost, weight = (float(value) for value in found.values)
        # The amplitudes beyond have the rest of the weight; every number here is at most this.
        largest = 1.0 + np.log2(max(2, int(np.prod(self.network.dims))))
        rest = abs(1.0 - weight) + np.exp(-farthest)
        error = found.error + lost + largest * rest
        return Estimate(average, error, _HOW_AVERAGE)

    def average_over_histories(
        self, name: str = "concurrence", *emitters: str, n: int = 2000, seed: int = 7
    ) -> Estimate:
        """The average of a number over the source's whole past, by trajectories of the field.

        What an observer has on average who has followed the amplitude for ever. For convex numbers
        it is at least `average`, since the state given the present is a mean over pasts.

        Args:
            name: Of the table of observables.
            emitters: Their names.
            n: Number of histories, at least 2.
            seed: Of their random numbers.

        Returns:
            The average; its error is a standard error plus the bias of the step and of the start.

        Raises:
            ValueError: there is no such number, the distribution is not P, or the emitters act back
                on the source, so that it has no history of its own.
            MethodError: a part of the field is white noise.
        """
        _require_measure(name)
        if self.distribution != "P":
            checks.fail("distribution", "'P' for averages over histories", self.distribution)
        return mean_over_histories(
            self.network,
            name,
            emitters,
            FieldTrajectories(n=checks.integer("n", n, 2), seed=checks.seed("seed", seed)),
            lambda alpha: self._matrices(alpha)[0],
            self.mean.state,
            self.average(name, *emitters),
        )

    @cached_property
    def _reach(self) -> float:
        """Largest x = |alpha|^2/W up to which conditional states are told from rounding."""
        x = np.arange(1.0, 120.0, 0.5)
        _, errors = self._matrices(np.sqrt(self.variance * x))
        bad = np.flatnonzero(~(errors.max(axis=(1, 2)) <= _LARGEST_ERROR))
        return float(x[bad[0]] - 0.5 if len(bad) else x[-1])

    def _matrices(self, alpha: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Density matrices and the errors of their elements, infinite where nothing is known."""
        total, bound = self.coefficients.sums(alpha)
        trace = np.einsum("pii->p", total).real
        lost = np.einsum("pii->p", bound)
        known = np.maximum(trace - lost, np.finfo(float).tiny)
        rho = total / np.where(trace > 0, trace, np.inf)[:, None, None]
        with np.errstate(over="ignore"):
            errors = (bound + np.abs(rho) * lost[:, None, None]) / known[:, None, None]
        errors[~(trace > lost)] = np.inf
        return rho, errors

    def _states(self, alpha: np.ndarray) -> list[SteadyState]:
        rho, errors = self._matrices(alpha)
        largest = errors.max(axis=(1, 2))
        if not np.all(largest <= _LARGEST_ERROR):
            self._refuse(complex(alpha[int(np.argmax(~(largest <= _LARGEST_ERROR)))]))
        lowest = np.linalg.eigvalsh(rho)[:, 0]
        negative = lowest < -len(rho[0]) * largest - 1e-12
        if np.any(negative):
            raise self._no_state(complex(alpha[int(np.argmax(negative))]), float(np.min(lowest)))
        return [
            SteadyState(
                network=self.network,
                method=self.mean.method,
                state=state,
                error=ErrorEstimate(float(error.max()), _HOW, error),
                stats={"alpha": complex(amplitude), "distribution": self.distribution},
            )
            for amplitude, state, error in zip(alpha, rho, errors, strict=True)
        ]

    def _numbers(
        self, name: str, alpha: np.ndarray, emitters: Sequence[str]
    ) -> tuple[np.ndarray, np.ndarray]:
        """A number of the states at the amplitudes and its errors, (p,) each."""
        found = observables.of_states(GivenStates(self._states(alpha)), name, emitters)
        for problem in found.problems.values():
            raise problem
        return found.values, found.errors

    def _refuse(self, alpha: complex) -> NoReturn:
        """Refuse an amplitude whose state is not known.

        Raises:
            ValueError: it is improbable.
            MethodError: the quasi-distribution is not positive there.
        """
        value = self.density(alpha)[0]
        if value < -value.error:
            raise self._no_state(alpha, float(value))
        reach = np.sqrt(self._reach * self.variance)
        allowed = (
            f"of modulus up to about {reach:.4g}: beyond, the amplitude is so improbable that "
            "rounding or the truncation hides the state"
        )
        checks.fail("alpha", allowed, alpha)

    def _no_state(self, alpha: complex, value: float) -> MethodError:
        remedy = "" if self.distribution == "Husimi" else " Ask for distribution='Husimi'."
        return MethodError(
            f"The {self.distribution} function of the source is no probability here: at alpha = "
            f"{alpha:.4g} it or the operator that belongs to it is negative ({value:.1g}), so that "
            f"there is no conditional state.{remedy}"
        )


def _require_measure(name: str) -> None:
    allowed = [measure.name for measure in observables.MEASURES if not measure.labelled]
    if name not in allowed:
        checks.fail("name", f"one of {', '.join(allowed)}", name)
