"""The numbers of GENERATION and TRANSPORT by another route than the package's: `rings_by_hand`.

A function per row of reference_ring.json, for the column "comes out" of the page of claims. Maxima
are found near the starts that stand here, to two or three digits.
"""

from functools import cache, partial

import numpy as np
from flint import arb
from ring_delay import by_steps
from rings_by_hand import (
    PI,
    TwoPerNode,
    as_numbers,
    concurrence,
    dicke_matrix,
    evolved,
    maximum,
    norm2,
    overlap,
    peak,
    peaks_of_many,
    rings,
)
from scipy.linalg import expm
from scipy.optimize import brentq, minimize_scalar

EXPONENTIAL = "exponentials of the amplitudes in 256 bits"
QUADRATURE = "quadrature over exponentials of the amplitudes"
MASTER = "master equation with two excitations written out"

EG, GE = [0, 0, 1, 0], [0, 0, 0, 1]
PRINTED = {"g": (0.126, 0.277)}
BOTH_WAYS = {"left": (1, 1)}
SLOW = {"g": (0.0041, 0.0017), **BOTH_WAYS}
# Two qubits per node: |Psi+> in the first, in the second.
PAIR_1, PAIR_2 = [0, 0, 1, 1, 0, 0], [0, 0, 0, 0, 1, 1]


def left(chi):
    return (1 - chi) / (1 + chi)


# Generation


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


def transport_at_chirality(chi, delayed):
    return [
        best_transport(left=(left(chi),) * 2, until=60.0)[1],
        by_steps((delayed,), left(chi), 1.0, "transport"),
        best_transport(leak=left(chi), until=60.0)[1],
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


def unknown_qubit():
    """1/2 + |t|/3 + |t|^2/6 of a channel that keeps the amplitude t of |1>."""
    weight = w_optimum(1)[1]
    return 0.5 + np.sqrt(weight) / 3 + weight / 6


def generation_against_transport(rate, start, time):
    return [
        best_generated((*start, time), decay=arb(rate))[2],
        best_transport(decay=arb(rate))[1],
    ]


def generation_after_a_long_delay():
    by_delay = [by_steps((0.126, 0.277), left(0.8), t, "generation") for t in (13.1, 6.55, 3.3)]
    return [generated(**PRINTED, leak=left(0.8))[0], *by_delay]


# Transport


def transport_after_a_long_delay():
    by_delay = [by_steps((0.3,), left(0.8), t, "transport") for t in (6.8, 3.4, 1.7)]
    return [transported(0.3, leak=left(0.8))[0], *by_delay]


def unknown_qutrit():
    """From the weights in which the two levels arrive at node 2, by the master equation."""
    node, root = TwoPerNode(0.3), np.sqrt(0.5)

    def mean(time):
        kets = ([0.0, root, root, 0.0], [0.0, 0.0, 0.0, 1.0])
        total = 1 + sum(np.sqrt(node.fidelity(ket, time)) for ket in kets)
        return (1 + total**2 / 3) / 4

    found = minimize_scalar(
        lambda t: -mean(t), bounds=(7, 8.2), method="bounded", options={"xatol": 1e-6}
    )
    return -found.fun


def transport_matrix(g, **how):
    return rings((g, g), qubits=(2, 2), **how)


def transported(g, until=30.0, **how):
    """[the largest fidelity of |Psi+>, its time]."""
    top, time = peak(transport_matrix(g, **how), PAIR_1, until=until, target=PAIR_2)
    return top / 4, time


def fidelities(top, time):
    return [top, np.sqrt(top), time]


def best_transport(guesses=(0.2, 0.25, 0.3, 0.35, 0.4, 0.5), until=30.0, **how):
    """[the best coupling, the fidelity of |Psi+>]."""

    def value(x):
        return overlap(evolved(transport_matrix(x[0], **how), x[1], PAIR_1), PAIR_2) / 4

    guess = max(guesses, key=lambda g: transported(g, until=until, **how)[0])
    (g, _), top = maximum(value, (guess, transported(guess, until=until, **how)[1]))
    return [g, top]


def with_qubit_decay(rate):
    g, top = best_transport(decay=arb(rate))
    return [g, top, np.sqrt(top)]


def transport_slope():
    until = 1.3 * np.pi / np.sqrt(2)
    return slow_limit(lambda g: transported(g, until=until / g, **BOTH_WAYS)[0])


def superposed_with_two(theta):
    node, psi = TwoPerNode(0.3), [np.cos(theta), 0.0, 0.0, np.sin(theta)]
    found = minimize_scalar(
        lambda t: -node.fidelity(psi, t), bounds=(8, 9.2), method="bounded", options={"xatol": 1e-8}
    )
    return fidelities(-found.fun, found.x)


def deviation_of_the_angles():
    """|<psi|psi'>|^2 at four angles from P (1 + sin 2 theta cos phi)^2/4."""
    top = transported(0.3)[0]
    found = []
    for theta, phi in ((0.3, 0.4), (2.0, 5.0), (np.pi / 4, np.pi), (1.1, 2.2)):
        c, s = np.cos(theta), np.exp(1j * phi) * np.sin(theta)
        m = transport_matrix(0.3)
        bright = [0, 0, 0, 0, c.conjugate(), np.conj(s)]
        if abs(c + s) < 1e-12:  # dark: nothing leaves the qubits
            times = [evolved(m, arb(t), [0, 0, c, s, 0, 0]) for t in range(1, 30)]
            value = max(float(overlap(psi, bright)) for psi in times)
        else:
            value = peak(m, [0, 0, c, s, 0, 0], until=30, target=bright)[0]
        found.append(abs(value - top * (1 + np.sin(2 * theta) * np.cos(phi)) ** 2 / 4))
    return max(found)


def singlet():
    m = rings(((0.3, -0.3), (0.3, -0.3)), qubits=(2, 2))
    return peak(m, [0, 0, 1, -1, 0, 0], until=30, target=[0, 0, 0, 0, 1, -1])[0] / 4


def dicke(n, k, g):
    m, here, there = dicke_matrix(n, k, arb(g))
    start, target = ([int(i == place) for i in range(len(m))] for place in (here, there))
    return peak(m, start, until=30, target=target)


def dicke_optimum(n, k, guess):
    def value(x):
        m, here, there = dicke_matrix(n, k, x[0])
        start, target = ([int(i == place) for i in range(len(m))] for place in (here, there))
        return overlap(evolved(m, x[1], start), target)

    (g, time), top = maximum(value, (guess, dicke(n, k, guess)[1]))
    return [g, *fidelities(top, time)]


def w_optimum(n):
    """[sqrt(N) g, F] with every qubit by itself."""
    ends = [[0, 0, *[1] * n, *[0] * n], [0, 0, *[0] * n, *[1] * n]]

    def value(x):
        g = x[0] / arb(n).sqrt()
        m = rings((g, g), qubits=(n, n))
        return overlap(evolved(m, x[1], ends[0]), ends[1]) / n**2

    (g, _), top = maximum(value, (0.427, 6.74))
    return [g, top]


def w_to_w(m, n):
    g = w_optimum(1)[0]
    matrix = rings((g / arb(m).sqrt(), g / arb(n).sqrt()), qubits=(m, n))
    ends = [[0, 0, *[1] * m, *[0] * n], [0, 0, *[0] * m, *[1] * n]]
    return peak(matrix, ends[0], until=30, target=ends[1])[0] / (m * n)


def decay_thresholds():
    ideal = transported(0.3, **BOTH_WAYS)[0]

    def threshold(level):
        return brentq(lambda rate: with_qubit_decay(rate)[1] - level, 0.1, 0.14, xtol=1e-9)

    return [threshold(ideal), threshold(0.78**2)]


def means_of_detuned_w3(indices, width, order, powers):
    """Mean of F^p over uniform detunings of some amplitudes."""
    places, weights = np.polynomial.legendre.leggauss(order)
    grids = np.meshgrid(*[places] * len(indices), indexing="ij")
    x = np.stack([grid.ravel() for grid in grids], 1) * width
    weight = np.prod(np.meshgrid(*[weights / 2] * len(indices), indexing="ij"), axis=0).ravel()
    matrices = np.array([as_numbers(rings((0.248, 0.248), qubits=(3, 3)))] * len(x))
    for column, index in enumerate(indices):
        matrices[:, index, index] -= 1j * x[:, column]
    start, target = np.array([0, 0, 1, 1, 1, 0, 0, 0]), np.array([0, 0, 0, 0, 0, 1, 1, 1])
    found = peaks_of_many(
        matrices, start / np.sqrt(3), np.stack([target, target]) / np.sqrt(3), 20, 800
    )
    return [float(weight @ found**p) for p in powers]


def without_cavities(together):
    """Four qubits on the waveguide, two by two at one place or in a row."""
    m = -np.tril(np.ones((4, 4)), -1) - 0.5 * np.eye(4)
    if together:
        m[:2, :2] = m[2:, 2:] = -0.5
    top, _ = peak(m.tolist(), [1, 1, 0, 0], until=20, target=[0, 0, 1, 1])
    return top / 4


def best_transport_distance(chi):
    def value(x):
        m = transport_matrix(0.3, left=(left(chi),) * 2, phase=x[0] * arb.pi())
        return overlap(evolved(m, x[1], PAIR_1), PAIR_2)

    time = transported(0.3, left=(left(chi),) * 2)[1]
    return maximum(value, (0.99, time))[0][0]


def bend_over_distance(chi, step=0.02):
    at = [
        transported(0.3, left=(left(chi),) * 2, phase=np.pi + shift)[0]
        for shift in (-step, 0.0, step)
    ]
    return (2 * at[1] - at[0] - at[2]) / step**2


def spread_over_phase():
    node, theta = TwoPerNode(0.3), 0.7
    psi = lambda phi: [np.cos(theta), 0.0, 0.0, np.exp(1j * phi) * np.sin(theta)]  # noqa: E731
    return np.ptp([node.fidelity(psi(phi), 8.6) for phi in (0.0, 1.0, 2.0, np.pi)])


def equally_good_decay():
    def symmetric(rate):
        guess = np.sqrt(rate)
        return best_transport((guess,), until=8 / guess, decay=arb(rate), **BOTH_WAYS)[1]

    rate = brentq(lambda x: symmetric(x) - with_qubit_decay(x)[1], 7e-4, 8e-4, xtol=1e-9)
    return [rate, with_qubit_decay(rate)[1]]


# Of those that are not by exponentials in 256 bits.
DELAY = "exponentials in 256 bits, and Runge-Kutta steps for the delay"
NAMES = {
    **{
        f"{system}, chi = {chi}": DELAY
        for system in ("generation", "transport")
        for chi in (0.95, 0.9, 0.8, 0.5)
    },
    **dict.fromkeys(("generation, long delay", "transport, long delay"), DELAY),
    "unknown qutrit": MASTER,
    **dict.fromkeys(("one detuning", "W3, qubits detuned", "W3, cavities detuned"), QUADRATURE),
    **dict.fromkeys(("Phi+-", "ee", "psi_beta"), MASTER),
    "C and F(Psi-)": "exponentials of the amplitudes written out",
    "imaginary kappa": "discriminant of one node's amplitudes",
}
_FOUND = {
    "chiral optimum": lambda: chiral_optimum()[2],
    "chiral optimum, g1": lambda: chiral_optimum()[0],
    "chiral optimum, g2": lambda: chiral_optimum()[1],
    "chiral, rounded couplings": lambda: generated(**PRINTED),
    "largest F3": lambda: largest_transfer(g=chiral_optimum()[:2]),
    "F3 at the peak": transferred_at_peak,
    "F(Psi+) at kD = 0": lambda: towards_bell(2 * PI, 1, 60, g=chiral_optimum()[:2]),
    "excitation transfer": best_transfer,
    "no cavities, equal": lambda: bare_peak(1),
    "no cavities, unequal": lambda: bare_optimum()[1],
    "no cavities, best ratio": lambda: bare_optimum()[0],
    "no cavities, printed ratio": lambda: bare_peak("3.88"),
    "cavities, unequal": lambda: unequal_optimum()[1],
    "cavities, unequal, where": lambda: unequal_optimum()[0][:3],
    "cavities, unequal, printed point": lambda: generated(g=(2.21, 2.11), right=(1, 4.82)),
    "nonchiral, printed couplings": lambda: generated(**SLOW, until=1500),
    "nonchiral, exchanged": lambda: generated(g=(0.0017, 0.0041), **BOTH_WAYS, until=1500),
    "nonchiral, slow limit": generation_slope,
    "nonchiral, window": windowed_optimum,
    "nonchiral Bell state, n = 1": lambda: [towards_bell(PI, s, 1200, **SLOW) for s in (1, -1)],
    "nonchiral Bell state, n = 2": lambda: [towards_bell(2 * PI, s, 1200, **SLOW) for s in (1, -1)],
    "imaginary kappa": exceptional_point,
    "equal couplings": lambda: generated(g=(0.5, 0.5))[0],
    "gain by cavities": lambda: chiral_optimum()[2] / bare_peak(1),
    "best distance, chi = 0.5": lambda: best_distance(0.5, 0.99),
    "best distance, chi = 0.2": lambda: best_distance(0.2, 0.955),
    "best distance, chi = 0": lambda: best_distance(0.0, 0.96),
    "generation, chi = 0.95": lambda: generation_at_chirality(
        0.95, (0.121, 0.268, 13.0), (0.1159, 0.2536), (0.126, 0.277, 12.5)
    ),
    "generation, chi = 0.9": lambda: generation_at_chirality(
        0.9, (0.117, 0.259, 13.5), (0.1075, 0.2350), (0.126, 0.277, 12.5)
    ),
    "generation, chi = 0.8": lambda: generation_at_chirality(
        0.8, (0.108, 0.240, 15.0), (0.0940, 0.2064), (0.126, 0.277, 12.5)
    ),
    "generation, chi = 0.5": lambda: generation_at_chirality(
        0.5, (0.077, 0.177, 20.0), (0.0613, 0.1385), (0.14, 0.3, 12.0)
    ),
    "Eq. (10)": late_errors,
    "C and F(Psi-)": lambda: [after_the_peak(*chiral_optimum()[:2]), after_the_peak(0.2, 0.3)],
    "one detuning": lambda: [
        mean_with_one_detuned(which, node) for which in ("cavity", "qubit") for node in (0, 1)
    ],
    "qubit decay": with_decay,
    "qubit decay below 0.1": lambda: [
        best_generated(start, decay=arb(rate))[2]
        for rate, start in (
            ("0.01", (0.148, 0.345, 9.5)),
            ("0.05", (1.59, 1.3, 2.02)),
            ("0.1", (1.677, 1.379, 1.9)),
        )
    ],
    "real and imaginary kappa": on_the_border,
    "qubit decay, maxima swap": decay_where_maxima_swap,
    "qubit decay, against transport, 0.02": partial(
        generation_against_transport, 0.02, (0.17, 0.416), 7.8
    ),
    "qubit decay, against transport, 0.05": partial(
        generation_against_transport, 0.05, (1.59, 1.3), 2.02
    ),
    "qubit decay, against transport, 0.1": partial(
        generation_against_transport, 0.1, (1.68, 1.38), 1.9
    ),
    "qubit decay, against transport, 0.2": partial(
        generation_against_transport, 0.2, (1.85, 1.53), 1.72
    ),
    "nonchiral, largest F3": lambda: largest_transfer(until=1500, **SLOW),
    "nonchiral, slower": lambda: generated(**SLOW, until=1500)[1] / chiral_optimum()[3],
    "nonchiral, distance": lambda: [
        generated(**SLOW, until=1500, phase=2 * PI * part)[0] for part in (0.5, 0.49, 0.45)
    ],
    "nonchiral, qubit decay": lambda: [
        generated(**SLOW, until=1500, decay=arb(rate))[0] for rate in ("0.001", "0.01", "0.1")
    ],
    "Psi+, best coupling": lambda: best_transport()[0],
    "Psi+, F": lambda: best_transport()[1],
    "Psi+, sqrt F": lambda: np.sqrt(best_transport()[1]),
    "Psi+ at g = 0.3": lambda: fidelities(*transported(0.3)),
    "Psi+, nonchiral": lambda: fidelities(*transported(0.3, **BOTH_WAYS)),
    "Psi+, nonchiral, slow limit": transport_slope,
    "transport, chi = 1": lambda: best_transport(until=60.0)[1],
    "transport, chi = 0.95": lambda: transport_at_chirality(0.95, 0.2839),
    "transport, chi = 0.9": lambda: transport_at_chirality(0.9, 0.2619),
    "transport, chi = 0.8": lambda: transport_at_chirality(0.8, 0.2162),
    "transport, chi = 0.5": lambda: transport_at_chirality(0.5, 0.1309),
    "Phi+-": lambda: superposed_with_two(np.pi / 4),
    "ee": lambda: superposed_with_two(np.pi / 2),
    "psi_alpha": deviation_of_the_angles,
    "Psi- by opposite couplings": singlet,
    "3D1": lambda: fidelities(*dicke(3, 1, 0.248)),
    "3D2": lambda: fidelities(*dicke(3, 2, 0.248)),
    "4D2": lambda: fidelities(*dicke(4, 2, 0.215)),
    "3D1, best coupling": lambda: dicke_optimum(3, 1, 0.246),
    "3D2, best coupling": lambda: dicke_optimum(3, 2, 0.246),
    "4D2, best coupling": lambda: dicke_optimum(4, 2, 0.214),
    "W1": lambda: w_optimum(1),
    "W3": lambda: w_optimum(3),
    "W20": lambda: w_optimum(20),
    "W3 to W7": lambda: w_to_w(3, 7),
    **{f"qubit decay {rate:g}": partial(with_qubit_decay, rate) for rate in (0.01, 0.05, 0.1, 0.2)},
    "qubit decay, threshold": decay_thresholds,
    "W3, qubits detuned": lambda: means_of_detuned_w3(range(2, 8), 0.1, 3, (1.0, 0.5)),
    "W3, cavities detuned": lambda: [
        means_of_detuned_w3((0, 1), width, 12 if width < 1 else 24, (0.5,))[0]
        for width in (0.1, 0.2, 0.5, 1.0)
    ],
    "Psi+ without cavities, together": lambda: without_cavities(True),
    "Psi+ without cavities, chain": lambda: without_cavities(False),
    "best distance": lambda: [best_transport_distance(chi) for chi in (0.9, 0.5, 0.0)],
    "sensitivity to the distance": lambda: [bend_over_distance(chi) for chi in (0.9, 0.5, 0.0)],
    "psi_beta": spread_over_phase,
    "qubit decay, both at their best": equally_good_decay,
    "unknown qubit": unknown_qubit,
    "unknown qutrit": unknown_qutrit,
    "generation, long delay": generation_after_a_long_delay,
    "transport, long delay": transport_after_a_long_delay,
}
ROUTES = {name: (NAMES.get(name, EXPONENTIAL), found) for name, found in _FOUND.items()}
