"""States as they are given: columns and quantum objects of QuTiP stand for the plain arrays."""

import numpy as np
import pytest

import thermalent as te

RNG = np.random.default_rng(7)


def mixed(d):
    a = RNG.normal(size=(d, d)) + 1j * RNG.normal(size=(d, d))
    return a @ a.conj().T / np.trace(a @ a.conj().T)


RHO, SIGMA = mixed(4), mixed(4)
PSI = np.linalg.eigh(SIGMA)[1][:, 2]
MEASURES = {
    "concurrence": te.concurrence,
    "formation": te.entanglement_of_formation,
    "negativity": te.negativity,
    "logarithmic negativity": te.logarithmic_negativity,
    "purity": te.purity,
    "entropy": te.von_neumann_entropy,
    "populations": te.states.populations,
    "fidelity": lambda state: te.fidelity(state, RHO, squared=True),
    "distance": lambda state: te.trace_distance(RHO, state),
    "product": lambda state: te.states.product(state, state).tolist(),
}


@pytest.mark.parametrize("name", MEASURES)
def test_a_column_is_a_ket(name):
    for column in (PSI[:, None], [[amplitude] for amplitude in PSI]):
        assert MEASURES[name](column) == MEASURES[name](PSI)


@pytest.mark.parametrize("name", MEASURES)
def test_a_quantum_object_is_its_array(name):
    qutip = pytest.importorskip("qutip")
    for array in (RHO, PSI):
        dims = [[2, 2], [2, 2] if array.ndim == 2 else [1, 1]]
        assert MEASURES[name](qutip.Qobj(array, dims=dims)) == MEASURES[name](array)
        assert MEASURES[name](qutip.Qobj(array)) == MEASURES[name](array)


def test_the_subsystems_of_a_quantum_object_are_taken_and_compared():
    qutip = pytest.importorskip("qutip")
    rho = mixed(6)
    ours = qutip.Qobj(rho, dims=[[2, 3], [2, 3]])
    assert te.negativity(ours) == te.negativity(rho, (2, 3))
    assert te.states.populations(ours) == te.states.populations(rho, (2, 3))
    assert np.array_equal(te.partial_trace(ours, (2, 3), 1), te.partial_trace(rho, (2, 3), 1))
    assert np.allclose(te.partial_trace(ours, (2, 3), 1), ours.ptrace(1).full(), atol=1e-15)
    for wrong in (
        lambda: te.negativity(ours, (3, 2)),
        lambda: te.partial_trace(ours, (3, 2), 0),
        lambda: te.trace_distance(ours, qutip.Qobj(rho, dims=[[3, 2], [3, 2]])),
        lambda: te.concurrence(qutip.Qobj(RHO, dims=[[2, 1, 2], [2, 1, 2]])),
    ):
        with pytest.raises(
            te.ThermalentError, match=r"Argument `(rho|sigma)` must be of dim.*Qobj"
        ):
            wrong()


def test_quantum_objects_that_are_no_states_are_refused_by_their_type():
    qutip = pytest.importorskip("qutip")
    bra = qutip.Qobj(PSI).dag()
    channel = qutip.to_super(qutip.Qobj(RHO))
    between = qutip.Qobj(np.ones((4, 2)))
    for wrong in (bra, channel, between):
        with pytest.raises(te.ThermalentError, match="a ket or an operator on one space"):
            te.purity(wrong)


def test_an_initial_state_may_be_a_column_or_a_quantum_object():
    network, times = te.thermal_link(0.5, 0.3), [0.4]
    expected = te.evolve(network, times, PSI).states
    assert np.array_equal(te.evolve(network, times, PSI[:, None]).states, expected)
    qutip = pytest.importorskip("qutip")
    theirs = qutip.Qobj(PSI, dims=[[2, 2], [1, 1]])
    assert np.array_equal(te.evolve(network, times, theirs).states, expected)
    with pytest.raises(te.ThermalentError, match=r"`initial`.*\[2, 2\].*Qobj of \[2, 1, 2\]"):
        te.evolve(network, times, qutip.Qobj(PSI, dims=[[2, 1, 2], [1, 1, 1]]))
    reached = te.steady_state(network)
    assert reached.fidelity(theirs) == reached.fidelity(PSI)
    from_theirs = te.evolve(network, times, reached.to_qutip())
    assert np.array_equal(from_theirs.states, te.evolve(network, times, reached.state).states)


def test_few_excitations_start_from_quantum_objects():
    qutip = pytest.importorskip("qutip")
    network = te.ring_resonators(coupling=(0.3, 0.3), decay_right=1.0, decay_left=0.0)
    size = int(np.prod(network.dims))
    start = np.zeros(size, dtype=complex)
    start[size // 2] = 1.0  # the first emitter excited
    dims = list(network.dims)
    theirs = qutip.Qobj(start, dims=[dims, [1] * len(dims)])
    by = te.FewExcitations()
    assert np.array_equal(
        te.evolve(network, [1.0], theirs, by).states, te.evolve(network, [1.0], start, by).states
    )
