"""What THERMAL says in Secs. I to III, recomputed: a function per claim of reference_thermal.json.

Units of gamma = 1. Steady states are those of `te.ContinuedFraction`, unless a function says else.
"""

from functools import cache

import numpy as np
from scipy.optimize import minimize_scalar

import thermalent as te
from thermalent.analytic import (
    dark_state,
    markov_populations,
    quasistatic_populations,
    upsilon,
    upsilon_complement,
)
from thermalent.networks.liouvillian import emitter_liouvillian, lowering_operators
from thermalent.operators.superoperators import dense


def link(n_th, kappa, **how):
    return te.thermal_link(n_th, kappa, **how)


@cache
def solved(n_th, kappa):
    return te.steady_state(link(n_th, kappa))


def steady(n_th, kappa, **how):
    return te.steady_state(link(n_th, kappa, **how))


def concurrence(n_th, kappa, **how):
    return float(steady(n_th, kappa, **how).concurrence())


def populations(n_th, kappa):
    found = solved(n_th, kappa).populations()
    return np.array([found[name] for name in ("00", "S", "T", "11")])


def margin(n_th, kappa):
    """Eq. (22) before it is cut off at zero."""
    ground, singlet, triplet, excited = populations(n_th, kappa)
    return singlet - triplet - 2 * np.sqrt(max(ground * excited, 0.0))


def markov_transient():
    """The largest concurrence on the way from |00> under Eq. (17), at n_th = 0.1, 1, 10."""
    found = []
    for n_th in (0.1, 1.0, 10.0):
        # A bandwidth that is far above n_th gamma: Eq. (17).
        network, times = link(n_th, 1e5), np.geomspace(0.01, 30, 60) / (1 + 2 * n_th)
        found.append(np.max(te.evolve(network, times, "00", te.Bourret()).concurrence()))
    return found


def highest(value, low, high):
    """[argmax, maximum] of a smooth function of a positive number, the first to about 1e-6."""
    found = minimize_scalar(
        lambda x: -value(np.exp(x)),
        bounds=(np.log(low), np.log(high)),
        method="bounded",
        options={"xatol": 1e-7},
    )
    return [float(np.exp(found.x)), float(-found.fun)]


@cache
def best_temperature(kappa):
    """[n_th, concurrence] of the largest concurrence at a bandwidth."""
    guess = 1 / (12 * kappa**2)
    return highest(lambda n_th: concurrence(n_th, kappa), guess / 4, 1.5 * guess)


@cache
def best_bandwidth(n_th):
    return highest(lambda kappa: concurrence(n_th, kappa), 0.01, 0.2)


def filtered_light():
    """[Phi/(kappa n_th), g1, g2] of the light at n_th = 3, kappa = 0.4, kappa tau = 0.7."""
    network, delays = te.thermal_link(3.0, 0.4, qubits=1), [0.0, 1.75]
    first, second = (te.coherence(network, delays, "source", order=order) for order in (1, 2))
    return [float(first.flux) / 1.2, *(abs(found.values[1]) for found in (first, second))]


def triplet_form():
    """Largest difference of the qubits' own superoperator from Eqs. (5) and (7)."""
    network = link(1.0, 0.3, detuning=(0.4, -0.7))
    s1, s2 = (dense(o) for o in lowering_operators(network))
    total = s1 + s2
    casc = 0.5j * (s1.conj().T @ s2 - s1 @ s2.conj().T)
    h = casc + 0.4 * s1.conj().T @ s1 - 0.7 * s2.conj().T @ s2
    one, square = np.eye(4), total.conj().T @ total
    expected = -1j * (np.kron(h, one) - np.kron(one, h.T)) + np.kron(total, total.conj())
    expected = expected - (np.kron(square, one) + np.kron(one, square.T)) / 2
    return np.max(np.abs(dense(emitter_liouvillian(network)) - expected))


def singlet_decays():
    """The singlet's population at gamma t = 1, 3, 10, the source cold."""
    evolved = te.evolve(link(0.0, 1.0), [1.0, 3.0, 10.0], "S")
    return evolved.populations()["S"]


def markov_limit():
    """Largest difference from Eq. (18) at n_th = 0.5, times kappa, for kappa = 100, 1000, 1e4."""
    right = markov_populations(0.5).matrix()
    return [k * np.max(np.abs(steady(0.5, k).state - right)) for k in (1e2, 1e3, 1e4)]


def markov_product():
    """How far Eq. (18) is from a product of thermal qubits, and its concurrence, n_th = 2."""
    state = te.steady_state(link(2.0, 0.3), te.Markov()).state
    qubit = np.diag([3.0, 2.0]) / 5
    return [np.max(np.abs(state - np.kron(qubit, qubit))), te.concurrence(state)]


def dark_residual():
    """|S^- Psi| and |H Psi| of Eq. (19) at alpha = 3 - 2i, kappa = 0.05."""
    ket, amplitude = dark_state(3 - 2j, 0.05), 3 - 2j
    s1, s2 = (dense(o) for o in lowering_operators(link(1.0, 0.05)))
    casc = 0.5j * (s1.conj().T @ s2 - s1 @ s2.conj().T)
    total = s1 + s2
    drive = -1j * np.sqrt(0.05) * (amplitude * total.conj().T - np.conj(amplitude) * total)
    return [np.linalg.norm(total @ ket), np.linalg.norm((casc + drive) @ ket)]


def quasistatic():
    """The weight of |00> at Phi/gamma = 0.1, 1, 10; from a link whose bandwidth is 1e-7."""
    return [quasistatic_populations(x).ground for x in (0.1, 1.0, 10.0)]


def formula_22():
    """Largest difference of Eq. (22) from the concurrence, at four points of the plane."""
    points = ((1.0, 0.1), (100.0, 0.01), (1e4, 1e-3), (1e5, 0.01))
    return max(abs(max(0.0, margin(*p)) - float(solved(*p).concurrence())) for p in points)


def weak_and_strong_flux():
    """[C/(8 x) at x = 1e-5; (1 - C) 8 x at x = 10, 100, 1000] of Eq. (23)."""
    return [
        upsilon_complement(1e-5) / 8e-5,
        *(8 * x * upsilon(x) for x in (10.0, 100.0, 1000.0)),
    ]


def rabi_turns():
    """p_1 at gamma t = pi/(2 Omega_R) and pi/Omega_R in a constant field, Phi = 1e4 gamma."""
    # One qubit of a link whose amplitude is constant over the time: few percent decay.
    spin = te.Qubit(name="q")
    h = 100.0 * np.array([[0.0, 1j], [-1j, 0.0]])  # -i Omega_R (sigma^+ - sigma^-)
    driven = te.Qudit(name="q", lower=spin.lowering, local_hamiltonian=h)
    network = te.Network(nodes=(driven,), exchange=np.zeros((1, 1)), decay=np.eye(1))
    times = np.pi / 100 * np.array([0.5, 1.0])
    return [rho[1, 1].real for rho in te.evolve(network, times, "0", te.Fock()).states]


def one_qubit_overshoot():
    """p_1 at gamma t = 0.5 and in the end, Phi = 10 gamma, kappa = 0.01."""
    network = te.thermal_link(2000.0, 0.01, qubits=1)
    at_half = te.evolve(network, [0.5], "0").states[0][1, 1].real
    return [at_half, te.steady_state(network).state[1, 1].real]


CLAIMS = {
    "markov transient": markov_transient,
    "systematic enhancement": lambda: [
        concurrence(n, k) for n, k in ((10.0, 0.1), (1e3, 0.01), (1e5, 0.001), (1e6, 3e-4))
    ],
    "filtered light": filtered_light,
    "triplet form": triplet_form,
    "singlet decays": singlet_decays,
    "Fig. 2(c), broad": lambda: [concurrence(n, 1.0) for n in (0.05, 0.5, 2.0, 10.0)],
    "Fig. 2(c), hotter": lambda: [best_bandwidth(n)[1] for n in (0.5, 2.0, 5.0, 10.0)],
    "Fig. 2(d), exact": lambda: best_bandwidth(2.0),
    "markov limit": markov_limit,
    "Eq. (18)": lambda: populations(2.0, 1e6) - populations_18(2.0),
    "markov product": markov_product,
    "Eq. (19)": dark_residual,
    "Eq. (21)": quasistatic,
    "Eq. (22)": formula_22,
    "Eq. (23), limits": weak_and_strong_flux,
    "Rabi frequency": rabi_turns,
    "Fig. 3(b), overshoot": one_qubit_overshoot,
}


def populations_18(n):
    """Eq. (18) as printed."""
    return np.array([(n + 1) ** 2, n * (n + 1), n * (n + 1), n**2]) / (1 + 2 * n) ** 2
