"""The numbers of COOPERATIVE by another route than the package's: its master equation by hand.

$$\\dot\\rho = -i[H, \\rho] + \\sum_k \\big(2 J_k \\rho J_k^\\dagger - J_k^\\dagger J_k \\rho
    - \\rho J_k^\\dagger J_k\\big)$$

on row-major vectors, in units of omega = 1 with kappa = 0.001; a function per row of
reference_cooperative.json.
"""

from functools import reduce

import mpmath
import numpy as np
import witness
from scipy.linalg import expm, null_space
from scipy.optimize import brentq

EXPONENTIAL = "exponential of the master equation written out"
NULL_VECTOR = "null vector of the master equation written out"
ALGEBRA = "the matrices written out"

KAPPA = 1e-3
LATE = 1e5  # 400 decay times
LOWER = np.array([[0.0, 1.0], [0.0, 0.0]])
UP, DOWN = np.array([0.0, 1.0]), np.array([1.0, 0.0])


def ket(label):
    return reduce(np.kron, [UP if letter == "1" else DOWN for letter in label])


PSI = {"Psi+": (ket("10") + ket("01")) / np.sqrt(2), "Psi-": (ket("10") - ket("01")) / np.sqrt(2)}
PSI_2 = (2 * ket("100") - ket("010") - ket("001")) / np.sqrt(6)


def lowering(qubits):
    return [
        reduce(np.kron, [LOWER if k == j else np.eye(2) for k in range(qubits)])
        for j in range(qubits)
    ]


def generator(hamiltonian, jumps):
    """Jumps as sqrt(rate) times the operator, with rates that count double."""
    one = np.eye(len(hamiltonian))
    effective = -1j * hamiltonian - sum(j.T @ j for j in jumps)
    flat = np.kron(effective, one) + np.kron(one, effective.conj())
    return flat + 2 * sum(np.kron(j, j) for j in jumps)


def together(qubits=2, alone=0.0, detuning=0.0):
    """All qubits in one reservoir, and each in its own; the last is detuned."""
    lower = lowering(qubits)
    jumps = [np.sqrt(KAPPA) * sum(lower), *(np.sqrt(alone) * o for o in lower)]
    return generator(detuning * lower[-1].T @ lower[-1], jumps)


def evolved(flat, start, time):
    rho = np.outer(start, start) if start.ndim == 1 else start
    return (expm(flat * time) @ rho.ravel()).reshape(rho.shape)


def energy(rho):
    return sum(rho[i, i].real * i.bit_count() for i in range(len(rho)))


def overlap(rho, psi):
    return (psi @ rho @ psi).real


def concurrence(rho):
    """Of two qubits without coherences between different numbers of excitations."""
    return max(0.0, 2 * (abs(rho[1, 2]) - np.sqrt(max((rho[0, 0] * rho[3, 3]).real, 0.0))))


def logarithmic_negativity(rho, dims=(2, 2)):
    first, second = dims
    turned = rho.reshape(first, second, first, second).swapaxes(0, 2).reshape(rho.shape)
    return np.log2(np.sum(np.abs(np.linalg.eigvalsh((turned + turned.conj().T) / 2))))


def reduced(rho, first, second):
    """Of two qubits of several."""
    count = len(rho).bit_length() - 1
    order = [first, second, *(k for k in range(count) if k not in (first, second))]
    rho = rho.reshape((2,) * 2 * count).transpose(order + [count + k for k in order])
    rest = 2 ** (count - 2)
    return np.einsum("iaja->ij", rho.reshape(4, rest, 4, rest))


def effective_eigenvalues():
    o = sum(lowering(2))
    effective = np.diag([0, 1, 1, 2]) - 1j * KAPPA * o.T @ o
    values = [psi @ effective @ psi for psi in (*PSI.values(), ket("11"))]
    return [value.real for value in values] + [value.imag for value in values]


def at_500(start):
    rho = evolved(together(), PSI[start] if start in PSI else ket(start), 500.0)
    return [energy(rho), overlap(rho, PSI["Psi-"])]


def end_of_10():
    rho = evolved(together(), ket("10"), LATE)
    printed = (np.outer(PSI["Psi-"], PSI["Psi-"]) + np.outer(ket("00"), ket("00"))) / 2
    return [concurrence(rho), logarithmic_negativity(rho), np.max(np.abs(rho - printed))]


def product_state(a, c):
    """[trace of what is printed, its largest error, that of the corrected matrix]."""
    b, d = 1 - a, 1 - c
    outer = {(x, y): np.outer(PSI[x], PSI[y]) for x in PSI for y in PSI}
    ends = np.diag([a * c, 0, 0, b * d])
    swapped = outer["Psi+", "Psi-"] + outer["Psi-", "Psi+"]
    printed = ends + 2 * (b * c - a * d) * outer["Psi-", "Psi-"]
    printed = printed + 2 * (a * d + b * c) * outer["Psi+", "Psi+"]
    corrected = ends + (a * d + b * c) / 2 * (outer["Psi+", "Psi+"] + outer["Psi-", "Psi-"])
    corrected = corrected + (b * c - a * d) / 2 * swapped
    true = np.diag([a * c, a * d, b * c, b * d])
    errors = [np.max(np.abs(matrix - true)) for matrix in (printed, corrected)]
    return [np.trace(printed), *errors]


def equal_populations(p):
    start = np.diag(np.kron([1 - p, p], [1 - p, p]))
    return concurrence(evolved(together(), start, LATE))


def individual_decay(alpha):
    flat = together(alone=alpha)
    rho = evolved(flat, ket("10"), 1000.0)
    passes = brentq(
        lambda t: energy(evolved(flat, ket("10"), t)) - 0.5, 100, 2000, xtol=1e-9, rtol=1e-14
    )
    return [energy(rho), overlap(rho, PSI["Psi-"]), passes]


def detuned_eigenvalues():
    """Of the amplitudes' matrix, from its characteristic polynomial in 40 digits."""
    worst = 0.0
    with mpmath.workdps(40):
        kappa = mpmath.mpf("0.001")
        for ratio in ("0.3", "1", "2.5", "100"):
            delta = kappa * mpmath.mpf(ratio)
            turn = mpmath.sqrt(kappa**2 - delta**2 / 4)
            for rate in (-kappa - 1j * delta / 2 + sign * turn for sign in (1, -1)):
                value = (rate + kappa) * (rate + kappa + 1j * delta) - kappa**2
                worst = max(worst, float(abs(value)) / float(kappa) ** 2)
    return worst


def detuned_dark_state():
    flat, period = together(detuning=0.1), 2 * np.pi / 0.1
    rho = evolved(flat, PSI["Psi-"], 2000.0)
    step, found = expm(flat * (period / 64)), [rho.ravel()]
    for _ in range(64):
        found.append(step @ found[-1])
    return [energy(rho), np.ptp([overlap(x.reshape(4, 4), PSI["Psi-"]) for x in found])]


def three_qubits(start):
    rho = evolved(together(3), ket(start), LATE)
    weight = overlap(rho, PSI_2)
    expected = (2 * np.outer(PSI_2, PSI_2) + np.diag(np.eye(8)[0])) / 3
    return [energy(rho), weight, np.sqrt(weight), np.max(np.abs(rho - expected))]


def four_qubits():
    rho = evolved(together(4), ket("1000"), LATE)
    return [
        1 - rho[0, 0].real,
        concurrence(reduced(rho, 0, 1)),
        concurrence(reduced(rho, 1, 2)),
    ]


def two_excitations():
    rho = evolved(together(4), ket("1100"), LATE)
    return [sum(rho[i, i].real for i in range(16) if i.bit_count() == n) for n in (0, 1, 2)]


def four_partite():
    """D as the projection of |1100> on what the collective operator takes to zero."""
    rho = evolved(together(4), ket("1100"), LATE)
    lost = null_space(sum(lowering(4)))
    dark = lost @ (lost.T @ ket("1100"))
    dark = dark / np.linalg.norm(dark)
    overlaps, negativities = [], []
    for part in range(1, 8):  # the qubits of the bits of the number, against the rest
        inside = [k for k in range(4) if part >> k & 1]
        outside = [k for k in range(4) if k not in inside]
        matrix = dark.reshape((2,) * 4).transpose(inside + outside).reshape(2 ** len(inside), -1)
        overlaps.append(np.max(np.linalg.eigvalsh(matrix @ matrix.T)))
        tensor = rho.reshape((2,) * 8)
        for k in inside:
            tensor = tensor.swapaxes(k, k + 4)
        # |X|_1 = 1 + 2 N.
        negativities.append((np.sum(np.abs(np.linalg.eigvalsh(tensor.reshape(16, 16)))) - 1) / 2)
    return [overlap(rho, dark), max(overlaps), min(negativities)]


def whole_state():
    """The witness is not negative in products of two parts, which a search cannot push below 0."""
    found = witness.whole_state_witness()
    assert witness.lowest_product(found, np.random.default_rng(0)) > 0
    return witness.mean_and_noise(found, evolved(together(4), ket("1100"), LATE))


def many_qubits():
    left = expm(-0.5 * np.ones((100, 100)))[:, 0]  # after 50 decay times
    return [2 * abs(left[0] * left[1]), left[0] ** 2]


def clockwork(upper, fast, *, incoherent=False, kappa=1.0, beta=0.1, detunings=(0.0, 0.5)):
    """E_N of a qubit and four levels, `upper` to the one below into the common reservoir."""

    def move(start, end):
        return np.outer(np.eye(4)[end], np.eye(4)[start])

    qubit, qudit = np.kron(LOWER, np.eye(4)), np.kron(np.eye(2), move(upper, upper - 1))
    jumps = [np.sqrt(kappa) * (qubit + qudit), np.sqrt(beta) * qubit, np.sqrt(beta) * qudit]
    jumps += [np.sqrt(3.0) * np.kron(np.eye(2), move(*pair)) for pair in fast]
    lift = np.kron(np.eye(2), move(0, 3))
    if incoherent:
        jumps.append(np.sqrt(2.0) * lift)
    found = []
    for detuning in detunings:
        hamiltonian = detuning * qubit.T @ qubit + (0 if incoherent else 2) * (lift + lift.T)
        rho = null_space(generator(hamiltonian, jumps))[:, 0].reshape(8, 8)
        found.append(logarithmic_negativity(rho / np.trace(rho), (2, 4)))
    return found


LOWEST, LASER = (1, ((3, 2), (2, 1))), (2, ((3, 2), (1, 0)))
ROUTES = {
    "eigenvalues": (ALGEBRA, effective_eigenvalues),
    **{
        f"at 500 from {start}": (EXPONENTIAL, lambda start=start: at_500(start))
        for start in ("11", "10", "Psi+", "Psi-")
    },
    "fidelity of 10": (
        EXPONENTIAL,
        lambda: [np.sqrt(at_500("10")[1]), at_500("10")[1]],
    ),
    "end of 10": (EXPONENTIAL, end_of_10),
    "product state": (ALGEBRA, lambda: product_state(0.5, 0.9)),
    **{
        f"equal populations {p}": (EXPONENTIAL, lambda p=p: equal_populations(p))
        for p in (0.1, 0.3, 0.5)
    },
    "individual decay": (EXPONENTIAL, lambda: individual_decay(0.05 * KAPPA)),
    "detuned eigenvalues": ("the characteristic polynomial in 40 digits", detuned_eigenvalues),
    "detuned dark state": (EXPONENTIAL, detuned_dark_state),
    "energy of 100": (EXPONENTIAL, lambda: three_qubits("100")[0]),
    "energy of 011": (EXPONENTIAL, lambda: three_qubits("011")[0]),
    "fidelity with Psi_2": (EXPONENTIAL, lambda: three_qubits("100")[1:3]),
    "end of 011": (EXPONENTIAL, lambda: three_qubits("011")[3]),
    "end of 110 and 101": (EXPONENTIAL, lambda: [three_qubits(x)[1] for x in ("110", "101")]),
    "N qubits": (EXPONENTIAL, four_qubits),
    "W-like, two excitations": (EXPONENTIAL, two_excitations),
    "two excitations, four-partite": (EXPONENTIAL, four_partite),
    "two excitations, whole state": (EXPONENTIAL, whole_state),
    "W-like, many qubits": ("exponential of the amplitudes written out", many_qubits),
    "clockwork, lowest transition": (NULL_VECTOR, lambda: clockwork(*LOWEST)),
    "clockwork, laser": (NULL_VECTOR, lambda: clockwork(*LASER)),
    "clockwork, incoherent": (NULL_VECTOR, lambda: clockwork(*LOWEST, incoherent=True)),
    "clockwork, alone": (
        NULL_VECTOR,
        lambda: [
            clockwork(*scheme, kappa=0.0, beta=1.1, detunings=(0.0,))[0]
            for scheme in (LOWEST, LASER)
        ],
    ),
}
