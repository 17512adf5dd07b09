"""The tasks of a method: a steady state, or the states at given times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from thermalent.networks.network import Network
from thermalent.operators import states
from thermalent.support.errors import ArgumentError

_NEARLY = 1e-2  # of the trace of a matrix that may be a state off by its error
# How the source starts: in its stationary state, empty, or in a coherent state of this amplitude,
# of several modes one each.
SourceStart = str | complex | tuple[complex, ...]


def start_amplitudes(source: SourceStart, modes: int) -> np.ndarray:
    """Amplitude of each boson mode at the start, (modes,); zeros if the source is not coherent."""
    if isinstance(source, str):
        return np.zeros(modes, dtype=complex)
    return np.atleast_1d(np.asarray(source, dtype=complex))


def mismatched_start(source: SourceStart, modes: int) -> str | None:
    """Reason why a coherent source cannot start in so many boson modes, or None."""
    given = len(start_amplitudes(source, modes))
    if given == modes:
        return None
    return (
        "a coherent source starts with one amplitude for each boson mode, but there are "
        f"{given} for {modes}. Give `source` as many in the order of the modes, or 'empty' or "
        "'stationary'."
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class SteadyStateTask:
    """The task to find a steady state.

    Args:
        network: The network.
        initial: The emitters' initial state from which it is reached, where there are several: a
            name ("00"), a ket or a density matrix; None asks for the unique one.
    """

    network: Network
    initial: Any = None

    @cached_property
    def start(self) -> np.ndarray | None:
        """The initial density matrix, (d, d); None if none was given.

        Raises:
            ValueError: there is no such state.
        """
        if self.initial is None:
            return None
        return states.initial_state(self.initial, self.network.dims, name="initial")


class Piece(NamedTuple):
    """A network that holds for some time.

    Args:
        network: The network.
        duration: For how long, inverse rate unit; infinite for the last one.
    """

    network: Network
    duration: float = np.inf


class Stretch(NamedTuple):
    """The part of an evolution in which one network acts.

    Args:
        piece: Number of the piece.
        times: The times within it since it began, (s,).
        which: Their positions among all times, (s,).
        length: How long it lasts, up to the last of all times.
    """

    piece: int
    times: np.ndarray
    which: np.ndarray
    length: float


@dataclass(frozen=True, kw_only=True, eq=False)
class EvolutionTask:
    """The task to find the states at some times.

    Args:
        pieces: The networks, one after the other.
        times: Increasing, >= 0, inverse rate unit, (t,).
        initial: The emitters' state at time zero: a name ("00"), a ket or a density matrix;
            uncorrelated with the source.
        source: How the source starts: "stationary", "empty", or the amplitude of a coherent state,
            of several modes one each.
    """

    pieces: tuple[Piece, ...]
    times: np.ndarray
    initial: Any
    source: SourceStart = "stationary"

    @property
    def network(self) -> Network:
        """The network at time zero."""
        return self.pieces[0].network

    @property
    def networks(self) -> tuple[Network, ...]:
        """The networks, one after the other."""
        return tuple(piece.network for piece in self.pieces)

    @property
    def begins(self) -> np.ndarray:
        """Times at which the pieces begin, (pieces,)."""
        return np.concatenate([[0.0], np.cumsum([piece.duration for piece in self.pieces[:-1]])])

    def stretches(self) -> Iterator[Stretch]:
        """The pieces up to the last time, each with the times that lie in it.

        A time at which networks change belongs to the piece that ends there.
        """
        begins, last = self.begins, float(self.times[-1])
        for number, begin in enumerate(begins.tolist()):
            end = min(begin + self.pieces[number].duration, last)
            if number + 1 == len(begins) or end >= last:
                end = last
            inside = (self.times <= end) & ((self.times > begin) | (number == 0))
            which = np.flatnonzero(inside)
            yield Stretch(number, self.times[which] - begin, which, end - begin)
            if end >= last:
                return

    @cached_property
    def start(self) -> np.ndarray:
        """The initial density matrix, (d, d), made on first use, after the memory is checked.

        Raises:
            ValueError: there is no such state.
        """
        try:
            return states.initial_state(self.initial, self.network.dims, name="initial")
        except ArgumentError as error:
            if not _nearly_a_state(self.initial):
                raise
            hint = "The state of an evolution is taken within its own error as `evolution.at(-1)`."
            raise ArgumentError(f"{error} {hint}") from None


def _nearly_a_state(given: Any) -> bool:
    """Whether a matrix is one that some evolution may have left with its error."""
    if not isinstance(given, np.ndarray) or given.ndim != 2 or given.shape[0] != given.shape[1]:
        return False
    return bool(abs(np.trace(given) - 1) < _NEARLY)


Task = SteadyStateTask | EvolutionTask
