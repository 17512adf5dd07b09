"""Spectra and coherence behind several poles: Fock space, the source alone, sampled fields."""

from functools import cache

import numpy as np
import pytest
from scipy import linalg, sparse
from scipy.sparse.linalg import expm_multiply, splu

import thermalent as te
from tests.support.charge_sectors import Sectors
from tests.support.several_poles_networks import acting_back
from tests.support.several_poles_sources import behind
from thermalent.analysis.radiation import several_poles as spectra_several_poles
from thermalent.analysis.radiation.field import field_of
from thermalent.continued_fraction.several_poles import correlations
from thermalent.continued_fraction.several_poles.chain.coordinates import chain_of

DELAYS = np.array([0.0, 0.7, 3.0])
OMEGA = np.array([-0.6, 0.0, 0.25])


def cavities():
    return te.thermal_link(0.004, 0.5, filters=2, detuning=(0.2, -0.3), gamma=(1.0, 0.7))


def with_a_zero_and_detunings():
    """Both cavities leak into the waveguide, and each has a hot port."""
    return behind(
        (
            te.Mode(name="a", bath_rate=0.5, n_th=0.004),
            te.Mode(name="b", bath_rate=0.2, n_th=0.002),
        ),
        np.array([[0.1, 0.3 - 0.1j], [0.3 + 0.1j, -0.2]]),
        (0.0, 0.1),
        (0.3, 0.5j),
        detuning=(0.1, -0.3),
    )


def nearly_cold_and_acting_back():
    return acting_back(0.004, 0.002)


@cache
def in_fock_space(build):
    """Five Fock states per mode at occupations of 0.002: good to 1e-6."""
    network = build()
    full = Sectors(network, 5)
    return network, full, full.steady_state()


def of_fock_space(full, rho, weights, order):
    """Coherence at DELAYS and spectrum at OMEGA of sum_j w_j c_j, all by the master equation."""
    o = sum(w * c for w, c in zip(weights, full.lowering, strict=True)).toarray()
    od = o.conj().T
    flux = np.trace(od @ o @ rho).real
    start = o @ rho if order == 1 else o @ rho @ od
    read = od if order == 1 else od @ o
    inside, generator = full.part(-1 if order == 1 else 0)
    start, read = start.ravel()[inside], read.T.ravel()[inside]
    values = [read @ expm_multiply(generator * tau, start) for tau in DELAYS]
    lines = []
    for omega in OMEGA if order == 1 else ():
        whole = 1j * omega * np.eye(len(inside)) - generator.toarray()
        lines.append((read @ np.linalg.solve(whole, start)).real / np.pi)
    return np.array(values) / flux**order, np.array(lines), flux


@pytest.mark.parametrize(
    ("build", "of"),
    [
        (cavities, "output"),
        pytest.param(cavities, "q2", marks=pytest.mark.long),
        pytest.param(cavities, {"source": 0.4, "q1": 1j}, marks=pytest.mark.long),
        (with_a_zero_and_detunings, "output"),
        (nearly_cold_and_acting_back, {"b": 0.5, "q1": 0.3, "q2": -1.0}),
    ],
    ids=["cavities", "one qubit", "weights", "zero of the transfer", "back-action"],
)
def test_coherence_and_spectra_are_those_of_fock_space(build, of):
    network, full, rho = in_fock_space(build)
    weights = field_of(network, of)[0]
    for order in (1, 2):
        values, lines, flux = of_fock_space(full, rho, weights, order)
        found = te.coherence(network, DELAYS, of, order=order, rtol=1e-7)
        assert found.flux == pytest.approx(flux, rel=1e-6)
        assert np.max(np.abs(found.values - values)) < 2e-6 * np.max(np.abs(values))
        assert np.all(found.error < 1e-5 * np.max(np.abs(values)))
        if order == 1:
            line = te.spectrum(network, OMEGA, of, rtol=1e-7)
            assert line.flux == pytest.approx(flux, rel=1e-6)
            assert line.flux.error < 1e-5 * flux
            assert line.values == pytest.approx(lines, rel=2e-6)
            assert np.all(line.error < 1e-6 * np.max(lines))


@pytest.mark.parametrize("n_th", [0.1, pytest.param(30.0, marks=pytest.mark.long)])
def test_the_source_alone_has_the_coherence_of_its_filter(n_th):
    """Two equal cavities: (1 + kappa tau) exp(-kappa tau), and a thermal g2 = 1 + |g1|^2."""
    kappa = 0.1
    network, port = te.thermal_link(n_th, kappa, filters=2), {"filter2": np.sqrt(kappa)}
    delays = np.array([0.0, 1.0, 10.0, 60.0])
    expected = (1 + kappa * delays) * np.exp(-kappa * delays)
    first = te.coherence(network, delays, port, rtol=1e-4)
    assert first.flux == pytest.approx(kappa * n_th / 4, rel=1e-9)
    assert np.all(np.abs(first.values - expected) <= first.error)
    assert np.max(first.error) < 1e-3
    second = te.coherence(network, delays, port, order=2, rtol=1e-4)
    assert np.all(np.abs(second.values - 1 - expected**2) <= second.error)
    assert np.max(second.error) < 1e-3
    omega = kappa * np.array([0.0, 0.5, 3.0])
    line = te.spectrum(network, omega, port, rtol=1e-4)
    exact = (kappa * n_th / 4) * 2 * kappa**3 / np.pi / (omega**2 + kappa**2) ** 2
    assert line.values == pytest.approx(exact, rel=1e-8)
    assert np.all(np.abs(line.values - exact) <= line.error + 1e-12 * exact)


def test_a_lossless_qubit_passes_on_the_power_of_a_hot_source():
    network = te.thermal_link(400.0, 0.02, filters=2)
    line = te.spectrum(network, [0.0, 0.05], rtol=1e-3)
    assert line.flux == pytest.approx(0.02 * 400 / 4, rel=1e-5)
    assert abs(line.flux - 0.02 * 400 / 4) <= line.flux.error
    assert line.flux.error >= 10 * np.finfo(float).eps * line.flux  # the rounding of its tiers
    # On resonance it is not what came in, n/pi * kappa^... of the filter's peak: qubits scatter.
    peak = 400 / (2 * np.pi)
    assert 0.3 * peak < line.values[0] < peak


def sampled(n_th, kappa, delays, poles, paths, seed):
    """<s+(tau) s(0)> and <s+ s> of one qubit in sampled fields of cavities in a row, by paths.

    Along a path of the field alpha the qubit has a master equation of its own,
    rho' = -sqrt(kappa) (alpha [s+, rho] - alpha^* [s, rho]) + D[s] rho (gamma = 1), and so has
    s rho. Cavities of amplitude rate kappa each, exact Ornstein-Uhlenbeck steps.
    """
    rng = np.random.default_rng(seed)
    step = 0.1
    drift = kappa * np.eye(poles) + kappa * np.eye(poles, k=-1)
    noise = np.zeros((poles, poles))
    noise[0, 0] = kappa * n_th
    covariance = linalg.solve_continuous_lyapunov(drift, noise)
    decay = linalg.expm(-drift * step)
    root = linalg.cholesky(covariance - decay @ covariance @ decay.T, lower=True)

    def normal():
        shape = (poles, paths)
        return (rng.normal(size=shape) + 1j * rng.normal(size=shape)) / np.sqrt(2)

    z = linalg.cholesky(covariance, lower=True) @ normal()
    s = np.array([[0, 1], [0, 0]], dtype=complex)
    up, one = s.T, np.eye(2)
    n = up @ s
    # On rows of the four elements: X rho Y is rho (X x Y^T)^T.
    raised = np.kron(up, one).T - np.kron(one, up.T).T
    lowered = np.kron(s, one).T - np.kron(one, s.T).T
    decayed = np.kron(s, up.T).T - 0.5 * (np.kron(n, one).T + np.kron(one, n.T).T)

    def slope(y, field):
        drive = np.sqrt(kappa) * field[:, None]
        return -drive * (y @ raised) + drive.conj() * (y @ lowered) + y @ decayed

    def moved(y):
        """A Runge-Kutta step in the field between two samples, which is smooth behind two poles."""
        nonlocal z
        before = z[-1]
        z = decay @ z + root @ normal()
        middle = 0.5 * (before + z[-1])
        a = slope(y, before)
        b = slope(y + 0.5 * step * a, middle)
        c = slope(y + 0.5 * step * b, middle)
        d = slope(y + step * c, z[-1])
        return y + step / 6 * (a + 2 * b + 2 * c + d)

    rho = np.zeros((paths, 4), dtype=complex)
    rho[:, 0] = 1.0
    for _ in range(round(25 / step)):  # memory of the qubit: exp(-25/2)
        rho = moved(rho)
    flux = rho[:, 3].real
    y, now, values = rho @ np.kron(s, one).T, 0, []
    for tau in delays:
        for _ in range(round(tau / step) - now):
            y = moved(y)
        now = round(tau / step)
        values.append(y[:, 1])  # the trace of s+ y
    values = np.array(values)
    return values.mean(axis=1), values.std(axis=1) / np.sqrt(paths), flux.mean()


@pytest.mark.parametrize("poles", [2, pytest.param(3, marks=pytest.mark.long)])
def test_sampled_fields_give_the_coherence_of_a_hot_network(poles):
    """Quantum regression along paths of the field, by hand; one pole less does not agree."""
    n_th, kappa, delays = 20.0, 0.12, np.array([0.5, 2.0])
    mean, error, _ = sampled(n_th, kappa, delays, poles, 2000, seed=3)

    def found(filters):
        network = te.thermal_link(n_th, kappa, filters=filters, qubits=1)
        result = te.coherence(network, delays, "q1", rtol=1e-3)
        return result.values * result.flux

    assert np.max(np.abs(found(poles) - mean) / error) < 4
    assert np.max(np.abs(found(poles - 1) - mean) / error) > 6


def test_the_resolvent_is_that_of_the_assembled_tiers():
    """A finite-depth identity: the sweep against one sparse solve of the same truncation."""
    network = with_a_zero_and_detunings()
    asked = spectra_several_poles._asked(network, "output", 1, 1e-3, None)
    for other in (False, True):
        regression = correlations.TierRegression(asked, 2, other=other)
        from thermalent.continued_fraction.chain.assembly import (
            assemble_tiers as assemble,
        )
        from thermalent.continued_fraction.several_poles.chain.fields import joined_tiers, split

        start = joined_tiers(regression.built, regression.start)
        last = len(regression.start) - 1
        matrix = sparse.csc_array(assemble(regression.built, last))
        z = 0.2 + 0.3j
        whole = sparse.csc_array(sparse.eye_array(matrix.shape[0]) * z - matrix)
        x = splu(whole).solve(start.astype(complex))
        expected = regression.read(split(regression.built, x, 2))
        assert regression.transform(z, last)[0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("order", [1, 2])
def test_transforms_are_analytic(order):
    """Cauchy: the integral over a circle vanishes, also where density matrices are meant."""
    network = te.thermal_link(1.0, 0.5, filters=2)
    asked = spectra_several_poles._asked(network, "output", order, 1e-3, None)
    transform = correlations.TierRegression(asked, 2, other=False).transform
    turned = np.exp(2j * np.pi * np.arange(32) / 32)
    around = np.array([transform(complex(0.5 + 0.4j + 0.2 * z))[0] for z in turned])
    assert abs(np.mean(turned * around)) < 1e-8 * np.max(np.abs(around))


def test_one_element_is_one_mode():
    """Where the emitters feel one pole only, the chain gives what the tiers of one mode give."""
    idle = behind(
        (te.Mode(name="idle", bath_rate=0.3, n_th=50.0), te.Mode(name="a", bath_rate=0.5, n_th=2)),
        np.zeros((2, 2)),
        (0.1, 0.0),
        (0.0, np.sqrt(0.5)),
    )
    one = te.thermal_link(2.0, 0.5)
    assert chain_of(idle).length == 1
    for order in (1, 2):
        found = te.coherence(idle, DELAYS, order=order, rtol=1e-7)
        expected = te.coherence(one, DELAYS, order=order)
        assert np.all(np.abs(found.values - expected.values) <= found.error + expected.error)
        assert np.max(found.error) < 1e-6
    line, exact = te.spectrum(idle, OMEGA), te.spectrum(one, OMEGA)
    assert line.values == pytest.approx(exact.values, rel=1e-11)
    # What the emitters do not feel can be looked at all the same.
    alone = te.coherence(idle, DELAYS, "idle", rtol=1e-6)
    assert np.max(np.abs(alone.values - np.exp(-0.2 * DELAYS))) < 1e-6


def test_stated_errors_of_hot_spectra_hold():
    """Against many more quanta and tiers."""
    network = te.thermal_link(60.0, 0.05, filters=2, detuning=(0.1, 0.0))
    omega = np.array([-0.2, 0.0, 0.03])
    rough = te.spectrum(network, omega, rtol=1e-2)
    fine = te.spectrum(network, omega, rtol=1e-4)
    assert np.all(np.abs(rough.values - fine.values) <= rough.error + fine.error)
    assert np.max(fine.error) < 0.2 * np.max(rough.error)
    assert np.all(rough.error < 0.05 * np.max(rough.values))


def test_stated_errors_of_hot_coherences_are_neither_too_small_nor_absurd():
    network = te.thermal_link(6.0, 0.3, filters=2, qubits=1)
    rough, fine = (te.coherence(network, [0.5, 5.0], "q1", rtol=rtol) for rtol in (1e-2, 1e-4))
    off = np.abs(rough.values - fine.values)
    assert np.all(off <= rough.error + fine.error)
    assert np.max(off) > 3 * np.max(fine.error)
    assert np.max(rough.error) <= 50 * np.max(off)


def test_an_alternative_of_a_measured_source_enters_the_error():
    one, other = (te.thermal_link(n, 0.3, filters=2) for n in (0.5, 0.6))
    from dataclasses import replace

    network = replace(one, alternatives=(other,))
    found = te.spectrum(network, [0.0], rtol=1e-4)
    values = [te.spectrum(each, [0.0], rtol=1e-4).values[0] for each in (one, other)]
    assert found.error[0] >= abs(values[0] - values[1])
    assert found.flux.error >= 0.3 * 0.1 / 4
    first = te.coherence(network, [1.0], rtol=1e-3)
    assert first.flux.error >= 0.3 * 0.1 / 4
    # Fluxes alone, as heat takes them: of two alternatives by the root of the sum of squares.
    fluxes = spectra_several_poles.flux_behind_poles
    alone, moved = (fluxes(each, "q1", 1e-4, None) for each in (one, other))
    twice = fluxes(replace(one, alternatives=(other, other)), "q1", 1e-4, None)
    expected = alone.error + np.sqrt(2) * abs(float(alone) - float(moved))
    assert twice.error == pytest.approx(expected, rel=1e-6)
    for measured, plain in ((twice, alone), (found.flux, te.spectrum(one, [0.0], rtol=1e-4).flux)):
        assert measured.how == plain.how + ", plus three standard deviations of the measured source"


def test_what_has_no_spectrum_is_refused_by_name():
    with pytest.raises(te.MethodError, match="each in another way"):
        te.spectrum(te.dual_rail(1, 1.0, bandwidth=5.0), [0.0], {"A1": 1.0})
    warm = te.thermal_link(1.0, 0.3, filters=2, waveguide_occupation=0.1)
    with pytest.raises(te.MethodError, match="at zero temperature"):
        te.spectrum(warm, [0.0])


def test_stated_errors_of_coarse_spectra_coherences_and_fluxes_hold():
    """They are that of the order before, about, because one order may change too little."""
    network = te.thermal_link(2.0, 0.5, filters=2, qubits=1)
    line, coarse = (te.spectrum(network, OMEGA, "q1", rtol=rtol) for rtol in (1e-6, 1e-3))
    true = np.abs(coarse.values - line.values)
    assert np.all(true <= coarse.error)
    assert np.max(true) > 0.01 * np.max(coarse.error)
    flux = spectra_several_poles.flux_behind_poles(network, "q1", 1e-3, None)
    off = abs(float(flux) - float(line.flux))
    assert 0.02 * flux.error < off <= flux.error
    fine, coarse = (te.coherence(network, DELAYS[2:], "q1", rtol=rtol) for rtol in (1e-5, 1e-3))
    off = np.abs(coarse.values - fine.values)
    assert np.all(off <= coarse.error)
    assert off > 0.01 * coarse.error
