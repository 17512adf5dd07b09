"""The column "refuses" of the table of methods is what the methods refuse."""

from dataclasses import replace

import pytest

import thermalent as te
from tests.agreement.systems import SYSTEMS
from thermalent.solution.plan import Refusal
from thermalent.solution.tasks import EvolutionTask, Piece, SteadyStateTask
from thermalent.solving import registry
from thermalent.solving.solve import method_named

SYSTEM = {system.name: system.build for system in SYSTEMS}


def steady(network):
    return SteadyStateTask(network=network)


def evolution(network, initial):
    return EvolutionTask(pieces=(Piece(network),), times=[1.0], initial=initial)


def classical():
    """A mode that drives a qubit and does not feel it."""
    nodes = (te.Mode(bath_rate=0.5, n_th=0.1, backaction=False), te.Qubit(name="q"))
    one_way = te.Cascade(rates=(0.3, 1.0)).coupling()
    return te.Network(nodes=nodes, exchange=one_way.exchange, decay=one_way.decay)


def above_threshold():
    """Two modes that a pump feeds pairs faster than they lose quanta."""
    pair = te.dual_rail(1, 0.5, bandwidth=4.0)
    return replace(pair, pumping=10.0 * pair.pumping)


# A task for every entry of the column. Words that several methods share mean the same for all.
TASK = {
    "networks without a mode": lambda: steady(te.cooperative(2)),
    "one mode without U(1) symmetry": lambda: steady(SYSTEM["a driven qutrit"]()),
    "evolution under several modes that drive in several ways": lambda: evolution(
        SYSTEM["an amplifier"](), "00"
    ),
    "what does not fit in memory": lambda: steady(te.thermal_link(1e9, 0.1, qubits=16)),
    "steady states": lambda: steady(SYSTEM["cold rings"]()),
    "networks that something feeds": lambda: evolution(te.thermal_link(0.1, 0.5), "10"),
    "more than one excitation": lambda: evolution(SYSTEM["cold rings"](), "11"),
    "back-action": lambda: steady(SYSTEM["a mirror"]()),
    "pairs of quanta": lambda: steady(SYSTEM["an amplifier"]()),
    "more than 32 emitter levels": lambda: steady(te.thermal_link(1.0, 0.5, qubits=6)),
    "classical (no back-action) modes": lambda: steady(classical()),
    "modes that gain pairs faster than they lose quanta": lambda: steady(above_threshold()),
    "kets above 2e6 amplitudes (two qubits behind a mode of 6e4 quanta)": lambda: steady(
        te.thermal_link(1.2e5, 0.1)  # half of its bath, which has one of the two ports
    ),
    "white noise beside the poles": lambda: steady(
        te.thermal_link(1.0, 0.3, waveguide_occupation=0.1)
    ),
    "more than 16 qubits": lambda: steady(te.thermal_link(1.0, 0.5, qubits=17)),
    "several modes": lambda: steady(te.thermal_link(1.0, 0.5, filters=2)),
    "all but the ideal link": lambda: steady(te.thermal_link(1.0, 0.5, loss=0.1)),
    "more than eight emitter levels": lambda: steady(te.thermal_link(1.0, 0.5, qubits=4)),
}
# Beside each limit, what is just not beyond it.
TAKEN = {
    "FieldTrajectories": te.thermal_link(1.0, 0.5, qubits=5),
    "QuantumJumps": te.thermal_link(1e5, 0.1),
    "AmplitudeFluctuations": te.thermal_link(1.0, 0.5, qubits=3),
    "ContinuedFraction": te.thermal_link(1e9, 0.1),
    "Fock": te.cooperative(2),
}


@pytest.mark.parametrize("entry", registry.METHODS, ids=lambda entry: entry.name)
def test_a_method_refuses_what_the_table_says(entry):
    for words in entry.refuses:
        plan = method_named(entry.name).plan(TASK[words]())
        assert isinstance(plan, Refusal), words


@pytest.mark.parametrize("name", TAKEN)
def test_a_method_takes_what_is_not_in_the_table(name):
    """Hot modes among it, which the table once said that quantum jumps refuse."""
    assert method_named(name).refusal(TAKEN[name]) is None


def test_the_list_of_methods_can_be_read():
    found = te.methods(te.thermal_link(1.0, 0.5, filters=2))
    assert repr(found[0]) == "<ContinuedFraction: applies (exact)>"
    (markov,) = (each for each in found if each.method.name == "Markov")
    words = "does not apply, because the number of boson modes is 2, not 1"
    assert repr(markov).startswith(f"<Markov: {words}")
    assert all(len(repr(each)) < 400 for each in found)
