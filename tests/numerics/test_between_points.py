"""How far a function may rise between points, and points added where it may rise."""

import numpy as np
import pytest

from thermalent.numerics.between_points import possible_rise, with_more_points


def test_of_a_resolved_curve_the_rise_is_small():
    t = np.geomspace(0.1, 10.0, 400)
    values = np.exp(-t) * np.cos(t)
    assert np.max(possible_rise(t, values)) < 2e-5
    # Twice the second difference where it bends most, and next to nothing of the fourth.
    assert (
        np.max(possible_rise(np.linspace(0.0, 1.0, 101), np.linspace(0.0, 1.0, 101) ** 2)) < 1e-12
    )


@pytest.mark.parametrize("turns", [11.0, 120.0, 399.0, 400.0, 1234.5])
def test_of_an_unresolved_oscillation_it_is_the_swing(turns):
    """Whatever the phase, on a grid whose spacing grows, even if a turn fits between."""
    t = np.geomspace(0.01, 1.0, 400)
    truth = np.linspace(0.5, 1.0, 200_001)
    for phase in (0.0, 1.0, 2.0):

        def wave(at, phase=phase):
            return np.cos(2 * np.pi * turns * at + phase)

        rise = possible_rise(t, wave(t))
        within = np.clip(np.searchsorted(t, truth[1:-1]) - 1, 0, len(t) - 2)
        tops = np.maximum(wave(t)[within], wave(t)[within + 1]) + rise[within]
        assert np.all(wave(truth[1:-1]) <= tops + 1e-12)


def test_few_points_have_no_neighbours_to_be_compared_with():
    values = np.array([0.0, 3.0, 1.0])
    assert possible_rise(np.arange(3.0), values).tolist() == [3.0, 3.0]


def test_intervals_are_divided_and_the_others_left():
    t = np.array([0.0, 1.0, 2.0, 3.0])
    points, values = with_more_points(np.square, t, np.square(t), np.array([False, True, False]))
    assert values == pytest.approx(np.square(points))
    assert len(points) == 8
    assert np.all(np.diff(points) > 0)
    assert set(t) <= set(points)
    inner = points[2:-2]
    assert np.all((inner > 1.0) & (inner < 2.0))
    same, _ = with_more_points(np.square, t, np.square(t), np.zeros(3, dtype=bool))
    assert same is t
