"""Steady states behind several poles: against Fock, the lattice, one mode, numbers."""

import numpy as np
import pytest

import thermalent as te
from tests.support.long_ones import ordinary_and_long
from tests.support.several_poles_networks import (
    acting_back,
    cold_and_acting_back,
    detuned_row,
    solved,
    with_a_zero,
)
from tests.support.several_poles_sources import behind
from thermalent.continued_fraction.chain import convergence
from thermalent.continued_fraction.lattice import solve
from thermalent.continued_fraction.several_poles import results
from thermalent.continued_fraction.several_poles.chain.coordinates import chain_of


@pytest.mark.parametrize(
    "network",
    [
        te.thermal_link(0.05, 0.5, filters=2),
        detuned_row(),
        with_a_zero(),
        acting_back(),
        cold_and_acting_back(),
    ],
    ids=["Jordan block", "unequal and detuned", "zero of the transfer", "back-action", "cold"],
)
def test_cold_sources_agree_with_the_master_equation(network):
    state, error = solved(network, 1e-11)
    assert error < 1e-10
    fock = te.steady_state(network, te.Fock(cutoff=6))
    difference = np.max(np.abs(state - fock.state))
    assert difference <= error + fock.error
    assert difference < 1e-8  # six Fock states at occupations of 0.03
    # The lattice holds every amplitude alike, in other coordinates, and to all digits.
    lattice = solve.lattice_steady_state(network, 1e-11)
    assert np.max(np.abs(state - lattice.state)) < 1e-10


def test_the_lattice_is_met_where_it_converges():
    network = te.thermal_link(4.0, 0.3, filters=2)
    state, error = solved(network, 1e-8)
    lattice = solve.lattice_steady_state(network, 1e-6)
    assert np.max(np.abs(state - lattice.state)) <= lattice.error + error
    assert te.concurrence(state, tolerance=1e-8) == pytest.approx(0.1404867, abs=2e-7)


@pytest.mark.parametrize(
    ("n_th", "kappa", "filters", "rtol", "expected", "digits"),
    [
        (40, 0.05, 2, 1e-6, 0.587897, 6),
        (1220, 1e-3, 2, 1e-9, 0.575436290, 9),
        (1220, 5e-3, 2, 1e-7, 0.816349, 6),
        pytest.param(1000, 1e-2, 2, 1e-7, 0.858212, 6, marks=pytest.mark.long),
        (1220, 1e-2, 3, 1e-5, 0.8561, 4),
    ],
)
def test_hot_cavities_in_a_row(n_th, kappa, filters, rtol, expected, digits):
    """The numbers of an independent prototype (complex numpy arrays, another ordering)."""
    network = te.thermal_link(n_th, kappa, filters=filters)
    result = te.steady_state(network, te.ContinuedFraction(rtol=rtol))
    assert result.stats["coordinates"] == "chain"
    assert result.stats["poles"] == filters
    assert result.concurrence() == pytest.approx(expected, abs=0.51 * 10.0**-digits)
    assert result.error < rtol


@pytest.mark.parametrize(
    ("filters", "kappa", "expected"),
    [
        (1, 3.9e-3, 0.7773),
        (2, 0.017, 0.891),
        pytest.param(3, 0.0235, 0.900, marks=pytest.mark.long),
    ],
)
def test_a_second_pole_raises_the_best_concurrence_at_room_temperature(filters, kappa, expected):
    """The maximum over kappa at n_th = 1221, and that it is one."""
    here, less, more = (
        te.steady_state(
            te.thermal_link(1221, kappa * factor, filters=filters), te.ContinuedFraction(rtol=1e-4)
        ).concurrence()
        for factor in (1.0, 0.7, 1.4)
    )
    assert here == pytest.approx(expected, abs=6e-4)
    assert here > max(less, more)


def test_one_mode_is_a_chain_of_one_element():
    """Another code for the same tiers."""
    for network in (
        te.thermal_link(3.0, 0.2, detuning=(0.1, -0.2)),
        te.phononic_link(n_th=2.0, kappa=0.3, positions=(1.0, 2.2), detuning=(0.3, -0.4)),
    ):
        state, _ = solved(network, 1e-11)
        expected = te.steady_state(network, te.ContinuedFraction(rtol=1e-11)).state
        assert np.max(np.abs(state - expected)) < 1e-11


@pytest.mark.parametrize("n_th", [0.5, 60.0])
def test_a_cavity_far_wider_than_the_other_is_not_there(n_th):
    """It passes everything: what one pole gives, with the corrections of order kappa/width."""
    kappa = 0.02
    one = te.steady_state(te.thermal_link(n_th, kappa), te.ContinuedFraction(rtol=1e-10)).state
    distances = []
    for width in (1.0, 1e4):
        coupling = te.Cascade(rates=(kappa, width)).coupling()
        network = behind(
            (te.Mode(name="a", bath_rate=kappa, n_th=n_th), te.Mode(name="wide")),
            np.zeros((2, 2)),
            (0.0, 0.0),
            (0.0, np.sqrt(width)),
        )
        # Mode a feeds the wide one through a port of its own.
        decay, exchange = network.decay.copy(), network.exchange.copy()
        decay[:2, :2] += coupling.decay
        exchange[:2, :2] += coupling.exchange
        network = te.Network(nodes=network.nodes, exchange=exchange, decay=decay)
        state, _ = solved(network, 1e-9)
        distances.append(np.max(np.abs(state - one)))
    assert distances[0] > 1e-5
    # The corrections are of order (kappa / width)^2 = 4e-12; the rest is the tolerance.
    assert distances[1] < 2e-9


def test_a_one_way_link_depends_on_the_magnitude_of_the_transfer_alone():
    """A common all-pass behind the filter turns phases by frequency, and changes nothing."""
    rng = np.random.default_rng(5)
    kappa, n_th = 0.05, 20.0
    plain = te.thermal_link(n_th, kappa)
    state, _ = solved(plain, 1e-10)
    for width in (0.1, 0.7 + 0.3 * rng.random()):
        # A cavity with one port, passed by the light: amplitude (s - width)/(s + width).
        rates = (kappa, 2 * width, 1.0, 1.0)
        coupling = te.Cascade(rates=rates).coupling()
        network = te.Network(
            nodes=(
                te.Mode(name="a", bath_rate=kappa, n_th=n_th),
                te.Mode(name="all-pass"),
                te.Qubit(name="q1"),
                te.Qubit(name="q2"),
            ),
            exchange=coupling.exchange,
            decay=coupling.decay,
        )
        passed, error = solved(network, 1e-9)
        assert chain_of(network).length == 2  # two amplitudes, with the correlations of one pole
        assert np.max(np.abs(passed - state)) < 1e-8 + error


def dark(n_th):
    """Two qubits that couple to the source alike and decay in no other way keep their singlet."""
    exchange = np.zeros((4, 4), dtype=complex)
    exchange[0, 1] = exchange[1, 2] = exchange[1, 3] = 0.3
    return te.Network(
        nodes=(
            te.Mode(name="a", bath_rate=0.5, n_th=n_th),
            te.Mode(name="b", bath_rate=0.4, n_th=n_th),
            te.Qubit(name="q1"),
            te.Qubit(name="q2"),
        ),
        exchange=exchange + exchange.conj().T,
        decay=np.diag([0.1, 0.2, 0.0, 0.0]).astype(complex),
    )


def test_a_dark_state_behind_two_poles_is_named():
    network = dark(20.0)
    with pytest.raises(te.SolveError, match="not unique: there are 2 independent"):
        te.steady_state(network, te.ContinuedFraction(rtol=1e-4))


@pytest.mark.parametrize("initial", ordinary_and_long(["00", "01"], ["01"]))
def test_the_steady_state_reached_from_a_start(initial):
    """Half of |01> is the singlet, which stays; against the master equation."""
    network = dark(0.02)
    chain = chain_of(network)
    rho = np.zeros((4, 4))
    rho[int(initial, 2), int(initial, 2)] = 1.0
    found = results.steady_state_from(network, te.ContinuedFraction().record, chain, rho, 1e-8)
    fock = te.steady_state(network, te.Fock(cutoff=6), initial=initial)
    assert found.status.ok
    assert np.max(np.abs(found.state - fock.state)) <= found.error + fock.error
    assert found.error < 1e-8
    assert found.populations()["S"] == pytest.approx(0.5 if initial == "01" else 0.0, abs=1e-8)


def test_the_error_of_the_state_that_is_reached_is_neither_too_small_nor_absurd():
    rough, fine = (
        te.steady_state(dark(0.5), te.ContinuedFraction(rtol=rtol), initial="01")
        for rtol in (1e-2, 1e-7)
    )
    off = np.max(np.abs(rough.state - fine.state))
    assert off > 10 * fine.error
    # The last change is far below a fifth of the one before, which is not relied on.
    assert off <= rough.error <= 200 * off


def test_changes_of_the_state_that_is_reached_are_counted_one_by_one(monkeypatch):
    """How many there are decides whether the last one is extrapolated."""
    counts = []

    def noted(depths, changes, count, scale, original=convergence.error_of):
        if depths is convergence.ONE_BY_ONE:
            counts.append((count, np.count_nonzero(changes)))
        return original(depths, changes, count, scale)

    monkeypatch.setattr(convergence, "error_of", noted)
    te.steady_state(dark(0.02), te.ContinuedFraction(rtol=1e-3), initial="01")
    assert counts[0] == (2, 2)
    assert [count for count, _ in counts] == list(range(2, len(counts) + 2))


def test_the_start_counts_at_high_temperature_too():
    hot = te.steady_state(dark(20.0), te.ContinuedFraction(rtol=1e-4), initial="01")
    assert hot.populations()["S"] == pytest.approx(0.5, abs=1e-4)
    assert hot.populations()["00"] == pytest.approx(hot.populations()["11"], rel=0.2)
