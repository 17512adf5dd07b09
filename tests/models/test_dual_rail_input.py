"""What the pure states of two rails refuse, and the shape of what they give."""

import dataclasses
import math

import numpy as np
import pytest

from thermalent.analytic.dual_rail import exchange, formulas
from thermalent.analytic.dual_rail import state as rails
from thermalent.support import memory_limit


@pytest.fixture(scope="module")
def state():
    return rails.dual_rail_state(2, 0.5, (0.1, 0.3), "reverse")


def test_shape(state):
    assert state.ket.shape == (16,)
    assert state.names == ("A1", "B1", "A2", "B2")
    assert (state.pairs, state.permutation) == (2, (1, 0))
    assert state.reduced("B2", "A1", "A2").shape == (8, 8)
    assert state.concurrences().shape == (4, 4)
    assert state.entropies().shape == (1,)
    assert state.entropy(1) == state.entropies()[0] == state.entropy(("A1", "B1"))
    assert state.entropy("B1") == state.entropy(["B1"])
    assert state.entropy(0) == 0.0
    assert state.entropy(2) == pytest.approx(0.0, abs=1e-15)
    with pytest.raises(dataclasses.FrozenInstanceError):
        state.squeezing = 1.0
    for array in (state.ket, state.delta_a, state.delta_b):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_defaults():
    plain = rails.dual_rail_state(3, 0.5)
    np.testing.assert_array_equal(plain.delta_a, 0)
    assert plain.permutation == (0, 1, 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pairs": 0}, "`pairs` must be an integer of at least 1, but is 0"),
        ({"pairs": 2.0}, "`pairs` must be an integer"),
        ({"squeezing": -0.1}, "`squeezing` must be finite and non-negative, but is -0.1"),
        ({"squeezing": math.inf}, "`squeezing` must be finite"),
        ({"decay": 0.0}, "`decay` must be finite and positive, but is 0.0"),
        ({"detuning": (0.1, 0.2, 0.3)}, "`detuning` must be one number or 2 numbers"),
        ({"detuning": (0.1, None)}, "`detuning` must be a finite real number, but is None"),
        ({"permutation": (0, 2)}, r"a permutation of 0\.\.1, None or 'reverse', but is \(0, 2\)"),
        ({"permutation": "swap"}, r"a permutation of 0\.\.1, None or 'reverse', but is 'swap'"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        rails.dual_rail_state(**{"pairs": 2, "squeezing": 1.0} | arguments)


@pytest.mark.parametrize("pairs", [13, 40, 10**9])
def test_more_than_fits(monkeypatch, pairs):
    monkeypatch.setattr(memory_limit, "available", lambda: 10**9)
    with pytest.raises(ValueError, match="`pairs` must be at most 12, for which 1 GB of memory"):
        rails.dual_rail_state(pairs, 1.0)


def test_reduced_state_that_does_not_fit(monkeypatch, state):
    monkeypatch.setattr(memory_limit, "available", lambda: 1000)
    with pytest.raises(ValueError, match=r"3 qubits, whose density matrix holds 1\.02 kB"):
        state.reduced("A1", "A2", "B1")
    assert state.reduced("A1", "A2").shape == (4, 4)


def test_names_and_parts(state):
    for call in (
        lambda: state.concurrence("A1", "A1"),
        lambda: state.concurrence("A1", "A3"),
        lambda: state.reduced(),
        lambda: state.reduced("A1", "B1", "A1"),
        lambda: state.entropy("C"),
        lambda: state.entropy([]),
    ):
        with pytest.raises(ValueError, match="`names` must be different ones of A1, B1, A2, B2"):
            call()
    with pytest.raises(ValueError, match="`part` must be a number of pairs up to 2, but is 3"):
        state.entropy(3)
    with pytest.raises(ValueError, match="`part` must be an integer of at least 0, but is -1"):
        state.entropy(-1)
    with pytest.raises(ValueError, match="`base` must be above 1"):
        state.entropy(1, base=1)
    with pytest.raises(ValueError, match="`tolerance` must be finite and non-negative"):
        state.blocks(-1e-3)


def test_bad_arguments_of_the_formulas():
    for call in (
        formulas.dual_rail_pair_concurrence,
        formulas.dual_rail_pair_entropy,
        formulas.dual_rail_gap,
        lambda r: formulas.dual_rail_two_pair_concurrences(r, 0.1),
    ):
        with pytest.raises(ValueError, match="`squeezing` must be"):
            call(-1.0)
    with pytest.raises(ValueError, match="`decay` must be finite and positive"):
        formulas.dual_rail_gap(1.0, 0.0)
    with pytest.raises(ValueError, match="`decay` must be finite and positive"):
        exchange.mixing_angle(0.1, 0.2, -1.0)
