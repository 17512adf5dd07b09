"""Schedules behind several poles: Fock space, sampled fields, one mode, and one long evolution."""

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import spsolve

import thermalent as te
from tests.support.several_poles_sources import behind
from thermalent.continued_fraction.several_poles.chain.common_coordinates import common_chains
from thermalent.continued_fraction.several_poles.chain.coordinates import NoChainError, chain_of
from thermalent.continued_fraction.several_poles.moving.poles_tiers import PolesTiers
from thermalent.continued_fraction.several_poles.moving.source.gaussian import source_pieces
from thermalent.continued_fraction.several_poles.moving.source_schedule import (
    PolesStretch,
    poles_stretches,
)

KET = np.array([1, 0.5j, 0.3, 0.2]) / np.linalg.norm([1, 0.5, 0.3, 0.2])
TIMES = np.array([0.0, 0.6, 1.5, 4.0])


def ports(n_th=(0.05, 0.02), rates=(0.4, 0.2), gamma=(1.0,), detuning=(0.1,)):
    """Two modes with a hot port each, joined and detuned, that leak into one waveguide."""
    modes = tuple(
        te.Mode(name=name, bath_rate=rate, n_th=n)
        for name, rate, n in zip("ab", rates, n_th, strict=True)
    )
    joined = np.array([[0.3, 0.25 - 0.1j], [0.25 + 0.1j, -0.2]])
    return behind(modes, joined, (0.0, 0.1), (0.0, 0.7), gamma, detuning)


def cavities(n_th=0.05, rates=(0.4, 0.4), **others):
    return te.thermal_link(n_th, filter=te.Filter.cavities(rates), qubits=1, **others)


def apart(first: te.Evolution, second: te.Evolution) -> np.ndarray:
    return np.abs(first.states - second.states).max(axis=(1, 2))


def leaking(rates, n_th):
    """Two modes by themselves, of which a chain holds one amplitude where the rates are equal."""
    modes = tuple(
        te.Mode(name=name, bath_rate=rate, n_th=n_th)
        for name, rate in zip("ab", rates, strict=True)
    )
    return behind(modes, np.zeros((2, 2)), (0.0, 0.0), (0.4, 0.5), (1.0,), (0.0,))


SCHEDULES = {
    "couplings": (ports(), ports(gamma=(0.0,), detuning=(0.6,)), ports()),
    "temperatures": (ports(), ports((0.0, 0.06)), ports((0.0, 0.0))),
    "hidden amplitudes": (
        leaking((0.2, 0.2), 0.08),
        leaking((0.2, 0.6), 0.02),
        leaking((0.5, 0.3), 0.02),
    ),
    "widths": (cavities(), cavities(0.1, (0.8, 0.8)), cavities(0.0)),
}


@pytest.mark.parametrize(
    ("changes", "source"),
    [
        ("couplings", "stationary"),
        ("temperatures", "empty"),
        ("widths", "stationary"),
        ("hidden amplitudes", "stationary"),
    ],
)
def test_the_chain_agrees_with_fock_space(changes, source):
    """Whatever changes: couplings, either temperature, or the drift of the source."""
    networks, start = SCHEDULES[changes], [0.6, 0.8j]
    pieces = te.Schedule(list(zip(networks, (1.0, 1.5, np.inf), strict=True)))
    exact = te.evolve(pieces, TIMES, start, te.ContinuedFraction(rtol=1e-5), source=source)
    fock = te.evolve(pieces, TIMES, start, te.Fock(cutoff=4), source=source)
    assert np.all(apart(exact, fock) <= exact.error + fock.error)
    assert np.max(exact.error) < 1e-4
    # The memory of the source counts: the last piece by itself gives something else.
    fresh = te.evolve(networks[2], [2.5], start, te.ContinuedFraction(rtol=1e-5), source=source)
    assert np.abs(fresh.states[0] - exact.states[3]).max() > 10 * np.max(exact.error)


def test_the_error_holds_where_each_quantum_removes_little_more_than_half_of_it():
    """The change from the run before is then smaller than what the last run is off by."""

    def link(n_th):
        filter = te.Filter.butterworth(2, 0.1405065329706102)
        coupled = {"gamma": (1.0451624625, 2.1304054664), "detuning": (-0.6131157639, 0.513103)}
        return te.thermal_link(n_th, filter=filter, **coupled)

    warm = 0.0316977957302512
    pieces = te.Schedule([(link(warm), 6.6472165), (link(0.0), 20.5166842), (link(warm), 12.0)])
    times, method = [6.3, 9.2, 19.6], te.ContinuedFraction(rtol=1e-9)
    exact = te.evolve(pieces, times, "10", method, source="empty")
    fock = te.evolve(pieces, times, "10", te.Fock(tolerance=1e-12), source="empty")
    assert np.max(fock.error) < 0.01 * np.max(exact.error)
    off = apart(exact, fock)
    assert np.all(off <= exact.error)
    assert np.max(exact.error) < 20 * np.max(off)


def test_two_equal_cavities_fill_for_as_long_as_they_take():
    """Their rates differ by rounding, on which exponentials of the drift must not depend."""
    coupled = {"gamma": (1.06, 1.7), "detuning": (2.25, -3.66), "filters": 2}
    nets = [te.thermal_link(n_th, 0.2044149859884658, **coupled) for n_th in (0.0, 0.0340612)]
    pieces, times = te.Schedule([(nets[0], 7.5), (nets[1], 20.0)]), [13.0, 22.0, 24.5]
    exact = te.evolve(pieces, times, "01", te.ContinuedFraction(rtol=1e-6), source="empty")
    fock = te.evolve(pieces, times, "01", te.Fock(), source="empty")
    assert np.all(apart(exact, fock) <= exact.error + fock.error)
    assert np.max(exact.error) < 5e-6


def hot(n_th, gamma=(1.0, 1.0)):
    return te.thermal_link(n_th, 0.05, gamma, filters=2)


def test_the_chain_agrees_with_sampled_fields_where_it_is_hot():
    pieces = te.Schedule([(hot(40), 4.0), (hot(0.0), 3.0), (hot(40, (1.0, 0.0)), np.inf)])
    times = np.array([3.0, 7.0, 10.0])
    exact = te.evolve(pieces, times, "10", te.ContinuedFraction(rtol=1e-3))
    sampled = te.evolve(pieces, times, "10", te.FieldTrajectories(n=1000, seed=2))
    assert np.all(apart(exact, sampled) <= 4 * sampled.error + exact.error)
    wrong = te.evolve(hot(40), times, "10", te.FieldTrajectories(n=1000, seed=2))
    assert np.max(apart(exact, wrong)[1:] / wrong.error[1:]) > 8


def equal_ports(n_th, gamma):
    modes = tuple(
        te.Mode(name=name, bath_rate=0.3, n_th=n) for name, n in zip("ab", n_th, strict=True)
    )
    return behind(modes, np.zeros((2, 2)), (0.0, 0.0), (0.4, 0.4), (gamma, 0.7))


def one_port(n_th, gamma):
    mode = (te.Mode(name="a", bath_rate=0.3, n_th=n_th),)
    return behind(mode, np.zeros((1, 1)), (0.0,), (0.4 * np.sqrt(2),), (gamma, 0.7))


@pytest.mark.parametrize("source", ["stationary", "empty"])
def test_two_equal_ports_are_one_of_the_mean_temperature(source):
    """The emitters feel the sum of two amplitudes of one rate, and one mode has another method."""
    times = [1.0, 4.0, 8.0]
    two = [((3.0, 1.0), 1.0), ((0.0, 2.0), 1.0), ((2.0, 2.0), 0.0)]
    both = te.Schedule(
        [(equal_ports(n, g), t) for (n, g), t in zip(two, (2, 3, np.inf), strict=True)]
    )
    single = te.Schedule(
        [(one_port(np.mean(n), g), t) for (n, g), t in zip(two, (2, 3, np.inf), strict=True)]
    )
    method = te.ContinuedFraction(rtol=1e-8)
    found = te.evolve(both, times, KET, method, source=source)
    known = te.evolve(single, times, KET, method, source=source)
    assert found.stats["poles"] == 1
    assert np.all(apart(found, known) <= found.error + known.error)
    assert np.max(found.error) < 1e-7


@pytest.mark.parametrize("source", ["stationary", "empty"])
def test_one_network_in_three_pieces_is_one_evolution_behind_poles(source):
    network, method = te.thermal_link(0.3, 0.3, filters=2), te.ContinuedFraction(rtol=1e-5)
    pieces = te.Schedule([(network, 1.0), (network, 30.0), (network, np.inf)])
    times = [0.5, 2.0, 35.0]
    whole = te.evolve(network, times, "10", method, source=source)
    split = te.evolve(pieces, times, "10", method, source=source)
    assert np.all(apart(whole, split) <= whole.error + split.error)
    assert np.max(split.error) < 1e-4


@pytest.mark.long
def test_smooth_changes_behind_poles():
    def ramp(time):
        return cavities(0.05, gamma=1 - time / 2)

    method = te.ContinuedFraction(rtol=1e-6)
    found = te.evolve(te.Schedule([(ramp, 2.0)], steps=2), [2.0], "1", method)
    fine = te.evolve(te.Schedule([(ramp, 2.0)], steps=8), [2.0], "1", te.Fock(cutoff=4))
    assert apart(found, fine)[0] <= found.error[0] + fine.error[0]
    assert found.error[0] < 1e-2


def test_common_coordinates_hold_what_the_emitters_feel():
    """The correlation of the driving amplitude and its slopes are those of each own chain."""
    networks = [ports((3.0, 1.0)), ports((0.1, 7.0), rates=(0.1, 0.9))]
    for network, common in zip(networks, common_chains(networks), strict=True):
        own = chain_of(network)
        for power in range(4):
            moved = [
                c.scale**2 * (np.linalg.matrix_power(c.drift, power) @ c.covariance)[0, 0]
                for c in (own, common)
            ]
            assert moved[1] == pytest.approx(moved[0], rel=1e-10)


def test_networks_that_feel_other_combinations_are_refused():
    modes = tuple(te.Mode(name=name, bath_rate=1.0, n_th=1.0) for name in "ab")
    first = behind(modes, np.zeros((2, 2)), (0.0, 0.0), (0.4, 0.2))
    second = behind(first.modes, np.zeros((2, 2)), (0.0, 0.0), (0.2, 0.4))
    with pytest.raises(NoChainError, match="different combinations"):
        common_chains([first, second])
    pieces = te.Schedule([(first, 1.0), (second, np.inf)])
    with pytest.raises(te.MethodError, match="different combinations"):
        te.evolve(pieces, [2.0], "10", te.ContinuedFraction())
    with pytest.raises(te.MethodError, match="different combinations"):
        te.evolve(pieces, [2.0], "10", te.ContinuedFraction(), source=(1.0, 0.5))


def test_a_covariance_goes_on_across_pieces():
    """V(t) at the end of each piece, from the equation dV/dt = -H V - V H^+ + N in small steps."""
    chains = common_chains([ports((3.0, 1.0)), ports((0.0, 0.5), rates=(0.1, 0.9))])
    every, lengths = [*chains, chains[1]], [2.0, 1.5, 1e3]
    pieces = source_pieces(every, lengths, np.zeros(2), chains[0].covariance)
    stretches = poles_stretches(pieces, 1e-9)
    assert [stretch.source is None for stretch in stretches] == [True, False, False, True]
    assert sum(stretch.length for stretch in stretches) == pytest.approx(1e3 + 3.5)
    h, limit = chains[1].drift, chains[1].covariance
    variance, step = chains[0].covariance, 1e-3
    for _ in range(1500):
        middle = variance - 0.5 * step * (h @ (variance - limit) + (variance - limit) @ h.conj().T)
        variance = variance - step * (h @ (middle - limit) + (middle - limit) @ h.conj().T)
    source = stretches[1].source
    assert source is not None
    assert np.max(np.abs(source.covariance(1.5) - variance)) < 1e-5
    assert np.max(np.abs(source.covariance(0.0) - variance)) > 1e-2
    after = stretches[2].source
    assert after is not None
    assert np.max(np.abs(after.covariance(0.0) - source.covariance(1.5))) < 1e-12


@pytest.mark.parametrize("charge", [0, 1])
def test_the_fraction_solves_on_every_tier_behind_poles(charge):
    (chain,) = common_chains([ports((3.0, 1.0))])
    stretch, rho = PolesStretch(0, 1.0, None), np.array([[0.36, 0.48j], [-0.48j, 0.64]])
    z, last = 0.1 + 0.3j, 8
    for staggered in (False, True):
        tiers = PolesTiers([chain], [stretch], rho, charge, 2, 1e-9, staggered=staggered)
        matrix = tiers.generator(stretch, last)
        y = tiers.start(last) + 0.1 * np.random.default_rng(3).normal(size=matrix.shape[0])
        found = tiers.resolvent(stretch, last).solve(z, y)
        shifted = sparse.csc_array(z * sparse.eye_array(len(y)) - matrix)
        expected = spsolve(shifted, y.astype(complex))
        assert np.max(np.abs(found - expected)) < 1e-11 * np.max(np.abs(expected))


def random_schedule(rng):
    """Three pieces of random temperatures and couplings behind one random pair of cavities."""
    rates = tuple(10 ** rng.uniform(-1.5, -0.3, size=2))
    row = te.Filter.cavities(rates, detunings=tuple(0.3 * rng.normal(size=2)))
    hottest = 10 ** rng.uniform(-1, 1)

    def network():
        n_th = hottest * rng.choice([0.0, 1.0, rng.random()])
        return te.thermal_link(n_th, filter=row, gamma=(1.0, rng.choice([0.0, 0.6])))

    return te.Schedule([(network(), rng.uniform(0.5, 8)) for _ in range(3)])


@pytest.mark.long
@pytest.mark.parametrize("seed", range(6))
def test_stated_errors_hold_on_random_schedules(seed):
    rng = np.random.default_rng(seed)
    pieces = random_schedule(rng)
    source = str(rng.choice(["stationary", "empty"]))
    times = np.sort(rng.uniform(0, pieces.duration, size=6))
    fine = te.evolve(pieces, times, KET, te.ContinuedFraction(rtol=1e-8), source=source)
    for rtol in (1e-2, 1e-4, 1e-6):
        found = te.evolve(pieces, times, KET, te.ContinuedFraction(rtol=rtol), source=source)
        assert np.all(apart(found, fine) <= found.error + fine.error)


def test_steps_that_get_too_short_end_a_run(monkeypatch):
    """What was reached before is kept; later times say that they were not computed."""
    from thermalent.continued_fraction.several_poles.moving import poles_tiers

    def failing(self, y, times, report):
        raise np.linalg.LinAlgError("the steps are too short")

    monkeypatch.setattr(poles_tiers.PolesMotion, "stepped", failing)
    pieces = te.Schedule([(cavities(), 1.0), (cavities(0.2), np.inf)])
    with pytest.raises(te.SolveError, match="From t = 2 on the evolution was not computed"):
        te.evolve(pieces, [0.5, 2.0], "1", te.ContinuedFraction(rtol=1e-3))
