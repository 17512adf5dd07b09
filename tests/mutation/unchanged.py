"""Changes that alter no number beyond its stated error, each with the reason."""

from __future__ import annotations

import ast
from functools import cache
from typing import NamedTuple

from tests.mutation.mutants import Mutant


class Unchanged(NamedTuple):
    """Changes that alter nothing.

    Args:
        path: The module's file.
        within: The function, class or constant in which they are.
        old: The code that is replaced, or all of its line; empty for any.
        why: The reason why nothing depends on it.
    """

    path: str
    within: str
    old: str
    why: str


UNCHANGED: list[Unchanged] = [
    Unchanged(
        "thermalent/filters/response.py",
        "peak",
        "if size[i] < 0.5 * size.max():",
        "a place far below the largest one is no larger after its refinement, which takes time",
    ),
    Unchanged(
        "thermalent/fock/mode_states.py",
        "joint_state",
        "kept.elements <= _DIRECT_UP_TO",
        "the same state by a factorisation or by iterations",
    ),
    Unchanged(
        "thermalent/analytic/methods/null_vector.py",
        "block",
        "self.frame.shape[0] > _FRAME_UP_TO",
        "beyond, the frame is that of the qubits, in which the dense matrix has the same block",
    ),
    Unchanged(
        "thermalent/support/checks.py",
        "integer",
        "type(value) is int and minimum <= value <= (_MOST if maximum is None else maximum)",
        "a quick way for plain integers, which the careful way gives back as they are",
    ),
    Unchanged(
        "thermalent/operators/bounds/distillation_bounds.py",
        "coherent_information_bound",
        "4 + np.abs(value)",
        "a rounding of the value beside four of one",
    ),
    Unchanged(
        "thermalent/operators/entanglement.py",
        "_nearest_block",
        "1 + 16 * _EPS",
        "the nearest block of one that is positive to rounding is that block to rounding",
    ),
    Unchanged(
        "thermalent/operators/distances.py",
        "physical",
        "NOISE_PER_DIMENSION * len(matrix)",
        "where a matrix that is positive to rounding is replaced by its nearest state, "
        "from which it differs by rounding",
    ),
    Unchanged(
        "thermalent/explore/answers.py",
        "concurrences",
        "any(len(network.modes) > 1 for network in there)",
        "which states are solved together; each by itself gives the same numbers",
    ),
    Unchanged(
        "thermalent/analysis/eigenvalues/subspace_double.py",
        "refine_double",
        "2 * spread + noise",
        "the noise is a rounding of the matrix whose spread it is added to",
    ),
    Unchanged(
        "thermalent/analysis/eigenvalues/subspace_double.py",
        "refine_double",
        "start[0] - 1j * start[1]",
        "a random block, real or complex, that inverse iteration turns into the same subspace",
    ),
    Unchanged(
        "thermalent/stochastic/step_operators.py",
        "_propagator",
        "1e-2",
        "below a rounding of one elements are set to zero, and none lies between 1 and 2 % of it",
    ),
    Unchanged(
        "thermalent/analysis/spectra_several_poles.py",
        "_asked",
        "max",
        "how many digits of a steady state are computed of which only the uniqueness is used",
    ),
    Unchanged(
        "thermalent/analysis/eigenvalues/counting.py",
        "_follow",
        "1j",
        "the phase left at the far ends is a small part of a turn, and turns are whole numbers",
    ),
    Unchanged(
        "thermalent/stochastic/ornstein_uhlenbeck.py",
        "ornstein_uhlenbeck",
        "weight * path[:, :-1] + follow * z + own * extra",
        "a random number that is as likely as its negative has another sign",
    ),
    Unchanged(
        "thermalent/continued_fraction/more_digits/chain.py",
        "_reachable",
        "2",
        "unknowns that do not exist are not reached, however many are counted",
    ),
    Unchanged(
        "thermalent/operators/bounds/concurrence_bounds.py",
        "_concurrence_above",
        "-1",
        "of arrays with two axes the last one is axis 1",
    ),
    Unchanged(
        "thermalent/continued_fraction/sensitivity/border.py",
        "_SHORTER",
        "16",
        "how much shorter the next differences are; each states its own error",
    ),
    Unchanged(
        "thermalent/analysis/objective.py",
        "local",
        "reach * np.where(start > 0.5, -1.0, 1.0)",
        "a number divided by one or minus one is that number times it",
    ),
    Unchanged(
        "thermalent/excitations/delayed.py",
        "_product",
        "one.shape[1] + other.shape[1] - 1",
        "a polynomial whose highest coefficient is zero is the same polynomial",
    ),
    Unchanged(
        "thermalent/continued_fraction/batch/fractions.py",
        "_share",
        "self.threads == 1 or len(parts) <= 1",
        "one thread of a pool does the same tasks in the same order",
    ),
    Unchanged(
        "thermalent/operators/distances.py",
        "factor",
        "is_ket(state)",
        "the root of a ket's density matrix is the ket, but for a phase",
    ),
    Unchanged(
        "thermalent/continued_fraction/several_poles/evolution.py",
        "_probes",
        "1.0 / last",
        "the places at which tiers are tried out; what they do not show, the errors do",
    ),
    Unchanged(
        "thermalent/analysis/design/search.py",
        "needed",
        "before + 1e-6",
        "a search that does not end early ends at the highest occupation, with the same answer",
    ),
    Unchanged(
        "thermalent/analysis/eigenvalues/refinement.py",
        "_frequencies",
        "min(most, self.coarse.last) + 1",
        "starts of a search, whose result the line behind it bounds",
    ),
    Unchanged(
        "thermalent/analysis/eigenvalues/subspace.py",
        "refine",
        "1e-6 * gap * (0.8 + 0.6j)",
        "a place near the centre and off it, from which the iteration finds the same eigenvalues",
    ),
    Unchanged(
        "thermalent/analysis/spectra.py",
        "_coherence",
        "deep = regressions[_DEPTHS - 1]",
        "the size of a start that was disturbed by its rounding is the same but for that rounding",
    ),
    Unchanged(
        "thermalent/fock/projection.py",
        "_sectors",
        "1",
        "a sector of more quanta than the emitters can have is empty, and is left out",
    ),
    Unchanged(
        "thermalent/analysis/eigenvalues/subspace.py",
        "refine",
        "0.8",
        "a place near the centre and off it, from which the iteration finds the same eigenvalues",
    ),
    Unchanged(
        "thermalent/analytic/bourret.py",
        "bourret_populations",
        "1e100 * (1 + k)",
        "k is 1e30 at most, so that a flux of 1e70 saturates as well",
    ),
    Unchanged(
        "thermalent/operators/distances.py",
        "factor",
        "noise *= values[-1]",
        "what is cut off is smaller than the negative eigenvalue by which the matrix is no state",
    ),
    Unchanged(
        "thermalent/continued_fraction/sensitivity/several_poles.py",
        "derivatives",
        "int(_LONGER * _MORE_TIERS * depth) + 2",
        "the memory of four tiers among hundreds, asked for before the next truncation",
    ),
    Unchanged(
        "thermalent/continued_fraction/lattice/kernels.py",
        "_unknowns",
        "offset[stop] - offset[start]",
        "threads change no bit: each number is worked out by one of them",
    ),
    Unchanged(
        "thermalent/continued_fraction/dynamics/relaxation.py",
        "_tried",
        "2",
        "how long steps may take before a contour with a larger error, which is stated, is taken",
    ),
    Unchanged(
        "thermalent/continued_fraction/radial/solution.py",
        "_pinned_end",
        "int(np.argmin(np.abs(integrals.ends[1:-1] - _TYPICAL))) + 1",
        "the trace is set to one at a neighbouring end, where the field is about as likely",
    ),
    Unchanged(
        "thermalent/continued_fraction/dynamics/laplace/oscillations.py",
        "_refined",
        "64",
        "a pole to 64 or to 128 last places has the same contour around it",
    ),
    Unchanged(
        "thermalent/continued_fraction/dynamics/coherent_source.py",
        "_held",
        "part.reshape(d, d).conj()",
        "where the few unknowns are not known to hold the start, all of them give the same states",
    ),
    Unchanged(
        "thermalent/continued_fraction/more_digits/chain.py",
        "_scaling",
        "y > 2 * v * d and d > 0",
        "balls hold in every scale of the tiers, with more bits in a bad one",
    ),
    Unchanged(
        "thermalent/continued_fraction/lattice/krylov.py",
        "work",
        "3.0",
        "operations of an iteration, to their order of magnitude",
    ),
    Unchanged(
        "thermalent/continued_fraction/dynamics/laplace/oscillations.py",
        "_refined",
        "1e-6 * scale",
        "a frequency that is not exact only says where a contour is tried, which steps check",
    ),
    Unchanged(
        "thermalent/continued_fraction/several_poles/correlations.py",
        "tiers_coherence",
        "max",
        "a smaller tolerance than is needed takes longer",
    ),
    Unchanged(
        "thermalent/continued_fraction/dynamics/laplace/line.py",
        "_first_samples",
        "seeds >= 0",
        "samples on both sides of the axis, where one side is enough, take longer",
    ),
    Unchanged(
        "thermalent/continued_fraction/more_digits/chain.py",
        "_scaling",
        "2",
        "balls hold in every scale of the tiers, with more bits in a bad one",
    ),
    Unchanged(
        "thermalent/networks/symmetry.py",
        "level_charges",
        "isinstance(emitter, _LADDERS)",
        "the lowering operator of a ladder gives the same charges, in more time",
    ),
    Unchanged(
        "thermalent/continued_fraction/sensitivity/generator_slopes.py",
        "randomised",
        "1j",
        "a random number that is as likely as its negative has another sign",
    ),
    Unchanged(
        "thermalent/continued_fraction/several_poles/chain/layout.py",
        "layout",
        "pattern.length - 1",
        "amplitudes beyond the chain, on which nothing acts, hold no quanta and are left out",
    ),
    Unchanged(
        "thermalent/fock/memory_check.py",
        "_fitting",
        "len(network.emitters) - 1",
        "that all emitters do not fit is known, so that asking once more gives the same answer",
    ),
    Unchanged(
        "thermalent/analysis/eigenvalues/chain.py",
        "_elements",
        "self.shift - n",
        "the sum of two whole numbers is as even or odd as their difference",
    ),
    Unchanged(
        "thermalent/analytic/strong_driving.py",
        "recurrence_populations",
        "tail = damping + (2 * terms + 1) * x",
        "the start of a fraction's tail, which so many terms forget",
    ),
    Unchanged(
        "thermalent/continued_fraction/switching/generators.py",
        "start",
        "offset[n + 1] - offset[n]",
        "only the lowest tier has fewer unknowns than its operators, and that one begins at zero",
    ),
    Unchanged(
        "thermalent/continued_fraction/batch/work.py",
        "beginning",
        "error",
        "a hundredth of what is infinite is infinite",
    ),
    Unchanged(
        "thermalent/continued_fraction/dynamics/stretches.py",
        "steps_in_rows",
        "spans[:, 1] - spans[:, 0]",
        "stretches begin at whole rows, and what is left of the last row is asked",
    ),
    Unchanged(
        "thermalent/continued_fraction/several_poles/chain/layout.py",
        "_halved",
        "-factor * flipped",
        "a number divided by one or minus one is that number times it",
    ),
    Unchanged(
        "thermalent/continued_fraction/dynamics/laplace/oscillations.py",
        "_refined",
        "now + distance",
        "the last step is below 64 last places",
    ),
    Unchanged(
        "thermalent/networks/jump_channels.py",
        "channels",
        "couplings.anomalous.conj()",
        "eigenvalues and eigenvectors are taken from the lower half of a Hermitian matrix",
    ),
    Unchanged(
        "thermalent/jumps/kernels.py",
        "read",
        "left == 0.0",
        "what is left out is multiplied by zero",
    ),
    Unchanged(
        "thermalent/excitations/stack.py",
        "_climb",
        "shift = np.where(inside, (low + high) / 2, ends[best, np.arange(len(best))])",
        "where a search begins that bisects its bracket",
    ),
    Unchanged(
        "thermalent/filters/filter.py",
        "reflection",
        "self.system.c.conj()",
        "the couplings of resonators to their ports are real",
    ),
    Unchanged(
        "thermalent/filters/measured/fitting.py",
        "vector_fit",
        "-0.3 * width + 1j * starts",
        "each pole is fitted together with its conjugate, as the response of real fields has both",
    ),
    Unchanged(
        "thermalent/numerics/exponential.py",
        "_terms",
        "1e-9",
        "keeps a radius from being one, near which the bound is no bound of anything small",
    ),
    Unchanged(
        "thermalent/operators/relative_entropy.py",
        "_length",
        "value - _SUFFICIENT * length * expected",
        "the same minimum, by a step that descends or by one that descends enough",
    ),
    Unchanged(
        "thermalent/continued_fraction/dynamics/laplace/conserved.py",
        "Conserved",
        "size + _SMALL_ROW * np.max(size, initial=0.0)",
        "which row a conserved quantity replaces: any that it has a part of leaves a solution",
    ),
    Unchanged(
        "thermalent/continued_fraction/chain/basis_kernels.py",
        "_SIDE",
        "8",
        "numbers of a row that are summed at a time, in rows that are filled up to as many",
    ),
    Unchanged(
        "thermalent/continued_fraction/batch/kernels.py",
        "fold_lanes",
        "own_size - 1",
        "rows that a block does not have hold nothing",
    ),
    Unchanged(
        "thermalent/continued_fraction/chain/stationary.py",
        "project",
        "right - slope @ right",
        "what is conserved belongs to the emitters: no tier acts on it, and K has no part of it",
    ),
    Unchanged(
        "thermalent/continued_fraction/chain/stationary.py",
        "project",
        "1e3",
        "between singular values that are rounding and those of rates that are told from zero",
    ),
    Unchanged(
        "thermalent/continued_fraction/chain/small.py",
        "_alike",
        "keys == keys[0]",
        "a quick way where all are alike, which the other one finds as well",
    ),
    Unchanged(
        "thermalent/continued_fraction/chain/small.py",
        "_alike",
        "len(keys) and (keys == keys[0]).all()",
        "a quick way where all are alike, which the other one finds as well",
    ),
    Unchanged(
        "thermalent/continued_fraction/sensitivity/adjoint.py",
        "adjoint",
        "y.shape[1] <= SMALL",
        "the same sums by a kernel or by products of matrices",
    ),
    Unchanged(
        "thermalent/continued_fraction/dynamics/laplace/conserved.py",
        "transform",
        "self._scale + abs(z)",
        "the unit of a row of a linear equation",
    ),
    Unchanged(
        "thermalent/continued_fraction/chain/rounding.py",
        "disturbed",
        "max",
        "random numbers that are kept and those that are made again are the same",
    ),
    Unchanged(
        "thermalent/continued_fraction/several_poles/converge.py",
        "_with_next_order",
        "before.tier0_size == self.built.tier0_size",
        "the same unknowns, each put into its own place",
    ),
    Unchanged(
        "thermalent/continued_fraction/more_digits/extended.py",
        "_solved",
        "value + arb(0, spread.upper())",
        "a radius has no sign",
    ),
    Unchanged(
        "thermalent/continued_fraction/dynamics/stretches.py",
        "in_rows",
        "1",
        "beyond the last stretch nothing is read",
    ),
    Unchanged(
        "thermalent/continued_fraction/several_poles/moving/source_schedule.py",
        "depth",
        "chain.length - 1",
        "a chain of one amplitude has none further along, on which quanta could be",
    ),
]


def reason(mutant: Mutant, source: bytes) -> str | None:
    """Why a change alters nothing; None if nothing is known to say so."""
    return next((one.why for one in UNCHANGED if speaks_of(one, mutant, source)), None)


def speaks_of(known: Unchanged, mutant: Mutant, source: bytes) -> bool:
    """Whether a change of a module with this text is one of those that an entry knows."""
    if known.path != str(mutant.path) or known.within not in within(source.decode(), mutant.line):
        return False
    old = " ".join(source[mutant.start : mutant.end].decode().split())
    line = source.decode().splitlines()[mutant.line - 1].strip()
    return known.old in ("", old, line)


def within(source: str, line: int) -> set[str]:
    """The functions and classes around a line, and the names that a constant there has."""
    return {name for first, last, name in _named(source) if first <= line <= last}


@cache
def _named(source: str) -> list[tuple[int, int, str]]:
    """First and last line of every function, class and assigned name of a module."""
    found: list[tuple[int, int, str]] = []
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [ast.unparse(target) for target in targets]
        for name in names:
            found.append((node.lineno, node.end_lineno or 0, name))
    return found
