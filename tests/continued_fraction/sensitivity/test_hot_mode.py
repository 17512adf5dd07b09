"""Derivatives behind hot modes in the radial form, against tiers and differences of states."""

import itertools
from dataclasses import replace
from math import exp, log

import numpy as np
import pytest

import thermalent as te
from thermalent.analysis.design import search
from thermalent.continued_fraction import one_mode
from thermalent.continued_fraction.radial import plan
from thermalent.continued_fraction.radial.solve import CUT, LARGEST, LeftOut
from thermalent.continued_fraction.sensitivity import hot_mode, observed_chain


def link(ln_n, ln_kappa, **rest):
    return te.thermal_link(exp(ln_n), exp(ln_kappa), **rest)


def scaled(network):
    """A builder whose parameters are the quanta, the coupling to the mode, and one detuning."""
    source, *emitters = network.nodes

    def builder(ln_n, coupling, shift):
        decay, exchange = np.array(network.decay), np.array(network.exchange)
        for matrix in (decay, exchange):
            matrix[0, 1:] *= coupling
            matrix[1:, 0] *= coupling
        decay[0, 0] *= coupling**2
        exchange[1, 1] += shift
        nodes = (replace(source, n_th=exp(ln_n)), *emitters)
        return replace(network, nodes=nodes, decay=decay, exchange=exchange)

    return builder


def in_both_forms(monkeypatch, builder, values, observable):
    found = []
    for tiers in (np.inf, 0.0):
        monkeypatch.setattr(observed_chain, "_HOT", tiers)
        found.append(te.sensitivities(builder, values, observable, rtol=1e-6))
    assert found[0].tiers > 0 == found[1].tiers
    return found


def assert_they_agree(by_tiers, radial):
    largest = max(abs(float(slope)) for _, slope in by_tiers.each())
    for name in by_tiers:
        distance = abs(by_tiers[name] - radial[name])
        assert distance <= by_tiers[name].error + radial[name].error
        assert radial[name].error <= 1e-4 * max(largest, 1.0)


@pytest.mark.parametrize("kind", ["ordinary", "bidirectional"])
def test_derivatives_against_the_tiers(monkeypatch, kind):
    rng = np.random.default_rng(5)
    drawn = (te.testing.random_network(kind, rng) for _ in itertools.count())
    fitting = (one for one in drawn if len(one.modes) == 1 and np.prod(one.dims) <= 4)
    for network in itertools.islice(fitting, 2):
        values = {"ln_n": log(300.0), "coupling": 1.0, "shift": 0.0}
        assert_they_agree(*in_both_forms(monkeypatch, scaled(network), values, "purity"))


def test_derivatives_of_the_concurrence_against_the_tiers(monkeypatch):
    values = {"ln_n": log(3e3), "ln_kappa": log(1e-3), "loss": 1e-3, "dephasing": 1e-4}
    by_tiers, radial = in_both_forms(monkeypatch, link, values, "concurrence")
    assert_they_agree(by_tiers, radial)
    assert abs(radial["dephasing"]) > 10


def test_derivatives_beyond_all_tiers_are_those_of_states():
    """At 1e12 quanta no number of tiers would do."""
    values = {"ln_n": log(1e12), "ln_kappa": log(1e-9), "loss": 0.0, "dephasing": 0.0}
    found = te.sensitivities(link, values, "purity", rtol=1e-6)
    assert found.tiers == 0
    for name, step in (("ln_n", 1e-2), ("ln_kappa", 1e-2)):

        def purity(shift, name=name):
            return te.steady_state(link(**{**values, name: values[name] + shift})).purity()

        coarse, fine = ((purity(h) - purity(-h)) / (2 * h) for h in (step, step / 2))
        expected = (4 * fine - coarse) / 3
        assert found[name] == pytest.approx(expected, abs=1e-6 + found[name].error)
        assert abs(expected) > 1e-5


def test_rounding_is_part_of_the_error(monkeypatch):
    """Without the draws the error of a nearly dark link is a thousand times smaller."""
    from thermalent.continued_fraction.sensitivity import hot_mode

    values = {"ln_n": log(1e10), "ln_kappa": log(1e-7)}
    stated = te.sensitivities(link, values, "purity", rtol=1e-3)["ln_n"].error
    monkeypatch.setattr(hot_mode, "_DISTURBANCES", 0.0)
    assert te.sensitivities(link, values, "purity", rtol=1e-3)["ln_n"].error < stated


def test_what_the_radial_form_cannot_give_is_refused_before_tiers(monkeypatch):
    """Tiers would take minutes, and more digits than doubles have half an hour."""

    def never(*args, **kwargs):
        raise AssertionError

    monkeypatch.setattr(one_mode, "solved_group", never)
    with pytest.raises(te.SolveError, match="below what double precision can give for so hot"):
        te.steady_state(te.thermal_link(1.7e11, 10.0), te.ContinuedFraction(rtol=1e-8))
    # Where no accuracy is asked for, what it gives is good enough.
    assert te.steady_state(te.thermal_link(1.7e11, 10.0)).stats["form"] == "radial"


def test_no_digits_beyond_doubles_where_nothing_is_entangled(monkeypatch):
    """A warm waveguide mixes the qubits: doubles tell it to three digits, and that is enough."""

    def never(*args, **kwargs):
        raise AssertionError

    monkeypatch.setattr(one_mode.OneModePlan, "_in_balls", never)
    network = te.thermal_link(1e3, 1e-3, waveguide_occupation=1e5)
    assert search.entanglement(network) == pytest.approx(-0.5, abs=1e-3)
    found = search.MarginSearch(1e3, {"waveguide_occupation": 1e5}, True, lambda words: None)
    assert found.hopeless
    assert found.at(found.top)[0] == pytest.approx(-0.5, abs=1e-3)
    cooler = search.MarginSearch(1e3, {"waveguide_occupation": 0.01}, True, lambda words: None)
    assert not cooler.hopeless


def test_hot_sources_are_looked_at_near_the_best_alone(monkeypatch):
    seen = []

    def hill(kappas, quanta, link):
        seen.extend(quanta[quanta > 2e7])
        return 0.9 - 0.3 * np.log10(quanta / 10**9.75) ** 2

    monkeypatch.setattr(search, "margins", hill)
    found = search.MarginSearch(1e12, {"waveguide_occupation": 0.0}, True, lambda words: None)
    assert np.max(found.map) == pytest.approx(0.9, abs=1e-12)
    assert len(seen) < 0.8 * 43 * np.count_nonzero(found.occupations > 2e7)
    seen.clear()
    value, n = max(zip(found._attenuated(1e-3), found.occupations, strict=True))
    assert (value, n) == pytest.approx((0.9, 10**9.75))
    assert len(seen) < 10


def test_tiers_are_tried_where_they_take_seconds():
    network = te.thermal_link(1e9, 1e-3)
    found = te.steady_state(network)
    lost = replace(found, stats={**found.stats, "ended_by": "rounding"})
    strict, own = te.ContinuedFraction(rtol=1e-12).settings, te.ContinuedFraction().settings
    assert not plan.tiers_may_help(found, strict)
    assert plan.tiers_may_help(lost, strict)
    assert not plan.tiers_may_help(lost, own)
    hotter = replace(lost, network=te.thermal_link(1e12, 1e-3))
    assert not plan.tiers_may_help(hotter, strict)


def test_evolutions_behind_hot_modes_are_refused_before_they_begin():
    """At 1e10 quanta one took half a minute, gigabytes, and had an error of a hundredth."""
    network = te.thermal_link(1e11, 1e-3)
    for call in (
        lambda: te.evolve(network, [1.0], "00"),
        lambda: te.evolve(network, [1.0], "00", te.ContinuedFraction(), source=0.0),
        lambda: te.entanglement_rate(network, until=1.0, method=te.ContinuedFraction()),
        lambda: te.preparation_time(network),
        lambda: te.relaxation_rates(network),
    ):
        with pytest.raises(te.MethodError, match=r"up to 300000 over time\. Steady states may be"):
            call()


def judged(monkeypatch, values, *, error, rounding=(0.0, 0.0), rtol=1e-3, largest=None):
    """Derivatives of given values, whose left out part is given, too; and what that was asked."""
    asked = []

    def left_out(shifts, tail, steadily):
        asked.append((tail, steadily))
        return LeftOut(error, np.array([0.25, 0.5, 1.0]))

    monkeypatch.setattr(hot_mode, "left_out", left_out)
    chain = object.__new__(hot_mode.HotChain)
    chain.scales, chain.rounding = np.array([1.0, 0.1]), np.array(rounding)
    now = hot_mode._OnElements(
        np.array(values), np.array([1e-9, 0.0]), np.array([0.0, 10.0]), 1e-4, np.zeros(1)
    )
    found, done = chain._judged(now, [], LARGEST[0] if largest is None else largest, rtol)
    return found.errors, done, asked


def test_errors_hold_what_elements_rounding_and_slopes_leave(monkeypatch):
    term = 512 * np.finfo(float).eps
    errors, _, asked = judged(monkeypatch, [2.0, 4.0], error=1e-5, rounding=(1e-6, 2e-6))
    # The first has the share of its own size, all of it; the second that of its change.
    expected = [1e-5 + 1e-6 + 1e-9, 0.5e-5 / 0.1 + 2e-6 + 10 * term]
    np.testing.assert_allclose(errors, expected, rtol=1e-9)
    assert asked == [(1e-4 * 2.0, True)]
    assert judged(monkeypatch, [2.0, 4.0], error=0.0, largest=LARGEST[1])[2][0][1] is False
    # In units of its parameter the second is the larger one.
    assert judged(monkeypatch, [2.0, 40.0], error=0.0)[2][0][0] == pytest.approx(1e-4 * 4.0)


@pytest.mark.parametrize(
    ("error", "rounding", "done"),
    [
        (0.99 * 2e-3, (0.0, 0.0), True),
        (1.01 * 2e-3, (0.0, 0.0), False),
        (1.01 * 2e-3, (2.1e-3, 0.0), True),  # no more than rounding, which is more than half
        (1.01 * 2e-3, (0.0, 2.1e-2), True),
        (1.01 * 2e-3, (2.0e-3, 0.0), False),
    ],
)
def test_more_elements_end_with_the_tolerance_or_with_rounding(monkeypatch, error, rounding, done):
    assert judged(monkeypatch, [2.0, 4.0], error=error, rounding=rounding)[1] is done


def searched(monkeypatch, tails, *, ends=99):
    """A search of given tails, on given meshes; what it measured and compared."""
    noted, left = [], list(tails)
    chain = object.__new__(hot_mode.HotChain)
    chain.scales = np.array([1.0, 0.1])
    equation = type("Equation", (), {"smallest": 0.1})()
    chain.equation = equation

    def on(_, integrals):
        turn = len(tails) - len(left)
        values = np.array([2.0 + 0.1**turn, 5.0])
        return hot_mode._OnElements(values, *np.zeros((2, 2)), left.pop(0), np.array([0.5, 0.1]))

    def found(now, shifts, largest, rtol):
        noted.append([shift.tolist() for shift in shifts])
        return hot_mode.HotDerivatives(now.values, now.values), len(noted) >= ends

    monkeypatch.setattr(hot_mode, "MESHES", ((4, 2), (6, 2), (8, 3), (12, 3)))
    monkeypatch.setattr(hot_mode, "radial_integrals", lambda *given: given)
    chain._on, chain._judged = on, found
    chain._rounding = lambda integrals, values: noted.append(("rounding", *integrals)) or values
    return chain, noted


def test_elements_are_added_until_derivatives_agree(monkeypatch):
    chain, noted = searched(monkeypatch, [0.0] * 4)
    wide, found = chain._up_to(5.0, 1e-3, lambda text: None)
    assert wide
    assert found.values[0] == pytest.approx(2.001)
    assert noted[0] == ("rounding", 6, 2, 0.1, 5.0)
    # Two changes at least are compared, of the derivatives in units and of the state.
    assert noted[1] == [pytest.approx([0.9, 0, 0, 0]), pytest.approx([0.09, 0, 0, 0])]
    assert len(noted) == 3
    chain, noted = searched(monkeypatch, [0.0] * 4, ends=2)
    assert chain._up_to(5.0, 1e-3, lambda text: None)[1].values[0] == pytest.approx(2.01)


def test_a_field_beyond_the_radius_takes_a_larger_one(monkeypatch):
    allowed = CUT * 1e-3 * 0.5
    for tails, wide, some in (
        ([1.01 * allowed], False, False),
        ([0.99 * allowed] * 4, True, True),
        ([0.0, 0.0, 0.0, 1.01 * allowed], False, True),
    ):
        chain, _ = searched(monkeypatch, tails)
        ended, found = chain._up_to(5.0, 1e-3, lambda text: None)
        assert (ended, found is not None) == (wide, some)
    # What was found up to the smaller radius is kept where the larger one gives nothing.
    chain, _ = searched(monkeypatch, [0.0, 0.0, 0.0, *[1.0] * 4])
    assert chain.derivatives(1e-3, lambda text: None).values[0] == pytest.approx(2.01)
    chain, _ = searched(monkeypatch, [1.0] * 9)
    with pytest.raises(np.linalg.LinAlgError):
        chain.derivatives(1e-3, lambda text: None)
