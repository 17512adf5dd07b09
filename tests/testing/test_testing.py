"""The generators and assertions of `thermalent.testing`: that they hold, and that they fail."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thermalent as te
from tests.support.pages import examples
from tests.support.plans import run_otherwise
from thermalent import testing
from thermalent.testing import assert_methods_agree, assert_state, assert_within_errors


@pytest.mark.parametrize("kind", testing.KINDS)
def test_a_seed_gives_the_same_network_and_its_expression_builds_it(kind):
    for seed in range(20):
        network = testing.random_network(kind, np.random.default_rng(seed))
        again = testing.random_network(kind, np.random.default_rng(seed))
        built = eval(testing.expression(network), {"te": te})
        for other in (again, built):
            assert other.label == network.label
            # The label says what a network is called, not what it is.
            assert replace(other, label=network.label).differences(network) == ()


def test_expressions_of_qudits_and_collective_spins():
    network = te.cooperative(qubits=2)
    clock = te.clockwork()
    for given_network in (network, clock):
        built = eval(testing.expression(given_network), {"te": te})
        pairs = zip(built.emitters, given_network.emitters, strict=True)
        for one, other in pairs:
            np.testing.assert_array_equal(one.lowering, other.lowering)
            np.testing.assert_array_equal(one.hamiltonian, other.hamiltonian)
            assert all(map(np.array_equal, one.collapse_operators, other.collapse_operators))


def test_kinds_are_what_they_say():
    rng = np.random.default_rng(3)
    for _ in range(30):
        rings = testing.random_network("cold_rings", rng)
        assert all(mode.n_th == 0 for mode in rings.modes)
        assert len(testing.random_network("several_modes", rng).modes) == 2
        both = testing.random_network("bidirectional", rng)
        # A cascade has J = -(i/2) G below the diagonal; light both ways does not.
        lower = np.tril(both.exchange + 0.5j * both.decay, -1)
        assert np.max(np.abs(lower)) > 1e-6
    spans = []
    for _ in range(30):
        wide = testing.random_network("many_decades", rng)
        rates = [mode.bath_rate for mode in wide.modes] + [g.real for g in np.diag(wide.decay)]
        spans.append(np.log10(max(rates) / min(rates)))
    assert np.median(spans) > 4


@settings(max_examples=20)
@given(st.sampled_from(testing.KINDS).flatmap(testing.networks))
def test_drawn_networks_are_networks(network):
    assert isinstance(network, te.Network)


@settings(max_examples=30)
@given(testing.states((2, 3)), testing.times(count=4))
def test_drawn_states_and_times(rho, times):
    assert rho.shape == (6, 6)
    assert_state(rho)
    assert times.shape == (4,)
    assert np.all(np.diff(times) > 0)


def test_random_states_point_in_every_direction():
    """Their mean is the completely mixed state."""
    rng = np.random.default_rng(11)
    states = np.array([testing.random_state((2, 2), rng) for _ in range(2000)])
    off = states.mean(axis=0) - np.eye(4) / 4
    for part in (off.real, off.imag):
        assert np.all(np.abs(part) < 5 * states.std(axis=0) / np.sqrt(2000) + 1e-12)


def test_random_states_and_times():
    rng = np.random.default_rng(1)
    ranks = set()
    for _ in range(40):
        rho = testing.random_state((2, 2), rng)
        assert_state(rho)
        ranks.add(int(np.linalg.matrix_rank(rho, tol=1e-9)))
    assert ranks == {1, 2, 3, 4}
    assert np.all(np.diff(testing.random_times(rng, count=5)) > 0)


def test_bad_arguments():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"Argument `kind` must be one of .*, but is 'odd'"):
        testing.random_network("odd", rng)
    with pytest.raises(ValueError, match=r"Argument `kind` must be one of .*, but is 'odd'"):
        testing.networks("odd")
    with pytest.raises(ValueError, match="Argument `longest` must be above `shortest` = 2"):
        testing.random_times(rng, shortest=2.0, longest=1.0)
    with pytest.raises(ValueError, match="Argument `found` must be a result, or an array of shape"):
        assert_state(np.zeros(3))


@pytest.mark.parametrize(
    ("rho", "message"),
    [
        ([[0.5, 0], [0, 0.6]], r"the trace of the state is 1.1.*off by 0.1, allowed are 1e-12"),
        ([[0.5, 0.3], [0.1, 0.5]], r"the state differs from its adjoint by 0.2"),
        ([[0.5, 0.6], [0.6, 0.5]], r"the smallest eigenvalue of the state is -0.1"),
        ([[np.nan, 0], [0, 1]], r"the state holds elements that are not finite"),
        ([np.eye(2) / 2, np.eye(2)], r"the trace of state 1 is 2"),
    ],
)
def test_what_is_no_state_is_said(rho, message):
    with pytest.raises(AssertionError, match=message):
        assert_state(rho)


def test_states_of_results():
    network = te.thermal_link(0.5, 0.5)
    steady = te.steady_state(network)
    assert_state(steady)
    evolution = te.evolve(network, [0.5, 1.0], "01")
    assert_state(evolution)
    evolution.states[1] *= 1.1
    with pytest.raises(AssertionError, match=r"the trace of the state at t = 1 is 1\.(1|0999)"):
        assert_state(evolution)
    assert_state(1.001 * steady.state, tolerance=0.01)


def test_a_number_outside_its_error_is_said():
    number = te.Estimate(0.25, 1e-3, "a test")
    assert_within_errors(number, 0.2505)
    with pytest.raises(
        AssertionError, match=r"the concurrence is 0.25 and should be 0.2999.*: off"
    ):
        assert_within_errors(number, 0.3 - 1e-9, name="the concurrence")
    with pytest.raises(AssertionError, match=r"off by 0.05, 50 times the stated error 0.001"):
        assert_within_errors(number, 0.3)
    with pytest.raises(
        AssertionError, match=r"25 times the stated error 0.001 and the error 0.001"
    ):
        assert_within_errors(number, 0.3, expected_error=1e-3)
    with pytest.raises(
        AssertionError, match=r"stated error of the number is 0.001, allowed are 1e"
    ):
        assert_within_errors(number, 0.25, largest=1e-6)
    with pytest.raises(AssertionError, match=r"stated error of the number is not finite"):
        assert_within_errors(te.Estimate(0.25, np.nan, "a test"), 0.25)
    with pytest.raises(AssertionError, match=r"is nan and should be 1"):
        assert_within_errors(float("nan"), 1.0, error=10.0)
    with pytest.raises(ValueError, match="Argument `error` must be given"):
        assert_within_errors(0.25, 0.25)


def test_arrays_name_the_element():
    with pytest.raises(AssertionError, match=r"the number\[1\] is 2 .*10 times.*1 of 3 elements"):
        assert_within_errors([1.0, 2.0, 3.0], [1.0, 3.0, 3.0], error=0.1)
    steady = te.steady_state(te.thermal_link(0.5, 0.5))
    assert_within_errors(steady, steady.state, largest=1e-8)
    moved = steady.state + 1e-3 * np.diag([1, 0, 0, 0])
    with pytest.raises(AssertionError, match=r"the number\[0, 0\].*off by 0.001"):
        assert_within_errors(steady, moved)
    evolution = te.evolve(te.thermal_link(0.5, 0.5), [0.5, 1.0], "01")
    assert_within_errors(evolution, evolution.states)
    with pytest.raises(AssertionError, match=r"the number\[1, 2, 2\].*off by 0.1"):
        assert_within_errors(
            evolution, evolution.states + 0.1 * (np.arange(32) == 26).reshape(2, 4, 4)
        )


def test_methods_agree_and_disagree():
    network = te.thermal_link(0.1, 1.0)
    results = assert_methods_agree(network, te.ContinuedFraction(), te.Fock())
    assert set(results) == {"ContinuedFraction", "Fock"}
    assert_methods_agree(network)
    assert_methods_agree(network, times=[0.5], initial="01")
    for methods in (
        (te.ContinuedFraction(), te.FieldTrajectories(n=256, seed=1)),
        (te.FieldTrajectories(n=256, seed=1), te.ContinuedFraction()),  # of whichever comes first
    ):
        assert_methods_agree(network, *methods)
    with pytest.raises(ValueError, match="Argument `methods` must be at least two"):
        assert_methods_agree(network, te.Fock())
    with pytest.raises(ValueError, match="Argument `methods` must be exact or statistical"):
        assert_methods_agree(network, te.Fock(), te.Bourret())


def test_a_wrong_method_is_named(monkeypatch):
    def wrong(plan):
        result = plan.run()
        result.state[0, 0] += 1e-3
        result.state[3, 3] -= 1e-3
        return result

    run_otherwise(monkeypatch, te.Fock, wrong)
    with pytest.raises(AssertionError, match=r"ContinuedFraction \(compared with Fock\).*by 0.001"):
        assert_methods_agree(te.thermal_link(0.5, 1.0))


def test_without_hypothesis_only_the_strategies_are_missing():
    program = (
        "import sys; sys.modules['hypothesis'] = None\n"
        "import numpy as np\n"
        "from thermalent.testing import random_network, assert_state\n"
        "random_network('ordinary', np.random.default_rng(0))\n"
        "try:\n"
        "    from thermalent.testing import networks\n"
        "except ImportError as error:\n"
        "    print(error)\n"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    assert "pip install 'thermalent[testing]'" in found.stdout


def test_the_page_runs():
    """Every example of the page, its property tests included."""
    namespace = {}
    for code in examples("testing.md"):
        exec(code, namespace)
    called = [value for name, value in namespace.items() if name.startswith("test_")]
    assert len(called) == 3
    for test in called:
        test()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("found", {"found": "0.25", "expected": 0.25, "error": 0.1}),
        ("expected", {"found": 0.25, "expected": None, "error": 0.1}),
        ("error", {"found": 0.25, "expected": 0.25, "error": 0.1j}),
        ("expected_error", {"found": 0.25, "expected": 0.25, "error": 0.1, "expected_error": "1"}),
    ],
)
def test_what_is_no_number_is_refused_by_name(name, arguments):
    with pytest.raises(ValueError, match=f"Argument `{name}` must be a number or an array"):
        assert_within_errors(**arguments)
