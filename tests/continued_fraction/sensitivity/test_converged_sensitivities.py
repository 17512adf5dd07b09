"""Which numbers of tiers derivatives behind one mode are made with, and what their errors hold."""

from types import SimpleNamespace

import numpy as np
import pytest

from thermalent.continued_fraction.sensitivity import sensitivities

EPS = np.finfo(float).eps


def observed(values, *, depth=40, fits=None, conditioning=0.0, slopes=0.0, sizes=0.0):
    """A chain with derivatives that are given, one set after the other, and what it was asked."""
    asked = []

    def derivatives(last, *, rescaled):
        asked.append((last, rescaled))
        return SimpleNamespace(
            values=np.array(values[len(asked) - 1]),
            state=np.array([0.5, 0.2]),
            slope_errors=np.array([slopes, 0.0]),
            sizes=np.array([0.0, sizes]),
        )

    return asked, SimpleNamespace(
        depth=depth, derivatives=derivatives, scales=np.array([1.0, 0.1]),
        fits=fits or (lambda last: True),
        conditioning=lambda values, last: np.full(2, conditioning),
        result=lambda values, errors, last: (values, errors, last),
    )  # fmt: skip


FALLING = [[2.0 + 0.1**n, 5.0 + 0.1**n] for n in range(9)]


def test_tiers_are_those_of_the_state_a_little_fewer_and_more():
    """Every second time in another scaling; they are even, and always more than before."""
    asked, chain = observed(FALLING)
    values, _, last = sensitivities._converged(chain, 1e-4)
    assert asked == [(34, False), (40, True), (48, False), (64, True), (88, False), (120, True)]
    assert last == 120
    np.testing.assert_array_equal(values, FALLING[5])
    asked, chain = observed(FALLING, depth=6)
    sensitivities._converged(chain, 1e-4)
    assert [last for last, _ in asked] == [6, 8, 10, 12, 14, 18]


@pytest.mark.parametrize(("share", "count"), [(0.99, 3), (1.01, 4)])
def test_they_are_enough_where_twice_the_change_is_allowed(share, count):
    """Relative to the largest of them times its parameter, in units of each."""
    allowed = 1e-3 * 2.0 / 2
    for step in ([share * allowed, 0.0], [0.0, 10 * share * allowed]):
        values = [[2.0, 5.0], [2.0, 5.0], np.array([2.0, 5.0]) - step, [2.0, 5.0], [2.0, 5.0]]
        values[3] = values[2]
        asked, chain = observed(values)
        sensitivities._converged(chain, 1e-3)
        assert len(asked) == count


def test_three_are_made_and_more_as_far_as_they_fit():
    asked, chain = observed(FALLING, fits=lambda last: last < 80)
    *_, last = sensitivities._converged(chain, 1e-9)
    assert len(asked) == 4
    assert last == 64
    asked, chain = observed(FALLING, fits=lambda last: False)
    sensitivities._converged(chain, 1e-9)
    assert len(asked) == 3


def test_errors_are_changes_conditioning_slopes_and_terms():
    """What rounding explains of a change is not extrapolated, but counts at least."""
    same = [[2.0, 5.0]] * 3
    _, errors, _ = sensitivities._converged(
        observed(same, conditioning=1e-6, slopes=3e-6, sizes=4.0)[1], 1e-3
    )
    np.testing.assert_allclose(errors, [4e-6, 1e-6 + 512 * EPS * 4.0], rtol=1e-9)
    moved = [[2.0, 5.0], [2.0, 5.0], [2.0, 5.0 + 2e-7]]
    _, errors, _ = sensitivities._converged(observed(moved, conditioning=1e-3)[1], 1e-3)
    assert errors[1] >= 1e-3 + 4e-7
    still = observed(moved, conditioning=1e-8)[1]
    assert sensitivities._converged(still, 1e-3)[1][1] >= 2e-8
