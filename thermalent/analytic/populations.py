r"""Steady states of two qubits that are diagonal in the triplet-singlet basis.

$$\rho = \rho_{00} |00\rangle\langle 00| + \rho_S |S\rangle\langle S| + \rho_T |T\rangle\langle T|
  + \rho_{11} |11\rangle\langle 11|$$

and the checks of the array arguments from which the closed forms compute them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from thermalent.support import checks
from thermalent.support.calls import ExplainedClass

# Ratios of rates beyond this are cut off here, so that their first multiples do not overflow.
LARGEST_RATIO = 1e300


@dataclass(frozen=True, kw_only=True)
class Populations(metaclass=ExplainedClass):
    r"""Populations of |00>, |S>, |T> and |11>; numbers or arrays of one shape.

    $$|S\rangle = (|01\rangle - |10\rangle)/\sqrt2, \qquad
      |T\rangle = (|01\rangle + |10\rangle)/\sqrt2$$

    Neither their sum nor their signs are checked: some approximations give populations that add up
    to one only to the order they keep, and that turn negative outside their domain.

    Args:
        ground: Population of |00>.
        singlet: Population of |S>.
        triplet: Population of |T>.
        excited: Population of |11>.

    Raises:
        ValueError: the shapes do not fit each other.
    """

    ground: Any
    singlet: Any
    triplet: Any
    excited: Any

    def __post_init__(self) -> None:
        names = ("ground", "singlet", "triplet", "excited")
        given = {name: _floats(name, getattr(self, name)) for name in names}
        check_shapes(**given)
        values = np.broadcast_arrays(*given.values())
        for name, value in zip(names, values, strict=True):
            object.__setattr__(self, name, value[()])

    @property
    def concurrence(self) -> Any:
        r"""Concurrence of the state, elementwise.

        $$C = \max\{0,\ \rho_S - \rho_T - 2\sqrt{\rho_{00}\rho_{11}}\}$$

        Exact for a diagonal state in which the singlet outweighs the triplet, as it does in every
        steady state of a link; in the opposite case |rho_S - rho_T| would take its place.

        Source: THERMAL, Eq. (22).
        """
        loss = 2 * np.sqrt(np.maximum(self.ground * self.excited, 0.0))
        return np.maximum(0.0, self.singlet - self.triplet - loss)

    @property
    def trace(self) -> Any:
        """Sum of the four populations."""
        return self.ground + self.singlet + self.triplet + self.excited

    def matrix(self) -> np.ndarray:
        """Density matrix in the basis |00>, |01>, |10>, |11>; real, of shape (..., 4, 4)."""
        rho = np.zeros((*np.shape(self.ground), 4, 4))
        rho[..., 0, 0] = self.ground
        rho[..., 1, 1] = rho[..., 2, 2] = (self.triplet + self.singlet) / 2
        rho[..., 1, 2] = rho[..., 2, 1] = (self.triplet - self.singlet) / 2
        rho[..., 3, 3] = self.excited
        return rho

    def as_dict(self) -> dict[str, Any]:
        """The populations by the names of their states: 00, S, T, 11."""
        return {"00": self.ground, "S": self.singlet, "T": self.triplet, "11": self.excited}


def _floats(name: str, value: Any) -> np.ndarray:
    try:
        return np.asarray(value, float)
    except (TypeError, ValueError, OverflowError):
        checks.fail(name, "a real number or an array of them", value)


def check_shapes(**arrays: np.ndarray) -> None:
    """Check that the named arrays can be broadcast together.

    Raises:
        ValueError: one has a shape that does not fit those before it.
    """
    shape: tuple[int, ...] = ()
    for name, array in arrays.items():
        try:
            shape = np.broadcast_shapes(shape, np.shape(array))
        except ValueError:
            given = checks.Words(f"of shape {np.shape(array)}")
            checks.fail(name, f"of a shape that broadcasts with {shape}", given)


def nonnegative_arrays(**values: Any) -> list[np.ndarray]:
    """The named arguments as float arrays of shapes that fit, each finite and >= 0."""
    return _arrays(values, "finite and non-negative", lambda x: x >= 0)


def positive_arrays(**values: Any) -> list[np.ndarray]:
    """The named arguments as float arrays of shapes that fit, each finite and > 0."""
    return _arrays(values, "finite and positive", lambda x: x > 0)


def real_arrays(**values: Any) -> list[np.ndarray]:
    """The named arguments as float arrays of shapes that fit, each finite."""
    return _arrays(values, "finite and real", np.isreal)


def rate_arrays(gamma: Any, **values: Any) -> list[np.ndarray]:
    """Finite, non-negative arrays and the decay rate gamma > 0; their shapes broadcast."""
    arrays = [*nonnegative_arrays(**values), *positive_arrays(gamma=gamma)]
    check_shapes(**dict(zip((*values, "gamma"), arrays, strict=True)))
    return arrays


def in_units_of_gamma(
    phi: Any, kappa: Any, gamma: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Flux and bandwidth over gamma, up to `LARGEST_RATIO`, and gamma itself."""
    phi, kappa, gamma = rate_arrays(gamma, phi=phi, kappa=kappa)
    with np.errstate(over="ignore"):
        f, k = np.minimum(phi / gamma, LARGEST_RATIO), np.minimum(kappa / gamma, LARGEST_RATIO)
    return f, k, gamma


def _arrays(values: Mapping[str, Any], allowed: str, holds: Any) -> list[np.ndarray]:
    arrays = {name: _array(name, value, allowed, holds) for name, value in values.items()}
    check_shapes(**arrays)
    return list(arrays.values())


def _array(name: str, value: Any, allowed: str, holds: Any) -> np.ndarray:
    try:
        array = np.asarray(value)
    except ValueError:  # ragged
        checks.fail(name, allowed, value)
    if array.dtype.kind not in "iuf":
        checks.fail(name, allowed, value)
    array = array.astype(float)
    good = np.isfinite(array) & holds(array)
    if not good.all():
        checks.fail(name, allowed, float(array[~good].flat[0]))
    return array
