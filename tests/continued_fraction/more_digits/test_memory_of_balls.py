"""Tiers that digits are expected to take, against those that they do take."""

import numpy as np
import pytest

import thermalent as te
from thermalent.continued_fraction.chain.chain import hierarchy_chain
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.more_digits import memory_of_balls
from thermalent.continued_fraction.more_digits.memory_of_balls import expected_ball_tiers


@pytest.mark.parametrize("digits", [9, 30])
@pytest.mark.parametrize("link", [
    (0.1, 1.0, 1.0), (20.0, 0.1, 1.0), (20.0, 3.0, 1.0), (20.0, 3.0, 0.01), (3.0, 1.0, (1.0, 0.1)),
])  # fmt: skip
def test_digits_take_hardly_more_tiers_than_are_expected(link, digits):
    network = te.thermal_link(*link, qubits=np.size(link[-1]))
    sizes = tuple(len(block) for block in hierarchy_chain(hierarchy(network)).a)
    expected = expected_ball_tiers(network, sizes, digits)
    taken = te.steady_state(network, te.ContinuedFraction(digits=digits)).stats["tiers"]
    assert taken / 1.1 < expected < 5 * taken


@pytest.mark.parametrize("unit", [2.0**-30, 1.0, 2.0**30])
def test_the_strength_of_a_field_is_that_of_the_emitter_it_turns_most(unit):
    """V kappa gamma_1 / gamma_2^2, where hardly any light reaches the second; V = n/2."""
    network = te.thermal_link(4.0, 0.3 * unit, (0.1 * unit, unit), loss=0.99)
    assert memory_of_balls._strength(network) == pytest.approx(2.0 * 0.3 * 0.1, rel=1e-12)


def test_without_a_decay_nothing_is_said_of_the_strength():
    network = te.thermal_link(1.0, 0.5, gamma=0.0)
    assert memory_of_balls._strength(network) == 0.0
