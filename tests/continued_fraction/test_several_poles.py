"""Sources of several poles in chain coordinates: against Fock, the lattice, one mode, numbers."""

import itertools

import numpy as np
import pytest

import thermalent as te
from tests.support.liouvillian_spectrum import spectrum
from tests.support.several_poles_sources import behind
from thermalent.analysis.shapes.best_filter import filter_of
from thermalent.continued_fraction.chain.assembly import assemble
from thermalent.continued_fraction.chain.chain import hierarchy_chain
from thermalent.continued_fraction.chain.fraction import evaluate_chain
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.chain.stationary import TierZeroEquation
from thermalent.continued_fraction.lattice import solve
from thermalent.continued_fraction.several_poles import building, evolution, rates, results
from thermalent.continued_fraction.several_poles.building import tiers
from thermalent.continued_fraction.several_poles.choice import preferred_chain
from thermalent.continued_fraction.several_poles.converge import converge
from thermalent.continued_fraction.several_poles.coordinates import (
    NoChainError,
    chain_of,
    orthonormal_rows,
    tail_damping,
    tail_damping_slopes,
)
from thermalent.continued_fraction.several_poles.evaluation import evaluate_truncated_tiers
from thermalent.continued_fraction.several_poles.placements import Placements, count, placements


def solved(network, rtol):
    """State and error from the chain, whatever would be chosen by cost."""
    found = converge(chain_of(network), rtol)
    assert found.fraction.outcome == "converged"
    return found.stationary.matrix(found.fraction.x), found.fraction.error


def detuned_row():
    """Two unequal cavities in a row, detuned against each other; the second has a hot port too."""
    return behind(
        (te.Mode(name="a", bath_rate=0.4, n_th=0.06), te.Mode(name="b", bath_rate=0.2, n_th=0.02)),
        np.array([[0.3, 0.25 - 0.1j], [0.25 + 0.1j, -0.2]]),
        (0.0, 0.1),
        (0.0, 0.7),
        detuning=(0.1, -0.3),
    )


def with_a_zero():
    """Both cavities leak into the waveguide: the transfer has a zero."""
    return behind(
        (te.Mode(name="a", bath_rate=0.5, n_th=0.05), te.Mode(name="b", bath_rate=0.1)),
        np.array([[0.0, 0.3], [0.3, 0.2]]),
        (0.0, 0.1),
        (0.3, 0.5j),
    )


def acting_back():
    """Two detuned modes, the second coupled to both qubits in both directions."""
    exchange = np.zeros((4, 4), dtype=complex)
    exchange[0, 1], exchange[1, 2], exchange[1, 3] = 0.3, 0.25, 0.2j
    exchange = exchange + exchange.conj().T + np.diag([0.2, -0.1, 0.1, 0.0])
    return te.Network(
        nodes=(
            te.Mode(name="a", bath_rate=0.5, n_th=0.06),
            te.Mode(name="b", bath_rate=0.4, n_th=0.01),
            te.Qubit(name="q1"),
            te.Qubit(name="q2", dephasing=0.1),
        ),
        exchange=exchange,
        decay=np.diag([0.1, 0.2, 0.5, 0.4]).astype(complex),
    )


def cold_and_acting_back():
    """As above, excited through the qubits alone: no amplitude of the source has a variance."""
    network = acting_back()
    pumped = np.diag([0.0, 0.0, 0.03, 0.0])
    modes = (te.Mode(name="a", bath_rate=0.5), te.Mode(name="b", bath_rate=0.4))
    return te.Network(
        nodes=(*modes, *network.emitters),
        exchange=network.exchange,
        decay=network.decay,
        absorption=pumped,
    )


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
    fock = te.steady_state(network, te.Fock(cutoff=8))
    difference = np.max(np.abs(state - fock.state))
    assert difference <= error + fock.error
    assert difference < 1e-9
    # The lattice holds every amplitude alike, in other coordinates.
    lattice = solve.lattice_steady_state(network, 1e-11)
    assert np.max(np.abs(state - lattice.state)) < 1e-10


def test_the_lattice_is_met_where_it_converges():
    network = te.thermal_link(4.0, 0.3, filters=2)
    state, _ = solved(network, 1e-9)
    lattice = solve.lattice_steady_state(network, 1e-7)
    assert np.max(np.abs(state - lattice.state)) <= lattice.error + 1e-9
    assert te.concurrence(state, tolerance=1e-8) == pytest.approx(0.1404867, abs=2e-7)


@pytest.mark.parametrize(
    ("n_th", "kappa", "filters", "rtol", "expected", "digits"),
    [
        (40, 0.05, 2, 1e-6, 0.587897, 6),
        (1220, 1e-3, 2, 1e-9, 0.575436290, 9),
        (1220, 5e-3, 2, 1e-7, 0.816349, 6),
        (1000, 1e-2, 2, 1e-7, 0.858212, 6),
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
        te.thermal_link(60.0, filter=te.Filter.butterworth(order=4, fwhm=0.05)),
        te.thermal_link(
            30.0, filter=te.Filter.poles_and_zeros((-0.03 + 0.02j, -0.05, -0.1), (0.04j,))
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
    monkeypatch.setattr("thermalent.continued_fraction.several_poles.layout.placements", alike)
    by_number, size = state(3)
    distances = [np.max(np.abs(found - by_number)) for found, _ in by_order]
    assert distances[0] < 1e-3
    assert distances[1] < 0.2 * distances[0]
    assert min(distances[2:]) < 0.1 * distances[0]
    assert by_order[1][1] < 0.6 * size


def alike(elements, most):
    """Up to so many quanta, wherever they are."""
    every = itertools.product(range(most + 1), repeat=2 * elements)
    both = np.array(sorted((q for q in every if sum(q) <= most), key=sum), dtype=np.int64)
    return Placements(both[:, :elements], both[:, elements:])


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
    exact = te.steady_state(network, te.ContinuedFraction(rtol=1e-7))
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


def test_rows_are_orthonormal_and_reproduce_the_drift():
    rng = np.random.default_rng(1)
    drift = rng.normal(size=(6, 6)) + 1j * rng.normal(size=(6, 6))
    root = rng.normal(size=(6, 6)) + 1j * rng.normal(size=(6, 6))
    metric = root @ root.conj().T
    output = rng.normal(size=6) + 0j
    rows, size = orthonormal_rows(output, drift, metric)
    assert np.max(np.abs(rows @ metric @ rows.conj().T - np.eye(6))) < 1e-12
    assert np.max(np.abs(size * rows[0] - output)) < 1e-14
    changed = rows @ drift @ metric @ rows.conj().T
    assert np.max(np.abs(np.triu(changed, 2))) < 1e-12 * np.max(np.abs(changed))
    assert np.max(np.abs(changed @ rows - rows @ drift)) < 1e-10


def test_cavities_in_a_row_are_a_damped_oscillator():
    """Two equal ones: position and velocity at critical damping, the Schwarz form."""
    kappa = 0.3
    chain = chain_of(te.thermal_link(10.0, kappa, filters=2))
    expected = kappa * np.array([[0, 1], [-1, 2]])
    assert np.max(np.abs(chain.drift - expected)) < 1e-15
    assert chain.variance == pytest.approx(10.0 / 4)
    assert np.max(np.abs(chain.covariance - np.eye(2))) < 1e-14


def test_what_does_not_act_on_the_emitters_is_left_out():
    """A hot mode that nothing listens to shortens the chain, not the error."""
    network = behind(
        (te.Mode(name="idle", bath_rate=0.3, n_th=50.0), te.Mode(name="a", bath_rate=0.5, n_th=2)),
        np.zeros((2, 2)),
        (0.1, 0.0),
        (0.0, np.sqrt(0.5)),
    )
    assert chain_of(network).length == 1
    state, error = solved(network, 1e-10)
    expected = te.steady_state(te.thermal_link(2.0, 0.5), te.ContinuedFraction(rtol=1e-11)).state
    assert np.max(np.abs(state - expected)) <= error + 1e-11


def test_two_outputs_have_no_chain():
    rails = te.dual_rail(1, 1.0, bandwidth=5.0)
    with pytest.raises(NoChainError, match="feel several amplitudes"):
        chain_of(rails)
    assert preferred_chain(rails, 1e-9) is None
    assert te.steady_state(rails).stats["coordinates"] == "modes"


def test_the_choice_is_by_cost():
    for network, coordinates in (
        (te.thermal_link(0.01, 0.5, filters=3), "modes"),
        (te.thermal_link(0.1, 0.5, filters=2, qubits=4), "modes"),
        (te.thermal_link(30.0, 0.1, filters=2), "chain"),
    ):
        result = te.steady_state(network, te.ContinuedFraction(rtol=1e-4))
        assert result.stats["coordinates"] == coordinates


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


@pytest.mark.parametrize("initial", ["00", "01"])
def test_the_steady_state_reached_from_a_start(initial):
    """Half of |01> is the singlet, which stays; against the master equation."""
    network = dark(0.02)
    chain = chain_of(network)
    rho = np.zeros((4, 4))
    rho[int(initial, 2), int(initial, 2)] = 1.0
    found = results.steady_state_from(network, te.ContinuedFraction(), chain, rho, 1e-8)
    fock = te.steady_state(network, te.Fock(cutoff=6), initial=initial)
    assert found.status.ok
    assert np.max(np.abs(found.state - fock.state)) <= found.error + fock.error
    assert found.error < 1e-8
    assert found.populations()["S"] == pytest.approx(0.5 if initial == "01" else 0.0, abs=1e-8)


def test_the_start_counts_at_high_temperature_too():
    hot = te.steady_state(dark(20.0), te.ContinuedFraction(rtol=1e-4), initial="01")
    assert hot.populations()["S"] == pytest.approx(0.5, abs=1e-4)
    assert hot.populations()["00"] == pytest.approx(hot.populations()["11"], rel=0.2)


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


@pytest.mark.parametrize("initial", ["01", "superposition"])
def test_evolution_agrees_with_the_master_equation(initial):
    """Total charges 0 to 2, transients and the long run."""
    network = te.thermal_link(0.05, 0.5, filters=2, detuning=(0.1, -0.2))
    start = np.ones((4, 4)) / 4 if initial == "superposition" else initial
    times = [0.0, 0.7, 4.0, 60.0]
    found = te.evolve(network, times, start, te.ContinuedFraction(rtol=1e-4))
    fock = te.evolve(network, times, start, te.Fock(cutoff=6))
    distance = np.max(np.abs(found.states - fock.states), axis=(1, 2))
    assert np.all(distance <= found.error + fock.error)
    assert np.all(found.error < 3e-4)
    steady = te.steady_state(network, te.ContinuedFraction(rtol=1e-8))
    assert np.max(np.abs(found.states[-1] - steady.state)) < 3e-4


@pytest.mark.long
def test_evolution_behind_a_hot_source_ends_in_its_steady_state():
    network = te.thermal_link(1220, 1e-3, filters=2)
    found = te.evolve(network, [10.0, 1e5], "00", te.ContinuedFraction(rtol=1e-5))
    steady = te.steady_state(network, te.ContinuedFraction(rtol=1e-8))
    assert np.max(np.abs(found.states[1] - steady.state)) <= found.error[1] + steady.error
    # As behind one cavity, it is far from there after ten lifetimes.
    assert found.concurrence()[0] == pytest.approx(0.2284, abs=1e-3)


def test_evolution_behind_one_mode_is_the_case_of_one_element():
    network = te.thermal_link(3.0, 0.2, detuning=(0.1, -0.2))
    times = np.array([0.5, 5.0, 50.0])
    rho = np.diag([0.0, 1.0, 0.0, 0.0]).astype(complex)
    states, error, _ = evolution.evolve_several_poles(chain_of(network), times, rho, 1e-7, 1e12)
    expected = te.evolve(network, times, "01", te.ContinuedFraction(rtol=1e-9))
    distance = np.max(np.abs(states - expected.states), axis=(1, 2))
    assert np.all(distance <= error + expected.error)


def test_dynamics_behind_several_outputs_say_what_they_take():
    with pytest.raises(te.MethodError, match="each in another way"):
        te.evolve(te.dual_rail(1, 1.0, bandwidth=5.0), [1.0], "00", te.ContinuedFraction())


def test_relaxation_rates_are_those_of_one_mode_and_of_the_source():
    """One element is one mode; and amplitudes of the source relax whatever listens to them."""
    for network in (te.thermal_link(3.0, 0.2), te.thermal_link(1.0, 0.3, qubits=1)):
        expected = te.relaxation_rates(network, 6)
        found = rates.slowest_on_tiers(chain_of(network), 3, 1e-8)
        distance = np.abs(found.values - expected.values[:3])
        assert np.all(distance <= found.error + expected.error[:3])
        assert found.complete
        assert found.stationary == expected.stationary == 1
    behind_two = te.relaxation_rates(te.thermal_link(0.02, 0.4, filters=2, qubits=1), 3, rtol=1e-6)
    # Equal rates of the source are defective: a fourth root of the rounding, 1e-4, is what is left.
    assert np.all(behind_two.error < 3e-4)
    # alpha and alpha^* decay with kappa each: pairs of them with twice that, which the qubit shows.
    assert np.all(np.abs(behind_two.values - 0.8) <= behind_two.error)


def test_preparation_behind_two_cavities():
    network = te.thermal_link(10.0, 0.05, filters=2)
    time = te.preparation_time(network, "00", distance=0.05)
    steady = te.steady_state(network, te.ContinuedFraction(rtol=1e-5)).state
    before, after = te.evolve(
        network, [0.98 * time, 1.02 * time], "00", te.ContinuedFraction(rtol=1e-4)
    ).states
    assert te.trace_distance(before, steady) > 0.05 > te.trace_distance(after, steady)


@pytest.mark.parametrize("charge", [3, -3])
@pytest.mark.parametrize("s", [0.3, 0.3 + 1j])
def test_a_charge_that_the_emitters_cannot_hold_has_an_empty_fraction(charge, s):
    """No unknown at any tier: LAPACK is not asked."""
    network = te.thermal_link(1.0, filter=te.Filter.butterworth(2, 1.0))
    chain = tiers(chain_of(network), 1, charge=charge)
    assert chain.sizes == (0, 0)
    assert evaluate_truncated_tiers(chain, s, 6).shape == (0, 0)


def butterworth(n_th=0.02, **options):
    return te.thermal_link(n_th, filter=te.Filter.butterworth(2, 1.0), **options)


RATES = {
    "slow": lambda: butterworth(gamma=1e-4, qubits=1),
    "far slower than the source": lambda: butterworth(gamma=1e-8, qubits=1),
    "fast": lambda: butterworth(gamma=1.0, qubits=1),
    "turning": lambda: butterworth(gamma=0.1, detuning=3.0, qubits=1),
    "equal cavities": lambda: te.thermal_link(0.02, 0.4, filters=2, qubits=1),
}


@pytest.mark.parametrize("charge", [0, 1])
@pytest.mark.parametrize("name", RATES)
def test_rates_behind_two_poles_are_those_of_the_master_equation(name, charge):
    """Against all eigenvalues in Fock space; what these lack is seen from two more levels."""
    network = RATES[name]()
    found = te.relaxation_rates(network, 3, charge=charge, rtol=1e-7)
    assert found.certified
    coarse, true = spectrum(network, 4, charge), spectrum(network, 5, charge)
    true = true[np.argsort(true.real)]
    moving = true[np.abs(true) > 1e-10]
    assert len(true) - len(moving) == found.stationary == (1 if charge == 0 else 0)
    truncation = np.array([np.min(np.abs(coarse - v)) for v in moving[: 3 + 6]])
    allowed = found.error[:, None] + 2 * np.max(truncation[:3]) + 1e-9
    apart = np.abs(found.values[:, None] - moving[None, :])
    assert np.all(np.min(apart, axis=1) <= allowed[:, 0]), (found.values, moving[:4])
    # None of the slowest is left out, copies included.
    assert np.max(np.abs(found.values.real - moving[:3].real)) <= np.max(allowed)


def test_rates_that_were_only_searched_for_say_so(monkeypatch):
    """Their error holds the distance of those that more tiers moved away."""
    network = butterworth(1.0)
    monkeypatch.setattr(rates, "_MOST_UNKNOWNS", 1000)
    with pytest.warns(RuntimeWarning, match="two searches from different shifts"):
        found = te.relaxation_rates(network, 3)
    assert not found.certified
    # The slowest with 16 tiers more, from a run of minutes; the change per two tiers is 1/10.
    assert abs(found.values[0] - 0.38362975) <= found.error[0] < 1e-2
    assert np.all(np.abs(found.values[1:].real - np.sqrt(0.5)) <= found.error[1:])
