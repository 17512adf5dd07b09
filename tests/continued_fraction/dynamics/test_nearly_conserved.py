"""What is conserved exactly, and what only nearly: a dark state that hardly decays."""

import numpy as np
import pytest

import thermalent as te
from tests.support.long_ones import ordinary_and_long
from tests.support.reference.dynamics import Dynamics
from thermalent.continued_fraction.chain.chain import hierarchy_chain
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.dynamics.laplace import conserved
from thermalent.continued_fraction.dynamics.laplace.conserved import Conserved
from thermalent.continued_fraction.dynamics.laplace.reduced import Folded, response

START = np.diag([0.14, 0.59, 0.22, 0.05])


def dark(dephasing=0.0, missing=0.0):
    """Two qubits at one place: their singlet is dark but for what is said here."""
    decay = np.array([[1.3, 1.1, 1.1], [1.1, 1.0, 1.0 - missing], [1.1, 1.0 - missing, 1.0]])
    return te.Network(
        nodes=(
            te.Mode(name="source", bath_rate=1.2, n_th=0.015),
            te.Qubit(name="q1", dephasing=dephasing),
            te.Qubit(name="q2"),
        ),
        exchange=np.zeros((3, 3)),
        decay=decay,
    )


@pytest.mark.parametrize(
    "options", ordinary_and_long([{"dephasing": 1.2e-10}, {"missing": 1e-11}], [{"missing": 1e-11}])
)
def test_a_slow_decay_is_not_conserved(options):
    network = dark(**options)
    assert Conserved(hierarchy_chain(hierarchy(network))).left.shape[1] == 1
    times = np.array([10.0, 1e6])  # the last one by contours
    found = te.evolve(network, times, START)
    for exact, state, stated in zip(
        Dynamics(network).evolve(times, START), found.states, found.error, strict=True
    ):
        assert exact.distance(state) <= stated < 1e-7


def test_transforms_at_large_z_keep_their_digits():
    """z F tends to the start; the row of a conserved quantity is as large as the others there."""
    network = te.phononic_link(0.3, 0.01, positions=(1.0, 2.0))
    chain = hierarchy_chain(hierarchy(network))
    start = np.ones(chain.tier0_size)
    own = chain.a[0][: chain.tier0_size, : chain.tier0_size]
    transformed = response(chain, Folded(chain, start), Folded(chain, start)).transform
    nodes = np.array([1e5 + 3e6j, 1e8j])
    second = (nodes[:, None] * transformed.at_nodes(nodes, 20) - start) * nodes[:, None]
    np.testing.assert_allclose(second, np.tile(own @ start, (2, 1)), atol=1e-5)
    one = transformed(complex(nodes[1]), 20)  # by itself
    np.testing.assert_allclose(one, transformed.at_nodes(nodes, 20)[1], rtol=1e-14)


def test_what_is_conserved_is_found_beside_the_trace():
    left = Conserved(hierarchy_chain(hierarchy(dark()))).left
    assert left.shape[1] == 2
    assert np.allclose(left.T @ left, np.eye(2), atol=1e-14)


def test_a_singlet_that_decays_slowly_leaves_the_steady_state_late():
    # The dephasing of one of two qubits takes the singlet away at half its rate.
    rate = 1.2e-10
    found = te.evolve(dark(dephasing=rate), [1e3, 1e8, 1e9], START)
    singlet = found.populations()["S"]
    steady = float(te.steady_state(dark(dephasing=rate)).populations()["S"])
    left = [float(s) - steady for s in singlet]
    # Pure exponential between the last two times, to what the slow rate's own O(rate) changes.
    assert np.log(left[1] / left[2]) == pytest.approx(rate * 9e8 / 2, rel=0.3)


@pytest.mark.parametrize("slow", [1e-9, 1e-12])
def test_a_slow_state_that_is_fed_by_a_fast_one_is_not_conserved(slow, monkeypatch):
    """In every row its column is small against that of the fast one."""
    monkeypatch.setattr(conserved, "_trace", lambda chain: np.ones((3, 1)))
    rows = np.array([[0.0, 0.3, slow], [0.0, -1.0, 0.0], [0.0, 0.7, -slow]])
    assert conserved._null_vectors(None, rows).shape == (3, 1)
    rows[:, 2] = 0.0
    assert conserved._null_vectors(None, rows).shape == (3, 2)
