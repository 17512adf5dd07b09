"""When the fraction stops, on sequences whose limit is known: no error too small or absurd."""

import numpy as np
import pytest

from thermalent.continued_fraction.chain import convergence


def changes_of(ratio, count=4, size=1.0):
    """Changes of x_n = 1 + size ratio^n, the last three, and the error of the last x."""
    x = 1 + size * ratio ** np.arange(count + 1)
    return np.abs(np.diff(x))[-3:], abs(x[-1] - 1.0)


@pytest.mark.parametrize("ratio", [0.01, 0.3, 0.5, 0.8, 0.95, 0.99])
def test_errors_of_geometric_sequences(ratio):
    """At least three times the error and the last change, and no more than that."""
    changes, true = changes_of(ratio)
    found = convergence.error_of(convergence.ONE_BY_ONE, changes, 4, 1.0)
    largest = max(true, changes[-1])
    # The last change is the error of the truncation before; three is the safety factor, measured
    # with 800 random networks. The differences of the x round to 1e-16.
    assert found == pytest.approx(3 * largest, rel=1e-6)


@pytest.mark.parametrize("decay", [1e-3, 5e-3, 0.02, 0.1, 0.5])
@pytest.mark.parametrize("depths", [(71, 100, 140, 161), (20, 60, 100, 115), (10, 40, 160, 184)])
def test_a_short_last_step_does_not_hide_a_slow_decay(decay, depths):
    """Errors exp(-c N) at depths of which the last are closer together than those before."""
    x = np.exp(-decay * np.array(depths, dtype=float))
    changes = np.abs(np.diff(x))
    found = convergence.error_of(np.array(depths[1:]), changes, 3, 1.0)
    stated = convergence.stated_error(np.array(depths[1:]), changes, 3, 1.0)
    assert x[-1] <= stated <= found <= 3.001 * max(x[-1], changes[-1])


@pytest.mark.parametrize("decay", [0.2, 0.3, 2.0])
def test_the_last_tiers_count_with_a_third_of_the_decay(decay):
    """Of the error before them, and no error is below a hundredth of three times the change."""
    depths = np.array([40, 70, 90])
    changes = np.abs(np.diff(np.exp(-decay * np.array([20.0, 40.0, 70.0, 90.0]))))
    left = np.exp(-decay * 20 / 3)
    expected = 3 * changes[-1] * max(left / (1 - left), 0.01)
    found = convergence.stated_error(depths, changes, 3, 1.0)
    assert found == pytest.approx(expected, rel=1e-5, abs=0)


def test_changes_that_only_fall_because_the_steps_do_say_nothing():
    depths = np.array([100, 140, 160])
    assert convergence.error_of(depths, np.array([0.1, 0.1, 0.06]), 3, 1.0) == np.inf
    # As rounding they are what they were taken for with equal steps, and four times the last.
    rounding = 1e-12 * np.array([1.0, 1.0, 0.6])
    found = convergence.error_of(depths, rounding, 3, 1.0)
    assert found == pytest.approx(2.7e-12, rel=1e-12, abs=0)


def test_errors_before_anything_is_known():
    changes, _ = changes_of(0.5)
    assert convergence.error_of(convergence.ONE_BY_ONE, changes, 1, 1.0) == np.inf
    assert convergence.error_of(convergence.ONE_BY_ONE, np.array([0.0, 0.1, 0.0]), 2, 1.0) == 0.0
    # Without thermal light nothing changes from the first: no further fold is needed to see that.
    assert convergence.error_of(convergence.ONE_BY_ONE, np.zeros(3), 1, 1.0) == 0.0
    # Changes that grow say nothing, unless they are rounding: then four times the last of them.
    assert convergence.error_of(convergence.ONE_BY_ONE, np.array([0.0, 0.1, 0.2]), 3, 1.0) == np.inf
    small = np.array([1e-12, 2e-12, 3e-12])
    found = convergence.error_of(convergence.ONE_BY_ONE, small, 3, 1.0)
    assert found == pytest.approx(1.2e-11, rel=1e-12, abs=0)
    # Relative to the size of the solution.
    assert convergence.error_of(convergence.ONE_BY_ONE, small, 3, 1e-6) == np.inf


def test_what_stagnates_is_small_and_no_longer_falls():
    flat, lowering = np.array([2e-12, 1.5e-12, 1e-12]), np.array([4e-11, 1e-11, 1e-12])
    assert convergence.stagnates(flat, 3, 1.0)
    assert not convergence.stagnates(lowering, 3, 1.0)
    assert not convergence.stagnates(flat, 2, 1.0)
    assert not convergence.stagnates(flat, 3, 1e-7)
    for bad in (np.array([4e-12, 1.5e-12, 1e-12]), np.array([2e-12, 1.5e-12, 0.6e-12])):
        assert not convergence.stagnates(bad, 3, 1.0)


def test_what_does_not_settle_changes_by_much_and_for_long():
    restless = np.array([0.3, 0.3, 0.2])
    assert convergence.possibly_degenerate(restless, 4, 1.0)
    assert not convergence.possibly_degenerate(restless, 3, 1.0)
    assert not convergence.possibly_degenerate(np.array([0.3, 0.3, 0.1]), 4, 1.0)  # falls
    assert not convergence.possibly_degenerate(1e-3 * restless, 4, 1.0)  # is small
    for size, large in ((2.1e-3, True), (1.9e-3, False)):  # half of the change is a thousandth
        assert convergence.possibly_degenerate(np.full(3, size), 4, 1.0) == large
    assert convergence.possibly_degenerate(1e-3 * restless, 4, 1e-3)


@pytest.mark.parametrize("decay", [0.02, 0.1, 0.5])
def test_the_next_depth_is_where_the_error_is_a_quarter_of_what_is_wanted(decay):
    """Errors A exp(-c N), at three depths with unequal steps."""
    depths = np.array([40, 60, 90])
    errors = 0.3 * np.exp(-decay * depths)
    changes = np.array([0.0, errors[0] - errors[1], errors[1] - errors[2]])
    wanted = errors[2] / 50
    found = convergence.next_depth(depths, 3, changes, 3, wanted)
    exact = np.log(4 * 0.3 / wanted) / decay
    assert found % 2 == 0
    # Even, at least 15 % deeper to verify, and four times as deep at the most.
    assert found == convergence.even(np.clip(exact, 1.15 * 90, 360))
    # Before the decay is known, depths grow by a fixed ratio.
    assert convergence.next_depth(depths, 2, changes, 1, wanted) == convergence.even(1.4 * 90)


@pytest.mark.parametrize(("first", "second"), [(2.0, 2.0), (40.0, 60.0), (60.0, 9.0), (1.0, 1e4)])
@pytest.mark.parametrize("c", [1e-4, 1e-2, 0.1, 3.0])
def test_the_rate_of_a_decay_is_found_from_two_changes(c, first, second):
    c /= max(first, second)
    ratio = np.exp(-c * first) * np.expm1(-c * second) / np.expm1(-c * first)
    # The ratio is known to a rounding, and changes by c times half of both steps.
    allowed = 1e-12 + 1e-15 / (c * (first + second))
    assert convergence._decay(ratio, first, second) == pytest.approx(c, rel=allowed)


def test_changes_that_fall_slower_or_faster_than_exponentials_have_no_rate():
    assert convergence._decay(1.5, 40.0, 60.0) == 0.0  # as a constant change per tier would
    assert convergence._decay(3.0, 40.0, 60.0) == 0.0
    assert convergence._decay(0.0, 40.0, 60.0) == 0.0
    assert convergence._decay(1e-320, 1.0, 1.0) == 0.0


def test_without_a_decay_the_next_depth_is_four_tenths_more():
    """Eight times shorter steps that change half as much do not fall: nothing is extrapolated."""
    depths, changes = np.array([8, 16, 17]), np.array([0.0, 1e-3, 5e-4])
    assert convergence.next_depth(depths, 3, changes, 2, 1e-9) == 24
    assert convergence.next_depth(depths, 2, changes, 2, 1e-9) == 24
    assert convergence.next_depth(depths, 3, changes, 1, 1e-9) == 24
