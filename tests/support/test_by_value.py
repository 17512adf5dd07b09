"""Results compare by value: what they say, not how long it took."""

import copy
import pickle
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

import thermalent as te
from thermalent.support.by_value import ByValue, same

LINK = te.thermal_link(2.0, 0.3)


@dataclass(frozen=True, eq=False)
class Reading(ByValue):
    """A result with fields of every kind."""

    values: Any
    stats: dict = field(default_factory=dict)


def results():
    best = te.Filter.butterworth(2, 0.3)
    offset = np.linspace(-4, 4, 41)
    table = np.column_stack([1e3 + offset, 1 / (1 + offset**2)])
    return {
        "steady state": lambda: te.steady_state(LINK),
        "without an error": lambda: te.steady_state(te.thermal_link(2.0, 30.0), te.Markov()),
        "states": lambda: te.steady_states([LINK, te.thermal_link(3.0, 0.3)]),
        "evolution": lambda: te.evolve(LINK, [0.5, 2.0], "00"),
        "spectrum": lambda: te.spectrum(LINK, [0.0, 0.1]),
        "rates": lambda: te.relaxation_rates(LINK),
        "slopes": lambda: te.sensitivities(te.thermal_link, {"n_th": 2.0, "kappa": 0.3}),
        "filter": lambda: best.scaled(1.0),
        "measured": lambda: te.Filter.from_spectrum(table, order=1),
        "picture": lambda: te.wigner(np.eye(2) / 2, [0.0, 1.0]),
        "currents": lambda: te.heat_currents(LINK),
    }


@pytest.mark.parametrize("name", results())
def test_the_same_call_and_every_copy_are_equal(name, tmp_path):
    make = results()[name]
    result, again = make(), make()
    copies = [again, copy.copy(result), copy.deepcopy(result), pickle.loads(pickle.dumps(result))]
    if hasattr(result, "save"):
        result.save(tmp_path / "result.npz")
        copies.append(te.load(tmp_path / "result.npz"))
    for other in copies:
        assert other == result
        assert hash(other) == hash(result)
    assert result != name
    assert result in {again}


def test_another_network_method_number_or_error_is_another_result():
    result = te.steady_state(LINK)
    others = [
        te.steady_state(te.thermal_link(2.0, 0.31)),
        te.steady_state(LINK, te.ContinuedFraction(rtol=1e-6)),
        replace(result, state=result.state + 1e-15 * np.eye(4)),
        replace(result, error=te.steady_state(te.thermal_link(2.0, 0.31)).error),
    ]
    assert all(other != result for other in others)
    assert replace(result, stats={"seconds": 5.0}) == result
    assert te.Filter.cavities(0.1) != te.Filter.cavities(0.2)
    assert te.steady_states([LINK]) != te.steady_states([LINK, LINK])


@pytest.mark.parametrize(
    ("first", "second", "equal"),
    [
        (np.array([1.0, np.nan]), np.array([1.0, np.nan]), True),
        (np.array([1.0, np.nan]), np.array([np.nan, 1.0]), False),
        (np.array([0.0]), np.array([-0.0]), True),
        (np.array([1.0, 2.0]), np.array([[1.0, 2.0]]), False),
        (np.array(["a", "b"]), np.array(["a", "b"]), True),
        ({"a": np.arange(3)}, {"a": np.arange(3)}, True),
        ({"a": np.arange(3)}, {"b": np.arange(3)}, False),
        ((1, [2.0, float("nan")]), [1, (2.0, float("nan"))], True),
        ((1, 2), (1, 2, 3), False),
        (complex("nan"), complex("nan"), True),
        (te.Estimate(1.0, 0.1, "x"), te.Estimate(1.0, 0.1, "y"), True),
        (te.Estimate(1.0, 0.1, "x"), te.Estimate(1.0, 0.2, "x"), False),
        (None, 0.0, False),
    ],
)
def test_values_of_every_kind(first, second, equal):
    assert same(first, second) is equal
    assert (Reading(first) == Reading(second)) is equal
    assert (hash(Reading(first)) == hash(Reading(second))) or not equal


def test_only_one_class_compares():
    @dataclass(frozen=True, eq=False)
    class Other(ByValue):
        values: Any

    assert Reading(1) != Other(1)
    assert Reading(1, {"seconds": 1.0}) == Reading(1, {"seconds": 2.0})
