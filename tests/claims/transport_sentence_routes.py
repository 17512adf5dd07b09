"""The rows of `transport_sentences` by another route, by hand."""

import numpy as np
import ring_transport_routes as transport
from flint import arb
from mpmath import si
from ring_delay import by_steps
from rings_by_hand import evolved, peak

AMPLITUDES = "exponentials of the amplitudes in 256 bits"
MASTER = "master equation with two excitations written out"
STEPS = "Runge-Kutta steps for the delay"
CLOSED = "a closed form"
ALGEBRA = "the matrices written out"
G = 0.3


def left(chi):
    return (1 - chi) / (1 + chi)


def best_fidelities():
    found = [transport.transported(G)[0], transport.dicke(3, 1, 0.248)[0]]
    found += [transport.superposed_with_two(np.pi / 4)[0]]
    found += [transport.dicke(3, 2, 0.248)[0], transport.dicke(4, 2, 0.215)[0]]
    return np.sqrt(found)


def first_node_comes_back():
    """exp(-t/4) [cos(kt/4) + sin(kt/4)/k] is largest again where its sine is zero, at kt = 4 pi."""
    k = np.sqrt(16 * 2 * G**2 - 1)
    return [np.sqrt(2) * G, np.exp(-2 * np.pi / k)]


def formula_3():
    """For an X state, whose roots are known: rho_14 and rho_23 with the populations."""
    a, b, c, d, w, z = 0.3, 0.25, 0.35, 0.1, 0.1 + 0.05j, 0.2 - 0.1j
    rho = np.diag([a, b, c, d]).astype(complex)
    rho[0, 3], rho[3, 0], rho[1, 2], rho[2, 1] = w, w.conjugate(), z, z.conjugate()
    flip = np.fliplr(np.diag([-1.0, 1, 1, -1]))
    roots = np.sort(np.sqrt(np.linalg.eigvals(rho @ flip @ rho.conj() @ flip).real))
    printed = roots[3] - sum(roots[:3])
    known = 2 * max(0.0, abs(z) - np.sqrt(a * d), abs(w) - np.sqrt(b * c))
    return abs(printed - known)


def dark_singlet():
    start = [0, 0, 1, -1, 0, 0]
    found = []
    for t in (10.0, 100.0):
        psi = evolved(transport.transport_matrix(G), arb(t), start)
        found.append(float(abs(complex(psi[2]) - complex(psi[3])) ** 2 / 4))
    return found


def over_theta():
    return [transport.superposed_with_two(part * np.pi)[1] for part in (0.4, 0.5, 0.6)]


def across_the_nodes():
    """The pair 2a, 2b is amplitudes 4 and 5; from 1a, 2a its dark part stays: C = 1/4."""
    m = transport.transport_matrix(G)
    alone = 2 * (np.sqrt(0.5) / 2) ** 2
    return [alone, peak(m, transport.PAIR_1, until=30, pair=(4, 5))[0] / 2]


def nearby_and_far(chi):
    ways = ({"left": (left(chi),) * 2}, {"leak": left(chi)})
    return [transport.transported(G, **way)[0] for way in ways]


def singlet_and_others():
    found = [transport.transported(G)[0], transport.singlet()]
    return [*found, transport.superposed_with_two(np.pi / 4)[0]]


def half_of_a_delta():
    """[Si(W (t - x)) + Si(W x)]/pi."""
    return [float((si(400 * (5 - x)) + si(400 * x)) / np.pi) for x in (-1.0, 0.0, 1.0)]


def cyclic():
    """The same random matrices, entry by entry: Tr ABC is the sum of A_ij B_jk C_ki."""
    rng = np.random.default_rng(0)
    a = np.diag(np.sqrt(np.arange(1.0, 4)), 1)
    x, b = (rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4)) for _ in range(2))
    rho = b @ b.conj().T / np.trace(b @ b.conj().T)

    def trace(*factors):
        letters = "abcdefg"[: len(factors)]
        ends = letters[1:] + letters[0]
        return np.einsum(",".join(p + q for p, q in zip(letters, ends, strict=True)), *factors)

    exact = trace(a.T, x, a, rho) - trace(a.T, a, x, rho)
    printed = trace(a.T, x, a, rho) - trace(a, x, a.T, rho)
    last = trace(x, a, rho, a.T) - trace(x, rho, a.T, a)
    return np.abs([printed - exact, 0, last - exact])


def hermitian():
    """i (x b^+ a - y a^+ b) is Hermitian for y = x*, here with x = exp(i (0.7 - 0.3))."""
    return [abs(np.exp(0.4j) - np.exp(-1j * (sign * 0.7 + 0.3))) for sign in (1, -1)]


def zeeman():
    """Breit and Rabi: m_F = 3 is linear in the field, m_F = 2 has a root."""
    bohr, electron, nucleus, field = 1.39962449, 2.00233113, -0.00029364, 4.5
    split = 3 * 1011.910813
    x = (electron - nucleus) * bohr * field / split
    upper = -split / 12 + nucleus * bohr * field * 3 + split / 2 * (1 + x)
    lower = -split / 12 + nucleus * bohr * field * 2 + split / 2 * np.sqrt(1 + 4 / 3 * x + x**2)
    return [upper - lower, (upper - lower) / 6.0666]


def w_to(k):
    return transport.dicke(4, k, 0.215)[0]


ROUTES = {
    "as high as 0.954": (MASTER, best_fidelities),
    "C around 0.91": (AMPLITUDES, lambda: transport.transported(G)[0]),
    "non-Markovian": (
        STEPS,
        lambda: [
            transport.transported(G, left=(1, 1), until=60.0)[0],
            *(by_steps((G,), 1.0, tau, "transport") for tau in (1.0, 3.0)),
        ],
    ),
    "delay of a cascade": (
        AMPLITUDES,
        lambda: [transport.transported(G, phase=d)[0] for d in (0.5, 5.0)],
    ),
    "transport, weak coupling": (CLOSED, first_node_comes_back),
    "transport, beta near one": (
        AMPLITUDES,
        lambda: [transport.transported(G, leak=(1 - b) / b)[0] for b in (0.99, 0.95)],
    ),
    "Eq. (3)": (CLOSED, formula_3),
    "Psi- is dark": (AMPLITUDES, dark_singlet),
    "least at ee": (MASTER, over_theta),
    "low excitations": (AMPLITUDES, lambda: [w_to(k) for k in (1, 2, 3)]),
    "fidelity falls with decay": (
        AMPLITUDES,
        lambda: [transport.with_qubit_decay(rate)[1] for rate in (0.01, 0.05, 0.1, 0.2)],
    ),
    "1a and 2a": (AMPLITUDES, across_the_nodes),
    "all Bell states": (MASTER, singlet_and_others),
    "insensitive to chirality": (AMPLITUDES, lambda: nearby_and_far(0.95) + nearby_and_far(0.9)),
    "95 % directionality": (AMPLITUDES, lambda: nearby_and_far(0.9)),
    "Eq. (A2)": (CLOSED, hermitian),
    "Eq. (A7)": (CLOSED, half_of_a_delta),
    "Eq. (A9)": (ALGEBRA, cyclic),
    "polarisations of rubidium": (CLOSED, lambda: (2 * 3 + 1) * (3 + 1)),
    "4.5 G": (CLOSED, zeeman),
}
