"""States as sums over the total charge, and their parts on tier zero."""

import numpy as np
import pytest

import thermalent as te
from thermalent.continued_fraction.chain.chain import hierarchy_chain
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.total_charge import (
    part_of_charge,
    sum_of_charges,
    tier0_matrices,
    tier0_vector,
)

# Of |00>, |01>, |10>, |11>: charges -2 to 2, and a phase on every coherence.
KET = np.array([0.5, 0.5j, -0.1 - 0.7j, 0.0])
RHO = np.outer(KET, KET.conj()) / np.linalg.norm(KET) ** 2
NUMBERS = np.array([0, 1, 1, 2])


def test_charges_add_up_with_their_adjoints_and_their_errors():
    times = np.array([0.0, 1.0])

    def evolved(charge):
        part = part_of_charge(NUMBERS, RHO, charge)
        if part is None:
            return None
        return np.array([part, 2 * part]), np.array([charge + 1.0, charge + 2.0])

    states, error = sum_of_charges(NUMBERS, times, evolved)
    np.testing.assert_allclose(states, [RHO, 2 * RHO], atol=1e-16)
    np.testing.assert_allclose(error, [3.0, 5.0])  # charges 0 and 1: there is none of charge two


def test_parts_have_the_elements_of_one_charge():
    part = part_of_charge(NUMBERS, RHO, 1)
    assert {(i, j) for i, j in np.argwhere(part).tolist()} == {(1, 0), (2, 0)}
    assert part[2, 0] == RHO[2, 0]
    assert part_of_charge(NUMBERS, RHO, 2) is None


@pytest.mark.parametrize("charge", [0, 1])
def test_vectors_on_tier_zero_become_the_part_again(charge):
    h = hierarchy(te.thermal_link(0.7, 0.4, (1.0, 0.7), detuning=(0.3, -0.1)))
    part = part_of_charge(h.numbers, RHO, charge)
    chain = hierarchy_chain(h, start=part, charge=charge)
    vector = tier0_vector(chain, part, charge)
    assert np.iscomplexobj(vector) == (charge != 0)
    found = tier0_matrices(chain, np.array([vector, -2 * vector]))
    np.testing.assert_allclose(found, [part, -2 * part], atol=1e-15)
