"""Numbers of THERMAL and their corrections; limits, refusals and failures of the approximations."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar

import thermalent as te

EXACT = te.ContinuedFraction(rtol=1e-11)
# Two dense solves of 16 equations with rates of order one.
ROUNDING = 1e-13


def exact(network):
    return te.steady_state(network, EXACT)


def margin(network) -> float:
    """The concurrence of THERMAL, Eq. (22), with its sign: zero at the boundary."""
    p = exact(network).populations()
    return p["S"] - p["T"] - 2 * np.sqrt(p["00"] * p["11"])


def test_at_the_optimum_the_fuller_closed_form_is_the_closer_one():
    network = te.thermal_link(8e4, 1e-3)
    singlet = {
        "exact": exact(network),
        "B42": te.steady_state(network, te.StrongDriving()),
        "43": te.steady_state(network, te.StrongDriving(leading=True)),
    }
    found = {name: result.populations()["S"] for name, result in singlet.items()}
    assert found == pytest.approx({"exact": 0.95959, "B42": 0.95906, "43": 0.95427}, abs=5e-6)


@pytest.mark.parametrize(
    ("kappa", "n_star", "highest", "formula", "formula_highest"),
    [
        (0.01, 639.09, 0.67800, 833, 0.7075),
        (0.003, 6300.1, 0.84494, 9259, 0.8732),
        (0.001, 51996, 0.92773, 83333, 0.9451),
    ],
)
def test_the_optimal_occupation(kappa, n_star, highest, formula, formula_highest):
    best = minimize_scalar(
        lambda log_n: -margin(te.thermal_link(np.exp(log_n), kappa)),
        bracket=(np.log(n_star / 2), np.log(n_star * 2)),
        tol=1e-5,
    )
    assert np.exp(best.x) == pytest.approx(n_star, rel=1e-4)
    assert -best.fun == pytest.approx(highest, abs=5e-6)
    # The printed estimates lie above.
    assert te.analytic.n_star(kappa) == pytest.approx(formula, abs=0.5)
    assert te.analytic.concurrence_at_n_star(kappa) == pytest.approx(formula_highest, abs=5e-5)


@pytest.mark.parametrize(
    ("n_th", "boundary"), [(0.05, 0.348), (0.5, 0.293), (2.0, 0.233), (10.0, 0.169)]
)
def test_the_markov_boundary(n_th, boundary):
    found = brentq(lambda kappa: margin(te.thermal_link(n_th, kappa)), 0.05, 1.0, xtol=1e-6)
    assert found == pytest.approx(boundary, abs=5e-4)
    # Both approximations miss it.
    assert 0.366 < te.analytic.kappa_max(n_th, lowest_order=False) < 0.584
    assert 0.179 < te.analytic.kappa_max(n_th) < 0.25


@pytest.mark.parametrize(
    ("kappa", "n_th", "concurrence"), [(0.01, 100, 0.785411), (0.001, 1e4, 0.972925)]
)
def test_phase_diffusion(kappa, n_th, concurrence):
    network = te.thermal_link(n_th, kappa)
    rotating = te.steady_state(network, te.PhaseDiffusion())
    assert rotating.concurrence() == pytest.approx(concurrence, abs=5e-7)
    averaged = te.steady_state(network, te.PhaseDiffusion(averaged=True))
    assert averaged.populations() == pytest.approx(rotating.populations(), abs=ROUNDING)
    assert averaged.concurrence() < rotating.concurrence()
    # Without amplitude noise there is more entanglement than there is in truth.
    assert averaged.concurrence() > exact(network).concurrence() + 0.05


@pytest.mark.parametrize("r0", [None, 2.0])
def test_phase_diffusion_is_its_closed_form_on_the_ideal_link(r0):
    n_th, kappa, gamma = 30.0, 0.05, 0.8
    network = te.thermal_link(n_th, kappa, gamma)
    state = te.PhaseDiffusion(r0=r0).steady_state(network).state
    expected = te.analytic.phase_diffusion_state(n_th, kappa, gamma, r0)
    assert np.max(np.abs(state - expected)) < ROUNDING
    averaged = te.PhaseDiffusion(r0=r0, averaged=True).steady_state(network)
    populations = te.analytic.phase_diffusion_populations(n_th, kappa, gamma, r0)
    assert np.max(np.abs(averaged.state - populations.matrix())) < ROUNDING


def test_phase_diffusion_without_noise_is_the_dark_state():
    """As kappa falls at fixed flux, so does the diffusion of the phase."""
    network = te.thermal_link(2e9, 1e-9)
    amplitude = np.sqrt(1.0 / 1e-9)
    ket = te.analytic.dark_state(amplitude, 1e-9)
    state = te.PhaseDiffusion().steady_state(network).state
    assert np.max(np.abs(state - np.outer(ket, ket.conj()))) < 1e-7


# --- limits, refusals, failures -------------------------------------------------------------------

ALL = [
    te.Markov(),
    te.Quasistatic(),
    te.Bourret(),
    te.StrongDriving(),
    te.StrongDriving(leading=True),
    te.PhaseDiffusion(),
    te.PhaseDiffusion(averaged=True),
    te.AmplitudeFluctuations(averaged=True),
]


@pytest.mark.parametrize("method", ALL, ids=repr)
def test_without_photons_every_approximation_is_the_ground_state(method):
    found = te.steady_state(te.thermal_link(0.0, 0.1), method)
    assert np.max(np.abs(found.state - np.diag([1, 0, 0, 0]))) < 1e-15
    assert np.isnan(found.error)
    assert found.error.how.startswith("approximation")


REFUSED = [
    (te.Markov(), {"qubits": 8}, r"has 12870 elements, more than the 4096 that fit"),
    (te.Bourret(), {"qubits": 8}, r"has 12870 elements, more than the 4096 that fit"),
    (te.Quasistatic(), {"qubits": 6}, r"have 64 levels together, more than the 32 that fit"),
    (te.PhaseDiffusion(), {"qubits": 6}, r"have 64 levels together, more than the 32 that fit"),
    (te.StrongDriving(), {"qubits": 3}, r"ideal link .* but the number of emitters is 3, not 2"),
    (te.StrongDriving(), {"loss": 0.1}, r"but the `loss` between 'q1' and 'q2' is 0\.1, not 0"),
]


@pytest.mark.parametrize(("method", "arguments", "words"), REFUSED)
def test_a_method_refuses_what_it_was_not_derived_for(method, arguments, words):
    with pytest.raises(te.MethodError, match=rf"{method.name} does not apply .*{words}"):
        te.steady_state(te.thermal_link(1.0, 0.1, **arguments), method)


CLASSICAL = [te.Quasistatic(), te.PhaseDiffusion(), te.AmplitudeFluctuations()]


@pytest.mark.parametrize("method", CLASSICAL, ids=repr)
def test_back_action_leaves_no_classical_field(method):
    network = te.phononic_link(2.0, 0.1, wavelengths=(1.0, 2.0), detuning=(0.5, -0.5))
    with pytest.raises(te.MethodError, match=r"emitter 'q1' acts back on 'source'.*te\.Continued"):
        te.steady_state(network, method)


@pytest.mark.parametrize("method", ALL, ids=repr)
def test_one_mode_is_needed(method):
    nodes = te.thermal_link(1.0, 0.1).nodes
    network = te.Network(nodes=nodes[1:], exchange=np.zeros((2, 2)), decay=np.eye(2))
    with pytest.raises(te.MethodError, match="number of boson modes is 0, not 1"):
        te.steady_state(network, method)


@pytest.mark.parametrize("method", CLASSICAL, ids=repr)
def test_the_phase_must_not_matter(method):
    link = te.thermal_link(1.0, 0.1, qubits=1)
    qubit = te.Qudit(
        name="q1", lower=te.Qubit(name="q").lowering, local_hamiltonian=[[0, 0.3], [0.3, 0.2]]
    )
    network = te.Network(nodes=(link.nodes[0], qubit), exchange=link.exchange, decay=link.decay)
    with pytest.raises(te.MethodError, match="excitation number: the Hamiltonian of q1"):
        te.steady_state(network, method)


@pytest.mark.parametrize("leading", [False, True])
def test_far_outside_its_domain_a_closed_form_is_no_state(leading):
    network = te.thermal_link(1e8, 0.01)
    with pytest.raises(te.SolveError, match=r"not a state: .* outside the domain .*12 kappa\^2"):
        te.steady_state(network, te.StrongDriving(leading=leading))


@pytest.mark.parametrize(
    "method", [te.Markov(), te.Bourret(), te.Quasistatic(), te.PhaseDiffusion()], ids=repr
)
def test_a_conserved_singlet_is_noticed(method):
    """Without detuning two qubits in one reservoir keep their singlet for ever."""
    arguments = {"n_th": 2.0, "kappa": 0.1, "wavelengths": (1.0, 2.0), "backaction": False}
    with pytest.raises(te.SolveError, match="not unique in the approximation"):
        te.steady_state(te.phononic_link(**arguments), method)
    te.steady_state(te.phononic_link(**arguments, detuning=(0.5, -0.5)), method)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: te.Quasistatic(rtol=0.0), "`rtol` must be a number in"),
        (
            lambda: te.PhaseDiffusion(r0=-1.0),
            r"`r0` must be a number in \[1e-100, 1e\+100\], but is -1.0",
        ),
        (lambda: te.PhaseDiffusion(averaged=1), "`averaged` must be True or False, but is 1"),
        (lambda: te.StrongDriving(leading="no"), "`leading` must be True or False, but is 'no'"),
    ],
)
def test_parameters_are_checked(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_the_approximations_share_no_code_with_the_exact_methods():
    """Else their agreement would be no evidence."""
    code = (
        "import sys, thermalent.analytic; "
        "print([m for m in sys.modules if m.startswith(('thermalent.continued_fraction', "
        "'thermalent.fock', 'thermalent.stochastic'))])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.stdout.strip() == "[]", answer.stderr
