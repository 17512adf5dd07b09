"""Generators, steps, costs and refusals of trajectories, beside the same written out by hand."""

from dataclasses import replace
from functools import reduce
from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.linalg import expm

import thermalent as te
from thermalent.ensembles.blocks import threads_available
from thermalent.networks.liouvillian import emitter_liouvillian
from thermalent.operators.superoperators import dense
from thermalent.solution.tasks import EvolutionTask, Piece, SteadyStateTask
from thermalent.stochastic import field_jumps, kets
from thermalent.stochastic.driven import described
from thermalent.stochastic.paths import largest_step, safe_step, total_rate

METHOD = import_module("thermalent.stochastic.method")
LINK = te.thermal_link(6.0, 0.5, gamma=(1.0, 0.7), detuning=(0.3, -0.2))
LOWER = np.array([[0, 1.0], [0, 0]])


def lowering(count):
    """The lowering operator of each of several qubits."""
    each = [[LOWER if k == place else np.eye(2) for k in range(count)] for place in range(count)]
    return [reduce(np.kron, factors) for factors in each]


def commutator(operator):
    one = np.eye(len(operator))
    return np.kron(operator, one) - np.kron(one, operator.T)


def driving(network, field):
    """[y c^+ - y^* c, .] of every qubit, y what the coupling makes of the modes' amplitudes."""
    total = 0.0
    modes = len(network.modes)
    for e, c in enumerate(lowering(len(network.emitters))):
        row = slice(0, modes)
        y = -(0.5 * network.decay + 1j * network.exchange)[modes + e, row] @ np.atleast_1d(field)
        total = total + commutator(y * c.T - np.conj(y) * c)
    return total


@pytest.mark.parametrize("u", [0.0, 0.7, -0.4j, 1.1 - 0.6j])
def test_the_generator_along_a_path_is_the_driven_master_equation(u):
    emitters = described(LINK)
    basis = emitters.basis
    found = basis @ emitters.generator(u) @ basis.conj().T
    exact = dense(emitter_liouvillian(LINK)) + driving(LINK, u)
    np.testing.assert_allclose(found, exact, rtol=0, atol=1e-12)
    assert emitters.variance == pytest.approx(3.0)  # half of the occupation
    assert (emitters.rate, emitters.detuning) == (pytest.approx(0.5), 0.0)


def test_a_qubit_is_turned_about_its_vector():
    emitters = described(LINK)
    integral = 0.3 - 0.8j
    turned = expm(driving(LINK, integral))
    rng = np.random.default_rng(1)
    ket = rng.normal(size=4) + 1j * rng.normal(size=4)
    rho = np.outer(ket, ket.conj())
    found = (turned @ rho.ravel()).reshape(4, 4)
    pauli = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    vectors = emitters.rotations() @ [integral.real, integral.imag]
    halves = [expm(-0.5j * np.tensordot(w, pauli, 1)) for w in vectors]
    both = np.kron(*halves)
    np.testing.assert_allclose(both @ rho @ both.conj().T, found, atol=1e-10)


def test_a_ladder_is_turned_by_no_vector():
    lower = np.diag([1.0, np.sqrt(2)], 1)
    nodes = (*LINK.nodes[:2], te.Qudit(name="ladder", lower=lower))
    assert described(replace(LINK, nodes=nodes)).rotations() is None


def test_the_rate_that_a_step_resolves():
    emitters = described(LINK)
    u = 1.5
    drive = max(np.linalg.norm(driving(LINK, 1.0), 2), np.linalg.norm(driving(LINK, 1j), 2))
    own = np.linalg.norm(dense(emitter_liouvillian(LINK)), 2)
    for amplitude in (0.0, u):
        rate = drive * np.sqrt(3.0 + amplitude**2) + 0.5 + own
        assert total_rate(emitters, amplitude) == pytest.approx(rate, rel=1e-5)
    method = te.FieldTrajectories()
    assert method._step(emitters) == safe_step(total_rate(emitters))
    largest = largest_step(total_rate(emitters))
    assert te.FieldTrajectories(step=0.999 * largest)._step(emitters) == 0.999 * largest
    with pytest.raises(ValueError, match="step"):
        te.FieldTrajectories(step=1.001 * largest)._step(emitters)


@pytest.mark.parametrize(
    ("given", "tolerance"),
    [
        ({"n": 3600}, 0.1 * 0.3 / 60),
        ({"n": 9}, 1e-3),
        ({"target": 2e-3}, 2e-4),
        ({"target": 1}, 1e-3),
    ],
)
def test_the_burn_in_leaves_a_tenth_of_the_goal(given, tolerance):
    assert te.FieldTrajectories(**given)._burn_in_tolerance == pytest.approx(tolerance)


def evolution(method, times, source="empty"):
    task = EvolutionTask(pieces=(Piece(LINK),), times=np.array(times), initial="00", source=source)
    return method.plan(task)


@pytest.mark.parametrize(("threads", "n"), [(3, 100), (None, 10**5)])
def test_the_cost_of_trajectories(threads, n):
    method = te.FieldTrajectories(n=n, threads=threads, step=0.01)
    cost = evolution(method, [1.0, 2.5]).cost
    batches = min(field_jumps.BATCHES, -(-n // METHOD.LANES_OF_BLOCK))
    counted = METHOD._MEANS + METHOD._MEANS_OF_A_THREAD * (threads or threads_available())
    counted += METHOD._MEANS_OF_A_BATCH * batches
    working = 80 * 4**4 + 1e3 * METHOD.LANES_OF_BLOCK * 16
    assert cost.bytes == pytest.approx(working + 16 * counted * 2 * 16)
    assert cost.operations == pytest.approx(1.75 * n * 250 * 4**4)


def test_the_cost_of_a_steady_state_follows_its_burn_in():
    def cost(**given):
        method = te.FieldTrajectories(n=100, step=0.01, **given)
        return method.plan(SteadyStateTask(network=LINK)).cost

    assert cost(burn_in=3.0).operations == pytest.approx(1.75 * 100 * 600 * 4**4)
    assert cost(burn_in=3.0, window=1.0).operations == pytest.approx(1.75 * 100 * 400 * 4**4)
    unknown = cost()
    assert np.isnan(unknown.operations)
    assert unknown.bytes == cost(burn_in=1.0).bytes


def test_a_coherent_start_takes_shorter_steps():
    method = te.FieldTrajectories(n=100)
    emitters = described(LINK)
    long, short = (evolution(method, [2.0], source).cost for source in ("empty", 30.0))
    ratio = method._step(emitters) / method._step(emitters, 30.0)
    assert short.operations / long.operations == pytest.approx(ratio)
    assert ratio > 2


# --- kets ---


@pytest.mark.parametrize("count", [1, 2, 3])
def test_kets_and_jumps_are_the_master_equation_without_the_field(count):
    network = te.thermal_link(6.0, 0.5, qubits=count, dephasing=0.2, intrinsic_decay=0.1)
    found = kets.driven_kets(network)
    drift = found.drift.toarray()
    one = np.eye(2**count)
    whole = np.kron(drift, one) + np.kron(one, drift.conj())
    for jump in found.jumps:
        whole = whole + np.kron(jump.toarray(), jump.toarray().conj())
    np.testing.assert_allclose(whole, dense(emitter_liouvillian(network)), rtol=0, atol=1e-12)
    turning = np.sqrt(3.0) * np.abs(network.decay[1:, 0] / 2 + 1j * network.exchange[1:, 0]).max()
    emitters = slice(1, None)
    own = np.abs(network.exchange[emitters, emitters]).max(axis=1)
    own = own + np.abs(network.decay[emitters, emitters]).max(axis=1)
    assert found.rate == pytest.approx(2 * turning + 0.5 + own.max())
    assert found.safe_step() == pytest.approx(0.4 / found.rate, rel=1e-5)
    faster = 0.4 / (found.rate + 2 * 5.0 * turning / np.sqrt(3.0))
    assert found.safe_step(5.0) == pytest.approx(faster, rel=1e-5)


def test_a_one_way_line_is_the_product_of_its_factors():
    found = kets.driven_kets(te.thermal_link(6.0, 0.5, qubits=4))
    up, down = found.one_way
    exchange = te.thermal_link(6.0, 0.5, qubits=4).exchange[1:, 1:]
    decay = te.thermal_link(6.0, 0.5, qubits=4).decay[1:, 1:]
    drift = -1j * exchange - 0.5 * decay.T
    np.testing.assert_allclose(np.tril(np.outer(up, down), -1), np.tril(drift, -1), atol=1e-14)

    def broken(j, l, value):
        other = exchange.copy()
        other[j, l] += value
        other[l, j] += np.conj(value)
        return len(kets._one_way(other, decay, 0 * decay)[0])

    assert broken(1, 1, 0.3) == 4  # a detuning couples nothing
    assert broken(0, 1, 1e-3) == 0  # back along the line
    assert broken(1, 3, 1e-14) == 4  # rounding
    assert len(kets._one_way(exchange[:1, :1], decay[:1, :1], 0 * decay[:1, :1])[0]) == 0


@pytest.mark.parametrize("kept", [[0], [2, 0], [1, 3]])
def test_indices_of_a_part_of_the_qubits(kept):
    inside, outside = kets.indices(4, kept)
    others = [i for i in range(4) if i not in kept]
    for state in range(16):
        bits = [state >> (3 - i) & 1 for i in range(4)]
        assert inside[state] == int("".join(str(bits[i]) for i in kept), 2)
        assert outside[state] == int("".join(str(bits[i]) for i in others), 2)


def test_the_network_of_a_part():
    part = kets.part_of(LINK, [1])
    assert part.exchange == pytest.approx(LINK.exchange[2:, 2:])
    assert part.decay == pytest.approx(LINK.decay[2:, 2:])
    assert part.emitter_names == LINK.emitter_names[1:]


@pytest.mark.parametrize(("threads", "n"), [(2, 20), (None, 1000)])
def test_the_cost_of_kets_in_a_field(threads, n):
    method = te.FieldJumps(n=n, threads=threads, step=0.01)
    plan = evolution(method, [1.0, 2.5])
    counted = field_jumps._MEANS + field_jumps._MEANS_OF_A_THREAD * (threads or threads_available())
    counted += field_jumps._MEANS_OF_A_BATCH * min(field_jumps.BATCHES, n)
    assert plan.cost.bytes == pytest.approx(16 * counted * 2 * 16 + 200 * 4 * 2)
    assert plan.cost.operations == pytest.approx(20 * n * 250 * 4 * 2)
    assert evolution(method, [1e-9]).cost.operations == 20 * n * 4 * 2


def test_the_burn_in_and_the_window_of_kets_in_a_field():
    def plan(**given):
        method = te.FieldJumps(n=20, step=0.01, **given)
        return method.plan(SteadyStateTask(network=LINK))

    slowest = 10 * (1 / 0.5 + 1 / 1.0 + 1 / 0.7)
    measured = plan()
    assert measured.method._burn_in(LINK, measured.driven) == pytest.approx(slowest)
    assert measured.cost.operations == pytest.approx(20 * 20 * 5 * slowest / 0.01 * 8)
    assert plan(burn_in=2.0).cost.operations == pytest.approx(20 * 20 * 1000 * 8)
    assert plan(burn_in=2.0, window=1.0).cost.operations == pytest.approx(20 * 20 * 300 * 8)


def test_a_step_of_kets_is_at_most_four_safe_ones():
    safe = kets.driven_kets(LINK).safe_step()
    assert evolution(te.FieldJumps(step=3.99 * safe), [1.0]).step == 3.99 * safe
    assert evolution(te.FieldJumps(), [1.0], source="stationary").step == safe
    with pytest.raises(ValueError, match=f"at most {4 * safe:.3g}"):
        evolution(te.FieldJumps(step=4.01 * safe), [1.0])


def test_the_bias_of_the_first_two_qubits_counts_for_every_pair(monkeypatch):
    asked = []

    class Known:
        def __init__(self, **given):
            self.given = given

        def evolve(self, network, times, rho, source):
            asked.append((network, times, rho, source, self.given))
            return SimpleNamespace(stats={"step_correction": 2e-3})

    monkeypatch.setattr(field_jumps, "FieldTrajectories", Known)
    network = te.thermal_link(6.0, 0.5, qubits=5, gamma=2.0)
    bias = te.FieldJumps(seed=3)._bias(network, 0.02, "empty")
    assert bias == pytest.approx(2.5 * 2e-3)
    begin, times, rho, source, given = asked[0]
    assert begin.emitter_names == network.emitter_names[:2]
    np.testing.assert_array_equal(begin.decay, network.decay[:3, :3])
    np.testing.assert_array_equal(begin.exchange, network.exchange[:3, :3])
    assert (times.tolist(), source) == (pytest.approx([2.5]), "empty")
    assert rho[0, 0] == 1.0
    assert given == {"n": 256, "seed": 3, "step": 0.02}
    one = te.thermal_link(6.0, 0.5, qubits=1)
    assert te.FieldJumps()._bias(one, 0.02) == pytest.approx(2e-3)


def test_the_steps_that_are_told_are_those_of_three_step_lengths():
    """All paths are followed with the step, with twice of it and with four times."""
    method = te.FieldTrajectories(n=64, seed=1)
    for until in (4.7, 5.0, 5.4, 5.6):
        run = te.evolve(te.thermal_link(0.5, 0.5), [0.0, until], "00", method)
        each = run.stats["steps"] / 64 / 1.75
        assert 0 <= each - until / run.stats["step"] <= 4
        assert each % 4 == 0  # so that the longest steps end where the others do
