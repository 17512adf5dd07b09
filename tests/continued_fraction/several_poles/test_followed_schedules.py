"""Hot sources of several poles that are switched off and on, in coordinates that follow them."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import linalg

import thermalent as te
from tests.continued_fraction.several_poles.test_filling_chain import detuned
from tests.continued_fraction.several_poles.test_schedules_several_poles import (
    KET,
    apart,
    equal_ports,
    one_port,
)
from thermalent.continued_fraction.several_poles.chain.coordinates import chain_of
from thermalent.continued_fraction.several_poles.moving.followed_run import followed_stretches
from thermalent.continued_fraction.several_poles.moving.source.filling_chain import FollowedSource
from thermalent.continued_fraction.several_poles.moving.source.gaussian import source_pieces

METHOD = te.ContinuedFraction(rtol=1e-3)


def link(n_th, kappa=0.05, **more):
    return te.thermal_link(n_th, kappa, filters=2, **more)


def switched_off(chain):
    """The chain whose ports are cold."""
    return replace(chain, covariance=0 * chain.covariance)


@pytest.mark.parametrize("wait", [3.0, 60.0, 3000.0])
def test_a_field_that_decays_turns_its_amplitudes_and_does_not_damp_them(wait):
    """The factor is that of exp(-Ht) V exp(-Ht)^+, and all that H' does is to turn."""
    chain = chain_of(detuned())
    source = FollowedSource(switched_off(chain), np.linalg.cholesky(chain.covariance))
    scale, drift = source.at(wait)
    assert np.max(np.abs(drift + drift.conj().T)) < 1e-12 * np.linalg.norm(chain.drift)
    left = linalg.expm(-chain.drift * wait)
    variance = (left @ chain.covariance @ left.conj().T)[0, 0].real
    assert scale**2 == pytest.approx(chain.scale**2 * variance, rel=1e-9)
    # What the emitters feel, <y(t + s) y(t)^*>, is that of the amplitudes themselves.
    h = 1e-4
    by_w = source.at(wait + h)[0] * linalg.expm(-source.at(wait + h / 2)[1] * h)[0, 0] * scale
    later = linalg.expm(-chain.drift * h) @ left @ chain.covariance @ left.conj().T
    later *= chain.scale**2
    assert abs(by_w - later[0, 0]) <= 1e-8 * abs(later[0, 0])


def stretches(chains, lengths, begin):
    return followed_stretches(source_pieces(chains, lengths, np.zeros(2)), begin, 1e-6)


def test_a_field_too_weak_to_matter_is_forgotten():
    hot = chain_of(link(40.0))
    cold = switched_off(hot)
    begin = np.linalg.cholesky(hot.covariance)
    short = stretches([hot, cold, hot], [1.0, 5.0, 1.0], begin)
    assert [one.source is None for one in short] == [False, False, False]
    assert not short[2].fresh
    long = stretches([hot, cold, hot], [1.0, 1e3, 1.0], begin)
    assert [one.source is None for one in long] == [False, False, True, False]
    assert long[3].fresh
    assert sum(one.length for one in long) == pytest.approx(1002.0)
    assert 10 < long[1].length * 0.05 < 40
    # Empty and cold from the start: no field until the pump begins.
    dark = stretches([cold, hot], [2.0, 1.0], begin[:, :0])
    assert [one.source is None for one in dark] == [True, False]


def test_after_a_long_wait_the_source_is_empty():
    """Pumped again, it is as if an empty source began with the emitter as it is then."""
    hot, dark = (link(n, qubits=1) for n in (120.0, 0.0))
    pieces = te.Schedule([(hot, 1.0), (dark, 600.0), (hot, np.inf)])
    found = te.evolve(pieces, [1.0, 601.0, 604.0], "1", METHOD)
    again = te.evolve(hot, [3.0], found.states[1], METHOD, source="empty")
    distance = np.max(np.abs(found.states[2] - again.states[0]))
    assert distance <= found.error[1] + found.error[2] + again.error[0]
    assert np.max(found.error) < 2e-3
    assert np.max(np.abs(found.states[2] - found.states[0])) > 0.1


@pytest.mark.long
@pytest.mark.parametrize("wait", [0.03, 1.0, 100.0])
def test_hot_ports_of_one_rate_are_the_mode_that_has_a_method_of_its_own(wait):
    """Two of them are one pole; one mode is followed in leaps and explicit steps."""
    wait /= 0.3
    pairs = [((30.0, 15.0), 1.0), ((0.0, 0.0), 1.0), ((20.0, 20.0), 0.0)]
    lengths, times = (3.0, wait, np.inf), [3.0, 3 + wait / 2, 3 + wait, 5 + wait]
    both = [(equal_ports(n, g), t) for (n, g), t in zip(pairs, lengths, strict=True)]
    one = [(one_port(np.mean(n), g), t) for (n, g), t in zip(pairs, lengths, strict=True)]
    method = te.ContinuedFraction(rtol=1e-4)
    found = te.evolve(te.Schedule(both), times, KET, method)
    known = te.evolve(te.Schedule(one), times, KET, method)
    assert np.all(apart(found, known) <= found.error + known.error)
    assert np.max(found.error) < 5e-4


@pytest.mark.long
@pytest.mark.parametrize("filters", ["equal", "unequal and detuned", "third order"])
@pytest.mark.parametrize("wait", [0.1, 2.0])
def test_sources_at_room_temperature_decay_as_their_sampled_fields(filters, wait):
    shape = {
        "equal": te.Filter.cavities([0.02, 0.02]),
        "unequal and detuned": te.Filter.cavities([0.02, 0.05], detunings=[0.01, -0.03]),
        "third order": te.Filter.butterworth(order=3, fwhm=0.04),
    }[filters]
    wait /= 0.02
    hot, dark = (te.thermal_link(n, filter=shape) for n in (600.0, 0.0))
    pieces = te.Schedule([(hot, 5.0), (dark, wait), (hot, np.inf)])
    times = np.array([5.0, 5 + wait / 2, 5 + wait, 8 + wait])
    found = te.evolve(pieces, times, "00", METHOD)
    assert np.max(found.error) < 2e-3
    sampled = te.evolve(pieces, times, "00", te.FieldTrajectories(n=600, seed=3))
    assert np.all(apart(found, sampled) <= 4 * sampled.error + found.error)


@pytest.mark.long
def test_lukewarm_sources_decay_as_in_fock_space():
    def one(n_th):
        return te.thermal_link(n_th, 0.8, qubits=1, filters=2)

    pieces = te.Schedule([(one(1.0), 1.0), (one(0.0), 4.0), (one(1.0), np.inf)])
    times, initial = [1.0, 3.0, 5.0, 6.0], np.array([0.6, 0.8j])
    found = te.evolve(pieces, times, initial, te.ContinuedFraction(rtol=1e-4))
    exact = te.evolve(pieces, times, initial, te.Fock(cutoff=14))
    assert np.all(apart(found, exact) <= found.error + exact.error)
    assert np.max(exact.error) < 1e-3
