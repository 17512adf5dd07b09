"""Fock with pumping and squeezed channels, against master equations written out by hand."""

from functools import reduce
from math import comb

import numpy as np
import pytest
from scipy import sparse
from scipy.linalg import null_space
from scipy.sparse.linalg import expm_multiply

import thermalent as te
from thermalent.fock import cost
from thermalent.fock.blocks import SectorGenerators
from thermalent.fock.krylov import krylov_steps
from thermalent.fock.lindbladian import lindbladian
from thermalent.fock.mode_states import joint_state
from thermalent.fock.problem import problem
from thermalent.fock.sectors import flow_of, product_elements, sector
from thermalent.fock.space import emitter_numbers, space
from thermalent.networks.mode_moments import bare_modes, tail_ratios

LOWER = np.array([[0, 1], [0, 0]], dtype=complex)


def embedded(operator, place, dims):
    factors = [np.eye(d) for d in dims]
    factors[place] = operator
    return sparse.csr_array(reduce(sparse.kron, factors))


def dissipator(o):
    eye = sparse.eye_array(o.shape[0])
    q = o.conj().T @ o
    return sparse.kron(o, o.conj()) - 0.5 * (sparse.kron(q, eye) + sparse.kron(eye, q.T))


def commutator(h):
    eye = sparse.eye_array(h.shape[0])
    return -1j * (sparse.kron(h, eye) - sparse.kron(eye, h.T))


def cascade(line, rates):
    """Hamiltonian and jump operator of nodes along one rail, the first one upstream."""
    jump = sum(np.sqrt(rate) * c for rate, c in zip(rates, line, strict=True))
    hamiltonian = 0 * jump
    for later, c in enumerate(line):
        for earlier in range(later):
            term = np.sqrt(rates[later] * rates[earlier]) * (c.conj().T @ line[earlier])
            hamiltonian = hamiltonian - 0.5j * (term - term.conj().T)
    return hamiltonian, jump


def broadband(pairs, r, delta_a, delta_b, dephasing):
    """DUALRAIL, Eqs. (1) to (3), on row-major vectors."""
    dims = (2,) * (2 * pairs)
    a, b = ([embedded(LOWER, 2 * i + rail, dims) for i in range(pairs)] for rail in (0, 1))
    (h_a, l_a), (h_b, l_b) = cascade(a, [1.0] * pairs), cascade(b, [1.0] * pairs)
    h = h_a + h_b
    for delta, c in [*zip(delta_a, a, strict=True), *zip(delta_b, b, strict=True)]:
        h = h + delta * c.conj().T @ c
    generator = commutator(h)
    generator = generator + dissipator(np.cosh(r) * l_a - np.sinh(r) * l_b.conj().T)
    generator = generator + dissipator(np.cosh(r) * l_b - np.sinh(r) * l_a.conj().T)
    for c in [*a, *b]:
        z = c.conj().T @ c - c @ c.conj().T
        generator = generator + dephasing / 2 * dissipator(z)
    return generator


def filtered(levels, kappa, g, delta):
    """DUALRAIL, Eq. (11) for one pair, the modes cut off at the same levels."""
    dims = (levels, levels, 2, 2)
    mode = np.diag(np.sqrt(np.arange(1, levels)), 1).astype(complex)
    a, b, qa, qb = (embedded(o, i, dims) for i, o in enumerate((mode, mode, LOWER, LOWER)))
    (h_a, l_a), (h_b, l_b) = cascade([a, qa], [kappa, 1.0]), cascade([b, qb], [kappa, 1.0])
    pairs = 1j * g * (a.conj().T @ b.conj().T)
    h = h_a + h_b + pairs + pairs.conj().T + delta * (qa.conj().T @ qa - qb.conj().T @ qb)
    return commutator(h) + dissipator(l_a) + dissipator(l_b), dims


@pytest.mark.parametrize("pairs", [1, 2])
@pytest.mark.parametrize("dephasing", [0.0, 0.07])
def test_a_broadband_source_is_the_master_equation_written_by_hand(pairs, dephasing):
    delta_a = [0.4 * i + 0.1 for i in range(pairs)]
    delta_b = [-d for d in reversed(delta_a)]
    by_hand = broadband(pairs, 0.9, delta_a, delta_b, dephasing)
    network = te.dual_rail(pairs, 0.9, detuning=delta_a, permutation="reverse", dephasing=dephasing)
    d = 4**pairs
    steady = null_space(by_hand.toarray(), rcond=1e-11)
    assert steady.shape[1] == 1
    steady = steady[:, 0].reshape(d, d) / np.trace(steady[:, 0].reshape(d, d))
    found = te.steady_state(network, te.Fock())
    assert np.max(np.abs(found.state - steady)) < found.error + 1e-13
    rng = np.random.default_rng(pairs)
    psi = rng.normal(size=d) + 1j * rng.normal(size=d)  # coherences between all charges
    psi /= np.linalg.norm(psi)
    times = [0.2, 4.0]
    evolved = te.evolve(network, times, psi, te.Fock())
    for time, state, error in zip(times, evolved.states, evolved.error, strict=True):
        expected = expm_multiply(time * by_hand, np.outer(psi, psi.conj()).ravel())
        assert np.max(np.abs(state.ravel() - expected)) < error + 1e-12


def test_a_filtered_source_is_the_master_equation_written_by_hand():
    levels, kappa, r = 4, 3.0, 0.8
    g = kappa / 2 * np.tanh(r / 2)
    by_hand, dims = filtered(levels, kappa, g, 0.3)
    network = te.dual_rail(1, r, bandwidth=kappa, detuning=0.3)
    start = np.zeros(by_hand.shape[0], dtype=complex)
    start[0] = 1.0
    times = [0.5, 5.0]
    found = te.evolve(network, times, "00", te.Fock(cutoff=levels), source="empty")
    for time, state in zip(times, found.states, strict=True):
        rho = expm_multiply(time * by_hand, start).reshape(*dims, *dims)
        expected = np.einsum("abcdabef->cdef", rho).reshape(4, 4)
        # Both are cut off alike; what is left is rounding.
        np.testing.assert_allclose(state, expected, atol=1e-12)
    assert found.error[1] > 1e-5  # and Fock says that four levels are few


@pytest.mark.parametrize(("pairs", "unknowns"), [(1, 6), (2, 70), (3, 924), (5, 184756)])
def test_only_equal_charges_are_unknown(pairs, unknowns):
    network = te.dual_rail(pairs, 1.0)
    assert unknowns == comb(4 * pairs, 2 * pairs)
    assert problem(network, "auto").cost(()).elements == unknowns
    if pairs < 5:
        assert space(network, (), emitter_numbers(network)).elements == unknowns


RAILS = te.dual_rail(2, 0.8, bandwidth=2.0, detuning=(0.1, 0.4), dephasing=0.05)
COMPLEX_JUMP = te.Network(
    nodes=(
        te.Mode(name="s", bath_rate=1.0, n_th=1.0),
        te.Qudit(name="q", lower=LOWER, local_jumps=((0.3 + 0.5j) * LOWER,)),
    ),
    exchange=np.array([[0, 1], [1, 0.2]]),
    decay=np.eye(2),
)


@pytest.mark.parametrize("charge", [0, 1, 3])
@pytest.mark.parametrize("network", [RAILS, COMPLEX_JUMP], ids=["rails", "a complex jump"])
def test_blocks_apply_what_the_matrix_does(network, charge):
    base = space(network, (3,) * len(network.modes), emitter_numbers(network))
    kept = sector(base, charge)
    rng = np.random.default_rng(charge)
    matrix = flow_of(lindbladian(network, base), kept, np.zeros(kept.elements), charge).matrix
    if charge == 0:
        unitary = base.coordinates()
        x = rng.normal(size=kept.elements)
        elements, expected = unitary.conj().T @ x, unitary.conj().T @ (matrix @ x)
    else:
        elements = rng.normal(size=kept.elements) + 1j * rng.normal(size=kept.elements)
        expected = matrix @ elements
    blocks = SectorGenerators(network, base, kept, charge, elements)
    found = blocks.unpack(blocks(blocks.pack(elements)))
    np.testing.assert_allclose(found, expected, atol=1e-13 * blocks.rate * 10)


def test_real_problems_are_solved_in_real_numbers():
    for detuning, real in ((0.0, True), (0.2, False)):
        network = te.dual_rail(2, 1.0, detuning=detuning)
        base = space(network, (), emitter_numbers(network))
        start = product_elements(base, [], np.diag([1.0, *[0.0] * 15]))
        blocks = SectorGenerators(network, base, base, 0, start)
        assert blocks.real is real
        # Each pair of an element and its conjugate once: a symmetric or a Hermitian matrix.
        pairs = (base.elements - 16) // 2
        assert len(blocks.pack(start)) == 16 + (1 if real else 2) * pairs


def test_packed_elements_keep_their_norm_and_lose_what_is_not_hermitian():
    network = te.dual_rail(2, 1.0, detuning=0.2)
    base = space(network, (), emitter_numbers(network))
    rng = np.random.default_rng(2)
    elements = rng.normal(size=base.elements) + 1j * rng.normal(size=base.elements)
    hermitian = (elements + elements[base.index(base.cols, base.rows)].conj()) / 2
    blocks = SectorGenerators(network, base, base, 0, elements)
    packed = blocks.pack(elements)
    assert np.linalg.norm(packed) == pytest.approx(np.linalg.norm(hermitian), rel=1e-14)
    np.testing.assert_allclose(blocks.unpack(packed), hermitian, atol=1e-15)


@pytest.mark.parametrize("share", [1e-4, 1e-8, 1e-12])
def test_krylov_steps_keep_their_error_bound(share):
    network = te.dual_rail(2, 1.0, detuning=(0.0, 0.3))
    base = space(network, (), emitter_numbers(network))
    start = product_elements(base, [], np.diag([1.0, *[0.0] * 15]))
    blocks = SectorGenerators(network, base, base, 0, start)
    bound = 0.0
    for step in krylov_steps(
        blocks, blocks.pack(start), 6.0, rate=blocks.rate, states=16, share=share
    ):
        bound += step.error
        middle = step.start + 0.5 * step.length
        for time, y in ((middle, step.state(middle - step.start)), (step.end, None)):
            y = step.state(step.length) if y is None else y
            matrix = lindbladian(network, base).matrix
            unitary = base.coordinates()
            exact = unitary.conj().T @ expm_multiply(time * matrix, (unitary @ start).real)
            rho = np.zeros((16, 16), dtype=complex)
            rho[base.rows, base.cols] = blocks.unpack(y) - exact
            trace_norm = np.linalg.svd(rho, compute_uv=False).sum()
            assert trace_norm <= bound + 1e-13 * blocks.rate * 6
    assert bound <= 6.0 * share


@pytest.mark.parametrize("initial", ["000000", "coherent"])
def test_large_sectors_evolve_as_small_ones(initial, monkeypatch):
    network = te.dual_rail(3, 1.0, detuning=(0.0, 0.1, 0.2), permutation="reverse")
    if initial == "coherent":
        psi = np.random.default_rng(3).normal(size=64) + 1j
        initial = psi / np.linalg.norm(psi)
    times = [0.0, 0.7, 30.0]
    by_matrix = te.evolve(network, times, initial, te.Fock())
    monkeypatch.setattr(cost, "_LARGE", 0.0)
    monkeypatch.setattr(cost, "_PER_GROUP", 0.0)
    in_blocks = te.evolve(network, times, initial, te.Fock())
    distance = np.max(np.abs(by_matrix.states - in_blocks.states), axis=(1, 2))
    assert np.all(distance <= by_matrix.error + in_blocks.error)
    assert np.all(in_blocks.error <= 1e-9)


def test_pumped_modes_hold_what_the_linear_equations_say():
    r"""N = eps^2/(1 - eps^2)/2 and S = eps/(1 - eps^2)/2, eps = tanh(r/2) = 2 g/kappa."""
    network = te.dual_rail(1, 0.9, bandwidth=2.5)
    eps = np.tanh(0.45)
    moments = bare_modes(network)
    number, anomalous = 0.5 * eps**2 / (1 - eps**2), 0.5 * eps / (1 - eps**2)
    np.testing.assert_allclose(np.diag(moments.number), [number, number], rtol=1e-13)
    assert abs(moments.anomalous[0, 1]) == pytest.approx(anomalous, rel=1e-13)
    assert moments.growth == pytest.approx(-2.5 / 2 * (1 - eps), rel=1e-13)
    n = 14
    joint = joint_state(network, (n, n))
    lower = np.diag(np.sqrt(np.arange(1, n)), 1)
    a, b = np.kron(lower, np.eye(n)), np.kron(np.eye(n), lower)
    # What fourteen levels leave out of the moments: n times the tail, with room.
    left_out = 100 * n * tail_ratios(moments)[0] ** n
    assert np.trace(a.T @ a @ joint).real == pytest.approx(number, abs=left_out)
    assert np.trace(a @ b @ joint) == pytest.approx(moments.anomalous[0, 1], abs=left_out)
    populations = np.diag(joint).real.reshape(n, n).sum(axis=1)
    ratio = populations[6] / populations[5]
    assert ratio == pytest.approx(tail_ratios(moments)[0], rel=1e-3)


def test_a_mode_squeezed_by_itself_has_the_tail_of_a_squeezed_state():
    eps = 0.5
    network = te.Network(
        nodes=(te.Mode(name="a"), te.Qubit(name="q")),
        exchange=np.zeros((2, 2)),
        decay=np.diag([1.0, 1.0]),
        pumping=np.diag([0.5j * eps, 0.0]),
    )
    (ratio,) = tail_ratios(bare_modes(network))
    populations = np.diag(joint_state(network, (60,))).real
    # Even and odd levels differ; their falling over many levels does not.
    measured = (populations[40] / populations[20]) ** (1 / 20)
    assert measured == pytest.approx(ratio, rel=0.05)
    assert ratio > bare_modes(network).number[0, 0].real * 1.2  # the naive thermal ratio is less


def mode_pumped_by_itself(seed):
    """A mode, nearly empty, and a qubit; the mode's quanta come in pairs and with the qubit's."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, 2, 2)) + 1j * rng.normal(size=(2, 2, 2))
    pumping = np.diag([0.1, 0.0]).astype(complex)
    pumping[0, 1] = pumping[1, 0] = 0.3 * rng.normal()
    return te.Network(
        nodes=(te.Mode(name="a", bath_rate=rng.uniform(0.2, 1), n_th=0.03), te.Qubit(name="q")),
        exchange=(a + a.conj().T) / 2,
        decay=b @ b.conj().T / 2,
        pumping=pumping,
    )


@pytest.mark.parametrize(
    "seed",
    [6, 19, 112, 20016]
    + [pytest.param(seed, marks=pytest.mark.long) for seed in (30, 51, 52, 229, 20124)],
)
def test_the_error_of_a_mode_pumped_by_itself_is_bounded(seed):
    """Even and odd levels alternate: the worst that searches have found, at every cutoff."""
    network = mode_pumped_by_itself(seed)
    best = te.Fock(cutoff=24).steady_state(network)
    for cutoff in range(3, 12):
        found = te.Fock(cutoff=cutoff).steady_state(network)
        true = np.max(np.abs(found.state - best.state))
        assert true < found.error + best.error
        assert found.error < 1e5 * true + 1e-11  # and says something


def random_pumped_network(seed):
    """Two modes, nearly empty, and a qubit; the first mode is pumped with all, perhaps itself."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, 3, 3)) + 1j * rng.normal(size=(2, 3, 3))
    pumping = np.zeros((3, 3), dtype=complex)
    pumping[0, 1] = pumping[1, 0] = 0.1 * rng.normal()
    pumping[0, 2] = pumping[2, 0] = 0.3 * rng.normal()
    pumping[0, 0] = rng.choice([0, 0.1])
    modes = (te.Mode(name=name, bath_rate=rng.uniform(0.2, 1), n_th=0.03) for name in "ab")
    return te.Network(
        nodes=(*modes, te.Qubit(name="q", dephasing=0.1)),
        exchange=(a + a.conj().T) / 2,
        decay=b @ b.conj().T / 3,
        pumping=pumping,
    )


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in (1, 2, 3, 4))]
)
def test_errors_of_random_pumped_networks_are_bounded(seed):
    """Cutoffs are raised mode by mode, so that one may stay while the other rises."""
    network = random_pumped_network(seed)
    rough, fine = (te.Fock(tolerance=t).steady_state(network) for t in (1e-3, 1e-5))
    assert rough.status.ok
    assert fine.status.ok
    assert np.max(np.abs(rough.state - fine.state)) < rough.error + fine.error


@pytest.mark.parametrize("gain", [0.5, 0.7])
def test_at_and_above_threshold_there_is_no_steady_state(gain):
    below = te.dual_rail(1, 0.5, bandwidth=1.0)
    pumping = np.zeros((4, 4), dtype=complex)
    pumping[0, 1] = pumping[1, 0] = 1j * gain
    network = te.Network(
        nodes=below.nodes, exchange=below.exchange, decay=below.decay, pumping=pumping
    )
    words = r"pumping of its modes is at or above threshold.* 2 g = kappa"
    with pytest.raises(te.MethodError, match=words):
        te.steady_state(network, te.Fock())
    with pytest.raises(te.MethodError, match=words + r".*use source='empty'"):
        te.evolve(network, [1.0], "00", te.Fock())
    early = te.evolve(network, [0.1], "00", te.Fock(tolerance=1e-6), source="empty")
    assert early.error[0] < 1e-5


def test_a_pumped_mode_is_no_classical_field():
    network = te.Network(
        nodes=(te.Mode(name="a", backaction=False), te.Mode(name="b"), te.Qubit(name="q")),
        exchange=np.zeros((3, 3)),
        decay=np.eye(3),
        pumping=np.array([[0, 0.2, 0], [0.2, 0, 0], [0, 0, 0]]),
    )
    with pytest.raises(te.MethodError, match=r"'a' is pumped or squeezed.*backaction=True"):
        te.steady_state(network, te.Fock())


def test_what_does_not_fit_says_what_would():
    with pytest.raises(te.MethodError, match=r"6\.01e\+08 unknowns .* first 12 emitters would fit"):
        te.evolve(te.dual_rail(8, 1.0), [1.0], "0" * 16, te.Fock())
    with pytest.raises(te.MethodError, match=r"unknowns need about .* Use fewer emitters"):
        te.steady_state(te.dual_rail(8, 1.0), te.Fock())
    with pytest.raises(te.MethodError, match=r"at 5000 times need .* those at \d+ times would fit"):
        te.evolve(te.dual_rail(5, 1.0), np.arange(5000.0), "0" * 10, te.Fock())


def test_the_reference_concurrences_of_a_filtered_source():
    found = te.steady_state(te.dual_rail(1, 1.0, bandwidth=5.0), te.Fock(tolerance=1e-5))
    assert found.concurrence() == pytest.approx(0.6825322713940289, abs=4 * found.error)


@pytest.mark.parametrize(("detuning", "rate"), [(0.3, 1.4), (2.0, 0.1), (-0.5, 5.0)])
def test_the_rate_of_blocks_bounds_both_drifts_and_all_jumps(detuning, rate):
    """Of one qubit: twice |i Delta + gamma/2|, and gamma."""
    qubit = te.Network(nodes=(te.Qubit(name="q"),), exchange=[[detuning]], decay=[[rate]])
    base = space(qubit, (), emitter_numbers(qubit))
    start = product_elements(base, [], np.diag([0.0, 1.0]))
    found = SectorGenerators(qubit, base, sector(base, 0), 0, start[:2])
    assert found.rate == pytest.approx(2 * abs(1j * detuning + rate / 2) + rate)
