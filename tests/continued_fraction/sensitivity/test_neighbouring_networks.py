"""How far neighbours are: first order of all, second order of the one that moves most."""

from types import SimpleNamespace

import numpy as np
import pytest

from thermalent.continued_fraction.chain.chain import HierarchyTerms
from thermalent.continued_fraction.sensitivity.several_poles import neighbours

OWN = np.diag([0.6, 0.4])
FIRST = {"a": np.array([[0.03, 0.1j], [-0.1j, -0.03]]), "b": np.array([[0.2, 0.0], [0.0, -0.2]])}


@pytest.fixture
def distance(monkeypatch):
    """The distance for given first orders and states, and how the tiers were asked for."""

    def found(first, exact, *, quanta=5, last=100, needed=60.4):
        asked = []
        names = list(first)

        class Solved:
            def __init__(self, chain, changes, quanta, last):
                asked.append((chain, [change.a for change in changes], quanta, last))
                self.state = OWN if chain == "chain of own" else exact[chain[-1]]
                self.stationary = SimpleNamespace(
                    trace=np.zeros(4), matrix=lambda column: column.reshape(2, 2)
                )

            def responses(self, unit):
                rows = np.array([first[name].ravel() for name in names])
                return (rows @ unit)[:, None]

        terms = {name: float(i + 1) for i, name in enumerate(["own", *names])}
        monkeypatch.setattr(neighbours, "SolvedTiers", Solved)
        monkeypatch.setattr(neighbours, "chain_of", lambda network: f"chain of {network}")
        monkeypatch.setattr(neighbours, "tiers_depth", lambda chain, k, part: needed)
        monkeypatch.setattr(
            neighbours, "linear_parts",
            lambda network, chain: HierarchyTerms(terms[network], 0.0, 0.0, 1.0, 1.0),
        )  # fmt: skip
        value = neighbours.distance_of_neighbours("own", names, quanta, last)
        return value, asked

    return found


def test_first_orders_are_added_as_squares_and_what_they_leave_out_of_the_largest(distance):
    exact = {"b": OWN + FIRST["b"] + np.diag([0.01, -0.02])}
    value, asked = distance(FIRST, exact)
    first = np.max(np.sqrt(np.abs(FIRST["a"]) ** 2 + np.abs(FIRST["b"]) ** 2))
    assert value == pytest.approx(first + 0.02 * (first / 0.2) ** 2, rel=1e-12)
    # Half of the quanta, and no more tiers than a thousandth takes.
    assert asked == [("chain of own", [1.0, 2.0], 3, 60), ("chain of b", [], 3, 60)]
    assert distance(FIRST, exact, quanta=4, last=50)[1][0][2:] == (2, 50)


def test_neighbours_that_move_nothing_are_at_no_distance(distance):
    value, asked = distance({"a": 0 * OWN, "b": 0 * OWN}, {})
    assert value == 0.0
    assert len(asked) == 1
