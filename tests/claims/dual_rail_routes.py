"""The numbers of DUALRAIL by another route than the one they are claimed by.

A function per row of reference_dual_rail.json. Dark states are the null vectors of the jump
operators of its Eqs. (1) to (4), written out with Kronecker products; preparation times and a
source of finite bandwidth by the methods of the package that the claims do not use.
"""

from functools import cache
from itertools import combinations

import numpy as np
from scipy import sparse
from scipy.linalg import qr, solve_triangular
from uniqueness import reached_modulo_prime

import thermalent as te
from tests.support.dual_rail_by_hand import ByCharge, ByHand, on_qubit
from tests.support.rails_behind_source import BehindSource

DARK = "null vector of the jump operators written out"
MASTER = "master equation written out"
EIGENVALUES = "te.relaxation_rates"
MATRICES = "the matrices written out"
FOCK = "te.Fock"
LEVELS = "te.ContinuedFraction"
TIMES = "te.purity_time"
JUMPS = "te.QuantumJumps"
SCATTER = 0.06  # five standard errors of a concurrence out of `single_runs`, about
NUMBERS = "number states written out"
PRIME = "the matrices written out, modulo a prime"

LN2 = float(np.log(2))
LOWER = np.array([[0.0, 1.0], [0.0, 0.0]])


def lowering(pairs):
    """Of the qubits A1, B1, A2, B2, ..., sparse."""
    found = []
    for position in range(2 * pairs):
        before, after = 2**position, 2 ** (2 * pairs - position - 1)
        right = sparse.kron(LOWER, sparse.eye_array(after))
        found.append(sparse.csr_array(sparse.kron(sparse.eye_array(before), right)))
    return found


def dark_ket(squeezing, delta_a, delta_b):
    """The ket that both jump operators and the Hamiltonian make zero, and what is left of it.

    Both rails hold equally many excitations.
    """
    pairs = len(delta_a)
    lower = lowering(pairs)
    rails = lower[0::2], lower[1::2]
    size = 4**pairs
    hamiltonian = sparse.csr_array((size, size), dtype=complex)
    for rail, detuning in zip(rails, (delta_a, delta_b), strict=True):
        for i, own in enumerate(rail):
            hamiltonian = hamiltonian + detuning[i] * own.T @ own
            for other in rail[i + 1 :]:
                hop = own.T @ other
                hamiltonian = hamiltonian + 0.5j * (hop - hop.T)
    hamiltonian = hamiltonian - sum([*delta_a, *delta_b]) / 2 * sparse.eye_array(size)
    sums = [sum(rail[1:], rail[0]) for rail in rails]
    cosh, sinh = np.cosh(squeezing), np.sinh(squeezing)
    jumps = [cosh * sums[0] - sinh * sums[1].T, cosh * sums[1] - sinh * sums[0].T]
    signs = np.array([1, -1] * pairs)
    bits = (np.arange(size)[:, None] >> np.arange(2 * pairs)[::-1]) & 1
    balanced = np.flatnonzero(bits @ signs == 0)
    stack = sparse.vstack([*jumps, hamiltonian]).tocsc()[:, balanced].toarray()
    # The null vector by elimination: the last column of R is nearly a sum of the others, which are
    # independent (the smallest singular value of a triangle is no less than 1/|its inverse|).
    triangle, order = qr(stack[np.any(stack != 0, axis=1)], mode="r", pivoting=True)
    last = len(order) - 1
    inverse = solve_triangular(triangle[:last, :last], np.eye(last))
    assert np.linalg.norm(inverse) < 1e3
    null = np.append(-inverse @ triangle[:last, last], 1.0)
    null /= np.linalg.norm(null)
    ket = np.zeros(size, dtype=complex)
    ket[balanced[order]] = null
    return ket, float(np.linalg.norm(stack[:, order] @ null))


@cache
def ladder(pairs, delta, reverse=True, squeezing=1.0):
    """delta_A,i = (i - 1) Delta; rail B has the opposite detunings in another order."""
    own = delta * np.arange(pairs)
    return dark_ket(squeezing, own, -own[::-1] if reverse else -own)[0]


def entropy(ket, part):
    """Of some qubits with the others, nats."""
    count = len(ket).bit_length() - 1
    rest = [k for k in range(count) if k not in part]
    matrix = ket.reshape((2,) * count).transpose([*part, *rest]).reshape(2 ** len(part), -1)
    weights = np.linalg.svd(matrix, compute_uv=False) ** 2
    weights = weights[weights > 1e-30]
    return -float(np.sum(weights * np.log(weights)))


def two_qubits(ket, first, second):
    """Their density matrix."""
    count = len(ket).bit_length() - 1
    rest = [k for k in range(count) if k not in (first, second)]
    matrix = ket.reshape((2,) * count).transpose([first, second, *rest]).reshape(4, -1)
    return matrix @ matrix.conj().T


def concurrence(rho):
    """Of a state whose coherences join |00> with |11> or |01> with |10>."""
    outer = abs(rho[0, 3]) - np.sqrt(max((rho[1, 1] * rho[2, 2]).real, 0.0))
    inner = abs(rho[1, 2]) - np.sqrt(max((rho[0, 0] * rho[3, 3]).real, 0.0))
    return 2 * max(0.0, outer, inner)


def largest_residual():
    rng = np.random.default_rng(4)
    return max(
        dark_ket(rng.uniform(0.2, 2), delta, -delta)[1]
        for delta in (rng.normal(size=n) for n in (1, 2, 3, 4))
    )


def stationary_states():
    networks = [
        te.dual_rail(1, 1.0, detuning=0.3),
        te.dual_rail(2, 1.0, detuning=(0.3, -0.4)),
        te.dual_rail(2, 1.0, detuning=(0.3, -0.4), permutation="reverse"),
    ]
    return [te.relaxation_rates(network, 1).stationary for network in networks]


def unique_of_three():
    """Eigenvalues of the Lindbladian of three pairs that are zero."""
    delta = np.array([0.3, -0.4, 0.6])
    return int(np.sum(np.abs(ByHand(1.0, delta, -delta).slowest(3)) < 1e-10))


def form_invariance():
    """U = exp(i theta) (cos theta + i sin theta SWAP), tan theta = +-(difference)/gamma."""
    delta_a, delta_b = [0.3, -0.8, 0.5], [0.9, -0.2, 0.4]
    before = ByHand(1.0, delta_a, delta_b).hamiltonian
    after = ByHand(1.0, delta_a, [delta_b[1], delta_b[0], delta_b[2]]).hamiltonian
    flips = [on_qubit(LOWER.T, k, 6) for k in (1, 3)]
    up, down = flips, [f.T for f in flips]
    exchange = up[0] @ down[1] + up[1] @ down[0]
    numbers = [u @ d for u, d in zip(up, down, strict=True)]
    apart = numbers[0] + numbers[1] - 2 * numbers[0] @ numbers[1]
    swap = np.eye(64) - apart + exchange
    found = []
    for theta in (np.arctan(-0.2 - 0.9), -np.arctan(-0.2 - 0.9)):
        u = np.cos(theta) * np.eye(64) + 1j * np.sin(theta) * swap
        found.append(np.max(np.abs(u @ before @ u.conj().T - after)))
    return found


def equation_10():
    """1 - fidelity of the printed state with the dark one."""
    r, delta = 0.8, 0.7
    ket = dark_ket(r, [delta, 0.0], [0.0, -delta])[0].reshape(2, 2, 2, 2)
    pair = np.diag([np.cosh(r), np.sinh(r)]) / np.sqrt(np.cosh(2 * r))
    # Factors A1, B1, A2, B2; the second term joins A1 with B2 and A2 with B1.
    own = np.einsum("ab,cd,abcd", pair, pair, ket.conj())
    across = np.einsum("ad,cb,abcd", pair, pair, ket.conj())
    return 1 - abs(own + 1j * delta * across) ** 2 / (1 + delta**2)


def two_pairs(delta):
    ket = dark_ket(1.0, [delta, 0.0], [0.0, -delta])[0]
    return [concurrence(two_qubits(ket, a, b)) for a, b in ((0, 1), (0, 3), (2, 3), (2, 1))]


def weakest_cut():
    found = []
    for delta in (0.2, 1.0, 5.0):
        ket = dark_ket(1.0, [delta, 0.0], [0.0, -delta])[0]
        parts = [part for size in (1, 2) for part in combinations(range(4), size)]
        found.append(min(entropy(ket, part) for part in parts))
    return found


def locally_maximally_entangleable():
    """The amplitudes of the dark ket with the qubits of rail B read in |0> +- |1>."""
    found = []
    for r in (1.0, 2.0, 4.0):
        ket = dark_ket(r, [0.7, 0.0], [0.0, -0.7])[0].reshape((2,) * 4)
        for axis in (1, 3):
            plus, minus = (ket.take(0, axis) + s * ket.take(1, axis) for s in (1, -1))
            ket = np.stack([plus, minus], axis) / np.sqrt(2)
        found.append(4 * np.ptp(np.abs(ket)))
    return found


def rail_entropy():
    x = np.cosh(1.0) ** 2 / np.cosh(2.0)
    found = entropy(ladder(6, 0.7), range(0, 12, 2))
    return [found / (-6 * np.log(x**x * (1 - x) ** (1 - x))), found / (6 * LN2)]


def entropies(delta):
    return np.array([entropy(ladder(6, delta), range(2 * n)) for n in range(1, 6)])


def half_swap():
    """(1 +- i SWAP)/root 2, the angle +-pi/4, squared is +-i SWAP."""
    swap = np.eye(4)[[0, 2, 1, 3]]
    roots = [(sign, (np.eye(4) + sign * 1j * swap) / np.sqrt(2)) for sign in (1, -1)]
    return [np.max(np.abs(-sign * 1j * u @ u - swap)) for sign, u in roots]


def purity_times(delta):
    networks = (te.dual_rail(n, 1.0, detuning=delta * np.arange(n)) for n in (1, 2, 3))
    return [float(te.purity_time(network)) for network in networks]


def preparation_time(pairs, delta, order=None):
    detuning = delta * np.arange(pairs)
    other = detuning if order is None else detuning[list(order)]
    return ByHand(1.0, detuning, -other).preparation_time(1e-3 * pairs, 20 * pairs)


def preparation_time_of_many(pairs, delta):
    """Four pairs take seconds, five some minutes."""
    detuning = delta * np.arange(pairs)
    return ByCharge(1.0, detuning, -detuning).preparation_time(1e-3 * pairs, 20 * pairs)


@cache
def single_runs(kappa, dephasing, delta):
    """C_11 to C_44 by single runs in six number states of each mode, most of a minute."""
    ladder = tuple(delta * np.arange(4))
    network = te.dual_rail(4, 1.0, bandwidth=kappa, dephasing=dephasing, detuning=ladder)
    method = te.QuantumJumps(
        cutoff=6, n=24, seed=5, burn_in=60.0, window=150.0, samples=150, tolerance=1e-4, threads=1
    )
    solved = te.steady_state(network, method)
    return [solved.concurrence(f"A{i}", f"B{i}") for i in (1, 2, 3, 4)]


def behind_narrow_source():
    """C_22 and C_33 at kappa = 1; a seventh level of the modes changes them by 2e-5."""
    chain = BehindSource(3, 1.0, 6)
    state = chain.steady_state()
    return [concurrence(chain.pair(state, i)) for i in (1, 2)]


def infidelity(kappa):
    """1 - fidelity with (cosh r |00> + sinh r |11>)/norm."""
    found = te.steady_state(te.dual_rail(1, 1.0, bandwidth=kappa), te.ContinuedFraction(rtol=1e-10))
    ket = np.array([np.cosh(1.0), 0, 0, np.sinh(1.0)]) / np.sqrt(np.cosh(2.0))
    return 1 - (ket @ found.state @ ket).real


def one_pair(kappa, delta):
    network = te.dual_rail(1, 1.0, detuning=delta, bandwidth=kappa)
    return te.steady_state(network, te.ContinuedFraction(rtol=1e-10)).concurrence()


def entangled_pairs(kappa, dephasing):
    network = te.dual_rail(2, 1.0, bandwidth=kappa, dephasing=dephasing)
    solved = te.steady_state(network, te.Fock(cutoff=12))
    first, second = (solved.concurrence(f"A{i}", f"B{i}") for i in (1, 2))
    return [first, second, first / (first - second)]


ROUTES = {
    "dark": (DARK, largest_residual),
    "unique": (EIGENVALUES, stationary_states),
    "form invariance": (MATRICES, form_invariance),
    "Eq. (10)": (DARK, equation_10),
    **{
        f"C_ij, Delta = {delta:g}": (DARK, lambda delta=delta: two_pairs(delta))
        for delta in (0.0, 0.5, 2.0, 100.0)
    },
    "four-partite": (DARK, weakest_cut),
    "locally maximally entangleable": (DARK, locally_maximally_entangleable),
    "S_A": (DARK, rail_entropy),
    "S_n, Delta = 0.2": (DARK, lambda: entropies(0.2)),
    "S_n, Delta = 5": (DARK, lambda: entropies(5.0)),
    "S_n over 2 n ln 2": (DARK, lambda: entropies(5.0) / (2 * LN2 * np.arange(1, 6))),
    "sqrt(SWAP)": (MATRICES, half_swap),
    "T_prep, Delta = 0": (TIMES, lambda: purity_times(0.0)),
    "T_prep, Delta = 0.2": (TIMES, lambda: purity_times(0.2)),
    "T_prep, four pairs": (MASTER, lambda: [preparation_time_of_many(4, d) for d in (0.0, 0.2)]),
    "T_prep, five pairs": (MASTER, lambda: [preparation_time_of_many(5, d) for d in (0.0, 0.2)]),
    "decay along the chain": (NUMBERS, behind_narrow_source),
    "C_ii, Delta = 0": (JUMPS, lambda: single_runs(20.0, 0.01, 0.0), SCATTER),
    "C_ii, Delta = 2": (JUMPS, lambda: single_runs(20.0, 0.01, 2.0), SCATTER),
    "C_ii, kappa = 2": (JUMPS, lambda: single_runs(2.0, 0.0, 0.0), SCATTER),
    "C_ii, kappa = 5": (JUMPS, lambda: single_runs(5.0, 0.0, 0.0), SCATTER),
    "C_44 over Delta": (
        JUMPS,
        lambda: [single_runs(20.0, 0.01, delta)[3] for delta in (0.0, 1.0, 2.0, 5.0, 10.0, 20.0)],
        SCATTER,
    ),
    "unique, many pairs": (
        PRIME,
        lambda: [
            reached_modulo_prime([(3, 10), (-2, 5), (3, 5), (1, 7)][:pairs])
            for pairs in (1, 2, 3, 4)
        ],
    ),
    "T_prep, permuted": (
        MASTER,
        lambda: [preparation_time(3, 0.2, order) for order in (None, (2, 1, 0), (1, 2, 0))],
    ),
    "broadband limit": (LEVELS, lambda: [infidelity(kappa) for kappa in (1e2, 1e3, 1e4)]),
    **{
        f"N_ent, kappa = {kappa:g}, dephasing {dephasing:g}": (
            FOCK,
            lambda kappa=kappa, dephasing=dephasing: entangled_pairs(kappa, dephasing),
        )
        for kappa in (5.0, 20.0)
        for dephasing in (0.0, 0.01)
    },
    "N_par": (FOCK, lambda: [entangled_pairs(kappa, 0.0)[2] / kappa for kappa in (5.0, 20.0)]),
    "unequal bandwidths": (
        FOCK,
        lambda: [
            te.steady_state(te.dual_rail(1, 1.0, bandwidths=(5.0, other)), te.Fock()).concurrence()
            for other in (5.0, 50.0, 500.0)
        ],
    ),
    "T_prep, Delta = 1": (TIMES, lambda: purity_times(1.0)),
    "unique, three pairs": (MASTER, unique_of_three),
    "C_11, kappa = 5": (LEVELS, lambda: one_pair(5.0, 0.5)),
    "C_11, kappa = 20": (LEVELS, lambda: one_pair(20.0, 5.0)),
}
