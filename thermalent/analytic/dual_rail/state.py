r"""Pure steady states of two rails of qubits that share one broadband squeezed source.

Pair i holds qubit A_i and qubit B_i. For \(\delta_B = -\delta_A\) every pair is dark by itself; an
exchange of two neighbouring detunings of rail B is a unitary on the two qubits there. Only kets are
stored, never a density matrix of all qubits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from thermalent.analytic.dual_rail import entanglement as measures
from thermalent.analytic.dual_rail.exchange import exchanged_ket, neighbour_transpositions
from thermalent.analytic.dual_rail.residual import dark_residual
from thermalent.models.rails import rail_detunings, rail_names
from thermalent.support import checks, memory_limit
from thermalent.support.calls import ExplainedClass, with_explained_calls

# Kets in memory at once: the ket, its exchanged copy, and their sum.
_COPIES = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class DualRailState(metaclass=ExplainedClass):
    """A pure steady state of N pairs on two rails: made by `dual_rail_state`.

    Args:
        squeezing: r.
        delta_a: Detunings of rail A, rate unit, (N,).
        delta_b: Detunings of rail B, rate unit, (N,).
        permutation: P with delta_B,i = -delta_A,P(i), equal detunings kept in order.
        decay: gamma, rate unit.
        ket: Amplitudes, complex, (4**N,), factors A1, B1, A2, B2, ..., |0> the ground state.
    """

    squeezing: float
    delta_a: np.ndarray
    delta_b: np.ndarray
    permutation: tuple[int, ...]
    decay: float
    ket: np.ndarray

    @property
    def pairs(self) -> int:
        """Number N of pairs."""
        return len(self.permutation)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the qubits in the order of the factors: A1, B1, A2, B2, ..."""
        return rail_names(self.pairs)

    def reduced(self, *names: str) -> np.ndarray:
        """Density matrix of the named qubits, (2**k, 2**k), in the order given.

        Raises:
            ValueError: a name is unknown or given twice, none is given, or the matrix does not fit
                into memory.
        """
        return measures.reduced_state(self.ket, self._positions(names))

    def concurrence(self, first: str, second: str) -> float:
        """Concurrence of two qubits, the others traced out.

        Raises:
            ValueError: a name is unknown, or both are the same.
        """
        i, j = self._positions((first, second))
        return measures.pair_concurrence(self.ket, i, j)

    def concurrences(self) -> np.ndarray:
        """Concurrences of all pairs of qubits, (2N, 2N) in the order of `names`, symmetric.

        C[0::2, 1::2] are the C_ij of DUALRAIL, between A_i and B_j.
        """
        return measures.all_concurrences(self.ket)

    def entropy(self, part: int | str | Sequence[str], base: float = math.e) -> float:
        r"""Entanglement entropy of some qubits with all others, in nats.

        $$S = -\mathrm{Tr}\,\rho_{part} \ln \rho_{part}$$

        Args:
            part: An integer n for the first n pairs (S_n of DUALRAIL), "A" or "B" for a rail (S_A),
                the name of a qubit, or a sequence of names.
            base: Base of the logarithm: e for nats, as DUALRAIL has it; 2 for bits, as
                `te.von_neumann_entropy` has it.

        Raises:
            ValueError: the part is none of these, or the base is not above 1.
        """
        return measures.cut_entropy(self.ket, self._part(part), base)

    def entropies(self, base: float = math.e) -> np.ndarray:
        """S_n of the first n pairs for n = 1 .. N - 1, in nats unless `base` says otherwise."""
        return np.array([self.entropy(n, base) for n in range(1, self.pairs)])

    def blocks(self, tolerance: float = 0.0) -> tuple[tuple[str, ...], ...]:
        r"""Blocks of qubits that are entangled within a block and not between blocks.

        Exactly, a block ends where P maps the pairs before it onto themselves. If the detunings of
        rail A differ so much that rail B merely exchanges places, smaller blocks are nearly pure.

        Args:
            tolerance: Entropy in nats that a block may share with the others. 0 gives the exact
                blocks, from P alone; a positive number those of the ket.

        Returns:
            Names by block, in the order of their first qubits.

        Raises:
            ValueError: the tolerance is negative or not finite.

        Source: DUALRAIL, text below Fig. 2 (the criterion is ours).
        """
        if checks.nonnegative("tolerance", tolerance) > 0:
            groups = measures.nearly_pure_blocks(self.ket, tolerance)
        elif self.squeezing == 0.0:  # all in their ground state
            groups = [(k,) for k in range(2 * self.pairs)]
        else:
            ends = [n for n in range(1, self.pairs + 1) if max(self.permutation[:n]) == n - 1]
            groups = [
                tuple(range(2 * begin, 2 * end))
                for begin, end in zip([0, *ends], ends, strict=False)
            ]
        return tuple(tuple(self.names[k] for k in group) for group in groups)

    def residual(self) -> float:
        r"""Deviation of the ket from a dark state: the largest norm of what must vanish.

        $$\max\Big(\frac{\|J_A\psi\|}{\cosh r}, \frac{\|J_B\psi\|}{\cosh r},
          \frac{\|H_\mathrm{casc}\psi\|}{\gamma + \max|\delta|}\Big)$$

        Source: DUALRAIL, Eqs. (2) to (4).
        """
        return dark_residual(self.ket, self.squeezing, self.delta_a, self.delta_b, self.decay)

    def _part(self, part: Any) -> tuple[int, ...]:
        if isinstance(part, str):
            if part in ("A", "B"):
                return tuple(range("AB".index(part), 2 * self.pairs, 2))
            return self._positions((part,))
        if isinstance(part, Sequence):
            return self._positions(tuple(part))
        count = checks.integer("part", part, 0)
        if count > self.pairs:
            checks.fail("part", f"a number of pairs up to {self.pairs}", part)
        return tuple(range(2 * count))

    def _positions(self, names: tuple[str, ...]) -> tuple[int, ...]:
        if not names or len(set(names)) != len(names) or not set(names) <= set(self.names):
            checks.fail("names", f"different ones of {', '.join(self.names)}", names)
        return tuple(self.names.index(name) for name in names)


@with_explained_calls
def dual_rail_state(
    pairs: int,
    squeezing: float,
    detuning: float | Sequence[float] = 0.0,
    permutation: Sequence[int] | str | None = None,
    *,
    decay: float = 1.0,
) -> DualRailState:
    r"""Pure steady state of two rails of qubits on a broadband two-mode squeezed source.

    $$|\psi_0(r, \delta_A, P)\rangle = \prod_\sigma U_{i_\sigma, i_\sigma + 1}
      \bigotimes_i \frac{\cosh(r)|00\rangle + \sinh(r)|11\rangle}{\sqrt{\cosh 2r}}, \qquad
      \delta_{B,i} = -\delta_{A,P(i)}$$

    It is the unique steady state of the ideal network: no dephasing, no loss, a source of infinite
    bandwidth, equal decay rates. 16 * 4**N bytes hold it: 17 MB for ten pairs.

    Args:
        pairs: Number N of pairs, >= 1.
        squeezing: r, >= 0.
        detuning: delta_A, rate unit: one number, or one per pair.
        permutation: P(0), P(1), ... counted from 0; None for \(\delta_B = -\delta_A\), "reverse"
            for the reversed order.
        decay: Decay rate gamma of each qubit, rate unit, > 0.

    Returns:
        The state: `.ket`, `.concurrence("A1", "B2")`, `.concurrences()`, `.entropy(...)`,
        `.blocks()`, `.reduced(...)`, `.residual()`.

    Raises:
        ValueError: an argument is out of range, `permutation` is none, the detunings do not match
            the pairs, or the ket does not fit into memory.

    Source: DUALRAIL, Eqs. (5), (6), (9).
    """
    pairs = checks.integer("pairs", pairs, 1)
    _check_memory(pairs)
    squeezing = checks.nonnegative("squeezing", squeezing)
    decay = checks.positive("decay", decay)
    delta_a, delta_b = rail_detunings(detuning, permutation, pairs)
    # Of the permutations that give the same detunings, the one that leaves equal ones in order.
    order = np.empty(pairs, dtype=int)
    order[np.argsort(-delta_b, kind="stable")] = np.argsort(delta_a, kind="stable")
    chosen = tuple(int(k) for k in order)
    ket, _ = exchanged_ket(squeezing, delta_a.tolist(), neighbour_transpositions(chosen), decay)
    for array in (ket, delta_a, delta_b):
        array.setflags(write=False)
    return DualRailState(
        squeezing=squeezing,
        delta_a=delta_a,
        delta_b=delta_b,
        permutation=chosen,
        decay=decay,
        ket=ket,
    )


def _check_memory(pairs: int) -> None:
    """Refuse a ket that does not fit into memory; the message gives the largest number of pairs."""
    free = memory_limit.available()
    most = max(0, int(math.log(free / (16 * _COPIES), 4)))
    if pairs > most:
        held = memory_limit.in_words(16 * 4.0 ** min(pairs, 100))
        checks.fail(
            "pairs",
            f"at most {most}, for which {memory_limit.in_words(free)} of memory are enough",
            checks.Words(f"{pairs}, whose ket alone holds {held}"),
        )
