"""The numbers of GENERATION and TRANSPORT by another route than the package's: `rings_by_hand`.

A route per row of reference_ring.json, for the column "comes out" of the page of claims. Maxima
are found near the starts that stand here, to two or three digits.
"""

from functools import partial

import numpy as np
from flint import arb
from ring_generation_routes import (
    BOTH_WAYS,
    PRINTED,
    SLOW,
    after_the_peak,
    bare_optimum,
    bare_peak,
    best_distance,
    best_generated,
    best_transfer,
    chiral_optimum,
    decay_where_maxima_swap,
    exceptional_point,
    generated,
    generation_after_a_long_delay,
    generation_at_chirality,
    generation_slope,
    largest_transfer,
    late_errors,
    mean_with_one_detuned,
    on_the_border,
    towards_bell,
    transferred_at_peak,
    unequal_optimum,
    windowed_optimum,
    with_decay,
)
from ring_transport_routes import (
    bend_over_distance,
    best_transport,
    best_transport_distance,
    decay_thresholds,
    deviation_of_the_angles,
    dicke,
    dicke_optimum,
    equally_good_decay,
    fidelities,
    generation_against_transport,
    means_of_detuned_w3,
    singlet,
    spread_over_phase,
    superposed_with_two,
    transport_after_a_long_delay,
    transport_at_chirality,
    transport_slope,
    transported,
    unknown_qubit,
    unknown_qutrit,
    w_optimum,
    w_to_w,
    with_qubit_decay,
    without_cavities,
)
from rings_by_hand import (
    PI,
)

EXPONENTIAL = "exponentials of the amplitudes in 256 bits"
QUADRATURE = "quadrature over exponentials of the amplitudes"
MASTER = "master equation with two excitations written out"
# Of those that are not by exponentials in 256 bits.
DELAY = "exponentials in 256 bits, and Runge-Kutta steps for the delay"
NAMES = {
    **{
        f"{system}, chi = {chi}": DELAY
        for system in ("generation", "transport")
        for chi in (0.95, 0.9, 0.8, 0.5)
    },
    **dict.fromkeys(("generation, long delay", "transport, long delay"), DELAY),
    "unknown qutrit": MASTER,
    **dict.fromkeys(("one detuning", "W3, qubits detuned", "W3, cavities detuned"), QUADRATURE),
    **dict.fromkeys(("Phi+-", "ee", "psi_beta"), MASTER),
    "C and F(Psi-)": "exponentials of the amplitudes written out",
    "imaginary kappa": "discriminant of one node's amplitudes",
}
_FOUND = {
    "chiral optimum": lambda: chiral_optimum()[2],
    "chiral optimum, g1": lambda: chiral_optimum()[0],
    "chiral optimum, g2": lambda: chiral_optimum()[1],
    "chiral, rounded couplings": lambda: generated(**PRINTED),
    "largest F3": lambda: largest_transfer(g=chiral_optimum()[:2]),
    "F3 at the peak": transferred_at_peak,
    "F(Psi+) at kD = 0": lambda: towards_bell(2 * PI, 1, 60, g=chiral_optimum()[:2]),
    "excitation transfer": best_transfer,
    "no cavities, equal": lambda: bare_peak(1),
    "no cavities, unequal": lambda: bare_optimum()[1],
    "no cavities, best ratio": lambda: bare_optimum()[0],
    "no cavities, printed ratio": lambda: bare_peak("3.88"),
    "cavities, unequal": lambda: unequal_optimum()[1],
    "cavities, unequal, where": lambda: unequal_optimum()[0][:3],
    "cavities, unequal, printed point": lambda: generated(g=(2.21, 2.11), right=(1, 4.82)),
    "nonchiral, printed couplings": lambda: generated(**SLOW, until=1500),
    "nonchiral, exchanged": lambda: generated(g=(0.0017, 0.0041), **BOTH_WAYS, until=1500),
    "nonchiral, slow limit": generation_slope,
    "nonchiral, window": windowed_optimum,
    "nonchiral Bell state, n = 1": lambda: [towards_bell(PI, s, 1200, **SLOW) for s in (1, -1)],
    "nonchiral Bell state, n = 2": lambda: [towards_bell(2 * PI, s, 1200, **SLOW) for s in (1, -1)],
    "imaginary kappa": exceptional_point,
    "equal couplings": lambda: generated(g=(0.5, 0.5))[0],
    "gain by cavities": lambda: chiral_optimum()[2] / bare_peak(1),
    "best distance, chi = 0.5": lambda: best_distance(0.5, 0.99),
    "best distance, chi = 0.2": lambda: best_distance(0.2, 0.955),
    "best distance, chi = 0": lambda: best_distance(0.0, 0.96),
    "generation, chi = 0.95": lambda: generation_at_chirality(
        0.95, (0.121, 0.268, 13.0), (0.1159, 0.2536), (0.126, 0.277, 12.5)
    ),
    "generation, chi = 0.9": lambda: generation_at_chirality(
        0.9, (0.117, 0.259, 13.5), (0.1075, 0.2350), (0.126, 0.277, 12.5)
    ),
    "generation, chi = 0.8": lambda: generation_at_chirality(
        0.8, (0.108, 0.240, 15.0), (0.0940, 0.2064), (0.126, 0.277, 12.5)
    ),
    "generation, chi = 0.5": lambda: generation_at_chirality(
        0.5, (0.077, 0.177, 20.0), (0.0613, 0.1385), (0.14, 0.3, 12.0)
    ),
    "Eq. (10)": late_errors,
    "C and F(Psi-)": lambda: [after_the_peak(*chiral_optimum()[:2]), after_the_peak(0.2, 0.3)],
    "one detuning": lambda: [
        mean_with_one_detuned(which, node) for which in ("cavity", "qubit") for node in (0, 1)
    ],
    "qubit decay": with_decay,
    "qubit decay below 0.1": lambda: [
        best_generated(start, decay=arb(rate))[2]
        for rate, start in (
            ("0.01", (0.148, 0.345, 9.5)),
            ("0.05", (1.59, 1.3, 2.02)),
            ("0.1", (1.677, 1.379, 1.9)),
        )
    ],
    "real and imaginary kappa": on_the_border,
    "qubit decay, maxima swap": decay_where_maxima_swap,
    "qubit decay, against transport, 0.02": partial(
        generation_against_transport, 0.02, (0.17, 0.416), 7.8
    ),
    "qubit decay, against transport, 0.05": partial(
        generation_against_transport, 0.05, (1.59, 1.3), 2.02
    ),
    "qubit decay, against transport, 0.1": partial(
        generation_against_transport, 0.1, (1.68, 1.38), 1.9
    ),
    "qubit decay, against transport, 0.2": partial(
        generation_against_transport, 0.2, (1.85, 1.53), 1.72
    ),
    "nonchiral, largest F3": lambda: largest_transfer(until=1500, **SLOW),
    "nonchiral, slower": lambda: generated(**SLOW, until=1500)[1] / chiral_optimum()[3],
    "nonchiral, distance": lambda: [
        generated(**SLOW, until=1500, phase=2 * PI * part)[0] for part in (0.5, 0.49, 0.45)
    ],
    "nonchiral, qubit decay": lambda: [
        generated(**SLOW, until=1500, decay=arb(rate))[0] for rate in ("0.001", "0.01", "0.1")
    ],
    "Psi+, best coupling": lambda: best_transport()[0],
    "Psi+, F": lambda: best_transport()[1],
    "Psi+, sqrt F": lambda: np.sqrt(best_transport()[1]),
    "Psi+ at g = 0.3": lambda: fidelities(*transported(0.3)),
    "Psi+, nonchiral": lambda: fidelities(*transported(0.3, **BOTH_WAYS)),
    "Psi+, nonchiral, slow limit": transport_slope,
    "transport, chi = 1": lambda: best_transport(until=60.0)[1],
    "transport, chi = 0.95": lambda: transport_at_chirality(0.95, 0.2839),
    "transport, chi = 0.9": lambda: transport_at_chirality(0.9, 0.2619),
    "transport, chi = 0.8": lambda: transport_at_chirality(0.8, 0.2162),
    "transport, chi = 0.5": lambda: transport_at_chirality(0.5, 0.1309),
    "Phi+-": lambda: superposed_with_two(np.pi / 4),
    "ee": lambda: superposed_with_two(np.pi / 2),
    "psi_alpha": deviation_of_the_angles,
    "Psi- by opposite couplings": singlet,
    "3D1": lambda: fidelities(*dicke(3, 1, 0.248)),
    "3D2": lambda: fidelities(*dicke(3, 2, 0.248)),
    "4D2": lambda: fidelities(*dicke(4, 2, 0.215)),
    "3D1, best coupling": lambda: dicke_optimum(3, 1, 0.246),
    "3D2, best coupling": lambda: dicke_optimum(3, 2, 0.246),
    "4D2, best coupling": lambda: dicke_optimum(4, 2, 0.214),
    "W1": lambda: w_optimum(1),
    "W3": lambda: w_optimum(3),
    "W20": lambda: w_optimum(20),
    "W3 to W7": lambda: w_to_w(3, 7),
    **{f"qubit decay {rate:g}": partial(with_qubit_decay, rate) for rate in (0.01, 0.05, 0.1, 0.2)},
    "qubit decay, threshold": decay_thresholds,
    "W3, qubits detuned": lambda: means_of_detuned_w3(range(2, 8), 0.1, 3, (1.0, 0.5)),
    "W3, cavities detuned": lambda: [
        means_of_detuned_w3((0, 1), width, 12 if width < 1 else 24, (0.5,))[0]
        for width in (0.1, 0.2, 0.5, 1.0)
    ],
    "Psi+ without cavities, together": lambda: without_cavities(True),
    "Psi+ without cavities, chain": lambda: without_cavities(False),
    "best distance": lambda: [best_transport_distance(chi) for chi in (0.9, 0.5, 0.0)],
    "sensitivity to the distance": lambda: [bend_over_distance(chi) for chi in (0.9, 0.5, 0.0)],
    "psi_beta": spread_over_phase,
    "qubit decay, both at their best": equally_good_decay,
    "unknown qubit": unknown_qubit,
    "unknown qutrit": unknown_qutrit,
    "generation, long delay": generation_after_a_long_delay,
    "transport, long delay": transport_after_a_long_delay,
}
ROUTES = {name: (NAMES.get(name, EXPONENTIAL), found) for name, found in _FOUND.items()}
