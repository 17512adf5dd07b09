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

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from thermalent.networks.nodes import Emitter, Mode, Node
from thermalent.networks.shown_network import ShownNetwork
from thermalent.networks.value import Value, read_only
from thermalent.support import checks
from thermalent.support.deprecation import renamed_arguments, renamed_attribute
from thermalent.support.errors import UnknownAttributeError

# A mode that loses less than this part of the largest rate loses nothing but for rounding.
_ROUNDING = 1e-13


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
            if not isinstance(node, (Mode, Emitter)):
                checks.fail("nodes", "a sequence of Mode and Emitter nodes", node)
        n = len(nodes)
        names = [node.name for node in nodes]
        for name in names:
            if names.count(name) > 1:
                checks.fail("nodes", "of different names", names)
        emits = [not isinstance(node, Mode) for node in nodes]
        if not any(emits):
            checks.fail("nodes", "at least one emitter", names)
        if emits != sorted(emits):
            checks.fail("nodes", "ordered with the modes first", names)
        exchange = checks.hermitian(
            "exchange", checks.rates("exchange", checks.square_matrix("exchange", self.exchange, n))
        )
        decay = _rates_matrix("decay", self.decay, n)
        _check_decay(decay, nodes)
        absorption, pumping, anomalous = (
            _nothing(n) if given is None else checked(name, given, n)
            for name, given, checked in (
                ("absorption", self.absorption, _decay_matrix),
                ("pumping", self.pumping, _symmetric_matrix),
                ("anomalous", self.anomalous, _symmetric_matrix),
            )
        )
        if np.count_nonzero(anomalous):
            environment = np.block([[decay, anomalous.conj()], [anomalous, absorption]])
            checks.positive_semidefinite("anomalous with decay and absorption", environment)
        read_only((exchange, decay, absorption, pumping, anomalous))
        for other in self.alternatives:
            if not isinstance(other, Network):
                checks.fail("alternatives", "a tuple of networks", other)
        object.__setattr__(self, "nodes", nodes)
        object.__setattr__(self, "exchange", exchange)
        object.__setattr__(self, "decay", decay)
        object.__setattr__(self, "absorption", absorption)
        object.__setattr__(self, "pumping", pumping)
        object.__setattr__(self, "anomalous", anomalous)
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
                from thermalent.operators.observables import TABLE

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
    @cached_property
    def mode_indices(self) -> tuple[int, ...]:
        """Positions of the boson modes among the nodes."""
        return tuple(i for i, node in enumerate(self.nodes) if isinstance(node, Mode))

    @cached_property
    def emitter_indices(self) -> tuple[int, ...]:
        """Positions of the emitters among the nodes."""
        return tuple(i for i, node in enumerate(self.nodes) if isinstance(node, Emitter))

    @cached_property
    def modes(self) -> tuple[Mode, ...]:
        """The boson modes, in order."""
        return tuple(node for node in self.nodes if isinstance(node, Mode))

    @cached_property
    def emitters(self) -> tuple[Emitter, ...]:
        """The emitters, in order; the first is the leftmost tensor factor of a state."""
        return tuple(node for node in self.nodes if isinstance(node, Emitter))

    @cached_property
    def emitter_names(self) -> tuple[str, ...]:
        """Names of the emitters, in order."""
        return tuple(emitter.name for emitter in self.emitters)

    @cached_property
    def dims(self) -> tuple[int, ...]:
        """Dimensions of the emitters, in order."""
        return tuple(emitter.dimension for emitter in self.emitters)

    @cached_property
    def couplings(self) -> Couplings:
        """The matrices J, G, U, P and M."""
        assert self.absorption is not None  # these three are set by __post_init__
        assert self.pumping is not None
        assert self.anomalous is not None
        return Couplings(self.exchange, self.decay, self.absorption, self.pumping, self.anomalous)

    @cached_property
    def pumped(self) -> bool:
        """Whether excitations come and go in pairs: by parametric pumping or a squeezed channel."""
        _, _, _, pumping, anomalous = self.couplings
        return bool(np.count_nonzero(pumping) or np.count_nonzero(anomalous))

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


def _rates_matrix(name: str, given: Any, n: int) -> np.ndarray:
    """A Hermitian matrix of rates, (n, n)."""
    return checks.hermitian(name, checks.rates(name, checks.square_matrix(name, given, n)))


def _decay_matrix(name: str, given: Any, n: int) -> np.ndarray:
    """A Hermitian positive semidefinite matrix of rates, (n, n)."""
    return checks.positive_semidefinite(name, _rates_matrix(name, given, n))


def _check_decay(decay: np.ndarray, nodes: tuple[Node, ...]) -> None:
    """Complain about a G that is no physical decay even with what the modes' own ports take.

    The ports of hot modes are so large that rounding of them would hide what the emitters' own
    block lacks: that is looked at alone.
    """
    lost = [node.bath_rate * (node.n_th + 1) if isinstance(node, Mode) else 0.0 for node in nodes]
    if not any(lost):
        checks.positive_semidefinite("decay", decay)
        return
    lowest = float(np.linalg.eigvalsh(decay)[0])
    if lowest < 0:  # the ports may make up for it, or it is rounding
        first = sum(isinstance(node, Mode) for node in nodes)
        checks.positive_semidefinite("decay", decay[first:, first:])
    if lowest < -checks.EIGENVALUE_ROUNDING * float(np.abs(decay).max()):
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
