"""The declared orders of the trajectories' scheme, measured; and separately, its limit.

Declared: strong order 2, weak order 2, means extrapolated from two steps order 3 (order 4 for a
smooth field). The coarsened paths of a block belong to one path of the field at different steps, so
that their differences are errors of the step alone.
"""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm

import thermalent as te
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.networks.nodes import Qubit, Qudit
from thermalent.stochastic import along, ornstein_uhlenbeck
from thermalent.stochastic.burn_in import ground_state
from thermalent.stochastic.driven import driven_emitters
from thermalent.stochastic.paths import PathSpec, Segment
from thermalent.stochastic.step_bias import COARSENINGS, extrapolated, extrapolated_white

# A field that forgets within half a lifetime of the qubits: the roughness of its path counts.
ROUGH = te.thermal_link(2.0, 2.0, detuning=(0.3, -0.2))
SLOW = te.thermal_link(1220.0, 0.01, detuning=(0.3, -0.2))
QUTRIT = Qudit(name="qutrit", lower=np.array([[0, 1, 0], [0, 0, 1.3], [0, 0, 0]]))
MIXED = replace(ROUGH, nodes=(ROUGH.nodes[0], QUTRIT, Qubit(name="q")))
# Rows where the error is neither lost in the statistics nor as large as the state.
TIME = 4.0


def coarsened(net, coarsenings, finest, blocks):
    """Density matrices at TIME, (coarsenings, trajectories, d^2), from multiples of TIME/finest."""
    emitters = driven_emitters(net)
    paths = PathSpec(
        emitters=emitters,
        segments=[Segment(TIME / finest, finest, True)],
        initial=ground_state(emitters),
        seed=1,
        coarsenings=coarsenings,
    )
    parts = []
    for number in range(blocks):
        (block,) = paths.coarsened_paths(number)
        parts.append([emitters.matrices(c.x).reshape(c.x.shape[1], -1) for c in block])
    return np.concatenate(parts, axis=1)


def slope(steps, errors):
    return np.polyfit(np.log(steps), np.log(errors), 1)[0]


@pytest.mark.parametrize("net", [ROUGH, SLOW, MIXED], ids=["rough", "slow", "qutrit"])
def test_strong_and_weak_order_two(net):
    merges = (1, 8, 16, 32, 64)
    states = coarsened(net, merges, finest=2048, blocks=6)
    difference = states[1:] - states[0]
    strong = np.sqrt((np.abs(difference) ** 2).sum(axis=2).mean(axis=1))
    mean = difference.mean(axis=1)
    largest = np.abs(mean[-1]).argmax()
    weak = np.abs(mean[:, largest])
    error = difference[:, :, largest].std(axis=1) / np.sqrt(states.shape[1])
    assert np.all(weak > 5 * error)  # it is the bias that is measured, not its noise
    # The path is common, so that the slopes scatter far less than the errors themselves.
    assert slope(merges[1:], strong) == pytest.approx(2.0, abs=0.1)
    assert slope(merges[1:], weak) == pytest.approx(2.0, abs=0.1)


def test_extrapolation_removes_the_second_order():
    """The means alone are off by more than twice as much, and fall with the second order."""
    states = coarsened(ROUGH, (1, 2, 4, 8, 16), finest=64, blocks=400)
    means = extrapolated(states[:-1], states[1:])
    difference = means[2:] - means[0]
    mean = difference.mean(axis=1)
    bias = np.linalg.norm(mean, axis=1)
    error = np.linalg.norm(difference.std(axis=1), axis=1) / np.sqrt(states.shape[1])
    assert np.all(bias > 5 * error)
    assert slope((4, 8), bias) > 2.7  # 3 up to the error of the finest
    plain = np.abs((states[2] - means[0]).mean(axis=0)).max()
    assert np.abs(mean[0]).max() < plain / 2


@pytest.mark.long
def test_extrapolated_means_have_order_three():
    states = coarsened(ROUGH, (1, 2, 4, 8, 16, 32), finest=128, blocks=1500)
    means = extrapolated(states[:-1], states[1:])  # (5, trajectories, d^2)
    difference = means[2:] - means[0]
    mean = difference.mean(axis=1)
    bias = np.linalg.norm(mean, axis=1)
    error = np.linalg.norm(difference.std(axis=1), axis=1) / np.sqrt(states.shape[1])
    assert np.all(bias > 5 * error)
    assert slope((4, 8, 16), bias) == pytest.approx(3.0, abs=0.3)
    # And it is the better of the two at the steps that the method allows (not the last one).
    plain = np.abs((states[2:-1] - means[0]).mean(axis=1)).max(axis=1)
    assert np.all(np.abs(mean).max(axis=1)[:2] < plain[:2] / 2)


def test_the_trapezoidal_rule_has_order_one_only():
    """Negative control: the field at both ends of a step instead of its integral."""
    mode, finest = driven_emitters(ROUGH), 2048
    h = TIME / finest
    u, integrals = ornstein_uhlenbeck(
        h * np.arange(finest + 1), rate=mode.rate, variance=mode.variance, n=256, seed=2,
        integral=True,
    )  # fmt: skip
    best = along(ROUGH, integrals, step=h, every=finest)[:, -1]
    merges = np.array([16, 32, 64, 128])
    errors = {"integral": [], "trapezoid": []}
    for merge in merges:
        ends = u[:, ::merge]
        for word, used in (
            ("integral", integrals.reshape(len(u), -1, merge).sum(axis=2)),
            ("trapezoid", (ends[:, 1:] + ends[:, :-1]) * (h * merge / 2)),
        ):
            rho = along(ROUGH, used, step=h * merge, every=finest // merge)[:, -1]
            errors[word].append(np.sqrt((np.abs(rho - best) ** 2).sum(axis=(1, 2)).mean()))
    assert slope(merges, errors["integral"]) == pytest.approx(2.0, abs=0.15)
    assert slope(merges, errors["trapezoid"]) == pytest.approx(1.0, abs=0.15)


def test_a_smooth_field_has_orders_two_and_four_and_the_right_limit():
    """Against an adaptive integrator of order eight."""
    net = MIXED
    emitters = driven_emitters(net)
    amplitude, frequency = 1.3 - 0.4j, 0.9

    def field(t):
        return amplitude * np.exp(-1j * frequency * t)

    def slope_of(t, x):
        return emitters.generator(complex(field(t))) @ x

    exact = solve_ivp(
        slope_of, (0, TIME), ground_state(emitters), method="DOP853", rtol=1e-12, atol=1e-14
    )
    exact = emitters.matrices(exact.y[:, -1])
    counts = np.array([32, 64, 128, 256])
    states = []
    for count in counts:
        t = np.linspace(0, TIME, count + 1)
        integrals = np.diff(field(t)) / (-1j * frequency)
        states.append(along(net, integrals, step=TIME / count, initial="00", every=count)[0, -1])
    states = np.array(states)
    plain = np.abs(states - exact).max(axis=(1, 2))
    better = np.abs(extrapolated(states[1:], states[:-1]) - exact).max(axis=(1, 2))
    assert slope(TIME / counts, plain) == pytest.approx(2.0, abs=0.1)
    assert slope(TIME / counts[1:], better) == pytest.approx(4.0, abs=0.2)
    assert better[-1] < 1e-7


def test_the_limit_along_a_rough_path():
    """Against another scheme: exponentials of the whole generator with the mean field of a step."""
    mode, finest = driven_emitters(ROUGH), 1024
    h = TIME / finest
    _, integrals = ornstein_uhlenbeck(
        h * np.arange(finest + 1), rate=mode.rate, variance=mode.variance, n=3, seed=3,
        integral=True,
    )  # fmt: skip
    fine = along(ROUGH, integrals, step=h, every=finest)[:, -1]
    coarse = along(
        ROUGH, integrals.reshape(3, -1, 2).sum(axis=2), step=2 * h, every=finest // 2
    )[:, -1]  # fmt: skip
    for path, mine, rough in zip(integrals, fine, coarse, strict=True):
        x = ground_state(mode)
        for integral in path:
            x = expm(h * mode.generator(complex(integral / h))) @ x
        # Both are of order two: they differ by about what half the step would change.
        step_error = np.max(np.abs(mine - rough)) / 3
        assert step_error < 3e-5
        assert np.max(np.abs(mode.matrices(x) - mine)) < 4 * step_error


def test_the_limit_of_the_means():
    """The extrapolated mean of 96,000 paths against the exact evolution."""
    states = coarsened(ROUGH, (1, 2), finest=64, blocks=1500)
    values = extrapolated(states[0], states[1])
    exact = te.evolve(ROUGH, [TIME], "00", ContinuedFraction())
    error = values.std(axis=0) / np.sqrt(len(values))
    deviation = np.abs(values.mean(axis=0) - exact.states[0].ravel())
    assert np.max(error) < 1.1e-3
    assert np.all(deviation < 5 * error + 1e-15)
    # Negative control: a third of the noise left out.
    weaker = te.evolve(te.thermal_link(4 / 3, 2.0, detuning=(0.3, -0.2)), [TIME], "00")
    assert np.max(np.abs(values.mean(axis=0) - weaker.states[0].ravel()) / error) > 5


def test_extrapolations_leave_nothing_of_the_orders_that_they_are_for():
    """A limit and errors of first and second order in the step, or of second order alone."""
    limit, first, second = np.array([0.3, -0.2]), np.array([0.7, 0.1]), np.array([-0.4, 0.9])
    h = 0.1 * np.array(COARSENINGS)
    both = [limit + first * step + second * step**2 for step in h]
    even = [limit + second * step**2 for step in h]
    assert extrapolated(even[0], even[1]) == pytest.approx(limit, rel=1e-14)
    found, lower = extrapolated_white(both)
    assert found == pytest.approx(limit, rel=1e-13)
    assert lower == pytest.approx(limit - 2 * second * 0.1**2, rel=1e-13)
