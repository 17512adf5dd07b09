"""More sentences of TRANSPORT, recomputed: for reference_ring.json, as `sentence_claims`."""

import numpy as np
from ring_claims_generation import left
from ring_claims_transport import (
    BELL_1,
    BELL_2,
    dicke,
    singlet,
    superposed_with_two,
    transported,
    with_qubit_decay,
)
from scipy.integrate import quad

import thermalent as te
from thermalent.excitations import SingleExcitation, peak_concurrence
from thermalent.models.ring_resonators import ring_resonators

G = 0.3
# 85Rb, ground state: MHz and MHz per gauss.
HYPERFINE, BOHR, G_ELECTRON, G_NUCLEUS = 1011.910813, 1.39962449, 2.00233113, -0.00029364
LINEWIDTH = 6.0666  # of the D2 line, MHz
FIELD = 4.5  # gauss


def best_fidelities():
    """sqrt F of |Psi+>, |W_3>, |Phi+>, |3D_2>, |4D_2> at the printed couplings."""
    found = [transported(G).value, dicke(3, 1, 0.248).value, superposed_with_two(np.pi / 4, G)[0]]
    found += [dicke(3, 2, 0.248).value, dicke(4, 2, 0.215).value]
    return np.sqrt(found)


def delayed(tau, right_only, **how):
    network = ring_resonators(G, qubits=2, **({} if right_only else {"decay_left": 1.0}), **how)
    return te.delayed_peak(
        network, BELL_1, target=BELL_2, delay=tau, until=60, clock="arrival"
    ).value


def first_node_comes_back():
    """[sqrt2 g, height of the first revival of |Psi+> in node 1] at g = 0.3."""
    times = np.linspace(6.0, 13.0, 2001)
    start = (te.states.ket("1000") + te.states.ket("0100")) / np.sqrt(2)
    states = te.evolve(ring_resonators(G, qubits=2), times, start, SingleExcitation()).states
    held = np.einsum("i,tij,j->t", start, states, start).real
    rising = int(np.argmax(np.diff(held) > 0))
    return [np.sqrt(2) * G, np.max(held[rising:])]


def formula_3():
    """Largest difference of Eq. (3) from the concurrence of the package, four mixed states."""
    flip = np.fliplr(np.diag([-1.0, 1, 1, -1]))
    worst = 0.0
    for seed in range(4):
        rng = np.random.default_rng(seed)
        a = rng.normal(size=(4, 2)) + 1j * rng.normal(size=(4, 2))
        rho = a @ a.conj().T / np.trace(a @ a.conj().T)
        root = root_of(rho)
        roots = np.sort(np.sqrt(np.abs(np.linalg.eigvalsh(root @ flip @ rho.conj() @ flip @ root))))
        printed = max(0.0, roots[3] - sum(roots[:3]))
        worst = max(worst, abs(printed - float(te.concurrence(rho))))
    return worst


def root_of(rho):
    values, vectors = np.linalg.eigh(rho)
    return (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.conj().T


def dark_singlet():
    """Population of |Psi_-> in the first node at gamma t = 10 and 100."""
    start = (te.states.ket("1000") - te.states.ket("0100")) / np.sqrt(2)
    states = te.evolve(
        ring_resonators(G, qubits=2), [10.0, 100.0], start, SingleExcitation()
    ).states
    return np.einsum("i,tij,j->t", start, states, start).real


def over_theta():
    """sqrt F at theta = 0.4 pi, 0.5 pi, 0.6 pi."""
    return [superposed_with_two(part * np.pi, G)[1] for part in (0.4, 0.5, 0.6)]


def across_the_nodes():
    """Largest C of 2a, 2b from |Psi+> of [1a and 2a, 1a and 1b]."""
    network = ring_resonators(G, qubits=2)
    half = np.sqrt(0.5)
    starts = ({"q1a": half, other: half} for other in ("q2a", "q1b"))
    return [
        peak_concurrence(network, start, pair=("q2a", "q2b"), until=30).value for start in starts
    ]


def nearby_and_far(chi):
    """F at g = 0.3 [half a wavelength apart, gamma_L as a leak]."""
    return [transported(G, **{way: left(chi)}).value for way in ("decay_left", "cavity_loss")]


def half_of_a_delta():
    """Int_0^t ds of a delta at t - x, as sin(W s)/(pi s) with W = 400: x = -1, 0, 1 of t = 5."""
    found = []
    for x in (-1.0, 0.0, 1.0):
        # In pieces between the zeros of the sine: quad alone misses them.
        value = 0.0
        for low in np.arange(-x, 5 - x - 1e-12, 0.05):
            value += quad(lambda u: 400 * np.sinc(400 * u / np.pi) / np.pi, low, low + 0.05)[0]
        found.append(value)
    return found


def cyclic():
    """|<a^+ [X, a]> less [the middle of (A9) as printed, with a^+ a X, Tr X [a, rho a^+]]|."""
    rng = np.random.default_rng(0)
    a = np.diag(np.sqrt(np.arange(1.0, 4)), 1)
    x, b = (rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4)) for _ in range(2))
    rho = b @ b.conj().T / np.trace(b @ b.conj().T)
    up = a.T
    exact = np.trace(up @ (x @ a - a @ x) @ rho)
    printed = np.trace((up @ x @ a - a @ x @ up) @ rho)
    meant = np.trace((up @ x @ a - up @ a @ x) @ rho)
    last = np.trace(x @ (a @ rho @ up - rho @ up @ a))
    return np.abs([printed - exact, meant - exact, last - exact])


def hermitian():
    """|H - H^+| of one term of (A2) at (omega - omega_c) t = 0.7 [as printed, with exp(-i..)]."""
    a, one = np.array([[0.0, 1], [0, 0]]), np.eye(2)
    system, wave = np.kron(a, one), np.kron(one, a)
    found = []
    for sign in (1, -1):
        h = 1j * np.exp(0.7j - 0.3j) * wave.T @ system
        h = h - 1j * np.exp(sign * 0.7j + 0.3j) * system.T @ wave
        found.append(np.max(np.abs(h - h.conj().T)))
    return found


def spin(j):
    """J_z and J_+ of a spin, from the lowest level up."""
    m = np.arange(-j, j + 1)
    return np.diag(m), np.diag(np.sqrt(j * (j + 1) - m[:-1] * (m[:-1] + 1)), -1)


def polarisations():
    """Strength of F = 3, m = 3 to F' = 4 by sigma+ over that by sigma-, coupling spins 3 and 1."""
    (z3, p3), (z1, p1) = spin(3), spin(1)
    one3, one1 = np.eye(7), np.eye(3)
    z, up = np.kron(z3, one1) + np.kron(one3, z1), np.kron(p3, one1) + np.kron(one3, p1)
    square = up.T @ up + z @ (z + np.eye(21))
    values, vectors = np.linalg.eigh(square)
    four = vectors[:, np.abs(values - 20) < 1e-9]  # F'(F' + 1) = 20
    ends = (np.kron(np.eye(7)[6], np.eye(3)[q]) for q in (2, 0))
    strong, weak = (np.sum((four.T @ ket) ** 2) for ket in ends)
    return strong / weak


def zeeman():
    """[MHz between m_F = 3 and 2 of F = 3 at 4.5 G, over the natural line width]."""
    (zi, pi), (zs, ps) = spin(2.5), spin(0.5)
    z_i, z_s = np.kron(zi, np.eye(2)), np.kron(np.eye(6), zs)
    flip = np.kron(pi, ps.T)
    h = HYPERFINE * (z_i @ z_s + (flip + flip.T) / 2)
    h = h + BOHR * FIELD * (G_ELECTRON * z_s + G_NUCLEUS * z_i)
    levels = np.linalg.eigvalsh(h)  # F = 2 first, then F = 3 from m = -3 on
    return [levels[-1] - levels[-2], (levels[-1] - levels[-2]) / LINEWIDTH]


CLAIMS = {
    "as high as 0.954": best_fidelities,
    "C around 0.91": lambda: transported(G).value,
    "non-Markovian": lambda: [
        transported(G, decay_left=1.0, until=60).value,
        *(delayed(tau, False) for tau in (1.0, 3.0)),
    ],
    "delay of a cascade": lambda: [delayed(tau, True) for tau in (0.5, 5.0)],
    "transport, weak coupling": first_node_comes_back,
    "transport, beta near one": lambda: [
        transported(G, cavity_loss=(1 - beta) / beta).value for beta in (0.99, 0.95)
    ],
    "Eq. (3)": formula_3,
    "Psi- is dark": dark_singlet,
    "least at ee": over_theta,
    "low excitations": lambda: [dicke(4, k, 0.215).value for k in (1, 2, 3)],
    "fidelity falls with decay": lambda: [
        with_qubit_decay(rate)[1] for rate in (0.01, 0.05, 0.1, 0.2)
    ],
    "1a and 2a": across_the_nodes,
    "all Bell states": lambda: [
        transported(G).value,
        singlet(G),
        superposed_with_two(np.pi / 4, G)[0],
    ],
    "insensitive to chirality": lambda: nearby_and_far(0.95) + nearby_and_far(0.9),
    "95 % directionality": lambda: nearby_and_far(0.9),
    "Eq. (A2)": hermitian,
    "Eq. (A7)": half_of_a_delta,
    "Eq. (A9)": cyclic,
    "polarisations of rubidium": polarisations,
    "4.5 G": zeeman,
}
