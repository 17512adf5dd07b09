"""The rows of `sentence_claims` by another route."""

import cooperative_routes as cooperative
import mpmath
import numpy as np
import ring_generation_routes as ring
import ring_transport_routes as transport
from rings_by_hand import as_numbers, evolved, maximum, norm2, overlap, peaks_of_many, rings

import thermalent as te

AMPLITUDES = "exponentials of the amplitudes in 256 bits"
CLOSED = "a closed form"
ALGEBRA = "the matrices written out"
TIMES = "te.purity_time"


def closed_amplitudes():
    """|c_ge|^2 and |c_01|^2 of (8), and (9) as its limit, by mpmath, cavities included."""
    found = []
    for pair, shift in (((0.126, 0.277), 0), ((0.3, 0.3), mpmath.mpf(10) ** -25)):
        errors = []
        for t in (1.0, 5.0, 20.0):
            psi = [float(norm2(x)) for x in evolved(rings(pair), t, ring.EG)]
            with mpmath.workdps(60):
                g1, g2 = mpmath.mpf(pair[0]), mpmath.mpf(pair[1]) + shift
                k1, k2 = (mpmath.sqrt(1 - 16 * g * g) for g in (g1, g2))
                s1, s2 = (mpmath.sinh(k * t / 4) for k in (k1, k2))
                c1, c2 = (mpmath.cosh(k * t / 4) for k in (k1, k2))
                second = 4 * g1 * g2 * (k1 * s2 - k2 * s1) / ((g1**2 - g2**2) * k1 * k2)
                cavity = g1 / (g1**2 - g2**2) * (s2 / k2 - s1 / k1 + c1 - c2)
                printed = [
                    float(mpmath.exp(-mpmath.mpf(t) / 2) * abs(c) ** 2) for c in (second, cavity)
                ]
            errors.append(max(abs(printed[0] - psi[3]), abs(printed[1] - psi[1])))
        found.append(max(errors))
    return found


def runs_of_20():
    """The same nodes of the detunings, all generators at once."""
    places, weights = np.polynomial.legendre.leggauss(3)
    index = np.indices((3,) * 4).reshape(4, -1).T
    matrices = np.array([as_numbers(rings((0.126, 0.277)))] * len(index))
    for i in range(4):  # cavities first, then qubits
        matrices[:, i, i] -= 0.5j * places[index[:, i]]
    tops = peaks_of_many(matrices, ring.EG, np.sqrt(2) * np.eye(4)[2:], 80, 500)
    weight = np.prod(weights[index] / 2, axis=1)
    mean = float(weight @ tops)
    return [mean, float(np.sqrt(weight @ (tops - mean) ** 2 / 20))]


def both_couplings():
    def value(x):
        psi = evolved(rings((x[0], x[1]), qubits=(2, 2)), x[2], ring.PAIR_1)
        return overlap(psi, ring.PAIR_2) / 4

    (g1, g2, _), top = maximum(value, (0.31, 0.29, 6.9))
    return [g1, g2, top]


def entropy_of_a_rail():
    x = np.cosh(0.8) ** 2 / np.cosh(1.6)
    return [-3 * (x * np.log(x) + (1 - x) * np.log(1 - x))] * 2


def energy_with_and_without():
    found = []
    for start, quanta in (("11", 2), ("Psi+", 1), ("10", 1)):
        found += [cooperative.at_500(start)[0], quanta * np.exp(-2 * cooperative.KAPPA * 500)]
    return found


def faster_than_in_turn():
    times = [float(te.purity_time(te.dual_rail(n, 1.0))) for n in (1, 2)]
    return times[1] / (2 * times[0])


RING = {
    "Eqs. (8), (9)": (AMPLITUDES, closed_amplitudes),
    "g_2 above gamma_R": (
        AMPLITUDES,
        lambda: [ring.generated(g=(0.126, g))[0] for g in (0.277, 1.01, 2.0)],
    ),
    "1.5 times": (CLOSED, lambda: 4 / np.e),
    "coherent part at D = n lambda/2": (CLOSED, lambda: [0.0, 0.5]),
    "oscillatory": (
        CLOSED,
        lambda: [float(np.exp(-2 * np.pi / np.sqrt(16 * g**2 - 1))) for g in (0.26, 0.3, 0.5, 1.0)],
    ),
    "Q and efficiency": (
        AMPLITUDES,
        lambda: [
            ring.generated(g=(0.126, 0.277), leak=leak)[0]
            for leak in (0.0, 1 / 0.997 - 1, 1e3 / 4e8, 1e7 / 4e8)
        ],
    ),
    "20 runs": ("exponentials of all generators at once, Newton's method", runs_of_20),
    "faster than steady states": (
        AMPLITUDES,
        # N qubits with one excitation are one qubit with sqrt(N) times the coupling.
        lambda: [
            transport.transported(0.3)[1],
            ring.peak(rings((0.43, 0.43)), ring.EG, until=30, target=ring.GE)[1],
        ],
    ),
    "any distance": (
        AMPLITUDES,
        lambda: [transport.transported(0.3, phase=d)[0] for d in (0.3, 1.7, np.pi)],
    ),
    "g_1 = g_2": (AMPLITUDES, both_couplings),
    "one particle lost": (CLOSED, lambda: [2 / 3, 0.0]),
}
DUAL_RAIL = {
    "r above 1": (CLOSED, lambda: np.tanh([1.0, 2.0, 4.0])),
    "faster than in turn": (TIMES, faster_than_in_turn),
    "S_A, any pattern": (CLOSED, entropy_of_a_rail),
}
COOPERATIVE = {
    "faster with the structure": (cooperative.EXPONENTIAL, energy_with_and_without),
    # j (j + 1) - m (m - 1) of the smallest spin: j = m = 1/2 of three, j = m = 0 of four.
    "no dark pair": (CLOSED, lambda: [1.0, 0.0]),
    "least dissipation": (CLOSED, lambda: np.exp(-4e-3 * np.array([0.0, 100.0, 500.0, 5000.0]))),
    "relative phase": (CLOSED, lambda: [0.5, 0.0, 0.0, 0.5]),
}
