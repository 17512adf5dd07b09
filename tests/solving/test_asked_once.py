"""No method builds its problem twice: charges and source are found once per solve at most."""

import importlib
import sys
from collections import Counter

import numpy as np
import pytest

import thermalent as te
from thermalent.networks import gaussian_source, symmetry
from thermalent.solution.errors import MethodError
from thermalent.solution.plan import Cost, Refusal
from thermalent.solution.tasks import EvolutionTask, Piece, SteadyStateTask
from thermalent.solving import registry
from thermalent.solving.solve import method_named, prepared

ONCE = ((symmetry, "excitation_numbers"), (gaussian_source, "gaussian_source"))
# Ensembles as small as they can be: what is counted does not depend on their size.
SMALL = {
    "FieldTrajectories": {"n": 16, "burn_in": 10.0, "window": 1.0},
    "QuantumJumps": {"n": 16, "burn_in": 1.0, "window": 1.0},
    "FieldJumps": {"n": 16, "burn_in": 1.0, "window": 1.0},
}
NETWORKS = {
    "one mode": te.thermal_link(0.3, 0.5),
    "several modes": te.thermal_link(0.3, filter=te.Filter.butterworth(2, fwhm=1.0), qubits=1),
    "cold": te.thermal_link(0.0, 0.5),
    "no mode": te.cooperative(qubits=2, decay=1.0, individual_decay=0.1),
}
METHODS = [method_named(entry.name, **SMALL.get(entry.name, {})) for entry in registry.METHODS]
METHODS += [te.ContinuedFraction(digits=20), te.ContinuedFraction(n_max=4), te.Fock(cutoff=4)]


@pytest.fixture
def calls(monkeypatch):
    """How often each function is called for each network, from whichever module."""
    counted = Counter()
    for entry in registry.METHODS:
        importlib.import_module(entry.module)
    for home, name in ONCE:
        honest = getattr(home, name)

        def counting(network, honest=honest, name=name):
            counted[name, network.label, len(network.nodes)] += 1
            return honest(network)

        for module in list(sys.modules.values()):
            own = module is not None and module.__name__.startswith("thermalent")
            if own and vars(module).get(name) is honest:
                monkeypatch.setattr(module, name, counting)
    return counted


@pytest.mark.parametrize("where", NETWORKS)
@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_charges_and_source_are_found_once(method, where, calls):
    """In a steady state and in an evolution, whether the method applies or refuses."""
    network, solved = NETWORKS[where], 0
    initial = "1" + "0" * (len(network.dims) - 1)
    for solve in (
        lambda: te.steady_state(network, method),
        lambda: te.evolve(network, [0.5], initial, method),
    ):
        calls.clear()
        try:
            solve()
            solved += 1
        except MethodError:
            pass
        assert all(count <= 1 for count in calls.values()), calls
    if method.name == "Fock":
        assert solved == 2


def test_the_count_is_not_empty(calls):
    # A steady state of few levels reads the source from its structure, which is kept.
    network = NETWORKS["one mode"]
    te.evolve(network, [0.5], "0" * len(network.dims))
    assert {name: count for (name, *_), count in calls.items()} == {
        "excitation_numbers": 1,
        "gaussian_source": 1,
    }


@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_costs_are_known_before_anything_runs(method):
    """Bytes are positive; operations are too, or unknown where a burn-in is measured."""
    for network in NETWORKS.values():
        for task in (
            SteadyStateTask(network=network),
            EvolutionTask(
                pieces=(Piece(network),), times=np.array([0.5]), initial="0" * len(network.dims)
            ),
        ):
            plan = method.plan(task)
            if not isinstance(plan, Refusal):
                assert isinstance(plan.cost, Cost)
                assert plan.cost.bytes > 0
                assert plan.cost.operations > 0


def test_costs_grow_with_what_is_asked():
    small, large = (te.thermal_link(n_th, 0.5) for n_th in (0.5, 50.0))
    for method in (te.ContinuedFraction(), te.Fock()):
        costs = [method.accepted(SteadyStateTask(network=n)).cost for n in (small, large)]
        assert costs[1].operations > costs[0].operations
        assert costs[1].bytes >= costs[0].bytes


def test_tasks_planned_together_give_what_each_gives_alone():
    """To the bit for a method that plans one by one; the continued fraction within its errors."""
    networks = [*NETWORKS.values(), te.thermal_link(2.0, 0.2), te.thermal_link(0.7, 1.0)]
    tasks = [SteadyStateTask(network=network) for network in networks]
    for run, network in zip(prepared(tasks), networks, strict=True):
        alone, result = te.steady_state(network), run()
        assert result.method == alone.method
        assert np.max(np.abs(result.state - alone.state)) <= result.error + alone.error
    for run, network in zip(prepared(tasks, te.Fock(cutoff=4)), networks, strict=True):
        alone = te.steady_state(network, te.Fock(cutoff=4))
        np.testing.assert_array_equal(run().state, alone.state)
    refused = prepared(tasks[:1], te.FewExcitations())[0]
    with pytest.raises(MethodError, match="FewExcitations does not apply to this network: it"):
        refused()
