"""Operators, starts, costs and refusals of quantum jumps, beside the same written out by hand."""

from dataclasses import replace
from functools import reduce

import numpy as np
import pytest

import thermalent as te
from thermalent.ensembles.blocks import threads_available
from thermalent.jumps import method as jump_method
from thermalent.jumps.start import Mixture, _choose, _coherent, mixture_of, start_of
from thermalent.jumps.system import modes_alone, system, unphysical
from thermalent.networks.mode_moments import bare_modes
from thermalent.solution.tasks import EvolutionTask, Piece, SteadyStateTask
from thermalent.support import memory_limit

LINK = te.thermal_link(1.0, 0.5)
LADDER = np.array([[0, 1, 0], [0, 0, np.sqrt(2)], [0, 0, 0]])
TURN = np.array([[0.3, 0.1j, 0], [-0.1j, -0.2, 0.4], [0, 0.4, 0.1]])
DEPHASING = np.diag([0.0, 0.5, 1.0])


def everything():
    """A heated mode, a qubit and three levels with a Hamiltonian and a jump of their own."""
    exchange = np.array([[0.3, 0.2j, 0.1], [-0.2j, -0.4, 0.25], [0.1, 0.25, 0.6]])
    decay = np.array([[1.0, 0.3j, 0.1], [-0.3j, 0.8, 0.2], [0.1, 0.2, 0.9]])
    absorption = 0.2 * np.array([[0.5, 0.1, 0], [0.1, 0.4, 0.1j], [0, -0.1j, 0.3]])
    pumping = np.array([[0.08j, 0.1, 0], [0.1, 0, 0.05j], [0, 0.05j, 0]])
    third = te.Qudit(name="c", lower=LADDER, local_hamiltonian=TURN, local_jumps=(DEPHASING,))
    return te.Network(
        nodes=(te.Mode(name="a", bath_rate=0.4, n_th=0.7), te.Qubit(name="b"), third),
        exchange=exchange,
        decay=decay,
        absorption=absorption,
        pumping=pumping,
    )


def lindblad(rho, hamiltonian, pairs):
    """-i[H, rho] + sum over (rate, c, d) of rate (c rho d^+ - {d^+ c, rho}/2)."""
    out = -1j * (hamiltonian @ rho - rho @ hamiltonian)
    for rate, c, d in pairs:
        both = d.conj().T @ c
        out = out + rate * (c @ rho @ d.conj().T - 0.5 * (both @ rho + rho @ both))
    return out


def test_kets_and_jumps_are_the_master_equation_term_by_term():
    network, cutoff = everything(), 3
    dims = (cutoff, 2, 3)

    def embedded(local, place):
        factors = [local if k == place else np.eye(d) for k, d in enumerate(dims)]
        return reduce(np.kron, factors).astype(complex)

    lower = [
        embedded(np.diag(np.sqrt(np.arange(1.0, cutoff)), 1), 0),
        embedded(np.array([[0, 1.0], [0, 0]]), 1),
        embedded(LADDER, 2),
    ]
    raise_ = [c.conj().T for c in lower]
    m = network.couplings
    hamiltonian = embedded(TURN, 2)
    pairs = [(0.4 * 1.7, lower[0], lower[0]), (0.4 * 0.7, raise_[0], raise_[0])]
    pairs.append((1.0, embedded(DEPHASING, 2), embedded(DEPHASING, 2)))
    for j in range(3):
        for l in range(3):
            hamiltonian = hamiltonian + m.exchange[j, l] * raise_[j] @ lower[l]
            pair = 0.5 * m.pumping[j, l] * raise_[j] @ raise_[l]
            hamiltonian = hamiltonian + pair + pair.conj().T
            pairs.append((m.decay[j, l], lower[j], lower[l]))
            pairs.append((m.absorption[j, l], raise_[j], raise_[l]))
    found = system(network, (cutoff,))
    assert (found.dimension, found.emitter_dimension) == (18, 6)
    rng = np.random.default_rng(2)
    rho = rng.normal(size=(18, 18)) + 1j * rng.normal(size=(18, 18))
    rho = rho + rho.conj().T
    order = np.ix_(found.order, found.order)
    drift = found.drift.toarray()
    moved = drift @ rho[order] + rho[order] @ drift.conj().T
    for jump in found.jumps:
        moved = moved + jump.toarray() @ rho[order] @ jump.toarray().conj().T
    exact = lindblad(rho, hamiltonian, pairs)
    np.testing.assert_allclose(moved, exact[order], rtol=0, atol=1e-12)
    sums = np.abs(drift).sum(axis=0)
    assert found.norms == pytest.approx([sums.max()])


def test_groups_of_excitations_and_where_jumps_lead():
    found = system(LINK, (3,))
    charges = np.array([n + a + b for n in range(3) for a in (0, 1) for b in (0, 1)])
    sizes = np.bincount(charges)
    assert np.diff(found.starts).tolist() == sizes.tolist()
    assert charges[found.order].tolist() == sorted(charges)
    assert found.group.tolist() == sorted(charges)
    for k, jump in enumerate(found.jumps):
        for g in range(len(sizes)):
            columns = slice(*found.starts[g : g + 2].tolist())
            rows = np.flatnonzero(np.abs(jump.toarray()[:, columns]).sum(axis=1))
            into = {int(found.group[row]) for row in rows}
            assert into <= {int(found.targets[k, g])}
    column = np.abs(found.drift.toarray()).sum(axis=0)
    largest = [column[found.group == g].max() for g in range(len(sizes))]
    assert found.norms == pytest.approx(largest)
    ket = np.zeros(12, dtype=complex)
    ket[found.group == 2] = 1j
    assert found.group_of(ket) == 2
    assert found.group_of(ket + (found.group == 1)) == -1
    np.testing.assert_array_equal(found.sorted(found.unsorted(ket)), ket)


def test_the_modes_alone_keep_their_operators():
    found = modes_alone(LINK, (4,))
    numbers = np.arange(4)
    lost = sum((jump.conj().T @ jump).toarray() for jump in found.jumps)
    loss, gain = 0.5 * (1 + 1) + 0.5, 0.5 * 1
    exact = loss * numbers + gain * np.where(numbers < 3, numbers + 1, 0)
    np.testing.assert_allclose(np.diag(lost).real, exact[found.order], atol=1e-13)


def test_negative_rates_are_no_jumps_but_for_rounding():
    def with_rate(rate):
        decay = np.diag([1.0, rate])
        nodes = (te.Qubit(name="a"), te.Qubit(name="b"))
        return te.Network(nodes=nodes, exchange=0 * decay, decay=decay)

    assert unphysical(LINK) is None
    assert unphysical(with_rate(0.1)) is None
    assert unphysical(with_rate(0.0)) is None
    classical = replace(LINK.modes[0], backaction=False)
    assert "classical field" in unphysical(replace(LINK, nodes=(classical, *LINK.nodes[1:])))


# --- starts ---


@pytest.mark.parametrize("seed", range(4))
def test_a_mixture_is_its_density_matrix(seed):
    rng = np.random.default_rng(seed)
    half = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    rho = half @ half.conj().T
    numbers = np.array([0, 1, 1, 2])
    if seed % 2:
        rho[numbers[:, None] != numbers] = 0.0
    rho /= np.trace(rho)
    found = mixture_of(rho, numbers)
    again = np.einsum("k,ki,kj->ij", found.weights, found.kets, found.kets.conj())
    np.testing.assert_allclose(again, rho, atol=1e-13)
    if seed % 2:
        assert all(len(np.unique(numbers[np.abs(ket) > 0])) == 1 for ket in found.kets)


def test_weights_of_a_state_that_is_not_normalised_are():
    found = mixture_of(np.diag([2.0, 0.0, 6.0, 1e-15]).astype(complex), None)
    assert found.weights == pytest.approx([0.25, 0.75])
    np.testing.assert_array_equal(found.kets, np.eye(4)[[0, 2]])


def test_a_coherent_ket():
    ket = _coherent(0.8j, 6)
    exact = np.array([(0.8j) ** n / np.sqrt(float(np.prod(range(1, n + 1)))) for n in range(6)])
    np.testing.assert_allclose(ket, exact / np.linalg.norm(exact), atol=1e-14)
    assert _coherent(0.0, 4).tolist() == [1, 0, 0, 0]
    # Of 1600 quanta, whose unnormalised ket is beyond the largest number.
    bright = np.abs(_coherent(40.0, 2400)) ** 2
    assert bright @ np.arange(2400) == pytest.approx(1600, rel=1e-9)


def test_modes_start_thermal_or_in_a_coherent_field():
    emitters = Mixture(np.eye(4, dtype=complex)[:1], np.ones(1))
    modes = bare_modes(LINK)
    thermal = start_of(LINK, (5,), emitters, "stationary", modes).modes
    ratio = (1 / 3) ** np.arange(5)
    assert thermal.weights == pytest.approx(ratio / ratio.sum())
    field = start_of(LINK, (5,), emitters, 0.6, modes).modes
    np.testing.assert_allclose(field.kets[0], _coherent(0.6, 5))
    empty = start_of(LINK, (5,), emitters, "empty", modes).modes
    assert empty.kets[0].tolist() == [1, 0, 0, 0, 0]


def test_choices_follow_the_weights():
    class Drawn:
        def __init__(self, number):
            self.random = lambda: number

    weights = np.array([0.2, 0.5, 0.3])
    chosen = [_choose(weights, Drawn(x)) for x in (0.0, 0.19, 0.21, 0.69, 0.71, 0.9999)]
    assert chosen == [0, 0, 1, 1, 2, 2]
    assert _choose(weights * (1 - 1e-3), Drawn(0.9999)) == 2
    assert _choose(np.ones(1), Drawn(0.5)) == 0


# --- levels, cost and memory ---


@pytest.mark.parametrize(("tail", "source"), [(1e-4, "stationary"), (1e-6, "empty"), (1e-4, 2.0)])
def test_the_levels_leave_less_than_the_tail(tail, source):
    method = te.QuantumJumps(tail=tail)
    found = method._cutoffs(LINK, source, bare_modes(LINK))
    needed = next(n for n in range(1, 100) if (1 / 3) ** (n - 1) <= tail)
    displaced = 4 + 12 if source == 2.0 else 0
    assert found == (needed + 2 + displaced,)
    cold = te.thermal_link(0.0, 0.5)
    assert method._cutoffs(cold, "empty", bare_modes(cold)) == (4 + 2,)
    assert te.QuantumJumps(cutoff=7)._cutoffs(LINK, 2.0, bare_modes(LINK)) == (7,)


def planned(method, times=None):
    if times is None:
        return method.plan(SteadyStateTask(network=LINK))
    initial = np.diag([1.0, 0, 0, 0]).astype(complex)
    task = EvolutionTask(
        pieces=(Piece(LINK),), times=np.array(times), initial=initial, source="empty"
    )
    return method.plan(task)


@pytest.mark.parametrize("threads", [3, None])
def test_the_cost_is_steps_times_amplitudes_times_nodes(threads):
    method = te.QuantumJumps(n=100, cutoff=5, threads=threads)
    cost = planned(method, [1.0, 4.0]).cost
    relaxation, gain = LINK.mode_rates(0)
    rate = np.abs(LINK.decay).sum() + np.abs(LINK.exchange).sum() + 2 * 5 * (relaxation + gain)
    assert cost.operations == pytest.approx(10 * 100 * 20 * 3 * rate * 4.0)
    working = 5 + 7 * (threads or threads_available())
    assert cost.bytes == pytest.approx(200 * 9 * 20 + 16 * working * 2 * 16)
    short = planned(method, [1e-9]).cost
    assert short.operations == 10 * 100 * 20 * 3


def test_the_cost_of_a_steady_state_is_known_with_its_burn_in():
    def operations(**times):
        return planned(te.QuantumJumps(n=10, cutoff=4, **times)).cost.operations

    one = operations(burn_in=3.0, window=0.0)
    assert operations(burn_in=3.0) == pytest.approx(2 * one)
    assert operations(burn_in=3.0, window=6.0) == pytest.approx(3 * one)
    assert np.isnan(operations())


def test_states_at_many_times_are_refused_at_the_limit(monkeypatch):
    each = 16 * 10 * 4**2
    monkeypatch.setattr(memory_limit, "available", lambda: 7 * each)
    assert jump_method._too_many(LINK, 7) is None
    assert "the emitters' states at 8 times need" in jump_method._too_many(LINK, 8)
    monkeypatch.setattr(memory_limit, "available", lambda: each - 1)
    assert "at 1 time need" in jump_method._too_many(LINK, 1)
    monkeypatch.setattr(memory_limit, "available", lambda: 1e12)
    fitting = int(8e9 // each)
    assert jump_method._too_many(LINK, fitting) is None
    assert jump_method._too_many(LINK, fitting + 1) is not None


def test_kets_are_refused_above_their_largest_number_of_amplitudes():
    allowed = te.QuantumJumps(cutoff=500_000).plan(SteadyStateTask(network=LINK))
    refused = te.QuantumJumps(cutoff=500_001).plan(SteadyStateTask(network=LINK))
    assert hasattr(allowed, "compute")
    assert "a ket of 2e+06 amplitudes" in refused.reason


def test_the_two_starts_are_the_ground_state_and_one_that_shares_no_symmetry():
    ground, mixed = jump_method._two_mixtures(LINK)
    assert ground.kets.tolist() == [[1, 0, 0, 0]]
    assert mixed.weights.sum() == pytest.approx(1.0)
    assert len(np.unique(mixed.weights)) == 4
    assert 0.5 / 6 < mixed.weights.min() < mixed.weights.max() < 1.5 / 2
