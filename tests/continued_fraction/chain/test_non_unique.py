"""Steady states that depend on where one starts: what is conserved, and what is reached."""

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import expm_multiply

import thermalent as te
from thermalent.continued_fraction.chain.chain import hierarchy_chain
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.chain.pole_at_zero import (
    REAL_LOSS,
    PoleAtZero,
    choose_circle,
)
from thermalent.continued_fraction.chain.stationary import TierZeroEquation
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.networks.symmetry import excitation_numbers
from thermalent.operators import states


def long_time_state(n_th, kappa, rho, cutoff=12, time=400.0):
    """Optimal phononic link (one collective jump operator) by brute force in Fock space."""
    lower = np.array([[0, 1], [0, 0]])
    a = np.kron(np.diag(np.sqrt(np.arange(1, cutoff)), 1), np.eye(4))
    s1 = np.kron(np.eye(cutoff), np.kron(lower, np.eye(2)))
    s2 = np.kron(np.eye(cutoff), np.kron(np.eye(2), lower))
    identity = sparse.eye_array(4 * cutoff)

    def dissipator(o):
        o = sparse.csr_array(o)
        n = o.T @ o
        return sparse.kron(o, o) - 0.5 * (sparse.kron(n, identity) + sparse.kron(identity, n.T))

    generator = (
        dissipator(np.sqrt(kappa) * a + s1 + s2)
        + kappa * (n_th + 1) * dissipator(a)
        + kappa * n_th * dissipator(a.T)
    )
    thermal = (n_th / (2 + n_th)) ** np.arange(cutoff)
    start = np.kron(np.diag(thermal / thermal.sum()), rho).ravel()
    end = expm_multiply(generator.tocsc() * time, start).reshape(cutoff, 4, cutoff, 4)
    return np.einsum("iaib->ab", end)


@pytest.mark.parametrize("initial", ["01", "00", "11"])
def test_the_reached_state_is_the_long_time_limit(initial):
    net = te.phononic_link(0.2, 0.2, wavelengths=(1, 2))
    rho = states.initial_state(initial, net.dims)
    result = ContinuedFraction(rtol=1e-11).steady_state_from(net, rho)
    # (n/(2+n))^12 = 3e-13 of the thermal tail is cut; the slowest rate 0.06 leaves exp(-24).
    assert np.max(np.abs(result.state - long_time_state(0.2, 0.2, rho))) < 1e-9


def test_singlet_stays_and_is_named():
    net = te.phononic_link(300.0, 0.02, wavelengths=(1, 2))
    message = ContinuedFraction().steady_state(net).status.message
    assert "2 independent stationary states" in message
    assert "0.707 |01> -0.707 |10>" in message
    assert "Give `initial=`" in message
    reached = ContinuedFraction().steady_state_from(net, states.initial_state("01", net.dims))
    assert reached.populations()["S"] == pytest.approx(0.5, abs=1e-12)


def test_every_conserved_population_is_named():
    net = te.thermal_link(3.0, 0.2, gamma=0.0)
    message = ContinuedFraction().steady_state(net).status.message
    assert "4 independent stationary states" in message
    assert sum(ket in message for ket in ("|00>", "|01>", "|10>", "|11>")) == 3


def test_a_unique_steady_state_is_reached_from_anywhere():
    net = te.thermal_link(20.0, 0.1, detuning=(0.1, -0.1))
    unique = ContinuedFraction().steady_state(net).state
    for initial in ("00", "11", "S"):
        rho = states.initial_state(initial, net.dims)
        assert np.array_equal(ContinuedFraction().steady_state_from(net, rho).state, unique)


def test_coherences_between_excitation_numbers_are_refused():
    net = te.phononic_link(3.0, 0.2, wavelengths=(1, 2))
    plus = np.full((4, 4), 0.25)
    with pytest.raises(ValueError, match=r"`initial` must be without coherences"):
        ContinuedFraction().steady_state_from(net, plus)


def test_the_tiers_that_are_named_give_the_state_that_is_reached():
    net = te.phononic_link(300.0, 0.2, wavelengths=(1, 2))
    rho = states.initial_state("01", net.dims)
    numbers = excitation_numbers(net)
    reached = PoleAtZero(hierarchy_chain(hierarchy(net, numbers), start=rho), rho)
    state, error, tier = reached.found(1e-2)
    assert error > 1e-9  # so that tiers matter
    again = reached.around_zero(tier, reached.circle(tier // 2)[0])
    assert np.array_equal(state, again)


def states_on_circles(slow, rounding, seed):
    """Four elements that a rate `slow` takes from 3/4 to 1/4, as seen on smaller circles."""
    radii = 0.06 / 8.0 ** np.arange(15)
    points = np.exp(1j * np.pi * (np.arange(4) + 0.5) / 4)
    means = [np.mean((r * points / (r * points + slow)).real) for r in radii]
    lost = rounding * np.random.default_rng(seed).uniform(-1, 1, (15, 2, 2))
    return radii, 0.25 + 0.5 * np.array(means)[:, None, None] + lost / radii[:, None, None]


@pytest.mark.parametrize("slow", [1.0, 1e-2, 1e-5, 1e-8, 1e-11])
def test_the_circle_is_smaller_than_the_slowest_rate_and_its_error_is_bounded(slow):
    for seed in range(100):
        radii, states = states_on_circles(slow, 1e-17, seed)
        n, error = choose_circle(radii, states)
        assert radii[n] < slow
        true = np.max(np.abs(states[n] - 0.25))
        assert true <= error
        assert error < 1e5 * 1e-17 / min(slow, radii[0])


def test_small_changes_by_chance_are_not_the_accuracy_of_the_smallest_circles():
    radii, states = states_on_circles(1.0, 1e-17, 1)
    states[-1] = states[-2]
    assert choose_circle(radii, states)[0] == 1


def test_real_points_and_circles_around_zero_give_the_same_state():
    net = te.phononic_link(3.0, 0.2, wavelengths=(1, 2))
    rho = states.initial_state("01", net.dims)
    chain = hierarchy_chain(hierarchy(net, excitation_numbers(net)), start=rho)
    reached = PoleAtZero(chain, rho)
    radius, state, lost = reached.circle(60)
    real, lost = reached.interpolated(60, radius), REAL_LOSS * lost
    assert np.max(np.abs(real - state)) <= lost < 1e-10
    assert reached.agrees(60, radius, real, lost)
    assert not reached.agrees(60, radius, real + 2e-6, lost)
    # Where the smaller radius has fewer digits than the difference, it says nothing.
    assert not reached.agrees(60, radius * 1e3, reached.interpolated(60, 200.0), lost)


def test_a_state_that_a_slow_rate_leaves_is_not_taken_for_the_last():
    """A quarter is dark for ever; the third qubit, excited at first, decays slowly."""
    for slow in (1e-1, 1e-3, 1e-5, 1e-7):
        decay = np.zeros((3, 3))
        decay[:2, :2], decay[2, 2] = 1.0, slow
        net = te.Network(
            nodes=(te.Mode(name="a"), te.Qubit(name="q"), te.Qubit(name="p")),
            exchange=np.zeros((3, 3)),
            decay=decay,
        )
        reached = te.steady_state(net, initial="11")
        assert np.max(np.abs(reached.state - np.diag([0.75, 0, 0.25, 0]))) <= reached.error
        assert reached.error <= 1e-12 + 3e-14 / slow


@pytest.mark.parametrize(("part", "regular"), [(2.0, True), (0.5, False)])
def test_what_is_singular_to_working_precision_is_refused(part, regular):
    """Condition numbers from a tenth of 1/eps on: a rate this much smaller than the other."""
    equation = object.__new__(TierZeroEquation)
    equation.a = np.array([[0.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0]])
    equation.trace, equation.row, equation._inverse = np.array([1.0, 0.0, 0.0]), 0, None
    equation.unit = 1.0
    k = np.zeros((3, 3))
    k[2, 2] = 1.0 - part * 10 * np.finfo(float).eps
    if regular:
        np.testing.assert_allclose(equation.solve(k), [1.0, 0.0, 0.0])
    else:
        with pytest.raises(np.linalg.LinAlgError, match="singular to working precision"):
            equation.solve(k)
