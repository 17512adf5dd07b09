r"""The amplitudes of one excitation on a waveguide along which light takes its time.

The couplings of a waveguide name their direction: \(M_{jl}\) carries what l emitted to j. With
\(\tau_{jl}\) the time that light takes between the places of the two nodes,

$$i\, \dot\psi_j(t) = \sum_l M_{jl}\, \psi_l(t - \tau_{jl}), \qquad \psi(t < 0) = 0$$

in the frame of the reference frequency, at which the phases of M hold. A passive waveguide takes
energy at every frequency: \(i (M(\omega) - M(\omega)^\dagger) \ge 0\) for
\(M_{jl}(\omega) = M_{jl} e^{i\omega\tau_{jl}}\). The evolution is then a contraction.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from thermalent.excitations.losses import amplitude_matrix, require_single
from thermalent.networks.network import Network
from thermalent.solution.errors import MethodError
from thermalent.support import checks

# Delays are multiples of a common one: ratios of whole numbers up to this, to a few roundings.
_LARGEST_RATIO = 64
_ROUNDINGS = 8 * float(np.finfo(float).eps)
# Frequencies per turn of the fastest phase at which it is seen whether the waveguide is passive.
_PER_TURN = 16
_PASSIVE = 1e-10  # negative decay, relative to the largest, that is rounding


class DelayEquation(NamedTuple):
    """The equation psi'(t) = A psi(t) + sum_k A_k psi(t - k unit).

    Args:
        instant: A, (n, n).
        later: Pairs of k >= 1 and A_k.
        unit: The delay of which all delays are multiples, inverse rate unit; zero if there is none.
        arrival: Units after which light from the first place reaches the place of each node, (n,).
    """

    instant: np.ndarray
    later: tuple[tuple[int, np.ndarray], ...]
    unit: float
    arrival: np.ndarray

    @property
    def rate(self) -> float:
        """Bound of the norm of psi' where |psi| <= 1 at all times."""
        matrices = [self.instant, *(matrix for _, matrix in self.later)]
        return float(sum(np.linalg.norm(matrix, 2) for matrix in matrices))


def delay_equation(
    network: Network, delay: float | Sequence[float], places: Sequence[str] | None
) -> DelayEquation:
    """The equation of a network whose places are apart by given times.

    Args:
        network: That carries a single excitation.
        delay: Time between neighbouring places, one number or one per stretch.
        places: Names of the nodes on the waveguide, in order along it; the modes if not given, or
            the emitters if there are none.

    Raises:
        ValueError: a delay or a place is wrong.
        MethodError: no single excitation, or no waveguide along these places.
    """
    require_single(network)
    matrix = amplitude_matrix(network)
    listed = _listed(network, places)
    unit, stretches = _multiples(delay, len(listed) - 1)
    positions = np.concatenate([[0], np.cumsum(stretches, dtype=int)])
    arrival = positions[_places_of_all(matrix, listed)]
    hops = np.abs(arrival[:, None] - arrival)
    _require_passive(matrix[np.ix_(listed, listed)], hops[np.ix_(listed, listed)])
    later = tuple(
        (int(k), np.where(hops == k, -1j * matrix, 0))
        for k in np.unique(hops[matrix != 0])
        if k > 0
    )
    return DelayEquation(np.where(hops == 0, -1j * matrix, 0), later, unit, arrival)


def _listed(network: Network, places: Any) -> list[int]:
    """Positions of the nodes on the waveguide among all nodes."""
    names = [node.name for node in network.nodes]
    if places is None:
        on_it = network.modes or network.emitters
        return [names.index(node.name) for node in on_it]
    given = isinstance(places, Sequence) and not isinstance(places, (str, bytes))
    if not given or not places or any(name not in names for name in places):
        checks.fail("places", f"a sequence of some of the nodes {names}", places)
    if len(set(places)) < len(places):
        checks.fail("places", "all different", list(places))
    return [names.index(name) for name in places]


def _multiples(delay: Any, count: int) -> tuple[float, list[int]]:
    """A delay of which all stretches are multiples, and the multiples."""
    delays = [
        checks.within("delay", tau, 0.0, checks.LARGEST_RATE)
        for tau in checks.per_item("delay", delay, count, "stretch between places")
    ]
    if not any(delays):
        return 0.0, [0] * count
    longest = max(delays)
    ratios = [Fraction(tau / longest).limit_denominator(_LARGEST_RATIO) for tau in delays]
    whole = math.lcm(*(ratio.denominator for ratio in ratios))
    apart = max(abs(float(q) - tau / longest) for q, tau in zip(ratios, delays, strict=True))
    if apart > _ROUNDINGS or whole > _LARGEST_RATIO**2:
        allowed = f"in ratios of whole numbers up to {_LARGEST_RATIO}, such as (0.5, 0.75)"
        checks.fail("delay", allowed, delays)
    return longest / whole, [int(ratio * whole) for ratio in ratios]


def _places_of_all(matrix: np.ndarray, listed: list[int]) -> np.ndarray:
    """The place of every node: that of the listed node to which it is coupled, (n,)."""
    place = np.full(len(matrix), -1)
    place[listed] = np.arange(len(listed))
    joined = (matrix != 0) | (matrix.T != 0)
    for start in listed:
        reached = [start]
        for node in reached:
            for other in np.flatnonzero(joined[node]).tolist():
                if other in listed or place[other] == place[start]:
                    continue
                if place[other] >= 0:
                    raise MethodError(
                        "Light cannot be delayed between these places: a node that is not among "
                        "them couples to two of them. List it in `places`."
                    )
                place[other] = place[start]
                reached.append(other)
    return np.where(place < 0, 0, place)  # what is coupled to nothing is anywhere


def _require_passive(matrix: np.ndarray, hops: np.ndarray) -> None:
    """Check that the delayed couplings take energy at every frequency.

    Raises:
        MethodError: they give energy at some.
    """
    points = _PER_TURN * (1 + int(hops.max(initial=0)))
    phases = 2j * np.pi * np.arange(points) / points
    at_each = matrix * np.exp(phases[:, None, None] * hops)
    decay = 1j * (at_each - at_each.conj().transpose(0, 2, 1))
    least = float(np.min(np.linalg.eigvalsh(decay)))
    if least < -_PASSIVE * float(np.linalg.norm(matrix, 2)):
        raise MethodError(
            f"Delayed between these places, the couplings give energy at some frequencies (at a "
            f"rate of {-least:.3g}), which no waveguide does. Couplings that are no waveguide's "
            "cannot be delayed."
        )
