"""The Bourret approximation over time: two routes, its steady state, and where it is exact."""

import numpy as np
import pytest

import thermalent as te
from thermalent.analytic.methods import bourret
from thermalent.analytic.methods.bourret import Bourret
from thermalent.networks.gaussian_source import gaussian_modes
from thermalent.networks.liouvillian import emitter_liouvillian
from thermalent.operators.superoperators import dense
from thermalent.solution.tasks import EvolutionTask, Piece

NETWORKS = {
    "link": te.thermal_link(1.0, 0.5, detuning=(0.1, -0.2)),
    "room temperature": te.thermal_link(1220.0, 1e-3),
    "back-action": te.phononic_link(20.0, 0.1, positions=(1.0, 2.3)),
    "three": te.thermal_link(0.3, 2.0, qubits=3),
}


def random_state(seed, d):
    rng = np.random.default_rng(seed)
    psi = rng.normal(size=d) + 1j * rng.normal(size=d)
    return np.outer(psi, psi.conj()) / np.vdot(psi, psi).real


def emitter_levels(network):
    return int(np.prod(network.dims))


@pytest.mark.parametrize("name", NETWORKS)
def test_long_times_reach_its_own_steady_state(name):
    net = NETWORKS[name]
    rho = random_state(1, emitter_levels(net))
    late = te.evolve(net, [2e4], rho, Bourret())
    # Rounding of exp(L t) by squaring: 2^-53 times a norm of L t up to 1e5.
    assert np.max(np.abs(late.states[0] - te.steady_state(net, Bourret()).state)) < 1e-10


@pytest.mark.parametrize("name", NETWORKS)
def test_levels_and_laplace_transform_agree(name):
    """The contours that are taken to hold agree to 1e-8, with each other and with the levels."""
    net = NETWORKS[name]
    times = np.array([0.0, 1.0, 10.0, 30.0, 100.0, 300.0, 1e3, 1e4])
    found = te.evolve(net, times, random_state(2, emitter_levels(net)), Bourret())
    assert found.stats["contour_times"] >= 4
    assert found.stats["contour_difference"] < 2e-8


def test_a_contour_that_passes_a_pole_by_does_not_count(monkeypatch):
    """Negative control: at t = 30 two contours agree with each other and are off by 3e-5."""
    net = NETWORKS["back-action"]
    times = np.array([30.0, 300.0])
    rho = random_state(2, 4)
    assert te.evolve(net, times, rho, Bourret()).stats["contour_times"] == 1
    monkeypatch.setattr(bourret, "_FORGOTTEN", np.inf)
    careless = te.evolve(net, times, rho, Bourret())
    assert careless.stats["contour_times"] == 2
    assert careless.stats["contour_difference"] > 1e-6


def test_solves_the_integral_equation():
    """THERMAL, Eq. (26), its memory integral by the trapezoidal rule on a fine grid."""
    net = te.thermal_link(0.6, 0.8, detuning=(0.3, 0.0))
    (source,) = gaussian_modes(net)
    liouvillian = dense(emitter_liouvillian(net))
    up, down = dense(source.drive), dense(source.drive_conj)
    step, count = 0.004, 500
    values, vectors = np.linalg.eig(liouvillian - source.rate * np.eye(16))
    inverse = np.linalg.inv(vectors)
    kernels = [
        source.variance
        * (
            up @ (vectors * np.exp(values * k * step)) @ inverse @ down
            + down @ (vectors * np.exp(values * k * step)) @ inverse @ up
        )
        for k in range(count + 1)
    ]
    rho = random_state(4, 4)
    found = te.evolve(net, step * np.arange(count + 1), rho, Bourret()).states.reshape(-1, 16)
    for last in (250, 500):
        weights = np.full(last + 1, step)
        weights[[0, -1]] /= 2
        memory = sum(w * kernels[last - k] @ found[k] for k, w in enumerate(weights))
        expected = liouvillian @ found[last] + memory
        # One-sided difference of the second order; both rules err by about step^2.
        slope = (3 * found[last] - 4 * found[last - 1] + found[last - 2]) / (2 * step)
        assert np.max(np.abs(slope - expected)) < 20 * step**2
        assert np.max(np.abs(memory)) > 0.01


def test_its_error_is_of_the_second_order_in_the_flux():
    """From |00> the exact change is of the first order in n_th; what is missing, of the second."""
    times, errors = [1.0, 4.0], []
    for n_th in (0.01, 0.02, 0.04):
        net = te.thermal_link(n_th, 0.5)
        found = te.evolve(net, times, "00", Bourret())
        exact = te.evolve(net, times, "00", te.ContinuedFraction())
        errors.append(np.max(np.abs(found.states - exact.states)))
    slopes = np.diff(np.log2(errors))
    # The next order changes the slope by about n_th: 2 +- 0.1 for n_th up to 0.04.
    assert np.all(np.abs(slopes - 2) < 0.1)


def test_without_heat_it_is_exact():
    net = te.thermal_link(0.0, 0.5, detuning=(0.3, -0.1))
    times, rho = np.array([0.5, 3.0, 9.0]), random_state(3, 4)
    found = te.evolve(net, times, rho, Bourret())
    exact = te.evolve(net, times, rho, te.Fock(cutoff=2), source="empty")
    assert np.max(np.abs(found.states - exact.states)) < 1e-12


def test_sparse_and_dense_exponentials_agree(monkeypatch):
    net = NETWORKS["back-action"]
    times, rho = np.array([0.0, 0.5, 1.0, 1.5, 7.0]), random_state(6, 4)
    dense_states = te.evolve(net, times, rho, Bourret()).states
    monkeypatch.setattr(bourret, "_DENSE_UP_TO", 2)
    sparse_result = te.evolve(net, times, rho, Bourret())
    assert np.max(np.abs(sparse_result.states - dense_states)) < 1e-12
    assert sparse_result.stats["contour_times"] == 0


def test_the_error_is_said_to_be_unknown():
    found = te.evolve(NETWORKS["link"], [0.0, 1.0], "10", Bourret())
    assert np.all(np.isnan(found.error))
    assert "the error is not known" in found.how
    assert found.populations()["T"][0] == pytest.approx(0.5)


def test_what_it_does_not_evolve():
    with pytest.raises(te.MethodError, match=r"average over the stationary source.*'empty'"):
        te.evolve(NETWORKS["link"], [1.0], "00", Bourret(), source="empty")
    with pytest.raises(te.MethodError, match=r"Use te\.Fock"):
        te.evolve(te.ring_resonators(coupling=(0.1, 0.2)), [1.0], "10", Bourret())


def test_its_cost_is_that_of_an_exponential_and_two_contours():
    """Some products to square the exponential, and a solve at every node of both contours."""
    for qubits, size in ((1, 12), (2, 48)):
        network = te.thermal_link(1.0, 0.5, qubits=qubits)
        start = np.eye(2**qubits)[0]
        task = EvolutionTask(pieces=(Piece(network),), times=np.array([1.0]), initial=start)
        cost = Bourret().plan(task).cost
        assert cost.operations == (60 + 2 * (24 + 32)) * size**3
        assert 6 * 16 * size**2 < cost.bytes < 12 * 16 * size**2
