"""Trajectories behind sources of several modes, several outputs, and with white noise beside."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import linalg

import thermalent as te
from thermalent.stochastic.driven import driven_emitters
from thermalent.stochastic.linear_field import driven
from thermalent.stochastic.run import FieldRun

EXACT = te.ContinuedFraction(rtol=1e-7)


def random_filter(rng):
    """Up to three poles, unequal, detuned, with zeros or without, at times with a constant part."""
    order = int(rng.integers(1, 4))
    poles = -rng.uniform(0.3, 1.5, order) + 0.5j * rng.normal(size=order)
    count = int(rng.integers(0, order + 1))
    zeros = rng.normal(size=count) + 1j * rng.normal(size=count)
    absorber = float(rng.uniform(0, 0.2)) if rng.random() < 0.5 else None
    return te.Filter.poles_and_zeros(poles, zeros, absorber_occupation=absorber)


def random_network(rng):
    return te.thermal_link(
        float(rng.uniform(0.1, 0.4)),
        gamma=tuple(rng.uniform(0.5, 1.5, 2)),
        filter=random_filter(rng),
        detuning=tuple(rng.normal(0, 0.3, 2)),
        dephasing=float(rng.uniform(0, 0.1)),
        loss=float(rng.choice([0.0, 0.2])),
        waveguide_occupation=float(rng.choice([0.0, 0.05])),
    )


def deviation(result, exact):
    """Largest deviation of an element, in its standard errors and what else is stated."""
    beside = float(result.error) - result.stats["standard_error"]
    scale = result.stats["standard_errors"] + beside + float(exact.error)
    return np.max(np.abs(result.state - exact.state) / scale)


@pytest.mark.parametrize("seed", range(12))
def test_any_filter_agrees_with_the_continued_fraction(seed):
    network = random_network(np.random.default_rng([41, seed]))
    exact = te.steady_state(network, EXACT)
    result = te.steady_state(network, te.FieldTrajectories(n=1024, seed=seed))
    # Ten elements in twelve networks: beyond five deviations once in ten thousand runs.
    assert deviation(result, exact) < 5


def test_a_wrong_drift_is_seen():
    """The comparison above fails for a filter that is a fifth too wide."""
    chosen = te.Filter.butterworth(2, 1.0)
    exact = te.steady_state(te.thermal_link(0.5, filter=chosen.scaled(1.2)), EXACT)
    network = te.thermal_link(0.5, filter=chosen)
    assert deviation(te.steady_state(network, te.FieldTrajectories(n=20_000)), exact) > 5


@pytest.mark.parametrize(
    ("n_th", "kappa", "filters", "expected"),
    # From the hierarchy in chain coordinates, and for the last two to the digits that it has.
    [(40.0, 0.05, 2, 0.587897), (1000.0, 1e-2, 2, 0.858212), (1220.0, 1e-2, 3, 0.8561)],
)
def test_hot_cavities_in_a_row(n_th, kappa, filters, expected):
    network = te.thermal_link(n_th, kappa, filters=filters)
    result = te.steady_state(network, te.FieldTrajectories(n=512, seed=3))
    batches = result.stats["batches"]
    error = float(batches.standard_error(lambda rho: float(te.concurrence(rho[0]))))
    assert abs(result.concurrence() - expected) < 4 * error + 1e-4
    assert error < 0.05


@pytest.mark.parametrize(
    "notch",
    [
        te.Filter.transfer([1, 0], [1, 5]),
        pytest.param(te.Filter.transfer([1, 0, 0], [1, 50**0.5, 25]), marks=pytest.mark.long),
    ],
    ids=["one pole", "two poles"],
)
def test_a_hot_notch_agrees_with_the_continued_fraction(notch):
    """The noise that passes directly drives the poles as well, and cancels theirs at the centre."""
    network = te.thermal_link(8.0, filter=notch, detuning=(0.2, -0.1))
    exact = te.steady_state(network, EXACT)
    result = te.steady_state(network, te.FieldTrajectories(n=256, seed=4))
    assert deviation(result, exact) < 5
    # Independent of each other, both would add up to white noise without a notch.
    white = te.thermal_link(8.0, 5.0, waveguide_occupation=8.0, detuning=(0.2, -0.1))
    assert deviation(result, te.steady_state(white, EXACT)) > 20


@pytest.mark.parametrize("source", ["stationary", "empty"])
def test_evolution_agrees_with_fock(source):
    network = te.thermal_link(0.3, filter=te.Filter.butterworth(2, 1.0), detuning=(0.2, -0.1))
    times = [0.5, 2.0, 6.0]
    exact = te.evolve(network, times, "01", te.Fock(cutoff=7), source=source)
    found = te.evolve(network, times, "01", te.FieldTrajectories(n=4096), source=source)
    scale = found.stats["standard_errors"] + found.stats["step_bias"]
    distance = np.abs(found.states - exact.states) - exact.error[:, None, None]
    assert np.max(distance / scale) < 5


def test_white_noise_evolves_too():
    network = te.thermal_link(0.3, filter=te.Filter.transfer([1, 0], [1, 1]), detuning=(0.3, 0.1))
    times = [0.5, 3.0]
    exact = te.evolve(network, times, "11", te.Fock(cutoff=14))
    found = te.evolve(network, times, "11", te.FieldTrajectories(n=4096))
    scale = found.stats["standard_errors"] + found.stats["step_bias"]
    distance = np.abs(found.states - exact.states) - exact.error[:, None, None]
    assert np.max(distance / scale) < 5


@pytest.mark.parametrize("levels", [2, pytest.param(3, marks=pytest.mark.long)])
def test_several_outputs(levels):
    """Two coupled modes, each driving an emitter of its own: two fields that are correlated."""
    lower = np.diag(np.sqrt(np.arange(1.0, levels)), 1)
    emitters = tuple(te.Qudit(name=f"e{i}", lower=lower) for i in range(2))
    modes = (te.Mode(name="a", bath_rate=0.8, n_th=0.2), te.Mode(name="b", bath_rate=0.5))
    propagator = -0.5j * np.diag([0.4, 0.6, 1.0, 0.8])
    propagator[1, 0] = propagator[0, 1] = 0.3
    propagator[2, 0], propagator[3, 1] = -1j * np.sqrt(0.4), -1j * np.sqrt(0.6 * 0.8)
    adjoint = propagator.conj().T
    network = te.Network(
        nodes=(*modes, *emitters),
        exchange=(propagator + adjoint) / 2,
        decay=(1j * (propagator - adjoint)).T,
    )
    assert len(driven(network).field.outputs) == 2
    exact = te.steady_state(network, te.Fock(cutoff=6))
    result = te.steady_state(network, te.FieldTrajectories(n=2048))
    assert deviation(result, exact) < 5
    # Correlated: the emitters' state is no product.
    rho = exact.state.reshape(levels, levels, levels, levels)
    product = np.kron(np.einsum("abcb->ac", rho), np.einsum("abad->bd", rho))
    assert np.abs(exact.state - product).max() > 5 * exact.error


def test_steps_have_the_exact_law():
    """Two half steps are one step; the stationary covariance stays; the white part is exact."""
    network = te.thermal_link(
        5.0, filter=te.Filter.poles_and_zeros([-0.3 + 1j, -0.01, -2.0], [0.5j, -1.0, 1.0])
    )
    field = driven(network).field
    assert field.white
    m, h = len(field.drift), 0.7
    whole, half = field.transition(h), field.transition(h / 2)
    carry = np.hstack([half[0], np.vstack([np.zeros((m, 1)), np.eye(1)])])
    np.testing.assert_allclose(carry @ half[0], whole[0], atol=1e-13)
    covariances = [lower @ lower.conj().T for _, lower in (whole, half)]
    composed = carry @ covariances[1] @ carry.conj().T + covariances[1]
    np.testing.assert_allclose(composed, covariances[0], rtol=1e-12, atol=1e-13)
    kept = whole[0][:m] @ field.covariance @ whole[0][:m].conj().T + covariances[0][:m, :m]
    np.testing.assert_allclose(kept, field.covariance, rtol=1e-11, atol=1e-11)
    # In the limit of short steps the integral is the white noise alone.
    tiny = field.transition(1e-9)[1]
    power = float((np.abs(tiny[m:]) ** 2).sum()) / 1e-9
    assert power == pytest.approx(float((np.abs(field.direct) ** 2).sum()), rel=1e-6)


def test_small_components_keep_their_digits():
    """Noise reaches the last of five cavities as h^4.5; its variance is right to many digits."""
    network = te.thermal_link(1.0, 1.0, filters=5)
    field = driven(network).field
    h = 1e-3
    _, lower = field.transition(h)
    # The impulse response of four cavities in a row is s^4/4! for short times.
    expected = 1.0 * h**9 / (9 * 24**2)
    assert np.sum(np.abs(lower[4]) ** 2) == pytest.approx(expected, rel=2e-2)
    inside = linalg.solve_continuous_lyapunov(-field.drift, -field.noise @ field.noise.conj().T)
    np.testing.assert_allclose(field.covariance, inside, rtol=1e-10, atol=1e-12)


def test_the_step_error_is_stated_under_white_noise():
    """At the coarsest step the stated bias bounds the true one, and is not absurdly large."""
    network = te.thermal_link(0.5, filter=te.Filter.transfer([1, 0], [1, 1]), detuning=0.3)
    exact = te.steady_state(network, EXACT)
    emitters = driven_emitters(network)
    paths, _ = te.FieldTrajectories(n=16_000).stationary_paths(emitters)
    run = FieldRun(paths, n=16_000, target=None)
    run.run(threads=2, batch=64)
    true = np.abs(run.mean.states[0] - exact.state).max()
    bias, noise = float(run.mean.bias[0]), float(run.mean.standard_error[0])
    assert true < bias + 4 * noise
    assert bias < 2e-3
    # Without the extrapolation it would be far off.
    assert float(run.mean.correction[0]) > 3 * noise


def test_the_same_numbers_on_any_number_of_threads():
    network = te.thermal_link(0.3, filter=te.Filter.butterworth(2, 1.0))
    method = te.FieldTrajectories(n=256, threads=1)
    one, three = (te.steady_state(network, replace(method, threads=t)) for t in (1, 3))
    np.testing.assert_array_equal(one.state, three.state)


def test_single_runs_hold_every_amplitude():
    from thermalent.stochastic import trajectory

    network = te.thermal_link(2.0, filter=te.Filter.butterworth(2, 1.0))
    run = trajectory(network, [0.0, 0.5, 1.0])
    assert run.field.shape == (3, 2)
    assert np.all(run.evolution.error < 1e-2)
    white = te.thermal_link(0.5, filter=te.Filter.transfer([1, 0], [1, 1]))
    assert trajectory(white, [0.0, 0.5]).field.shape == (2,)


def test_a_coherent_start_needs_one_amplitude_for_each_mode():
    network = te.thermal_link(0.3, filter=te.Filter.butterworth(2, 1.0))
    with pytest.raises(
        te.MethodError, match=r"one amplitude for each boson mode, but there are 1 for 2"
    ):
        te.evolve(network, [1.0], "00", te.FieldTrajectories(), source=1.0)


def test_an_emitter_of_other_scale_takes_the_same_steps():
    """A qubit written as half as strongly coupled, with a lowering operator twice as large."""
    plain = te.thermal_link(3.0, 0.4, filters=2, qubits=1)
    half = np.diag([1.0, 1.0, 0.5])
    scaled = te.Network(
        nodes=(*plain.modes, te.Qudit(name="q1", lower=[[0, 2], [0, 0]])),
        exchange=half @ plain.exchange @ half,
        decay=half @ plain.decay @ half,
    )
    rates = [driven_emitters(network).field_rate(0.7) for network in (plain, scaled)]
    assert rates[0] == pytest.approx(rates[1], rel=1e-12)


def test_the_power_of_white_noise_is_that_of_its_integral():
    """The mean square of the integral over a short step, per unit of time."""
    field = driven(
        te.thermal_link(0.5, gamma=(1.0, 0.3), filter=te.Filter.transfer([1, 0], [1, 1]))
    ).field
    step = 1e-6
    _, noise = field.transition(step)
    integrals = field.mixing @ noise[len(field.drift) :]
    power = np.sum(np.abs(integrals) ** 2, axis=1) / step
    assert field.white_power == pytest.approx(power, rel=1e-4)
    assert field.white_power[0] / field.white_power[1] == pytest.approx(1 / 0.3, rel=1e-12)


def test_what_each_output_does_to_emitters_of_several_levels():
    """[y c^+ - y^* c, .] of every emitter, y its share of a real and of an imaginary output."""
    link = te.thermal_link(
        0.3, filter=te.Filter.poles_and_zeros([-0.4 + 0.5j, -0.6 + 0.9j], []), qubits=2
    )
    lowers = [np.diag([1.0, 1.3], 1), np.diag([0.7], 1)]
    emitters = (te.Qudit(name=f"e{i}", lower=lower) for i, lower in enumerate(lowers))
    found = driven_emitters(replace(link, nodes=(*link.nodes[:-2], *emitters)))
    field, drives = found.source.field, found.source.drives
    outputs = field.mixing.shape[1]
    assert len(drives) == 2 * outputs
    operators = [np.kron(lowers[0], np.eye(2)), np.kron(np.eye(3), lowers[1])]
    for output in range(outputs):
        for place, phase in ((output, 1.0), (outputs + output, 1j)):
            y = phase * field.mixing[:, output]
            kick = sum(w * c.T - np.conj(w) * c for w, c in zip(y, operators, strict=True))
            expected = np.kron(kick, np.eye(6)) - np.kron(np.eye(6), kick.T)
            shown = found.basis @ drives[place] @ found.basis.conj().T
            np.testing.assert_allclose(shown, expected, atol=1e-13)
            assert np.abs(expected).max() > 0.1
