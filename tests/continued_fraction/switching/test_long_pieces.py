"""Long pieces of a schedule: contours that give all tiers, where steps confirm them."""

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import expm_multiply, spsolve

import thermalent as te
from thermalent.continued_fraction.chain.assembly import offsets
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.switching import generators
from thermalent.continued_fraction.switching.contours import (
    ContourChain,
    TierContour,
    TierResolvent,
)
from thermalent.continued_fraction.switching.generators import InitialSource, ScheduleTiers
from thermalent.continued_fraction.switching.run import ScheduleRun

KET = np.array([1, 0.5j, 0.3, 0.2]) / np.linalg.norm([1, 0.5, 0.3, 0.2])
LINK = te.thermal_link(20.0, 0.05, detuning=(0.2, -0.3))
LAST = 40


def tiers_of(network, length, charge=0):
    h = hierarchy(network)
    return ScheduleTiers(
        [h],
        [length],
        InitialSource(h.modes[0].variance, 0.0),
        np.outer(KET, KET.conj()),
        charge,
        LAST,
    )


def problem(network, charge=0):
    """Generator, positions, conserved quantities and start of one piece."""
    tiers = tiers_of(network, 1.0, charge)
    matrix = tiers.generator(tiers.stretches[0], LAST)
    return matrix, offsets(tiers.first, LAST), tiers.conserved(0), tiers.start(LAST)


@pytest.mark.parametrize("charge", [0, 1])
def test_the_resolvent_solves_its_equation_on_every_tier(charge):
    matrix, offset, conserved, y = problem(LINK, charge)
    y = y + 0.1 * np.random.default_rng(3).normal(size=y.shape)
    z = 0.02 + 0.3j
    found = TierResolvent(matrix, offset, conserved).solve(z, y)
    shifted = sparse.csc_array(z * sparse.eye_array(len(y)) - matrix)
    assert (
        np.max(np.abs(found - spsolve(shifted, y.astype(complex))))
        < 1e-13 * np.max(abs(found)) * 100
    )
    assert np.max(np.abs(shifted @ found - y)) < 1e-12


@pytest.mark.parametrize("charge", [0, 1])
def test_a_contour_is_the_exponential_on_every_tier(charge):
    matrix, offset, conserved, y = problem(LINK, charge)
    contour = TierContour(TierResolvent(matrix, offset, conserved), y, 40.0, 34)
    for time in (40.0, 150.0):
        # Of which the largest norm times time is 2e3: nothing is lost to scaling and squaring.
        exact = expm_multiply(matrix.tocsc() * time, y.astype(complex))
        assert np.max(np.abs(contour.at(time) - exact)) < 1e-11
        assert contour.rounding(time) < 1e-13
    assert np.max(np.abs(contour.at(8.0) - expm_multiply(matrix.tocsc() * 8.0, y))) > 1e-8


def run_over(network, length, charge, missed=1e-11):
    tiers = tiers_of(network, length, charge).up_to(120)
    run = ScheduleRun(
        tiers,
        120,
        1.0,
        folded=tiers,
        missed=missed,
        nodes=34,
        starts=None,
        report=lambda text: None,
    )
    run.values(np.array([length]))
    return run


def test_contours_begin_where_steps_agree():
    run = run_over(LINK, 3e4, 0)
    assert 5 < run.starts[0].time < 100
    assert run.missed < 1e-11
    # A detuned qubit that hardly decays still turns at the end, which contours miss.
    slow = te.thermal_link(20.0, 0.05, gamma=(1.0, 1e-3), detuning=(0.0, 3.0))
    assert run_over(slow, 150.0, 1).starts[0].time == np.inf


def test_neighbouring_contours_show_what_the_later_one_misses():
    slow = te.thermal_link(20.0, 0.05, gamma=(1.0, 2e-4), detuning=(0.0, 0.005))
    matrix, offset, conserved, y = problem(slow, 1)
    resolvent = TierResolvent(matrix, offset, conserved)
    chain = ContourChain(resolvent, y, 60.0, 2e4, 34)
    early = expm_multiply(matrix.tocsc() * 60.0, y.astype(complex))
    assert np.max(np.abs(chain.contour(0).at(60.0) - early)) < 1e-7
    assert chain.mismatch() > 1e-6


@pytest.mark.parametrize(
    "start", ["10", pytest.param(KET, marks=pytest.mark.long)], ids=["populations", "coherences"]
)
def test_long_pieces_are_one_long_evolution(start):
    """Contours of all tiers, piece by piece, on the one hand, the fraction alone on the other."""
    times = [3.0, 30.0, 200.0, 1010.0, 5e4, 1e6]
    whole = te.evolve(LINK, times, start)
    pieces = te.Schedule([(LINK, 200.0), (LINK, 800.0), (LINK, np.inf)])
    split = te.evolve(pieces, times, start)
    apart = np.abs(whole.states - split.states).max(axis=(1, 2))
    assert np.all(apart <= whole.error + split.error)
    assert np.max(split.error) < 2e-10


def test_a_memory_is_carried_out_of_a_long_piece():
    """Where a long piece ends the source is correlated with the qubits, against Fock space."""
    on, other = te.thermal_link(0.5, 0.3), te.thermal_link(0.5, 0.3, gamma=(1.0, 0.3))
    pieces = te.Schedule([(on, 300.0), (other, np.inf)])
    times = [300.0, 301.0, 304.0]
    exact, fock = te.evolve(pieces, times, "10"), te.evolve(pieces, times, "10", te.Fock())
    assert np.all(np.abs(exact.states - fock.states).max(axis=(1, 2)) <= exact.error + fock.error)
    fresh = te.evolve(other, [1.0, 4.0], exact.states[0])
    assert np.max(np.abs(fresh.states - exact.states[1:])) > 1e-3


@pytest.mark.parametrize("last", [14, 22, 60])
def test_a_run_starts_relative_to_its_own_gaussian(last):
    """An empty source holds no quanta, however many tiers decide on the first Gaussian."""
    h = hierarchy(te.thermal_link(0.3, 0.4, qubits=1))
    start = np.diag([0.0, 1.0])
    tiers = ScheduleTiers([h], [2.0], InitialSource(0.0, 0.0), start, 0, 16).up_to(last)

    def quanta(stretch, time):
        chain = tiers.first
        (raised,) = np.flatnonzero(tiers.start(4)[: offsets(chain, 0)[-1]])
        row = np.zeros((1, offsets(chain, 2)[-1]))
        # <|alpha|^2> = W <1> + s^2 mu^{11}, with the population that is there at first.
        row[0, raised] = stretch.reference
        row[0, offsets(chain, 1)[-1] + raised] = stretch.size
        return row

    run = ScheduleRun(
        tiers, last, 1.0, folded=tiers, missed=1e-11, nodes=30, starts=None,
        report=lambda text: None, reading=quanta,
    )  # fmt: skip
    assert run.values(np.array([0.0]))[0, 0] == pytest.approx(0.0, abs=1e-14)


@pytest.mark.parametrize(("detuning", "real"), [(0.0, True), (0.3, False)])
def test_coherences_without_a_phase_are_followed_in_real_numbers(detuning, real, monkeypatch):
    """Of resonant links; the same in complex numbers, which take three times as long."""
    links = [te.thermal_link(n_th, 0.1, detuning=detuning) for n_th in (2.0, 0.5)]
    schedule, plus = te.Schedule([(link, 2.0) for link in links]), np.ones(4) / 2
    seen = []
    start = ScheduleTiers.start

    def noted(tiers, last):
        y = start(tiers, last)
        seen.append((tiers.charge, np.iscomplexobj(y)))
        return y

    monkeypatch.setattr(ScheduleTiers, "start", noted)
    method = te.ContinuedFraction(rtol=1e-6)
    found = te.evolve(schedule, [1.0, 4.0], plus, method)
    assert {(0, False), (1, not real), (2, not real)} == set(seen)
    monkeypatch.setattr(generators, "in_real_numbers", lambda chain: None)
    other = te.evolve(schedule, [1.0, 4.0], plus, method)
    assert (1, True) in seen
    assert np.max(np.abs(found.states - other.states)) < 1e-12
    turned = te.evolve(schedule, [1.0, 4.0], np.array([1, 1j, 1j, -1]) / 2, method)
    phase = np.exp(0.5j * np.pi * np.array([0, 1, 1, 2]))
    expected = phase[:, None] * found.states * phase.conj()
    assert np.max(np.abs(turned.states - expected)) < 1e-12
