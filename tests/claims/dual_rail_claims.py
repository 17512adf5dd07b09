"""What DUALRAIL prints, recomputed: a function per claim of reference_dual_rail.json.

One pair behind a source of finite bandwidth by Fock states, several by the hierarchy; preparation
times by the master equation written out by hand, and of four and five pairs by `te.purity_time`.
"""

from functools import cache
from itertools import combinations

import numpy as np
from uniqueness import reached_by_rails

import thermalent as te
from tests.support.dual_rail_by_hand import ByHand, on_qubit
from thermalent.analytic.dual_rail.exchange import exchange_unitary, mixing_angle
from thermalent.analytic.dual_rail.state import dual_rail_state

LN2 = float(np.log(2))


def ladder(pairs, delta, order=None, squeezing=1.0):
    """delta_A,i = (i - 1) Delta, in the order of rail A or another."""
    return dual_rail_state(pairs, squeezing, delta * np.arange(pairs), order)


def largest_residual():
    rng = np.random.default_rng(3)
    states = [dual_rail_state(n, rng.uniform(0.2, 2), rng.normal(size=n)) for n in (1, 2, 3, 4)]
    return max(state.residual() for state in states)


def stationary_states():
    """How many eigenvalues are zero: one pair, two in parallel, two reversed."""
    networks = [
        ByHand(1.0, [0.3], [-0.3]),
        ByHand(1.0, [0.3, -0.4], [-0.3, 0.4]),
        ByHand(1.0, [0.3, -0.4], [0.4, -0.3]),
    ]
    return [int(np.sum(np.abs(network.slowest(5)) < 1e-10)) for network in networks]


def form_invariance():
    """How far U H U^+ is from H of the exchanged detunings: the angle of ours, the printed one."""
    delta_a, delta_b = [0.3, -0.8, 0.5], [0.9, -0.2, 0.4]
    before = ByHand(1.0, delta_a, delta_b)
    after = ByHand(1.0, delta_a, [delta_b[1], delta_b[0], delta_b[2]])
    deviations = []
    for theta in (mixing_angle(0.9, -0.2), -mixing_angle(0.9, -0.2)):
        # 1 and SWAP from (7), on qubits B1 and B2 of six: SWAP = (1 + sum sigma sigma)/2.
        u4 = exchange_unitary(theta)
        paulis = ([[0, 1], [1, 0]], [[0, 1j], [-1j, 0]], [[-1, 0], [0, 1]])
        product = sum(on_qubit(p, 1, 6) @ on_qubit(p, 3, 6) for p in np.array(paulis))
        swap = (np.eye(64) + product) / 2
        u = (u4[1, 1]) * np.eye(64) + u4[1, 2] * swap
        moved = u @ before.hamiltonian @ u.conj().T
        deviations.append(np.max(np.abs(moved - after.hamiltonian)))
    return deviations


def equation_10():
    """1 - fidelity of (10) with the null vector of the master equation."""
    r, delta = 0.8, 0.7
    pair = np.diag([np.cosh(r), np.sinh(r)]) / np.sqrt(np.cosh(2 * r))
    printed = np.einsum("ab,cd->abcd", pair, pair) + 1j * delta * np.einsum(
        "ad,cb->abcd", pair, pair
    )
    printed = printed.ravel() / np.hypot(1, delta)
    rho = ByHand(r, [delta, 0.0], [0.0, -delta]).steady_state()
    return 1 - np.vdot(printed, rho @ printed).real


def two_pairs(delta):
    """C_11 = C_22, C_12 = C_21 of the state (10) at r = 1, Delta."""
    found = dual_rail_state(2, 1.0, (delta, 0.0), "reverse").concurrences()[0::2, 1::2]
    return [*found[0], *found[1][::-1]]


def weakest_cut():
    """Smallest entropy of all bipartitions of two pairs: zero if the state were a product."""
    found = []
    for delta in (0.2, 1.0, 5.0):
        state = dual_rail_state(2, 1.0, (delta, 0.0), "reverse")
        parts = [part for size in (1, 2) for part in combinations(state.names, size)]
        found.append(min(state.entropy(part) for part in parts))
    return found


def locally_maximally_entangleable():
    """Spread of the moduli of the amplitudes, Hadamard matrices on rail B, r = 1, 2, 4."""
    turn = np.kron(np.eye(2), np.array([[1, 1], [1, -1]]) / np.sqrt(2))
    found = []
    for r in (1.0, 2.0, 4.0):
        ket = dual_rail_state(2, r, (0.7, 0.0), "reverse").ket  # A1, B1, A2, B2
        found.append(np.ptp(np.abs(np.kron(turn, turn) @ ket)) / 0.25)
    return found


def rail_entropy():
    """S_A over its printed formula and over N ln 2, six reversed pairs."""
    state = ladder(6, 0.7, "reverse")
    x = np.cosh(1.0) ** 2 / np.cosh(2.0)
    printed = -6 * np.log(x**x * (1 - x) ** (1 - x))
    return [state.entropy("A") / printed, state.entropy("A") / (6 * LN2)]


def half_swap():
    """How far U is from a square root of SWAP, but for a phase, at |Delta| = gamma."""
    swap = np.eye(4)[[0, 2, 1, 3]]
    squares = [exchange_unitary(mixing_angle(0.0, delta)) for delta in (1.0, -1.0)]
    return [np.max(np.abs(u @ u * np.exp(-1j * np.angle((u @ u)[0, 0])) - swap)) for u in squares]


def preparation_time(pairs, delta):
    """By the master equation written out by hand."""
    detuning = delta * np.arange(pairs)
    return ByHand(1.0, detuning, -detuning).preparation_time(1e-3 * pairs, 80)


def purity_times(pairs):
    """The same by `te.purity_time`, at Delta = 0 and gamma/5."""
    networks = (te.dual_rail(pairs, 1.0, detuning=d * np.arange(pairs)) for d in (0.0, 0.2))
    return [float(te.purity_time(network)) for network in networks]


def infidelity(kappa, method=None):
    network = te.dual_rail(1, 1.0, bandwidth=kappa)
    return 1 - te.fidelity(
        te.steady_state(network, method).state, dual_rail_state(1, 1.0).ket, squared=True
    )


def one_pair(kappa, delta):
    return te.steady_state(te.dual_rail(1, 1.0, detuning=delta, bandwidth=kappa)).concurrence()


def along_the_chain(pairs, rtol, **arguments):
    """C_11, C_22, ... behind a source of finite bandwidth, by the hierarchy."""
    network = te.dual_rail(pairs, 1.0, **arguments)
    solved = te.steady_state(network, te.ContinuedFraction(rtol=rtol))
    return [solved.concurrence(f"A{i}", f"B{i}") for i in range(1, pairs + 1)]


def entangled_pairs(kappa, dephasing):
    """C_11, C_22 and the linear extrapolation to the number of pairs."""
    first, second = along_the_chain(2, 1e-7, bandwidth=kappa, dephasing=dephasing)
    return [first, second, first / (first - second)]


@cache
def four_pairs(delta):
    """C_11 to C_44 at kappa = 20 with dephasing, to about 1e-3: each takes a minute."""
    ladder = tuple(delta * np.arange(4))
    return along_the_chain(4, 1e-2, bandwidth=20.0, dephasing=0.01, detuning=ladder)


CLAIMS = {
    "dark": largest_residual,
    "unique": stationary_states,
    "form invariance": form_invariance,
    "Eq. (10)": equation_10,
    "C_ij, Delta = 0": lambda: two_pairs(0.0),
    "C_ij, Delta = 0.5": lambda: two_pairs(0.5),
    "C_ij, Delta = 2": lambda: two_pairs(2.0),
    "C_ij, Delta = 100": lambda: two_pairs(100.0),
    "four-partite": weakest_cut,
    "locally maximally entangleable": locally_maximally_entangleable,
    "S_A": rail_entropy,
    "S_n, Delta = 0.2": lambda: ladder(6, 0.2, "reverse").entropies(),
    "S_n, Delta = 5": lambda: ladder(6, 5.0, "reverse").entropies(),
    "S_n over 2 n ln 2": lambda: (
        ladder(6, 5.0, "reverse").entropies() / (2 * LN2 * np.arange(1, 6))
    ),
    "sqrt(SWAP)": half_swap,
    "T_prep, Delta = 0": lambda: [preparation_time(n, 0.0) for n in (1, 2, 3)],
    "T_prep, Delta = 0.2": lambda: [preparation_time(n, 0.2) for n in (1, 2, 3)],
    "T_prep, four pairs": lambda: purity_times(4),
    "T_prep, five pairs": lambda: purity_times(5),
    "T_prep, permuted": lambda: [
        float(te.purity_time(te.dual_rail(3, 1.0, detuning=(0.0, 0.2, 0.4), permutation=order)))
        for order in (None, "reverse", (1, 2, 0))
    ],
    "broadband limit": lambda: [infidelity(kappa) for kappa in (1e2, 1e3, 1e4)],
    "N_ent, kappa = 5, dephasing 0": lambda: entangled_pairs(5.0, 0.0),
    "N_ent, kappa = 5, dephasing 0.01": lambda: entangled_pairs(5.0, 0.01),
    "N_ent, kappa = 20, dephasing 0": lambda: entangled_pairs(20.0, 0.0),
    "N_ent, kappa = 20, dephasing 0.01": lambda: entangled_pairs(20.0, 0.01),
    "N_par": lambda: [entangled_pairs(kappa, 0.0)[2] / kappa for kappa in (5.0, 20.0)],
    "C_ii, Delta = 0": lambda: four_pairs(0.0),
    "C_ii, Delta = 2": lambda: four_pairs(2.0),
    "C_ii, kappa = 2": lambda: along_the_chain(4, 1e-2, bandwidth=2.0),
    "C_ii, kappa = 5": lambda: along_the_chain(4, 1e-2, bandwidth=5.0),
    "C_44 over Delta": lambda: [four_pairs(d)[3] for d in (0.0, 1.0, 2.0, 5.0, 10.0, 20.0)],
    "decay along the chain": lambda: along_the_chain(3, 1e-4, bandwidth=1.0)[1:],
    "unequal bandwidths": lambda: [
        te.steady_state(
            te.dual_rail(1, 1.0, bandwidths=(5.0, other)), te.ContinuedFraction(rtol=1e-9)
        ).concurrence()
        for other in (5.0, 50.0, 500.0)
    ],
    "T_prep, Delta = 1": lambda: [preparation_time(n, 1.0) for n in (1, 2, 3)],
    "unique, three pairs": lambda: (
        te.relaxation_rates(te.dual_rail(3, 1.0, detuning=(0.3, -0.4, 0.6)), 1).stationary
    ),
    "unique, many pairs": lambda: [
        reached_by_rails(pairs, (0.3, -0.4, 0.6, 1 / 7)[:pairs], "reverse")[0]
        for pairs in (1, 2, 3, 4)
    ],
    "C_11, kappa = 5": lambda: one_pair(5.0, 0.5),
    "C_11, kappa = 20": lambda: one_pair(20.0, 5.0),
}
