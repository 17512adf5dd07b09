"""Errors and ends of searches behind several poles, by changes and work that are given."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import thermalent as te
from thermalent.continued_fraction.chain.convergence import ONE_BY_ONE, error_of
from thermalent.continued_fraction.chain.fraction import Fraction
from thermalent.continued_fraction.dynamics.relaxation import RelaxationResult
from thermalent.continued_fraction.several_poles import (
    converge,
    correlations,
    evolution,
    results,
)
from thermalent.continued_fraction.several_poles.chain import coordinates
from thermalent.continued_fraction.several_poles.chain.coordinates import chain_of
from thermalent.continued_fraction.several_poles.chain.elements import (
    without_rounding,
    without_rounding_parts,
)
from thermalent.continued_fraction.several_poles.chain.orthonormal_rows import (
    orthonormal_rows,
    rest_of,
)
from thermalent.continued_fraction.several_poles.chain.placements import count, placements
from thermalent.continued_fraction.several_poles.converge import _Search
from thermalent.continued_fraction.several_poles.moving.filling_chain import DriftUnits
from thermalent.support import memory_limit

EPS = np.finfo(float).eps
LINK = te.thermal_link(2.0, 0.5, filters=2, qubits=1)


def fraction(error=1.0, scale=0.5, tiers=20, outcome=""):
    return Fraction(
        k=np.zeros((1, 1)), x=np.zeros(1), tiers=tiers, error=error, scale=scale, residual=0.0,
        uncertainty=0.0, outcome=outcome,
    )  # fmt: skip


def search(*, length=3, quanta=2, rtol=1e-3, floor=1e-6, of_tiers=0.0, limited=False):
    found = object.__new__(_Search)
    found.chain = SimpleNamespace(length=length, numbers=np.zeros(4), real=True)
    found.quanta, found.rtol, found.floor, found.of_tiers = quanta, rtol, floor, of_tiers
    found.limited, found.work = limited, 0.0
    return found


def test_the_first_change_counts_three_times_where_every_amplitude_holds_a_quantum():
    changes = np.array([0.0, 0.0, 1e-5])
    found = search(of_tiers=2e-5)._judged(fraction(), changes, 1)
    assert found.error == pytest.approx(3e-5 + 2e-5 + 0.5e-6)
    assert found.outcome == "converged"
    assert search(quanta=1)._judged(fraction(), changes, 1).error == np.inf
    assert search(length=4)._judged(fraction(), changes, 1).error == np.inf


@pytest.mark.parametrize(
    ("change", "rtol", "floor", "outcome"),
    [
        (0.16e-3, 1e-3, 1e-6, "converged"),  # three times that is allowed of the scale, 0.5
        (0.17e-3, 1e-3, 1e-6, ""),
        (1e-9, 1e-6, 0.9e-6, "converged"),
        (1e-9, 1e-6, 1.1e-6, "coordinates"),  # what its coordinates lose is more
    ],
)
def test_ends_of_the_search_for_quanta(change, rtol, floor, outcome):
    found = search(rtol=rtol, floor=floor)
    assert found._judged(fraction(), np.array([0.0, 0.0, change]), 1).outcome == outcome


def test_changes_that_no_longer_fall_are_called_rounding():
    changes = np.array([1.2e-8, 1.1e-8, 1e-8])
    found = search(rtol=1e-12)._judged(fraction(), changes, 3)
    assert found.outcome == "rounding"


@pytest.mark.parametrize(("other", "is_rounding"), [(1.1e-2, True), (0.9e-2, False)])
def test_it_is_rounding_if_another_scaling_changes_a_tenth_of_it(monkeypatch, other, is_rounding):
    """Of the error without what the tiers leave out; in the scaling that was not used."""
    found, scalings = search(quanta=3, of_tiers=0.4), []
    found._evaluated = lambda last, *, rescaled: scalings.append((last, rescaled))
    found.stationary = SimpleNamespace(solve=lambda k: np.array([other]))
    found.built = None
    monkeypatch.setattr(converge, "largest", lambda built, x: float(abs(x[0])))
    monkeypatch.setattr(converge, "work", lambda chain, most, depth: 7.0)
    assert found._is_rounding(fraction(error=0.5)) is is_rounding
    assert scalings == [(20, False)]
    assert found.work == 7.0
    found.quanta = 2
    found._is_rounding(fraction(error=0.5))
    assert scalings[1] == (20, True)


@pytest.mark.parametrize(
    ("limited", "error", "granted"),
    [
        (False, 1.0, 6e12),
        (True, 0.4e-6, 2e10),  # relative to 0.5: six digits are enough for half the budget
        (True, 0.6e-6, 4e10),
        (True, 0.9 * 0.5 * converge.ENOUGH, 4e10),
        (True, 1.1 * 0.5 * converge.ENOUGH, 4e12),
    ],
)
def test_the_next_order_is_folded_as_far_as_its_work_is_granted(
    monkeypatch, limited, error, granted
):
    asked = []

    def work(chain, most, depth):
        asked.append((most, depth))
        return 1e9

    monkeypatch.setattr(converge, "work", work)
    monkeypatch.setattr(memory_limit, "fits", lambda needed: True)
    found = search(limited=limited)
    found.work = granted - 1.01e9
    assert found._obstacle(30, fraction(error=error)) is None
    assert asked == [(3, 30)]
    found.work = granted - 0.99e9
    obstacle = found._obstacle(30, fraction(error=error))
    assert obstacle.outcome == "budget"
    assert obstacle.needed == pytest.approx(granted + 0.01e9)
    found.work = 0.0
    monkeypatch.setattr(memory_limit, "fits", lambda needed: False)
    obstacle = found._obstacle(30, fraction(error=error))
    assert obstacle == ("memory", converge.bytes_needed(found.chain, 3))


@pytest.mark.parametrize(
    ("errors", "tiers"),
    [
        ({20: 0.9e-4, 17: 0.9e-4}, 20),
        ({20: 0.9e-4, 17: 1.1e-4, 28: 0.5e-4, 24: 1e-5}, 28),  # both numbers of tiers count
        ({20: 1.1e-4, 17: 0.0, 28: 0.5e-4, 24: 1e-5}, 28),
    ],
)
def test_tiers_are_as_many_as_one_quantum_needs(monkeypatch, errors, tiers):
    """What they leave is compared with twice as many, at them and at a seventh less."""
    found = search(length=3)
    found.few, found.few_stationary = None, SimpleNamespace(solve=None, degenerate=None)
    monkeypatch.setattr(
        converge.fractions, "evaluate_chain",
        lambda *given, rtol, **other: fraction(tiers=20, scale=0.1, outcome="converged"),
    )  # fmt: skip
    asked = []

    def few(last):
        asked.append(last)
        return np.array([0.0 if last in (40, 56) else errors[last]])

    found._few = few
    monkeypatch.setattr(converge, "largest", lambda built, x: float(abs(x[0])))
    assert found._with_few_quanta(1e-3).tiers == tiers
    assert asked[0] == 40
    last = max(errors[tiers], errors[int(tiers / 1.15)])
    assert found.of_tiers == pytest.approx(3 * last)
    assert found.work == pytest.approx(8 * converge.work(found.chain, 1, 20))


def test_blocks_hold_half_of_the_elements_at_each_placement():
    """A quarter of them where all numbers are real, and the populations at the first."""
    chain = SimpleNamespace(length=3, numbers=np.zeros(4), real=False)
    assert converge.block_size(chain, 2) == 8 * count(2, 2) + 4
    chain.real = True
    assert converge.block_size(chain, 2) == 4 * count(2, 2) + 4
    assert converge.work(chain, 2, 30) == pytest.approx(40 * converge.block_size(chain, 2) ** 3)


def test_placements_are_all_that_hop_few_times():
    for elements, most in ((1, 3), (2, 4), (3, 3)):
        found = placements(elements, most)
        hops = np.arange(1, elements + 1)
        orders = (found.k + found.l) @ hops
        assert np.all(np.diff(orders) >= 0)
        assert orders[-1] == most
        ranges = [range(most + 1)] * (2 * elements)
        every = np.array(np.meshgrid(*ranges, indexing="ij")).reshape(2 * elements, -1).T
        expected = int(np.sum(every @ np.tile(hops, 2) <= most))
        assert len(found) == count(elements, most) == expected
        swapped = found.conjugate
        np.testing.assert_array_equal(found.k[swapped], found.l)
        np.testing.assert_array_equal(swapped[swapped], np.arange(len(found)))
        for kind, own in ((0, found.k), (1, found.l)):
            moved = found.shifted((elements - 1, 1), (0, -1), kind=kind)
            for i, j in enumerate(moved.tolist()):
                wanted = own[i].copy()
                wanted[elements - 1] += 1
                wanted[0] -= 1
                if j >= 0:
                    np.testing.assert_array_equal(own[j], wanted)
                else:
                    assert wanted.min() < 0 or orders[i] + elements - 1 > most


def test_rows_are_orthonormal_until_they_repeat():
    rng = np.random.default_rng(1)
    root = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    metric = root @ root.conj().T
    drift = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    output = rng.normal(size=4) + 1j * rng.normal(size=4)
    rows, scale = orthonormal_rows(output, drift, metric)
    np.testing.assert_allclose(rows @ metric @ rows.conj().T, np.eye(4), atol=1e-12)
    assert scale == pytest.approx(np.sqrt((output @ metric @ output.conj()).real))
    np.testing.assert_allclose(rows[0] * scale, output)
    hessenberg = rows @ drift @ metric @ rows.conj().T
    np.testing.assert_allclose(np.triu(hessenberg, 2), 0, atol=1e-11)
    assert np.all(np.diag(hessenberg, 1).real > 0)
    # Of a drift that leaves two amplitudes to themselves the chain has the two others.
    split = drift.copy()
    split[:2, 2:] = 0
    short, _ = orthonormal_rows(np.array([1.0, 1j, 0, 0]), split, np.eye(4))
    assert len(short) == 2
    seen, _ = orthonormal_rows(np.array([1.0, 1j, 0, 0]), split, np.eye(4), np.array([0, 0, 1, 0]))
    assert len(seen) == 4
    same, _ = orthonormal_rows(
        np.array([1.0, 1j, 0, 0]), split, np.eye(4), np.array([1.0, 0, 0, 0])
    )
    assert len(same) == 2


@pytest.mark.parametrize(("part", "some"), [(0.9e-11, False), (1.1e-11, True)])
def test_a_row_of_which_less_than_rounding_is_new_is_none(part, some):
    rows = [np.array([1.0, 0.0, 0.0])]
    rest = rest_of(np.array([5.0, 5 * part, 0.0]), rows, np.eye(3))
    assert (rest is not None) is some
    assert rest is None or np.allclose(rest, [0, 1, 0])


def test_what_is_rounding_of_the_largest_is_dropped():
    least = 8 * EPS * 5.0
    values = np.array([5.0, 1.01 * least, 0.99 * least, -1.01 * least])
    np.testing.assert_array_equal(without_rounding(values), [5.0, 1.01 * least, 0, -1.01 * least])
    parts = np.array([5.0, 1 + 0.99j * least, 0.99 * least - 1.01j * least])
    np.testing.assert_array_equal(without_rounding_parts(parts), [5.0, 1.0, -1.01j * least])
    matrix = np.array([[7.0, 0.9e-13 + 0.8e-13j], [0.6e-13 + 1j, 0.8e-13]])
    np.testing.assert_array_equal(
        coordinates._cleaned(matrix), [[7.0, 0.9e-13 + 0.8e-13j], [1j, 0.8e-13]]
    )
    lower = coordinates._hessenberg(np.arange(1.0, 10.0).reshape(3, 3))
    np.testing.assert_array_equal(lower, [[1, 2, 0], [4, 5, 6], [7, 8, 9]])


OUTPUT = np.array([1.0, 0.0])


@pytest.mark.parametrize(
    ("covariance", "acts_back", "expected"),
    [
        ([4.0, 1.0], True, [4.0, 1.0]),
        ([0.25, 1.0], True, [1.0, 4.0]),  # of a cold drive divided by its variance
        ([4.0, 1.1 * 4e-12], True, [4.0, 1.1 * 4e-12]),
        ([4.0, 0.9 * 4e-12], True, [5.0, 1 + 0.9 * 4e-12]),  # singular: the vacuum is added
        ([4.0, 0.0], False, [4.0, 0.0]),  # what has no variance does not matter
        ([0.25, 0.0], False, [1.0, 0.0]),
        ([4.0, -0.9 * 4e-12], False, [4.0, -0.9 * 4e-12]),
        ([4.0, -0.5], True, [6.0, 1.5]),  # indefinite: raised by twice its lowest, and one
        ([4.0, -0.5], False, [6.0, 1.5]),
        ([0.0, 3.0], False, [1.0, 4.0]),
    ],
)
def test_the_metric_is_the_covariance_where_that_serves(covariance, acts_back, expected):
    """Judged by its largest and smallest eigenvalue, whatever is between them."""
    found = coordinates._metric(OUTPUT, np.diag(covariance), acts_back)
    np.testing.assert_allclose(found, np.diag(expected), rtol=1e-12, atol=1e-30)
    between = np.diag([*covariance, 4e-12])
    found = coordinates._metric(np.append(OUTPUT, 0.0), between, acts_back)
    # A third amplitude at the border, which is singular beside the largest.
    if covariance[1] > 4e-12 and acts_back and covariance[0] == 4.0:
        np.testing.assert_allclose(found, between + np.eye(3), rtol=1e-12)


def test_the_variance_of_the_drive_is_that_of_a_complex_output():
    output = np.array([1.0, 0.5j])
    covariance = np.array([[0.3, 0.1j], [-0.1j, 0.2]])
    variance = 0.3 + 0.25 * 0.2 + 2 * 0.5 * (covariance[0, 1] * -1j).real
    found = coordinates._metric(output, covariance, acts_back=True)
    np.testing.assert_allclose(found, covariance / variance, rtol=1e-12)


def test_the_rounding_of_a_chain_is_that_of_its_largest_rate_in_its_slowest():
    chain = chain_of(LINK)
    slowest = np.min(np.linalg.eigvals(chain.drift).real)
    expected = EPS * np.max(np.abs(chain.drift)) / slowest
    assert chain.rounding == pytest.approx(expected, rel=1e-12)
    assert chain.variance == pytest.approx(chain.scale**2 * chain.covariance[0, 0].real)


def test_charges_add_up_with_their_adjoints_and_their_errors():
    chain = chain_of(LINK)
    d = len(chain.numbers)
    rho = np.array([[0.6, 0.2 - 0.1j], [0.2 + 0.1j, 0.4]])
    times = np.array([0.0, 1.0])
    states, error = evolution.sum_of_charges(
        chain,
        times,
        rho,
        lambda part, q: (np.array([part, 2 * part]), np.array([q + 1.0, q + 2.0])),
    )
    np.testing.assert_allclose(states, [rho, 2 * rho])
    np.testing.assert_allclose(error, [3.0, 5.0 + chain.rounding], rtol=1e-12)
    _, error = evolution.sum_of_charges(
        chain,
        times,
        np.diag([0.5, 0.5]),
        lambda part, q: (np.zeros((2, d, d)), np.full(2, q + 1.0)),
    )
    np.testing.assert_allclose(error, [1.0, 1.0 + chain.rounding])


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
    states, error = sector.relaxed(np.array([0.1, 1.0, 2.0]), 3, 1e-5)
    assert depths == [(1, pytest.approx(1e-8))]
    assert (sector.depth, sector.tiers) == (25, 25)
    tolerance = pytest.approx(1e-6)
    assert seen == [(2, tolerance, []), (3, tolerance, [2.5])]
    np.testing.assert_allclose(states[:, 0, 0], [1.1, 2.0, 3.05])
    np.testing.assert_allclose(error, [0.1 + 5e-3, 0.05 + 1e-2, 0.05 + 1.5e-2])
    sector.relaxed(np.array([0.1, 1.0, 2.0]), 3, 1e-12)
    assert seen[-1][1] == 1e-10


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
    monkeypatch.setattr(correlations, "converged", lambda *given: (fine, coarse))
    delays = np.array([0.0, 1.0, 5.0])
    values, error = correlations.tiers_coherence(fine.asked, delays, 1e-5, 1e9)
    np.testing.assert_array_equal(values, fine.values)
    lost = (64 * EPS + 1e-6) * 4.0
    change = np.array([3e-4, 3e-4, 2e-4])
    np.testing.assert_allclose(error, 2 * change + 4e-5 + lost, rtol=1e-9)
    # A tenth of what the quanta leave out, or the accuracy that is asked for.
    assert fine.given[0] == pytest.approx(1e-4, rel=1e-6)
    assert fine.given[1].tolist() == [2.0 + 1e-3]
    correlations.tiers_coherence(fine.asked, delays, 1e-3, 1e9)
    assert fine.given[0] == pytest.approx(2e-3)
    assert coarse.given == (pytest.approx(2e-3), None)


def test_the_error_of_a_flux_is_twice_its_change_and_what_is_lost():
    fine = Regression(0.0, [0.0], flux=0.5, size=3.0, error=1e-9)
    coarse = Regression(0.0, [0.0], flux=0.5 + 1e-7)
    value, error = correlations._flux(fine, coarse)
    assert value == 0.5
    assert error == pytest.approx(2e-7 + 3 * (64 * EPS + 1e-9), rel=1e-9)


def test_the_error_of_a_line_is_its_change_and_its_share_of_what_is_lost(monkeypatch):
    """Of z = i omega the real part of number / z is that of -i number / omega."""
    fine, coarse = (
        Regression(number, [0.0], flux=2.0, size=3.0, error=1e-4)
        for number in (1j, 1j * (1 + 1e-3))
    )
    monkeypatch.setattr(correlations, "converged", lambda *given: (fine, coarse))
    values, error, flux, _ = correlations.tiers_spectrum(
        fine.asked, np.array([0.5, -2.0]), 1e-5, 1e9, lambda text: None
    )
    expected = np.array([2.0, -0.5]) / np.pi
    np.testing.assert_allclose(values, expected)
    lost = (64 * EPS + 1e-4) * 3.0 / 2.0
    np.testing.assert_allclose(error, np.abs(expected) * (2e-3 + lost), rtol=1e-9)
    assert flux == 2.0


def test_a_truncation_of_what_has_no_unique_state_is_that_refusal(monkeypatch):
    found = SimpleNamespace(fraction=fraction(outcome="singular"))
    monkeypatch.setattr(converge, "converge", lambda chain, rtol: found)
    assert converge.truncated(chain_of(LINK), 6, 1e-6) is found


def test_drifts_that_are_not_of_a_chain_have_units_everywhere():
    """Of three amplitudes: all but one element, or all if one of the networks has that."""
    chain = chain_of(te.thermal_link(2.0, 0.5, filters=3, qubits=1))
    assert chain.length == 3
    units = DriftUnits(chain, [chain], turning=False)
    assert len(units.places) == 8
    assert (0, 2) not in units.places
    assert len(units.changes) == 8 + 2
    beyond = np.zeros((3, 3))
    beyond[0, 2] = 0.1
    other = replace(chain, drift=chain.drift + beyond)
    units = DriftUnits(chain, [chain, other], turning=True)
    assert len(units.places) == 9
    assert len(units.changes) == 2 * (9 + 2)
    numbers = units.weights(0.7, other.drift + 0.2j * np.eye(3), chain)
    assert numbers[0] == 0.7
    np.testing.assert_allclose(numbers[1:10], other.drift.real.ravel())
    np.testing.assert_allclose(numbers[12:21], (0.2 * np.eye(3)).ravel())


def reached(monkeypatch, states, *, rtol=1e-3, granted=6e12, length=2, each=1e9):
    """An asymptotic state from given states of more and more quanta, and what was asked for."""
    asked, left = [], list(states)

    class Equation:
        source_rate, chain = 0.5, None

        def __init__(self, built):
            pass

        def coordinates(self, initial):
            return initial

        def project(self, b, depth):
            asked.append(depth)
            return left.pop(0)

        def matrix(self, x):
            return np.diag([x, 1 - x])

    monkeypatch.setattr(results, "TierZeroEquation", Equation)
    monkeypatch.setattr(results, "tiers", lambda chain, quanta, start: None)
    monkeypatch.setattr(results, "resolvent", lambda *given: None)
    monkeypatch.setattr(results, "evaluate_chain", lambda *given, **other: fraction(tiers=20))
    monkeypatch.setattr(results, "work", lambda chain, quanta, depth: each)
    monkeypatch.setattr(results, "MOST_WORK", granted)
    chain = SimpleNamespace(length=length, rounding=1e-12)
    return *results._reached(chain, np.eye(2), rtol, lambda text: None), asked


def test_a_state_that_is_reached_has_the_error_of_its_last_changes(monkeypatch):
    given = [0.7, 0.7 + 1e-2, 0.7 + 1e-2 + 1e-4]
    state, error, depth, quanta, ended, asked = reached(monkeypatch, given)
    assert asked == [40, 20, 40]  # every other time with twice as many tiers
    assert (depth, quanta, ended) == (40, 3, "")
    changes = np.array([0.0, 1e-2, 1e-4])
    expected = error_of(ONE_BY_ONE, changes, 2, state[0, 0]) + 1e-12
    assert error == pytest.approx(expected, rel=1e-9)
    # A longer chain begins with one quantum, too.
    assert reached(monkeypatch, given, length=4)[2:4] == (40, 3)
    alone = reached(monkeypatch, [0.7, 0.7 - 1e-5], length=1)
    assert alone[1] == pytest.approx(1e-5 + 1e-12, rel=1e-6)
    assert alone[-1] == [40, 20]


@pytest.mark.parametrize(("granted", "quanta"), [(9.9e9, 1), (10.1e9, 2), (15.1e9, 3)])
def test_the_search_for_a_reached_state_ends_with_its_budget(monkeypatch, granted, quanta):
    """Each takes five folds, and the next one is counted before it is begun."""
    found = reached(monkeypatch, [0.5, 0.6, 0.7, 0.8], granted=granted)
    assert found[3:5] == (quanta, "budget")


@pytest.mark.parametrize(
    ("granted", "quanta", "reachable"),
    [
        (np.inf, 4, 3e-3),  # a third of the tolerance is enough of a change
        (49.0, 2, 0.1),  # two at least, whatever they take
        (51.0, 3, 1e-2),
        (69.0, 3, 1e-2),
        (71.0, 4, 3e-3),
    ],
)
def test_quanta_of_an_evolution_are_added_as_far_as_work_is_granted(
    monkeypatch, granted, quanta, reachable
):
    """With the change of the last one, where the tolerance is not reached."""
    sector = evolution._Sector(chain_of(LINK), np.eye(2), 0, 30)
    values, folds = {1: 0.0, 2: 0.1, 3: 0.11, 4: 0.1109, 5: 0.1109}, []

    def fold_work(depth, size):
        folds.append((depth, size))
        return 20.0 * len(folds) / evolution._FOLDS + 10.0 / evolution._FOLDS

    monkeypatch.setattr(evolution, "fold_work", fold_work)
    monkeypatch.setattr(sector, "built", lambda k: (SimpleNamespace(sizes=(6 * k, k), k=k), None))
    monkeypatch.setattr(
        sector, "_transformed", lambda built, start, weighted: np.array([values[built.k], 0.0])
    )
    monkeypatch.setattr(evolution, "_probes", lambda built, times: [])
    found = sector.quanta(np.ones(1), 3e-3, granted)
    assert found == (quanta, pytest.approx(reachable))
    # The blocks of the next order, from those of this one.
    expected = [(30, 6 * k * count(1, k + 1) / count(1, k)) for k in range(1, len(folds) + 1)]
    assert folds == [pytest.approx(one) for one in expected]
    one = evolution._Sector(SimpleNamespace(length=1), np.eye(2), 0, 30)
    assert one.quanta(np.ones(1), 3e-3, 0.0) == (0, 3e-3)
