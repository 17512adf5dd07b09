"""The criterion by which a dark state is the only steady state, against cases that are known."""

import numpy as np
import pytest
from uniqueness import reached_by_rails, reached_from_dark, reached_modulo_prime

import thermalent as te


@pytest.mark.parametrize("order", [None, "reverse"])
def test_the_last_step_to_the_whole_space_is_no_rounding(order):
    dimension, smallest, left = reached_by_rails(3, (0.3, -0.4, 0.6), order)
    assert dimension == 64
    assert smallest > 0.04
    assert left < 1e-12


def test_two_qubits_in_a_common_reservoir_have_another_stationary_state():
    """|00> is dark, and so is the singlet, which nothing reaches from it."""
    both = te.cooperative(2)
    ground = np.eye(4)[0]
    dimension, smallest, left = reached_from_dark(both, ground)
    assert dimension == 3  # all but the singlet
    assert smallest > 0.1 > 1e-12 > left
    assert te.relaxation_rates(both, 1, charge=0).stationary > 1


def test_rails_without_the_cascade_have_other_stationary_states():
    """Without detunings and hopping nothing but totally symmetric states is reached."""
    assert reached_modulo_prime([(0, 1)] * 2) == 16
    assert reached_modulo_prime([(0, 1)] * 2, cascade=0) == 9
    assert reached_modulo_prime([(0, 1)] * 3, cascade=0) == 19


def test_the_two_ways_agree_where_the_space_is_not_whole():
    apart = te.dual_rail(2, 1.0)
    alone = te.Network(
        nodes=apart.nodes,
        exchange=np.zeros((4, 4)),
        decay=apart.decay,
        absorption=apart.absorption,
        anomalous=apart.anomalous,
    )
    ket = te.analytic.dual_rail_state(2, 1.0).ket
    assert reached_from_dark(alone, ket)[0] == 9
