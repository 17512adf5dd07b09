"""Equations and sentences on dynamics in TRANSPORT, GENERATION, DUALRAIL and COOPERATIVE.

For the tables reference_ring.json, reference_dual_rail.json and reference_cooperative.json, as the
rows of `sentence_claims`.
"""

import numpy as np
from dual_rail_claims import preparation_time
from ring_claims_transport import transported
from scipy.optimize import minimize_scalar

import thermalent as te
from tests.support.dual_rail_by_hand import ByHand, on_qubit
from thermalent.analytic.dual_rail.exchange import exchange_unitary, mixing_angle
from thermalent.excitations import SingleExcitation
from thermalent.models.ring_resonators import ring_resonators
from thermalent.networks.liouvillian import emitter_liouvillian, lowering_operators
from thermalent.operators.superoperators import dense

# Two nodes of which only the waveguide matters: as qubits, because the equations hold for any
# lowering operators. Decay rates to the right and to the left, and kD.
RIGHT, LEFT, TURN = (1.0, 1.7), (0.3, 0.2), 0.7


def on_waveguide(right, left, turn=TURN):
    """The superoperator of two nodes on a waveguide, with the operators a_1 and a_2."""
    geometry = te.ChiralWaveguide(right=right, left=left, positions=(0.0, turn))
    exchange, decay = geometry.coupling()
    qubits = (te.Qubit(name="q1"), te.Qubit(name="q2"))
    network = te.Network(nodes=qubits, exchange=exchange, decay=decay)
    return dense(emitter_liouvillian(network)), [dense(a) for a in lowering_operators(network)]


def superoperator(action):
    """The matrix of a linear map of 4 x 4 matrices, on row-major vectors."""
    return np.array([action(unit.reshape(4, 4)).ravel() for unit in np.eye(16)]).T


def master_equation_a10():
    """Largest difference of (A10) [as printed, with x_j < x_l for gamma_L] from (1), (2)."""
    exact, a = on_waveguide((1.0, 1.0), (0.3, 0.3))
    position = (0.0, TURN)

    def a10(rho, left_movers_go_right):
        change = np.zeros((4, 4), dtype=complex)
        for rate, goes_right in ((1.0, True), (0.3, left_movers_go_right)):
            for j in (0, 1):
                up = a[j].conj().T
                change += rate / 2 * (commutator(a[j], rho @ up) - commutator(up, a[j] @ rho))
                for l in (0, 1):
                    if (position[j] > position[l]) == goes_right and j != l:
                        phase = np.exp(1j * abs(position[j] - position[l]))
                        back = commutator(a[j], rho @ a[l].conj().T) / phase
                        change += rate * (back - phase * commutator(up, a[l] @ rho))
        return change

    return [
        np.max(np.abs(superoperator(lambda rho, way=way: a10(rho, way)) - exact))
        for way in (True, False)
    ]


def commutator(x, y):
    return x @ y - y @ x


def master_equations_1_and_4():
    """Largest difference of (1), and of (4) where nothing jumps, from the package's network."""
    exact, a = on_waveguide(RIGHT, LEFT)
    t = np.exp(1j * TURN)
    r, l = (np.sqrt(x[0] * x[1]) for x in (RIGHT, LEFT))
    up = [x.conj().T for x in a]

    def printed(rho):
        change = sum(
            (RIGHT[j] + LEFT[j])
            * (a[j] @ rho @ up[j] - (up[j] @ a[j] @ rho + rho @ up[j] @ a[j]) / 2)
            for j in (0, 1)
        )
        change = change + r * (
            commutator(a[1], rho @ up[0]) / t + t * commutator(a[0] @ rho, up[1])
        )
        return change + l * (commutator(a[0], rho @ up[1]) / t + t * commutator(a[1] @ rho, up[0]))

    even, b = on_waveguide((1.0, 1.0), (0.3, 0.3))
    effective = -0.3j * t * up[0] @ b[1] - 1j * t * up[1] @ b[0]
    effective = effective - 0.65j * (up[0] @ b[0] + up[1] @ b[1])
    # From |01> and |10> into the coherence with |00>: -i H_eff alone.
    coherence = even.reshape(4, 4, 4, 4)[:, 0, :, 0]
    single = np.ix_([1, 2], [1, 2])
    return [
        np.max(np.abs(superoperator(printed) - exact)),
        np.max(np.abs(coherence[single] + 1j * effective[single])),
    ]


def first_node():
    """[smallest C of 1a, 1b while 2a, 2b rise, gamma t at which it is], at g = 0.3."""
    start = (te.states.ket("1000") + te.states.ket("0100")) / np.sqrt(2)
    network = ring_resonators(0.3, qubits=2)

    def left(time):
        solved = te.evolve(network, [time], start, SingleExcitation())
        return float(solved.concurrence("q1a", "q1b")[0])

    found = minimize_scalar(left, bounds=(5.5, 7.0), method="bounded", options={"xatol": 1e-9})
    return [found.fun, found.x]


def weak_and_strong():
    """C at g = 0.03, 0.3, 1."""
    return [transported(g, until=until).value for g, until in ((0.03, 900), (0.3, 30), (1.0, 30))]


def jumps_stay():
    """|U J U^+ - J| of both jump operators, for the exchange of B1 and B2 of three pairs."""
    system = ByHand(0.8, [0.3, -0.8, 0.5], [0.9, -0.2, 0.4])
    u4 = exchange_unitary(mixing_angle(0.9, -0.2))
    paulis = ([[0, 1], [1, 0]], [[0, 1j], [-1j, 0]], [[-1, 0], [0, 1]])
    product = sum(on_qubit(p, 1, 6) @ on_qubit(p, 3, 6) for p in np.array(paulis))
    u = u4[1, 1] * np.eye(64) + u4[1, 2] * (np.eye(64) + product) / 2
    return max(np.max(np.abs(u @ j @ u.conj().T - j)) for j in (system.jump_a, system.jump_b))


def three_excited():
    """[|o Psi_2|, |o Psi_3|, |100> less Psi_1/sqrt3 + 2 Psi_2/sqrt6]."""
    o = sum(dense(x) for x in lowering_operators(te.cooperative(3)))
    first, second, third = (te.states.ket(label) for label in ("100", "010", "001"))
    psi_1, psi_2 = (first + second + third) / np.sqrt(3), (2 * first - second - third) / np.sqrt(6)
    psi_3 = (second - third) / np.sqrt(2)
    rest = first - psi_1 / np.sqrt(3) - 2 * psi_2 / np.sqrt(6)
    return [np.linalg.norm(o @ psi_2), np.linalg.norm(o @ psi_3), np.linalg.norm(rest)]


RING = {
    "Eq. (A10)": master_equation_a10,
    "Eqs. (1), (4)": master_equations_1_and_4,
    "first node is empty": first_node,
    "weak and strong couplings": weak_and_strong,
}
DUAL_RAIL = {
    "U J U^+": jumps_stay,
    "at most linear": lambda: [preparation_time(n, 0.2) / n for n in (1, 2, 3)],
}
COOPERATIVE = {"Psi_1 to Psi_3": three_excited}
