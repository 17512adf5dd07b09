"""Numbers of THERMAL with the qubits' action on the cavity: by number states, `te.Fock`."""

import numpy as np
from thermal_claims_setups import late_schedule, phononic
from thermal_routes import at_mirror

import thermalent as te
from thermalent.hardware.presets import preset

FOCK = "te.Fock"


def concurrence(network):
    return te.steady_state(network, te.Fock()).concurrence()


def effect(n_th, kappa):
    with_it, without = (concurrence(phononic(n_th, kappa, backaction=on)) for on in (True, False))
    return with_it - without


def broad():
    with_it, without = (
        te.steady_state(phononic(2.0, 1.0, backaction=on), te.Fock()).state for on in (True, False)
    )
    return np.max(np.abs(with_it - without))


def orbital_states():
    as_read = phononic(100.0, 0.05, backaction=False)
    rate = 1 / (2 * np.pi * 1e6 * 10e-6)
    dephased = te.Network(
        nodes=(as_read.nodes[0], *(te.Qubit(name=name, dephasing=rate) for name in ("q1", "q2"))),
        exchange=as_read.exchange,
        decay=as_read.decay,
    )
    return [concurrence(network) for network in (dephased, preset("siv-orbital").network)]


def two_pairs():
    four = te.steady_state(te.thermal_link(4.0, 0.05, qubits=4), te.Fock(tolerance=1e-8))
    alone = concurrence(te.thermal_link(4.0, 0.05))
    return [four.concurrence("q1", "q2"), four.concurrence("q3", "q4"), alone]


def permuted_pairs():
    found = []
    for detuning, pairs in (
        ((1.0, 1.0, -1.0, -1.0), (("q1", "q3"), ("q2", "q4"))),
        ((1.0, 0.0, 0.0, -1.0), (("q2", "q3"),)),
    ):
        network = te.thermal_link(4.0, 0.05, qubits=4, detuning=detuning)
        four = te.steady_state(network, te.Fock(tolerance=1e-7))
        found += [four.concurrence(*pair) for pair in pairs]
    return found


def at_one_time():
    schedule, times = late_schedule()
    return te.evolve(schedule, times, "00", te.Fock()).concurrence()


def backaction_elsewhere():
    """With the back-action by number states, without it by the hierarchy written out."""
    found = []
    for n_th, place in ((2000.0, 2.05), (2000.0, 1.95), (200.0, 2.05), (200.0, 1.95)):
        exact = concurrence(phononic(n_th, 0.01, place / 2, 2.0))
        found.append(at_mirror(n_th, 0.01, place * np.pi, 4 * np.pi, 0.5) - exact)
    return found


ROUTES = {
    "overestimates": (FOCK, backaction_elsewhere),
    "several pairs, permuted": (FOCK, permuted_pairs),
    "retardation": (FOCK, at_one_time),
    "Fig. 6(a)": (FOCK, lambda: [effect(*p) for p in ((79.0, 0.1), (20.0, 0.01), (200.0, 0.01))]),
    "Fig. 6(a), broad": (FOCK, broad),
    "SiV, orbital": (FOCK, orbital_states),
    "SiV, limits": (
        FOCK,
        lambda: [
            concurrence(preset("siv-orbital", **changes).network)
            for changes in ({}, {"dephasing_time": None}, {"quality": 2e6})
        ],
    ),
    "SiV, spin": (
        FOCK,
        lambda: [
            concurrence(preset("siv-spin", dephasing_time=time).network) for time in ("1ms", "10ms")
        ],
    ),
    "several pairs": (FOCK, two_pairs),
}
