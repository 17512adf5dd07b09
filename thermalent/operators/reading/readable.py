"""The attributes of a result from which observables are computed: states, errors, names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np


class Named(Protocol):
    """The emitters by name."""

    @property
    def emitter_names(self) -> tuple[str, ...]:
        """Their names, in order."""

    @property
    def dims(self) -> tuple[int, ...]:
        """Their dimensions."""

    def position(self, name: str) -> int:
        """Position of the named emitter."""


class Claiming(Protocol):
    """The method of a result."""

    @property
    def claim(self) -> str:
        """The claim of the method: "exact", "statistical" or "approximate"."""


class Result(Protocol):
    """The attributes that a single state, several ones and those of an evolution share."""

    @property
    def network(self) -> Named:
        """The emitters."""

    @property
    def method(self) -> Claiming:
        """The method."""

    @property
    def error(self) -> Any:
        """Errors of the largest elements, with the origin of the numbers as `how`."""


class OneState(Result, Protocol):
    """One state."""

    @property
    def state(self) -> np.ndarray:
        """Its density matrix, (d, d)."""

    @property
    def _tolerance(self) -> float: ...

    def _forbidden(self, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray] | None: ...

    def reduced(self, *names: str) -> np.ndarray:
        """The density matrix of the named emitters."""


Masks = tuple[np.ndarray, np.ndarray] | None  # elements that a conserved number forbids


class Stack(Result, Protocol):
    """States of networks with the same emitters, by methods of one claim, as arrays."""

    @property
    def state(self) -> np.ndarray:
        """Density matrices, (t, d, d)."""

    @property
    def error(self) -> np.ndarray:
        """Errors of the largest elements, (t,)."""

    @property
    def elements(self) -> np.ndarray | None:
        """Errors of all elements, (t, d, d), where they are known."""

    @property
    def tolerance(self) -> np.ndarray:
        """Deviation from a density matrix that is allowed, (t,)."""

    def masks(self, names: tuple[str, ...]) -> Sequence[tuple[Masks, np.ndarray]]:
        """Elements that a conserved number forbids, and the states that this holds of."""

    def part(self, kept: np.ndarray) -> Stack:
        """Those where a mask is true."""


class SeveralStates(Result, Protocol):
    """States at several times."""

    @property
    def states(self) -> np.ndarray:
        """Density matrices, (t, d, d)."""

    @property
    def how(self) -> str:
        """How the errors were obtained."""

    def at(self, index: int) -> OneState:
        """The state at one time."""

    def __len__(self) -> int: ...
