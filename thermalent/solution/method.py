"""What a method is: numerical parameters, a claim, and the networks it applies to."""

from __future__ import annotations

import abc
import enum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    import numpy as np

    from thermalent.networks.network import Network
    from thermalent.solution.evolution import Evolution
    from thermalent.solution.result import SteadyState

# How the source starts: in its stationary state, empty, or in a coherent state of this amplitude.
SourceStart = str | complex


class Claim(enum.StrEnum):
    """What a method says of its own numbers."""

    EXACT = "exact"  # to a tolerance that it states and keeps
    STATISTICAL = "statistical"  # with a standard error
    APPROXIMATE = "approximate"  # in a stated domain


class MethodError(ValueError):
    """The method does not apply to the network; the message says why and what does."""


class Method(abc.ABC):
    """A way to solve a network; concrete methods are frozen dataclasses of numerical parameters."""

    claim: ClassVar[Claim]
    domain: ClassVar[str]

    @abc.abstractmethod
    def refusal(self, network: Network) -> str | None:
        """Why the method does not apply to the network, or None if it does."""

    @abc.abstractmethod
    def steady_state(self, network: Network) -> SteadyState:
        """The steady state with its evidence; failures are in its status, not raised."""

    def steady_state_from(self, network: Network, initial: np.ndarray) -> SteadyState:
        """The steady state reached from an initial density matrix of the emitters.

        Only methods that can tell several steady states apart have it.
        """
        raise MethodError(
            f"{self.name} finds the steady state only where it is unique and takes no `initial`; "
            "use te.Fock(), or te.ContinuedFraction() behind one mode."
        )

    def evolution_refusal(self, network: Network, source: SourceStart) -> str | None:
        """Why the method cannot evolve the network from this source, or None if it can."""
        return "it gives steady states only."

    def evolve(
        self, network: Network, times: np.ndarray, initial: np.ndarray, source: SourceStart
    ) -> Evolution:
        """The emitters' states at the times, from a checked initial density matrix.

        Args:
            network: What to evolve.
            times: Increasing, >= 0, inverse rate unit, (t,).
            initial: Density matrix of the emitters, (d, d), uncorrelated with the source.
            source: "stationary", "empty", or the amplitude of a coherent state.
        """
        raise NotImplementedError(f"{self.name} gives steady states only")

    @property
    def name(self) -> str:
        """The method's name in tables."""
        return type(self).__name__
