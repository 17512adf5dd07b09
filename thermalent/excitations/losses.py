r"""Networks that only lose excitations, and the matrix that evolves a single one.

With all baths cold (\(U = 0\), \(n_\mathrm{th} = 0\)) the master equation is

$$\dot\rho = K\rho + \rho K^\dagger + \sum_{jl} G_{jl}\, c_j \rho c_l^\dagger
  + \sum_O O\rho O^\dagger, \qquad
  K = -i H_0 - i \sum_{jl} M_{jl}\, c_j^\dagger c_l - \tfrac12 \sum_O O^\dagger O, \qquad
  M = J - \tfrac{i}{2} G^T$$

K conserves the number of excitations and the jumps lower it (or, if local, may conserve it). M is
not diagonalised anywhere: for identical nodes it is defective.
"""

from __future__ import annotations

import numpy as np

from thermalent.excitations.levels import charges, ladder
from thermalent.networks.network import Network
from thermalent.networks.symmetry import SymmetryError
from thermalent.solution.method import MethodError, SourceStart
from thermalent.support import checks

_ELSEWHERE = "Use te.Fock()."


def gain(network: Network) -> str | None:
    """Reason why the network can gain excitations or does not count them; None if it only loses."""
    assert network.absorption is not None  # set when the network validates itself
    if np.any(network.absorption):
        return f"a warm waveguide feeds excitations into it. {_ELSEWHERE}"
    if network.pumped:
        return f"{network.PUMPED} {_ELSEWHERE}"
    for mode in network.modes:
        if mode.bath_rate > 0 and mode.n_th > 0:
            return f"the hot bath of {mode.name} (n_th = {mode.n_th:g}) feeds it. {_ELSEWHERE}"
        if not mode.backaction:
            return f"{mode.name} is a classical field without back-action. {_ELSEWHERE}"
    for emitter in network.emitters:
        try:
            of_levels = charges(emitter)
        except SymmetryError as error:
            return str(error)
        for jump in emitter.collapse_operators:
            steps = np.unique([of_levels[i] - of_levels[j] for i, j in np.argwhere(jump)])
            if len(steps) > 1 or np.any(steps > 0):
                return (
                    f"a jump of {emitter.name} raises its excitation number, or changes it by "
                    f"more than one amount. {_ELSEWHERE}"
                )
    return None


def start_refusal(source: SourceStart) -> str | None:
    """Reason why `source` is not supported, or None.

    Modes must start in the vacuum; at zero temperature "stationary" and "empty" coincide.
    """
    if source in ("empty", "stationary") or source == 0:
        return None
    return f"its modes must start empty, not in the amplitude {source}. {_ELSEWHERE}"


def total_decay(network: Network) -> np.ndarray:
    """G with the modes' own (cold) baths on its diagonal, (n, n)."""
    own = np.zeros(len(network.nodes))
    own[list(network.mode_indices)] = [mode.bath_rate for mode in network.modes]
    return network.decay + np.diag(own)


def propagator(network: Network) -> np.ndarray:
    r"""M = J - (i/2) G^T between the nodes' lowering operators, (n, n)."""
    return network.exchange - 0.5j * total_decay(network).T


def single_refusal(network: Network) -> str | None:
    """Reason why a matrix of amplitudes does not evolve a single excitation, or None if it does."""
    refused = gain(network)
    if refused is not None:
        return refused
    for emitter in network.emitters:
        if emitter.collapse_operators:
            return (
                f"{emitter.name} jumps on its own (dephasing, local jumps), which amplitudes "
                "cannot describe. Use te.FewExcitations()."
            )
        if ladder(emitter) is None:
            return (
                f"{emitter.name} has not exactly one level with no and one with one excitation. "
                "Use te.FewExcitations()."
            )
    return None


def require_single(network: Network) -> None:
    """Check that a matrix of amplitudes evolves a single excitation.

    Raises:
        MethodError: it does not; the message says why.
    """
    refused = single_refusal(network)
    if refused is not None:
        raise MethodError(f"Amplitudes do not describe this network: {refused}")


def amplitude_matrix(network: Network) -> np.ndarray:
    r"""The matrix of the amplitudes of a single excitation.

    $$i \dot\psi = M' \psi, \qquad M'_{jl} = \lambda_j^* M_{jl} \lambda_l + E_j \delta_{jl}$$

    where lambda is the element of the node's lowering operator between its two lowest levels (1 for
    a mode or a qubit, sqrt(N) for a collective spin) and E their distance.

    Args:
        network: Of n nodes, not refused by `single_refusal`.

    Returns:
        M', (n, n), rate unit; modes first, then emitters, as in the network.

    Source: GENERATION, Eqs. (4) and (6).
    """
    modes = len(network.modes)
    rungs = [ladder(emitter) for emitter in network.emitters]
    scale = np.ones(len(network.nodes), dtype=complex)
    energy = np.zeros(len(network.nodes))
    for j, rung in enumerate(rungs):
        if rung is None:
            checks.fail("network", "of emitters with a ladder of levels", network.emitter_names[j])
        scale[modes + j], energy[modes + j] = rung.element, rung.energy
    return scale.conj()[:, None] * propagator(network) * scale + np.diag(energy)
