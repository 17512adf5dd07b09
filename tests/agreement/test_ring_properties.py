"""Random ring networks: all methods agree, and what every evolution keeps is kept."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import thermalent as te
from thermalent.excitations import FewExcitations, SingleExcitation, amplitudes, transfer
from thermalent.excitations.losses import total_decay
from thermalent.models.ring_resonators import ring_resonators

TIMES = np.array([0.4, 1.5, 6.0])
AGREE = 1e-8
ROUNDING = 1e-12  # of a map that amplifies no error, some hundred steps
few_examples = settings(max_examples=20)
fewer_examples = settings(max_examples=8)  # where Fock takes a tenth of a second
seeds = st.integers(0, 2**32 - 1)


def between(low, high):
    # Networks refuse rates below 1e-100, whose products double precision does not hold.
    return st.floats(low, high).map(lambda x: x if abs(x) >= 1e-30 else 0.0)


@st.composite
def rings(draw, *, one_way=False, dephasing=False, most_nodes=3, most_qubits=2):
    """Arguments of `ring_resonators`: two or three nodes with every imperfection."""
    nodes = draw(st.integers(2, most_nodes))
    counts = [draw(st.integers(1, most_qubits if nodes == 2 else 1)) for _ in range(nodes)]

    def per_node(values):
        return tuple(draw(values) for _ in range(nodes))

    def per_qubit(values):
        return tuple(tuple(draw(values) for _ in range(count)) for count in counts)

    phases = st.builds(lambda g, phi: g * np.exp(1j * phi), between(0.05, 1), between(0, 6.3))
    return {
        "coupling": per_qubit(phases),
        "decay_right": per_node(between(0.1, 1.5)),
        "decay_left": per_node(st.just(0.0) if one_way else between(0, 1.5)),
        "distance": tuple(draw(between(0.1, 6.3)) for _ in range(nodes - 1)),
        "qubits": tuple(counts),
        "qubit_decay": per_qubit(between(0, 0.3)),
        "cavity_loss": per_node(between(0, 0.3)),
        "detuning": per_qubit(between(-0.5, 0.5)),
        "cavity_detuning": per_node(between(-0.5, 0.5)),
        "loss": tuple(draw(between(0, 0.5)) for _ in range(nodes - 1)),
        "dephasing": per_qubit(between(0, 0.3)) if dephasing else 0.0,
    }


def random_ket(seed, network, numbers):
    """A random pure state of the emitters with these numbers of excitations."""
    rng = np.random.default_rng(seed)
    of_each = np.array([sum(levels) for levels in itertools.product(*map(range, network.dims))])
    psi = rng.normal(size=len(of_each)) + 1j * rng.normal(size=len(of_each))
    psi[~np.isin(of_each, numbers)] = 0
    return psi / np.linalg.norm(psi)


def assert_states(states):
    for state in states:
        assert abs(np.trace(state) - 1) < ROUNDING
        assert np.max(np.abs(state - state.conj().T)) < ROUNDING
        assert np.linalg.eigvalsh(state)[0] > -ROUNDING


def excitations(states, dims):
    """Mean number of excitations of the emitters, (t,)."""
    numbers = np.array([sum(levels) for levels in itertools.product(*map(range, dims))])
    return np.einsum("tii,i->t", states, numbers).real


def fock(most):
    """Exact: a level more than there are quanta, whose population it measures to be zero."""
    return te.Fock(cutoff=most + 2)


@given(arguments=rings(most_nodes=2), seed=seeds)
@fewer_examples
def test_one_excitation_by_every_method(arguments, seed):
    network = ring_resonators(**arguments)
    psi = random_ket(seed, network, (0, 1))
    found = [
        te.evolve(network, TIMES, psi, method, source="empty")
        for method in (SingleExcitation(), FewExcitations(), fock(1))
    ]
    for evolved in found:
        assert_states(evolved.states)
        assert np.max(np.abs(evolved.states - found[0].states)) < AGREE
    one, few = found[:2]
    difference = np.max(np.abs(one.states - few.states), axis=(1, 2))
    assert np.all(difference <= one.error + few.error)


@given(arguments=rings(), seed=seeds)
@few_examples
def test_transfer_is_the_fidelity_of_every_method(arguments, seed):
    network = ring_resonators(**arguments)
    psi, phi = (random_ket(seed + i, network, (1,)) for i in range(2))
    found = transfer(network, TIMES, psi, phi)
    for method in (SingleExcitation(), FewExcitations()):
        states = te.evolve(network, TIMES, psi, method).states
        fidelity = np.einsum("i,tij,j->t", phi.conj(), states, phi).real
        np.testing.assert_allclose(found.fidelity, fidelity, rtol=0, atol=AGREE)


@given(arguments=rings(dephasing=True, most_nodes=2, most_qubits=1), seed=seeds)
@fewer_examples
def test_two_excitations_and_dephasing(arguments, seed):
    network = ring_resonators(**arguments)
    psi = random_ket(seed, network, (0, 1, 2))
    few = te.evolve(network, TIMES, psi, FewExcitations())
    full = te.evolve(network, TIMES, psi, fock(2), source="empty")
    assert_states(few.states)
    assert np.max(np.abs(few.states - full.states)) < AGREE
    # Never more excitations than at the start, in any state or on the average.
    numbers = np.array([sum(levels) for levels in itertools.product(*map(range, network.dims))])
    assert np.all(few.states[:, numbers > 2] == 0)
    start = excitations(np.outer(psi, psi.conj())[None], network.dims)[0]
    assert np.all(excitations(few.states, network.dims) <= start + ROUNDING)


@given(arguments=rings(), seed=seeds)
@few_examples
def test_what_the_nodes_lose_is_what_decays(arguments, seed):
    r"""The excitation is conserved up to decay: n(0) - n(T) is the time integral of <G>."""
    network = ring_resonators(**arguments)
    start = random_ket(seed, network, (1,))
    nodes, weights = np.polynomial.legendre.leggauss(60)  # smooth over 6: to rounding
    end = TIMES[-1]
    inner = (nodes + 1) * end / 2
    psi = amplitudes(network, np.append(inner, end), start)  # (t, n)
    # G_jl D[c_j, c_l] takes G_jl <c_l^+ c_j>.
    lost = np.einsum("tj,jl,tl->t", psi, total_decay(network), psi.conj()).real
    assert np.all(lost >= -ROUNDING)
    left = np.sum(np.abs(psi[-1]) ** 2)
    assert abs(1 - left - weights @ lost[:-1] * end / 2) < 1e-9
    assert np.all(np.diff(np.sum(np.abs(psi) ** 2, axis=1)) < ROUNDING)


@given(arguments=rings(one_way=True), kd=between(0.1, 6.3), seed=seeds)
@few_examples
def test_distance_drops_out_of_a_one_way_waveguide(arguments, kd, seed):
    """Up to a phase on each node; so no population and no size of a coherence depends on it."""
    first = len(arguments["coupling"][0])  # all starts on the first node, which feels no distance
    rng = np.random.default_rng(seed)
    psi = rng.normal(size=first) + 1j * rng.normal(size=first)
    psi /= np.linalg.norm(psi)
    found = []
    for distance in (arguments["distance"], kd):
        network = ring_resonators(**{**arguments, "distance": distance})
        start = dict(zip(network.emitter_names, psi, strict=False))
        found.append(np.abs(amplitudes(network, TIMES, start)))
    np.testing.assert_allclose(found[0], found[1], rtol=0, atol=ROUNDING)


@given(g=between(0.05, 1), left=between(0, 1), kd=between(0.1, 6.3), other=between(0.05, 1))
@few_examples
def test_antisymmetric_qubits_of_a_node_are_dark(g, left, kd, other):
    network = ring_resonators((g, other), 1.0, left, distance=kd, qubits=2)
    singlet = {"q1a": np.sqrt(0.5), "q1b": -np.sqrt(0.5)}
    np.testing.assert_allclose(
        transfer(network, TIMES, singlet, singlet).fidelity, 1, rtol=0, atol=ROUNDING
    )


@given(
    g=between(0.05, 1),
    other=between(0.05, 1),
    left=between(0, 1),
    kd=between(0.1, 6.3),
    detuning=between(-0.5, 0.5),
)
@few_examples
def test_collective_spins_are_the_symmetric_qubits(g, other, left, kd, detuning):
    """|2D_1> and |2D_2> by spins of three levels, and by single qubits."""
    options = {"distance": kd, "qubits": 2, "detuning": detuning}
    qubits = ring_resonators((g, other), 1.0, left, **options)
    spins = ring_resonators((g, other), 1.0, left, collective=True, **options)
    bell = ({f"q{node}a": np.sqrt(0.5), f"q{node}b": np.sqrt(0.5)} for node in (1, 2))
    for pair, levels in ((tuple(bell), ("1,0", "0,1")), (("1100", "0011"), ("2,0", "0,2"))):
        one, other_way = transfer(qubits, TIMES, *pair), transfer(spins, TIMES, *levels)
        np.testing.assert_allclose(one.amplitude, other_way.amplitude, rtol=0, atol=ROUNDING)
