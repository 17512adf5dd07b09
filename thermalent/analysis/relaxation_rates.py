"""Relaxation rates of a network: the eigenvalues of its Liouvillian that decay most slowly."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Integral
from typing import Any

import numpy as np

from thermalent.analysis.eigenvalues.generator import exact_generator
from thermalent.analysis.eigenvalues.listing import Slowest
from thermalent.analysis.eigenvalues.search import ALL_EXACTLY, slowest
from thermalent.analysis.shown_results import ShownRates
from thermalent.continued_fraction import memory
from thermalent.continued_fraction.method import SMALLEST_RTOL, ContinuedFraction
from thermalent.continued_fraction.several_poles import rates as several_poles_rates
from thermalent.continued_fraction.several_poles.chain.coordinates import chain_of
from thermalent.fock.rates import slowest_rates
from thermalent.networks.network import Network
from thermalent.networks.symmetry import SymmetryError, element_charges, excitation_numbers
from thermalent.solution.errors import MethodError, require_memory
from thermalent.solution.stored import call_record
from thermalent.support import checks
from thermalent.support.calls import with_explained_calls
from thermalent.support.progress import working

# Largest number of emitter levels, alone and behind a mode.
_MOST_LEVELS = 1024
_MOST_LEVELS_BEHIND_A_MODE = 32


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Rates(ShownRates):
    """The slowest decay rates of a network.

    Args:
        values: Eigenvalues r of -L, (n,) complex, rate unit, in order of their real parts; the
            imaginary part is a frequency. Both of a conjugate pair are listed, and an eigenvalue as
            often as its multiplicity; what is stationary (r = 0) is left out.
        error: Bound of the error of each, (n,): residual times condition, change with more tiers,
            and rounding. The rates are those of the network's floating-point numbers, taken as
            exact; but where only rounding makes the emitters' decay matrix full rank, it is taken
            with the rank that it stands for, and what this may change is part of the error.
        charge: Total charge Q of the sector of each, (n,) integers.
        stationary: How many independent stationary operators there are in these sectors: one, if
            the steady state is unique.
        certified: Whether the list was proved complete by a count; else it was searched for.
        how: How the list was found to be complete, in words.
        made_by: The call: function, network and its other arguments.
    """

    values: np.ndarray
    error: np.ndarray
    charge: np.ndarray
    stationary: int
    certified: bool
    how: str
    made_by: Mapping[str, Any] = field(default_factory=dict)


_APART = 1e25  # times that rates of source and emitters differ: at 1e30 wrong lists were counted
_MOST_RATES = 200  # of them, several times as many candidates are refined
_COUNTED = "counted by the winding number of the determinant, or all eigenvalues found"
_ALL_OF_TWO = "all eigenvalues of two truncations found, which agree"
_SEARCHED_TWICE = (
    "not counted, because the truncation has too many eigenvalues: two searches from different "
    "shifts were compared"
)
_SEARCHED = (
    "not counted, because the determinants would take too long: a second search from other shifts "
    "found no slower rates"
)


@with_explained_calls
def relaxation_rates(
    network: Network, count: int = 3, *, charge: int | None = 0, rtol: float = 1e-8
) -> Rates:
    r"""The eigenvalues of the master equation that decay most slowly, \(-L X = r X\).

    L acts on emitters and source together, so the source's own rates \(\lambda (k + l)\), with
    lambda its amplitude decay rate, are among them. L conserves the total charge Q of an operator,
    the excitations of its ket minus those of its bra, with eigenvalues in every sector. Q = 0 has
    all populations and the coherences between states of equal excitation, such as
    \(|01\rangle\langle 10|\), which rotate with the difference of the detunings; \(Q = \pm 1\) has
    \(|0\rangle\langle 1|\), which rotates with a detuning and decays at half the rate.

    Oscillating rates are found like real ones, and rates however slow: their residuals are taken in
    32 or 77 digits, and the determinant of s - L is followed along a line behind the slowest
    `count` to count what lies before it. Where that would take too long (four qubits behind a mode,
    or three behind a very hot one), a second search has to find the same list instead, a warning
    says so, and `certified` is False.

    Args:
        network: Emitters behind one mode, or behind several that drive them through one amplitude
            (the rates are then searched for, not counted), excitation number conserved up to decay;
            or emitters alone.
        count: How many rates, from 1 to 200. Emitters alone may have fewer.
        charge: The sector Q; up to the largest charge of the emitters' own operators. None: the
            slowest of all of these sectors.
        rtol: Relative accuracy that sets the number of tiers, from 1e-13 to 0.1.

    Returns:
        The rates with their errors.

    Raises:
        ValueError: an argument is out of range.
        MethodError: the network is not one for the continued fraction, or too large.
    """
    count = checks.integer("count", count, 1, _MOST_RATES)
    checks.within("rtol", rtol, SMALLEST_RTOL, 0.1)
    rates = slowest_decays(network, count, charge, rtol)
    if not rates.certified:
        warnings.warn(
            "The list of relaxation rates is not certified to be complete: it was "
            f"{rates.how}. Use fewer emitters or a smaller n_th for a count.",
            RuntimeWarning,
            stacklevel=2,
        )
    made_by = call_record("relaxation_rates", network, count=count, charge=charge, rtol=rtol)
    return replace(rates, made_by=made_by)


def slowest_decays(
    network: Network, count: int, charge: int | None, rtol: float, affordable: float = np.inf
) -> Rates:
    """The rates, by the method for the size and the source of the network.

    Where a count takes more than the affordable multiplications, they are searched for twice.
    """
    if network.modes:
        refusal = ContinuedFraction().chain_refusal(network)
        if refusal is not None:
            raise MethodError(f"Relaxation rates come from the hierarchy: {refusal}")
        _refuse_rates_apart(network)
    charges = _charges(network)
    most = int(charges.max())
    if charge is not None and (not _is_integer(charge) or abs(charge) > most):
        checks.fail("charge", f"an integer from {-most} to {most}, or None", charge)
    sectors = range(most + 1) if charge is None else [abs(charge)]
    if len(network.modes) > 1:
        return _rates_behind_several_poles(network, count, charge, sectors, rtol)
    largest = max(int(np.count_nonzero(charges == q)) for q in sectors)
    if not network.modes and largest > ALL_EXACTLY:
        return _rates_of_many(network, count, charge)
    require_memory(
        "This list of relaxation rates",
        memory.rates_bytes(network, _numbers(network)),
        "Use fewer emitters, or a smaller n_th.",
    )
    generator = exact_generator(network)
    with working("Relaxation rates") as report:
        found = {q: slowest(generator, q, count, rtol, report, affordable) for q in sectors}
    uncounted = max(one.uncounted for one in found.values())
    if all(one.certified for one in found.values()):
        return _of_all_sectors(found, count, charge, True, _COUNTED)
    how = f"{_SEARCHED} (a count takes about {uncounted:.0e} multiplications)"
    return _of_all_sectors(found, count, charge, False, how)


def _refuse_rates_apart(network: Network) -> None:
    """Complain about a source and emitters whose rates are too far apart for one list.

    Raises:
        MethodError: they are.
    """
    emitters = np.ix_(network.emitter_indices, network.emitter_indices)
    matrices = (network.couplings.exchange, network.couplings.decay)
    own = max(float(np.max(np.abs(matrix[emitters]))) for matrix in matrices)
    for index in network.mode_indices:
        source = network.mode_rates(index)[0]
        if own and source and not 1 / _APART <= source / own <= _APART:
            raise MethodError(
                f"Relaxation rates of a source of rate {source:.3g} and emitters of rate {own:.3g} "
                f"are not found in one list: they may be {_APART:.0e} times apart at most, or the "
                "slow ones are lost to rounding. Check the rates."
            )


def _of_all_sectors(
    found: Mapping[int, Slowest] | Mapping[int, several_poles_rates.SlowestRates],
    count: int,
    charge: int | None,
    certified: bool,
    how: str,
) -> Rates:
    """The slowest rates of all sectors; those of charge -Q are the conjugates of those of Q."""
    charges = [q for s in found for q in dict.fromkeys((s, -s))] if charge is None else [charge]
    parts = [found[abs(q)] for q in charges]
    values = np.concatenate(
        [one.values if q >= 0 else one.values.conj() for q, one in zip(charges, parts, strict=True)]
    )
    order = np.argsort(values.real, kind="stable")[:count]
    return Rates(
        values=values[order],
        error=np.concatenate([one.error for one in parts])[order],
        charge=np.repeat(charges, [len(one.values) for one in parts])[order],
        stationary=sum(one.stationary for one in parts),
        certified=certified,
        how=how,
    )


def _is_integer(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _charges(network: Network) -> np.ndarray:
    """Charge of each of the emitters' operators |i><j|, (d^2,); zero where nothing is conserved.

    Raises:
        MethodError: there are too many of them to be listed.
    """
    levels = float(np.prod([float(d) for d in network.dims]))
    if levels > _MOST_LEVELS or (network.modes and levels > _MOST_LEVELS_BEHIND_A_MODE):
        allowed = _MOST_LEVELS_BEHIND_A_MODE if network.modes else _MOST_LEVELS
        raise MethodError(
            f"Relaxation rates of {levels:.0f} emitter levels are too many unknowns; up to "
            f"{allowed} are taken. Use fewer emitters."
        )
    return element_charges(_numbers(network))


def _numbers(network: Network) -> np.ndarray:
    """Excitation number of each state of the emitters, (d,); zero where nothing is conserved."""
    try:
        return excitation_numbers(network)
    except SymmetryError:
        return np.zeros(int(np.prod(network.dims)), dtype=np.int64)


def _rates_behind_several_poles(
    network: Network, count: int, charge: int | None, sectors: Sequence[int], rtol: float
) -> Rates:
    """The rates on the chain of tiers."""
    require_memory(
        "This list of relaxation rates", several_poles_rates.RATES_BYTES, "Free some memory."
    )
    chain = chain_of(network)
    by_sector: dict[int, several_poles_rates.SlowestRates] = {}
    with working("Relaxation rates") as report:
        for sector in sectors:
            found = several_poles_rates.slowest_on_tiers(chain, count, rtol, sector, report)
            if found is None:
                raise MethodError(
                    f"The {count} slowest rates behind several modes take too many unknowns. Ask "
                    "for fewer of them, or use fewer emitters or modes."
                )
            by_sector[sector] = found
    certified = all(one.complete for one in by_sector.values())
    smallest = max(one.smallest for one in by_sector.values())
    how = _ALL_OF_TWO if certified else _SEARCHED_TWICE
    how += f"; rates below {smallest:.0e} count as stationary, which double precision cannot tell"
    return _of_all_sectors(by_sector, count, charge, certified, how)


def _rates_of_many(network: Network, count: int, charge: int | None) -> Rates:
    """The rates of emitters without a source that are too many for ball arithmetic."""
    if charge != 0:
        raise MethodError(
            f"The rates of so many emitters are found in the sector of charge 0 only, and charge "
            f"is {charge}. Use charge=0, or fewer emitters."
        )
    values, error, stationary, complete = slowest_rates(network, count)
    return Rates(
        values=values,
        error=error,
        charge=np.zeros(len(values), dtype=np.int64),
        stationary=stationary,
        certified=complete,
        how="all eigenvalues found" if complete else _SEARCHED,
    )
