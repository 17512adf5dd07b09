"""More sentences of COOPERATIVE, recomputed: for reference_cooperative.json.

Units as in `cooperative_claims`, the individual rate alpha = kappa/20 as in its Fig. 3(a), (b).
"""

import numpy as np
from cooperative_claims import KAPPA, PSI_2, energy, network, overlap

import thermalent as te
from thermalent.operators import states

ALPHA = 0.05 * KAPPA
SINGLET, TRIPLET = states.bell("Psi-"), states.bell("Psi+")
TIMES = np.array([0.0, 20.0, 100.0, 500.0, 2000.0, 1e4])


def leaking(kappa=KAPPA, alpha=ALPHA):
    return te.cooperative(2, 2 * kappa, individual_decay=2 * alpha)


def fidelities(start, of=None, times=TIMES):
    found = te.evolve(of or network(), times, start).states
    return np.array([overlap(rho, SINGLET) for rho in found])


def always():
    """Largest distance from 0, 0, 0.5, 1 of F from |11>, |Psi+>, |10>, |Psi->."""
    pairs = zip(("11", "Psi+", "10", "Psi-"), (0.0, 0.0, 0.5, 1.0), strict=True)
    return [np.max(np.abs(fidelities(start) - value)) for start, value in pairs]


def superposition():
    """Norm of |10> less (|Psi+> + |Psi->)/sqrt2, with the sign of the paper's |Psi->."""
    kets = (states.ket("10") + sign * states.ket("01") for sign in (1, -1))
    return np.linalg.norm(states.ket("10") - sum(kets) / 2)


def not_decohered():
    """C from |10> at omega t = 4e3, 1e4, 1e5."""
    return te.evolve(network(), [4e3, 1e4, 1e5], "10").concurrence()


def dark_rate():
    """-ln F/(omega t) of |Psi-> over 2 alpha, at kappa = 0.001 and 0.01, omega t = 2000."""
    found = []
    for kappa in (KAPPA, 10 * KAPPA):
        f = fidelities("Psi-", leaking(kappa), [2000.0])[0]
        found.append(-np.log(f) / 2000 / (2 * ALPHA))
    return found


def finite_dissipation():
    """-dE/dt of |Psi->, over 2 kappa, [without, with] individual decay."""
    found = []
    for alpha in (0.0, ALPHA):
        first, second = te.evolve(leaking(alpha=alpha), [0.0, 1.0], "Psi-").states
        found.append(np.log(energy(first) / energy(second)) / (2 * KAPPA))
    return found


def smooth_exponential():
    """F and E of |Psi->, and twice F of |10>, over exp(-2 alpha t) at omega t = 500, 2e4."""
    found = []
    for time in (500.0, 2e4):
        dark = te.evolve(leaking(), [time], "Psi-").states[0]
        half = fidelities("10", leaking(), [time])[0]
        found += [np.array([overlap(dark, SINGLET), energy(dark), 2 * half])]
    return np.concatenate(found) / np.repeat(np.exp(-2 * ALPHA * np.array([500.0, 2e4])), 3)


def bright_and_excited():
    """E from |11> and |Psi+> at omega t = 2000, individual decay included."""
    return [energy(te.evolve(leaking(), [2000.0], start).states[0]) for start in ("11", "Psi+")]


def exhausted():
    """E at omega t = 1e4 from |11>, |Psi+>, |10>, |Psi-> for delta = 0.1, no individual decay."""
    detuned = te.cooperative(2, 2 * KAPPA, detuning=(0, 0.1))
    return [
        energy(te.evolve(detuned, [1e4], start).states[0]) for start in ("11", "Psi+", "10", "Psi-")
    ]


def tends_then_loses():
    """C from |10> at omega t = 0, 500, 1500, 1e5 with individual decay."""
    return te.evolve(leaking(), [0.0, 500.0, 1500.0, 1e5], "10").concurrence()


def gram():
    """Largest element of the overlaps of Psi_1, Psi_2, Psi_3 less those of a basis."""
    one, two, three = (states.ket(label) for label in ("100", "010", "001"))
    kets = [(one + two + three) / np.sqrt(3), PSI_2, (two - three) / np.sqrt(2)]
    return np.max(np.abs(np.array([[a @ b for a in kets] for b in kets]) - np.eye(3)))


def end_of_100():
    """[largest element of the difference from rho_3, C of two qubits: 12 and 23]."""
    end = te.steady_state(network(3), initial="100")
    printed = (2 * np.outer(PSI_2, PSI_2) + np.diag(np.eye(8)[0])) / 3
    pairs = (("q1", "q2"), ("q2", "q3"))
    return [np.max(np.abs(end.state - printed)), *(end.concurrence(*pair) for pair in pairs)]


def fidelity_of_011():
    """<Psi_2|rho|Psi_2> from |011> at omega t = 0, 500, 1e5."""
    found = te.evolve(network(3), [0.0, 500.0, 1e5], "011").states
    return [overlap(rho, PSI_2) for rho in found]


CLAIMS = {
    "always": always,
    "|10> as a superposition": superposition,
    "not decohered": not_decohered,
    "kappa spares the dark state": dark_rate,
    "finite dissipation": finite_dissipation,
    "smooth exponential": smooth_exponential,
    "bright and excited": bright_and_excited,
    "exhausted": exhausted,
    "tends to entangle": tends_then_loses,
    "basis of one excitation": gram,
    "end of 100": end_of_100,
    "fidelity of 011": fidelity_of_011,
}
