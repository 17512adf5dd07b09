"""Every method on every system: the right state within the stated error, or a reason why not."""

import numpy as np
import pytest

import thermalent as te
from tests.agreement.systems import SYSTEMS, TIMES, exact_evolution, exact_steady, initial
from thermalent.solution.method import Claim
from thermalent.solving import registry
from thermalent.solving.solve import method_named
from thermalent.testing import assert_state

GIVEN = {
    "FieldTrajectories": {"n": 1000, "seed": 5},
    "QuantumJumps": {"n": 250, "seed": 5},
    "FieldJumps": {"n": 200, "seed": 5},
    "Fock": {"tolerance": 1e-6},
}
ALL = [method_named(entry.name, **GIVEN.get(entry.name, {})) for entry in registry.METHODS]
# The methods that must solve each system; the others refuse it, with a reason.
STEADY = {
    "filtered light in a cascade": (
        "ContinuedFraction Fock FieldTrajectories QuantumJumps FieldJumps"
    ),
    "a mirror": "ContinuedFraction Fock QuantumJumps",
    "everything equally warm": "ContinuedFraction Fock FieldTrajectories QuantumJumps",
    "a hot filter": "ContinuedFraction Fock FieldTrajectories QuantumJumps FieldJumps",
    "two filters in a row": "ContinuedFraction Fock FieldTrajectories QuantumJumps FieldJumps",
    "squeezed light": "Fock QuantumJumps",
    "an amplifier": "ContinuedFraction Fock QuantumJumps",
    "cold rings": "ContinuedFraction Fock QuantumJumps",
    "a driven qutrit": "Fock FieldTrajectories QuantumJumps",
    "a common reservoir": "",
}
# Twenty quanta make as many jumps between two changes of the qubits.
TOO_SLOW = ("a hot filter", "QuantumJumps")
# Five standard errors: six in ten million draws are further away; the seeds are fixed.
SIGMAS = 5.0


def within(found, error, exact, exact_error, claim):
    """Whether a state is as near to the truth as it says."""
    factor = SIGMAS if claim is Claim.STATISTICAL else 1.0
    return np.max(np.abs(found - exact)) <= factor * error + exact_error


def assert_right(found, error, exact, exact_error, claim):
    """The error is kept, says something, and would show a state that is another one."""
    assert within(found, error, exact, exact_error, claim)
    assert error < 0.06  # of 1000 trajectories; exact methods are far below
    mixed = 0.3 * exact + 0.7 * np.eye(len(exact)) / len(exact)
    assert not within(found, error, mixed, exact_error, claim)


def refusal_says_why(reason):
    assert reason.endswith(".")
    assert len(reason.split()) >= 4


@pytest.mark.parametrize("method", ALL, ids=lambda method: method.name)
@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_steady_state(system, method):
    network = system.build()
    reason = method.refusal(network)
    if method.claim is not Claim.APPROXIMATE and system.unique:
        assert (reason is None) == (method.name in STEADY[system.name].split())
    if reason is not None:
        refusal_says_why(reason)
        with pytest.raises(te.MethodError, match=r"does not apply|gives? no|nothing to solve"):
            te.steady_state(network, method)
    elif not system.unique:
        if isinstance(method, te.QuantumJumps):  # which else searches for a burn-in for seconds
            method = te.QuantumJumps(n=1000, burn_in=30.0, window=1.0, samples=2)
        with pytest.raises(te.SolveError, match=r"unique|still differ"):
            te.steady_state(network, method)
    elif (system.name, method.name) != TOO_SLOW:
        found = te.steady_state(network, method)
        if method.claim is Claim.APPROXIMATE:
            # How near they come is measured in tests/analytic, in their small parameter.
            assert_state(found.state, tolerance=1e-9)
            return
        assert_right(found.state, float(found.error), *exact_steady(system), method.claim)


@pytest.mark.parametrize("method", ALL, ids=lambda method: method.name)
@pytest.mark.parametrize(
    "system", [system for system in SYSTEMS if system.cutoff], ids=lambda system: system.name
)
def test_evolution(system, method):
    network = system.build()
    reason = method.evolution_refusal(network, "empty")
    if reason is not None:
        refusal_says_why(reason)
        with pytest.raises(te.MethodError, match=r"does not"):
            te.evolve(network, TIMES, initial(system), method, source="empty")
        return
    found = te.evolve(network, TIMES, initial(system), method, source="empty")
    if method.claim is Claim.APPROXIMATE:
        assert_state(found.states, tolerance=1e-9)
        return
    exact, exact_error = exact_evolution(system)
    for rho, error, true in zip(found.states, found.error, exact, strict=True):
        assert_right(rho, float(error), true, exact_error, method.claim)


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_every_system_has_two_routes_of_its_own(system):
    network = system.build()
    exact = [method for method in ALL if method.claim is not Claim.APPROXIMATE]
    solves = [method for method in exact if method.refusal(network) is None]
    evolves = [method for method in exact if method.evolution_refusal(network, "empty") is None]
    assert len(solves) >= 2 or len(evolves) >= 2
