"""Numbers and arrays that know their errors behave as plain ones."""

import copy
import json
import pickle

import numpy as np
import pytest

import thermalent as te
from thermalent.operators.estimates import Estimate, Estimates


@pytest.fixture
def number():
    return Estimate(0.25, 1e-9, "by hand")


@pytest.fixture
def array():
    return Estimates(np.array([0.1, 0.2, 0.4]), np.array([1e-9, 2e-9, 4e-9]), "by hand")


def test_a_number_prints_formats_and_computes_as_a_float(number):
    assert isinstance(number, float)
    assert repr(number) == "0.25"
    assert str(number) == "0.25"
    assert f"{number:.3f}" == "0.250"
    assert json.dumps(number) == "0.25"
    assert type(number + 1) is float
    assert type(round(number, 1)) is float
    assert np.array([number]).dtype == np.float64
    assert {number: 1}[0.25] == 1


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_works_no_errors_out(copied):
    """Plots copy what they draw; the errors of noisy concurrences take a thousand times as long."""
    calls = []
    lazy = Estimates([0.1, 0.2], lambda: calls.append(1) or np.array([1e-9, 2e-9]), "lazily")
    again = copied(lazy)
    assert not calls
    assert again.error.tolist() == lazy.error.tolist() == [1e-9, 2e-9]
    assert len(calls) == 1


def test_an_error_is_worked_out_once_when_asked_for():
    calls = []
    lazy = Estimate(1.0, lambda: calls.append(1) or 0.5, "lazily")
    assert not calls
    assert lazy.error == lazy.error == 0.5
    assert calls == [1]


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_copies_keep_the_error(number, array, again):
    lazy = Estimate(0.25, lambda: 1e-9, "by hand")
    for one in (number, lazy):
        assert (again(one), again(one).error, again(one).how) == (0.25, 1e-9, "by hand")
    twin = again(array)
    assert np.array_equal(twin, array)
    assert np.array_equal(twin.error, array.error)
    assert twin.how == "by hand"


def test_elements_and_slices_of_an_array_keep_their_errors(array):
    assert isinstance(array, np.ndarray)
    assert (array[1], array[1].error, array[-1].how) == (0.2, 2e-9, "by hand")
    assert np.array_equal(array[1:].error, [2e-9, 4e-9])
    assert np.array_equal(array[array > 0.15].error, [2e-9, 4e-9])
    assert [one.error for one in array] == [1e-9, 2e-9, 4e-9]


@pytest.mark.parametrize(
    "computed",
    [
        lambda a: a + 1, lambda a: 1 - a, lambda a: a * a, lambda a: -a, np.sqrt, np.cumsum,
        lambda a: a.round(1), lambda a: a.copy(), lambda a: a.reshape(3, 1), lambda a: a.T,
        lambda a: a.astype(complex), lambda a: np.stack([a, a]), lambda a: np.concatenate([a, a]),
        lambda a: np.where(a > 0.2, a, 0.0), lambda a: np.outer(a, a), np.asarray,
        lambda a: np.maximum(a, 0.2), lambda a: a.clip(0, 0.2), lambda a: np.array([0.1] * 3) + a,
    ],
)  # fmt: skip
def test_what_is_computed_from_an_array_is_plain(array, computed):
    found = computed(array)
    plain = computed(np.array([0.1, 0.2, 0.4]))
    assert np.array_equal(found, plain)
    if computed is not np.asarray:  # the only one that numpy does not tell us of
        assert type(found) is np.ndarray


def test_reductions_of_an_array_are_plain_numbers(array):
    by_name = np.mean(a=array)
    for found in (array.max(), array.sum(), np.max(array), by_name, np.mean(array), array @ array):
        assert type(found) is np.float64
    assert repr(array) == repr(np.array([0.1, 0.2, 0.4]))
    assert str(array) == "[0.1 0.2 0.4]"


def test_writing_into_a_plain_array(array):
    target = np.zeros(3)
    target += array
    target[:2] = array[:2]
    assert np.array_equal(target, [0.1, 0.2, 0.4])


NETWORK = te.thermal_link(n_th=0.5, kappa=0.4)
THREE = te.thermal_link(n_th=0.5, kappa=0.4, qubits=3)
# What a result says of its state that is a matrix, a vector, an object of another library, or no
# number.
NOT_NUMBERS = {"reduced", "to_qutip", "to_xarray", "to_pandas", "plot", "plot_bloch", "animate",
             "at", "bloch", "save"}  # fmt: skip
NEEDED = {"fidelity": "S", "expectation": np.diag([0.0, 1, 1, 2])}  # arguments by method


def numbers_of(result):
    """Every public method that returns numbers, called."""
    names = [n for n in dir(type(result)) if not n.startswith("_") and n not in NOT_NUMBERS]
    for name in names:
        member = getattr(result, name, None)
        if callable(member) and callable(getattr(type(result), name)):
            found = member(NEEDED[name]) if name in NEEDED else member()
            yield from found.items() if isinstance(found, dict) else [(name, found)]


def test_every_number_of_a_steady_state_knows_its_error():
    found = dict(numbers_of(te.steady_state(NETWORK)))
    assert {"concurrence", "negativity", "purity", "entropy", "S", "fidelity"} <= set(found)
    for name, value in found.items():
        assert isinstance(value, float), name
        assert 0 < value.error < 1e-8 or value == value.error == 0, name
        assert "bound" in value.how, name
    assert (
        found["concurrence"] == found["concurrence"].error == 0
    )  # far from entangled: surely zero


def test_every_number_of_an_entangled_steady_state_has_an_error_above_zero():
    for name, value in numbers_of(te.steady_state(te.thermal_link(n_th=50.0, kappa=0.01))):
        assert 0 < value.error < 1e-8, name


def test_every_number_of_an_evolution_knows_its_error():
    evolution = te.evolve(NETWORK, [0.0, 1.0, 5.0], "10")
    steady = dict(numbers_of(te.steady_state(NETWORK)))
    found = dict(numbers_of(evolution))
    assert set(found) == set(steady)  # no measure that the one has and the other lacks
    for name, values in found.items():
        assert isinstance(values, np.ndarray), name
        assert values.shape == values.error.shape == (3,), name
        certain = (values == 0) & (values.error == 0)  # far from entangled
        assert np.all(((values.error > 0) & (values.error < 1e-3)) | certain), name
        assert not np.any(certain[:2]), name
    at = evolution.at(1)
    assert found["concurrence"][1] == at.concurrence()
    assert found["concurrence"].error[1] == pytest.approx(at.concurrence().error, rel=1e-6)
    assert found["fidelity"].error[1] == pytest.approx(at.fidelity("S").error, rel=1e-12)


def test_named_emitters_and_larger_networks():
    solved = te.steady_state(THREE)
    for value in (
        solved.populations("q1", "q3")["S"],
        solved.purity("q2"),
        solved.entropy("q3", "q1"),
    ):
        # Each element of a reduced state is a sum of elements, with all their errors.
        assert solved.error < value.error < 1e-6
    assert set(solved.populations()) == {f"{i:03b}" for i in range(8)}
    both = solved.error.elements[[2, 3], [2, 3]].sum()  # with q3 in either state
    assert both <= solved.fidelity("01", "q1", "q2").error <= both + 1e-15


def test_an_unknown_error_is_said_to_be_unknown():
    for value in (
        te.steady_state(te.thermal_link(n_th=50, kappa=1e-3), te.Quasistatic()).concurrence(),
        te.steady_state(te.thermal_link(n_th=50, kappa=1e-3), te.Quasistatic()).populations()["S"],
    ):
        assert np.isnan(value.error)
        assert "not known" in value.how


def test_a_mean_over_trajectories_has_a_standard_error():
    network = te.thermal_link(n_th=20, kappa=0.05)
    exact = te.steady_state(network)
    found = te.steady_state(network, te.FieldTrajectories(n=1024, seed=3))
    value = found.concurrence()
    assert "standard error" in value.how
    assert abs(value - exact.concurrence()) < 5 * value.error
    assert found.error < value.error < 20 * found.error


def test_fidelity_with_a_ket_is_that_of_the_function():
    solved = te.steady_state(NETWORK)
    ket = np.array([0.6, 0.0, 0.8j, 0.0])
    expected = te.fidelity(solved.state, ket, squared=True)
    assert solved.fidelity(ket) == pytest.approx(expected, abs=1e-14)
    assert solved.fidelity("S") == pytest.approx(solved.populations()["S"], abs=1e-15)
    with pytest.raises(ValueError, match="Argument `state` must be a Bell state"):
        solved.fidelity("Q")
    with pytest.raises(ValueError, match="Argument `state` must be a ket of 4 amplitudes"):
        solved.fidelity(np.ones(3))
