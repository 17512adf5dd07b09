"""Spectra, coherence and relaxation rates: Fock space, sum rules, and the source alone."""

import numpy as np
import pytest

import thermalent as te
from tests.support.brute_force import BruteForce
from thermalent.analysis import relaxation_times

N_TH, KAPPA, GAMMA, DETUNING = 0.6, 0.3, (1.0, 0.7), (0.2, -0.4)
DELAYS = np.array([0.0, 0.5, 3.0, 10.0])


@pytest.fixture(scope="module")
def brute():
    return BruteForce(N_TH, KAPPA, GAMMA, DETUNING)


@pytest.fixture(scope="module")
def stationary(brute):
    return brute.steady_state()


@pytest.fixture(scope="module")
def net():
    return te.thermal_link(N_TH, KAPPA, GAMMA, detuning=DETUNING)


def operators(brute):
    g1, g2 = np.sqrt(GAMMA)
    return {
        "output": np.sqrt(KAPPA) * brute.a + g1 * brute.s1 + g2 * brute.s2,
        "q2": g2 * brute.s2,
        "source": np.sqrt(KAPPA) * brute.a,
    }


@pytest.mark.parametrize("of", ["output", "q2", "source"])
@pytest.mark.parametrize("order", [1, 2])
def test_coherence_is_that_of_fock_space(brute, stationary, net, of, order):
    """Quantum regression by brute force; 20 Fock states are good to 1e-11."""
    o = operators(brute)[of]
    od = o.conj().T
    rho = stationary
    flux = np.trace(od @ o @ rho).real
    start = o @ rho if order == 1 else o @ rho @ od
    read = od if order == 1 else od @ o
    expected = brute.over_time(start, DELAYS, lambda y: np.trace(read @ y)) / flux**order
    found = te.coherence(net, DELAYS, of, order=order)
    assert found.flux == pytest.approx(flux, abs=1e-10)
    assert np.max(np.abs(found.values - expected)) < 1e-8


def on_a_waveguide(geometry):
    """The link of these tests with its nodes on another waveguide."""
    exchange, decay = geometry.coupling()
    return te.Network(
        nodes=(te.Mode(bath_rate=KAPPA, n_th=N_TH), te.Qubit(name="q1"), te.Qubit(name="q2")),
        exchange=exchange + np.diag([0.0, *DETUNING]),
        decay=decay,
    )


def test_phases_of_the_way_do_not_change_the_output(net):
    """On a chiral waveguide that carries light one way only, G is complex: a matter of gauge."""
    chiral = te.ChiralWaveguide(
        right=(KAPPA, *GAMMA), left=(0.0, 0.0, 0.0), positions=(0.0, 0.8, 2.1)
    )
    omega = np.array([-0.3, 0.1, 0.5])
    for found, expected in (
        (te.spectrum(on_a_waveguide(chiral), omega), te.spectrum(net, omega)),
        (te.coherence(on_a_waveguide(chiral), DELAYS), te.coherence(net, DELAYS)),
    ):
        # Both stated errors are below 1e-12; the phases are rounded to 1e-16.
        assert found.values == pytest.approx(expected.values, abs=1e-9)
        assert found.flux == pytest.approx(expected.flux, abs=1e-12)


def test_light_that_leaves_in_two_directions_is_no_output():
    both = te.ChiralWaveguide(
        right=(KAPPA, *GAMMA), left=(0.1, 0.2, 0.3), positions=(0.0, 0.8, 2.1)
    )
    with pytest.raises(ValueError, match=r"`of` must be a node's name or weights .* several dir"):
        te.spectrum(on_a_waveguide(both), [0.0])


def gauss_panels(ends, order):
    """Nodes and weights of Gauss and Legendre on each stretch between neighbouring ends."""
    x, w = np.polynomial.legendre.leggauss(order)
    low, half = np.asarray(ends[:-1])[:, None], np.diff(ends)[:, None] / 2
    return (low + half * (1 + x)).ravel(), (half * w).ravel()


def test_spectrum_is_the_transform_of_the_coherence():
    """The integral of g1 over the delay against the resolvent at real frequencies."""
    net = te.thermal_link(N_TH, 1.0, GAMMA, detuning=DETUNING)
    # Beyond gamma t = 40, 3e-11 is left; of rates up to 2, fourteen nodes on a stretch of 8 leave
    # (8/2)^28 / 28! or 2e-13 of what there is at its start, and the sum is over exponentials.
    tau, weight = gauss_panels(np.arange(0.0, 41.0, 8.0), 14)
    g1 = te.coherence(net, tau)
    omega = np.array([-1.0, -0.2, 0.0, 0.4])
    phase = np.exp(-1j * np.multiply.outer(omega, tau))
    expected = g1.flux / np.pi * (phase @ (weight * g1.values)).real
    found = te.spectrum(net, omega)
    assert found.values == pytest.approx(expected, abs=1e-9)
    assert np.all(found.error < 1e-8)


def test_tiers_left_out_are_in_the_error_of_a_spectrum():
    """At a loose tolerance they are nearly all of it."""
    hot = te.thermal_link(40.0, 0.05)
    few, many = (te.spectrum(hot, [0.0, 0.3], rtol=rtol) for rtol in (0.1, 1e-11))
    off = np.abs(few.values - many.values)
    assert np.all(off > 1e5 * many.error)
    assert np.all(off <= few.error)
    assert np.all(few.error < 20 * off)


def test_spectrum_integrates_to_the_flux_that_came_in():
    """Lossless and stationary: the flux behind the qubits is the source's, kappa n_th/2."""
    net = te.thermal_link(10.0, 0.2)
    angle, weight = gauss_panels(np.linspace(-np.pi / 2, np.pi / 2, 17), 8)
    # Over omega = tan(angle) the wings, as 1/omega^2, become smooth.
    omega, stretched = np.tan(angle), weight / np.cos(angle) ** 2
    found = te.spectrum(net, omega)
    assert found.flux == pytest.approx(0.2 * 10 / 2, rel=1e-9)
    assert np.all(found.values > -1e-10)
    assert stretched @ found.values == pytest.approx(found.flux, rel=1e-6)


def test_source_alone_is_thermal_with_a_lorentzian_line():
    """THERMAL Eqs. (24), (25): g1 = exp(-kappa tau), g2 = 1 + exp(-2 kappa tau)."""
    net = te.thermal_link(5.0, 0.3)
    delays = np.array([0.0, 1.0, 3.0, 10.0])
    first = te.coherence(net, delays, "source")
    second = te.coherence(net, delays, "source", order=2)
    assert first.values == pytest.approx(np.exp(-0.3 * delays), abs=1e-8)
    assert second.values == pytest.approx(1 + np.exp(-0.6 * delays), abs=1e-8)
    omega = np.array([0.0, 0.1, 0.5])
    line = (0.3 * 5 / 2) * 0.3 / np.pi / (omega**2 + 0.09)
    assert te.spectrum(net, omega, "source").values == pytest.approx(line, rel=1e-9)


def test_relaxation_rates_hold_those_of_the_source(net):
    """The source alone relaxes at 2 kappa, 4 kappa, ...; the rest is the emitters'."""
    rates = te.relaxation_rates(te.thermal_link(50.0, 0.02), 6)
    assert rates.values[0].real == pytest.approx(0.04, rel=1e-9)
    assert np.any(np.abs(rates.values - 0.08) < 1e-9)
    assert np.all(rates.error < 1e-8)


def test_slowest_rate_is_that_of_fock_space(brute, net):
    from scipy.sparse.linalg import eigs

    start = np.eye(brute.size).ravel().astype(complex)  # populations: charge zero
    values = -eigs(brute.generator, k=6, sigma=0.05, v0=start, return_eigenvectors=False, tol=1e-12)
    values = values[np.argsort(values.real)]
    found = te.relaxation_rates(net, 2).values
    for rate in found:
        assert np.min(np.abs(values - rate)) < 1e-7


def test_preparation_time_is_the_last_crossing():
    net = te.thermal_link(10.0, 0.2)
    time = te.preparation_time(net, "00", distance=0.02)
    steady = te.steady_state(net).state
    around = te.evolve(net, time * np.array([0.99, 1.01, 1.5, 3.0]), "00")
    distances = [te.trace_distance(rho, steady) for rho in around.states]
    assert distances[0] > 0.02 > distances[1]
    assert distances[2] < 0.02
    assert distances[3] < 0.02


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda n: te.spectrum(n, [np.nan]), r"`frequencies` must be finite, but is nan"),
        (lambda n: te.spectrum(n, [0.0], "q9"), r"`of` must be 'output' or a node of \['source'"),
        (lambda n: te.coherence(n, [0.0], order=3), r"`order` must be 1 or 2, but is 3"),
        (lambda n: te.coherence(n, [1.0, 0.0]), r"`delays` must be increasing"),
        (lambda n: te.preparation_time(n, distance=2.0), r"`distance` must be a number in"),
        (lambda n: te.relaxation_rates(n, 0), r"`count` must be an integer from 1 to 200"),
    ],
)
def test_bad_arguments(net, call, message):
    with pytest.raises(ValueError, match=message):
        call(net)


def test_weights_of_nodes_make_a_field(net):
    """The output by name and by its weights."""
    weights = {"source": np.sqrt(KAPPA), "q1": np.sqrt(GAMMA[0]), "q2": np.sqrt(GAMMA[1])}
    named = te.spectrum(net, [0.1, 0.5])
    weighted = te.spectrum(net, [0.1, 0.5], weights)
    assert weighted.values == pytest.approx(named.values, rel=1e-12)


def test_a_warm_waveguide_is_refused():
    warm = te.thermal_link(1.0, 0.1, waveguide_occupation=0.1)
    with pytest.raises(te.MethodError, match="zero temperature"):
        te.spectrum(warm, [0.0])


NOT_UNIQUE = {"n_th": 10.0, "kappa": 0.1, "wavelengths": (1, 2)}


@pytest.mark.parametrize(
    "call", [lambda n: te.spectrum(n, [0.0, 0.5]), lambda n: te.coherence(n, [0.0, 1.0])]
)
def test_a_steady_state_that_is_not_unique_is_refused_with_the_cause(call):
    with pytest.raises(te.SolveError, match=r"not unique.*conserves.*Give `initial="):
        call(te.phononic_link(**NOT_UNIQUE))


def test_the_field_of_a_steady_state_that_is_reached():
    """The flux of a qubit from the Fock-space state; the spectrum from the coherence over time."""
    net = te.phononic_link(**NOT_UNIQUE | {"n_th": 1.0})
    start = np.diag([0.5, 0.2, 0.2, 0.1])
    fock = te.steady_state(net, te.Fock(tolerance=1e-10), initial=start)
    excited = fock.populations("q1")["1"]
    rate = net.decay[1, 1].real
    omega = np.array([-0.4, 0.3, 2.0])
    found = te.spectrum(net, omega, "q1", initial=start)
    assert abs(found.flux - rate * excited) <= rate * excited.error + found.flux.error + 1e-14
    assert 0 < found.flux.error < 1e-9
    tau = np.linspace(0, 900, 9001)  # it decays as exp(-0.016 tau)
    g1 = te.coherence(net, tau, "q1", initial=start)
    weight = np.full(len(tau), tau[1])
    weight[0] = weight[-1] = tau[1] / 2
    phase = np.exp(-1j * np.multiply.outer(omega, tau))
    expected = g1.flux / np.pi * (phase @ (weight * g1.values)).real
    # Step 0.1: the second-order error of the sum is 0.1^2/12 times the slope at zero delay, 0.01.
    assert found.values == pytest.approx(expected, abs=1e-5)
    assert np.all((found.error > 0) & (found.error < 1e-8))


def test_a_dark_state_radiates_nothing():
    """The singlet stays; its output vanishes by cancellation, which is no light."""
    net = te.phononic_link(**NOT_UNIQUE)
    with pytest.raises(ValueError, match=r"`of` must be a field that is not dark, .*its error"):
        te.coherence(net, [0.0, 1.0], {"q1": 1.0, "q2": 1.0}, initial="S")


def test_errors_of_a_spectrum_include_rounding():
    """Few tiers give all there is: more change nothing, and the digits still end."""
    for n_th in (1e-3, 1.0, 40.0):
        net = te.thermal_link(n_th, 0.3)
        found = te.spectrum(net, np.linspace(-3, 3, 7), rtol=1e-10)
        finer = te.spectrum(net, np.linspace(-3, 3, 7), rtol=1e-12)
        assert np.all(found.error > 1e-17 * np.abs(found.values))
        assert np.all(np.abs(found.values - finer.values) <= found.error + finer.error)
        assert np.all(found.error < 1e-8 * found.flux)
        # Lossless and stationary: the flux behind the qubits is the source's.
        assert abs(found.flux - 0.3 * n_th / 2) <= found.flux.error


def test_errors_of_a_coherence_hold(net):
    for order in (1, 2):
        rough = te.coherence(net, DELAYS, order=order, rtol=1e-4)
        fine = te.coherence(net, DELAYS, order=order, rtol=1e-10)
        assert np.all(np.abs(rough.values - fine.values) <= rough.error + fine.error)
        # Whatever else is lost: each value is divided by the flux, which has an error.
        of_flux = order * np.abs(fine.values) * fine.flux.error / float(fine.flux)
        assert np.all(fine.error >= of_flux)


@pytest.mark.parametrize("rtol", [np.nan, -1.0, 0.0, np.inf, 1e-20])
def test_tolerances_of_spectra_are_checked(net, rtol):
    for call in (te.spectrum, te.coherence):
        with pytest.raises(ValueError, match=r"`rtol` must be a number in \[1e-12, 0.1\]"):
            call(net, [0.0], rtol=rtol)


def test_what_is_prepared_from_the_start_is_known_to_the_first_time_that_was_looked_at(monkeypatch):
    """A hundredth of the fastest rate's time; before that nothing is known."""
    monkeypatch.setattr(relaxation_times, "_GRID", 4)
    found = te.preparation_time(te.thermal_link(0.0, 0.3, qubits=1), initial="0")
    assert found == 0.0
    assert 1e-3 < found.error < 1e-1
