"""The fidelity of the transfer of a state between emitters, from the evolution without jumps."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from thermalent.excitations.basis import Basis, drift, sector_sizes
from thermalent.excitations.levels import charges
from thermalent.excitations.losses import gain
from thermalent.excitations.propagate import norm, propagate, rounding, too_late
from thermalent.excitations.start import State, configurations, excitations
from thermalent.networks.network import Network
from thermalent.solution.errors import MethodError, require_memory
from thermalent.support import checks
from thermalent.support.calls import with_explained_calls

_PER_STATE = 16.0  # bytes per amplitude and time


class Transfer(NamedTuple):
    """The fidelity of a transfer over time, in both conventions of the literature.

    Args:
        times: Inverse rate unit, (t,).
        amplitude: <target|psi(t)>, complex, (t,).
        error: Bound of the error of the amplitude, (t,).
    """

    times: np.ndarray
    amplitude: np.ndarray
    error: np.ndarray

    @property
    def fidelity(self) -> np.ndarray:
        """F = <target| rho |target>, the squared convention, (t,)."""
        return np.asarray(np.abs(self.amplitude) ** 2)

    @property
    def root_fidelity(self) -> np.ndarray:
        """The root of F, the other convention, (t,)."""
        return np.asarray(np.abs(self.amplitude))


@with_explained_calls
def transfer(network: Network, times: ArrayLike, initial: State, target: State) -> Transfer:
    r"""Fidelity with which an initial state of the emitters turns into a target.

    $$F(t) = \langle\phi|\rho(t)|\phi\rangle = |\langle\phi, 0|\, e^{K t}\, |\psi, 0\rangle|^2$$

    for states of the same number k of excitations: after a jump there are fewer, so the evolution
    without jumps K is all that counts. For two nodes with collective spins that is a problem of
    C(k + 3, 3) amplitudes, whatever the number of qubits.

    As all excitations are in the target, the other emitters are in their ground states, and F is
    also the fidelity of the target's node alone.

    Args:
        network: That only loses excitations, without dephasing or other local jumps that keep them.
        times: Increasing, >= 0, inverse rate unit, (t,).
        initial: Pure state of the emitters, modes empty: a label ("10", with commas "10,0"), a
            ket, or amplitudes by label or by the name of the one excited emitter.
        target: Pure state of the emitters, likewise.

    Returns:
        The amplitude <target|psi(t)>, with the fidelity in both conventions.

    Raises:
        ValueError: a state is not normalised or of no definite number of excitations, or the two
            numbers differ.
        MethodError: the network gains excitations, or jumps without losing one.

    Source: TRANSPORT, Sec. IV (|N D_k>).
    """
    problem = no_jump(network, initial, target)
    grid = checks.time_grid("times", times)
    late = too_late(norm(problem.generator), float(grid[-1]))
    if late is not None:
        raise MethodError(f"No-jump evolution does not give the transfer: {late}.")
    needed = _PER_STATE * len(grid) * len(problem.start)
    require_memory(f"No-jump evolution at {len(grid)} times", needed, "Use fewer times.")
    states = propagate(problem.generator, problem.start, grid)
    error = rounding(problem.generator, grid) * np.sqrt(len(problem.start))
    return Transfer(grid, states @ problem.target.conj(), error)


class NoJump(NamedTuple):
    """The equation psi' = K psi in one sector, with its initial and target state."""

    generator: sparse.csr_array
    start: np.ndarray
    target: np.ndarray


def no_jump(network: Network, initial: State, target: State) -> NoJump:
    """The evolution between jumps of `initial`, towards `target`.

    Raises:
        ValueError: as of `transfer`.
        MethodError: as of `transfer`.
    """
    refused = _refusal(network)
    if refused is not None:
        raise MethodError(f"No-jump evolution does not give the transfer: {refused}")
    amplitudes = configurations("initial", initial, network)
    wanted = configurations("target", target, network)
    number = excitations("initial", amplitudes, network)
    if excitations("target", wanted, network) != number:
        checks.fail(
            "target", f"of {number} excitations, as the initial state (else use te.evolve)", target
        )
    _require_memory(network, number)
    basis = Basis(network, number, max(number - 1, 0))
    sector = basis.block(number)
    return NoJump(
        sparse.csr_array(drift(basis)[sector, sector]),
        _vector(basis, amplitudes)[sector],
        _vector(basis, wanted)[sector],
    )


def _require_memory(network: Network, number: int) -> None:
    size = sum(sector_sizes(network, number)[max(number - 1, 0) :])
    nodes = len(network.nodes)
    # A row of the generator moves each excitation to every node; a configuration is kept as an
    # array and as the key of a dictionary.
    require_memory(
        f"No-jump evolution of {size:.3g} configurations of {number} excitations",
        size * (24 * max(number, 1) * nodes + 64 * nodes + 500),
        "Use collective=True for symmetric qubits, or fewer nodes.",
    )


def _vector(basis: Basis, state: dict[tuple[int, ...], complex]) -> np.ndarray:
    psi = np.zeros(len(basis.levels), dtype=complex)
    for levels, value in state.items():
        psi[basis.place(levels)] = value
    return psi


def _refusal(network: Network) -> str | None:
    refused = gain(network)
    if refused is not None:
        return refused
    for emitter in network.emitters:
        of_levels = charges(emitter)
        for jump in emitter.collapse_operators:
            if any(of_levels[i] == of_levels[j] for i, j in np.argwhere(jump)):
                return (
                    f"{emitter.name} dephases, and jumps that keep the excitations return the "
                    "weight that no-jump evolution loses. Use te.evolve(..., te.FewExcitations())."
                )
    return None
