"""The recipe of a sweep: what every point of it shares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from thermalent._version import __version__
from thermalent.networks.network import Network
from thermalent.solution.method import Method
from thermalent.support.errors import ArgumentTypeError
from thermalent.sweeping.reading.emission import Emission, Variable
from thermalent.sweeping.reading.observables import Observable


@dataclass(frozen=True, kw_only=True, eq=False)
class Recipe:
    """The builder, method and observables that every point of a sweep shares.

    Args:
        builder: From parameters to a network, or to something that holds one as `network`.
        fixed: Parameters that do not vary.
        method: How to solve; None is the default method.
        initial: Initial state of the emitters, see `steady_state`.
        observables: What to read of states.
        emissions: What to read of radiated fields, instead.
        along: The last axis of the grid where each network is followed: "time", "frequency" or
            "delay"; empty for steady states.
        version: Of the package; workers of another one refuse.
    """

    builder: Callable[..., Any]
    fixed: Mapping[str, Any]
    method: Method | None
    initial: Any
    observables: tuple[Observable, ...]
    emissions: tuple[Emission, ...] = ()
    along: str = ""
    version: str = field(default=__version__)

    @property
    def numbers(self) -> tuple[Variable, ...]:
        """All that is read."""
        return (*self.observables, *self.emissions)

    def network(self, parameters: Mapping[str, Any]) -> Network:
        """The network of a point."""
        own = {name: value for name, value in parameters.items() if name != self.along}
        try:
            built = self.builder(**self.fixed, **own)
        except SystemExit as problem:  # must not end the sweep as if it were complete
            raise RuntimeError(f"sys.exit({problem.code!r}) was called") from None
        network = built if isinstance(built, Network) else getattr(built, "network", None)
        if not isinstance(network, Network):
            raise ArgumentTypeError(
                "Argument `builder` must be a function that returns a te.Network, but it returned "
                f"{type(built).__name__!r}."
            )
        return network
