"""The sparse Lindbladian against the master equation written out with dense matrices."""

import numpy as np
import pytest

import thermalent as te
from thermalent.fock.lindbladian import lindbladian
from thermalent.fock.preconditioner import SweepPreconditioner
from thermalent.fock.solvers import Direct, Iterative
from thermalent.fock.space import emitter_numbers, space
from thermalent.fock.stationary import stationary
from thermalent.networks.nodes import SIGMA_MINUS

EPS = np.finfo(float).eps


def random_hermitian(rng, n, rank=None):
    half = rng.normal(size=(n, rank or n)) + 1j * rng.normal(size=(n, rank or n))
    return half @ half.conj().T / n


def general_network(rng, *, modes=1, absorption=True, drive=False):
    """Every term of the master equation at once; G large enough for a steady state."""
    emitters = (
        te.Qubit(name="q", dephasing=0.3),
        te.Qudit(
            name="d",
            lower=np.diag([1.0, 1.3], 1),
            local_hamiltonian=np.diag([0.0, 0.2, 0.7])
            + (0.4 * (np.diag([1, 1], 1) + np.diag([1, 1], -1)) if drive else 0.0),
            local_jumps=(np.diag([0.0, 0.5, 0.1]), np.eye(3, k=-1) * 0.2),
        ),
    )
    n = modes + 2
    return te.Network(
        nodes=(
            *(te.Mode(name=f"a{k}", bath_rate=0.7, n_th=0.4 + k) for k in range(modes)),
            *emitters,
        ),
        exchange=random_hermitian(rng, n) - random_hermitian(rng, n),
        decay=random_hermitian(rng, n) + np.eye(n),
        absorption=0.2 * random_hermitian(rng, n, rank=2) if absorption else None,
    )


def dense_right_side(network, cutoffs, rho):
    """The master equation of the module `network`, term by term."""
    dims = (*cutoffs, *network.dims)
    local = [np.diag(np.sqrt(np.arange(1, cutoff)), 1) for cutoff in cutoffs]
    local += [emitter.lowering for emitter in network.emitters]

    def embed(operator, position):
        out = np.eye(1)
        for k, d in enumerate(dims):
            out = np.kron(out, operator if k == position else np.eye(d))
        return out

    def dissipator(x, y):
        product = y.conj().T @ x
        return x @ rho @ y.conj().T - 0.5 * (product @ rho + rho @ product)

    c = [embed(operator, k) for k, operator in enumerate(local)]
    out = np.zeros_like(rho)
    for j, cj in enumerate(c):
        for l, cl in enumerate(c):
            h = network.exchange[j, l] * cj.conj().T @ cl
            out += -1j * (h @ rho - rho @ h)
            out += network.decay[j, l] * dissipator(cj, cl)
            out += network.absorption[j, l] * dissipator(cj.conj().T, cl.conj().T)
    for k, mode in enumerate(network.modes):
        out += mode.bath_rate * (mode.n_th + 1) * dissipator(c[k], c[k])
        out += mode.bath_rate * mode.n_th * dissipator(c[k].conj().T, c[k].conj().T)
    for p, emitter in enumerate(network.emitters):
        h = embed(emitter.hamiltonian, len(cutoffs) + p)
        out += -1j * (h @ rho - rho @ h)
        for jump in emitter.collapse_operators:
            o = embed(jump, len(cutoffs) + p)
            out += dissipator(o, o)
    return out


@pytest.mark.parametrize(
    ("cutoffs", "options"),
    [
        ((4,), {}),
        ((3, 2), {"modes": 2}),
        ((), {"modes": 0}),
        ((4,), {"drive": True}),
        ((1,), {}),
    ],
    ids=["one mode", "two modes", "no mode", "coherent drive", "one level"],
)
def test_right_side_of_the_master_equation(cutoffs, options, rng):
    network = general_network(rng, **options)
    numbers = emitter_numbers(network)
    assert (numbers is None) == options.get("drive", False)
    kept = space(network, cutoffs, numbers)
    size = len(kept.group)
    rho = np.zeros((size, size), dtype=complex)
    rho[kept.rows, kept.cols] = random_hermitian(rng, size)[kept.rows, kept.cols]

    expected = dense_right_side(network, cutoffs, rho)
    unitary = kept.coordinates()
    x = (unitary @ rho[kept.rows, kept.cols]).real
    found = unitary.conj().T @ (lindbladian(network, kept).matrix @ x)
    scale = np.max(np.abs(expected))
    np.testing.assert_allclose(
        found, expected[kept.rows, kept.cols], rtol=0, atol=200 * EPS * scale
    )
    # Nothing leaves the kept elements.
    expected[kept.rows, kept.cols] = 0
    assert np.max(np.abs(expected)) < 200 * EPS * scale


def test_trace_is_conserved_at_any_cutoff(rng):
    network = general_network(rng)
    kept = space(network, (5,), emitter_numbers(network))
    matrix = lindbladian(network, kept).matrix
    states = np.arange(len(kept.group))
    leak = matrix[kept.index(states, states)].sum(axis=0)
    assert np.max(np.abs(leak)) < 100 * EPS * np.max(np.abs(matrix.data))


def test_slow_states_are_left_at_the_rate_at_which_others_are_entered():
    """The dephasing, 1e7 times faster, leaves no rounding in the rate of the vacuum."""
    network = te.thermal_link(1e-7, 1.0, dephasing=(0.3, 0.7))
    kept = space(network, (4,), emitter_numbers(network))
    matrix = lindbladian(network, kept).matrix.toarray()
    states = np.arange(len(kept.group))
    flows = matrix[np.ix_(kept.index(states, states), kept.index(states, states))]
    left = -flows.diagonal()
    entered = flows.sum(axis=0) + left
    assert left.min() == pytest.approx(1e-7, rel=1e-14)
    np.testing.assert_allclose(left, entered, rtol=4 * EPS)


def test_one_sweep_is_exact_without_heat(rng):
    """Nothing jumps up or dephases: (L - shift) y = b, so L y - b = shift y."""
    network = te.thermal_link(n_th=0.0, kappa=0.3, detuning=(0.2, -0.4))
    generator = lindbladian(network, space(network, (6,), emitter_numbers(network)))
    sweep = SweepPreconditioner(generator)
    b = rng.normal(size=generator.space.elements)
    y = sweep(b)
    residual = generator.matrix @ y - b - sweep.shift * y
    assert np.max(np.abs(residual)) < 1e3 * EPS * np.max(np.abs(y))
    hot = te.thermal_link(n_th=1.0, kappa=0.3, detuning=(0.2, -0.4))
    generator = lindbladian(hot, generator.space)
    y = SweepPreconditioner(generator)(b)
    assert np.max(np.abs(generator.matrix @ y - b - sweep.shift * y)) > 1e-2


def test_one_sweep_is_exact_where_nothing_jumps_down(rng):
    """Qubits that a hot bath excites and that nothing empties: the sweep goes up to the last."""
    heat = np.array([[1.0, 0.3, 0.1j], [0.3, 0.8, 0.2], [-0.1j, 0.2, 0.5]])
    network = te.Network(
        nodes=tuple(te.Qubit(name=f"q{i}") for i in range(3)),
        exchange=np.array([[0.2, 0.4, 0], [0.4, -0.3, 0.1j], [0, -0.1j, 0.1]]),
        decay=np.zeros((3, 3)),
        absorption=heat,
    )
    generator = lindbladian(network, space(network, (), emitter_numbers(network)))
    sweep = SweepPreconditioner(generator)
    assert len(sweep.slices) == 4
    b = rng.normal(size=generator.space.elements)
    y = sweep(b)
    residual = generator.matrix @ y - b - sweep.shift * y
    assert np.max(np.abs(residual)) < 1e3 * EPS * np.max(np.abs(y))


@pytest.mark.parametrize("solver", [Direct, Iterative])
@pytest.mark.parametrize("options", [{}, {"drive": True}, {"modes": 2}, {"modes": 0}])
def test_both_solvers_find_the_null_vector(solver, options, rng):
    network = general_network(rng, **options)
    cutoffs = {0: (), 1: (5,), 2: (3, 4)}[options.get("modes", 1)]
    kept = space(network, cutoffs, emitter_numbers(network))
    generator = lindbladian(network, kept)
    d = kept.emitter_dimension
    found = stationary(generator, solver(generator), kept.product([0.3] * len(cutoffs), np.ones(d)))
    assert found.converged
    _, values, vectors = np.linalg.svd(generator.matrix.toarray())
    assert values[-1] < 1e-12 * values[0] < values[-2]
    null = vectors[-1] / kept.populations(vectors[-1]).sum()
    # A relative residual of 1e-13 over a gap of at least values[-2].
    np.testing.assert_allclose(found.x, null, rtol=0, atol=1e-13 * values[0] / values[-2])
    assert kept.populations(found.x).sum() == pytest.approx(1, abs=10 * EPS)


def test_without_back_action_nothing_reaches_the_mode():
    """The mode's populations stay exactly thermal; with back-action they do not."""
    link = te.phononic_link(1.0, 0.4, wavelengths=(1.1, 1.8), detuning=(0.2, -0.3))
    for backaction in (True, False):
        network = te.Network(
            nodes=(
                te.Mode(name="s", bath_rate=0.4, n_th=1.0, backaction=backaction),
                *link.emitters,
            ),
            exchange=link.exchange,
            decay=link.decay,
        )
        kept = space(network, (20,), emitter_numbers(network))
        generator = lindbladian(network, kept)
        x = stationary(generator, Direct(generator), kept.product([0.3], np.eye(4)[0])).x
        (populations,) = kept.mode_populations(x)
        ratios = populations[1:11] / populations[:10]
        deviation = np.max(np.abs(ratios - 1 / 3))  # nbar = 1/2
        assert deviation > 1e-3 if backaction else deviation < 1e-10


def test_zero_generator_does_not_break_the_solvers():
    network = te.Network(
        nodes=(te.Qudit(name="q", lower=SIGMA_MINUS),),
        exchange=np.zeros((1, 1)),
        decay=np.zeros((1, 1)),
    )
    kept = space(network, (), emitter_numbers(network))
    generator = lindbladian(network, kept)
    start = kept.product([], np.array([0.3, 0.7]))
    for solver in (Direct, Iterative):
        found = stationary(generator, solver(generator), start)
        np.testing.assert_array_equal(found.x, start)
