"""The parts of which errors of evolutions, correlations and lines behind several poles are made."""

from types import SimpleNamespace

import numpy as np
import pytest

import thermalent as te
from tests.support.chain_searches import EPS, LINK, fraction
from thermalent.continued_fraction.dynamics.relaxation import RelaxationResult
from thermalent.continued_fraction.several_poles import (
    converge,
    correlations,
    evolution,
)
from thermalent.continued_fraction.several_poles.chain.coordinates import chain_of


def test_the_rounding_of_the_chain_is_an_error_of_all_times_but_the_first(monkeypatch):
    chain, times = chain_of(LINK), np.array([0.0, 1.0])

    class Sector:
        tiers, stepped, refused = 7, 0, 0

        def __init__(self, *given):
            self.charge = given[2]

        def quanta(self, *given):
            return evolution.QuantaFound(2, 1e-3, 0.0)

        def relaxed(self, *given):
            return np.zeros((2, 2, 2)), np.full(2, self.charge + 1.0)

    monkeypatch.setattr(evolution, "_Sector", Sector)
    rho = np.array([[0.6, 0.2 - 0.1j], [0.2 + 0.1j, 0.4]])
    _, error, _ = evolution.evolve_several_poles(chain, times, rho, 1e-3, 1e9)
    np.testing.assert_array_equal(error, [3.0, 3.0 + chain.rounding])
    _, error, _ = evolution.evolve_several_poles(chain, times, np.diag([0.5, 0.5]), 1e-3, 1e9)
    np.testing.assert_array_equal(error, [1.0, 1.0 + chain.rounding])


def test_quanta_are_judged_on_a_line_right_of_all_singularities():
    built = SimpleNamespace(a=(np.array([[-4.0]]), np.array([[2.0]])))
    points = list(evolution._probes(built, np.array([0.5, 10.0])))
    z = np.array([point for point, _ in points])
    np.testing.assert_allclose(z.real, 0.1)
    np.testing.assert_allclose(z.imag, [0.0, *np.geomspace(0.1, 12.0, 6)])
    np.testing.assert_allclose([weight for _, weight in points], np.abs(z))
    early = [z.imag for z, _ in evolution._probes(built, np.array([0.1]))]
    np.testing.assert_allclose(early, [0.0, *np.geomspace(10.0, 30.0, 6)])
    assert not list(evolution._probes(built, np.zeros(1)))


def test_the_error_of_an_evolution_holds_both_runs_and_what_the_last_quantum_changed(monkeypatch):
    sector = evolution._Sector(chain_of(LINK), np.eye(2), 0, 30)
    depths, seen = [], []
    monkeypatch.setattr(
        evolution, "tiers_depth", lambda chain, quanta, error: depths.append((quanta, error)) or 25
    )

    def run(times, quanta, tolerance, seeds):
        seen.append((quanta, tolerance, seeds.tolist()))
        values = {2: [1.0, 2.0, 3.0], 3: [1.1, 2.0, 3.05]}[quanta]
        states = np.multiply.outer(values, [[1.0, 0.0], [0.0, 0.1]])
        return states, np.array([1e-3, 2e-3, 3e-3]) * quanta, np.array([quanta + 0.5])

    sector._run = run
    states, error = sector.relaxed(np.array([0.0, 1.0, 2.0]), evolution.QuantaFound(3, 1e-5, 0.2))
    assert depths == [(1, pytest.approx(1e-8))]
    assert (sector.depth, sector.tiers) == (25, 25)
    tolerance = pytest.approx(1e-6)
    assert seen == [(2, tolerance, []), (3, tolerance, [2.5])]
    np.testing.assert_allclose(states[:, 0, 0], [1.1, 2.0, 3.05])
    np.testing.assert_allclose(error, [5e-3, 0.15 + 1e-2, 0.15 + 1.5e-2])  # none at the start
    sector.relaxed(np.array([0.1, 1.0, 2.0]), evolution.QuantaFound(3, 1e-12, 0.0))
    assert seen[-1][1] == 1e-10
    # A single pole has no quanta along the chain, and its error is its own.
    seen.clear()
    sector = evolution._Sector(chain_of(te.thermal_link(3.0, 0.2, qubits=1)), np.eye(2), 0, 30)
    sector._run = lambda times, quanta, *given: seen.append(quanta) or ("states", "own", None)
    assert sector.relaxed(np.array([1.0]), evolution.QuantaFound(0, 1e-5, 0.0)) == ("states", "own")
    assert (seen, depths[-1][0]) == ([0], 0)


class Regression:
    """A regression whose numbers are given."""

    def __init__(self, number, values, *, flux=1.0, size=4.0, error=0.0, quanta=2, own=0.0):
        self.number, self.values, self.flux, self.size = number, np.array(values), flux, size
        self.asked, self.quanta, self.own = SimpleNamespace(error=error), quanta, own
        self.given = None

    def transform(self, z, depth=0):
        return np.array([self.number / z])

    def over_time(self, times, tolerance, seeds=None):
        self.given = tolerance, seeds
        values = self.values[:, None]
        return RelaxationResult(
            values, np.full(len(times), self.own), 0, 5, support=np.array([self.number])
        )


def test_the_error_of_a_coherence_holds_all_its_parts(monkeypatch):
    fine = Regression(2.0, [2.0, 1.0, 0.5], error=1e-6, own=1e-5)
    coarse = Regression(2.0 + 1e-3, [2.0, 1.0 + 3e-4, 0.5 - 2e-4], own=3e-5)
    monkeypatch.setattr(correlations, "converged", lambda *given: (fine, coarse, [0.0]))
    delays = np.array([0.0, 1.0, 5.0])
    values, error = correlations.tiers_coherence(fine.asked, delays, 1e-5, 1e9)
    np.testing.assert_array_equal(values, fine.values)
    lost = (64 * EPS + 1e-6) * 4.0
    change = np.array([3e-4, 3e-4, 2e-4])
    np.testing.assert_allclose(error, 3 * change + 4e-5 + lost, rtol=1e-9)
    # A tenth of what the quanta leave out, or the accuracy that is asked for.
    assert fine.given[0] == pytest.approx(1e-4, rel=1e-6)
    assert fine.given[1].tolist() == [2.0 + 1e-3]
    correlations.tiers_coherence(fine.asked, delays, 1e-3, 1e9)
    assert fine.given[0] == pytest.approx(2e-3)
    assert coarse.given == (pytest.approx(2e-3), None)


def test_the_error_of_a_flux_is_three_times_its_change_and_what_is_lost():
    fine = Regression(0.0, [0.0], flux=0.5, size=3.0, error=1e-9)
    coarse = Regression(0.0, [0.0], flux=0.5 + 1e-7)
    value, error = correlations._flux(fine, coarse, 0.0)
    assert value == 0.5
    assert error == pytest.approx(3e-7 + 3 * (64 * EPS + 1e-9), rel=1e-9)


def test_the_error_of_a_line_is_its_change_and_its_share_of_what_is_lost(monkeypatch):
    """Of z = i omega the real part of number / z is that of -i number / omega."""
    fine, coarse = (
        Regression(number, [0.0], flux=2.0, size=3.0, error=1e-4)
        for number in (1j, 1j * (1 + 1e-3))
    )
    monkeypatch.setattr(correlations, "converged", lambda *given: (fine, coarse, [0.0, 0.0]))
    values, error, flux, _ = correlations.tiers_spectrum(
        fine.asked, np.array([0.5, -2.0]), 1e-5, 1e9, lambda text: None
    )
    expected = np.array([2.0, -0.5]) / np.pi
    np.testing.assert_allclose(values, expected)
    lost = (64 * EPS + 1e-4) * 3.0 / 2.0
    np.testing.assert_allclose(error, np.abs(expected) * (3e-3 + lost), rtol=1e-9)
    assert flux == 2.0


def test_a_truncation_of_what_has_no_unique_state_is_that_refusal(monkeypatch):
    found = SimpleNamespace(fraction=fraction(outcome="singular"))
    monkeypatch.setattr(converge, "converge", lambda chain, rtol: found)
    assert converge.truncated(chain_of(LINK), 6, 1e-6) is found


def test_a_truncation_states_what_the_tiers_that_are_left_out_change():
    """By how much K may be wrong, and the solution, which the complete fraction tells."""
    chain = chain_of(LINK)
    found = converge.converge(chain, 1e-9)
    cut, exact = converge.truncated(chain, 4, 1e-9).fraction, found.fraction
    assert cut.tiers == 4
    assert cut.uncertainty == np.max(np.abs(cut.k - exact.k)) < 0.5 * np.max(np.abs(cut.k))
    assert cut.error == converge.largest(found.chain, cut.x - exact.x) + exact.error
