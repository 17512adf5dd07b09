"""What THERMAL says in Secs. V and VI and App. C, recomputed, for reference_thermal.json."""

import numpy as np
from thermal_by_hand import mirror
from thermal_claims_model import concurrence, link

import thermalent as te
from thermalent.analytic import bidirectional_dark_state
from thermalent.hardware.presets import preset
from thermalent.networks.liouvillian import emitter_liouvillian
from thermalent.operators.superoperators import dense

N_TH, KAPPA = 1220.0, 1e-3


def over_time():
    """C at gamma t = 1, 10, 30, 100 from |00>."""
    return te.evolve(link(N_TH, KAPPA), [1.0, 10.0, 30.0, 100.0], "00").concurrence()


def with_dephasing():
    """C in the end for gamma T_phi = 1e3 (1/kappa), 100, 10."""
    return [concurrence(N_TH, KAPPA, dephasing=rate) for rate in (1e-3, 1e-2, 1e-1)]


def unequal():
    """C at gamma_2/gamma_1 = 0.8, 0.9, 1, 1.1, 1.2."""
    return [concurrence(N_TH, KAPPA, gamma=(1.0, g)) for g in (0.8, 0.9, 1.0, 1.1, 1.2)]


def detuned():
    """C at common detunings of 0.05, 0.1, 0.4."""
    return [concurrence(N_TH, KAPPA, detuning=d) for d in (0.05, 0.1, 0.4)]


def opposite():
    """C at opposite detunings of +-0.1 and +-0.5 over C without."""
    ideal = concurrence(N_TH, KAPPA)
    return [concurrence(N_TH, KAPPA, detuning=(d, -d)) / ideal for d in (0.1, 0.5)]


def lossy():
    """C at losses of 5 % and 10 %, kappa = 0.01, 0.001, 1e-4."""
    return [concurrence(N_TH, k, loss=p) for k in (1e-2, 1e-3, 1e-4) for p in (0.05, 0.1)]


def literal(kappa, loss):
    """Eq. (48) as printed."""
    ideal, scaled = link(N_TH, kappa), np.ones((3, 3))
    scaled[1, 2] = scaled[2, 1] = np.sqrt(1 - loss)
    return te.Network(
        nodes=ideal.nodes, exchange=ideal.exchange * scaled, decay=ideal.decay * scaled
    )


def loss_as_printed():
    """C of Eq. (48) at 5 % and 10 %."""
    networks = [literal(KAPPA, loss) for loss in (0.05, 0.1)]
    return [te.steady_state(network).concurrence() for network in networks]


def eigenvalues_48():
    """The smallest eigenvalue of [the waveguide's decay, that with the hot port], loss 5 %."""
    decay = literal(KAPPA, 0.05).decay
    port = np.diag([KAPPA * (N_TH + 1), 0, 0])
    return [np.linalg.eigvalsh(matrix)[0] for matrix in (decay, decay + port)]


def phononic(n_th, kappa, first=1.0, second=2.0, *, detuning=0.5, backaction=True):
    return te.phononic_link(
        n_th,
        kappa,
        wavelengths=(first, second),
        detuning=(detuning, -detuning),
        backaction=backaction,
    )


def nodes_of_the_wave():
    """Largest difference of J and G from Eq. (49), qubits one and two wavelengths away."""
    network = phononic(1.0, 0.3)
    v = np.array([np.sqrt(0.3), 1.0, 1.0])
    return max(
        np.max(np.abs(network.decay - np.outer(v, v))),
        np.max(np.abs(network.exchange - np.diag([0, 0.5, -0.5]))),
    )


def dark_state_50():
    """|H Psi| of [Eq. (50), twice its |00>] at alpha = 3, kappa = 0.05, delta_a = 0.5."""
    ours = bidirectional_dark_state(3.0, 0.05, 0.5)
    singlet = np.array([0, 1, -1, 0]) / np.sqrt(2)
    printed = 0.5j * np.eye(4)[0] + np.sqrt(2 * 0.05) * 3 * singlet
    printed /= np.linalg.norm(printed)
    s1, s2 = np.kron([[0, 1], [0, 0]], np.eye(2)), np.kron(np.eye(2), [[0, 1], [0, 0]])
    total = s1 + s2
    drive = -0.5j * np.sqrt(0.05) * 3 * (total.T - total)
    h = 0.5 * (s1.T @ s1 - s2.T @ s2) + drive
    return [np.linalg.norm(h @ ket) for ket in (printed, ours)]


def equivalent_detuning():
    """C of the slow bidirectional link over that of the cascade, delta_a = gamma/2 and gamma/4."""
    kappa, n_th = 1e-4, 5e3
    cascade = concurrence(n_th, kappa)
    found = [phononic(n_th, kappa, detuning=d, backaction=False) for d in (0.5, 0.25)]
    return [te.steady_state(network).concurrence() / cascade for network in found]


def effect_of_backaction(n_th, kappa):
    """C with back-action minus C without."""
    with_it, without = (
        te.steady_state(phononic(n_th, kappa, backaction=on)).concurrence() for on in (True, False)
    )
    return with_it - without


def general_positions():
    """Largest difference of the qubits' own superoperator from (51) to (53), k_0 z = 1.3, 4.4."""
    network = te.phononic_link(1.0, 0.3, positions=(1.3, 4.4), detuning=(0.2, -0.1))
    printed, _ = mirror(1.3, 4.4, (0.2, -0.1))
    return np.max(np.abs(dense(emitter_liouvillian(network)) - printed))


def broad_backaction():
    """Largest difference of the states with and without back-action, n_th = 2, kappa = 1."""
    with_it, without = (
        te.steady_state(phononic(2.0, 1.0, backaction=on)).state for on in (True, False)
    )
    return np.max(np.abs(with_it - without))


def placed():
    """C at n_th = 2000, kappa = 0.01, k_0 z/pi = (2, 4), (1, 2), (1, 3), (2.1, 4), (2.5, 4)."""
    places = ((2.0, 4.0), (1.0, 2.0), (1.0, 3.0), (2.1, 4.0), (2.5, 4.0))
    networks = [phononic(2000.0, 0.01, a / 2, b / 2, backaction=False) for a, b in places]
    return [te.steady_state(network).concurrence() for network in networks]


def orbital():
    """C of the orbital states, n_th = 100: kappa = omega_c/Q without back-action, 2 kappa with."""
    as_read = te.phononic_link(
        100.0,
        0.05,
        wavelengths=(1.0, 2.0),
        detuning=(0.5, -0.5),
        dephasing=1 / (2 * np.pi * 1e6 * 10e-6),
        backaction=False,
    )
    lab = preset("siv-orbital").network
    return [te.steady_state(network).concurrence() for network in (as_read, lab)]


def orbital_limits():
    """C of the preset, without dephasing, and with half the bandwidth."""
    labs = (
        preset("siv-orbital"),
        preset("siv-orbital", dephasing_time=None),
        preset("siv-orbital", quality=2e6),
    )
    return [te.steady_state(lab.network).concurrence() for lab in labs]


def spin():
    """C of the spin states at T_phi = 1 ms and 10 ms, Q = 1e6."""
    labs = [preset("siv-spin", dephasing_time=time) for time in ("1ms", "10ms")]
    return [te.steady_state(lab.network).concurrence() for lab in labs]


def permuted_pairs():
    """C of qubits 1 and 3, 2 and 4, and of 2 and 3, which opposite detunings of gamma pair."""
    method, found = te.ContinuedFraction(rtol=1e-6), []
    for detuning, pairs in (
        ((1.0, 1.0, -1.0, -1.0), (("q1", "q3"), ("q2", "q4"))),
        ((1.0, 0.0, 0.0, -1.0), (("q2", "q3"),)),
    ):
        four = te.steady_state(link(4.0, 0.05, qubits=4, detuning=detuning), method)
        found += [float(four.concurrence(*pair)) for pair in pairs]
        assert four.concurrence("q1", "q2") == four.concurrence("q3", "q4") == 0
    return found


def late_schedule():
    """The link at rest; then the second qubit, whose clock is late, waits for the first."""
    on, first = (te.thermal_link(4.0, 0.05, gamma=(1.0, g)) for g in (1.0, 0.0))
    return te.Schedule([(on, 100.0), (first, np.inf)]), 100.0 + np.array([0.0, 0.1, 0.5, 1.0])


def at_one_time():
    """C at arrival, and at one time of the laboratory for gamma tau = 0.1, 0.5, 1."""
    schedule, times = late_schedule()
    return te.evolve(schedule, times, "00", te.ContinuedFraction(rtol=1e-7)).concurrence()


def two_pairs():
    """C_12 and C_34 of four qubits on one line, n_th = 4, kappa = 0.05; C of two alone."""
    four = te.steady_state(te.thermal_link(4.0, 0.05, qubits=4))
    return [
        four.concurrence("q1", "q2"),
        four.concurrence("q3", "q4"),
        concurrence(4.0, 0.05),
    ]


def entropies():
    """S in bits at n_th = 1e3, kappa = 0.1, 0.01, 0.001; at kappa = 0.001, n_th = 1e5, 100."""
    points = ((1e3, 0.1), (1e3, 1e-2), (1e3, 1e-3), (1e5, 1e-3), (1e2, 1e-3))
    return [te.von_neumann_entropy(te.steady_state(link(*point)).state) for point in points]


CLAIMS = {
    "n_th, room temperature": lambda: [
        te.hardware.thermal_occupation("300K", f) for f in ("5GHz", "3GHz", "50GHz")
    ],
    "superconducting, n_th": lambda: preset("superconducting").n_th,
    "superconducting, kappa": lambda: preset("superconducting").kappa,
    "temperature of 1e4 quanta": lambda: te.hardware.source_temperature(1e4, "3GHz"),
    "Fig. 4(a)": over_time,
    "Fig. 4(b)": with_dephasing,
    "Fig. 4(c), couplings": unequal,
    "Fig. 4(c), detuning": detuned,
    "opposite detunings": opposite,
    "Fig. 4(d)": lossy,
    "Eq. (48)": loss_as_printed,
    "Eq. (48), eigenvalues": eigenvalues_48,
    "Eq. (49)": nodes_of_the_wave,
    "Eq. (50)": dark_state_50,
    "Eq. (50), equivalence": equivalent_detuning,
    "Fig. 6(a)": lambda: [
        effect_of_backaction(n, k) for n, k in ((79.0, 0.1), (20.0, 0.01), (200.0, 0.01))
    ],
    "Fig. 6(a), broad": broad_backaction,
    "Eqs. (51) to (53)": general_positions,
    "Fig. 6(b)": placed,
    "SiV, orbital": orbital,
    "SiV, limits": orbital_limits,
    "SiV, spin": spin,
    "several pairs": two_pairs,
    "several pairs, permuted": permuted_pairs,
    "retardation": at_one_time,
    "entropy": entropies,
}
