"""Single sentences of TRANSPORT, GENERATION, DUALRAIL and COOPERATIVE, recomputed.

For the tables reference_ring.json, reference_dual_rail.json and reference_cooperative.json.
"""

import numpy as np
from cooperative_claims import KAPPA, energy
from ring_claims_generation import generated
from ring_claims_transport import dicke, transported

import thermalent as te
from tests.support.dual_rail_by_hand import ByHand
from thermalent.analysis.optimise import optimise
from thermalent.analytic.dual_rail.state import dual_rail_state
from thermalent.excitations import SingleExcitation, peak_concurrence, peak_transfer
from thermalent.models.ring_resonators import ring_resonators
from thermalent.networks.liouvillian import lowering_operators
from thermalent.operators.superoperators import dense

TIMES = (1.0, 5.0, 20.0)

# GENERATION


def printed_8(g1, g2, t):
    """|c_eg|^2, |c_ge|^2, |c_10|^2, |c_01|^2 of Eq. (8), gamma_R = 1."""
    k1, k2 = (np.sqrt(1 - 16 * g * g + 0j) for g in (g1, g2))
    sh1, sh2, ch1, ch2 = (f(k * t / 4) for f in (np.sinh, np.cosh) for k in (k1, k2))
    apart = g1**2 - g2**2
    amplitudes = (
        sh1 / k1 + ch1,
        4 * g1 * g2 * (k1 * sh2 - k2 * sh1) / (apart * k1 * k2),
        4 * g1 * sh1 / k1,
        g1 * (sh2 / k2 - sh1 / k1 + ch1 - ch2) / apart,
    )
    return np.exp(-t / 2) * np.abs(amplitudes) ** 2


def printed_9(g, t):
    """The same of Eq. (9), for equal couplings."""
    k = np.sqrt(1 - 16 * g * g + 0j)
    sh, ch = np.sinh(k * t / 4), np.cosh(k * t / 4)
    amplitudes = (
        sh / k + ch,
        8 * g * g * (k * t * ch - 4 * sh) / k**3,
        4 * g * sh / k,
        2 * g * (k * t * ch - (4 + k * k * t) * sh) / k**3,
    )
    return np.exp(-t / 2) * np.abs(amplitudes) ** 2


def closed_amplitudes():
    """Largest error of [(8) at the printed couplings, (9) at g = 0.3], gamma t = 1, 5, 20."""
    found = []
    for pair, formula in (
        ((0.126, 0.277), lambda t: printed_8(0.126, 0.277, t)),
        ((0.3, 0.3), lambda t: printed_9(0.3, t)),
    ):
        network = ring_resonators(pair)
        exact = te.evolve(network, TIMES, "10", SingleExcitation())
        qubits = np.einsum("tii->ti", exact.states).real[:, [2, 1]]
        errors = [np.max(np.abs(formula(t)[:2] - q)) for t, q in zip(TIMES, qubits, strict=True)]
        found.append(max(errors))
    return found


def second_coupling():
    """Largest C at g_1 = 0.126 and g_2 = 0.277, 1.01, 2."""
    return [generated(0.126, g).value for g in (0.277, 1.01, 2.0)]


def bare_pair(symmetric):
    """Largest C of two qubits on a waveguide without cavities, from |eg>."""
    qubits = (te.Qubit(name="q1"), te.Qubit(name="q2"))
    exchange, decay = te.Cascade(rates=(1.0, 1.0)).coupling()
    if symmetric:  # one wavelength apart: they meet in the decay alone
        exchange, decay = np.zeros((2, 2)), np.ones((2, 2))
    network = te.Network(nodes=qubits, exchange=exchange, decay=decay)
    return peak_concurrence(network, "10", until=20).value


def coherent_part():
    """|J| between the cavities at D = lambda/2 [both directions, chiral]."""
    found = []
    for left in (1.0, 0.0):
        network = ring_resonators((0.2, 0.3), 1.0, left, distance=np.pi)
        cavities = [i for i, node in enumerate(network.nodes) if node.name.startswith("c")]
        found.append(abs(network.exchange[cavities[0], cavities[1]]))
    return found


def revivals():
    """Height of the first revival of |c_eg|^2 in node 1 at g = 0.26, 0.3, 0.5, 1."""

    def excited(g, times):
        states = te.evolve(ring_resonators((g, 0.3)), times, "10", SingleExcitation()).states
        return states[:, 2, 2].real

    found = []
    for g in (0.26, 0.3, 0.5, 1.0):
        times = np.linspace(0.01, 60.0, 4000)
        coarse = excited(g, times)
        first = int(np.argmax(np.diff(coarse) > 0))  # the first minimum
        top = first + 1 + int(np.argmax(coarse[first + 1 :]))
        found.append(np.max(excited(g, np.linspace(times[top - 1], times[top + 1], 2001))))
    return found


def leaking_cavities():
    """C at the printed couplings: [no leak, efficiency 0.997, Q = 4e8 at 1e3 and 1e7 gamma_R]."""
    leaks = (0.0, 1 / 0.997 - 1, 1e3 / 4e8, 1e7 / 4e8)
    return [generated(0.126, 0.277, cavity_loss=leak).value for leak in leaks]


def runs_of_20():
    """[mean of C, standard error of its mean over 20 runs], all detunings uniform in +-0.5."""
    places, weights = np.polynomial.legendre.leggauss(3)
    mean = square = 0.0
    for index in np.ndindex(3, 3, 3, 3):
        x, weight = 0.5 * places[list(index)], np.prod(weights[list(index)] / 2)
        network = ring_resonators(
            (0.126, 0.277), detuning=tuple(x[2:]), cavity_detuning=tuple(x[:2])
        )
        top = peak_concurrence(network, "10", until=80).value
        mean, square = mean + weight * top, square + weight * top**2
    return [mean, np.sqrt((square - mean**2) / 20)]


# TRANSPORT


def transport_times():
    """gamma t at which |Psi+> and |W_20> have arrived, at their printed couplings."""
    return [transported(0.3).time, dicke(20, 1, 0.43 / np.sqrt(20)).time]


def any_distance():
    """C at kD = 0.3, 1.7 and pi."""
    return [transported(0.3, distance=d).value for d in (0.3, 1.7, np.pi)]


def both_couplings():
    """[g_1, g_2, C] of the optimum over both."""
    ends = ({f"q{n}{letter}": 0.5**0.5 for letter in "ab"} for n in (1, 2))
    start, target = ends
    found = optimise(
        lambda g1, g2: ring_resonators((g1, g2), qubits=2),
        {"g1": (0.15, 0.6), "g2": (0.15, 0.6)},
        lambda network: peak_transfer(network, start, target, until=30),
        starts=2,
    )
    return [found.parameters["g1"], found.parameters["g2"], found.value]


def one_lost():
    """C of two qubits when the third of [W_3, GHZ_3] is lost."""
    w = sum(te.states.ket(label) for label in ("100", "010", "001")) / np.sqrt(3)
    ghz = (te.states.ket("000") + te.states.ket("111")) / np.sqrt(2)
    found = []
    for ket in (w, ghz):
        rho = np.outer(ket, ket.conj()).reshape(4, 2, 4, 2)
        found.append(float(te.concurrence(np.einsum("iaja->ij", rho))))
    return found


# DUALRAIL


def strong_squeezing():
    """C of one pair at r = 0.5, 1, 2."""
    return [float(te.steady_state(te.dual_rail(1, r)).concurrence()) for r in (0.5, 1.0, 2.0)]


def faster_than_in_turn():
    """T_prep(2)/(2 T_prep(1)) at Delta = 0, by the master equation written out."""
    times = [ByHand(1.0, np.zeros(n), np.zeros(n)).preparation_time(1e-3 * n, 80) for n in (1, 2)]
    return times[1] / (2 * times[0])


def entropy_of_a_rail():
    """S_A of three pairs at r = 0.8: [reversed, detuned otherwise and in another order]."""
    patterns = (((0.0, 0.7, 1.4), "reverse"), ((2.0, -0.3, 0.1), (1, 2, 0)))
    return [dual_rail_state(3, 0.8, *pattern).entropy("A") for pattern in patterns]


# COOPERATIVE


def energy_with_and_without():
    """E at omega t = 500 from |11>, |Psi+>, |10>: [together, each qubit alone] each."""
    found = []
    for start in ("11", "Psi+", "10"):
        for rates in ((2 * KAPPA, 0.0), (0.0, 2 * KAPPA)):
            network = te.cooperative(2, rates[0], rates[1])
            found.append(energy(te.evolve(network, [500.0], start).states[0]))
    return found


def darkest_of_two():
    """Smallest eigenvalue of o^+ o among two excitations, N = 3 and 4."""
    found = []
    for n in (3, 4):
        o = sum(dense(x) for x in lowering_operators(te.cooperative(n, 1.0)))
        two = [i for i in range(2**n) if i.bit_count() == 2]
        found.append(np.linalg.eigvalsh((o.conj().T @ o)[np.ix_(two, two)])[0])
    return found


def loss_of_energy():
    """-dE/dt over 2 kappa at omega t = 0, 100, 500, 5000 from |10>."""
    network = te.cooperative(2, 2 * KAPPA)
    o = sum(dense(x) for x in lowering_operators(network))
    states = te.evolve(network, [0.0, 100.0, 500.0, 5000.0], "10").states
    return [np.trace(o.conj().T @ o @ rho).real for rho in states]


def relative_phase():
    """Populations of |S>, |T> in the end from |10> if the phases differ by 0 and by pi."""
    found = []
    for phase in (0.0, np.pi):
        end = te.steady_state(te.cooperative(2, 2 * KAPPA, phase=(0.0, phase)), initial="10")
        populations = end.populations()
        found += [populations["S"], populations["T"]]
    return found


RING = {
    "Eqs. (8), (9)": closed_amplitudes,
    "g_2 above gamma_R": second_coupling,
    "1.5 times": lambda: bare_pair(False) / bare_pair(True),
    "coherent part at D = n lambda/2": coherent_part,
    "oscillatory": revivals,
    "Q and efficiency": leaking_cavities,
    "20 runs": runs_of_20,
    "faster than steady states": transport_times,
    "any distance": any_distance,
    "g_1 = g_2": both_couplings,
    "one particle lost": one_lost,
}
DUAL_RAIL = {
    "r above 1": strong_squeezing,
    "faster than in turn": faster_than_in_turn,
    "S_A, any pattern": entropy_of_a_rail,
}
COOPERATIVE = {
    "faster with the structure": energy_with_and_without,
    "no dark pair": darkest_of_two,
    "least dissipation": loss_of_energy,
    "relative phase": relative_phase,
}
