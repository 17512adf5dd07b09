"""A source that starts empty or coherent: the hierarchy against independent routes."""

import numpy as np
import pytest
from scipy.special import eval_genlaguerre, factorial

import thermalent as te
from tests.support.brute_force import BruteForce
from tests.support.long_ones import ordinary_and_long
from thermalent.continued_fraction.chain.assembly import assemble, offsets
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.dynamics import all_tiers, coherent_source
from thermalent.continued_fraction.dynamics.all_tiers import AllTierSteps
from thermalent.continued_fraction.dynamics.coherent_source import SharpStart, factors

TIMES = np.array([0.0, 0.3, 2.0, 8.0])
EXACT = te.ContinuedFraction(rtol=1e-9)


def random_state(seed, d):
    rng = np.random.default_rng(seed)
    psi = rng.normal(size=d) + 1j * rng.normal(size=d)
    return np.outer(psi, psi.conj()) / np.vdot(psi, psi).real


def distance(a, b):
    return np.max(np.abs(a - b), axis=(1, 2))


def detuned_source():
    """A link whose filter is off the frequency that all phases turn with."""
    net = te.thermal_link(0.6, 0.4, detuning=(0.3, 0.0))
    exchange = net.exchange.copy()
    exchange[0, 0] += 0.7
    return te.Network(nodes=net.nodes, exchange=exchange, decay=net.decay)


@pytest.mark.parametrize("detuning", [(0.0, 0.0), (0.4, -0.7)], ids=["resonant", "detuned"])
@pytest.mark.parametrize("source", ["empty", 0.6 - 0.3j])
def test_any_start_evolves_as_in_the_full_product_space(source, detuning):
    """Random pure states with every coherence, and a field with a phase."""
    n_th, kappa, gamma, rho = 0.1, 0.6, (1.0, 0.7), random_state(1, 4)
    brute = BruteForce(n_th, kappa, gamma, detuning, cutoff=12)
    expected = brute.over_time(brute.start(rho, source), TIMES, brute.emitters)
    net = te.thermal_link(n_th, kappa, gamma, detuning=detuning)
    found = te.evolve(net, TIMES, rho, EXACT, source=source)
    # Beyond 12 quanta the thermal state holds (n/(2+n))^12 = 1e-16, the coherent one 1e-13.
    assert np.all(distance(found.states, expected) <= found.error + 1e-11)
    assert np.all(distance(found.states, expected) < 1e-8)
    if source != "empty":
        # Negative control: the field's phase is in the states.
        wrong = te.evolve(net, TIMES, rho, EXACT, source=np.conj(source))
        assert np.max(distance(wrong.states, expected)) > 1e-2


@pytest.mark.parametrize(
    ("network", "source"),
    [
        (te.thermal_link(5.0, 0.1), "empty"),
        (te.thermal_link(2.0, 0.2), 1.2j),
        (te.phononic_link(0.4, 0.3, positions=(1.0, 2.3), detuning=(0.1, 0.0)), "empty"),
        (te.phononic_link(0.4, 0.3, positions=(1.0, 2.3), detuning=(0.1, 0.0)), 0.8 - 0.5j),
        (detuned_source(), 0.8 - 0.5j),
        (te.thermal_link(0.5, 0.4, qubits=1), 1.5j),
    ],
)
def test_agrees_with_fock_states(network, source):
    rho = random_state(7, int(np.prod(network.dims)))
    found = te.evolve(network, TIMES, rho, EXACT, source=source)
    expected = te.evolve(network, TIMES, rho, te.Fock(), source=source)
    off = distance(found.states, expected.states)
    assert np.all(off < 1e-8)
    assert np.all(off <= found.error + expected.error)


def test_three_qubits():
    net, rho, times = te.thermal_link(0.5, 0.4, qubits=3), random_state(2, 8), [0.5, 3.0]
    found = te.evolve(net, times, rho, te.ContinuedFraction(rtol=1e-6), source=0.7j)
    expected = te.evolve(net, times, rho, te.Fock(), source=0.7j)
    assert np.all(distance(found.states, expected.states) <= found.error + expected.error)


@pytest.mark.parametrize("source", ["empty", np.sqrt(50.0)])
def test_agrees_with_trajectories(source):
    net = te.thermal_link(100.0, 0.01, detuning=(0.1, 0.0))
    times = np.array([1.0, 6.0, 20.0])
    exact = te.evolve(net, times, "00", te.ContinuedFraction(rtol=1e-6), source=source)
    runs = te.evolve(net, times, "00", te.FieldTrajectories(n=2000), source=source)
    assert np.all(distance(runs.states, exact.states) < 4 * runs.error + exact.error)
    # Negative control: they tell this start from the stationary one.
    other = te.evolve(net, times, "00", te.ContinuedFraction(rtol=1e-6))
    assert np.all(distance(runs.states, other.states) > 10 * runs.error)


def test_a_room_temperature_source_at_early_times_as_in_fock_space():
    """n_th = 1220: at first it holds few quanta, and Fock states can follow those."""
    net, times = te.thermal_link(1220.0, 1e-3), np.array([0.3, 3.0])
    found = te.evolve(net, times, "00", te.ContinuedFraction(rtol=1e-8), source="empty")
    expected = te.evolve(net, times, "00", te.Fock(tolerance=1e-7), source="empty")
    assert np.all(distance(found.states, expected.states) <= found.error + expected.error)


@pytest.mark.parametrize(
    ("source", "n_th", "kappa"),
    [
        ("empty", 2.0, 0.4),
        ("empty", 1220.0, 1e-3),
        (3.0 + 1.0j, 2.0, 0.4),
        pytest.param(3.0 + 1.0j, 1220.0, 1e-3, marks=pytest.mark.long),
    ],
)
def test_long_times_forget_the_start(n_th, kappa, source):
    net = te.thermal_link(n_th, kappa)
    late = te.evolve(net, [60 / kappa], "00", te.ContinuedFraction(rtol=1e-4), source=source)
    steady = te.steady_state(net)
    # What is left of the source's amplitude: exp(-kappa t) = 1e-26.
    assert np.max(np.abs(late.states[0] - steady.state)) <= late.error[0] + steady.error


def test_no_amplitude_is_empty():
    net, rho = te.thermal_link(1.0, 0.3, detuning=(0.1, 0.0)), random_state(3, 4)
    empty = te.evolve(net, TIMES, rho, EXACT, source="empty")
    for source in (0.0, 1e-12):
        found = te.evolve(net, TIMES, rho, EXACT, source=source)
        # The amplitude enters linearly in the coherences: 1e-12 sqrt(kappa) t.
        assert np.all(distance(found.states, empty.states) <= found.error + empty.error + 1e-11)


@pytest.mark.parametrize("occupation", ordinary_and_long([0.8, 20.0], [20.0]))
def test_coherent_starts_of_thermal_weight_are_the_stationary_start(occupation):
    r"""rho_th = int d^2beta exp(-|beta|^2/V)/(pi V) |beta><beta|; from |00> no phase matters."""
    net, times = te.thermal_link(occupation, 0.1), np.array([0.5, 1.5, 3.0])
    # Large fields have small weights and turn the qubits fast: 24 nodes reach 1e-6 here.
    quanta, weights = np.polynomial.laguerre.laggauss(24)
    keep = weights > 1e-12
    method, error = te.ContinuedFraction(rtol=1e-7), 0.0
    populations = np.zeros((3, 4))
    for x, w in zip(quanta[keep], weights[keep], strict=True):
        beta = np.sqrt(x * occupation / 2)
        found = te.evolve(net, times, "00", method, source=beta)
        populations += w * np.einsum("tii->ti", found.states).real
        error += w * np.max(found.error)
    stationary = te.evolve(net, times, "00", method)
    expected = np.einsum("tii->ti", stationary.states).real
    np.testing.assert_allclose(populations, expected, rtol=0, atol=1e-6 + error)
    # Negative control: weights of twice the temperature do not do it.
    hotter = te.evolve(te.thermal_link(2 * occupation, 0.1), times, "00", method)
    assert np.max(np.abs(np.einsum("tii->ti", hotter.states).real - populations)) > 1e-2


@pytest.mark.parametrize("source", ordinary_and_long(["empty", 2.0j], [2.0j]))
def test_errors_bound_the_difference_to_a_finer_run(source):
    net, times = te.thermal_link(20.0, 0.02, detuning=(0.1, 0.0)), np.geomspace(0.1, 1e5, 9)
    coarse = te.evolve(net, times, "00", te.ContinuedFraction(rtol=1e-5), source=source)
    fine = te.evolve(net, times, "00", te.ContinuedFraction(rtol=1e-8), source=source)
    assert np.all(distance(coarse.states, fine.states) <= coarse.error + fine.error)
    assert np.all(coarse.error <= 1e-4)
    assert coarse.stats["stepped_times"] < len(times)  # both routes are in this


@pytest.mark.parametrize("difference", [-3, -1, 0, 2])
def test_factors_are_laguerre_polynomials(difference):
    variance, beta, p = 0.7, 1.3, abs(difference)
    found = factors(difference, 21, variance, beta)
    for tier in range(22):
        k = (tier - p) // 2
        expected = 0.0
        if tier >= p and (tier - p) % 2 == 0:
            norm = np.sqrt(factorial(k) / factorial(k + p))
            polynomial = eval_genlaguerre(k, p, beta**2 / variance)
            expected = beta**p * (-variance) ** k * norm * polynomial
        assert found[tier] == pytest.approx(expected, abs=1e-12)
    # Without a variance: the moments of a coherent state.
    assert factors(0, 6, 0.0, beta)[6] == pytest.approx(beta**6 / factorial(3))


@pytest.mark.parametrize("block", [0, 96], ids=["lapack", "numba"])
def test_the_transform_of_a_truncated_chain_is_a_dense_solve(monkeypatch, block):
    """The identity at a finite depth, with a start of random numbers on every tier."""
    monkeypatch.setattr(all_tiers, "_SMALL", block)
    rng, h, z, last = np.random.default_rng(5), hierarchy(detuned_source()), 0.2 + 0.4j, 7
    start = SharpStart(h, h.modes[0].variance, random_state(4, 4), 0.6, 1)
    chain = start.chain()
    at = offsets(chain, last)
    b = rng.normal(size=at[-1]) + 1j * rng.normal(size=at[-1])
    matrix = z * np.eye(at[-1]) - assemble(chain, last).toarray()
    expected = np.linalg.solve(matrix, b)[: chain.tier0_size]
    equation = all_tiers.all_tiers_equation(chain, lambda depth: b[: offsets(chain, depth)[-1]])
    found = np.linalg.solve(*equation(z, last))
    assert np.max(np.abs(found - expected)) < 1e-13 * np.max(np.abs(expected))


@pytest.mark.parametrize(
    "network",
    [
        te.thermal_link(1.0, 0.3, detuning=(0.2, -0.4)),
        te.phononic_link(0.4, 0.3, positions=(1.0, 2.3)),
    ],
    ids=["link", "back-action"],
)
def test_a_wider_reference_changes_nothing(monkeypatch, network):
    rho, times, source = random_state(9, 4), np.array([0.3, 4.0, 40.0]), 1.5 + 1.0j
    method = te.ContinuedFraction(rtol=1e-4)
    plain = te.evolve(network, times, rho, method, source=source)
    monkeypatch.setattr(coherent_source, "_STRONG", 2.0)
    monkeypatch.setattr(coherent_source, "_REFERENCE", 1.5)
    wide = te.evolve(network, times, rho, method, source=source)
    assert np.all(distance(plain.states, wide.states) <= plain.error + wide.error)
    assert not np.array_equal(plain.states, wide.states)


def test_a_field_far_stronger_than_the_thermal_one():
    """|beta|^2 = 64 in a cold filter: exp(32) would be lost to cancellation."""
    net, times = te.thermal_link(0.0, 0.1), np.array([0.5, 4.0])
    found = te.evolve(net, times, "01", te.ContinuedFraction(rtol=1e-6), source=8.0)
    expected = te.evolve(net, times, "01", te.Fock(), source=8.0)
    assert np.all(distance(found.states, expected.states) <= found.error + expected.error)


def test_a_run_asked_for_more_than_it_began_with_starts_again():
    h = hierarchy(te.thermal_link(30.0, 0.05))
    start = SharpStart(h, h.modes[0].variance, random_state(0, 4), 0.0, 0)
    chain = start.chain()

    def finer(expected):
        run, _ = AllTierSteps(
            chain,
            lambda last: start.vector(chain, last),
            lambda last: start.generator(chain, last),
            40,
        ).two_runs(1e-9)
        run.expect(np.array([expected]))
        return run

    early, late = finer(1.0), finer(9.0)
    for time in (0.5, 1.0, 9.0):
        assert np.max(np.abs(early.to(time, print) - late.to(time, print))) < 1e-9
    with pytest.raises(ValueError, match=r"cannot go back to t = 2\."):
        late.to(2.0, print)


def test_the_transform_of_a_wide_reference_is_the_same_resolvent():
    h = hierarchy(te.thermal_link(0.0, 0.3))
    referred = coherent_source.referred(h, 6.0)
    assert referred.modes[0].variance == pytest.approx(3.0)
    start = SharpStart(referred, 0.0, random_state(0, 4), 6.0, 0)
    chain = start.chain()
    matrix = start.generator(chain, 30)
    equation = all_tiers.on_all_tiers_wide(
        chain, lambda last: start.vector(chain, last), lambda last: start.generator(chain, last)
    )
    found = np.linalg.solve(*equation(0.3, 30))
    right = start.vector(chain, 30).astype(complex)
    expected = np.linalg.solve(0.3 * np.eye(len(right)) - matrix.toarray(), right)
    assert np.max(np.abs(found - expected[: chain.tier0_size])) < 1e-11


@pytest.mark.parametrize("source", ["stationary", "empty", 0.5])
def test_the_hierarchy_is_the_default_for_every_start(source):
    found = te.evolve(te.thermal_link(0.3, 0.5), [1.0], "00", source=source)
    assert found.method.name == "ContinuedFraction"
    assert te.ContinuedFraction().evolution_refusal(found.network, source) is None


def test_starts_that_have_no_meaning():
    net = te.thermal_link(1.0, 0.1)
    for source in ("warm", np.nan, np.inf, None, [1.0, np.nan], [[1.0]], []):
        with pytest.raises(ValueError, match=r"`source` must be 'stationary', 'empty' or a finite"):
            te.evolve(net, [1.0], "00", EXACT, source=source)
    two = te.ring_resonators(coupling=(0.1, 0.2))
    with pytest.raises(te.MethodError, match=r"does not evolve this network: .*there are 1 for 2"):
        te.evolve(two, [1.0], "10", EXACT, source=1.0)
    with pytest.raises(te.MethodError, match=r"there are 2 for 1"):
        te.evolve(net, [1.0], "00", EXACT, source=(1.0, 0.0))
    same = [te.evolve(net, [1.0], "00", EXACT, source=source) for source in (0.5j, [0.5j])]
    assert np.array_equal(same[0].states, same[1].states)


@pytest.mark.parametrize("quanta", [2, 3])
def test_an_imaginary_coherence_alone_evolves_as_in_fock_space(quanta):
    """It begins on another tier than the populations, which are real as the network is."""
    spin = te.CollectiveSpin(name="s", qubits=quanta)
    network = te.Network(
        nodes=(te.Mode(bath_rate=0.6, n_th=0.1), spin),
        exchange=0.5j * np.sqrt(0.6) * np.array([[0, 1], [-1, 0]]),
        decay=np.outer(*2 * [np.sqrt([0.6, 1.0])]),
    )
    rho = np.diag(np.full(quanta + 1, 1 / (quanta + 1))).astype(complex)
    rho[0, quanta], rho[quanta, 0] = 0.2j, -0.2j
    found = te.evolve(network, TIMES, rho, EXACT, source=0.5)
    expected = te.evolve(network, TIMES, rho, te.Fock(tolerance=1e-8), source=0.5)
    assert np.all(distance(found.states, expected.states) <= found.error + expected.error)
    assert np.max(np.abs(expected.states[1, 0, quanta].imag)) > 1e-2
