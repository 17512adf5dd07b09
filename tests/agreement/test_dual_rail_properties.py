"""What holds for every programmed pure state of two rails."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import thermalent as te

ROUNDING = 1e-11


@st.composite
def states(draw):
    pairs = draw(st.integers(1, 4))
    detuning = draw(
        st.lists(st.sampled_from([-3.0, -0.5, 0.0, 0.1, 1.0, 40.0]), min_size=pairs, max_size=pairs)
    )
    order = draw(st.permutations(range(pairs)))
    squeezing = draw(st.floats(0.0, 3.0))
    decay = draw(st.sampled_from([0.3, 1.0, 2.0]))
    return te.analytic.dual_rail_state(pairs, squeezing, detuning, order, decay=decay)


@given(states())
def test_a_dark_normalised_state(state):
    assert abs(np.linalg.norm(state.ket) - 1) < ROUNDING
    assert state.residual() < ROUNDING
    single = te.analytic.dual_rail_pair_entropy(state.squeezing)
    assert math.isclose(state.entropy("A"), state.pairs * single, abs_tol=ROUNDING)


@given(states(), st.data())
def test_both_sides_of_a_cut_have_one_entropy(state, data):
    part = data.draw(st.lists(st.sampled_from(state.names), unique=True, min_size=1))
    rest = [name for name in state.names if name not in part]
    entropy = state.entropy(part)
    assert 0 <= entropy <= min(len(part), len(rest)) * math.log(2) + ROUNDING
    if rest:
        assert math.isclose(entropy, state.entropy(rest), abs_tol=ROUNDING)


@given(states())
def test_monogamy(state):
    """What a qubit shares with each of the others, squared, adds up to no more than with all."""
    found = state.concurrences()
    assert np.all((found >= 0) & (found <= 1))
    np.testing.assert_array_equal(found, found.T)
    for k, name in enumerate(state.names):
        with_all = 4 * np.linalg.det(state.reduced(name)).real
        assert np.sum(found[k] ** 2) <= with_all + ROUNDING


@settings(max_examples=50)
@given(states(), st.sampled_from([0.0, 1e-9, 1e-2]))
def test_blocks_are_a_partition_into_nearly_pure_parts(state, tolerance):
    blocks = state.blocks(tolerance)
    assert sorted(name for block in blocks for name in block) == sorted(state.names)
    for block in blocks:
        assert state.entropy(block) <= tolerance + ROUNDING
    found = state.concurrences()
    where = {name: number for number, block in enumerate(blocks) for name in block}
    for i, one in enumerate(state.names):
        for j, other in enumerate(state.names):
            if where[one] != where[other] and tolerance == 0:
                assert found[i, j] < ROUNDING
