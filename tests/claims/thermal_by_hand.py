r"""Two qubits behind a filtered thermal source written out by hand: no code of the package.

The hierarchy of THERMAL, Eqs. (B3) and (B4), as printed, in its labels (n, m), with the elements of
charge -m of \(\mu^{n,m}\) alone:

$$\Big(\frac{d}{dt} + \kappa(2n + |m|)\Big)\mu^{n,m} = \mathcal{L}_q \mu^{n,m} + \dots, \qquad
  \mathcal{L}_\pm\rho = \pm\sqrt{\kappa\gamma}\,[\rho, S^\pm]$$

One sparse matrix for all n, and superoperators on row-major vectors.
"""

from functools import cache

import numpy as np
from scipy import sparse
from scipy.integrate import quad
from scipy.sparse.linalg import expm_multiply, splu

ONE = np.eye(2)
LOWER = np.array([[0.0, 1.0], [0.0, 0.0]])
S1, S2 = np.kron(LOWER, ONE), np.kron(ONE, LOWER)
COLLECTIVE = S1 + S2
SINGLET = np.array([0, 1, -1, 0]) / np.sqrt(2)
TRIPLET = np.array([0, 1, 1, 0]) / np.sqrt(2)
NUMBERS = np.array([0, 1, 1, 2])


def left(x):
    return np.kron(x, np.eye(len(x)))


def right(x):
    return np.kron(np.eye(len(x)), x.T)


def commutator(x):
    return left(x) - right(x)


def dissipator(x, y=None):
    """D[x, y] rho = x rho y^+ - {y^+ x, rho}/2."""
    y = x if y is None else y
    square = y.conj().T @ x
    return np.kron(x, y.conj()) - (left(square) + right(square)) / 2


def link(gamma=(1.0, 1.0), detuning=(0.0, 0.0), dephasing=0.0, loss=0.0, printed=False):
    """[L_q, the qubits' operator S^- that the source drives], for sqrt(kappa) taken out.

    Args:
        gamma: Decay rates of the qubits.
        detuning: Theirs.
        dephasing: gamma_phi of both.
        loss: Power lost between the qubits.
        printed: Whether as in Eq. (48), with the full drive of qubit 2.
    """
    lower, amplitude = (S1, S2), np.sqrt(1 - loss)
    hamiltonian = sum(d * s.T @ s for d, s in zip(detuning, lower, strict=True)).astype(complex)
    generator = sum(g * dissipator(s) for g, s in zip(gamma, lower, strict=True)).astype(complex)
    generator += dephasing / 2 * sum(dissipator(s @ s.T - s.T @ s) for s in lower)
    # [s1 rho, s2^+] + [s2, rho s1^+]
    hop = np.kron(S1, S2) - left(S2.T @ S1) + np.kron(S2, S1) - right(S1.T @ S2)
    generator += np.sqrt(gamma[0] * gamma[1]) * amplitude * hop
    drive = np.sqrt(gamma[0]) * S1 + np.sqrt(gamma[1]) * (1.0 if printed else amplitude) * S2
    return generator - 1j * commutator(hamiltonian), drive


def mirror(first, second, detuning):
    """The same of THERMAL, Eqs. (51) to (53), at positions k_0 z, without back-action."""
    z = (first, second)
    lower = (S1, S2)
    shifts = [d + np.sin(2 * p) / 4 for d, p in zip(detuning, z, strict=True)]
    hamiltonian = sum(d * s.T @ s for d, s in zip(shifts, lower, strict=True))
    flip = (np.sin(first + second) + np.sin(abs(first - second))) / 4
    hamiltonian = hamiltonian + flip * (S1.T @ S2 + S2.T @ S1)
    jump = np.cos(first) * S1 + np.cos(second) * S2
    # The drive of Eq. (52), half of that of the one-way link.
    sigma = sum(np.exp(-1j * p) * s for p, s in zip(z, lower, strict=True)) / 2
    return dissipator(jump) - 1j * commutator(hamiltonian), sigma


def drives(operator, kappa):
    """L_+ and L_-."""
    raised = operator.conj().T
    return np.sqrt(kappa) * (right(raised) - left(raised)), np.sqrt(kappa) * (
        left(operator) - right(operator)
    )


def charges(numbers):
    return (numbers[:, None] - numbers[None, :]).ravel()


def hierarchy(n_th, kappa, parts, tiers, *, numbers=NUMBERS, levels=None):
    """The matrix of Eqs. (B3), (B4), and the places of the elements of mu^{0,0}.

    Args:
        n_th: Thermal occupation.
        kappa: Bandwidth.
        parts: L_q and S^-, as of `link`.
        tiers: The largest n.
        numbers: Excitations of each state.
        levels: The largest 2 n + |m|, if it is cut there as well.
    """
    generator, operator = parts
    plus, minus = drives(operator, kappa)
    n, shape = np.arange(tiers + 1), (tiers + 1, tiers + 1)
    root = np.sqrt(n_th / 2)
    blocks = [[None] * 5 for _ in range(5)]
    for i, m in enumerate(range(-2, 3)):
        rates = sparse.diags_array(kappa * (2.0 * n + abs(m)))
        own = sparse.kron(sparse.eye_array(tiers + 1), generator)
        blocks[i][i] = own - sparse.kron(rates, sparse.eye_array(len(generator)))
        for sign, turn in ((1, plus), (-1, minus)):
            if abs(m + sign) > 2:
                continue
            if sign * m >= 0:  # away from m = 0: coefficients of mu^{n,m+-1} and mu^{n-1,m+-1}
                bands, places = [np.sqrt(n + abs(m) + 1), -np.sqrt(n[1:])], [0, -1]
            else:  # towards it: of mu^{n,m-+1} and mu^{n+1,m-+1}
                bands, places = [np.sqrt(n + abs(m)), -np.sqrt(n[:-1] + 1)], [0, 1]
            factor = root * sparse.diags_array(bands, offsets=places, shape=shape)
            blocks[i][i + sign] = sparse.kron(factor, turn)
    matrix = sparse.csr_array(sparse.block_array(blocks))
    charge = charges(numbers)
    kept, tier = [], []
    for m in range(-2, 3):
        inside = np.ones(tiers + 1, bool) if levels is None else 2 * n + abs(m) <= levels
        kept.append(np.kron(inside, charge == -m))
        tier.append(np.kron(n, np.ones(len(charge), dtype=int)))
    chosen = np.flatnonzero(np.concatenate(kept))
    # Ordered by n, so that the matrix is banded.
    chosen = chosen[np.argsort(np.concatenate(tier)[chosen], kind="stable")]
    start = 2 * len(charge) * (tiers + 1) + np.flatnonzero(charge == 0)
    place = {index: k for k, index in enumerate(chosen.tolist())}
    here = np.array([place[index] for index in start.tolist()])
    return sparse.csr_array(matrix[chosen][:, chosen]), here


def tiers_of(n_th):
    """Far above the sqrt(n_th) of the paper: to about 1e-9."""
    return int(5 * np.sqrt(n_th)) + 30


def state_of(elements, numbers=NUMBERS):
    charge = charges(numbers)
    rho = np.zeros(len(charge), dtype=complex)
    rho[charge == 0] = elements
    return rho.reshape(len(numbers), -1)


def steady_of(n_th, kappa, parts, *, numbers=NUMBERS, tiers=None, levels=None):
    """The steady state under L_q and S^-."""
    if tiers is None:
        tiers = tiers_of(n_th) if levels is None else levels // 2
    matrix, here = hierarchy(n_th, kappa, parts, tiers, numbers=numbers, levels=levels)
    zero = np.flatnonzero(charges(numbers) == 0)
    diagonal = here[zero % (len(numbers) + 1) == 0]
    # The equation of one population follows from the others.
    pinned = sparse.lil_array(matrix)
    pinned[[diagonal[0]], :] = 0
    pinned[diagonal[0], diagonal] = 1.0
    source = np.zeros(matrix.shape[0], dtype=complex)
    source[diagonal[0]] = 1.0
    found = splu(sparse.csc_array(pinned), permc_spec="NATURAL").solve(source)
    return state_of(found[here], numbers)


@cache
def _steady(n_th, kappa, how):
    return steady_of(n_th, kappa, link(**dict(how)))


def steady(n_th, kappa, **how):
    """The steady state of the qubits, (4, 4); arguments as of `link`."""
    return _steady(n_th, kappa, tuple(sorted(how.items())))


def evolved(n_th, kappa, times, parts=None):
    """States at increasing times from |00>, the source stationary."""
    matrix, here = hierarchy(n_th, kappa, parts or link(), tiers_of(n_th))
    vector, before, found = np.zeros(matrix.shape[0], dtype=complex), 0.0, []
    vector[here[0]] = 1.0
    for t in times:
        vector, before = expm_multiply(matrix * (t - before), vector), t
        found.append(state_of(vector[here]))
    return found


def populations(rho):
    """Of |00>, |S>, |T>, |11>."""
    return np.array(
        [
            rho[0, 0].real,
            (SINGLET @ rho @ SINGLET).real,
            (TRIPLET @ rho @ TRIPLET).real,
            rho[3, 3].real,
        ]
    )


def concurrence(rho):
    """Of a state with coherences between |01> and |10> alone."""
    both = max((rho[0, 0] * rho[3, 3]).real, 0.0)
    return max(0.0, 2 * (abs(rho[1, 2]) - np.sqrt(both)))


def margin(rho):
    """Eq. (22) before it is cut off at zero."""
    ground, singlet, triplet, excited = populations(rho)
    return singlet - triplet - 2 * np.sqrt(max(ground * excited, 0.0))


def upsilon(x):
    """By its integral: the weight of |00> averaged over thermal amplitudes, Eq. (20)."""
    # With y = 2 |alpha|^2/n_th the weight of |00> is 1/(1 + 8 x y).
    parts = [quad(lambda y: np.exp(-y) / (1 + 8 * x * y), a, b, epsabs=1e-14)[0] for a, b in SPANS]
    return sum(parts)


SPANS = ((0, 1e-6), (1e-6, 1e-4), (1e-4, 1e-2), (1e-2, 0.1), (0.1, 1), (1, 8), (8, 60))


def bourret(n_th, kappa):
    """Null vector of L_q + (n_th/2)(L_+ [kappa - L_q]^-1 L_- + ...), Eq. (A4)."""
    generator, operator = link()
    plus, minus = drives(operator, kappa)
    inverse = np.linalg.inv(kappa * np.eye(16) - generator)
    total = generator + n_th / 2 * (plus @ inverse @ minus + minus @ inverse @ plus)
    return null_state(total)


def null_state(generator):
    """The state of trace one that a generator on vectors makes zero."""
    d = round(len(generator) ** 0.5)
    pinned = generator.copy()
    pinned[0] = np.eye(d).ravel()
    source = np.zeros(d * d, dtype=complex)
    source[0] = 1.0
    return np.linalg.solve(pinned, source).reshape(d, d)
