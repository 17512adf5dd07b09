"""When a contour takes more nodes, and what it says of its error."""

import numpy as np
import pytest

from thermalent.continued_fraction.dynamics.inversion import ExponentialSum, Inverter, Response

TOLERANCE = 1e-8


def refined(monkeypatch, values):
    """The window of an inverter whose sums are constants, and how many sums it took."""
    sums = [ExponentialSum(np.zeros(1), np.full((1, 1), value), True) for value in values]
    taken = iter(sums)
    monkeypatch.setattr(Inverter, "_sum", lambda *_: next(taken))
    response = Response(transform=lambda z, depth: np.zeros(1))
    window = Inverter(response, 5, TOLERANCE, real=True)._window(1.0, 10.0)
    return window, len(sums) - len(list(taken))


@pytest.mark.parametrize(("gain", "count"), [(4.1, 4), (3.9, 3)])
def test_more_nodes_as_long_as_they_gain_a_factor_of_four(monkeypatch, gain, count):
    """Changes of 1e-3, of that over the gain, and of what is good enough."""
    values = 0.5 + np.cumsum([0.0, 1e-3, 1e-3 / gain, TOLERANCE / 8, 0.0])
    window, taken = refined(monkeypatch, values)
    assert taken == count
    last = {4: TOLERANCE / 8, 3: 1e-3 / gain}[count]
    assert window.error == pytest.approx(last, abs=2e-13)


def test_enough_is_a_quarter_of_the_tolerance(monkeypatch):
    for share, count in ((0.24, 2), (0.26, 3)):
        _, taken = refined(monkeypatch, [0.5, 0.5 + share * TOLERANCE, 0.5 + share * TOLERANCE])
        assert taken == count
