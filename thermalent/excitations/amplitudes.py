"""One excitation or none: the exponential of a matrix as large as the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from thermalent.excitations.levels import ladder
from thermalent.excitations.losses import (
    amplitude_matrix,
    require_single,
    single_refusal,
    start_refusal,
)
from thermalent.excitations.start import State, initial_node_amplitudes
from thermalent.networks.network import Network
from thermalent.numerics.matrix_exponential import matrix_exponential
from thermalent.solution.evolution import Evolution
from thermalent.solution.method import Claim, Method
from thermalent.solution.plan import Cost, Plan, Refusal
from thermalent.solution.tasks import EvolutionTask, Task
from thermalent.support import checks

_HOW = "backward error of the matrix exponential, which is a contraction"

STEADY_STATE = Refusal(
    "it evolves networks that only lose excitations; their steady state is the ground state, or "
    "not unique. Use te.Fock() or te.evolve(...)."
)


@dataclass(frozen=True, kw_only=True)
class SingleExcitation(Method):
    r"""Exact evolution of at most one excitation, coherent with the vacuum or not.

    $$\psi(t) = e^{-i M t} \psi(0), \qquad \rho(t) = \text{the emitters' part of } |\psi\rangle
      + \text{the rest in the ground state}$$

    M is exponentiated, not diagonalised: for identical nodes it is defective.

    Source: GENERATION, Eqs. (4) to (6).
    """

    claim: ClassVar[Claim] = Claim.EXACT
    domain: ClassVar[str] = "networks that only lose excitations, with at most one to lose"

    def plan(self, task: Task) -> Plan | Refusal:
        """The plan; refused for a network that gains energy or jumps, and for two excitations."""
        if not isinstance(task, EvolutionTask):
            return STEADY_STATE
        reason = single_refusal(task.network) or start_refusal(task.source)
        if reason is not None:
            return Refusal(reason)
        levels = _levels(task.network)
        if np.any(task.start[np.setdiff1d(np.arange(len(task.start)), levels)]):
            return Refusal(
                "it evolves at most one excitation, but the initial state holds more. Use "
                "te.FewExcitations()."
            )
        matrix = amplitude_matrix(task.network)
        return SingleExcitationPlan(method=self, task=task, levels=levels, matrix=matrix)


@dataclass(frozen=True, kw_only=True, eq=False)
class SingleExcitationPlan(Plan):
    """The matrix of the amplitudes, (n, n), and the states of m emitters that occur, (m + 1,)."""

    method: SingleExcitation
    task: EvolutionTask
    levels: np.ndarray
    matrix: np.ndarray

    @property
    def cost(self) -> Cost:
        """Cost of one matrix exponential per time."""
        n, times = float(len(self.matrix)), len(self.task.times)
        # The states, and what judges them.
        states = 3 * 16.0 * times * float(np.prod(self.task.network.dims)) ** 2
        return Cost(bytes=states + 160.0 * times * n**2, operations=40.0 * times * n**3)

    def compute(self) -> Evolution:
        """The emitters' states at the times."""
        network, times, initial = self.task.network, self.task.times, self.task.start
        levels, matrix = self.levels, self.matrix
        modes = len(network.modes)
        carried = exponentials(matrix, times)[:, modes:, modes:]  # (t, m, m)
        start = initial[np.ix_(levels, levels)]  # (m + 1, m + 1), the vacuum first
        block = np.zeros((len(times), *start.shape), dtype=complex)
        block[:, 1:, 1:] = carried @ start[1:, 1:] @ carried.conj().transpose(0, 2, 1)
        block[:, 1:, 0] = carried @ start[1:, 0]
        block[:, 0, 1:] = block[:, 1:, 0].conj()
        block[:, 0, 0] = np.trace(start) - np.trace(block[:, 1:, 1:], axis1=1, axis2=2)
        states = np.zeros((len(times), *initial.shape), dtype=complex)
        states[:, levels[:, None], levels[None, :]] = block
        return Evolution(
            network=network,
            method=self.method.record,
            times=times,
            states=states,
            # A product of three factors, two of which carry the error of an amplitude.
            error=2 * propagator_error(matrix, times),
            how=_HOW,
            stats={"dimension": len(matrix)},
        )


def amplitudes(network: Network, times: ArrayLike, initial: State) -> np.ndarray:
    r"""Amplitudes of a single excitation on the nodes.

    $$\psi(t) = e^{-i M t} \psi(0)$$

    Args:
        network: Of n nodes, any number of them: no density matrix is made.
        times: Increasing, >= 0, inverse rate unit, (t,).
        initial: A state of the emitters with one excitation, the modes empty: a label ("10"), a
            ket, or amplitudes by emitter name or label, {"q1a": 0.6, "q1b": 0.8j}.

    Returns:
        (t, n), modes first, then emitters, as in the network. The error is that of the exponential,
        about 1e-16 times (1 + ||M|| t).

    Raises:
        ValueError: the initial state is not normalised, or not of one excitation.
        MethodError: the network is none that carries a single excitation.

    Source: GENERATION, Eqs. (6) and (8).
    """
    require_single(network)
    psi = initial_node_amplitudes("initial", initial, network)
    return np.asarray(
        exponentials(amplitude_matrix(network), checks.time_grid("times", times)) @ psi
    )


def exponentials(matrix: np.ndarray, times: np.ndarray) -> np.ndarray:
    """exp(-i M t) at each time, (t, n, n)."""
    return matrix_exponential(-1j * matrix * times[:, None, None])


def propagator_error(matrix: np.ndarray, times: np.ndarray) -> np.ndarray:
    r"""Bound of the error of exp(-iMt), (t,).

    Scaling and squaring is backward stable, \(e^{-i(M + \delta M)t}\) with \(\|\delta M\|\) a few
    roundings of \(\|M\|\), and every squaring doubles the rounding of the one before: both give
    roundings times \(\|M\| t\), since a decaying network never amplifies an error.
    """
    size = np.linalg.norm(matrix, 1)
    return np.asarray(4 * np.finfo(float).eps * len(matrix) * (1 + size * times))


def _levels(network: Network) -> np.ndarray:
    """Positions among the product states of the vacuum and of one excitation on each emitter."""
    strides = np.cumprod([1, *network.dims[:0:-1]])[::-1]
    rungs = [ladder(emitter) for emitter in network.emitters]
    ground = np.array([rung.ground for rung in rungs if rung is not None])
    excited = np.array([rung.excited for rung in rungs if rung is not None])
    vacuum = int(ground @ strides)
    return np.concatenate([[vacuum], vacuum + (excited - ground) * strides])
