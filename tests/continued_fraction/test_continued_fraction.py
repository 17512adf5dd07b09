"""The exact solver: its error estimates, its limits, and the numbers known for the thermal link."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import thermalent as te
from tests.support.links import random_link
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.solution.result import Outcome
from thermalent.solution.validity import checked


def solve(net, **kwargs):
    result = checked(ContinuedFraction(**kwargs).steady_state(net))
    assert result.status.ok, result.status.message
    return result


def test_reported_error_bounds_the_true_error():
    """Against four times as many tiers: 120 random networks, n_th from 0 to 1e6."""
    rng = np.random.default_rng(11)
    overestimates = []
    for i in range(120):
        net = random_link(rng, n_th=(0, 1e6) if i % 10 else (0.0, 0.5), kappa=(1e-3, 10))
        result = solve(net, rtol=float(10 ** rng.uniform(-11, -3)))
        reference = ContinuedFraction(rtol=1e-13, n_max=4 * result.stats["n_max"]).steady_state(net)
        true = np.max(np.abs(result.state - reference.state))
        assert result.error + reference.error >= true
        overestimates.append(float(result.error) / max(true, 1e-16))
    # How much too careful: less than two orders of magnitude in the median.
    assert 1 < np.median(overestimates) < 100


@pytest.mark.parametrize("n_max", [1, 2, 5, 17])
@pytest.mark.parametrize("n_th", [0.5, 20.0, 1220.0])
def test_error_of_a_fixed_n_max_is_measured(n_th, n_max):
    net = te.thermal_link(n_th, 0.05, detuning=(0.1, -0.3))
    result = ContinuedFraction(n_max=n_max).steady_state(net)
    assert result.stats["tiers"] == 2 * n_max
    true = np.max(np.abs(result.state - solve(net, rtol=1e-12).state))
    assert true <= result.error <= 1.01 * true + 1e-8


@given(seed=st.integers(0, 2**32 - 1))
def test_the_result_is_a_state(seed):
    rng = np.random.default_rng(seed)
    net = random_link(rng, n_th=(0, 1e6) if seed % 2 else (0.0, 5.0), kappa=(1e-3, 10))
    # Near n_th = 1e6 double precision gives 1e-11: the error counts what the assembly may lose.
    result = solve(net, rtol=1e-10)
    rho = result.state
    assert abs(np.trace(rho) - 1) < 1e-12
    assert np.max(np.abs(rho - rho.conj().T)) < 1e-12
    assert np.linalg.eigvalsh(rho)[0] > -1e-12 - float(result.error)
    # Only charge-zero elements: no coherence between different excitation numbers.
    numbers = np.array([0, 1, 1, 2])
    assert np.all(rho[numbers[:, None] != numbers[None, :]] == 0)


@pytest.mark.parametrize(
    ("kappa", "n_th", "concurrence"),
    [(1e-3, 1220.0, 0.67108)],
)
def test_room_temperature_link(kappa, n_th, concurrence):
    """A resistor at 293 K behind a 10 kHz filter, qubits of 10 MHz."""
    assert solve(te.thermal_link(n_th, kappa)).concurrence() == pytest.approx(
        concurrence, abs=0.5e-5
    )


def test_truncation_error_falls_with_the_root_of_n_th():
    """kappa/gamma = 1e-3, n_th = 8.3e4: the concurrence at n_max = factor * sqrt(n_th)."""
    net = te.thermal_link(8.3e4, 1e-3)
    exact = solve(net, rtol=1e-12).concurrence()
    # Two digits are known, and a tier more or less changes 1.3 %. The last number is that of 1141
    # tiers, 3.96 sqrt(n_th).
    for factor, published in ((1.0, 1.4e-3), (2.0, 3.5e-5), (3.96, 1.4e-8)):
        n_max = round(factor * np.sqrt(8.3e4))
        found = ContinuedFraction(n_max=n_max).steady_state(net)
        assert abs(found.concurrence() - exact) == pytest.approx(published, rel=0.03), factor


def test_empty_source_leaves_the_ground_state():
    for detuning in (0.0, (0.3, -0.1)):
        rho = solve(te.thermal_link(0.0, 0.1, detuning=detuning)).state
        assert np.max(np.abs(rho - np.diag([1.0, 0, 0, 0]))) < 1e-15


@pytest.mark.parametrize("n_th", [1e-8, 1e-6, 1e-4])
def test_weak_source_excites_linearly(n_th):
    """n_th -> 0: the populations are proportional to n_th, without loss of digits."""
    weak = solve(te.thermal_link(n_th, 0.1, detuning=(0.1, 0.2))).state
    weaker = solve(te.thermal_link(n_th / 10, 0.1, detuning=(0.1, 0.2))).state
    assert weak[1, 1].real / weaker[1, 1].real == pytest.approx(10.0, rel=20 * n_th)


@pytest.mark.parametrize("n_th", [0.5, 20.0])
def test_broad_source_is_a_markovian_bath(n_th):
    """kappa -> infinity: two thermal qubits, uncorrelated; the error is of order gamma/kappa."""
    p = n_th / (1 + 2 * n_th)
    expected = np.kron(np.diag([1 - p, p]), np.diag([1 - p, p]))
    errors = [
        np.max(np.abs(solve(te.thermal_link(n_th, kappa)).state - expected))
        for kappa in (1e3, 1e4, 1e5)
    ]
    slopes = np.diff(np.log(errors)) / np.log(10)
    assert slopes == pytest.approx([-1, -1], abs=0.05)


@pytest.mark.parametrize("phi", [0.1, 1.0, 10.0])
def test_narrow_source_is_quasistatic(phi):
    """kappa -> 0 at fixed flux: |00> and |S> only, with the weights of THERMAL Eq. (21)."""
    from mpmath import e1, exp, mpf

    u = mpf(1) / (8 * mpf(phi))
    tier0_size = float(u * exp(u) * e1(u))
    errors = []
    for kappa in (1e-4, 1e-5):
        result = solve(te.thermal_link(2 * phi / kappa, kappa))
        errors.append(abs(result.populations()["00"] - tier0_size))
        assert result.populations()["00"] + result.populations()["S"] > 1 - 200 * kappa * (1 + phi)
    assert errors[1] < 0.2 * errors[0]


def test_opposite_detunings_are_equivalent_to_conjugation():
    """Delta -> -Delta: the real problem's complex conjugate."""
    plus = solve(te.thermal_link(30.0, 0.05, detuning=(0.2, -0.5), loss=0.1)).state
    minus = solve(te.thermal_link(30.0, 0.05, detuning=(-0.2, 0.5), loss=0.1)).state
    assert np.max(np.abs(plus - minus.conj())) < 1e-12


def test_uncoupled_copies_may_change_places():
    """Two qubits on two channels of one source at equal rates: symmetric under relabelling."""
    kappa, gamma, delta = 0.1, 1.0, (0.3, -0.2)
    g = np.sqrt(kappa * gamma)
    states = []
    for d in (delta, delta[::-1]):
        # Common reservoir (no propagation direction) plus individual decay of both qubits.
        decay = np.array([[kappa, g, g], [g, gamma, gamma], [g, gamma, gamma]])
        net = te.Network(
            nodes=(te.Mode(bath_rate=kappa, n_th=50.0), te.Qubit(name="q1"), te.Qubit(name="q2")),
            exchange=np.diag([0.0, *d]),
            decay=decay + np.diag([0.0, 0.2, 0.2]),
        )
        states.append(solve(net).state.reshape(2, 2, 2, 2))
    swapped = states[1].transpose(1, 0, 3, 2)
    assert np.max(np.abs(states[0] - swapped)) < 1e-9


def test_what_happens_upstream_does_not_depend_on_what_is_downstream():
    one = solve(te.thermal_link(200.0, 0.02, qubits=1), rtol=1e-12).state
    two = solve(te.thermal_link(200.0, 0.02, gamma=(1.0, 0.3), detuning=(0.0, 0.4)), rtol=1e-12)
    assert np.max(np.abs(two.reduced("q1") - one)) < 1e-10


def test_emitters_of_three_levels():
    """A spin one in place of a qubit, against its own hierarchy truncated at twice the depth."""
    spin = te.Qudit(name="s", lower=np.sqrt(2) * np.eye(3, k=1))
    kappa = 0.2
    net = te.Network(
        nodes=(te.Mode(bath_rate=kappa, n_th=6.0), spin),
        exchange=0.5j * np.sqrt(kappa) * np.array([[0, 1], [-1, 0]]),
        decay=np.array([[kappa, np.sqrt(kappa)], [np.sqrt(kappa), 1.0]]),
    )
    result = solve(net, rtol=1e-10)
    deeper = ContinuedFraction(n_max=2 * result.stats["n_max"]).steady_state(net)
    assert np.max(np.abs(result.state - deeper.state)) <= result.error


@pytest.mark.parametrize("gamma", [0.0, (1.0, 0.0)])
def test_an_emitter_that_nothing_damps_is_reported(gamma):
    result = ContinuedFraction().steady_state(te.thermal_link(10.0, 0.1, gamma=gamma))
    assert result.status.outcome is Outcome.NOT_UNIQUE
    assert "not unique" in result.status.message
    assert not np.any(np.isfinite(np.diag(result.state)))


def test_a_common_reservoir_is_reported_as_not_unique():
    """Two resonant qubits into one reservoir without direction: the singlet never decays."""
    kappa = 0.1
    v = np.sqrt([kappa, 1.0, 1.0])
    net = te.Network(
        nodes=(te.Mode(bath_rate=kappa, n_th=3.0), te.Qubit(name="q1"), te.Qubit(name="q2")),
        exchange=np.zeros((3, 3)),
        decay=np.outer(v, v),
    )
    result = ContinuedFraction().steady_state(net)
    assert result.status.outcome is Outcome.NOT_UNIQUE
    assert "2 independent stationary states" in result.status.message


def test_rtol_beyond_double_precision_is_refused_with_what_would_do():
    net = te.thermal_link(1e7, 1e-3, detuning=(0.1, -0.2))
    result = ContinuedFraction(rtol=1e-13).steady_state(net)
    assert result.status.outcome is Outcome.INACCURATE
    assert "below what double precision can give" in result.status.message
    allowed = float(result.status.message.split("rtol >= ")[1].rstrip("."))
    assert ContinuedFraction(rtol=allowed).steady_state(net).status.ok


@pytest.mark.parametrize("n_th", [1e6, 1e7])
@pytest.mark.parametrize("kappa", [1e-4, 1e-2, 1.0])
def test_hot_sources_keep_their_digits(n_th, kappa):
    """The default tolerance holds up to 1e7 quanta."""
    assert solve(te.thermal_link(n_th, kappa)).error < 1e-9


def test_default_of_a_hot_mode_says_what_the_budget_gave(monkeypatch):
    """Sixty tiers where a hundred are needed: two digits are certain, so the state is returned."""
    network = te.thermal_link(n_th=25.0, kappa=0.05)
    exact = te.steady_state(network, ContinuedFraction(rtol=1e-12))
    assert exact.stats["tiers"] > 60
    monkeypatch.setattr("thermalent.continued_fraction.one_mode._BUDGET", 1.0)
    found = te.steady_state(network)
    assert found.stats["ended_by"] == "too many tiers"
    distance = np.max(np.abs(found.state - exact.state))
    assert distance <= found.error <= 1e-2 * np.max(np.abs(found.state))
    # What is asked for is not cut short.
    assert te.steady_state(network, ContinuedFraction(rtol=1e-9)).stats["ended_by"] == "converged"
