"""A network's numbers, each float64 taken as exact."""

from dataclasses import dataclass, replace

import numpy as np
from flint import acb, arb

from thermalent.networks.network import Network
from thermalent.networks.nodes import Mode, Qubit

ZERO = acb(0)


@dataclass(frozen=True)
class Emitter:
    """One emitter: its lowering operator, its Hamiltonian, its jumps with a rate in front."""

    lowering: list[list[acb]]
    hamiltonian: list[list[acb]]
    jumps: list[tuple[acb, list[list[acb]]]]


@dataclass(frozen=True)
class Data:
    """Everything that the master equation holds; matrices as lists of rows, modes first."""

    exchange: list[list[acb]]
    decay: list[list[acb]]
    absorption: list[list[acb]]
    pumping: list[list[acb]]
    anomalous: list[list[acb]]
    bath_rate: list[acb]
    n_th: list[acb]
    backaction: list[bool]
    emitters: list[Emitter]
    dims: tuple[int, ...]

    @property
    def modes(self) -> int:
        return len(self.n_th)

    def moved(self, **changes) -> "Data":
        """The data plus increments: matrices for the matrices, lists for `bath_rate` and `n_th`.

        `dephasing` is a list of increments of the rates in front of the emitters' first jumps.
        """
        fields = {}
        for name, change in changes.items():
            if name == "dephasing":
                fields["emitters"] = [
                    _rescaled(emitter, step)
                    for emitter, step in zip(self.emitters, change, strict=True)
                ]
                continue
            old = getattr(self, name)
            if name in ("bath_rate", "n_th"):
                fields[name] = [a + b for a, b in zip(old, change, strict=True)]
            else:
                fields[name] = [
                    [a + b for a, b in zip(row, more, strict=True)]
                    for row, more in zip(old, change, strict=True)
                ]
        return replace(self, **fields)


def _rescaled(emitter, step):
    if step == 0:
        return emitter
    (rate, operator), *others = emitter.jumps
    return replace(emitter, jumps=[(rate + step, operator), *others])


def exact(value) -> acb:
    """A Python or numpy number as an exact ball."""
    number = complex(value)
    return acb(arb(number.real), arb(number.imag))


def matrix(array) -> list[list[acb]]:
    return [[exact(value) for value in row] for row in np.asarray(array)]


def data_of(network: Network) -> Data:
    """The network's numbers. A qubit's dephasing is a rate, not a rounded root."""
    modes = [node for node in network.nodes if isinstance(node, Mode)]
    emitters = [node for node in network.nodes if not isinstance(node, Mode)]
    return Data(
        exchange=matrix(network.exchange),
        decay=matrix(network.decay),
        absorption=matrix(network.absorption),
        pumping=matrix(network.pumping),
        anomalous=matrix(network.anomalous),
        bath_rate=[exact(mode.bath_rate) for mode in modes],
        n_th=[exact(mode.n_th) for mode in modes],
        backaction=[bool(mode.backaction) for mode in modes],
        emitters=[_emitter(emitter) for emitter in emitters],
        dims=tuple(emitter.lowering.shape[0] for emitter in emitters),
    )


def _emitter(emitter) -> Emitter:
    if isinstance(emitter, Qubit):
        # (gamma_phi / 2) D[sigma_z]
        jumps = [(exact(emitter.dephasing) / 2, matrix([[-1, 0], [0, 1]]))]
    else:
        jumps = [(acb(1), matrix(jump)) for jump in emitter.collapse_operators]
    return Emitter(matrix(emitter.lowering), matrix(emitter.hamiltonian), jumps)
