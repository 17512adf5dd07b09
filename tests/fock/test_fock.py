"""The Fock method against the continued fraction, closed forms, and itself at higher cutoffs."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import thermalent as te
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.fock.method import Fock
from thermalent.fock.problem import problem
from thermalent.fock.relax_unique import relax_unique
from thermalent.networks.nodes import SIGMA_MINUS
from thermalent.solution.validity import checked

PUMP = SIGMA_MINUS.T.copy()
# Random networks are quick, a few hundredths of a second each.
QUICK = settings(max_examples=20, derandomize=True, deadline=None)


def distance(a, b):
    return float(np.max(np.abs(a.state - b.state)))


def rate(low, high):
    """A rate between the limits, uniform in its logarithm."""
    return st.floats(np.log10(low), np.log10(high)).map(lambda exponent: 10.0**exponent)


def pair(low, high):
    # Networks refuse rates below 1e-100, whose products double precision does not hold.
    value = st.floats(low, high).map(lambda x: x if abs(x) >= 1e-30 else 0.0)
    return st.tuples(value, value)


links = st.builds(
    te.thermal_link,
    n_th=st.floats(0.0, 5.0),
    kappa=rate(0.01, 10.0),
    gamma=pair(0.2, 2.0),
    detuning=pair(-2.0, 2.0),
    dephasing=pair(0.0, 0.5),
    loss=st.floats(0.0, 0.9),
)


def mirrored(n_th, kappa, phases, detuning, dephasing):
    """Two qubits in front of a mirror, at k z: THERMAL, Eq. (C2), J and G written out."""
    rates, z = np.array([kappa, 1.0, 1.0]), np.array([0.0, *phases])
    root = np.sqrt(np.outer(rates, rates))
    total, apart = z[:, None] + z[None, :], np.abs(z[:, None] - z[None, :])
    return te.Network(
        nodes=(
            te.Mode(bath_rate=kappa, n_th=n_th),
            *(te.Qubit(name=f"q{i}", dephasing=dephasing) for i in (1, 2)),
        ),
        exchange=root * (np.sin(total) + np.sin(apart)) / 4 + np.diag([0.0, *detuning]),
        decay=root * (np.cos(total) + np.cos(apart)) / 2,
    )


mirrors = st.builds(
    mirrored,
    n_th=st.floats(0.0, 2.0),
    kappa=rate(0.05, 2.0),
    phases=pair(0.0, 6.0),
    detuning=st.tuples(st.floats(0.1, 1.0), st.floats(-1.0, -0.1)),
    dephasing=st.floats(0.05, 0.3),
)


# --- against the continued fraction ---------------------------------------------------------------


@QUICK
@given(links)
@example(te.thermal_link(n_th=5.0, kappa=0.01))
@example(te.thermal_link(n_th=5.0, kappa=10.0))
def test_thermal_link_is_that_of_the_continued_fraction(network):
    found = checked(Fock().steady_state(network))
    expected = ContinuedFraction(rtol=1e-12).steady_state(network)
    assert found.status.ok
    assert distance(found, expected) < 1e-8
    assert distance(found, expected) <= found.error + expected.error
    assert found.error < 2e-9


@QUICK
@given(mirrors)
def test_back_action_is_that_of_the_continued_fraction(network):
    found = checked(Fock().steady_state(network))
    expected = ContinuedFraction(rtol=1e-12).steady_state(network)
    assert found.status.ok
    assert distance(found, expected) < 1e-8
    assert distance(found, expected) <= found.error + expected.error


@pytest.mark.parametrize("backaction", [True, False])
@pytest.mark.parametrize("n_th", [0.5, 3.0])
def test_back_action_can_be_left_out(backaction, n_th):
    network = te.phononic_link(
        n_th, 0.5, wavelengths=(1.1, 1.8), detuning=(0.2, -0.3), backaction=backaction
    )
    found, expected = Fock().steady_state(network), ContinuedFraction().steady_state(network)
    assert distance(found, expected) <= found.error + expected.error < 1e-8
    other = te.phononic_link(
        n_th, 0.5, wavelengths=(1.1, 1.8), detuning=(0.2, -0.3), backaction=not backaction
    )
    assert distance(found, Fock().steady_state(other)) > 1e-3


@pytest.mark.parametrize("backaction", [True, False])
def test_every_kind_of_coupling_to_the_mode(backaction):
    """Exchange, decay and absorption shared by the mode and the qubits, at complex phases."""
    v, w = np.array([0.6, 0.8j, 0.5]), np.array([0.3, 0.2, 0.25j])
    exchange = np.array([[0.1, 0.2 + 0.1j, 0.1j], [0.2 - 0.1j, 0.3, 0.2], [-0.1j, 0.2, -0.2]])
    network = te.Network(
        nodes=(
            te.Mode(bath_rate=0.4, n_th=0.8, backaction=backaction),
            te.Qubit(name="a", dephasing=0.1),
            te.Qubit(name="b"),
        ),
        exchange=exchange,
        decay=np.outer(v, v.conj()) + np.diag([0.1, 0.3, 0.2]),
        absorption=np.outer(w, w.conj()),
    )
    found = Fock().steady_state(network)
    expected = ContinuedFraction(rtol=1e-12).steady_state(network)
    assert found.status.ok
    assert distance(found, expected) <= found.error + expected.error < 1e-8


def test_three_qubits():
    network = te.thermal_link(
        n_th=2.0,
        kappa=0.2,
        gamma=(1.0, 0.7, 1.3),
        detuning=(0.1, -0.2, 0.3),
        dephasing=(0.0, 0.1, 0.02),
        loss=(0.1, 0.3),
        qubits=3,
    )
    found = Fock().steady_state(network)
    expected = ContinuedFraction(rtol=1e-12).steady_state(network)
    assert found.status.ok
    assert distance(found, expected) < 1e-8


def test_hot_mode_needs_few_unknowns():
    network = te.thermal_link(n_th=300.0, kappa=0.01, detuning=0.1)
    found = Fock().steady_state(network)
    expected = ContinuedFraction(rtol=1e-12).steady_state(network)
    assert found.status.ok
    assert distance(found, expected) <= found.error + expected.error
    cutoff = found.stats["cutoff"]
    # nbar = 150: 1e-9 of the thermal tail lie beyond 150 ln(1e9) levels.
    assert 150 * np.log(1e9) < cutoff < 1.3 * 150 * np.log(1e9)
    assert found.stats["dimension"] < 16 * cutoff


# --- closed forms ---------------------------------------------------------------------------------


@pytest.mark.parametrize("g", [0.0, 0.3, 4.0])
def test_one_temperature_everywhere_is_equilibrium(g):
    """Exchange conserves the excitation number, so the product of thermal states stays stationary.

    The truncated state is exact too: q^n / sum q^n is stationary at any cutoff.
    """
    n, k = 1.3, 0.4
    network = te.Network(
        nodes=(te.Mode(bath_rate=k, n_th=n), te.Qubit(name="a"), te.Qubit(name="b")),
        exchange=np.array([[0.2, g, 0], [g, 0, 0.5j * g], [0, -0.5j * g, 0.1]]),
        decay=np.diag([0.0, n + 1, 0.5 * (n + 1)]),
        absorption=np.diag([0.0, n, 0.5 * n]),
    )
    q = n / (n + 1)
    expected = np.diag([1, q, q, q * q]) / (1 + q) ** 2
    found = Fock(cutoff=6).steady_state(network)
    np.testing.assert_allclose(found.state, expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("rabi", [0.1, 1.0, 5.0])
def test_resonance_fluorescence(rabi):
    """Optical Bloch equations on resonance: p_1 = s / (2 (1 + s)), s = 2 Omega^2 / gamma^2."""
    network = te.Network(
        nodes=(
            te.Qudit(
                name="q", lower=SIGMA_MINUS, local_hamiltonian=rabi / 2 * (SIGMA_MINUS + PUMP)
            ),
        ),
        exchange=np.zeros((1, 1)),
        decay=np.eye(1),
    )
    found = Fock().steady_state(network)
    s = 2 * rabi**2
    assert found.state[1, 1].real == pytest.approx(s / (2 * (1 + s)), abs=1e-14)
    assert found.state[0, 1] == pytest.approx(1j * rabi / (1 + s), abs=1e-14)
    assert found.stats["cutoff"] == ()
    assert found.error < 1e-13


def test_cold_source_leaves_the_vacuum():
    found = checked(Fock().steady_state(te.thermal_link(n_th=0.0, kappa=0.1, detuning=0.3)))
    assert found.status.ok
    np.testing.assert_allclose(found.state, np.diag([1, 0, 0, 0]), rtol=0, atol=1e-14)


# --- the symmetry, and both solvers ---------------------------------------------------------------


def test_the_sector_is_all_there_is():
    """The same network solved with every element kept: coherences of unequal charge stay zero."""
    network = te.thermal_link(n_th=0.6, kappa=0.4, detuning=(0.2, -0.1), dephasing=0.05)
    within = problem(network, "direct")
    everything = relax_unique(replace(within, numbers=None), (7,))
    sector = relax_unique(within, (7,))
    assert everything.elements == 28**2
    assert sector.elements < 16 * 7
    np.testing.assert_allclose(everything.state, sector.state, rtol=0, atol=1e-13)


def driven_link():
    """A coherent drive on the first of two qubits behind a thermal source: no U(1) symmetry."""
    drive = 0.4 * np.array([[0, 1], [1, 0.5]])
    link = te.thermal_link(n_th=0.5, kappa=0.3, dephasing=0.1)
    return te.Network(
        nodes=(
            link.modes[0],
            te.Qudit(name="q1", lower=SIGMA_MINUS, local_hamiltonian=drive),
            te.Qubit(name="q2"),
        ),
        exchange=link.exchange,
        decay=link.decay,
    )


def two_modes(n_th=(0.4, 0.2)):
    """Two modes and two qubits, everything coupled to everything."""
    v = np.array([[0.5, 0.3j], [0.4, -0.3], [1.0, 0.2], [0.3, 1.0j]])
    exchange = np.zeros((4, 4), complex)
    exchange[0, 1], exchange[0, 2], exchange[1, 3] = 0.2, 0.3j, 0.5
    return te.Network(
        nodes=(
            te.Mode(name="a", bath_rate=0.5, n_th=n_th[0]),
            te.Mode(name="b", bath_rate=0.8, n_th=n_th[1]),
            te.Qubit(name="q1"),
            te.Qubit(name="q2"),
        ),
        exchange=exchange + exchange.conj().T,
        decay=v @ v.conj().T,
    )


SYSTEMS = {
    "link": (te.thermal_link(n_th=3.0, kappa=0.05, detuning=0.2), None),
    "fast source": (te.thermal_link(n_th=2.0, kappa=5.0, dephasing=1.0), None),
    "mirror": (mirrored(2.0, 0.3, (1.0, 2.5), (0.3, -0.2), 0.1), None),
    "four qubits": (te.thermal_link(n_th=0.5, kappa=0.2, detuning=0.1, qubits=4), 8),
    "coherent drive": (driven_link(), 10),
    "two modes": (two_modes(), 6),
}


@pytest.mark.parametrize("name", SYSTEMS)
def test_direct_and_iterative_agree(name):
    network, cutoff = SYSTEMS[name]
    direct = Fock(cutoff=cutoff, solver="direct").steady_state(network)
    iterative = Fock(cutoff=cutoff, solver="iterative").steady_state(network)
    assert direct.status.ok
    assert iterative.status.ok
    assert (direct.stats["solver"], iterative.stats["solver"]) == ("direct", "iterative")
    assert distance(direct, iterative) <= (
        direct.stats["solver_error"] + iterative.stats["solver_error"]
    )
    assert iterative.stats["residual"] <= 1e-13
    assert iterative.stats["solver_error"] < 1e-10


def test_auto_factorises_what_takes_seconds_and_iterates_the_rest():
    quick = problem(te.thermal_link(n_th=1e3, kappa=0.1), "auto")
    assert quick.choose(quick.cost((12_000,))) == "direct"
    large = problem(te.thermal_link(n_th=1.0, kappa=0.1, qubits=6), "auto")
    assert large.choose(large.cost((30,))) == "iterative"


# --- errors are bounds ----------------------------------------------------------------------------


def random_network(rng):
    kappa = 10 ** rng.uniform(-2, 1)
    n_th = rng.choice([0.05, 0.5, 2.0, 5.0])
    kind = rng.integers(3)
    if kind == 0:
        gamma, detuning = tuple(rng.uniform(0.2, 2, 2)), tuple(rng.normal(size=2))
        return te.thermal_link(n_th=n_th, kappa=kappa, gamma=gamma, detuning=detuning)
    if kind == 1:
        return mirrored(n_th, kappa, rng.uniform(0, 6, 2), rng.normal(size=2), 0.05)
    exchange = np.zeros((3, 3))
    exchange[0, 1:] = exchange[1:, 0] = 10 ** rng.uniform(-1, 1, 2)
    return te.Network(
        nodes=(te.Mode(bath_rate=kappa, n_th=n_th), te.Qubit(name="a"), te.Qubit(name="b")),
        exchange=exchange,
        decay=np.diag([kappa, 0.5, rng.uniform(0.05, 1)]),
    )


@pytest.mark.parametrize(
    "seed", [*range(10), *(pytest.param(n, marks=pytest.mark.long) for n in range(10, 40))]
)
def test_error_bounds_the_true_one_at_any_cutoff(seed):
    """Against a much larger cutoff; never above the bound, and within a factor of 1000 of it."""
    network = random_network(np.random.default_rng([7, seed]))
    exact = Fock(tolerance=1e-13).steady_state(network)
    assert exact.stats["truncation"] < 1e-13
    levels = exact.stats["cutoff"]
    for cutoff in sorted({2, 3, 5, max(2, levels // 4), max(2, levels // 2)}):
        found = Fock(cutoff=cutoff).steady_state(network)
        true = distance(found, exact)
        assert true <= found.error
        assert found.error < 1e3 * true or found.error < 1e-10


@pytest.mark.parametrize("tolerance", [1e-2, 1e-5, 1e-8, 1e-11])
def test_tolerance_is_kept_without_waste(tolerance):
    network = mirrored(3.0, 0.4, (0.7, 2.2), (0.3, -0.3), 0.1)
    exact = Fock(tolerance=1e-13).steady_state(network)
    found = Fock(tolerance=tolerance).steady_state(network)
    assert found.status.ok
    assert distance(found, exact) <= found.error <= 1.1 * tolerance
    # The bound is up to ten times the error; two thirds of the levels would not have done.
    fewer = Fock(cutoff=found.stats["cutoff"] * 2 // 3).steady_state(network)
    assert fewer.error > tolerance
    assert distance(fewer, exact) > tolerance / 10


@pytest.mark.parametrize("pump", [0.5, 5.0])
def test_cutoff_grows_where_emitters_heat_the_mode(pump):
    """An inverted qubit feeds a cold cavity: the modes alone say nothing of the cutoff."""
    network = te.Network(
        nodes=(
            te.Mode(name="cavity"),
            te.Qudit(name="q", lower=SIGMA_MINUS, local_jumps=(np.sqrt(pump) * PUMP,)),
        ),
        exchange=np.array([[0, 1.0], [1.0, 0]]),
        decay=np.diag([0.1, 0.2]),
    )
    found = checked(Fock(tolerance=1e-8).steady_state(network))
    larger = Fock(cutoff=2 * found.stats["cutoff"]).steady_state(network)
    assert found.status.ok
    assert found.stats["cutoff"] > 12
    assert distance(found, larger) <= found.error <= 1.1e-8


def test_each_mode_gets_its_own_cutoff():
    found = Fock(tolerance=1e-3).steady_state(two_modes((0.5, 0.02)))
    hot, cold = found.stats["cutoff"]
    assert found.status.ok
    assert hot > cold
    larger = Fock(tolerance=1e-4).steady_state(two_modes((0.5, 0.02)))
    assert distance(found, larger) <= found.error + larger.error <= 1.2e-3
