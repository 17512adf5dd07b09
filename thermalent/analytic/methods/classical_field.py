r"""Emitters under a classical field of fixed amplitude."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from thermalent.analytic.methods.null_vector import Space, Stationary, stationary, whole_space
from thermalent.analytic.methods.recognise import Mismatch, classical_field, one_mode
from thermalent.networks.gaussian_source import gaussian_modes
from thermalent.networks.liouvillian import emitter_liouvillian
from thermalent.networks.network import Network
from thermalent.networks.symmetry import SymmetryError, element_charges, excitation_numbers

# d^2 x d^2 dense matrices, one per amplitude: 4 qubits take 20 ms each, 5 qubits a second.
LARGEST_DIMENSION = 32


class ClassicalField(NamedTuple):
    """The emitters' equation of motion under a given amplitude u, in the frame that rotates with u.

    Args:
        space: The basis of what follows.
        liouvillian: L of the emitters in that frame, (d^2, d^2).
        drive: L_+ + L_-, which multiplies |u|, (d^2, d^2).
        charge: Charge of each element, (d^2,), in this basis as in the product basis.
        variance: V = <|u|^2>.
        rate: Amplitude decay rate lambda of u, rate unit.
    """

    space: Space
    liouvillian: np.ndarray
    drive: np.ndarray
    charge: np.ndarray
    variance: float
    rate: float

    def stationary(self, amplitude: float, phase_diffusion: float = 0.0) -> Stationary:
        r"""The stationary state at fixed |u|, in the frame that rotates with u.

        $$0 = \big[ L + |u|\,(L_+ + L_-) - D\, q^2 \big] \rho$$

        Args:
            amplitude: |u|.
            phase_diffusion: D, rate unit: an element of charge q loses its phase at the rate D q^2.
        """
        generator = self.liouvillian + amplitude * self.drive
        generator -= phase_diffusion * np.diag(self.charge**2)
        return stationary(generator, self.space)

    def phase_average(self, state: np.ndarray) -> np.ndarray:
        """The state for a phase of u that is uniformly distributed: its part of charge zero."""
        return np.where(self.charge.reshape(state.shape) == 0, state, 0.0)


def field(network: Network) -> ClassicalField:
    """The classical field of a network that has one."""
    (source,) = gaussian_modes(network)
    charge = element_charges(excitation_numbers(network))
    # Where u' = -i delta u stands still, the emitters' frequencies are lower by delta.
    rotation = 1j * source.detuning * np.diag(charge)
    space = whole_space(network)
    every = space.zero
    return ClassicalField(
        space=space,
        liouvillian=space.block(emitter_liouvillian(network), every, every) + rotation,
        drive=space.block(source.drive + source.drive_conj, every, every),
        charge=charge,
        variance=source.variance,
        rate=source.rate,
    )


def field_refusal(network: Network) -> str | None:
    """Why the network has no classical field that can be solved here, or None if it has."""
    mode = one_mode(network)
    if isinstance(mode, Mismatch):
        return f"{mode.reason}. Use te.Fock(...)."
    try:
        excitation_numbers(network)
    except SymmetryError as error:
        return str(error)
    mode = classical_field(network)
    if isinstance(mode, Mismatch):
        return f"{mode.reason}. Use te.ContinuedFraction(...) or te.Fock(...)."
    d = int(np.prod(network.dims))
    if d > LARGEST_DIMENSION:
        return (
            f"the emitters have {d} levels together, more than the {LARGEST_DIMENSION} that fit "
            "into dense superoperators. Use te.ContinuedFraction(...)."
        )
    return None
