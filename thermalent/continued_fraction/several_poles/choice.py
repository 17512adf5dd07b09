"""The choice of coordinates for a source of several modes: those of the modes, or the chain's.

The lattice of `lattice` holds every amplitude's quanta alike. It takes any Gaussian source and
is the faster one for cold sources and for many emitters; the chain of tiers takes hot sources with
one output. Both costs are estimated, in seconds of one core, and the smaller one decides.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from thermalent.continued_fraction.chain.fraction import MOST_TIERS
from thermalent.continued_fraction.lattice import solve
from thermalent.continued_fraction.lattice.lattice import sectors, unknowns
from thermalent.continued_fraction.several_poles.chain.coordinates import (
    Source,
    SourceChain,
    source_of,
)
from thermalent.continued_fraction.several_poles.converge import (
    MOST_WORK,
    block_size,
    bytes_needed,
    work,
)
from thermalent.continued_fraction.several_poles.moving.collocation import bytes_of_factors
from thermalent.continued_fraction.several_poles.moving.displaced_source import bytes_of_displaced
from thermalent.continued_fraction.several_poles.moving.source.filling_chain import COLD
from thermalent.networks.gaussian_source import UnstableSourceError
from thermalent.networks.network import Network
from thermalent.solution.plan import Cost
from thermalent.support import memory_limit

# Measured for two to four qubits behind two to four filters, n_th from 1e-3 to 2, one core: tiers
# of the lattice for nine digits, and seconds per unknown of it.
_LATTICE_TIERS, _LATTICE_PER_WIDTH, _LATTICE_SECONDS = 4.0, 24.0, 2e-5
# A lattice that takes more seconds than this is iterated, which may end without the digits: then
# the chain is taken up to so many times its work.
_SURE, _RISK = 3.0, 4.0
# Unknowns that the budget of a solve without a given accuracy affords, some sixty iterations.
_AFFORDED = 4e6
# The same of the chain: tiers, and multiplications per second.
_TIERS, _TIERS_PER_WIDTH, _SPEED = 16.0, 17.0, 1.5e10
# Orders K that a digit takes behind slow sources, more of them per hop rate of the chain over the
# emitters' rate, and at most (measured for three to six poles, widths 0.01 to 1 of gamma).
_ORDERS_PER_DIGIT, _MORE_IF_FAST, _MOST_PER_DIGIT = 0.65, 6.0, 2.5
_CHARGES = 7  # beyond those of the emitters, of an evolution from a coherent start
_LEAST_QUANTA = 3  # two changes of orders, which a result with an error takes


def preferred_chain(network: Network | Source, rtol: float) -> SourceChain | None:
    """The chain of a network's source, or None where the lattice is cheaper or there is no chain.

    Raises:
        UnstableSourceError: the modes together have no stationary state.
    """
    of = source_of(network)
    chain = of.chain
    if isinstance(chain, str):
        return None
    by_chain, by_lattice = (
        work(chain, _quanta(chain, rtol), _depth(chain)) / _SPEED,
        lattice_seconds(of),
    )
    return chain if by_chain < by_lattice * (_RISK if by_lattice > _SURE else 1.0) else None


def sources_refusal(network: Network | Source, rtol: float) -> str | None:
    """Why the sources of a network cannot be solved together, or None."""
    of = source_of(network)
    try:
        chain = of.chain
        if not isinstance(chain, str) and preferred_chain(of, rtol) is not None:
            return chain_too_large(chain)
    except UnstableSourceError as error:
        return str(error)
    by_lattice = solve.lattice_refusal(of)
    if by_lattice is None or not isinstance(chain, str):
        return by_lattice
    return f"{by_lattice} A source that drives the emitters through one amplitude can be hotter."


def chain_refusal(network: Network | Source) -> str | None:
    """Why the chain of a source of several modes cannot be had, or None: for what needs it."""
    of = source_of(network)
    try:
        chain = of.chain
    except UnstableSourceError as error:
        return str(error)
    if isinstance(chain, str):
        return (
            f"the network has {len(of.network.modes)} boson modes, and beyond its steady state it "
            f"takes one mode or several that drive the emitters through one amplitude: {chain} "
            "Use te.Fock(...)."
        )
    return chain_too_large(chain)


def chain_too_large(chain: SourceChain) -> str | None:
    """Why the fraction of a chain takes too many tiers, too much memory or work, or None."""
    depth = _depth(chain)
    if depth > MOST_TIERS:
        return (
            f"the source is so hot that the continued fraction would need about {depth:.1g} "
            f"tiers; it takes up to {MOST_TIERS}."
        )
    needed = bytes_needed(chain, _LEAST_QUANTA)
    if not memory_limit.fits(needed):
        return (
            f"the continued fraction of its {chain.length} poles would need "
            f"{memory_limit.in_words(needed)} of memory, and "
            f"{memory_limit.in_words(memory_limit.available())} are "
            "free. Take fewer emitters: in a cascade the first ones do not feel the later."
        )
    operations = work(chain, _LEAST_QUANTA, depth)
    if operations > MOST_WORK:
        return (
            f"the continued fraction of its {chain.length} poles would need about "
            f"{operations:.0e} multiplications for two digits; it takes up to {MOST_WORK:.0e}. "
            "Take fewer poles or emitters, or a weaker source."
        )
    return None


@lru_cache(maxsize=1)  # the choice is made twice, to refuse and to plan
def lattice_seconds(of: Source) -> float:
    """Estimated time of the lattice; infinite where it refuses."""
    if solve.lattice_refusal(of) is not None:
        return np.inf
    return _LATTICE_SECONDS * unknowns(sectors(of), int(_nine_digits(of)))


def _nine_digits(of: Source) -> float:
    """Tiers of the lattice for nine digits, about."""
    width = float(np.sqrt(np.max(np.abs(of.gaussian.covariance))))
    return _LATTICE_TIERS + _LATTICE_PER_WIDTH * width


def lattice_cost(of: Source, rtol: float | None, last: int | None) -> Cost:
    """Memory and multiplications of the lattice at the tiers that an accuracy takes, about.

    Args:
        of: The source.
        rtol: Relative accuracy; None for nine digits or what the budget of operations affords.
        last: The highest tier, if it is given.
    """
    elements = sectors(of)
    tier = last
    if tier is None:
        part = 1.0 if rtol is None else -np.log10(rtol) / 9
        tier = max(solve.FIRST_TIER + 2, int(np.ceil(part * _nine_digits(of))))
        while rtol is None and unknowns(elements, tier) > _AFFORDED and tier > solve.FIRST_TIER:
            tier -= 1
    size = unknowns(elements, tier)
    return Cost(
        bytes=solve.lattice_memory(elements, tier),
        operations=1e9 * _LATTICE_SECONDS * size,
        least=solve.lattice_memory(elements, solve.FIRST_TIER if last is None else tier),
    )


def chain_cost(chain: SourceChain, rtol: float) -> Cost:
    """Memory and multiplications of the chain at the quanta that an accuracy takes, about."""
    quanta = _quanta(chain, rtol)
    operations = work(chain, quanta, _depth(chain))
    least = min(quanta, _LEAST_QUANTA)
    return Cost(
        bytes=bytes_needed(chain, quanta),
        operations=operations,
        least=bytes_needed(chain, least),
    )


def empty_start_bytes(chain: SourceChain, rtol: float) -> float:
    """Memory of an evolution from an empty source, about."""
    return bytes_of_factors(_depth(chain), block_size(chain, _quanta(chain, rtol)))


def coherent_start_bytes(chain: SourceChain, rtol: float) -> float:
    """Memory of an evolution from a coherent state of the source, about."""
    charges = int(np.max(chain.numbers)) + _CHARGES
    coupled = bytes_of_displaced(chain, _quanta(chain, rtol), _depth(chain), charges)
    # Of hot sources charges are apart where that is less.
    return min(coupled, empty_start_bytes(chain, rtol)) if chain.variance > COLD else coupled


def _quanta(chain: SourceChain, rtol: float) -> int:
    """The order K that a relative accuracy takes, about; none behind a single pole."""
    if chain.length == 1:
        return 0
    fastest = float(np.max(np.abs(chain.liouvillian.diagonal().real), initial=0.0))
    hop = abs(chain.drift[0, 1]) / fastest if fastest > 0 else np.inf
    per_digit = min(_ORDERS_PER_DIGIT + _MORE_IF_FAST * hop, _MOST_PER_DIGIT)
    return int(np.ceil(1 - per_digit * np.log10(rtol)))


def _depth(chain: SourceChain) -> float:
    """Tiers that matter, about."""
    return _TIERS + _TIERS_PER_WIDTH * float(np.sqrt(abs(chain.variance)))
