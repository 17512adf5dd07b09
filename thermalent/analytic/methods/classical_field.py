r"""Emitters under a classical field of fixed amplitude."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from thermalent.analytic.methods.null_vector import ChargeSpace, NullState, OneMode, null_state
from thermalent.analytic.methods.recognise import back_action
from thermalent.networks.liouvillian import emitter_liouvillian
from thermalent.networks.symmetry import element_charges
from thermalent.solution.plan import Cost, Refusal

# d^2 x d^2 dense matrices, one per amplitude: 4 qubits take 20 ms each, 5 qubits a second.
DENSE_DIMENSION = 32


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

    space: ChargeSpace
    liouvillian: np.ndarray
    drive: np.ndarray
    charge: np.ndarray
    variance: float
    rate: float

    def stationary(self, amplitude: float, phase_diffusion: float = 0.0) -> NullState:
        r"""The stationary state at fixed |u|, in the frame that rotates with u.

        $$0 = \big[ L + |u|\,(L_+ + L_-) - D\, q^2 \big] \rho$$

        Args:
            amplitude: |u|.
            phase_diffusion: D, rate unit: an element of charge q loses its phase at the rate D q^2.
        """
        generator = self.liouvillian + amplitude * self.drive
        generator -= phase_diffusion * np.diag(self.charge**2)
        return null_state(generator, self.space)

    def phase_average(self, state: np.ndarray) -> np.ndarray:
        """The state for a phase of u that is uniformly distributed: its part of charge zero."""
        return np.where(self.charge.reshape(state.shape) == 0, state, 0.0)


def field(problem: OneMode) -> ClassicalField:
    """The classical field of a network that has one."""
    source = problem.source
    assert problem.numbers is not None  # the phase of a classical field is that of the symmetry
    charge = element_charges(problem.numbers)
    # In the frame in which u' = -i delta u is constant, the emitters' frequencies are lower by
    # delta.
    rotation = 1j * source.detuning * np.diag(charge)
    space = problem.whole_space
    operator = space.zero
    return ClassicalField(
        space=space,
        liouvillian=space.block(emitter_liouvillian(problem.network), operator, operator)
        + rotation,
        drive=space.block(source.drive + source.drive_conj, operator, operator),
        charge=charge,
        variance=source.variance,
        rate=source.rate,
    )


def classical(problem: OneMode | Refusal) -> OneMode | Refusal:
    """The given problem, or the reason why its mode is no classical field of few emitters."""
    if isinstance(problem, Refusal):
        return problem
    if problem.asymmetry is not None:
        return Refusal(problem.asymmetry)
    reason = back_action(problem.network)
    if reason is not None:
        return Refusal(f"{reason}. Use te.ContinuedFraction(...) or te.Fock(...).")
    d = int(np.prod(problem.network.dims))
    if d > DENSE_DIMENSION:
        return Refusal(
            f"the emitters have {d} levels together, more than the {DENSE_DIMENSION} that fit "
            "into dense superoperators. Use te.ContinuedFraction(...)."
        )
    return problem


def dense_cost(problem: OneMode, amplitudes: int) -> Cost:
    """Cost of null vectors on all elements of the emitters' state, at some amplitudes."""
    size = float(np.prod(problem.network.dims)) ** 2
    return Cost(bytes=16.0 * 12 * size**2, operations=20.0 * amplitudes * size**3)
