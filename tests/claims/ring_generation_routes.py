"""The numbers of GENERATION by hand, see `ring_routes`."""

from functools import cache

import numpy as np
from flint import arb
from ring_delay import by_steps
from rings_by_hand import (
    PI,
    as_numbers,
    concurrence,
    evolved,
    maximum,
    norm2,
    overlap,
    peak,
    peaks_of_many,
    rings,
)
from scipy.linalg import expm
from scipy.optimize import brentq

EG, GE = [0, 0, 1, 0], [0, 0, 0, 1]
PRINTED = {"g": (0.126, 0.277)}
BOTH_WAYS = {"left": (1, 1)}
SLOW = {"g": (0.0041, 0.0017), **BOTH_WAYS}
# Two qubits per node: |Psi+> in the first, in the second.
PAIR_1, PAIR_2 = [0, 0, 1, 1, 0, 0], [0, 0, 0, 0, 1, 1]


def left(chi):
    return (1 - chi) / (1 + chi)


def generated(*, until=60, **how):
    """[largest concurrence from |eg>, its time]."""
    return list(peak(rings(**how), EG, until=until))


def best_generated(start, **how):
    """[g_1, g_2, largest concurrence, its time], from a start of g_1, g_2 and the time."""

    def value(x):
        return concurrence(evolved(rings((x[0], x[1]), **how), x[2], EG))

    (g1, g2, time), top = maximum(value, start)
    return g1, g2, top, time


@cache
def chiral_optimum():
    return best_generated((0.126, 0.277, 12.6))


def largest_transfer(until=60, **how):
    return peak(rings(**how), EG, until=until, target=GE)[0]


def transferred_at_peak():
    g1, g2, _, time = chiral_optimum()
    return float(norm2(evolved(rings((g1, g2)), arb(time), EG)[3]))


def towards_bell(phase, sign, until, **how):
    """The largest |<Psi|psi>|^2, sign +-1."""
    target = [0, 0, 0.5, sign * 0.5]  # times root two, squared
    return 2 * peak(rings(phase=phase, **how), EG, until=until, target=target)[0]


def best_transfer():
    def value(x):
        return overlap(evolved(rings((x[0], x[1])), x[2], EG), GE)

    return maximum(value, (0.43, 0.43, 7.0))[0][:2]


def bare(ratio):
    """Two qubits on the waveguide themselves."""
    ratio = ratio if isinstance(ratio, arb) else arb(ratio)
    return [[-0.5, 0], [-ratio.sqrt(), -ratio / 2]]


def bare_peak(ratio):
    return peak(bare(ratio), [1, 0], until=10, pair=(0, 1))[0]


@cache
def bare_optimum():
    _, time = peak(bare("3.6"), [1, 0], until=10, pair=(0, 1))
    (ratio, _), top = maximum(
        lambda x: concurrence(evolved(bare(x[0]), x[1], [1, 0]), 0, 1), (3.6, time)
    )
    return ratio, top


@cache
def unequal_optimum():
    def value(x):
        how = {"right": (1, x[2])}
        return concurrence(evolved(rings((x[0], x[1]), **how), x[3], EG))

    return maximum(value, (2.3, 2.2, 5.1, 1.3))


def slow_limit(value):
    """lim (1 - value(g))/g by two small couplings, free of the next order."""
    slopes = [(1 - value(g)) / g for g in (1e-5, 5e-6)]
    return 2 * slopes[1] - slopes[0]


def generation_slope():
    ratio = np.sqrt(2) - 1

    def value(g):
        until = 1.2 * np.pi / (g * np.sqrt((1 + ratio**2) / 2))
        return generated(g=(g, ratio * g), until=until, **BOTH_WAYS)[0]

    return [slow_limit(value)] * 2


def windowed_optimum():
    """Couplings for the end of a window."""

    def value(x):
        return concurrence(evolved(rings((x[0], x[1]), **BOTH_WAYS), arb(1000), EG))

    (g1, g2), top = maximum(value, (0.0041, 0.0017))
    return [g1, g2, top]


def exceptional_point():
    """The coupling at which the two rates of a node are equal, g from 1/8 to 1/2."""

    def gap(g):
        a = np.array([[-0.5, -1j * g], [-1j * g, 0]])
        return float((np.trace(a) ** 2 - 4 * np.linalg.det(a)).real)

    return brentq(gap, 0.125, 0.5, xtol=1e-15)


def best_distance(chi, start):
    """[kD/pi, the concurrence there, that at kD = pi]."""
    ways = {"g": PRINTED["g"], "left": (left(chi),) * 2}

    def value(x):
        return concurrence(evolved(rings(phase=x[0] * arb.pi(), **ways), x[1], EG))

    _, time = generated(**ways)
    (place, _), top = maximum(value, (start, time))
    return [place, top, generated(**ways)[0]]


def generation_at_chirality(chi, start, delayed, leaking):
    """Starts of g_1, g_2 and the time; the couplings at a delay to four digits."""
    return [
        best_generated(start, left=(left(chi),) * 2)[2],
        by_steps(delayed, left(chi), 1.0, "generation"),
        best_generated(leaking, leak=left(chi))[2],
    ]


def late_errors():
    """Of GENERATION (10), as printed with kappa_2 = i k."""
    g1, g2, _, time = chiral_optimum()
    found = []
    for t in (10.0, time):
        kappa, k = np.sqrt(1 - 16 * g1**2), np.sqrt(16 * g2**2 - 1)
        front = 4 * g1 * g2 / ((g1**2 - g2**2) * kappa * k) * (1 + 1 / kappa)
        late = kappa * np.sin(k * t / 4) - k / 2 * np.exp(kappa * t / 4)
        printed = abs(front * np.exp(-(2 - kappa) * t / 4) * late)
        exact = float(concurrence(evolved(rings((g1, g2)), arb(t), EG)))
        found.append(abs(printed / exact - 1))
    return found


def after_the_peak(g1, g2):
    """The largest |C - F(Psi-)| at 2001 times from the peak to 60, k D = 2 pi."""
    start = generated(g=(g1, g2))[1]
    step = expm(as_numbers(rings((g1, g2), phase=2 * PI)) * ((60 - start) / 2000))
    psi = expm(as_numbers(rings((g1, g2), phase=2 * PI)) * start) @ np.array(EG, complex)
    worst = 0.0
    for _ in range(2001):
        # With k D = pi, Psi- is what Psi+ is with 2 pi.
        plus = abs(psi[2] + psi[3]) ** 2 / 2
        minus = abs(psi[2] - psi[3]) ** 2 / 2
        worst = max(worst, abs(2 * abs(psi[2] * psi[3]) - max(plus, minus)))
        psi = step @ psi
    return worst


def mean_with_one_detuned(which, node):
    """The mean of the largest concurrence with one detuning uniform in +-0.5."""
    places, weights = np.polynomial.legendre.leggauss(24)
    matrices = np.array([as_numbers(rings(**PRINTED))] * len(places))
    index = node if which == "cavity" else 2 + node
    matrices[:, index, index] -= 0.5j * places
    readout = np.sqrt(2) * np.eye(4)[2:]
    return float(weights @ peaks_of_many(matrices, EG, readout, 80, 2000)) / 2


def with_decay():
    g1, g2, top, _ = best_generated((1.677, 1.379, 1.9), decay=arb("0.1"))
    return [generated(**PRINTED, decay=arb("0.1"))[0], top, g1, g2]


def strong(rate):
    return best_generated((1.54, 1.25, 2.1), decay=arb(rate))[2]


def decay_where_maxima_swap():
    def lead(rate):
        return strong(rate) - best_generated((0.17, 0.416, 7.8), decay=arb(rate))[2]

    return brentq(lead, 0.0195, 0.021, xtol=1e-9)


def on_the_border():
    """Both kappa_i real with g_2 = 1/4, both imaginary with g_1 = 1/4: where the maxima lie."""

    def value(g1, g2, t):
        return concurrence(evolved(rings((g1, g2)), t, EG))

    real = maximum(lambda x: value(x[0], arb("0.25"), x[1]), (0.117, 13.0))[1]
    imaginary = maximum(lambda x: value(arb("0.25"), x[0], x[1]), (0.566, 6.0))[1]
    return [real, imaginary, chiral_optimum()[2]]


def generation_after_a_long_delay():
    by_delay = [by_steps((0.126, 0.277), left(0.8), t, "generation") for t in (13.1, 6.55, 3.3)]
    return [generated(**PRINTED, leak=left(0.8))[0], *by_delay]
