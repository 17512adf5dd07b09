"""What TRANSPORT prints, recomputed: a function per claim of reference_ring.json."""

from functools import cache

import numpy as np
from ring_claims_generation import ROOT_HALF, left, slope
from scipy.optimize import brentq, minimize_scalar

import thermalent as te
from tests.claims import ring_delay
from thermalent.analysis.optimise import optimise
from thermalent.analytic.ring_resonators import bell_transfer_fidelity
from thermalent.excitations import FewExcitations, average, peak_transfer
from thermalent.models.ring_resonators import ring_resonators

BELL_1, BELL_2 = ({f"q{node}a": ROOT_HALF, f"q{node}b": ROOT_HALF} for node in (1, 2))


def transported(g, *, until=30.0, **options):
    """Largest squared fidelity of |Psi+> from node to node; it is also the concurrence."""
    network = ring_resonators(g, qubits=2, **options)
    return peak_transfer(network, BELL_1, BELL_2, until=until)


def dicke(n, k, g, *, until=30.0):
    """Largest squared fidelity of |N D_k>, by collective spins."""
    network = ring_resonators(g, qubits=n, collective=True)
    return peak_transfer(network, f"{k},0", f"0,{k}", until=until)


def fidelities(peak):
    """F, sqrt F and the time."""
    return [peak.value, np.sqrt(peak.value), peak.time]


@cache
def best_of_one(objective, low, high, **options):
    """[argmax, maximum] over one coupling."""
    found = optimise(lambda g: g, {"g": (low, high)}, objective, starts=3, **options)
    return [found.parameters["g"], found.value]


def transport_at_chirality(chi):
    """C with the coupling best at k D = pi: without delay, at gamma tau = 1, gamma_L as a leak."""

    def best(**how):
        return best_of_one(lambda g: transported(g, until=60, **how), 0.1, 0.7)[1]

    if chi == 1:
        return best()
    delayed = ring_delay.best(left(chi), 1.0, "transport", (0.3,))[0]
    return [best(decay_left=left(chi)), delayed, best(cavity_loss=left(chi))]


def transport_slope():
    until = 1.3 * np.pi / np.sqrt(2)
    value = lambda g: transported(g, decay_left=1.0, until=until / g).value  # noqa: E731
    return slope(value, 4e-4)


def superposed_with_two(theta, g):
    """cos|gg> + sin|ee>: the fidelity of node 2 needs the jumps."""
    network = ring_resonators(g, qubits=2)
    psi = np.array([np.cos(theta), 0, 0, np.sin(theta)])
    start = np.kron(psi, te.states.ket("00"))

    def root(t):
        state = te.evolve(network, [t], start, FewExcitations()).at(0)
        return te.fidelity(state.reduced("q2a", "q2b"), psi, squared=False)

    found = minimize_scalar(
        lambda t: -root(t), bounds=(8.0, 9.2), method="bounded", options={"xatol": 1e-7}
    )
    return [found.fun**2, -found.fun, found.x]


def bell_formula(pairs):
    """Largest deviation of the closed form from the network over (theta, phi)."""
    largest = transported(0.3).value
    deviations = []
    for theta, phi in pairs:
        c, s = np.cos(theta), np.exp(1j * phi) * np.sin(theta)
        network = ring_resonators(0.3, qubits=2)
        found = peak_transfer(network, {"q1a": c, "q1b": s}, {"q2a": c, "q2b": s}, until=30)
        deviations.append(abs(found.value - bell_transfer_fidelity(theta, phi, largest)))
    return max(deviations)


def singlet(g):
    network = ring_resonators(((g, -g), (g, -g)), qubits=2)
    start, target = ({f"q{node}a": ROOT_HALF, f"q{node}b": -ROOT_HALF} for node in (1, 2))
    return peak_transfer(network, start, target, until=30).value


def dicke_optimum(n, k):
    g, _ = best_of_one(lambda g: dicke(n, k, g), 0.3 / np.sqrt(n), 0.6 / np.sqrt(n))
    return [g, *fidelities(dicke(n, k, g))]


def w_optimum(n):
    """Over qubits one by one, not collective."""

    def fidelity(g):
        names = ring_resonators(g, qubits=n).emitter_names
        ends = ({name: n**-0.5 for name in part} for part in (names[:n], names[n:]))
        return peak_transfer(ring_resonators(g, qubits=n), *ends, until=20)

    g, value = best_of_one(fidelity, 0.35 / np.sqrt(n), 0.5 / np.sqrt(n))
    return [np.sqrt(n) * g, value]


def w_to_w(m, n):
    x = w_optimum(1)[0]
    network = ring_resonators((x / np.sqrt(m), x / np.sqrt(n)), qubits=(m, n), collective=True)
    return peak_transfer(network, "1,0", "0,1", until=30).value


@cache
def with_qubit_decay(gamma):
    g, value = best_of_one(lambda g: transported(g, qubit_decay=gamma), 0.15, 1.0)
    return [g, value, np.sqrt(value)]


def decay_thresholds():
    """Qubit decay at which the optimised chiral link falls to 0.58502, and to sqrt F = 0.78."""
    ideal = transported(0.3, decay_left=1.0).value

    def threshold(level):
        return brentq(lambda gamma: with_qubit_decay(gamma)[1] - level, 0.05, 0.2, xtol=1e-9)

    return [threshold(ideal), threshold(0.78**2)]


@cache
def detuned_w3(x, where):
    qubits = {"detuning": (x[:3], x[3:])} if where == "qubits" else {}
    cavities = {"cavity_detuning": x} if where == "cavities" else {}
    network = ring_resonators(0.248, qubits=3, **qubits, **cavities)
    ends = ({f"q{node}{letter}": 3**-0.5 for letter in "abc"} for node in (1, 2))
    return peak_transfer(network, *ends, until=20).value


def mean_over_qubits(delta, power=1.0, **how):
    """Mean of F^power over the six qubits' detunings."""
    return average(
        lambda x: detuned_w3(tuple(x), "qubits") ** power, dimension=6, width=delta, **how
    )


def mean_over_cavities(delta):
    root = lambda x: np.sqrt(detuned_w3(tuple(x), "cavities"))  # noqa: E731
    # Far off resonance the first peak in time is not always the largest: a kink.
    return average(root, dimension=2, width=delta, order=12 if delta < 1 else 24)


def without_cavities_together():
    spins = tuple(te.CollectiveSpin(name=f"q{i}", qubits=2) for i in (1, 2))
    exchange, decay = te.Cascade(rates=(1.0, 1.0)).coupling()
    network = te.Network(nodes=spins, exchange=exchange, decay=decay)
    return peak_transfer(network, "10", "01", until=10).value


def without_cavities_chain():
    qubits = tuple(te.Qubit(name=f"q{i}") for i in range(4))
    exchange, decay = te.Cascade(rates=(1.0,) * 4).coupling()
    network = te.Network(nodes=qubits, exchange=exchange, decay=decay)
    ends = ({f"q{i}": ROOT_HALF, f"q{i + 1}": ROOT_HALF} for i in (0, 2))
    return peak_transfer(network, *ends, until=20).value


def best_transport_distance(chi):
    """kD/pi near 1 at which the concurrence is largest, at the printed coupling."""

    def objective(kd):
        return transported(0.3, decay_left=left(chi), distance=kd * np.pi)

    found = optimise(lambda kd: kd, {"kd": (0.85, 1.1)}, objective, starts=3, noise=1e-13)
    return found.parameters["kd"]


def bend_over_distance(chi, step=0.02):
    """-C'' at kD = pi, by the second difference."""
    at = [
        transported(0.3, decay_left=left(chi), distance=np.pi + shift).value
        for shift in (-step, 0.0, step)
    ]
    return (2 * at[1] - at[0] - at[2]) / step**2


def phase_of_two(theta=0.7):
    """Spread over phi of the fidelity of cos|gg> + exp(i phi) sin|ee> at gamma t = 8.6."""
    network = ring_resonators(0.3, qubits=2)
    found = []
    for phi in (0.0, 1.0, 2.0, np.pi):
        psi = np.array([np.cos(theta), 0, 0, np.exp(1j * phi) * np.sin(theta)])
        start = np.kron(psi, te.states.ket("00"))
        state = te.evolve(network, [8.6], start, FewExcitations()).at(0)
        found.append(te.fidelity(state.reduced("q2a", "q2b"), psi, squared=True))
    return np.ptp(found)


def symmetric_with_decay(gamma):
    """The largest fidelity on a symmetric waveguide at its best coupling."""
    guess = np.sqrt(gamma)  # the waveguide takes 2.2 g, the qubits 2.2 gamma/g
    value = lambda g: transported(  # noqa: E731
        g, qubit_decay=gamma, decay_left=1.0, until=8 / guess
    )
    return best_of_one(value, 0.6 * guess, 1.6 * guess)[1]


def equally_good_decay():
    """Qubit decay at which both waveguides do equally well, and how well."""
    gap = lambda gamma: symmetric_with_decay(gamma) - with_qubit_decay(gamma)[1]  # noqa: E731
    gamma = brentq(gap, 7e-4, 8e-4, xtol=1e-9)
    return [gamma, with_qubit_decay(gamma)[1]]


def unknown_qubit():
    """Mean fidelity over all states of one qubit, its known phase turned back, at the best g."""
    g, _ = w_optimum(1)
    network = ring_resonators(g, qubits=1)
    peak = peak_transfer(network, "10", "01", until=20)
    kets = np.array([[1, 0], [0, 1], [1, 1], [1, -1], [1, 1j], [1, -1j]], dtype=complex)
    kets /= np.linalg.norm(kets, axis=1)[:, None]
    states = []
    for ket in kets:
        start = np.kron(ket, [1, 0])
        states.append(te.evolve(network, [peak.time], start, FewExcitations()).at(0).reduced("q2"))
    phase = np.angle(states[2][1, 0])
    turn = np.diag([1, np.exp(-1j * phase)])
    # Six states are a 2-design: their mean is that over the sphere.
    fidelities = [
        (ket.conj() @ turn @ rho @ turn.conj() @ ket).real
        for ket, rho in zip(kets, states, strict=True)
    ]
    return np.mean(fidelities)


def unknown_qutrit():
    """The same of |00>, |Psi+>, |11> of two qubits, at g = 0.3 and the best time."""
    network, levels = ring_resonators(0.3, qubits=2), [(BELL_1, BELL_2), ("1100", "0011")]

    def value(time):
        return float(te.unknown_state_fidelity(network, [time], levels)[0])

    top = minimize_scalar(lambda t: -value(t), bounds=(7, 8.2), method="bounded")
    return -top.fun


def after_a_long_delay():
    """F of |Psi+> at g = 0.3, chi = 0.8: gamma_L lost by both nodes, by the second alone; a round
    trip of twice the peak's time, of the peak's time, of half of it."""
    both = ring_resonators(0.3, qubits=2, decay_left=left(0.8))
    delayed = (
        te.delayed_peak(both, BELL_1, target=BELL_2, delay=tau, until=30, clock="arrival").value
        for tau in (6.8, 3.4, 1.7)
    )
    lost = [transported(0.3, cavity_loss=x).value for x in (left(0.8), (0.0, left(0.8)))]
    return [*lost, *delayed]


CLAIMS = {
    "Psi+, best coupling": lambda: best_of_one(transported, 0.15, 0.6)[0],
    "Psi+, F": lambda: best_of_one(transported, 0.15, 0.6)[1],
    "Psi+, sqrt F": lambda: np.sqrt(best_of_one(transported, 0.15, 0.6)[1]),
    "Psi+ at g = 0.3": lambda: fidelities(transported(0.3)),
    "Psi+, nonchiral": lambda: fidelities(transported(0.3, decay_left=1.0)),
    "Psi+, nonchiral, slow limit": transport_slope,
    "transport, chi = 1": lambda: transport_at_chirality(1.0),
    "transport, chi = 0.95": lambda: transport_at_chirality(0.95),
    "transport, chi = 0.9": lambda: transport_at_chirality(0.9),
    "transport, chi = 0.8": lambda: transport_at_chirality(0.8),
    "transport, chi = 0.5": lambda: transport_at_chirality(0.5),
    "Phi+-": lambda: superposed_with_two(np.pi / 4, 0.3),
    "ee": lambda: superposed_with_two(np.pi / 2, 0.3),
    "psi_alpha": lambda: bell_formula([(0.3, 0.4), (2.0, 5.0), (np.pi / 4, np.pi), (1.1, 2.2)]),
    "Psi- by opposite couplings": lambda: singlet(0.3),
    "3D1": lambda: fidelities(dicke(3, 1, 0.248)),
    "3D2": lambda: fidelities(dicke(3, 2, 0.248)),
    "4D2": lambda: fidelities(dicke(4, 2, 0.215)),
    "3D1, best coupling": lambda: dicke_optimum(3, 1),
    "3D2, best coupling": lambda: dicke_optimum(3, 2),
    "4D2, best coupling": lambda: dicke_optimum(4, 2),
    "W1": lambda: w_optimum(1),
    "W3": lambda: w_optimum(3),
    "W20": lambda: w_optimum(20),
    "W3 to W7": lambda: w_to_w(3, 7),
    "qubit decay 0.01": lambda: with_qubit_decay(0.01),
    "qubit decay 0.05": lambda: with_qubit_decay(0.05),
    "qubit decay 0.1": lambda: with_qubit_decay(0.1),
    "qubit decay 0.2": lambda: with_qubit_decay(0.2),
    "qubit decay, threshold": decay_thresholds,
    "W3, qubits detuned": lambda: [
        mean_over_qubits(0.1, power, how="quadrature", order=3).mean for power in (1.0, 0.5)
    ],
    "W3, cavities detuned": lambda: [mean_over_cavities(d).mean for d in (0.1, 0.2, 0.5, 1.0)],
    "Psi+ without cavities, together": without_cavities_together,
    "Psi+ without cavities, chain": without_cavities_chain,
    "best distance": lambda: [best_transport_distance(chi) for chi in (0.9, 0.5, 0.0)],
    "sensitivity to the distance": lambda: [bend_over_distance(chi) for chi in (0.9, 0.5, 0.0)],
    "psi_beta": phase_of_two,
    "qubit decay, both at their best": equally_good_decay,
    "unknown qubit": unknown_qubit,
    "unknown qutrit": unknown_qutrit,
    "transport, long delay": after_a_long_delay,
}
