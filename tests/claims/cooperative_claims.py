"""What COOPERATIVE prints, recomputed: a function per claim of reference_cooperative.json.

In units of omega = 1, kappa = 0.001 as in its figures: decay = 2 kappa, individual_decay = 2 alpha.
"""

from itertools import combinations

import numpy as np
import witness
from scipy.optimize import brentq

import thermalent as te
from thermalent.analytic import cooperative as exact
from thermalent.operators import states

KAPPA = 1e-3
PSI_2 = (2 * states.ket("100") - states.ket("010") - states.ket("001")) / np.sqrt(6)


def network(qubits=2, **options):
    return te.cooperative(qubits, 2 * KAPPA, **options)


def energy(state):
    numbers = [int(i).bit_count() for i in range(len(state))]
    return float(np.diag(state).real @ numbers)


def overlap(state, ket):
    """<ket|rho|ket>, the fidelity that the paper's numbers are."""
    return float((ket.conj() @ state @ ket).real)


def effective_eigenvalues():
    """Of H - i kappa o^+ o on |Psi+>, |Psi->, |11>; [real parts, imaginary parts]."""
    lower = np.array([[0.0, 1.0], [0.0, 0.0]])
    o = np.kron(lower, np.eye(2)) + np.kron(np.eye(2), lower)
    effective = np.diag([0.0, 1.0, 1.0, 2.0]) - 1j * KAPPA * o.T @ o
    kets = (states.bell("Psi+"), states.bell("Psi-"), states.ket("11"))
    values = [complex(ket.conj() @ effective @ ket) for ket in kets]
    for ket, value in zip(kets, values, strict=True):
        np.testing.assert_allclose(effective @ ket, value * ket, atol=1e-15)
    return [value.real for value in values] + [value.imag for value in values]


def at_500(initial):
    state = te.evolve(network(), [500.0], initial).states[0]
    return [energy(state), overlap(state, states.bell("Psi-"))]


def both_fidelities():
    state = te.evolve(network(), [500.0], "10").states[0]
    singlet = states.density(states.bell("Psi-"))
    return [te.fidelity(state, singlet, squared=squared) for squared in (False, True)]


def end_of_10():
    end = te.steady_state(network(), initial="10")
    printed = (states.density(states.bell("Psi-")) + states.density(states.ket("00"))) / 2
    return [
        end.concurrence(),
        end.logarithmic_negativity(),
        float(np.max(np.abs(end.state - printed))),
    ]


def printed_product(a, c):
    """[trace of the printed matrix, its largest error, that of the corrected one]."""
    b, d = 1 - a, 1 - c
    plus, minus = states.bell("Psi+"), states.bell("Psi-")
    # The paper's |Psi-> has the other sign, which the coherence feels.
    minus = -minus
    ends = a * c * np.diag([1, 0, 0, 0]) + b * d * np.diag([0, 0, 0, 1])
    within = np.outer(plus, plus), np.outer(minus, minus), np.outer(plus, minus)
    printed = ends + 2 * (b * c - a * d) * within[1] + 2 * (a * d + b * c) * within[0]
    corrected = (
        ends
        + (a * d + b * c) / 2 * (within[0] + within[1])
        + (b * c - a * d) / 2 * (within[2] + within[2].T)
    )
    true = states.product(np.diag([a, b]), np.diag([c, d]))
    return [
        float(np.trace(printed).real),
        *(float(np.max(np.abs(matrix - true))) for matrix in (printed, corrected)),
    ]


def equal_populations(p):
    start = states.product(*(np.diag([1 - p, p]),) * 2)
    return te.steady_state(network(), initial=start).concurrence()


def with_individual_decay(alpha):
    state = te.evolve(network(individual_decay=2 * alpha), [1000.0], "10").states[0]
    passes = brentq(lambda t: exact.pair_energy(t, "10", 2 * KAPPA, 2 * alpha) - 0.5, 100, 2000)
    return [energy(state), overlap(state, states.bell("Psi-")), passes]


def detuned_eigenvalues():
    """Largest distance of the closed rates from the eigenvalues of the amplitudes' matrix."""
    worst = 0.0
    for delta in (0.1, 1e-3, 2.5e-3, 3e-4):
        matrix = te.cooperative(2, 2 * KAPPA, detuning=(0, delta))
        found = np.linalg.eigvals(1j * (matrix.exchange - 0.5j * matrix.decay))
        closed = np.array(exact.detuned_rates(2 * KAPPA, delta))
        worst = max(worst, min(np.max(np.abs(found - closed[order])) for order in ([0, 1], [1, 0])))
    return worst


def detuned_dark_state():
    """[energy at omega t = 2000 from |Psi->, swing of F over one period 2 pi/delta after it]."""
    net = network(detuning=(0.0, 0.1))
    period = 2000 + np.linspace(0, 2 * np.pi / 0.1, 65)
    evolution = te.evolve(net, period, "Psi-")
    fidelities = evolution.populations()["S"]
    return [energy(evolution.states[0]), float(np.ptp(fidelities))]


def three_qubits(initial):
    end = te.steady_state(network(3), initial=initial).state
    expected = (2 * np.outer(PSI_2, PSI_2) + np.diag(np.eye(8)[0])) / 3
    weight = overlap(end, PSI_2)
    return [energy(end), weight, np.sqrt(weight), float(np.max(np.abs(end - expected)))]


def relabelled():
    """F with |Psi_2> that |110> and |101> end with."""
    return [
        overlap(te.steady_state(network(3), initial=label).state, PSI_2) for label in ("110", "101")
    ]


def four_qubits():
    end = te.steady_state(network(4), initial="1000")
    return [
        1 - float(end.state[0, 0].real),
        end.concurrence("q1", "q2"),
        end.concurrence("q2", "q3"),
    ]


def two_excitations():
    """Weight of 0, 1 and 2 excitations that four qubits keep from |1100>."""
    end = te.steady_state(network(4), initial="1100").state
    numbers = np.array([i.bit_count() for i in range(16)])
    return [float(np.sum(np.diag(end).real[numbers == n])) for n in (0, 1, 2)]


def four_partite():
    """|1100> ends with weight w in the dark D: [w, largest overlap of D with a product of two
    parts, smallest negativity of the whole state over all cuts]."""
    end = te.steady_state(network(4), initial="1100").state
    pairs = (((0, 2), (1, 3)), ((0, 3), (1, 2)))
    dark = sum(_singlets(*pair) for pair in pairs)
    dark = dark / np.linalg.norm(dark)
    cuts = [part for size in (1, 2) for part in combinations(range(4), size)]
    overlaps = [_schmidt(dark, part)[0] ** 2 for part in cuts]
    negativities = [_negativity(end, part) for part in cuts]
    return [overlap(end, dark), max(overlaps), min(negativities)]


def whole_state():
    """Mean of a witness in what |1100> ends in, and the noise at which it is zero."""
    found = witness.whole_state_witness()
    mean, noise = witness.mean_and_noise(found, te.steady_state(network(4), initial="1100").state)
    assert mean + witness.lacking(found) < 0.7 * mean < 0  # negative with what it lacks, too
    return [mean, noise]


def _singlets(first, second):
    """|Psi-> of two pairs of four qubits."""
    tensor = np.multiply.outer(*(states.bell("Psi-").reshape(2, 2),) * 2)
    return np.moveaxis(tensor, range(4), (*first, *second)).ravel()


def _schmidt(ket, part):
    rest = [k for k in range(4) if k not in part]
    matrix = ket.reshape((2,) * 4).transpose([*part, *rest]).reshape(2 ** len(part), -1)
    return np.linalg.svd(matrix, compute_uv=False)


def _negativity(state, part):
    """Minus the sum of the negative eigenvalues of the partial transpose."""
    order = [k + 4 if k in part else k for k in range(4)]
    order += [k if k in part else k + 4 for k in range(4)]
    turned = state.reshape((2,) * 8).transpose(order).reshape(16, 16)
    values = np.linalg.eigvalsh(turned)
    return -float(np.sum(values[values < 0]))


def many_qubits():
    """[C_1j at N = 100, weight of |10...0> in the final state there]."""
    amplitudes = exact.single_excitation_amplitudes(1e9, (2 * KAPPA,) * 100)
    return [float(2 * abs(amplitudes[0] * amplitudes[1])), float(amplitudes[0] ** 2)]


def clockwork(scheme, pump="coherent"):
    """E_N, and with the qubit detuned by 0.5 kappa."""
    return [
        te.steady_state(te.clockwork(scheme, pump=pump, detuning=delta)).logarithmic_negativity()
        for delta in (0.0, 0.5)
    ]


def clockwork_control():
    """Both decay alone: E_N of the schemes that are pumped coherently."""
    return [
        te.steady_state(
            te.clockwork(scheme, decay=0.0, individual_decay=2.2)
        ).logarithmic_negativity()
        for scheme in ("lowest transition", "laser")
    ]


CLAIMS = {
    "eigenvalues": effective_eigenvalues,
    "at 500 from 11": lambda: at_500("11"),
    "at 500 from 10": lambda: at_500("10"),
    "at 500 from Psi+": lambda: at_500("Psi+"),
    "at 500 from Psi-": lambda: at_500("Psi-"),
    "fidelity of 10": both_fidelities,
    "end of 10": end_of_10,
    "product state": lambda: printed_product(0.5, 0.9),
    "equal populations 0.1": lambda: equal_populations(0.1),
    "equal populations 0.3": lambda: equal_populations(0.3),
    "equal populations 0.5": lambda: equal_populations(0.5),
    "individual decay": lambda: with_individual_decay(0.05 * KAPPA),
    "detuned eigenvalues": detuned_eigenvalues,
    "detuned dark state": detuned_dark_state,
    "energy of 100": lambda: three_qubits("100")[0],
    "energy of 011": lambda: three_qubits("011")[0],
    "fidelity with Psi_2": lambda: three_qubits("100")[1:3],
    "end of 011": lambda: three_qubits("011")[3],
    "end of 110 and 101": relabelled,
    "N qubits": four_qubits,
    "W-like, two excitations": two_excitations,
    "two excitations, four-partite": four_partite,
    "two excitations, whole state": whole_state,
    "W-like, many qubits": many_qubits,
    "clockwork, lowest transition": lambda: clockwork("lowest transition"),
    "clockwork, laser": lambda: clockwork("laser"),
    "clockwork, incoherent": lambda: clockwork("lowest transition", "incoherent"),
    "clockwork, alone": clockwork_control,
}
