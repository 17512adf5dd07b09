"""The two lowest levels of an emitter: a qubit's are known, others are looked for."""

import numpy as np

import thermalent as te
from thermalent.excitations.levels import ladder


def test_the_levels_of_a_qubit_are_those_that_its_operators_have():
    qubit = te.Qubit(name="q", dephasing=0.3)
    same = te.Qudit(name="q", lower=qubit.lowering)
    assert ladder(qubit) == ladder(same) == (0, 1, 1.0, 0.0)


def test_levels_in_any_order_with_their_element_and_energy():
    lower, energies = np.array([[0.0, 0.0], [0.7j, 0.0]]), np.diag([0.9, 0.4])
    found = ladder(te.Qudit(name="q", lower=lower, local_hamiltonian=energies))
    assert found == (1, 0, 0.7j, 0.5)
