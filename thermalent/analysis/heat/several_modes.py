r"""Heat currents along an evolution behind several modes.

With the amplitudes \(z = T^{-1} u\) of the modes in the coordinates of the chain, and the
covariance V(t) of the Gaussian that moves as the source does,

$$\langle u_j^* u_i \rangle = V_{ij}(t)\, \mathrm{Tr}\,\mu^{00} + \mathrm{Tr}\,\mu^{k=e_j,\, l=e_i},
  \qquad \langle c^\dagger u_i \rangle = \mathrm{Tr}\, \mu^{l=e_i} c^\dagger$$

so that all means of two operators stand in the tiers zero to two of total charge zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from thermalent.analysis.heat.currents import HeatChannels
from thermalent.continued_fraction.several_poles.chain.coordinates import NoChainError, SourceChain
from thermalent.continued_fraction.several_poles.chain.fields import matrices_of, split
from thermalent.continued_fraction.several_poles.chain.placements import placements
from thermalent.continued_fraction.several_poles.moving.poles_tiers import PolesTiers
from thermalent.continued_fraction.several_poles.moving.schedule_evolution import read_several_poles
from thermalent.continued_fraction.several_poles.moving.source_schedule import (
    PolesStretch,
    whole_chains,
)
from thermalent.continued_fraction.switching.run import TierReading
from thermalent.networks.gaussian_source import UnstableSourceError
from thermalent.networks.liouvillian import lowering_operators
from thermalent.networks.network import Network
from thermalent.networks.symmetry import SymmetryError, node_signs
from thermalent.operators.superoperators import dense
from thermalent.solution.method import MethodError
from thermalent.solution.tasks import EvolutionTask

_READ = 2  # the highest tier that a mean of two operators depends on


def heat_behind_modes(
    task: EvolutionTask,
    channels: Sequence[HeatChannels],
    scales: np.ndarray,
    rtol: float | None,
    report: Callable[[str], None],
) -> tuple[np.ndarray, np.ndarray]:
    """Currents and stored quanta over their scales, (t, 4), and their errors, (t,).

    Args:
        task: Networks, times and start.
        channels: Of each network.
        scales: Sizes of the three currents and of the quanta, (4,).
        rtol: Error aimed at; None for what a budget affords.
        report: Is told how far the work is.

    Raises:
        MethodError: the networks have no chain in common coordinates, or the work is too much.
    """
    if not isinstance(task.source, str):
        raise MethodError(
            "Heat over time: behind several modes the source starts stationary or empty, not in "
            "coherent states."
        )
    for network in task.networks:
        if np.any(node_signs(network) < 0):
            raise MethodError(
                "Heat over time: modes whose quanta count as negative excitations exchange pairs "
                "with a pump, and their currents do not add up to heat."
            )
    try:
        chains = whole_chains(task.networks)
    except (SymmetryError, NoChainError, UnstableSourceError) as problem:
        reason = f"Heat over time comes from the continued fraction: {problem}"
        raise MethodError(reason) from problem

    def reading(tiers: PolesTiers) -> TierReading:
        low = _LowTiers(tiers, chains[0])
        known: dict[int, _Rows] = {}

        def rows(stretch: PolesStretch, time: float) -> np.ndarray:
            piece, chain = stretch.piece, chains[stretch.piece]
            if piece not in known:
                own = _Rows(task.networks[piece], channels[piece], chain, low)
                known.clear()  # smooth changes are made of hundreds
                known[piece] = own
            source = stretch.source
            covariance = chain.covariance if source is None else source.covariance(time)
            return known[piece].at(covariance) / scales[:, None]

        return rows

    # A pair of quanta on the last amplitude takes so many hops.
    fewest = 2 * (chains[0].length - 1)
    values, error, refused = read_several_poles(chains, task, rtol, report, reading, fewest)
    if refused:
        raise MethodError(
            f"Heat over time: from t = {task.times[int(np.argmax(~np.isfinite(error)))]:g} on it "
            f"would take {refused:.0e} multiplications or more. Ask for earlier times or a larger "
            "rtol."
        )
    return values, error


class _LowTiers:
    """What the lowest tiers give of every unknown by itself, and so of any vector.

    Args:
        tiers: The tiers.
        chain: Emitters and source.

    Attributes: `state` is the emitters' matrix, (n, d, d); `lowered` and `raised` are what tier one
    has of u_i rho and of rho u_i^*, (n, m, d, d); `pairs` what tier two has of <u_j^* u_i>,
    (n, m, m).
    """

    def __init__(self, tiers: PolesTiers, chain: SourceChain) -> None:
        size, most = int(tiers.offset(_READ)[-1]), tiers.first.most
        units = [
            matrices_of(chain, tiers.first, split(tiers.first, unit, _READ), chain.covariance)
            for unit in np.eye(size)
        ]
        every, of = np.array([unit.matrices for unit in units]), placements(chain.length - 1, most)

        def place(k: int, l: int) -> int:
            """Where one quantum k stands on u_k and one l on u_l, those on u_0 left out."""
            wanted = np.zeros((2, chain.length), dtype=int)
            wanted[0, k] = wanted[1, l] = 1
            same = (of.k == wanted[0, 1:]).all(axis=1) & (of.l == wanted[1, 1:]).all(axis=1)
            return int(np.flatnonzero(same)[0])

        elements = range(chain.length)
        self.state = every[:, 0, 0]
        self.lowered = np.stack([every[:, 1, place(0, i)] for i in elements], axis=1)
        self.raised = np.stack([every[:, 1, place(i, 0)] for i in elements], axis=1)
        self.pairs = np.stack(
            [
                np.stack([_trace(every[:, 2, place(j, i)]) for j in elements], axis=1)
                for i in elements
            ],
            axis=1,
        )


class _Rows:
    """Rows that give currents and quanta of a network when they multiply the lowest tiers.

    Args:
        network: The network.
        channels: Its channels.
        chain: Its emitters and source.
        low: What the tiers give.
    """

    def __init__(
        self, network: Network, channels: HeatChannels, chain: SourceChain, low: _LowTiers
    ) -> None:
        self.network, self.channels, self.chain = network, channels, chain
        self.trace = _trace(low.state)
        frame, modes = chain.bright_dark, list(network.mode_indices)
        lowering = [frame.conj().T @ dense(c) @ frame for c in lowering_operators(network)]
        nodes = len(network.nodes)
        # <c_l^+ c_j> of each unknown, [unknown, l, j], behind an empty source.
        self.normal = np.zeros((len(self.trace), nodes, nodes), dtype=complex)
        dual = chain.dual
        self.normal[np.ix_(range(len(self.trace)), modes, modes)] = np.einsum(
            "lb,ja,nab->nlj", dual.conj(), dual, low.pairs
        )
        self.own = np.zeros((len(self.trace), nodes), dtype=complex)  # <c_j c_j^+>
        self.stored = np.zeros(len(self.trace), dtype=complex)
        for index, c in zip(network.emitter_indices, lowering, strict=True):
            up = c.conj().T
            self.normal[:, index, modes] = np.einsum("ja,naxy,yx->nj", dual, low.lowered, up)
            self.normal[:, modes, index] = np.einsum("lb,nbxy,yx->nl", dual.conj(), low.raised, c)
            for other, before in zip(network.emitter_indices, lowering, strict=True):
                self.normal[:, index, other] = np.einsum("nxy,yx->n", low.state, up @ before)
            self.own[:, index] = np.einsum("nxy,yx->n", low.state, c @ up)
        self.stored = np.einsum("nxx,x->n", low.state, np.asarray(chain.numbers, dtype=complex))

    def at(self, covariance: np.ndarray) -> np.ndarray:
        """The rows relative to a Gaussian of some covariance of the chain, (4, n)."""
        network, modes = self.network, list(self.network.mode_indices)
        dual = self.chain.dual
        normal = self.normal.copy()
        quanta = dual @ covariance @ dual.conj().T  # of the Gaussian, [j, l]
        normal[np.ix_(range(len(normal)), modes, modes)] += (
            self.trace[:, None, None] * quanta.T[None]
        )
        reversed_ = normal.transpose(0, 2, 1).copy()  # operators of different nodes commute
        every = np.arange(len(network.nodes))
        reversed_[:, every, every] = self.own
        rows = np.zeros((4, len(self.trace)))
        for index, mode in zip(modes, network.modes, strict=True):
            held = normal[:, index, index]
            reversed_[:, index, index] = held + self.trace
            rows[0] += mode.bath_rate * (mode.n_th * self.trace - held).real
            rows[3] += held.real
        both = (self.channels.output, self.channels.elsewhere)
        for k, (decay, absorption) in enumerate(both, start=1):
            flows = np.einsum("lj,njl->n", decay, normal)
            rows[k] = (flows - np.einsum("lj,njl->n", absorption, reversed_)).real
        rows[3] += self.stored.real
        return rows


def _trace(matrices: np.ndarray) -> np.ndarray:
    """The traces, (n,)."""
    return np.trace(matrices, axis1=1, axis2=2)
