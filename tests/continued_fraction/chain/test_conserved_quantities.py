"""What is said of quantities that a network conserves: of emitters alone, or with the source."""

import numpy as np
import pytest

import thermalent as te


def one_channel(qubits):
    """A lossy mode and qubits that decay into one channel and nowhere else."""
    roots = np.array([np.sqrt(0.2), *[1.0] * qubits])
    nodes = (te.Mode(name="m"), *(te.Qubit(name=f"q{i}") for i in range(qubits)))
    empty = np.zeros((qubits + 1, qubits + 1))
    return te.Network(nodes=nodes, exchange=empty, decay=np.outer(roots, roots))


def test_what_emitters_and_source_share_is_not_said_to_be_a_population_of_the_emitters():
    """The singlet is dark by itself; what mode and triplet hold together is dark, too.

    Populations of |00>, of the triplet and of |11> had been named, which all decay.
    """
    network = one_channel(2)
    with pytest.raises(te.SolveError) as caught:
        te.steady_state(network)
    conserved = "the population of 0.707 |01> -0.707 |10>, and a quantity in which emitters"
    assert f"because the network conserves {conserved} and source share. Give" in str(caught.value)
    # So it is: the population of the singlet stays, that of the triplet does not.
    evolved = te.evolve(network, [0.0, 30.0], "01").populations()
    assert evolved["S"][1] == pytest.approx(0.5, abs=1e-9)
    assert evolved["T"][1] < 0.4


def test_many_conserved_populations_are_counted():
    with pytest.raises(te.SolveError) as caught:
        te.steady_state(one_channel(5))
    assert "more spaces, and " in str(caught.value)
    assert len(str(caught.value)) < 3000
