"""Truncations of the chain of tiers: quanta along it, tiers, and the damping of its tail."""

import itertools

import numpy as np
import pytest

import thermalent as te
from tests.support.several_poles_networks import acting_back, detuned_row, solved
from thermalent.analysis.shapes.best_filter import filter_of
from thermalent.continued_fraction.chain.assembly import assemble
from thermalent.continued_fraction.chain.chain import hierarchy_chain
from thermalent.continued_fraction.chain.fraction import evaluate_chain
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.chain.stationary import TierZeroEquation
from thermalent.continued_fraction.several_poles import converge
from thermalent.continued_fraction.several_poles.chain import building
from thermalent.continued_fraction.several_poles.chain.building import tiers
from thermalent.continued_fraction.several_poles.chain.coordinates import chain_of
from thermalent.continued_fraction.several_poles.chain.placements import (
    Placements,
    count,
    placements,
)
from thermalent.continued_fraction.several_poles.chain.tail_damping import (
    tail_damping,
    tail_damping_slopes,
)
from thermalent.continued_fraction.several_poles.elimination.evaluation import (
    evaluate_truncated_tiers,
)


def alike(elements, most):
    """Up to so many quanta, wherever they are."""
    every = itertools.product(range(most + 1), repeat=2 * elements)
    both = np.array(sorted((q for q in every if sum(q) <= most), key=sum), dtype=np.int64)
    return Placements(both[:, :elements], both[:, elements:])


def test_imaginary_parts_that_later_orders_are_the_first_to_meet():
    """Rounding deep in the chain of a symmetric filter: order three has them, order two has not.

    Whether it does may depend on the processor. The value is that of five orders at 900 tiers.
    """
    reflection = [1.0, -2.989003404886914e-07, 0.6604368017251782, 6.895043541947086e-07,
                  0.08120402368523581, -2.0856862238109352e-07]  # fmt: skip
    numerator = [-0.0014989769962277396, -0.01468620590119055, -0.14324242959764233,
                 -0.020844189353451417, -0.21180265644364007]  # fmt: skip
    chosen = filter_of(reflection, numerator, 0.02240702373278583)
    found = te.steady_state(
        te.thermal_link(1221.0, filter=chosen), te.ContinuedFraction(rtol=5e-3)
    ).concurrence()
    assert abs(found - 0.919594) < found.error


def test_convergence_in_quanta_and_in_tiers():
    """Each quantum more gains a digit or so; the tiers' error falls exponentially."""
    chain = chain_of(te.thermal_link(1000, 0.01, filters=2))

    def state(quanta, last):
        built = tiers(chain, quanta)
        stationary = TierZeroEquation(built)
        return stationary.matrix(stationary.solve(evaluate_truncated_tiers(built, 0.0, last)))

    exact = state(7, 700)
    errors = [np.max(np.abs(state(quanta, 700) - exact)) for quanta in (1, 2, 4, 6)]
    assert errors[0] < 1e-4
    assert errors[1] < 1e-5
    assert errors[2] < 1e-7
    assert errors[3] < 1e-9
    tails = [np.max(np.abs(state(3, last) - state(3, 700))) for last in (100, 200, 300)]
    assert tails[1] < 0.1 * tails[0]
    assert tails[2] < 0.1 * tails[1]


def test_placements_are_all_and_closed():
    for elements, most in ((0, 3), (1, 4), (3, 4)):
        of = placements(elements, most)
        order = (of.k + of.l) @ np.arange(1, elements + 1)
        # Every placement of up to `most` quanta of two kinds, by brute force.
        every = itertools.product(range(most + 1), repeat=2 * elements)
        hops = 2 * tuple(range(1, elements + 1))
        allowed = sum(np.dot(quanta, hops) <= most for quanta in every)
        assert len(of) == count(elements, most) == allowed
        assert np.all(order <= most)
        swapped = of.conjugate
        assert np.array_equal(swapped[swapped], np.arange(len(of)))
        assert np.array_equal(of.k[swapped], of.l)
    of = placements(2, 3)
    up = of.shifted((0, -1), (1, 1), kind=0)
    there = up >= 0
    assert np.any(there)
    assert np.any(~there)  # hops that leave the set, which the tail's damping stands for
    assert np.array_equal(of.k[up[there]], of.k[there] + np.array([-1, 1]))


@pytest.mark.parametrize(
    "network",
    [
        te.thermal_link(200.0, 0.02, filters=3),
        pytest.param(
            te.thermal_link(60.0, filter=te.Filter.butterworth(order=4, fwhm=0.05)),
            marks=pytest.mark.long,
        ),
        pytest.param(
            te.thermal_link(
                30.0, filter=te.Filter.poles_and_zeros((-0.03 + 0.02j, -0.05, -0.1), (0.04j,))
            ),
            marks=pytest.mark.long,
        ),
    ],
    ids=["cavities", "Butterworth", "zero of the transfer"],
)
def test_truncations_by_order_and_by_number_of_quanta_have_one_limit(network, monkeypatch):
    """All quanta counted alike need no damping for the hops left out, and many more unknowns."""
    chain, last = chain_of(network), 160

    def state(order):
        built = tiers(chain, order)
        stationary = TierZeroEquation(built)
        fraction = evaluate_truncated_tiers(built, 0.0, last)
        return stationary.matrix(stationary.solve(fraction)), built.sizes[0]

    by_order = [state(order) for order in (2, 3, 4, 5)]
    for name in ("layout", "_selection", "_basis"):  # without what was kept of earlier calls
        monkeypatch.setattr(building, name, getattr(building, name).__wrapped__)
    monkeypatch.setattr(
        "thermalent.continued_fraction.several_poles.chain.layout.placements", alike
    )
    by_number, size = state(3)
    distances = [np.max(np.abs(found - by_number)) for found, _ in by_order]
    assert distances[0] < 1e-3
    assert distances[1] < 0.2 * distances[0]
    assert min(distances[2:]) < 0.1 * distances[0]
    assert by_order[1][1] < 0.6 * size


@pytest.mark.parametrize("order", [2, 3])
def test_without_the_damping_of_the_tail_even_orders_fail(order):
    chain = chain_of(te.thermal_link(1220, 0.01, filters=3))

    def solved_at(damping, last):
        built = tiers(chain, order, damping=damping)
        stationary = TierZeroEquation(built)
        return stationary.matrix(stationary.solve(evaluate_truncated_tiers(built, 0.0, last)))

    damped = solved_at(None, 400)
    assert te.concurrence(damped, tolerance=1e-4) == pytest.approx(0.856119, abs=1e-4)
    assert np.max(np.abs(solved_at(None, 396) - damped)) < 1e-4
    if order % 2 == 0:
        # A combination of quanta is undamped: the state depends on where the tiers end, or, where a
        # pivot happens to vanish, there is none.
        try:
            ends = np.array([solved_at(np.zeros(3), last) for last in range(390, 411, 4)])
            change = np.max(np.ptp(ends.real, axis=0))
        except np.linalg.LinAlgError:
            change = np.inf
        assert change > 1e-2


def test_slopes_of_the_damping_of_the_tail():
    """Against finite differences; s is the mean rate."""
    rng = np.random.default_rng(3)
    drift = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4)) + 3 * np.eye(4)
    by_drift, by_rate = tail_damping_slopes(drift)
    h = 1e-6
    for i, j in itertools.product(range(4), repeat=2):
        for unit in (1.0, 1j):
            moved = h * unit * (np.arange(16).reshape(4, 4) == 4 * i + j)
            measured = (tail_damping(drift + moved) - tail_damping(drift - moved)) / (2 * h)
            mean = by_rate / 4 if i == j and unit == 1.0 else 0.0
            assert np.max(np.abs(measured - unit * by_drift[:, i, j] - mean)) < 1e-8


def test_eight_poles_take_no_more_unknowns_than_four():
    """At equal order; and eight stated digits of two filters agree with a higher order."""
    eight = te.thermal_link(1220, filter=te.Filter.butterworth(order=8, fwhm=0.02))
    found = te.steady_state(eight, te.ContinuedFraction(rtol=1e-4))
    assert found.stats["poles"] == 8
    assert max(found.stats["unknowns_per_tier"]) <= 80
    assert found.concurrence() == pytest.approx(0.89774, abs=2e-5)


def test_the_default_stops_where_more_digits_are_not_cheap(monkeypatch):
    """Six digits are then enough; what is cheap is had to nine, and the error says which."""
    cheap = te.steady_state(te.thermal_link(1220, 1e-3, filters=2))
    assert cheap.stats["ended_by"] == "converged"
    assert cheap.error < 1e-9
    module = "thermalent.continued_fraction.several_poles.converge"
    monkeypatch.setattr(f"{module}.STATE_BUDGET", 1e10)
    network = te.thermal_link(40, 0.05, filters=2)
    default = te.steady_state(network)
    assert default.stats["ended_by"] == "budget"
    assert default.stats["operations"] < 1e10
    exact = te.steady_state(network, te.ContinuedFraction(rtol=1e-6))
    difference = np.max(np.abs(default.state - exact.state))
    assert difference <= default.error + exact.error
    assert 1e-9 < default.error < 1e-5


def test_the_fraction_equals_a_dense_solve_of_the_same_tiers():
    """A finite-depth identity, with unknowns that the lowest tiers do not have."""
    for network in (detuned_row(), acting_back()):
        built = tiers(chain_of(network), 2)
        last = 6
        matrix = assemble(built, last).toarray()
        g, s = built.tier0_size, 0.3
        whole = s * np.eye(len(matrix)) - matrix
        schur = whole[:g, g:] @ np.linalg.solve(whole[g:, g:], whole[g:, :g])
        assert np.max(np.abs(evaluate_truncated_tiers(built, s, last) - schur)) < 1e-13 * np.max(
            np.abs(schur)
        )


def test_a_fixed_number_of_tiers_says_what_it_leaves_out():
    network = te.thermal_link(40.0, 0.05, filters=2)
    exact, _ = solved(network, 1e-6)
    result = te.steady_state(network, te.ContinuedFraction(rtol=1e-5, n_max=15))
    difference = np.max(np.abs(result.state - exact))
    assert result.stats["tiers"] == 30
    assert 1e-5 < difference <= result.error + 1e-6
    assert result.error < 3 * difference


def test_one_mode_and_one_pole_are_the_same_fraction():
    network = te.phononic_link(n_th=2.0, kappa=0.3, positions=(1.0, 2.2), detuning=(0.3, -0.4))
    one, other = hierarchy_chain(hierarchy(network)), tiers(chain_of(network), 0)
    old, new = (chain.basis[0][:, : chain.tier0_size] for chain in (one, other))
    for s in (0.0, 0.2 + 0.4j):
        k = evaluate_chain(one, lambda k: k[:, 0], s=s, last=12).k
        folded = evaluate_truncated_tiers(other, s, 12)
        assert np.max(np.abs(old @ k @ old.conj().T - new @ folded @ new.conj().T)) < 1e-12


@pytest.mark.parametrize("charge", [3, -3])
@pytest.mark.parametrize("s", [0.3, 0.3 + 1j])
def test_a_charge_that_the_emitters_cannot_hold_has_an_empty_fraction(charge, s):
    """No unknown at any tier: LAPACK is not asked."""
    network = te.thermal_link(1.0, filter=te.Filter.butterworth(2, 1.0))
    chain = tiers(chain_of(network), 1, charge=charge)
    assert chain.sizes == (0, 0)
    assert evaluate_truncated_tiers(chain, s, 6).shape == (0, 0)


def test_every_other_order_is_folded_in_another_scaling(monkeypatch):
    """So that the change from one to the next shows the roundings; a check takes the other one."""
    seen = {}

    def noted(self, last, *, rescaled, original=converge._Search._evaluated):
        seen.setdefault(self.quanta, []).append(rescaled)
        return original(self, last, rescaled=rescaled)

    monkeypatch.setattr(converge._Search, "_evaluated", noted)
    te.steady_state(te.thermal_link(1.2, 0.6, filters=2), te.ContinuedFraction(rtol=1e-4))
    assert len(seen) >= 3
    for quanta, (first, *others) in seen.items():
        assert first == bool(quanta % 2)
        assert first not in others
