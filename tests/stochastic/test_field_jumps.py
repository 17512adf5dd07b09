"""Many qubits as pure states in a sampled field, against exact states of fewer qubits."""

import tracemalloc

import numpy as np
import pytest

import thermalent as te
from thermalent.ensembles.mean import BlockMean, EnsembleMean
from thermalent.solution.tasks import EvolutionTask, Piece
from thermalent.stochastic.ket_kernels import TERMS, decay, one_way_product, sparse_product
from thermalent.stochastic.kets import _one_way, driven_kets, indices

RICH = {"detuning": (0.1, -0.2, 0.0), "dephasing": 0.05, "gamma": (1.0, 0.7, 1.3)}


def deviation(states, errors, beside, exact):
    """Largest deviation of an element in its standard error and what else is stated."""
    return float(np.max(np.abs(states - exact) / (errors + beside)))


@pytest.mark.parametrize(
    "network",
    [
        te.thermal_link(3.0, 0.4, qubits=3, loss=0.1, **RICH),
        te.thermal_link(3.0, filter=te.Filter.butterworth(2, 1.0), qubits=3, **RICH),
        te.phononic_link(4.0, 0.5, positions=(1.0, 2.3), detuning=(0.2, 0.1), backaction=False),
    ],
    ids=["one-way with loss", "two poles", "both ways"],
)
def test_evolution_agrees_with_trajectories_of_density_matrices(network):
    """The same field, hot, with dephasing, loss and detunings; two ways to follow the qubits."""
    times, start = [0.7, 3.0], "0" * (len(network.dims) - 1) + "1"
    exact = te.evolve(network, times, start, te.FieldTrajectories(n=4096, seed=1))
    found = te.evolve(network, times, start, te.FieldJumps(n=1024, seed=2))
    beside = exact.stats["standard_errors"] + found.stats["step_bias"] + 1 / 1024
    # Elements at two times, 72 numbers at most: beyond five deviations once in 2e4 runs.
    assert deviation(found.states, found.stats["standard_errors"], beside, exact.states) < 5
    stated = found.stats["standard_errors"].max(axis=(1, 2)) + found.stats["step_bias"] + 1 / 1024
    assert found.error == pytest.approx(stated)
    assert np.all(found.error < 0.05)


def test_a_wrong_rate_is_seen():
    network, other = (te.thermal_link(n_th, 0.4, qubits=2) for n_th in (3.0, 2.0))
    exact = te.evolve(other, [3.0], "00", te.ContinuedFraction())
    found = te.evolve(network, [3.0], "00", te.FieldJumps(n=2048))
    stats = found.stats
    assert deviation(found.states, stats["standard_errors"], stats["step_bias"], exact.states) > 5


@pytest.mark.parametrize(
    "qubits", [4, *(pytest.param(qubits, marks=pytest.mark.long) for qubits in (5, 6))]
)
def test_the_last_pair_agrees_with_the_continued_fraction(qubits):
    network = te.thermal_link(10.0, 0.2, qubits=qubits)
    pair = network.emitter_names[-2:]
    exact = te.steady_state(network, te.ContinuedFraction(rtol=1e-4))
    found = te.steady_state(network, te.FieldJumps(n=192, keep=pair, window=60.0))
    assert found.network.emitter_names == pair
    beside = found.stats["step_bias"] + found.stats["distance"] / 2 + 1 / 192
    reduced = exact.reduced(*pair)
    assert deviation(found.state, found.stats["standard_errors"], beside, reduced) < 5
    assert np.max(np.abs(found.state - reduced)) < found.error < 0.1


def test_later_qubits_change_nothing_before_them():
    """The first pair of five is that of two qubits."""
    network = te.thermal_link(5.0, 0.3, qubits=5)
    found = te.evolve(network, [4.0], "00000", te.FieldJumps(n=1024, keep=("q1", "q2")))
    exact = te.evolve(te.thermal_link(5.0, 0.3), [4.0], "00")
    stats = found.stats
    beside = stats["step_bias"] + 1 / 1024
    assert deviation(found.states, stats["standard_errors"], beside, exact.states) < 5


def test_the_kept_qubits_are_in_the_order_asked_for():
    network = te.thermal_link(2.0, 0.5, qubits=3)
    both = [
        te.evolve(network, [1.0], "001", te.FieldJumps(n=64, keep=keep)).states[0]
        for keep in (("q2", "q3"), ("q3", "q2"))
    ]
    swapped = both[1].reshape(2, 2, 2, 2).transpose(1, 0, 3, 2).reshape(4, 4)
    np.testing.assert_allclose(both[0], swapped, atol=1e-12)
    kept, rest = indices(3, (2, 0))
    assert kept.tolist() == [0, 2, 0, 2, 1, 3, 1, 3]
    assert rest.tolist() == [0, 0, 1, 1, 0, 0, 1, 1]


def test_the_one_way_product_is_the_drift():
    network = te.thermal_link(2.0, 0.3, qubits=4, loss=(0.1, 0.2, 0.0), dephasing=0.1)
    driven = driven_kets(network)
    rng = np.random.default_rng(0)
    x = rng.normal(size=16) + 1j * rng.normal(size=16)
    plan, ours, theirs = driven.plan(0.1), np.empty(16, complex), np.empty(16, complex)
    assert len(plan.up) == 4
    one_way_product(plan.diagonal, plan.up, plan.down, x, ours, np.empty(16, complex), 1.3)
    sparse_product(plan.pointers, plan.columns, plan.values, x, theirs, 1.3)
    np.testing.assert_allclose(ours, theirs, atol=1e-14)
    closed = te.thermal_link(2.0, 0.3, qubits=3, loss=(1.0, 0.0))  # nothing gets past the first
    assert len(driven_kets(closed).one_way[0]) == 0


def test_jumps_within_a_span_leave_the_rest_of_it(rng):
    """Two excitations decay over one long span without a field, as by the master equation."""
    network = te.thermal_link(0.0, 0.4, gamma=(1.0, 0.7), qubits=2, loss=0.2)
    exact = te.evolve(network, [1.5], "11").states[0]
    driven, count = driven_kets(network), 4000
    plan = driven.plan(0.1)
    terms, work = np.empty((TERMS + 1, 4), dtype=complex), np.empty(4, dtype=complex)
    weights = np.zeros((count, 4))
    for run in range(count):
        psi = np.array([0, 0, 0, 1], dtype=complex)
        decay(rng, plan, psi, rng.random(), 1.5, terms, work, np.empty(len(driven.jumps)))
        weights[run] = np.abs(psi) ** 2 / np.vdot(psi, psi).real
    deviations = weights.mean(axis=0) - np.diag(exact).real
    assert np.all(np.abs(deviations) < 5 * weights.std(axis=0) / np.sqrt(count))


def test_a_drift_that_is_no_product_is_not_taken_for_one():
    """A direct path past the second qubit, which a line has not."""
    exchange, decay = np.zeros((2, 4, 4), dtype=complex)
    for j, l, rate in (
        (1, 0, 0.5),
        (2, 0, 0.4),
        (3, 0, 0.3),
        (2, 1, 0.7),
        (3, 1, 0.2),
        (3, 2, 0.9),
    ):
        exchange[j, l], exchange[l, j] = -0.5j * rate, 0.5j * rate
        decay[j, l] = decay[l, j] = rate
    up, down = _one_way(exchange, decay, np.zeros((4, 4)))
    assert len(up) == len(down) == 0
    line = np.outer([0.0, 0.5, 0.4, 0.3], [1.0, 1.4, 3.0, 0.0])
    lower = np.tril(line, -1)
    decay = lower + lower.T + np.eye(4)
    up, down = _one_way(-0.5j * (lower - lower.T), decay, np.zeros((4, 4)))
    np.testing.assert_allclose(np.tril(np.outer(up, down), -1), -lower, atol=1e-14)


def test_steps_resolve_the_field_however_narrow_or_wide():
    """Rates: twice the field's amplitude, its relaxation, and those of the qubits."""
    for n_th, kappa in ((1.0, 1e3), (1e6, 1e-2), (0.01, 0.01)):
        network = te.thermal_link(n_th, kappa, qubits=1)
        # The field of a cavity that loses energy at 2 kappa drives with variance kappa n gamma / 2.
        field = 2 * np.sqrt(kappa * n_th / 2)
        rate = driven_kets(network).rate
        assert rate == pytest.approx(field + kappa + 1.0, rel=1e-9)


def test_the_same_numbers_on_any_number_of_threads():
    network = te.thermal_link(2.0, 0.5, qubits=3)
    one, three = (
        te.evolve(network, [1.0], "000", te.FieldJumps(n=32, threads=threads)).states
        for threads in (1, 3)
    )
    np.testing.assert_array_equal(one, three)


def test_a_burn_in_that_is_too_short_is_noticed():
    network = te.thermal_link(100.0, 0.01, qubits=2)
    with pytest.raises(te.SolveError, match="two different starts still differ by"):
        te.steady_state(network, te.FieldJumps(n=256, burn_in=0.0, window=0.5))


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (te.phononic_link(5.0, 0.5, positions=(1.0, 2.3)), "act back on the source"),
        (te.cooperative(qubits=2, decay=1.0), "the network has none"),
        (te.thermal_link(1.0, 0.5, qubits=17), "16 qubits at most"),
        (te.thermal_link(1.0, filter=te.Filter.transfer([1, 0], [1, 1])), "white noise"),
        (te.dual_rail(pairs=1, squeezing=0.5, bandwidth=1.0), "in pairs"),
    ],
    ids=["back-action", "no source", "too many", "white", "pairs"],
)
def test_refusals(network, message):
    with pytest.raises(te.MethodError, match=message):
        te.steady_state(network, te.FieldJumps())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n": 7}, "`n` must be an integer of at least 8"),
        ({"keep": "q1"}, "`keep` must be a tuple of different names"),
        ({"keep": ("q1", "q1")}, "`keep` must be a tuple of different names"),
        ({"keep": ("q9",)}, "`name` must be one of the emitters"),
        ({"step": 5.0}, r"`step` must be at most 0\.\d+ for the rates"),
        ({"window": 0.0}, "`window` must be finite and positive"),
        ({"burn_in": -1.0}, "`burn_in` must be finite and non-negative"),
    ],
)
def test_bad_input_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        te.steady_state(te.thermal_link(2.0, 0.5), te.FieldJumps(**options))


def test_a_mixed_start_is_drawn_from():
    """Half |00>, half a Bell state: its eigenvectors, not its elements, are drawn."""
    bell = np.array([0, 1, 1, 0]) / np.sqrt(2)
    initial = 0.5 * np.outer(bell, bell) + np.diag([0.5, 0, 0, 0])
    network = te.thermal_link(2.0, 0.5)
    exact = te.evolve(network, [0.0, 0.5], initial, te.ContinuedFraction())
    found = te.evolve(network, [0.0, 0.5], initial, te.FieldJumps(n=2048))
    stats = found.stats
    beside = stats["step_bias"] + 1 / 2048
    assert deviation(found.states, stats["standard_errors"], beside, exact.states) < 5


@pytest.mark.parametrize(
    ("network", "source"),
    [
        (te.thermal_link(2.0, 0.5, detuning=(0.3, -0.1)), 1.5 - 2j),
        (te.thermal_link(2.0, 0.5, filters=2, detuning=(0.3, -0.1)), (1.0, 2j)),
    ],
    ids=["one mode", "two modes"],
)
def test_a_coherent_start_agrees_with_the_continued_fraction(network, source):
    exact = te.evolve(network, [0.5, 2.0], "00", te.ContinuedFraction(rtol=1e-4), source=source)
    found = te.evolve(network, [0.5, 2.0], "00", te.FieldJumps(n=1024), source=source)
    stats = found.stats
    beside = stats["step_bias"] + 1 / 1024 + exact.error.max()
    assert deviation(found.states, stats["standard_errors"], beside, exact.states) < 5
    # The phase of the mean counts.
    turned = tuple(np.conj(np.atleast_1d(source)).tolist())
    other = te.evolve(network, [0.5, 2.0], "00", te.ContinuedFraction(rtol=1e-2), source=turned)
    assert deviation(found.states, stats["standard_errors"], beside, other.states) > 5


def test_a_coherent_start_takes_one_amplitude_for_each_mode():
    with pytest.raises(te.MethodError, match="there are 2 for 1"):
        te.evolve(te.thermal_link(2.0, 0.5), [1.0], "00", te.FieldJumps(), source=(1.0, 2.0))


def test_the_memory_of_many_times_is_that_of_64_batches_however_many_trajectories():
    times, one = np.linspace(0.0, 1.0, 300), np.ones((300, 4, 4), dtype=complex)
    task = EvolutionTask(pieces=(Piece(te.thermal_link(1.0, 0.3)),), times=times, initial="00")
    announced, of_many = (te.FieldJumps(n=n, threads=1).plan(task).cost.bytes for n in (64, 10_000))
    assert of_many == announced
    ensemble = EnsembleMean()
    tracemalloc.start()
    for _ in range(64):
        ensemble.add(BlockMean(1, one, one))
    kept = ensemble.standard_errors, ensemble.batches()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(kept[-1].weights) == 64
    assert 1.0 < announced / peak < 1.2


@pytest.mark.parametrize("unit", [1e-90, 1e-30, 1e9, 1e90])
@pytest.mark.parametrize("method", [te.FieldJumps, te.QuantumJumps])
def test_runs_are_the_same_in_any_unit_of_rates(unit, method):
    """The same random numbers: a step's powers of rates and integrals are in units of the step."""

    def run(unit):
        network = te.thermal_link(0.2, 0.5 * unit, unit)
        sampled = method(n=8, seed=2, **({} if method is te.FieldJumps else {"cutoff": 3}))
        return te.evolve(network, np.array([0.5, 4.0]) / unit, "10", sampled).states

    np.testing.assert_allclose(run(unit), run(1.0), rtol=0, atol=1e-6)
