"""Amplitude noise alone: against the exact thermal field, paths of the radius, and its limits."""

import numpy as np
import pytest
from scipy.linalg import null_space
from scipy.sparse.linalg import spsolve
from scipy.special import eval_laguerre, roots_laguerre

import thermalent as te
from thermalent.analytic.methods.amplitude_fluctuations import averaged_over_radius
from thermalent.analytic.methods.classical_field import classical, field
from thermalent.analytic.methods.null_vector import one_mode_of
from thermalent.analytic.radial_elements import radial_elements
from thermalent.solution.tasks import SteadyStateTask

ELEMENTS = radial_elements(16, 1e-3)
UNEQUAL = {"gamma": (1.0, 0.6), "detuning": (0.3, -0.2), "dephasing": 0.02, "loss": 0.1}
LINKS = {
    "optimum": te.thermal_link(639.0, 0.01),
    "hot": te.thermal_link(1e5, 0.01),
    "fast": te.thermal_link(2.0, 3.0),
    "unequal": te.thermal_link(30.0, 0.1, **UNEQUAL),
    "one qubit": te.thermal_link(30.0, 0.1, qubits=1),
}


def field_of(network):
    return field(classical(one_mode_of(network)))


def amplitude_alone(network, **options):
    return te.steady_state(network, te.AmplitudeFluctuations(**options))


# --- the finite elements --------------------------------------------------------------------------


def test_integrals_over_the_stationary_radius():
    """Moments of 2 s exp(-s^2): 1, sqrt(pi)/2, 1 and 2, cut off at s = 6."""
    one = np.ones(len(ELEMENTS.mean))
    assert ELEMENTS.mean @ one == pytest.approx(1, abs=1e-14)
    assert one @ ELEMENTS.radius @ one == pytest.approx(np.sqrt(np.pi) / 2, abs=1e-13)
    assert np.max(np.abs(ELEMENTS.slopes @ one)) < 1e-11  # a constant has no slope


def test_rates_of_the_radius_are_those_of_laguerre_polynomials():
    """S f = 4 n O f for L_n(s^2), the eigenvalue -2 lambda n of the generator -lambda S/2."""
    s = nodes(ELEMENTS)
    for n in (0, 1, 2, 3):
        f = eval_laguerre(n, s**2)  # degree 6 at most, which the elements hold exactly
        left, right = ELEMENTS.slopes @ f, 4 * n * (ELEMENTS.overlap @ f)
        # The last element lacks the flux through s = 6.
        np.testing.assert_allclose(left[:-7], right[:-7], atol=1e-10)


def nodes(elements):
    """Positions of the nodes: s is a function of the basis, R 1 = O s."""
    return spsolve(elements.overlap.tocsc(), elements.radius @ np.ones(len(elements.mean)))


@pytest.mark.parametrize("kind", LINKS)
def test_with_a_diffusing_phase_the_radius_is_that_of_thermal_light(kind):
    """Both fluctuate: the exact state, by a route without the hierarchy."""
    network = LINKS[kind]
    f = field_of(network)
    both = averaged_over_radius(f, ELEMENTS, phase_diffuses=True)
    frame = f.space.frame
    state = frame @ f.phase_average(frame.conj().T @ both @ frame) @ frame.conj().T
    exact = te.steady_state(network).state
    # Elements with charge vanish at s = 0, which finite elements hold to about 1e-8.
    assert np.max(np.abs(state - exact)) < 1e-7
    alone = amplitude_alone(network, averaged=True).state
    assert np.max(np.abs(alone - exact)) > 1e-3  # the control


# --- amplitude noise alone ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["fast", "unequal", "one qubit"])
def test_laguerre_polynomials_give_the_same_state(kind):
    """The same equation in 30 eigenfunctions of the radius, with s as a full matrix."""
    f, order = field_of(LINKS[kind]), 30
    x, weight = roots_laguerre(170)
    basis = np.stack([eval_laguerre(n, x) for n in range(order)])
    radius = (basis * weight * np.sqrt(x)) @ basis.T
    size = len(f.liouvillian)
    generator = np.kron(np.eye(order), f.liouvillian) + np.kron(
        np.sqrt(f.variance) * radius, f.drive
    )
    generator = generator - np.kron(np.diag(2 * f.rate * np.arange(order)), np.eye(size))
    (zero,) = null_space(generator, rcond=1e-13).T
    state = zero[:size].reshape(f.space.frame.shape)
    state = f.space.frame @ (state / np.trace(state)) @ f.space.frame.conj().T
    # Gauss's rule for sqrt(x) at 170 points, and 30 polynomials.
    assert np.max(np.abs(state - amplitude_alone(LINKS[kind]).state)) < 2e-4


def test_paths_of_the_radius_with_a_constant_phase():
    """The mean over simulated fields, whose phase is taken away, against the finite elements."""
    network = te.thermal_link(30.0, 0.1)
    f, paths, step = field_of(network), 300, 0.03
    times = np.arange(0.0, 200.0, step)
    radius, _ = te.stochastic.polar(times, rate=f.rate, variance=f.variance, n=paths, seed=3)
    liouvillian, drive = f.liouvillian.real.T, f.drive.real.T
    assert np.max(np.abs(f.liouvillian.imag)) < 1e-15  # so that real numbers are enough
    size = len(liouvillian)
    mu = np.zeros((paths, size))
    ground = f.space.frame.conj().T @ np.diag([1, 0, 0, 0]) @ f.space.frame
    mu[:] = ground.ravel().real
    total = np.zeros_like(mu)
    half = len(times) // 2  # the slowest part of the start has decayed to exp(-10)
    for i in range(len(times) - 1):
        middle = (radius[:, i] + radius[:, i + 1])[:, None] / 2
        # Third order in the step, and below the standard error.
        one = step * (mu @ liouvillian + middle * (mu @ drive))
        two = step / 2 * (one @ liouvillian + middle * (one @ drive))
        three = step / 3 * (two @ liouvillian + middle * (two @ drive))
        mu = mu + one + two + three
        if i >= half:
            total += mu / (len(times) - 1 - half)
    turned = f.space.frame.conj().T @ amplitude_alone(network).state @ f.space.frame
    errors = total.std(axis=0) / np.sqrt(paths)
    difference = np.abs(total.mean(axis=0) - turned.ravel().real)
    assert np.all(difference < 5 * errors + 1e-9)
    assert np.max(errors) < 0.01
    phase = te.steady_state(network, te.PhaseDiffusion()).state  # the control: other noise
    turned = f.space.frame.conj().T @ phase @ f.space.frame
    assert np.any(np.abs(total.mean(axis=0) - turned.ravel().real) > 10 * errors + 1e-9)


@pytest.mark.parametrize(
    ("n_th", "kappa", "averaged", "rotating"),
    [(1e5, 0.01, 0.475370, 0.476970), (100.0, 0.01, 0.600046, 0.632575)],
)
def test_numbers(n_th, kappa, averaged, rotating):
    network = te.thermal_link(n_th, kappa)
    found = amplitude_alone(network, averaged=True)
    assert found.concurrence() == pytest.approx(averaged, abs=5e-7)
    assert amplitude_alone(network).concurrence() == pytest.approx(rotating, abs=5e-7)


def test_either_noise_alone_leaves_entanglement_where_both_destroy_it():
    network = te.thermal_link(1e5, 0.01)
    assert te.steady_state(network).concurrence() == 0
    assert amplitude_alone(network, averaged=True).concurrence() > 0.47
    phase = te.steady_state(network, te.PhaseDiffusion(averaged=True))
    assert phase.concurrence() == pytest.approx(0.969972, abs=5e-7)


def test_the_breakdown_comes_from_a_phase_that_turns_quickly_at_small_amplitudes():
    """A phase that diffuses at the mean rate, whatever the amplitude, does not cause it."""
    f = field_of(te.thermal_link(1e5, 0.01))
    elements = ELEMENTS._replace(inverse_square=ELEMENTS.overlap)
    turned = averaged_over_radius(f, elements, phase_diffuses=True)
    frame = f.space.frame
    state = frame @ f.phase_average(frame.conj().T @ turned @ frame) @ frame.conj().T
    assert te.concurrence(state) == pytest.approx(0.460172, abs=1e-6)


def test_a_slow_amplitude_is_the_quasistatic_average():
    """The difference is proportional to the bandwidth."""
    differences = []
    for kappa in (1e-4, 1e-5):
        network = te.thermal_link(2.0 / kappa, kappa)
        quasistatic = te.steady_state(network, te.Quasistatic()).state
        slow = amplitude_alone(network, averaged=True).state
        differences.append(np.max(np.abs(slow - quasistatic)))
    assert differences[0] / differences[1] == pytest.approx(10, rel=0.05)


def test_a_fast_amplitude_is_its_mean():
    """sqrt(pi V)/2, with corrections of the order 1/kappa at a fixed drive."""
    for kappa, allowed in ((1e2, 1e-2), (1e4, 1e-4)):
        network = te.thermal_link(1.0 / kappa, kappa)
        mean = np.sqrt(np.pi * 0.5 / kappa) / 2
        expected = field_of(network).stationary(mean).state  # no diffusion of the phase
        assert np.max(np.abs(amplitude_alone(network).state - expected)) < allowed


def test_more_accuracy_takes_more_elements():
    network = te.thermal_link(1e5, 0.01)
    rough, fine = (amplitude_alone(network, rtol=rtol) for rtol in (1e-3, 1e-10))
    assert rough.stats["elements"] < fine.stats["elements"]
    true_error = np.max(np.abs(rough.state - fine.state))
    assert true_error < rough.stats["element_error"] < 1e-3
    # What is stated is the change from half as many elements, ten times as long at zero.
    half = radial_elements(rough.stats["elements"] // 2, 1e-2)
    change = np.max(np.abs(rough.state - averaged_over_radius(field_of(network), half)))
    assert rough.stats["element_error"] == pytest.approx(change, rel=1e-6, abs=0)
    with pytest.raises(te.SolveError, match=r"finite elements .* not converged: .* larger rtol"):
        amplitude_alone(te.thermal_link(1e12, 0.01), rtol=1e-11)


def test_refusals():
    with pytest.raises(te.MethodError, match="have 16 levels together, more than the 8"):
        amplitude_alone(te.thermal_link(1.0, 0.1, qubits=4))
    conserved = te.phononic_link(2.0, 0.1, wavelengths=(1.0, 2.0), backaction=False)
    with pytest.raises(te.SolveError, match="not unique in the approximation"):
        amplitude_alone(conserved)
    with pytest.raises(ValueError, match="`averaged` must be True or False, but is 1"):
        te.AmplitudeFluctuations(averaged=1)
    with pytest.raises(ValueError, match="`rtol` must be a number in"):
        te.AmplitudeFluctuations(rtol=0.0)
    with pytest.raises(te.MethodError, match="initial"):
        te.steady_state(te.thermal_link(1.0, 0.1), te.AmplitudeFluctuations(), initial="00")


@pytest.mark.parametrize(("qubits", "elements"), [(1, 4), (2, 16)])
def test_the_cost_is_that_of_sixteen_intervals_of_degree_six(qubits, elements):
    """Of a banded matrix with so many numbers per point, complex, of 16 bytes each."""
    network = te.thermal_link(30.0, 0.1, qubits=qubits)
    cost = te.AmplitudeFluctuations().plan(SteadyStateTask(network=network)).cost
    unknowns, band = 16 * 6 * elements, 2 * 6 * elements
    assert cost.bytes == 16 * unknowns * band
    assert cost.operations == 8 * unknowns * band**2
