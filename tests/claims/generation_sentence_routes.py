"""The rows of `generation_sentences` by another route, by hand."""

from functools import cache

import numpy as np
import ring_generation_routes as ring
import ring_transport_routes as transport
from equation_routes import collective
from flint import acb, arb
from ring_delay import matrices, value
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
from scipy.integrate import quad
from scipy.linalg import expm

AMPLITUDES = "exponentials of the amplitudes in 256 bits"
CLOSED = "a closed form"
ALGEBRA = "the matrices written out"
QUADRATURE = "quadrature over exponentials of the amplitudes"
STEPS = "Runge-Kutta steps for the delay"
PRINTED = (0.126, 0.277)
ALPHA, TURN = 0.4, 0.7


def left(chi):
    return (1 - chi) / (1 + chi)


def turned(m, alpha):
    """The second coupling as g_2 exp(i alpha): c_2 sees it so, its qubit conjugated."""
    turn = acb(0, arb(alpha)).exp()
    m[1][3] = m[1][3] * turn
    m[3][1] = m[3][1] * turn.conjugate()
    return m


def printed_phases():
    """c_10 and c_01 of (8), which the first route does not read."""
    (g1, g2), found = PRINTED, []
    k1, k2 = (np.sqrt(1 - 16 * g * g + 0j) for g in PRINTED)
    for t in (1.0, 5.0, 20.0):
        m = turned(rings(PRINTED, phase=TURN), ALPHA)
        for i in range(4):
            m[i][i] = m[i][i] + acb(0, -0.3)
        psi = [complex(x) for x in evolved(m, t, ring.EG)]
        s1, s2, c1, c2 = (f(k * t / 4) for f in (np.sinh, np.cosh) for k in (k1, k2))
        decay = np.exp(-t * (1 + 1.2j) / 4)
        c_10 = -4j * g1 * decay * s1 / k1
        c_01 = -1j * g1 * decay * np.exp(1j * TURN) * (s2 / k2 - s1 / k1 + c1 - c2)
        found += [abs(c_10 - psi[0]), abs(c_01 / (g1**2 - g2**2) - psi[1])]
    return max(found)


def limits_of_8():
    """The limits written out: sinh(kt/4)/k to t/4, and the derivative in kappa^2."""

    def second(pair, t):
        return float(norm2(evolved(rings(pair), t, ring.EG)[3]).sqrt())

    k, t = np.sqrt(16 * 0.3**2 - 1), 6.0
    equal = 8 * 0.09 * (4 * np.sin(k * t / 4) - k * t * np.cos(k * t / 4)) / k**3
    k = np.sqrt(16 * 0.4**2 - 1)
    quarter = 4 * 0.1 * (t / 4 - np.sin(k * t / 4) / k) / (0.4**2 - 0.25**2)
    both = 8 / 16 * t**3 / 48  # of order t^3: (kt ch - 4 sh)/k^3 to t^3/48
    printed = np.exp(-t / 4) * np.abs([equal, quarter, both])
    exact = [second(pair, t) for pair in ((0.3, 0.3), (0.25, 0.4), (0.25, 0.25))]
    return np.abs(printed - exact)


def everything():
    m = turned(rings((0.2, 0.3), left=(0.3, 0.3), phase=TURN), ALPHA)
    m = as_numbers(m)
    return m - np.diag([0.1j, 0.25j, 0.3j + 0.01, -0.2j + 0.025])


def laplace_transform():
    """By adaptive integration of exponentials in double precision, all four amplitudes."""
    m, start = everything(), np.array(ring.EG, complex)
    exact = np.linalg.solve(0.4 * np.eye(4) - m, start)
    found = []
    for i in range(4):
        parts = [
            quad(lambda t, i=i, p=p: p((expm((m - 0.4 * np.eye(4)) * t) @ start)[i]), 0, 60)[0]
            for p in (np.real, np.imag)
        ]
        found.append(abs(complex(*parts) - exact[i]))
    return max(found)


def concurrence_by_coherence():
    """Wootters' roots of rho = p |gg><gg| + |psi><psi|: 2|ab|, 0, 0, 0."""
    worst = 0.0
    for t in (0.5, 3.0, 12.6, 30.0):
        psi = [complex(x) for x in evolved(rings(PRINTED), t, ring.EG)][2:]
        ket = np.array([0, psi[1], psi[0], 0])
        rho = np.outer(ket, ket.conj())
        rho[0, 0] = 1 - np.trace(rho).real
        flip = np.fliplr(np.diag([-1, 1, 1, -1]))
        roots = np.sort(np.sqrt(np.abs(np.linalg.eigvals(rho @ flip @ rho.conj() @ flip))))
        worst = max(worst, abs(roots[3] - sum(roots[:3]) - 2 * abs(rho[1, 2])))
    return worst


def with_first_larger():
    g1, g2, top, _ = ring.best_generated((1.5, 1.2, 2.1))
    return [g1, g2, top]


def bell_fidelities():
    g1, g2, _, time = ring.chiral_optimum()
    psi = [complex(x) for x in evolved(rings((g1, g2)), arb(time), ring.EG)]
    apart = [abs(psi[2] + sign * psi[3]) ** 2 / 2 for sign in (1, -1)]
    return [*apart, abs(psi[3]) ** 2]


def transfer_at_ratio(ratio):
    def moved(x):
        return overlap(evolved(rings((x[0], ratio * x[0])), x[1], ring.EG), ring.GE)

    guess = 0.43 / np.sqrt(ratio)
    time = peak(rings((guess, ratio * guess)), ring.EG, until=20, target=ring.GE)[1]
    return maximum(moved, (guess, time))[1]


def dropped_exponential():
    g1, _, _, time = ring.chiral_optimum()
    return np.exp(-np.sqrt(1 - 16 * g1**2) * np.array([10.0, time]) / 2)


def beside_a_quarter(both_real, start):
    def made(x):
        pair = (x[0], arb("0.25")) if both_real else (arb("0.25"), x[0])
        return concurrence(evolved(rings(pair), x[1], ring.EG))

    (g, _), top = maximum(made, start)
    return [g, top]


def long_time_peak(g1, g2):
    """(10) as printed, with kappa_2 = i k."""
    t = np.linspace(10, 20, 100001)
    kappa, k = np.sqrt(1 - 16 * g1**2), np.sqrt(16 * g2**2 - 1)
    front = 4 * g1 * g2 / ((g1**2 - g2**2) * kappa * k) * (1 + 1 / kappa)
    late = kappa * np.sin(k * t / 4) - k / 2 * np.exp(kappa * t / 4)
    return np.max(np.abs(front * np.exp(-(2 - kappa) * t / 4) * late))


def made(**how):
    return ring.generated(g=PRINTED, **how)[0]


def apart(index, offsets):
    """C with detunings of two amplitudes, cavities 0 and 1 or atoms 2 and 3."""
    m = rings(PRINTED)
    for i, offset in zip(index, offsets, strict=True):
        m[i][i] = m[i][i] + acb(0, -offset)
    return peak(m, ring.EG, until=60)[0]


@cache
def mean_detuned(indices, order, width):
    places, weights = np.polynomial.legendre.leggauss(order)
    grid = np.indices((order,) * len(indices)).reshape(len(indices), -1).T
    matrices_ = np.array([as_numbers(rings(PRINTED))] * len(grid))
    for column, i in enumerate(indices):
        matrices_[:, i, i] -= 1j * width * places[grid[:, column]]
    tops = peaks_of_many(matrices_, ring.EG, np.sqrt(2) * np.eye(4)[2:], 80, 500)
    return float(np.prod(weights[grid] / 2, axis=1) @ tops)


def purely_dissipative():
    """(11) has no coherent part: that of (3) vanishes, and both jumps are one."""
    found = []
    for n in (1, 2):
        whole, h, a, b = collective(1.0, 1.0, n * np.pi)
        jump = a + (-1) ** n * b
        one, number = np.eye(4), jump.T @ jump
        printed = 2 * np.kron(jump, jump) - np.kron(number, one) - np.kron(one, number)
        found.append(max(np.max(np.abs(whole - printed)), np.max(np.abs(h))))
    return found


def delayed_symmetric(tau, until=1500.0):
    """Runge and Kutta's steps with what was sent 2 tau before, the largest value by a parabola."""
    a, b = matrices((0.0041, 0.0017), 1.0, "generation")
    hops = round(2 * tau / 0.1)
    step, psi = 2 * tau / hops, [np.array(ring.EG, complex)]

    def came(k):
        return psi[k] if k >= 0 else np.zeros(4)

    for k in range(int(until / step)):
        # The wave that comes back, at both ends of the step and in the middle, by a cubic.
        ends = came(k - hops), came(k - hops + 1)
        if k >= hops + 1 and k + 2 - hops < len(psi):
            middle = (9 * (ends[0] + ends[1]) - came(k - hops - 1) - came(k - hops + 2)) / 16
        else:
            middle = (ends[0] + ends[1]) / 2
        first = a @ psi[k] + b @ ends[0]
        second = a @ (psi[k] + step / 2 * first) + b @ middle
        third = a @ (psi[k] + step / 2 * second) + b @ middle
        fourth = a @ (psi[k] + step * third) + b @ ends[1]
        psi.append(psi[k] + step / 6 * (first + 2 * second + 2 * third + fourth))
    values = value(np.array(psi), "generation")
    top = int(np.argmax(values))
    before, at, after = values[top - 1 : top + 2]
    return at + (before - after) ** 2 / (8 * (2 * at - before - after))


def best_symmetric_distance():
    def got(x):
        m = rings((0.0041, 0.0017), left=(1, 1), phase=x[0] * 2 * arb.pi())
        return concurrence(evolved(m, x[1], ring.EG))

    (part, _), top = maximum(got, (0.49999, 1000.0))
    return [part, top]


def unequal_couplings():
    (first, second, ratio, _), _ = ring.unequal_optimum()
    return [first, second / ratio]


def caesium():
    """From the wavelength of the D2 line in nm and the lifetime of its upper level in ns."""
    rate = 299792458e3 / 852.34727582 / 1e7  # MHz
    return [rate, 1e3 / (2 * np.pi * 30.405) / rate]


BOTH = (0, 1, 2, 3)
ROUTES = {
    "Eq. (8), phases": (AMPLITUDES, printed_phases),
    "Eq. (8), limits": (AMPLITUDES, limits_of_8),
    "Eqs. (6), (7)": (ALGEBRA, laplace_transform, 1e-7),
    "C = 2|rho_12|": (ALGEBRA, concurrence_by_coherence),
    "no cavities, 0.735": (CLOSED, lambda: 2 / np.e),
    "unequal over bare": (AMPLITUDES, lambda: ring.unequal_optimum()[1] * np.e / 2),
    "equal couplings entangle": (
        AMPLITUDES,
        lambda: [
            ring.generated(g=(g, g), until=60 + 12 / g**2)[0] for g in (0.43, 0.25, 0.1, 0.03)
        ],
    ),
    "g_2 > g_1": (AMPLITUDES, with_first_larger),
    "odd Bell state": (AMPLITUDES, bell_fidelities),
    "transfer at other ratios": (
        AMPLITUDES,
        lambda: [transfer_at_ratio(r) for r in (1.0, 1.5, 2.0)],
    ),
    "ensembles": (AMPLITUDES, lambda: transport.w_optimum(4)),
    "dropped exponential": (AMPLITUDES, dropped_exponential),
    "both kappa real": (AMPLITUDES, lambda: beside_a_quarter(True, (0.117, 13.0))),
    "both kappa imaginary": (AMPLITUDES, lambda: beside_a_quarter(False, (0.566, 6.0))),
    "Eq. (10), optimum": (
        CLOSED,
        lambda: [long_time_peak(*PRINTED), long_time_peak(0.2499, 0.277)],
    ),
    "generation, any distance": (
        AMPLITUDES,
        lambda: [made(phase=d) for d in (0.3, 1.7, np.pi)],
    ),
    "sweet spot": (
        AMPLITUDES,
        lambda: [
            made(left=(left(chi),) * 2, phase=2 * PI * part)
            for chi in (0.95, 0.8)
            for part in (0.5, 0.48, 0.45)
        ],
    ),
    "stored at the peak": (AMPLITUDES, lambda: [made()] * 3),
    "common frequency": (
        AMPLITUDES,
        lambda: [made(), apart(BOTH, (1000.0,) * 4)],
    ),
    "10^7 gamma_R": (CLOSED, caesium),
    "realistic detunings": (
        QUADRATURE,
        lambda: [mean_detuned(BOTH, 3, half) for half in (0.05, 0.25, 0.5)],
    ),
    "dominated by atoms": (
        QUADRATURE,
        lambda: [
            mean_detuned(*args, 0.25) for args in (((2, 3), 6), ((0, 1), 6), ((2, 3, 0, 1), 3))
        ],
    ),
    "most detrimental": (
        AMPLITUDES,
        lambda: [
            made(decay=arb("0.1")),
            made(leak=arb("0.1")),
            made(left=(arb("0.1"),) * 2),
            apart((0, 1), (0.05, -0.05)),
            apart((2, 3), (0.05, -0.05)),
        ],
    ),
    "more Rabi oscillations": (
        CLOSED,
        lambda: [0.0, float(np.exp(-2 * np.pi / np.sqrt(16 * 2.21**2 - 1)))],
    ),
    "Eq. (11)": (ALGEBRA, purely_dissipative),
    "nonchiral, delayed": (
        STEPS,
        lambda: [
            ring.generated(**ring.SLOW, until=1500)[0],
            delayed_symmetric(1.0),
            delayed_symmetric(10.0),
        ],
    ),
    "nonchiral, best distance": (AMPLITUDES, best_symmetric_distance),
    "weak coupling": (AMPLITUDES, lambda: ring.chiral_optimum()[:2]),
    "weak coupling, 0.969": (AMPLITUDES, unequal_couplings),
    "fast": (
        AMPLITUDES,
        lambda: [
            ring.generated(g=PRINTED)[1],
            ring.generated(g=(2.21, 2.11), right=(1, 4.82))[1],
        ],
    ),
    "directionality of 90 %": (
        AMPLITUDES,
        lambda: [made(left=(left(0.8),) * 2), made(leak=left(0.8))],
    ),
    "beta near one": (
        AMPLITUDES,
        lambda: [made(leak=(1 - beta) / beta) for beta in (0.99, 0.95)],
    ),
    "perfect chirality not required": (
        AMPLITUDES,
        lambda: [made(left=(left(0.9),) * 2), made(leak=left(0.9))],
    ),
    "robust": (
        AMPLITUDES,
        lambda: [
            made(left=(left(0.9),) * 2, phase=0.96 * PI),
            made(leak=left(0.9)),
            apart((2, 3), (0.05, -0.05)),
            made(decay=arb("0.01")),
        ],
    ),
}
