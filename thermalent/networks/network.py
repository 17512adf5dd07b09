r"""What a quantum network is: nodes, and the matrices that couple them.

Every system is a set of nodes with lowering operators \(c_j\) and the master equation

$$\dot\rho = -i\Big[H_0 + \sum_{jl} J_{jl}\, c_j^\dagger c_l
    + \tfrac12 \sum_{jl} \big(P_{jl}\, c_j^\dagger c_l^\dagger + \mathrm{h.c.}\big),\ \rho\Big]
  + \sum_{jl} G_{jl}\, \mathcal{D}[c_j, c_l]\rho
  + \sum_{jl} U_{jl}\, \mathcal{D}[c_j^\dagger, c_l^\dagger]\rho$$

$$\qquad + \sum_{jl} \big(M_{jl}\, \mathcal{D}[c_j^\dagger, c_l]
    + M_{jl}^*\, \mathcal{D}[c_j, c_l^\dagger]\big)\rho + \text{local jumps}, \qquad
  \mathcal{D}[x, y]\rho = x \rho y^\dagger - \tfrac12 \{ y^\dagger x, \rho \}$$

with J Hermitian (exchange, its diagonal the detunings), G and U Hermitian (decay, and absorption
from a warm channel), P symmetric (parametric pumping), M symmetric (what a squeezed channel adds).
The channels are a physical environment if [[G, M^*], [M, U]] is positive semidefinite; without M,
the modes' own ports may make up for what G lacks. hbar = 1;
rates are angular frequencies in one common unit, by default the decay rate of an emitter.

A network is data: it validates itself when made, and holds no solver.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, cast

import numpy as np

from thermalent.networks.nodes import Emitter, Mode, Node, Qubit
from thermalent.networks.shown_network import ShownNetwork
from thermalent.networks.value import Value, read_only
from thermalent.support import checks
from thermalent.support.deprecation import renamed_arguments, renamed_attribute
from thermalent.support.errors import UnknownAttributeError
from thermalent.support.once import once

# A mode that loses less than this part of the largest rate loses nothing but for rounding.
_ROUNDING = 1e-13
_USUAL = (Mode, Qubit)  # nodes whose class is known at a glance


class Couplings(NamedTuple):
    """The matrices of a network, (n, n) each, none missing."""

    exchange: np.ndarray
    decay: np.ndarray
    absorption: np.ndarray
    pumping: np.ndarray
    anomalous: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Network(ShownNetwork, Value):
    r"""Nodes and the matrices J, G, U, P, M that couple them.

    $$\dot\rho = -i\Big[H_0 + \sum_{jl} J_{jl}\, c_j^\dagger c_l, \rho\Big]
      + \sum_{jl} G_{jl}\, \mathcal{D}[c_j, c_l]\rho
      + \sum_{jl} U_{jl}\, \mathcal{D}[c_j^\dagger, c_l^\dagger]\rho + \dots, \qquad
      \mathcal{D}[x, y]\rho = x \rho y^\dagger - \tfrac12 \{ y^\dagger x, \rho \}$$

    and the terms of P (parametric pumping) and M (a squeezed channel), which the module states.
    Networks compare by value: two of the same nodes, matrices and labels are equal, and
    `differences` says in what two others differ.

    Args:
        nodes: The nodes in propagation order, sources (modes) first; names must differ.
        exchange: J, (n, n) Hermitian, rate unit.
        decay: G, (n, n) Hermitian, rate unit; positive semidefinite together with what the modes
            lose through their own ports, G + diag(bath_rate (n_th + 1)). A waveguide has a G that
            is so by itself.
        absorption: U, (n, n) Hermitian positive semidefinite, rate unit; zero if not given.
        pumping: P, (n, n) symmetric, rate unit; zero if not given. i g (a^+ b^+ - a b) is
            P_ab = P_ba = i g.
        anomalous: M, (n, n) symmetric, rate unit; zero if not given. A rail of rate gamma squeezed
            with another by r has G = gamma cosh^2 r, U = gamma sinh^2 r on each of the two and
            M = -gamma cosh r sinh r between them.
        label: What the network is, for tables and plots.
        alternatives: What the network may be as well, where it was made of measured data, in
            independent directions: results then count the distances to their states, added as
            squares, as an error.

    Raises:
        ValueError: shapes differ, J is not Hermitian, P or M is not symmetric, G, U or both with M
            are not positive semidefinite (the smallest eigenvalue is named), names repeat, there is
            no emitter, or a mode gains more energy than it loses (one that is joined to others may
            lose none itself).
    """

    nodes: tuple[Node, ...]
    exchange: np.ndarray
    decay: np.ndarray
    absorption: np.ndarray | None = None
    pumping: np.ndarray | None = None
    anomalous: np.ndarray | None = None
    label: str = "network"
    alternatives: tuple[Network, ...] = ()

    PUMPED: ClassVar[str] = (
        "parametric pumping or a squeezed channel feeds it excitations in pairs."
    )

    def __post_init__(self) -> None:
        nodes = tuple(self.nodes)
        for node in nodes:
            if type(node) not in _USUAL and not isinstance(node, (Mode, Emitter)):
                checks.fail("nodes", "a sequence of Mode and Emitter nodes", node)
        checks.text("label", self.label)
        n = len(nodes)
        names = [node.name for node in nodes]
        if len(set(names)) < n:
            checks.fail("nodes", "of different names", names)
        emits = [not isinstance(node, Mode) for node in nodes]
        if not any(emits):
            checks.fail("nodes", "at least one emitter", names)
        if emits != sorted(emits):
            checks.fail("nodes", "ordered with the modes first", names)
        exchange, decay = _rates_matrices({"exchange": self.exchange, "decay": self.decay}, n)
        _check_decay(decay, nodes, emits.index(True))
        absorption, pumping, anomalous = (
            _nothing(n) if given is None else checked(name, given, n)
            for name, given, checked in (
                ("absorption", self.absorption, _decay_matrix),
                ("pumping", self.pumping, _symmetric_matrix),
                ("anomalous", self.anomalous, _symmetric_matrix),
            )
        )
        if self.anomalous is not None and np.count_nonzero(anomalous):
            environment = np.block([[decay, anomalous.conj()], [anomalous, absorption]])
            checks.positive_semidefinite("anomalous with decay and absorption", environment)
        for matrix in (exchange, decay, absorption, pumping, anomalous):
            matrix.setflags(write=False)
        for other in self.alternatives:
            if not isinstance(other, Network):
                checks.fail("alternatives", "a tuple of networks", other)
        self.__dict__.update(
            nodes=nodes,
            exchange=exchange,
            decay=decay,
            absorption=absorption,
            pumping=pumping,
            anomalous=anomalous,
        )
        for j in self.mode_indices:
            relaxation, _ = self.mode_rates(j)
            if not relaxation > 0 and not (self._joined(j) and relaxation >= self._no_rate):
                checks.fail(
                    "decay",
                    f"such that mode {names[j]!r} loses more energy than it gains",
                    checks.Words(f"not: loss minus gain is {relaxation:g}"),
                )

    if not TYPE_CHECKING:  # type checkers would take every name for an attribute

        def __getattr__(self, name):
            """Say where numbers of a state are to be found; called for unknown names alone."""
            if not name.startswith("_"):
                from thermalent.operators.reading.observables import TABLE

                if name in TABLE or name in ("state", "populations", "reduced"):
                    raise UnknownAttributeError(
                        f"A network has no `{name}`; its steady state has: "
                        f"te.steady_state(network).{name}"
                    )
            raise AttributeError(f"A network has no attribute {name!r}.", name=name, obj=self)

    @property
    def _no_rate(self) -> float:
        """The lowest rate that is zero but for rounding."""
        return -_ROUNDING * max(float(np.abs(m).max()) for m in (self.exchange, self.decay))

    # A network does not change, and every solve asks for these several times.
    @once
    def mode_indices(self) -> tuple[int, ...]:
        """Positions of the boson modes among the nodes, which come first."""
        return tuple(range(sum([isinstance(node, Mode) for node in self.nodes])))

    @once
    def emitter_indices(self) -> tuple[int, ...]:
        """Positions of the emitters among the nodes."""
        return tuple(range(len(self.mode_indices), len(self.nodes)))

    @once
    def modes(self) -> tuple[Mode, ...]:
        """The boson modes, in order."""
        return cast(tuple[Mode, ...], self.nodes[: len(self.mode_indices)])

    @once
    def emitters(self) -> tuple[Emitter, ...]:
        """The emitters, in order; the first is the leftmost tensor factor of a state."""
        return cast(tuple[Emitter, ...], self.nodes[len(self.mode_indices) :])

    @once
    def emitter_names(self) -> tuple[str, ...]:
        """Names of the emitters, in order."""
        return tuple([emitter.name for emitter in self.emitters])

    @once
    def dims(self) -> tuple[int, ...]:
        """Dimensions of the emitters, in order."""
        return tuple([emitter.dimension for emitter in self.emitters])

    @once
    def couplings(self) -> Couplings:
        """The matrices J, G, U, P and M."""
        assert self.absorption is not None  # these three are set by __post_init__
        assert self.pumping is not None
        assert self.anomalous is not None
        return Couplings(self.exchange, self.decay, self.absorption, self.pumping, self.anomalous)

    @once
    def pumped(self) -> bool:
        """Whether excitations come and go in pairs: by parametric pumping or a squeezed channel."""
        _, _, _, pumping, anomalous = self.couplings
        nothing = _nothing(len(self.nodes))  # the very matrix that stands for one not given
        return any([m is not nothing and m.any() for m in (pumping, anomalous)])

    def position(self, name: str) -> int:
        """Position of an emitter among the emitters, by name.

        Raises:
            ValueError: there is no such emitter.
        """
        if name not in self.emitter_names:
            checks.fail("name", f"one of the emitters {list(self.emitter_names)}", name)
        return self.emitter_names.index(name)

    def _joined(self, index: int) -> bool:
        """Whether a mode is coupled to another one, which may lose its energy for it."""
        others = [j for j in self.mode_indices if j != index]
        return bool(np.any(self.exchange[index, others]) or np.any(self.decay[index, others]))

    def mode_rates(self, index: int) -> tuple[float, float]:
        """Energy relaxation and gain rates of the mode at node `index`, all channels together.

        Without the other nodes, the mode relaxes at the first rate to the occupation
        gain / relaxation. The relaxation is loss minus gain; their thermal parts cancel and are
        left out of the sums.
        """
        mode = self.nodes[checks.integer("index", index, 0, len(self.nodes) - 1)]
        if not isinstance(mode, Mode):
            checks.fail("index", "the position of a mode", index)
        assert self.absorption is not None  # set by __post_init__
        absorbed = float(self.absorption[index, index].real)
        relaxation = float(self.decay[index, index].real) - absorbed + mode.bath_rate
        return relaxation, absorbed + mode.bath_rate * mode.n_th


def network_of_model(
    *,
    nodes: tuple[Node, ...],
    exchange: np.ndarray,
    decay: np.ndarray,
    absorption: np.ndarray | None,
    label: str,
) -> Network:
    """The network, as `Network` makes it, of arguments that are right by construction.

    For models alone: nothing is checked again. Its tests compare it with `Network`.

    Args:
        nodes: The nodes, modes first.
        exchange: J, (n, n) complex, Hermitian to the last bit; belongs to the network from now on.
        decay: G, the same and positive semidefinite.
        absorption: U, the same; zero if None.
        label: What the network is.
    """
    n = len(nodes)
    network = object.__new__(Network)
    fields = network.__dict__
    fields["nodes"], fields["label"], fields["alternatives"] = nodes, label, ()
    fields["exchange"], fields["decay"] = exchange, decay
    fields["absorption"] = _nothing(n) if absorption is None else absorption
    fields["pumping"] = fields["anomalous"] = _nothing(n)
    for matrix in (exchange, decay, fields["absorption"]):
        matrix.setflags(write=False)
    return network


def _rates_matrices(given: Mapping[str, Any], n: int) -> np.ndarray:
    """Hermitian matrices of rates by their names, (matrices, n, n); the first wrong one is named.

    They are looked at together; what is not plainly right, one by one, with words for what is not.
    """
    plain = [
        type(matrix) is np.ndarray and matrix.shape == (n, n) and matrix.dtype.kind in "fci"
        for matrix in given.values()
    ]
    if all(plain):
        matrices = np.array(list(given.values()), dtype=complex)
        adjoint = matrices.conj().swapaxes(1, 2)
        if (matrices == adjoint).all():  # false of what is not a number
            size = np.abs(matrices)
            own = size.diagonal(0, 1, 2)
            least = own.min(where=own > 0, initial=np.inf)
            if size.max() <= checks.LARGEST_RATE and least >= 1 / checks.LARGEST_RATE:
                return np.asarray((matrices + adjoint) / 2)
    return np.array([_rates_matrix(name, matrix, n) for name, matrix in given.items()])


def _rates_matrix(name: str, given: Any, n: int) -> np.ndarray:
    """A Hermitian matrix of rates, (n, n)."""
    return checks.hermitian(name, checks.rates(name, checks.square_matrix(name, given, n)))


def _decay_matrix(name: str, given: Any, n: int) -> np.ndarray:
    """A Hermitian positive semidefinite matrix of rates, (n, n)."""
    return checks.positive_semidefinite(name, _rates_matrix(name, given, n))


def _check_decay(decay: np.ndarray, nodes: tuple[Node, ...], first: int) -> None:
    """Complain about a G that is no physical decay even with what the modes' own ports take.

    The ports of hot modes are so large that rounding of them would hide what the emitters' own
    block lacks: that is looked at alone.

    Args:
        decay: G, (n, n) Hermitian.
        nodes: The nodes.
        first: Position of the first emitter, behind the modes.
    """
    modes = cast(tuple[Mode, ...], nodes[:first])
    lost = [mode.bath_rate * (mode.n_th + 1) for mode in modes] + [0.0] * (len(nodes) - first)
    if not any(lost):
        checks.positive_semidefinite("decay", decay)
        return
    lowest = float(np.linalg.eigvalsh(decay)[0])
    if lowest < 0:  # the ports may make up for it, or it is rounding
        own = decay[first:, first:]
        if float(np.linalg.eigvalsh(own)[0]) < 0:
            checks.positive_semidefinite("decay", own)
    if lowest < -checks.eigenvalue_rounding(len(decay)) * float(np.abs(decay).max()):
        checks.positive_semidefinite("decay with the modes' own ports", decay + np.diag(lost))


def _symmetric_matrix(name: str, given: Any, n: int) -> np.ndarray:
    """A symmetric matrix, (n, n)."""
    return checks.symmetric(name, checks.square_matrix(name, given, n))


@lru_cache(maxsize=64)
def _nothing(n: int) -> np.ndarray:
    """The matrix (n, n) of what a network does not have: zero, read-only, one for all networks."""
    nothing = np.zeros((n, n), dtype=complex)
    read_only(nothing)
    return nothing


# The old name of the argument and of the attribute, until the next release.
Network.__init__ = renamed_arguments(squeezing="anomalous")(Network.__init__)  # type: ignore[method-assign]
Network.squeezing = renamed_attribute("squeezing", "anomalous")  # type: ignore[attr-defined]
