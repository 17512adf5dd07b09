"""Arguments of another kind than a function declares are named before or instead of a raw error."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pytest
import xarray
from numpy.typing import ArrayLike

import thermalent as te
from thermalent.support.calls import ExplainedClass, explained_record, with_explained_calls
from thermalent.support.kinds import declared, kind_of

if TYPE_CHECKING:
    from nowhere import Unheard

RIGHT_AND_WRONG = [
    (str, ["", "a", np.str_("b")], [b"a", 1, None, ["a"]]),
    (bool, [True, np.bool_(False)], [1, 0.0, "yes", None]),
    (float, [1, 0.5, np.float32(1), np.array(1.0)], [True, "1", np.nan, 1j, 10**400, [1.0]]),
    (int, [1, np.int64(-3), np.array(2)], [True, 1.0, "1"]),
    (complex, [1, 1j, np.complex64(1j)], ["1", complex(np.nan, 0), None]),
    (float | None, [None, 1.0], ["x"]),
    (te.Network, [te.cooperative(2)], [None, 1, te.cooperative]),
    (Callable[..., Any], [len, te.Fock], [1, te.Fock()]),
    (Sequence[float], [(1.0, 2), [1], np.array([1.0])], ["12", 1.0, ["a"], np.array(1.0)]),
    (tuple[str, ...], [("a",), ["a", "b"]], ["ab", (1,)]),
    (ArrayLike, [1.0, [[1, 2]], np.eye(2)], ["x", [np.inf], [[1, 2], [3]], None]),
    (np.ndarray, [[1.0]], [object()]),
    (Mapping[str, float], [{}], [[], None]),
    (Literal["a", "b"], ["a", "c"], [1, None]),  # which word it may be the function says itself
]


@pytest.mark.parametrize(("hint", "right", "wrong"), RIGHT_AND_WRONG, ids=lambda x: str(x)[:20])
def test_a_kind_tells_right_values_from_wrong_ones(hint, right, wrong):
    kind = kind_of(hint)
    assert [kind.holds(value) for value in right] == [True] * len(right)
    assert [kind.holds(value) for value in wrong] == [False] * len(wrong)


@pytest.mark.parametrize("hint", [Any, object, Any | None, Callable[..., Any] | Any])
def test_what_may_be_anything_has_no_kind(hint):
    assert kind_of(hint) is None


def test_names_that_only_type_checkers_know_declare_nothing():
    def function(a: Unheard, b: Unheard.Part | None, c: str) -> Unheard: ...

    assert set(declared(function).kinds) == {"c"}


@with_explained_calls
def halved(network: te.Network, factor: float = 1.0, *names: str, label: str = "") -> float:
    return factor / 2 + len(label) + sum(map(len, names))


class TestCalls:
    def test_an_object_is_refused_before_the_call(self):
        with pytest.raises(te.ThermalentError, match="`network` must be a thermalent Network"):
            halved(5)
        with pytest.raises(te.ThermalentError, match=r"a function: call it, and give what it"):
            halved(te.thermal_link)

    def test_a_number_is_asked_for_after_the_call_has_failed(self):
        network = te.cooperative(2)
        assert halved(network, 1.0) == 0.5
        assert halved(network, np.array([2.0])) == 1.0  # the function could use it
        with pytest.raises(te.ThermalentError, match="`factor` must be a finite number, but"):
            halved(network, "x")
        with pytest.raises(te.ThermalentError, match="`names` must be text, but is 3"):
            halved(network, 1.0, "a", 3)
        with pytest.raises(te.ThermalentError, match="`label` must be text, but is 3"):
            halved(network, label=3)

    def test_what_may_be_left_out_is_not_named_as_something_to_give(self):
        """None is allowed, and nobody gives it on purpose."""
        assert kind_of(float | None).words == "a finite number"
        assert kind_of(te.Network | None | str).words == "a thermalent Network or text"
        assert kind_of(None).words == "None"

    @pytest.mark.parametrize(
        ("call", "hint"),
        [
            (lambda: halved(te.Network), "parentheses are missing: te.Network()"),
            (lambda: halved(te.thermal_link), "a function: call it, and give what it returns"),
            (lambda: te.sensitivities(te.cooperative(2), {}), "give the function that returns it"),
            (lambda: te.sensitivities(3, {}), "must be a function, but is 3."),
            (lambda: halved(te.Fock()), "must be a thermalent Network, but is Fock("),
        ],
    )
    def test_the_hint_is_that_of_the_slip(self, call, hint):
        with pytest.raises(te.ThermalentError) as caught:
            call()
        said = str(caught.value)
        assert hint in said
        hints = ("parentheses are missing", "call it, and give", "give the function that returns")
        assert [one for one in hints if one in said] == [one for one in hints if one in hint]

    def test_it_is_a_type_error_and_a_value_error(self):
        for kind in (TypeError, ValueError):
            with pytest.raises(kind):
                halved(5)

    def test_an_error_inside_a_right_call_is_left_alone(self):
        @with_explained_calls
        def failing(x: float) -> float:
            raise KeyError(x)

        with pytest.raises(KeyError):
            failing(1.0)

    def test_memory_that_ends_is_said(self):
        @with_explained_calls
        def greedy() -> None:
            raise MemoryError("1 TB")

        with pytest.raises(te.ThermalentError, match=r"needs more memory than there is\. 1 TB"):
            greedy()

    def test_a_range_that_fills_the_memory_is_refused(self):
        with pytest.raises(te.ThermalentError, match="`x` must be a sequence of at most 10000000"):
            te.analytic.upsilon(range(10**9))

    def test_methods_of_a_class_are_explained(self):
        class Thing(metaclass=ExplainedClass):
            def __init__(self, size: float = 1.0) -> None:
                self.size = size

            def grown(self, by: float) -> float:
                return self.size + by

            @classmethod
            def made(cls, size: float) -> Thing:
                return cls(size + 0)

        with pytest.raises(te.ThermalentError, match=r"grown has no argument `buy`.* is `by`"):
            Thing().grown(buy=1)
        with pytest.raises(te.ThermalentError, match="`by` must be a finite number"):
            Thing().grown("x")
        with pytest.raises(te.ThermalentError, match="`size` must be a finite number"):
            Thing.made("x")
        assert Thing.made(1.0).grown(1.0) == 2.0

    def test_records_are_explained(self):
        with pytest.raises(te.ThermalentError, match="QuantityRow needs `network`"):
            te.hardware.QuantityRow("rate", "g", "1 MHz")

        @explained_record
        class Number(float):
            def __new__(cls, value: float) -> Number:
                return super().__new__(cls, value)

        assert Number(2.0) == 2.0
        with pytest.raises(te.ThermalentError, match="`value` must be a finite number"):
            Number("x")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: te.analytic.one_mode(5), "`network` must be a thermalent Network, but is 5"),
        (lambda: te.Qubit(name=np.nan), "`name` must be text, but is nan"),
        (lambda: te.clockwork().concurrence(), r"te.steady_state\(network\).concurrence"),
        (lambda: te.Method(), "Method is only what its kinds have in common"),
        (lambda: te.thermal_link(1, 1, filter=te.Filter), r"parentheses|must be a te.Filter"),
        (lambda: te.cooperative(2).mode_rates(7), "`index` must be an integer from 0 to 1"),
        (lambda: te.Filter.butterworth(2, 1.0).response("x"), "`frequencies` must be finite real"),
        (lambda: te.stochastic.trajectory(te.thermal_link(1, 1), [0, 1], step=1e-99), "`step`"),
        (lambda: te.evolve(te.thermal_link(1, 1), [1], "00", source=1e9), "at most 1e\\+06"),
        (lambda: te.continued_fraction.evaluate(lambda: 1, [1]), "`a` must be a function of n"),
        (lambda: te.continued_fraction.evaluate(lambda n: "x", [1]), "a number in every"),
        (lambda: te.Fock().evolve(te.cooperative(2), [2, 1], "00", "empty"), "`times` must be"),
        (lambda: te.states.lowest_eigenvalue([1, 2]), "`matrix` must be a square matrix"),
        (lambda: te.check_store("\0"), "`store` must be a path"),
        (lambda: te.Filter.from_spectrum(10**400), "`data` must be two columns"),
        (lambda: te.spectrum(te.thermal_link(1, 1), [0], {"q1": [1]}), "complex weights by node"),
        (lambda: te.hardware.thermal_occupation(1e308, 1.0), "`temperature` must be such that"),
        (lambda: te.continued_fraction.evaluate([0.0], [1.0]), "its value is infinite"),
        pytest.param(
            lambda: te.analytic.three_level_from_elements(2**63, 1.0),
            "is not converged",
            marks=pytest.mark.long,  # three seconds until it gives up
        ),
    ],
)
def test_wrong_arguments_are_named(call, words):
    with pytest.raises(te.ThermalentError, match=words):
        call()


def test_numbers_without_dimensions_are_welcome_as_times_and_counts():
    network = te.thermal_link(1.0, 1.0)
    assert len(te.evolve(network, np.array(1.0), "00")) == 1
    count = xarray.DataArray(1)
    assert len(te.relaxation_rates(network, count).values) == 1
    assert te.Filter.chebyshev(xarray.DataArray(2), 1.0, 0.5).order == 2


def test_a_network_has_no_attribute_of_its_state():
    network = te.cooperative(2)
    assert not hasattr(network, "concurrence")
    assert not hasattr(network, "anything")


def test_a_long_value_is_cut():
    with pytest.raises(te.ThermalentError) as caught:
        te.preparation_time(te.cooperative(2), "a" * 10_000)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.uint64, np.int64])
def test_integers_of_numpy_are_those_of_python(kind):
    """Minus an unsigned one, and products of short ones, would be wrong or an error."""
    network = te.thermal_link(0.3, 1.0)
    assert te.Fock(cutoff=kind(4)) == te.Fock(cutoff=4)
    assert type(te.FieldTrajectories(n=kind(100), batch=kind(64)).n) is int
    found = te.steady_state(network, te.FieldTrajectories(n=kind(100), seed=kind(1)))
    assert np.all(
        found.state == te.steady_state(network, te.FieldTrajectories(n=100, seed=1)).state
    )
    grid = {"n_th": [0.3, 0.5, 0.7], "kappa": [1.0]}
    swept = te.sweep(te.thermal_link, grid, "purity", block=kind(2), progress=False)
    other = te.sweep(te.thermal_link, grid, "purity", block=2, progress=False)
    assert np.all(swept["purity"].values == other["purity"].values)
