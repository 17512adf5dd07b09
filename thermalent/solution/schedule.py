"""Networks that follow each other in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from thermalent.networks.network import Network
from thermalent.networks.nodes import Mode
from thermalent.solution.tasks import Piece
from thermalent.support import checks
from thermalent.support.calls import ExplainedClass

# A network, or one that changes with the time since the piece began.
Changing = Network | Callable[[float], Network]


@dataclass(frozen=True)
class Schedule(metaclass=ExplainedClass):
    r"""Couplings and sources that change in time: networks, and for how long each of them acts.

    $$\rho(t) = \mathrm{Tr}_\mathrm{modes}\; e^{\mathcal{L}_n (t - t_{n-1})} \cdots
      e^{\mathcal{L}_2 (t_2 - t_1)}\, e^{\mathcal{L}_1 t_1}\, \rho(0)$$

    The modes keep their state when the network changes, with their correlations to the emitters.
    A function of time in place of a network is a smooth change. It is taken in steps of constant
    networks, those of the middle of each step (the second order of the Magnus expansion), which end
    at every time that is asked for. The evolution runs with n, 2n and 4n steps; the states are
    extrapolated from the last two, and their error is the distance to the extrapolation of the
    first two.

    Args:
        pieces: Pairs of a network and its duration, inverse rate unit, > 0; the last duration may
            be infinite. All networks have modes and emitters of the same names and dimensions.
            A smooth piece has a function in place of the network, from the time since the piece
            began, in [0, duration], to a network.
        steps: The number n of steps of every smooth piece in the coarsest run, >= 1.

    Raises:
        ValueError: a network has other nodes than the first, or a duration is out of range.
    """

    pieces: tuple[tuple[Changing, float], ...]
    steps: int = field(default=32, kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pieces", _pieces(self.pieces))
        object.__setattr__(self, "steps", checks.integer("steps", self.steps, 1, 10_000))
        first = self.first
        for number, (network, duration) in enumerate(self.pieces):
            for one in _ends(network, duration):
                difference = _other_nodes(first, one)
                if difference is not None:
                    allowed = f"networks of the same nodes, but {difference} in piece {number}"
                    checks.fail("pieces", allowed, checks.Words("not"))

    @property
    def first(self) -> Network:
        """The network at time zero."""
        network, _ = self.pieces[0]
        return network if isinstance(network, Network) else _called(network, 0.0)

    @property
    def duration(self) -> float:
        """Sum of all durations."""
        return float(sum(duration for _, duration in self.pieces))

    @property
    def smooth(self) -> bool:
        """Whether a piece changes while it lasts."""
        return not all(isinstance(network, Network) for network, _ in self.pieces)

    def in_steps(self, times: np.ndarray, factor: int = 1) -> tuple[Piece, ...]:
        """Constant networks up to the last of the times, for the solvers.

        Args:
            times: Increasing, >= 0, (t,); steps of smooth pieces end there.
            factor: Steps of smooth pieces over `steps`.
        """
        times = checks.time_grid("times", times)
        found, begin = [], 0.0
        for network, duration in self.pieces:
            if isinstance(network, Network):
                found.append(Piece(network, duration))
            else:
                marks = times[(times > begin) & (times < begin + duration)] - begin
                marks = np.unique(np.concatenate([[0.0], marks, [duration]]))
                for start, length in zip(marks[:-1], np.diff(marks), strict=True):
                    count = factor * max(1, int(np.ceil(self.steps * length / duration)))
                    middles = start + length * (np.arange(count) + 0.5) / count
                    found += [Piece(_called(network, t), length / count) for t in middles.tolist()]
            begin += duration
            if begin >= times[-1]:
                break
        return tuple(found)


def _pieces(given: Any) -> tuple[tuple[Changing, float], ...]:
    allowed = "pairs of a network, or of a function of time, and a duration"
    try:
        pairs = [tuple(pair) for pair in given]
    except TypeError:
        checks.fail("pieces", allowed, given)
    if not pairs or any(len(pair) != 2 for pair in pairs):
        checks.fail("pieces", f"one or more {allowed}", given)
    checked: list[tuple[Changing, float]] = []
    for number, (network, duration) in enumerate(pairs):
        if not isinstance(network, Network) and not callable(network):
            checks.fail("pieces", allowed, network)
        endless = duration == np.inf and number == len(pairs) - 1 and isinstance(network, Network)
        checked.append((network, np.inf if endless else checks.positive("duration", duration)))
    return tuple(checked)


def _ends(network: Changing, duration: float) -> tuple[Network, ...]:
    if isinstance(network, Network):
        return (network,)
    return _called(network, 0.0), _called(network, duration)


def _called(function: Callable[[float], Network], time: float) -> Network:
    network = function(time)
    if not isinstance(network, Network):
        checks.fail("pieces", "of functions that return thermalent Networks", network)
    return network


def _other_nodes(first: Network, other: Network) -> str | None:
    """How the nodes of a network differ from those of the first, in words; None if they do not."""
    for kind in ("modes", "emitters"):
        names, others = ([n.name for n in getattr(one, kind)] for one in (first, other))
        if names != others:
            return f"there are the {kind} {names} at first and {others}"
    if first.dims != other.dims:
        return f"the emitters have the dimensions {first.dims} at first and {other.dims}"
    for mode, changed in zip(first.modes, other.modes, strict=True):
        assert isinstance(mode, Mode)
        if mode.backaction != changed.backaction:
            return (
                f"mode {mode.name!r} has backaction={mode.backaction} at first and "
                f"{changed.backaction}"
            )
    return None
