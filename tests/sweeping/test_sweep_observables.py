"""Numbers read off a state: what their errors promise, they keep."""

import numpy as np
import pytest

import thermalent as te
from thermalent.operators.distances import physical
from thermalent.operators.reading.observables import TABLE
from thermalent.solution.result import ErrorEstimate, SteadyState
from thermalent.sweeping.reading.observables import as_observables, expanded

NETWORK = te.thermal_link(n_th=1, kappa=1)
PAIR = [
    "concurrence", "negativity", "logarithmic_negativity", "entanglement_of_formation",
    "purity", "entropy", "purity[q1]", "entropy[q2]",
    "populations[S]", "populations[11]", "fidelity[Phi+]", "fidelity[01]",
]  # fmt: skip


def random_state(rng, rank, x_form):
    root = rng.normal(size=(4, rank)) + 1j * rng.normal(size=(4, rank))
    root *= 10.0 ** rng.uniform(-4, 0, (4, 1))  # populations of very different size
    rho = root @ root.conj().T
    if x_form:
        rho *= np.eye(4) + np.fliplr(np.eye(4)) > 0
    return rho / np.trace(rho).real


def moved(rho, eps, rng, x_form):
    """A state whose elements differ by up to eps each."""
    change = rng.uniform(-1, 1, (4, 4)) + 1j * rng.uniform(-1, 1, (4, 4))
    if x_form:
        change *= np.eye(4) + np.fliplr(np.eye(4)) > 0
    change = change + change.conj().T
    change -= np.eye(4) * np.trace(change) / 4
    return physical("rho", rho + eps * change / np.max(np.abs(change)), 1.0)


def result(rho, error):
    method = te.ContinuedFraction().record
    return SteadyState(network=NETWORK, method=method, state=rho, error=ErrorEstimate(error, ""))


@pytest.mark.parametrize("x_form", [True, False])
@pytest.mark.parametrize("eps", [1e-9, 1e-5, 1e-2])
def test_errors_hold_for_states_that_are_off_by_as_much(rng, eps, x_form):
    observables = as_observables(PAIR)
    tight = dict.fromkeys(PAIR, 0.0)
    for _ in range(6):
        true = random_state(rng, rng.integers(1, 5), x_form)
        seen = moved(true, eps, rng, x_form)
        error = float(np.max(np.abs(seen - true)))
        for one in observables:
            exact = one.read(result(true, 0.0))[0]
            value, claimed = one.read(result(seen, error))
            # Rounding of the measures themselves: 2e-16/sqrt(p) with p >= 1e-12 here.
            assert abs(value - exact) <= claimed + 1e-9
            tight[one.name] = max(tight[one.name], abs(value - exact) / claimed)
    # A bound that is never approached says nothing: every one is used to a thousandth at least.
    assert min(tight.values()) > 1e-3


def test_an_error_too_small_by_ten_is_noticed(rng):
    """The negative control: the test above can fail."""
    one, misses = as_observables("populations[00]")[0], 0
    for _ in range(20):
        true = random_state(rng, 4, True)
        seen = moved(true, 1e-5, rng, True)
        error = float(np.max(np.abs(seen - true)))
        value, claimed = one.read(result(seen, error / 10))
        misses += abs(value - one.read(result(true, 0.0))[0]) > claimed
    assert misses > 0


def test_a_root_at_zero_counts_in_full():
    """An empty state beside a full one: C falls by twice the root of what is missed."""
    rho = np.diag([0.5, 0.25, 0.25, 0.0]).astype(complex)
    rho[1, 2] = rho[2, 1] = -0.25
    value, claimed = as_observables("concurrence")[0].read(result(rho, 1e-8))
    other = rho + np.diag([0.0, 0.0, 0.0, 1e-8]) - np.diag([1e-8, 0, 0, 0])
    change = value - te.concurrence(other)
    # Changes outside of the X are bounded as well, so it is not the bound of the X alone.
    assert 1e-4 < change <= claimed < 5 * change


def test_functions_have_errors_by_moving_the_state():
    rho = te.steady_state(NETWORK).state
    by_name = as_observables("populations[S]")[0].read(result(rho, 1e-6))
    by_function = as_observables({"singlet": lambda r: r.populations()["S"]})[0]
    value, claimed = by_function.read(result(rho, 1e-6))
    assert value == pytest.approx(by_name[0], abs=1e-15)
    # Linear: the largest change is 2 eps; the moves of elements one by one cannot cancel.
    assert by_name[1] / 2 <= claimed <= 2 * by_name[1]


def test_functions_may_bring_their_error():
    one = as_observables({"pair": lambda r: (1.5, 0.25)})[0]
    assert one.read(result(np.eye(4) / 4, 1e-9)) == (1.5, 0.25)


def test_an_unknown_error_stays_unknown():
    for one in as_observables([*PAIR, purity_of]):
        value, error = one.read(result(np.eye(4) / 4, float("inf")))
        assert np.isfinite(value)
        assert np.isnan(error)


def purity_of(result):
    return result.purity()


def test_names_agree_with_the_methods_of_a_result():
    solved = te.steady_state(te.thermal_link(n_th=20, kappa=0.1))
    read = {one.name: one.read(solved)[0] for one in as_observables(PAIR)}
    assert read["concurrence"] == solved.concurrence()
    assert read["negativity"] == solved.negativity()
    assert read["purity[q1]"] == solved.purity("q1")
    assert read["entropy"] == solved.entropy()
    assert read["populations[S]"] == pytest.approx(solved.populations()["S"], abs=1e-15)
    fidelity = te.fidelity(solved.state, te.states.bell("Phi+"), squared=True)
    assert read["fidelity[Phi+]"] == pytest.approx(fidelity, abs=1e-14)


def test_populations_stand_for_all_of_them():
    names = [one.name for one in expanded(as_observables("populations"), NETWORK)]
    assert names == [f"populations[{label}]" for label in ("00", "S", "T", "11")]
    three = te.thermal_link(n_th=1, kappa=1, qubits=3)
    assert len(expanded(as_observables("populations"), three)) == 8
    some = expanded(as_observables("populations[00,q1,q3]"), three)
    assert (some[0].label, some[0].emitters) == ("00", ("q1", "q3"))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("concurence", "nearest: 'concurrence'"),
        ("purity[q9]", "nearest: 'q"),
        ("concurrence[q1]", "of two emitters"),
        ("fidelity", "with a state in brackets"),
        ("fidelity[Q]", "Bell state"),
        ("populations[012]", "one level for each of 2 subsystems"),
        (["purity", "purity"], "different names"),
        ({"error": "purity"}, "different names"),
        ([], "one name or function at least"),
        ([lambda r: 0.0], "functions with a name of their own"),
        (7, "names or functions"),
    ],
)
def test_bad_observables_are_named(given, words):
    with pytest.raises(ValueError, match="Argument `observables` must be") as caught:
        expanded(as_observables(given), NETWORK)
    assert words in str(caught.value)


def test_every_name_can_be_read():
    solved = te.steady_state(NETWORK)
    for name in TABLE:
        given = f"{name}[S]" if name == "fidelity" else name
        for one in expanded(as_observables(given), NETWORK):
            assert np.all(np.isfinite(one.read(solved)))
