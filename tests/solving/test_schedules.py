"""Evolution under networks that follow each other, by every method that takes them, two by two."""

import numpy as np
import pytest

import thermalent as te
from tests.support.long_ones import ordinary_and_long
from thermalent.continued_fraction.switching.reference import SourcePiece, source_stretches
from thermalent.networks.liouvillian import emitter_liouvillian

COLD = {
    "on": te.thermal_link(0.8, 0.3),
    "off": te.thermal_link(0.0, 0.3),
    "apart": te.thermal_link(0.8, 0.3, gamma=0.0),
    "other": te.thermal_link(2.0, 0.5, detuning=(0.3, -0.3), dephasing=0.05),
    "both ways": te.phononic_link(0.8, 0.3, positions=(1.0, 2.0)),
    "moved": te.phononic_link(0.3, 0.2, positions=(1.3, 2.0), detuning=(0.2, -0.4)),
}
KET = np.array([1, 0.5j, 0.3, 0.2]) / np.linalg.norm([1, 0.5, 0.3, 0.2])
STARTS = ("stationary", "empty", 0.5 - 0.9j)


def schedule(*names: str, durations=(2.0, 2.5, np.inf)) -> te.Schedule:
    return te.Schedule([(COLD[name], t) for name, t in zip(names, durations, strict=True)])


def apart(first: te.Evolution, second: te.Evolution) -> np.ndarray:
    return np.abs(first.states - second.states).max(axis=(1, 2))


@pytest.mark.parametrize("source", STARTS)
@pytest.mark.parametrize(
    "names",
    ordinary_and_long(
        [("on", "off", "on"), ("on", "apart", "other"), ("both ways", "moved", "both ways")],
        [("on", "apart", "other")],
    ),
)
def test_the_fraction_agrees_with_fock_space(names, source):
    """Whether the source, the couplings or the back-action change, from any start."""
    times = np.linspace(0.0, 7.0, 8)
    exact = te.evolve(schedule(*names), times, KET, source=source)
    fock = te.evolve(schedule(*names), times, KET, te.Fock(tolerance=1e-7), source=source)
    assert exact.method.name == "ContinuedFraction"
    assert np.all(apart(exact, fock) <= exact.error + fock.error)
    assert np.max(exact.error) < 1e-9
    assert np.max(fock.error) < 1e-6


@pytest.mark.parametrize("source", ordinary_and_long(STARTS, [0.5 - 0.9j]))
def test_the_fraction_agrees_with_sampled_fields_where_it_is_hot(source):
    """Three switches of source and couplings at n_th = 40, where no Fock space is affordable."""
    hot = te.thermal_link(40, 0.1)
    others = [te.thermal_link(0.0, 0.1), te.thermal_link(40, 0.1, gamma=0.0)]
    others.append(te.thermal_link(20, 0.3, detuning=(0.3, -0.3), dephasing=0.05))
    pieces = te.Schedule([(hot, 4.0), (others[0], 3.0), (others[2], 2), (others[1], 2), (hot, 9)])
    start = source if isinstance(source, str) else 3 - 2j
    times = np.array([0.0, 3.0, 6.0, 8.5, 15.0])
    method = te.ContinuedFraction(rtol=1e-6)
    exact = te.evolve(pieces, times, "10", method, source=start)
    sampled = te.evolve(pieces, times, "10", te.FieldTrajectories(n=8000), source=start)
    assert np.all(apart(exact, sampled) <= 4 * sampled.error + exact.error)
    # The control: a source that stays on is told from one that was off for a while.
    wrong = te.evolve(hot, times, "10", method, source=start)
    assert np.max(apart(wrong, sampled)[1:] / sampled.error[1:]) > 10


def test_one_network_in_three_pieces_is_one_evolution():
    """Contours and added tiers on the one hand, steps of all tiers on the other."""
    hot, times = te.thermal_link(100, 1e-2), np.array([0.0, 5.0, 12.0, 20.0])
    pieces = te.Schedule([(hot, 5.0), (hot, 6.5), (hot, 10.0)])
    for source in ("stationary", "empty"):
        whole = te.evolve(hot, times, "10", source=source)
        split = te.evolve(pieces, times, "10", source=source)
        assert np.all(apart(whole, split) <= whole.error + split.error)
        assert np.max(split.error) < 1e-8


@pytest.mark.parametrize(
    "method", [te.Fock(tolerance=1e-7), te.FewExcitations(), te.FieldTrajectories(n=600)], ids=repr
)
def test_one_network_in_three_pieces_is_one_evolution_of_every_method(method):
    few = isinstance(method, te.FewExcitations)
    network = te.ring_resonators(coupling=(0.3, 0.4)) if few else COLD["on"]
    times, pieces = np.array([0.0, 1.0, 3.0, 4.0]), [(network, 1.0), (network, 2.5), (network, 2)]
    whole = te.evolve(network, times, "10", method)
    split = te.evolve(te.Schedule(pieces), times, "10", method)
    factor = 5 if isinstance(method, te.FieldTrajectories) else 1  # other random numbers
    assert np.all(apart(whole, split) <= factor * (whole.error + split.error))


def test_couplings_of_rings_are_switched_exactly():
    """Few excitations against Fock space; the qubit keeps its state while it is apart."""
    on, off = te.ring_resonators(coupling=(0.3, 0.4)), te.ring_resonators(coupling=(0.3, 0.0))
    times = np.array([2.0, 5.0, 9.0, 12.0])
    pieces = te.Schedule([(on, 3.0), (off, 6.0), (on, np.inf)])
    few = te.evolve(pieces, times, "10")
    fock = te.evolve(pieces, times, "10", te.Fock())
    assert few.method.name == "FewExcitations"
    assert np.all(apart(few, fock) <= few.error + fock.error)


def test_what_is_decoupled_is_kept():
    """Qubits decoupled from the waveguide keep their state, while the source relaxes unseen."""
    on, stored = COLD["on"], COLD["apart"]
    times = np.array([3.0, 8.0, 20.0])
    kept = te.evolve(te.Schedule([(on, 3.0), (stored, np.inf)]), times, "10")
    assert np.max(np.abs(kept.states - kept.states[0])) <= 2 * np.max(kept.error)
    again = te.evolve(te.Schedule([(on, 3.0), (stored, 50.0), (on, np.inf)]), [53.0, 56.0], "10")
    fresh = te.evolve(on, [3.0], kept.states[-1])
    # After a long time apart the source has forgotten the qubits: exp(-kappa t) of 3e-7.
    assert np.max(np.abs(again.states[1] - fresh.states[0])) < 1e-5
    at_once = te.evolve(on, [3.0, 6.0], "10")
    assert np.max(np.abs(again.states[1] - at_once.states[1])) > 1e-3  # which it has not at once


def test_smooth_changes_converge_and_their_error_holds():
    """The extrapolated states against ten times as many steps, and against a plain integrator."""
    from scipy.integrate import solve_ivp

    def ramp(time: float) -> te.Network:
        return te.cooperative(qubits=2, decay=1 + np.sin(time), detuning=0.4 * time)

    times = np.array([0.0, 0.7, 2.0])
    coarse = te.evolve(te.Schedule([(ramp, 2.0)], steps=4), times, "10")
    fine = te.evolve(te.Schedule([(ramp, 2.0)], steps=32), times, "10")
    assert 1e-8 < np.max(coarse.error) < 1e-2
    assert np.max(fine.error) < 1e-6
    assert np.all(apart(coarse, fine) <= coarse.error + fine.error)
    # What half as many steps give is as far away at least: nothing else shows what is left.
    middle = te.evolve(te.Schedule([(ramp, 2.0)], steps=8), times, "10")
    assert np.all(apart(coarse, middle) <= middle.error)
    assert np.max(apart(coarse, middle)) > 0.1 * np.max(middle.error)

    def slope(time: float, rho: np.ndarray) -> np.ndarray:
        return emitter_liouvillian(ramp(time)) @ rho

    start = np.zeros(16, dtype=complex)
    start[10] = 1.0  # |10><10|
    found = solve_ivp(slope, (0, 2), start, t_eval=times, rtol=1e-10, atol=1e-12).y.T
    distance = np.abs(fine.states.reshape(3, 16) - found).max(axis=1)
    assert np.all(distance <= fine.error + 1e-8)


def test_smooth_changes_behind_a_source():
    def ramp(time: float) -> te.Network:
        return te.thermal_link(0.8, 0.3, gamma=(1 - time / 3, 1.0), detuning=(0.2 * time, 0.0))

    pieces = te.Schedule([(COLD["on"], 1.0), (ramp, 2.0), (ramp(2.0), np.inf)], steps=4)
    times = np.array([0.5, 2.0, 5.0])
    exact = te.evolve(pieces, times, "10")
    fock = te.evolve(pieces, times, "10", te.Fock(tolerance=1e-6))
    assert np.all(apart(exact, fock) <= exact.error + fock.error)
    assert np.max(exact.error) < 1e-3


def test_methods_that_take_one_network_refuse_schedules():
    pieces = schedule("on", "off", "on")
    for method in (te.QuantumJumps(n=10), te.Bourret(), te.FieldJumps(n=10)):
        with pytest.raises(te.MethodError, match="one network, not a schedule"):
            te.evolve(pieces, [7.0], "10", method)
    with pytest.raises(te.MethodError, match="takes an exact method"):
        te.evolve(te.Schedule([(lambda t: COLD["on"], 1.0)]), [1.0], "10", te.FieldTrajectories())


def test_times_beyond_the_schedule_are_refused():
    with pytest.raises(te.ThermalentError, match="at most 3, the duration of the schedule"):
        te.evolve(te.Schedule([(COLD["on"], 3.0)]), [1.0, 4.0], "10")


def test_the_end_of_a_schedule_may_be_rounded_otherwise_than_the_sum_of_its_pieces():
    """0.7 + 0.1 is a last place below 0.8, which was refused as more than 0.8."""
    assert 0.7 + 0.1 < 0.8
    ended = te.Schedule([(COLD["on"], 0.7), (COLD["off"], 0.1)])
    longer = te.Schedule([(COLD["on"], 0.7), (COLD["off"], np.inf)])
    for method in (te.ContinuedFraction(rtol=1e-6), te.Fock(cutoff=5)):
        found, same = (te.evolve(pieces, [0.3, 0.8], "10", method) for pieces in (ended, longer))
        allowed = (found.error + same.error)[:, None, None]
        assert np.all(np.abs(found.states - same.states) <= allowed)
    with pytest.raises(te.ThermalentError, match="the duration of the schedule"):
        te.evolve(ended, [0.3, 0.8 * (1 + 1e-12)], "10")


def test_references_follow_the_source():
    """W stays as near V(t) as asked for, and its stretches fill every piece."""
    pieces = [SourcePiece(0.1, 0.0, 20.0), SourcePiece(0.3, 50.0, 9.0), SourcePiece(0.1, 50.0, 0.0)]
    for begin in (50.0, 0.0):
        stretches = source_stretches(pieces, begin, 0.0, 100)
        variance = begin
        for stretch in stretches:
            rate, limit, _ = pieces[stretch.piece]
            allowed = min(0.25, 3.0 / max(1.0, stretch.share * 100)) * stretch.size
            assert abs(variance - stretch.reference) <= allowed * (1 + 1e-9)
            variance = limit + (variance - limit) * np.exp(-2 * rate * stretch.length)
        for number, piece in enumerate(pieces):
            lengths = [stretch.length for stretch in stretches if stretch.piece == number]
            assert sum(lengths) == pytest.approx(piece.length)


def behind_two(n_th):
    """A link behind two cavities that is switched off, and how long."""
    networks = [te.thermal_link(n, filter=te.Filter.cavities((0.3, 0.5))) for n in (n_th, 0.0)]
    return te.Schedule(list(zip(networks, (5.0, 20.0), strict=True)))


@pytest.mark.parametrize("source", ["empty", (0.5, 0.3j)])
def test_what_is_foreseen_goes_before_what_may_take_long(source):
    """Behind several cold modes, Fock space."""
    cold = behind_two(0.01)
    network = cold.first if source != "empty" else cold
    chosen = te.evolve(network, [1.0, 8.0], "10", source=source)
    assert chosen.method.name == "Fock"
    exact = te.evolve(network, [1.0, 8.0], "10", te.ContinuedFraction(rtol=1e-4), source=source)
    assert exact.method.name == "ContinuedFraction"
    assert np.all(apart(chosen, exact) <= chosen.error + exact.error)


def test_a_hot_source_behind_several_modes_is_not_tried_in_fock_space():
    assert te.evolve(behind_two(20.0), [0.1], "10").method.name == "ContinuedFraction"
