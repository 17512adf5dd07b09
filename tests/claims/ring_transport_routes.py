"""The numbers of TRANSPORT by hand, see `ring_routes`."""

import numpy as np
from flint import arb
from ring_delay import by_steps
from ring_generation_routes import BOTH_WAYS, PAIR_1, PAIR_2, best_generated, left, slow_limit
from rings_by_hand import (
    TwoPerNode,
    as_numbers,
    dicke_matrix,
    evolved,
    maximum,
    overlap,
    peak,
    peaks_of_many,
    rings,
)
from scipy.optimize import brentq, minimize_scalar


def transport_after_a_long_delay():
    by_delay = [by_steps((0.3,), left(0.8), t, "transport") for t in (6.8, 3.4, 1.7)]
    second = transport_matrix(0.3)
    second[1][1] -= left(0.8) / 2
    alone = peak(second, PAIR_1, until=30, target=PAIR_2)[0] / 4
    return [transported(0.3, leak=left(0.8))[0], alone, *by_delay]


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


def transport_at_chirality(chi, delayed):
    return [
        best_transport(left=(left(chi),) * 2, until=60.0)[1],
        by_steps((delayed,), left(chi), 1.0, "transport"),
        best_transport(leak=left(chi), until=60.0)[1],
    ]


def unknown_qubit():
    """1/2 + |t|/3 + |t|^2/6 of a channel that keeps the amplitude t of |1>."""
    weight = w_optimum(1)[1]
    return 0.5 + np.sqrt(weight) / 3 + weight / 6


def generation_against_transport(rate, start, time):
    return [
        best_generated((*start, time), decay=arb(rate))[2],
        best_transport(decay=arb(rate))[1],
    ]
