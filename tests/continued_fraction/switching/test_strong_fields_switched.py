"""Schedules from strong coherent fields, in the frame that moves with them."""

import numpy as np
import pytest

import thermalent as te
from tests.solving.test_schedules import COLD, KET, apart, schedule
from tests.support.long_ones import ordinary_and_long
from thermalent.continued_fraction.moving_frame.evolution import HOW_MOVED
from thermalent.continued_fraction.switching import evolution as switched

CASES = {
    "off for a while": (("on", "off", "on"), "01"),
    "decoupled": (("on", "apart", "other"), KET),
    "back-action": (("both ways", "moved", "both ways"), KET),
}


@pytest.mark.parametrize("name", ordinary_and_long(CASES, list(CASES)[1:]))
def test_against_fock_space(name, monkeypatch):
    """Other temperatures, couplings, detunings, rates of the mode, and back-action."""
    names, initial = CASES[name]
    monkeypatch.setattr(switched, "_FOLLOWED", 0.1)
    times, pieces = np.array([0.0, 1.0, 2.0, 3.1, 4.5, 7.0]), schedule(*names)
    found = te.evolve(pieces, times, initial, source=1.2 - 0.9j)
    fock = te.evolve(pieces, times, initial, te.Fock(tolerance=1e-7), source=1.2 - 0.9j)
    assert found.how == HOW_MOVED
    assert np.all(apart(found, fock) <= found.error + fock.error)
    assert np.max(found.error) < 1e-9
    assert np.max(fock.error) < 1e-6


@pytest.mark.parametrize("amplitude", ordinary_and_long([6.0, 300.0j], [300.0j]))
def test_one_network_in_pieces_is_one_evolution(amplitude):
    network, times = te.thermal_link(0.6, 0.5, detuning=(0.3, -0.2)), np.array([0.2, 0.7, 3.0])
    pieces = te.Schedule([(network, 0.2), (network, 1.0), (network, np.inf)])
    whole = te.evolve(network, times, "01", source=amplitude)
    split = te.evolve(pieces, times, "01", source=amplitude)
    assert np.all(apart(whole, split) <= whole.error + split.error)
    assert max(np.max(whole.error), np.max(split.error)) < 1e-9


def test_both_frames_agree_where_both_are_right(monkeypatch):
    """Charges apart and the field expanded as a whole, against a frame that moves with it."""
    pieces = schedule("on", "off", "other", durations=(1.0, 3.0, np.inf))
    times = np.array([1.0, 2.5, 4.0, 6.0])
    found = []
    for followed in (0.1, np.inf):
        monkeypatch.setattr(switched, "_FOLLOWED", followed)
        found.append(te.evolve(pieces, times, KET, source=3.0))
    assert [one.how == HOW_MOVED for one in found] == [True, False]
    assert np.all(apart(*found) <= found[0].error + found[1].error)
    assert max(np.max(one.error) for one in found) < 1e-8


@pytest.mark.long
@pytest.mark.parametrize("n_th", [20.0, 100.0])
def test_against_sampled_fields(n_th):
    """A strong field behind which a hot port is switched off and on, and one that never is."""
    hot, dark = te.thermal_link(n_th, 0.3), te.thermal_link(0.0, 0.3)
    pieces = te.Schedule([(hot, 2.0), (dark, 6.0), (hot, np.inf)])
    times, method = np.array([1.0, 2.0, 8.0, 9.0]), te.ContinuedFraction(rtol=1e-4)
    found = te.evolve(pieces, times, "00", method, source=25.0)
    assert found.how == HOW_MOVED
    sampled = te.evolve(pieces, times, "00", te.FieldTrajectories(n=1500, seed=2), source=25.0)
    assert np.all(apart(found, sampled) <= 4.5 * sampled.error + found.error)
    wrong = te.evolve(hot, times, "00", method, source=25.0)
    assert np.max(apart(wrong, sampled)[2:] - 10 * sampled.error[2:]) > 0


def test_a_slow_source_and_a_field_that_no_expansion_about_zero_holds():
    """|beta|^2 = 8 V at n_th = 100: an expansion about zero is lost there."""
    hot, dark = te.thermal_link(100.0, 0.1), te.thermal_link(0.0, 0.1)
    pieces = te.Schedule([(hot, 0.3), (dark, np.inf)])
    method = te.ContinuedFraction(rtol=1e-4)
    found = te.evolve(pieces, [0.3, 0.6], "00", method, source=20.0)
    assert found.how == HOW_MOVED
    whole = te.evolve(hot, [0.3], "00", method, source=20.0)
    assert np.max(np.abs(found.states[0] - whole.states[0])) <= found.error[0] + whole.error[0]


def test_a_field_off_for_long_leaves_an_empty_source():
    """After a hundred decay times of the field it is as if an empty source began."""
    hot, dark = te.thermal_link(0.5, 1.0), te.thermal_link(0.0, 1.0, gamma=0.0)
    pieces = te.Schedule([(hot, 1.0), (dark, 60.0), (hot, np.inf)])
    found = te.evolve(pieces, [1.0, 61.0, 63.0], "10", source=20.0)
    assert found.how == HOW_MOVED
    again = te.evolve(hot, [2.0], found.states[1], source="empty")
    assert (
        np.max(np.abs(found.states[2] - again.states[0])) < found.error[2] + again.error[0] + 1e-9
    )
    assert np.max(found.error) < 1e-9


def test_what_would_take_too_long_is_refused_at_once():
    hot = te.thermal_link(1000.0, 2.0)
    pieces = te.Schedule([(hot, 1.0), (te.thermal_link(0.0, 2.0), np.inf)])
    with pytest.raises(te.MethodError, match="coherent field with the amplitude 1e\\+03 the evo"):
        te.evolve(pieces, [1e6], "00", te.ContinuedFraction(rtol=1e-9), source=1000.0)


def test_heat_behind_a_field_too_strong_is_refused_at_once():
    link = te.thermal_link(1.0, 0.3)
    with pytest.raises(te.MethodError, match="coherent field of amplitude 60 is too strong"):
        te.heat_over_time(link, [1.0], "00", source=60.0)


@pytest.mark.long
def test_heat_that_is_lost_to_rounding_is_not_given():
    hot, dark = te.thermal_link(100.0, 0.1), te.thermal_link(0.0, 0.1)
    pieces = te.Schedule([(hot, 3.0), (dark, np.inf)])
    with pytest.raises(te.MethodError, match=r"did not converge.*weaker than of amplitude 30"):
        te.heat_over_time(pieces, [1.0, 3.0, 5.0], "00", source=30.0)


def test_the_pieces_up_to_the_last_time_are_enough():
    on, off = COLD["on"], COLD["off"]
    short = te.Schedule([(on, 1.0), (off, 1.0), (on, np.inf)])
    found = te.evolve(short, [0.5, 1.5], "00", source=12.0)
    known = te.evolve(te.Schedule([(on, 1.0), (off, np.inf)]), [0.5, 1.5], "00", source=12.0)
    assert np.all(apart(found, known) <= 1e-12)


def test_the_phase_of_a_mode_that_turns_goes_on(monkeypatch):
    """A mode with its own frequency, another one in each piece, against Fock space."""
    monkeypatch.setattr(switched, "_FOLLOWED", 0.1)

    def turning(frequency):
        return te.Network(
            nodes=(te.Mode(name="source", bath_rate=0.4, n_th=0.2), te.Qubit(name="q")),
            exchange=[[frequency, 0.2], [0.2, 0.1]],
            decay=[[0.4, 0.0], [0.0, 0.3]],
        )

    pieces = te.Schedule([(turning(0.7), 1.0), (turning(-0.5), 1.0), (turning(0.3), np.inf)])
    times, initial = [0.5, 1.5, 3.0], np.array([0.6, 0.8j])
    found = te.evolve(pieces, times, initial, source=1.2j)
    fock = te.evolve(pieces, times, initial, te.Fock(tolerance=1e-7), source=1.2j)
    assert found.how == HOW_MOVED
    assert np.all(apart(found, fock) <= found.error + fock.error)
