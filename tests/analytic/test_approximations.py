"""Every approximation against the exact solver in its domain, with the order of its error."""

from functools import cache

import numpy as np
import pytest

import thermalent as te
from tests.support.long_ones import ordinary_and_long
from thermalent.analytic.methods.markov import markov_generator
from thermalent.analytic.methods.null_vector import ChargeSpace, OneMode, one_mode_of
from thermalent.continued_fraction.chain.chain import hierarchy_chain
from thermalent.continued_fraction.chain.fraction import evaluate_chain
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.chain.stationary import TierZeroEquation
from thermalent.networks.liouvillian import emitter_liouvillian, lowering_operators
from thermalent.operators.superoperators import dagger, dense, left, right, sandwich

# Far below every error of an approximation that is measured here: the last digits are taken as they
# are where a bandwidth of 1e-8 leaves no proof of them.
EXACT = te.ContinuedFraction(rtol=1e-8)
# Two dense solves of at most 64 equations with rates of order one; network.mode_rates costs
# n_th ulps more.
ROUNDING = 1e-13
# A slope between neighbouring points may be off by the next order over this spacing.
SLOPE = 0.06

IMPERFECT = {"gamma": (1.0, 0.6), "detuning": (0.5, -0.3), "dephasing": 0.1, "loss": 0.1}
MIRROR = {"positions": (0.3, 1.7), "detuning": (0.5, -0.3), "dephasing": 0.05}


def distance(one, other) -> float:
    return float(np.max(np.abs(one.state - other.state)))


def distance_to(result, populations) -> float:
    return float(np.max(np.abs(result.state - populations.matrix())))


def exact(network):
    return te.steady_state(network, EXACT)


def at_flux(flux, kappa, **imperfections):
    return te.thermal_link(2 * flux / kappa, kappa, **imperfections)


def slopes(x, errors) -> np.ndarray:
    return np.diff(np.log(np.abs(errors))) / np.diff(np.log(x))


def reframed(network, frequencies):
    """The network with other frequencies of its nodes."""
    return te.Network(
        nodes=network.nodes,
        exchange=network.exchange + np.diag(frequencies),
        decay=network.decay,
        absorption=network.absorption,
    )


# --- Markov ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_th", [0.0, 1e-6, 0.5, 2.0, 1220.0, 1e7])
def test_markov_is_its_closed_form_on_the_ideal_link(n_th):
    found = te.Markov().steady_state(te.thermal_link(n_th, 0.3, 0.7))
    assert distance_to(found, te.analytic.markov_populations(n_th)) < ROUNDING


@pytest.mark.parametrize("qubits", [1, 2, 3])
def test_markov_of_a_cascade_is_a_thermal_bath_for_what_it_drives(qubits):
    r"""L + gamma n_th (D[O] + D[O^+]): THERMAL, Eq. (17), for unequal qubits, assembled here."""
    gamma, loss, n_th = (1.0, 0.6, 1.3)[:qubits], 0.2, 0.8
    network = te.thermal_link(n_th, 0.3, gamma, dephasing=0.1, loss=loss, qubits=qubits)
    o = sum(
        np.sqrt(g * (1 - loss) ** i) * c
        for i, (g, c) in enumerate(zip(gamma, lowering_operators(network), strict=True))
    )
    generator = dense(emitter_liouvillian(network))
    for jump in (np.sqrt(n_th) * o, np.sqrt(n_th) * dagger(o)):
        square = dagger(jump) @ jump
        generator = generator + dense(
            sandwich(jump, dagger(jump)) - 0.5 * (left(square) + right(square))
        )
    state = te.Markov().steady_state(network).state
    assert np.max(np.abs(generator @ state.ravel())) < ROUNDING
    assert np.trace(state).real == pytest.approx(1, abs=ROUNDING)


MARKOVIAN = {
    "cold": lambda k: te.thermal_link(0.05, k),
    "ideal": lambda k: te.thermal_link(0.5, k),
    "hot": lambda k: te.thermal_link(2.0, k),
    "imperfect": lambda k: te.thermal_link(0.5, k, **IMPERFECT),
    "three qubits": lambda k: te.thermal_link(0.5, k, qubits=3, detuning=(0.2, 0, -0.1)),
    "unequal, off resonance by the bandwidth": lambda k: te.thermal_link(
        0.5, k, (1.0, 0.6), detuning=k
    ),
    "back-action, off resonance by the bandwidth": lambda k: te.phononic_link(
        0.5, k, positions=(0.3, 1.7), detuning=k
    ),
    "off resonance by the bandwidth": lambda k: te.thermal_link(0.5, k, detuning=k),
    "back-action": lambda k: te.phononic_link(0.5, k, **MIRROR),
    "warm waveguide": lambda k: te.phononic_link(0.5, k, waveguide_occupation=0.3, **MIRROR),
}


@pytest.mark.parametrize("kind", MARKOVIAN)
@pytest.mark.parametrize("method", [te.Markov(), te.Bourret()], ids=["Markov", "Bourret"])
def test_the_error_falls_like_the_inverse_of_a_large_bandwidth(method, kind):
    kappa = np.array([100.0, 300.0, 1000.0, 3000.0])
    networks = [MARKOVIAN[kind](k) for k in kappa]
    errors = [distance(te.steady_state(net, method), exact(net)) for net in networks]
    np.testing.assert_allclose(slopes(kappa, errors), -1.0, atol=SLOPE)
    assert errors[-1] < 1e-3  # and the limit is the right one


def test_markov_does_not_depend_on_the_frame():
    network = reframed(te.thermal_link(0.5, 3.0, **IMPERFECT), (0.4, 0, 0))
    shifted = reframed(network, (5.0, 5.0, 5.0))
    for method in (te.Markov(), te.Bourret(), te.Quasistatic(), te.PhaseDiffusion()):
        assert distance(method.steady_state(network), method.steady_state(shifted)) < ROUNDING


# --- quasistatic ----------------------------------------------------------------------------------


@pytest.mark.parametrize("flux", [1e-3, 0.1, 1.0, 100.0, 5000.0])
def test_the_quasistatic_average_is_its_closed_form(flux):
    """A sign of the second qubit hides the ideal link from its recognition, and S becomes T."""
    ideal = at_flux(flux, 1e-2)
    sign = np.diag([1, 1, -1])
    hidden = te.Network(
        nodes=ideal.nodes, exchange=sign @ ideal.exchange @ sign, decay=sign @ ideal.decay @ sign
    )
    summed, closed = (te.Quasistatic().steady_state(net) for net in (hidden, ideal))
    assert summed.stats["amplitudes"] > 0
    assert closed.stats["amplitudes"] == 0
    flip = np.diag([1, -1, 1, -1])
    # n_th = 1e6 costs its ulps, see above
    assert np.max(np.abs(flip @ summed.state @ flip - closed.state)) < 1e-11
    assert distance_to(closed, te.analytic.quasistatic_populations(flux)) < ROUNDING


@pytest.mark.parametrize("delta", [0.3, -2.0])
def test_opposite_detunings_are_in_the_closed_form(delta):
    """THERMAL, Eq. (20): the flux counts by 1 + (2 delta/gamma)^2 less."""
    flux, gamma = 5.0, 1.6
    network = te.thermal_link(flux * 2 / 1e-2, 1e-2, gamma, detuning=(delta, -delta))
    summed = te.Quasistatic(rtol=1e-10).steady_state(network)
    closed = te.analytic.quasistatic_populations(flux, gamma, detuning=delta)
    assert distance_to(summed, closed) <= summed.stats["quadrature_error"] + 1e-10


QUASISTATIC = {
    "ideal": {},
    "unequal": {"gamma": (1.0, 0.7)},
    "opposite detunings": {"detuning": (0.4, -0.4)},
    "imperfect": IMPERFECT,
    "one qubit": {"qubits": 1, "detuning": 0.2},
    "three qubits": {"qubits": 3, "detuning": (0.1, 0.0, -0.1)},
}


@pytest.mark.parametrize("kind", QUASISTATIC)
@pytest.mark.parametrize("flux", [0.3, 3.0])
def test_the_quasistatic_error_is_proportional_to_the_bandwidth(kind, flux):
    kappa = np.array([1e-3, 3e-4, 1e-4])
    networks = [at_flux(flux, k, **QUASISTATIC[kind]) for k in kappa]
    errors = [distance(te.steady_state(net, te.Quasistatic()), exact(net)) for net in networks]
    np.testing.assert_allclose(slopes(kappa, errors), 1.0, atol=SLOPE)
    assert errors[-1] < 10 * kappa[-1]


def test_the_quasistatic_concurrence_errs_like_the_root_of_the_bandwidth():
    """2 sqrt(rho_00 rho_11) with rho_11 proportional to kappa."""
    kappa = np.array([1e-6, 1e-7, 1e-8])
    errors = [1 - te.analytic.upsilon(0.1) - exact(at_flux(0.1, k)).concurrence() for k in kappa]
    np.testing.assert_allclose(slopes(kappa, errors), 0.5, atol=SLOPE)


def test_a_source_that_is_detuned_is_qubits_that_are():
    of_the_source, of_the_qubits = (
        reframed(at_flux(1.0, 1e-4, loss=0.1), shift) for shift in ((-0.3, 0, 0), (0, 0.3, 0.3))
    )
    found = te.Quasistatic().steady_state(of_the_source)
    assert distance(found, te.Quasistatic().steady_state(of_the_qubits)) < ROUNDING
    assert distance(found, exact(of_the_qubits)) < 10 * 1e-4


def sharply_resonant():
    return at_flux(25.0, 1e-5, gamma=(0.01, 0.003), detuning=(0.0, 1.0))


@cache
def finely_averaged():
    return te.Quasistatic(rtol=1e-8).steady_state(sharply_resonant())


@pytest.mark.parametrize("rtol", ordinary_and_long([1e-2, 1e-3, 1e-5, 1e-7], [1e-2]))
def test_the_error_of_the_quadrature_is_bounded(rtol):
    """At one amplitude a sideband of the first qubit meets the second: a sharp resonance."""
    network = sharply_resonant()
    fine = finely_averaged()
    coarse = te.Quasistatic(rtol=rtol).steady_state(network)
    error = coarse.stats["quadrature_error"]
    assert error <= rtol
    assert distance(coarse, fine) <= error + fine.stats["quadrature_error"]
    assert f"{error:.1g}" in coarse.error.how
    # Amplitudes are added only as far as they are needed.
    smooth = te.Quasistatic(rtol=rtol).steady_state(at_flux(1.0, 1e-5, loss=0.1))
    assert smooth.stats["amplitudes"] <= 108


def test_a_quadrature_that_does_not_settle_says_so():
    network = at_flux(25.0, 1e-5, gamma=(0.001, 0.0001), detuning=(0.0, 1.0))
    with pytest.raises(
        te.SolveError, match="sum over 13824 amplitudes of the field has not converged"
    ):
        te.steady_state(network, te.Quasistatic(rtol=1e-12))


# --- Bourret --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kappa", [1e-3, 0.1, 1.0, 30.0])
@pytest.mark.parametrize("flux", [0.0, 1e-3, 1.0, 40.0])
def test_bourret_is_its_closed_form_on_the_ideal_link(flux, kappa):
    found = te.Bourret().steady_state(at_flux(flux, kappa))
    # The rates of the network cost n_th ulps.
    tolerance = 1e-14 + 1e-15 * flux / kappa
    assert distance_to(found, te.analytic.bourret_populations(flux, kappa)) < tolerance


FIRST_LEVEL = {
    "ideal": lambda: te.thermal_link(40.0, 0.05),
    "imperfect": lambda: te.thermal_link(3.0, 0.2, **IMPERFECT),
    "three qubits": lambda: te.thermal_link(3.0, 0.2, qubits=3, detuning=(0.2, 0, -0.1)),
    "back-action": lambda: te.phononic_link(2.0, 0.5, **MIRROR),
    "warm waveguide": lambda: te.phononic_link(2.0, 0.5, waveguide_occupation=0.3, **MIRROR),
}


@pytest.mark.parametrize("kind", FIRST_LEVEL)
def test_bourret_is_the_exact_hierarchy_cut_after_its_first_level(kind):
    network = FIRST_LEVEL[kind]()
    chain = hierarchy_chain(hierarchy(network))
    level_zero = TierZeroEquation(chain)
    cut = level_zero.matrix(evaluate_chain(chain, level_zero.solve, last=1).x)
    assert np.max(np.abs(te.Bourret().steady_state(network).state - cut)) < ROUNDING


@pytest.mark.parametrize("kappa", [0.01, 1.0, 10.0])
@pytest.mark.parametrize("kind", ["ideal", "imperfect"])
def test_the_bourret_error_is_of_second_order_in_the_flux(kind, kappa):
    imperfections = IMPERFECT if kind == "imperfect" else {}
    flux = np.array([1e-5, 3e-5, 1e-4]) * max(1.0, kappa)
    networks = [at_flux(f, kappa, **imperfections) for f in flux]
    errors = [distance(te.steady_state(net, te.Bourret()), exact(net)) for net in networks]
    np.testing.assert_allclose(slopes(flux, errors), 2.0, atol=SLOPE)


def test_with_back_action_bourret_is_right_to_zeroth_order_in_the_flux_only():
    n_th = np.array([1e-4, 3e-4, 1e-3])
    networks = [te.phononic_link(n, 1.0, **MIRROR) for n in n_th]
    errors = [distance(te.steady_state(net, te.Bourret()), exact(net)) for net in networks]
    np.testing.assert_allclose(slopes(n_th, errors), 1.0, atol=SLOPE)


@pytest.mark.parametrize("flux", [0.1, 1.0, 10.0])
def test_lowest_order_bourret_errs_in_second_order_but_for_the_ground_state(flux):
    kappa = np.array([1e-3, 3e-4, 1e-4])
    full = te.analytic.bourret_populations(flux, kappa)
    lowest = te.analytic.bourret_lowest_order(flux, kappa)
    for name, order in {"singlet": 2, "triplet": 2, "excited": 2, "ground": 1}.items():
        errors = getattr(full, name) - getattr(lowest, name)
        np.testing.assert_allclose(slopes(kappa, errors), order, atol=SLOPE, err_msg=name)
    np.testing.assert_allclose(slopes(kappa, 1 - lowest.trace), 1.0, atol=SLOPE)


def test_the_printed_bourret_concurrence_errs_in_order_three_halves():
    kappa = np.array([1e-6, 1e-7, 1e-8])
    full = te.analytic.bourret_populations(1.0, kappa).concurrence
    errors = full - te.analytic.bourret_concurrence(1.0, kappa)
    np.testing.assert_allclose(slopes(kappa, errors), 1.5, atol=SLOPE)


# --- strong driving -------------------------------------------------------------------------------


@pytest.mark.parametrize("leading", [False, True])
@pytest.mark.parametrize("flux", [0.1, 1.0])
def test_strong_driving_errs_in_first_order_of_the_bandwidth(flux, leading):
    kappa = np.array([1e-3, 3e-4, 1e-4])
    networks = [at_flux(flux, k) for k in kappa]
    method = te.StrongDriving(leading=leading)
    errors = [distance(te.steady_state(net, method), exact(net)) for net in networks]
    np.testing.assert_allclose(slopes(kappa, errors), 1.0, atol=SLOPE)
    assert errors[-1] < 10 * kappa[-1]


def test_the_triplet_population_is_right_to_first_order():
    kappa = np.array([1e-3, 3e-4, 1e-4])
    errors = [
        exact(at_flux(0.1, k)).populations()["T"] - te.analytic.triplet_population(0.1, k)
        for k in kappa
    ]
    np.testing.assert_allclose(slopes(kappa, errors), 2.0, atol=SLOPE)


def test_the_two_closed_forms_differ_in_first_order():
    kappa = np.array([1e-3, 3e-4, 1e-4])
    closer, leading = (
        te.analytic.singlet_population(1.0, kappa, leading=leading) for leading in (False, True)
    )
    np.testing.assert_allclose(slopes(kappa, closer - leading), 1.0, atol=SLOPE)


# --- networks without a phase symmetry ------------------------------------------------------------


def driven(kappa):
    """A qubit under a coherent drive as well, which sets the phase."""
    link = te.thermal_link(0.2, kappa, qubits=1)
    qubit = te.Qudit(
        name="q1", lower=te.Qubit(name="q").lowering, local_hamiltonian=[[0, 0.3], [0.3, 0.2]]
    )
    return te.Network(nodes=(link.nodes[0], qubit), exchange=link.exchange, decay=link.decay)


@pytest.mark.parametrize("method", [te.Markov(), te.Bourret()], ids=["Markov", "Bourret"])
def test_no_symmetry_is_needed_for_a_broad_source(method):
    kappa = np.array([100.0, 300.0])
    networks = [driven(k) for k in kappa]
    errors = [distance(te.steady_state(n, method), te.steady_state(n, te.Fock())) for n in networks]
    np.testing.assert_allclose(slopes(kappa, errors), -1.0, atol=SLOPE)


@pytest.mark.parametrize(
    "network",
    [
        te.thermal_link(0.7, 1.0, **IMPERFECT),
        te.phononic_link(0.7, 1.0, **MIRROR),
        te.phononic_link(0.7, 1.0, waveguide_occupation=0.3, **MIRROR),
    ],
    ids=["cascade", "back-action", "warm"],
)
def test_the_markov_generator_is_completely_positive(network):
    """Its Choi matrix is positive off the maximally entangled state, its trace conserved."""
    every = np.arange(16)
    space = ChargeSpace(frame=np.eye(4), zero=every, plus=every, minus=every)
    found = one_mode_of(network)
    assert isinstance(found, OneMode)
    generator = markov_generator(found, space).reshape(4, 4, 4, 4)
    choi = generator.transpose(0, 2, 1, 3).reshape(16, 16)
    entangled = np.eye(4).ravel() / 2
    others = np.eye(16) - np.outer(entangled, entangled)
    assert np.linalg.eigvalsh(others @ choi @ others)[0] > -ROUNDING
    assert np.max(np.abs(np.einsum("iikl->kl", generator))) < ROUNDING
