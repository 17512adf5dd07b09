"""Dynamics behind several poles: evolution, relaxation rates, preparation times."""

import numpy as np
import pytest
from scipy import sparse

import thermalent as te
from tests.support.liouvillian_spectrum import spectrum
from tests.support.long_ones import ordinary_and_long
from thermalent.continued_fraction.several_poles import evolution, rates
from thermalent.continued_fraction.several_poles.chain.coordinates import chain_of


@pytest.mark.parametrize("initial", ordinary_and_long(["01", "superposition"], ["superposition"]))
def test_evolution_agrees_with_the_master_equation(initial):
    """Total charges 0 to 2, transients and the long run."""
    network = te.thermal_link(0.05, 0.5, filters=2, detuning=(0.1, -0.2))
    start = np.ones((4, 4)) / 4 if initial == "superposition" else initial
    times = [0.0, 0.7, 4.0, 60.0]
    found = te.evolve(network, times, start, te.ContinuedFraction(rtol=1e-4))
    fock = te.evolve(network, times, start, te.Fock(cutoff=6))
    distance = np.max(np.abs(found.states - fock.states), axis=(1, 2))
    assert np.all(distance <= found.error + fock.error)
    assert np.all(found.error < 3e-4)
    steady = te.steady_state(network, te.ContinuedFraction(rtol=1e-8))
    assert np.max(np.abs(found.states[-1] - steady.state)) < 3e-4


@pytest.mark.long
def test_evolution_behind_a_hot_source_ends_in_its_steady_state():
    network = te.thermal_link(1220, 1e-3, filters=2)
    found = te.evolve(network, [10.0, 1e5], "00", te.ContinuedFraction(rtol=1e-5))
    steady = te.steady_state(network, te.ContinuedFraction(rtol=1e-8))
    assert np.max(np.abs(found.states[1] - steady.state)) <= found.error[1] + steady.error
    # As behind one cavity, it is far from there after ten lifetimes.
    assert found.concurrence()[0] == pytest.approx(0.2284, abs=1e-3)


def test_evolution_behind_one_mode_is_the_case_of_one_element():
    network = te.thermal_link(3.0, 0.2, detuning=(0.1, -0.2))
    times = np.array([0.5, 5.0, 50.0])
    rho = np.diag([0.0, 1.0, 0.0, 0.0]).astype(complex)
    states, error, _ = evolution.evolve_several_poles(chain_of(network), times, rho, 1e-7, 1e12)
    expected = te.evolve(network, times, "01", te.ContinuedFraction(rtol=1e-9))
    distance = np.max(np.abs(states - expected.states), axis=(1, 2))
    assert np.all(distance <= error + expected.error)


def test_dynamics_behind_several_outputs_say_what_they_take():
    with pytest.raises(te.MethodError, match="each in another way"):
        te.evolve(te.dual_rail(1, 1.0, bandwidth=5.0), [1.0], "00", te.ContinuedFraction())


def test_relaxation_rates_are_those_of_one_mode_and_of_the_source():
    """One element is one mode; and amplitudes of the source relax whatever listens to them."""
    for network in (te.thermal_link(3.0, 0.2), te.thermal_link(1.0, 0.3, qubits=1)):
        expected = te.relaxation_rates(network, 6)
        found = rates.slowest_on_tiers(chain_of(network), 3, 1e-8)
        distance = np.abs(found.values - expected.values[:3])
        assert np.all(distance <= found.error + expected.error[:3])
        assert found.complete
        assert found.stationary == expected.stationary == 1
    behind_two = te.relaxation_rates(te.thermal_link(0.02, 0.4, filters=2, qubits=1), 3, rtol=1e-6)
    # Equal rates of the source are defective: a fourth root of the rounding, 1e-4, is what is left.
    assert np.all(behind_two.error < 3e-4)
    # alpha and alpha^* decay with kappa each: pairs of them with twice that, which the qubit shows.
    assert np.all(np.abs(behind_two.values - 0.8) <= behind_two.error)


def test_preparation_behind_two_cavities():
    network = te.thermal_link(10.0, 0.05, filters=2)
    time = te.preparation_time(network, "00", distance=0.05)
    steady = te.steady_state(network, te.ContinuedFraction(rtol=1e-5)).state
    before, after = te.evolve(
        network, [0.98 * time, 1.02 * time], "00", te.ContinuedFraction(rtol=1e-4)
    ).states
    assert te.trace_distance(before, steady) > 0.05 > te.trace_distance(after, steady)


def butterworth(n_th=0.02, **options):
    return te.thermal_link(n_th, filter=te.Filter.butterworth(2, 1.0), **options)


RATES = {
    "slow": lambda: butterworth(gamma=1e-4, qubits=1),
    "far slower than the source": lambda: butterworth(gamma=1e-8, qubits=1),
    "fast": lambda: butterworth(gamma=1.0, qubits=1),
    "turning": lambda: butterworth(gamma=0.1, detuning=3.0, qubits=1),
    "equal cavities": lambda: te.thermal_link(0.02, 0.4, filters=2, qubits=1),
}


@pytest.mark.parametrize("charge", [0, 1])
@pytest.mark.parametrize("name", RATES)
def test_rates_behind_two_poles_are_those_of_the_master_equation(name, charge):
    """Against all eigenvalues in Fock space; what these lack is seen from two more levels."""
    network = RATES[name]()
    found = te.relaxation_rates(network, 3, charge=charge, rtol=1e-7)
    assert found.certified
    coarse, true = spectrum(network, 4, charge), spectrum(network, 5, charge)
    true = true[np.argsort(true.real)]
    moving = true[np.abs(true) > 1e-10]
    assert len(true) - len(moving) == found.stationary == (1 if charge == 0 else 0)
    truncation = np.array([np.min(np.abs(coarse - v)) for v in moving[: 3 + 6]])
    allowed = found.error[:, None] + 2 * np.max(truncation[:3]) + 1e-9
    apart = np.abs(found.values[:, None] - moving[None, :])
    assert np.all(np.min(apart, axis=1) <= allowed[:, 0]), (found.values, moving[:4])
    # None of the slowest is left out, copies included.
    assert np.max(np.abs(found.values.real - moving[:3].real)) <= np.max(allowed)


def test_rates_of_a_negative_charge_turn_the_other_way():
    network = RATES["turning"]()
    one = te.relaxation_rates(network, 2, charge=1, rtol=1e-6)
    other = te.relaxation_rates(network, 2, charge=-1, rtol=1e-6)
    assert np.all(np.abs(one.values.imag) > 0.3)
    assert np.max(np.abs(other.values - one.values.conj())) < 1e-9


def test_rates_that_were_only_searched_for_say_so(monkeypatch):
    """Their error holds the distance of those that more tiers moved away."""
    network = butterworth(1.0)
    monkeypatch.setattr(rates, "_MOST_UNKNOWNS", 1000)
    with pytest.warns(RuntimeWarning, match="two searches from different shifts"):
        found = te.relaxation_rates(network, 3)
    assert not found.certified
    # The slowest with 16 tiers more, from a run of minutes; the change per two tiers is 1/10.
    assert abs(found.values[0] - 0.38362975) <= found.error[0] < 1e-2
    assert np.all(np.abs(found.values[1:].real - np.sqrt(0.5)) <= found.error[1:])


def test_rates_that_differ_by_a_rounding_have_its_error():
    """A cluster as narrow as that says nothing of how well its eigenvalues are known."""
    eps = np.finfo(float).eps
    found = rates._all(sparse.csc_array(np.diag([-1.0, -1.0 - eps, -3.0])))
    assert found.values.real == pytest.approx([1.0, 1.0, 3.0], rel=1e-14)
    assert np.all(found.rounding >= 3 * eps)
    assert np.all(found.rounding < 100 * eps)


def test_a_chain_of_one_pole_evolves_as_its_mode(monkeypatch):
    """No amplitudes along it: there are no quanta to leave out, and no other run to compare."""
    runs, run = [], evolution._Sector._run

    def noted(self, times, quanta, *more):
        runs.append(quanta)
        return run(self, times, quanta, *more)

    monkeypatch.setattr(evolution._Sector, "_run", noted)
    network, times = te.thermal_link(0.7, 0.5, detuning=(0.1, -0.2)), np.array([0.3, 4.0, 30.0])
    start = np.zeros((4, 4), dtype=complex)
    start[1, 1] = 1.0
    found, error, stats = evolution.evolve_several_poles(
        chain_of(network), times, start, 1e-8, 1e12
    )
    expected = te.evolve(network, times, "01", te.Fock(cutoff=30))
    distance = np.max(np.abs(found - expected.states), axis=(1, 2))
    assert np.all(distance <= error + expected.error)
    assert np.all(error < 1e-7)
    assert stats["quanta"] == 0
    assert runs == [0]
