"""The master equation of a network as operators, for other programs and for expectation values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from thermalent.fock.lindbladian import truncated_lowering, truncated_operators
from thermalent.fock.truncation import first_cutoffs, occupations
from thermalent.networks.network import Network
from thermalent.support import checks
from thermalent.support.calls import ExplainedClass, with_explained_calls
from thermalent.support.errors import ArgumentError, optional

_LEFT_OUT = 3e-5  # with the margin of thirty of `first_cutoffs`, a millionth
_MOST_LEVELS, _PER_QUANTUM = 1_000_000, 17.0
_ROUNDING = 1e-12  # a jump term is a multiple of D[O] to this, relative to its largest element


@dataclass(frozen=True, kw_only=True, eq=False)
class MasterEquation(metaclass=ExplainedClass):
    r"""A master equation as operators on a truncated product space.

    $$\dot\rho = -i[H, \rho] + \sum_k \Big(O_k\rho O_k^\dagger
      - \tfrac12\{O_k^\dagger O_k, \rho\}\Big)$$

    Args:
        hamiltonian: H, sparse (D, D), rate unit.
        jumps: The jump operators O_k, sparse (D, D), with the square root of the rate inside.
        lowering: The lowering operator of each node, sparse (D, D), by name.
        dims: The dimension of each node, modes first; their product is D.
    """

    hamiltonian: sparse.csr_array
    jumps: tuple[sparse.csr_array, ...]
    lowering: dict[str, sparse.csr_array]
    dims: tuple[int, ...]

    def __repr__(self) -> str:
        nodes = ", ".join(
            f"{name} {size}" for name, size in zip(self.lowering, self.dims, strict=True)
        )
        return f"<MasterEquation: dimensions {nodes}; {len(self.jumps)} jump operators>"

    def to_qutip(self) -> tuple[Any, list[Any]]:
        """H and the list of jump operators as `qutip.Qobj`, for qutip.steadystate or mesolve.

        Levels are in our order: |0> = (1, 0) is the ground state.

        Raises:
            ImportError: QuTiP is not installed.
        """
        qutip = optional("qutip", "to_qutip()", "qutip", "QuTiP")
        dims = [list(self.dims), list(self.dims)]
        as_objects = [
            # QuTiP takes matrices of SciPy, not its newer arrays.
            qutip.Qobj(sparse.csr_matrix(operator), dims=dims)
            for operator in (self.hamiltonian, *self.jumps)
        ]
        return as_objects[0], as_objects[1:]


@with_explained_calls
def master_equation(network: Network, cutoff: int | Sequence[int] | None = None) -> MasterEquation:
    r"""The master equation of a network as operators, its modes cut off at number states.

    $$\dot\rho = -i[H, \rho] + \sum_k \mathcal{D}[O_k]\rho, \qquad
      a = \sum_{n=1}^{N - 1} \sqrt{n}\, |n - 1\rangle\langle n|$$

    Args:
        network: What the operators are of.
        cutoff: Levels N kept of each mode, >= 2: one number, or one per mode, which is not judged.
            If not given, as many as leave out a millionth of the modes' own thermal states, some
            17 n for n quanta.

    Returns:
        Hamiltonian and jump operators as sparse arrays, modes first, then the emitters in order.

    Raises:
        ValueError: a cutoff is below 2, or has to be given (modes without a steady state of their
            own, or so hot that a million levels would not do); or a mode without back-action, whose
            equation has no jump operators.
    """
    if not isinstance(network, Network):
        checks.fail("network", "a thermalent Network", network)
    given = _enough_levels(network) if cutoff is None else cutoff
    levels = tuple(
        checks.integer("cutoff", size, 2)
        for size in checks.per_item("cutoff", given, len(network.modes), "mode")
    )
    for mode in network.modes:
        if not mode.backaction:
            raise ArgumentError(
                f"The mode {mode.name!r} is a classical field (backaction=False); its equation "
                "has no jump operators. Make it with backaction=True."
            )
    hamiltonian, terms = truncated_operators(network, levels, fewest=True)
    names = [node.name for node in network.nodes]
    return MasterEquation(
        hamiltonian=hamiltonian,
        jumps=tuple(_jump_operator(term.a, term.b) for term in terms),
        lowering=dict(zip(names, truncated_lowering(network, levels), strict=True)),
        dims=(*levels, *network.dims),
    )


def _enough_levels(network: Network) -> tuple[int, ...]:
    """Levels of each mode beyond which hardly anything of its thermal state lies."""
    quanta = occupations(network)
    if quanta is None or np.any(quanta * _PER_QUANTUM > _MOST_LEVELS):
        hot = "the modes are too hot for all of their levels"
        said = "they have no steady state of their own" if quanta is None else hot
        checks.fail("cutoff", f"given, as {said}", checks.Words("not given"))
    return first_cutoffs([float(n / (n + 1)) for n in quanta], _LEFT_OUT)


def _jump_operator(a: sparse.csr_array, b: sparse.csr_array) -> sparse.csr_array:
    """O with O rho O^+ = A rho B^+, where A is a positive multiple of B."""
    place = int(np.argmax(np.abs(b.data)))
    rate = complex(a.data[place] / b.data[place])
    defect = abs(a - rate * b)
    if rate.real <= 0 or defect.max() > _ROUNDING * abs(a).max():
        raise ArgumentError(
            "A channel of this network has a negative rate within rounding, so that it has no "
            "jump operator. Check that its matrices G, U and M are a physical environment."
        )
    return sparse.csr_array(np.sqrt(rate.real) * b)
