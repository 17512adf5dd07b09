"""Schedules behind sources of several poles that start in coherent states."""

import numpy as np
import pytest

import thermalent as te
from tests.support.long_ones import ordinary_and_long
from thermalent.continued_fraction.several_poles.moving import schedule_evolution, source_schedule
from thermalent.continued_fraction.several_poles.moving.schedule_evolution import HOW_OF_SCHEDULES
from thermalent.continued_fraction.several_poles.moving.source.gaussian import source_pieces

KET = np.array([0.6, 0.8j])
METHOD = te.ContinuedFraction(rtol=1e-4)


def link(n_th, kappa=0.6, **more):
    return te.thermal_link(n_th, kappa, qubits=1, filters=2, **more)


def loop(n_th):
    shape = te.Filter.cavities([0.8, 1.1], detunings=[0.2, -0.1])
    return te.phononic_link(n_th, positions=(1.3,), detuning=(0.4,), filter=shape)


def apart(first, second):
    return np.abs(first.states - second.states).max(axis=(1, 2))


PIECES = {
    "off for a while": (link(0.3), link(0.0), link(0.3)),
    "decoupled, and other rates": (link(0.3), link(0.3, gamma=0.0), link(0.1, 0.9, detuning=0.3)),
    "back-action": (loop(0.2), loop(0.0), loop(0.4)),
}


@pytest.mark.parametrize("name", ordinary_and_long(PIECES, list(PIECES)[1:]))
def test_against_fock_space(name):
    first, second, third = PIECES[name]
    pieces = te.Schedule([(first, 1.0), (second, 1.5), (third, np.inf)])
    times, source = [0.0, 0.5, 1.0, 2.0, 2.5, 4.0], (0.7 - 0.3j, 0.4j)
    found = te.evolve(pieces, times, KET, METHOD, source=source)
    fock = te.evolve(pieces, times, KET, te.Fock(cutoff=8), source=source)
    assert found.how == HOW_OF_SCHEDULES
    assert np.all(apart(found, fock) <= found.error + fock.error)
    assert np.max(found.error) < 2e-4
    assert np.max(fock.error) < 1e-3
    # The control: without the amplitudes, or without the change, it is another evolution.
    empty = te.evolve(pieces, times, KET, METHOD, source="empty")
    assert np.max(apart(empty, fock)) > 0.05


def test_one_network_in_pieces_is_one_evolution():
    """A field of tens of quanta takes no more tiers than a weak one; the last piece is long."""
    times, source = [0.3, 1.0, 40.0], (5.0, 3.0j)
    pieces = te.Schedule([(link(0.2), 0.5), (link(0.2), 1.0), (link(0.2), np.inf)])
    whole = te.evolve(link(0.2), times, KET, METHOD, source=source)
    split = te.evolve(pieces, times, KET, METHOD, source=source)
    assert np.all(apart(whole, split) <= whole.error + split.error)
    assert max(np.max(whole.error), np.max(split.error)) < 2e-4


def test_mean_and_covariance_go_on_where_networks_change():
    """Against the moments of the whole network, from its equation of motion for the modes."""
    from thermalent.continued_fraction.several_poles.chain.common_coordinates import common_chains

    networks = [link(0.3), link(0.3, 0.9, gamma=0.0), link(0.0)]
    chains, lengths = common_chains(networks), [1.0, 2.0, 1.5]
    amplitudes = np.array([1.0 - 0.5j, 0.3j])
    found = source_pieces(chains, lengths, amplitudes)
    mean = chains[0].transform @ amplitudes
    covariance = np.zeros((2, 2), dtype=complex)
    for chain, stretch, length in zip(chains, found, lengths, strict=True):
        assert np.max(np.abs(stretch.source.mean - mean)) < 1e-8
        assert np.max(np.abs(stretch.source.covariance(0.0) - covariance)) < 1e-8
        noise = chain.drift @ chain.covariance + chain.covariance @ chain.drift.conj().T
        steps = 400
        for _ in range(steps):  # Runge and Kutta's fourth order

            def slope(m, v, chain=chain, noise=noise):
                return -chain.drift @ m, noise - chain.drift @ v - v @ chain.drift.conj().T

            h = length / steps
            a = slope(mean, covariance)
            b = slope(mean + h / 2 * a[0], covariance + h / 2 * a[1])
            c = slope(mean + h / 2 * b[0], covariance + h / 2 * b[1])
            d = slope(mean + h * c[0], covariance + h * c[1])
            mean = mean + h / 6 * (a[0] + 2 * b[0] + 2 * c[0] + d[0])
            covariance = covariance + h / 6 * (a[1] + 2 * b[1] + 2 * c[1] + d[1])
    assert np.linalg.norm(mean) > 0.05


@pytest.mark.long
@pytest.mark.parametrize("coldest", [0.0, np.inf])
def test_hot_fields_against_sampled_ones(coldest, monkeypatch):
    """In long steps of a wider reference, and in short ones of coupled charges."""
    monkeypatch.setattr(source_schedule, "COLD", coldest)
    monkeypatch.setattr(schedule_evolution, "_AMPLIFIED", coldest)
    hot, dark = link(4.0, 0.5), link(0.0, 0.5)
    pieces = te.Schedule([(hot, 1.0), (dark, 2.0), (hot, np.inf)])
    times, source, method = [0.5, 1.0, 3.0, 4.0], (2.0, 1.0j), te.ContinuedFraction(rtol=1e-3)
    found = te.evolve(pieces, times, KET, method, source=source)
    sampled = te.evolve(pieces, times, KET, te.FieldTrajectories(n=3000, seed=1), source=source)
    assert np.all(apart(found, sampled) <= 4.5 * sampled.error + found.error)
    assert np.max(found.error) < 3e-3
