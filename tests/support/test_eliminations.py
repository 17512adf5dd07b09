"""The elimination of a tier in one instruction against the same equations in numpy."""

import numba
import numpy as np
import pytest

from thermalent.support.eliminations import solve_tier
from thermalent.support.vectors import aligned


@numba.njit
def solve(side, unknowns, columns, arrays, tier, g):
    a, b, rate, values, factors, steps, above, x = arrays
    solve_tier(side, unknowns, columns, a, b, rate, tier, values, factors, steps, above, x, g)


def filled(rng, *shape):
    x = aligned(*shape)
    x[:] = rng.normal(size=shape)
    return x


@pytest.mark.parametrize(("m", "width", "higher", "lanes"), [(3, 2, 2, 8), (1, 1, 4, 2)])
def test_a_tier_is_solved_as_numpy_does_it_and_no_other_group_is_touched(
    rng, m, width, higher, lanes
):
    """Rows with two elements of C, one and none."""
    groups, tier, g = 3, 5.0, 1
    a, b = filled(rng, groups, m, m, lanes), filled(rng, groups, m, width, lanes)
    a += 10 * np.eye(m)[:, :, None]
    rate, above = filled(rng, groups, 1, lanes), filled(rng, groups, higher, m, lanes)
    elements = [[(1, 0), (0, 2)], [(1, 1)], []][:m]  # of each row: column and which value
    steps = [step for row in elements for step in [*[(c * m, t) for c, t in row], (-1, 0)]]
    values, factors = filled(rng, groups, 3, lanes), rng.normal(size=3)
    x = np.full_like(b, np.nan)
    arrays = (a, b, rate, values, factors, np.array(steps), above, x)
    solve((1.0,) * lanes, (1.0,) * m, (1.0,) * width, arrays, tier, g)
    for w in range(lanes):
        d = a[g, :, :, w] + tier * rate[g, 0, w] * np.eye(m)
        for i, row in enumerate(elements):
            for column, t in row:
                d[i] -= values[g, t, w] * factors[t] * above[g, column, :, w]
        assert np.allclose(x[g, :, :, w], np.linalg.solve(d, b[g, :, :, w]), rtol=0, atol=1e-13)
    assert np.isnan(np.delete(x, g, axis=0)).all()
