"""Quantum jumps against exact states, within standard errors, and what they must not agree with."""

import numpy as np
import pytest
from scipy.linalg import expm

import thermalent as te
from thermalent.ensembles.blocks import threads_available
from thermalent.jumps import system as jump_system
from thermalent.jumps.kernels import SERIES_TERMS, propagate_ket
from thermalent.jumps.start import mixture_of
from thermalent.jumps.system import system
from thermalent.solution.result import Outcome

TIMES = (0.4, 2.5, 15.0)
# Fixed seeds; among the elements and times of one comparison the largest of some fifty normal
# numbers is looked at.
SIGMAS = 4.0


def largest_deviation(found, exact):
    """In standard errors, of the elements that enough trajectories move to have one.

    The others must agree to what so many trajectories can resolve.
    """
    errors = found.stats["standard_errors"]
    resolution = 1 / found.stats["trajectories"]
    distance = np.abs(found.states - exact.states)
    moving = errors > 0.1 * resolution
    assert np.max(distance[~moving], initial=0.0) <= resolution
    return float(np.max(distance[moving] / errors[moving]))


NETWORKS = {
    "one pair": (te.dual_rail(1, 1.0), "00", "stationary"),
    "two pairs, dephased": (
        te.dual_rail(2, 0.8, detuning=(0.0, 0.5), permutation="reverse", dephasing=0.1),
        "0000",
        "stationary",
    ),
    "a superposition of charges": (
        te.dual_rail(1, 0.7, detuning=0.3),
        np.array([0.5, 0.5j, 0.5, -0.5]),
        "stationary",
    ),
    "a mixture": (te.dual_rail(1, 0.7), np.diag([0.1, 0.2, 0.3, 0.4]), "stationary"),
    "a common reservoir": (te.cooperative(3), "100", "stationary"),
    "a thermal mode": (te.thermal_link(0.4, 0.5, dephasing=0.1), "10", "stationary"),
    "a mode that starts empty": (te.thermal_link(0.4, 0.5), "10", "empty"),
    "a coherent start": (te.thermal_link(0.0, 0.5), "00", 0.8 - 0.3j),
    "pumped modes": (te.dual_rail(1, 0.7, bandwidth=3.0), "00", "stationary"),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_they_agree_with_fock(name):
    network, initial, source = NETWORKS[name]
    found = te.evolve(network, TIMES, initial, te.QuantumJumps(n=400, seed=3), source=source)
    exact = te.evolve(network, TIMES, initial, te.Fock(tolerance=1e-7), source=source)
    assert found.method.claim == "statistical"
    assert largest_deviation(found, exact) < SIGMAS
    assert found.stats["jumps"] > 0
    assert np.all(np.abs(found.states - exact.states).max(axis=(1, 2)) < 3 * found.error)


def test_jumps_that_conserve_the_excitation_number_only_as_a_pair():
    """D[A + B] + D[A - B] = 2 D[A] + 2 D[B]: neither jump keeps a ket at a definite number."""
    lower, flip = np.diag([1.0, 1.0], 1), np.diag([0.6, -0.6, 0.0])
    qudit = te.Qudit(name="s", lower=lower, local_jumps=(lower + flip, lower - flip))
    network = te.Network(nodes=(qudit,), exchange=[[0.3]], decay=[[0.2]])
    start = np.array([0.0, 0.0, 1.0])  # of a definite number, which the jumps do not keep
    found = te.evolve(network, TIMES, start, te.QuantumJumps(n=800, seed=3))
    exact = te.evolve(network, TIMES, start, te.Fock(tolerance=1e-7))
    assert largest_deviation(found, exact) < SIGMAS
    assert np.all(np.abs(found.states - exact.states).max(axis=(1, 2)) < 3 * found.error)


@pytest.mark.parametrize(
    "wrong",
    [
        te.dual_rail(1, 1.0, dephasing=0.1),
        te.dual_rail(1, 1.0, detuning=0.2, detuning_b=0.2),
        te.dual_rail(1, 0.85),
    ],
)
def test_they_disagree_with_other_physics(wrong):
    network, initial, _ = NETWORKS["one pair"]
    found = te.evolve(network, TIMES, initial, te.QuantumJumps(n=800, seed=3))
    other = te.evolve(wrong, TIMES, initial, te.Fock())
    assert largest_deviation(found, other) > 2 * SIGMAS


def test_seeds_give_the_same_bits_on_any_number_of_threads():
    network = te.dual_rail(2, 1.0, dephasing=0.05)
    one, three, other = (
        te.evolve(network, TIMES, "0000", te.QuantumJumps(n=100, seed=seed, threads=threads))
        for seed, threads in ((5, 1), (5, 3), (6, 1))
    )
    assert np.array_equal(one.states, three.states)
    assert np.array_equal(one.error, three.error)
    assert not np.array_equal(one.states, other.states)
    assert threads_available() >= 1


def test_standard_errors_are_those_of_independent_ensembles():
    """Means over fifty seeds scatter as each of them says."""
    network = te.dual_rail(1, 1.0)
    runs = [te.evolve(network, [1.0], "00", te.QuantumJumps(n=64, seed=s)) for s in range(50)]
    scatter = np.std([run.states[0, 0, 0].real for run in runs], ddof=1)
    claimed = np.mean([run.stats["standard_errors"][0, 0, 0] for run in runs])
    # A standard deviation from fifty numbers is known to a tenth; two of those (0.015 measured).
    assert scatter == pytest.approx(claimed, rel=0.2)


def test_without_jumps_a_ket_evolves_exactly():
    """A coupling alone; the tolerance bounds the error of the state."""
    rng = np.random.default_rng(0)
    h = rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))
    h = h + h.conj().T
    network = te.Network(
        nodes=(te.Qudit(name="d", lower=np.diag([1.0, 1.4], 1), local_hamiltonian=h),),
        exchange=np.zeros((1, 1)),
        decay=np.zeros((1, 1)),
    )
    times = np.array([0.3, 7.0])
    found = te.evolve(network, times, "0", te.QuantumJumps(n=8, tolerance=1e-12))
    assert found.stats["jumps"] == 0
    for time, state in zip(times, found.states, strict=True):
        psi = expm(-1j * h * time)[:, 0]
        assert np.max(np.abs(state - np.outer(psi, psi.conj()))) < 1e-10


@pytest.mark.parametrize("tolerance", [1e-5, 1e-9, 1e-12])
def test_waiting_times_are_exact_to_the_tolerance(tolerance):
    """The decaying norm of a pair of coupled, decaying qubits at the jump is the number drawn."""
    network = te.thermal_link(0.0, 0.7)
    alone = system(network, (3,))
    ket = alone.sorted(np.eye(12)[6].astype(complex))  # one quantum in the mode and one in q2
    ket = ket / np.linalg.norm(ket)
    where = alone.group_of(ket)
    drift = alone.drift.toarray()

    rng = np.random.Generator(np.random.PCG64(1))
    room = np.zeros((SERIES_TERMS + 2, alone.dimension), dtype=complex)
    for goal in (0.9, 0.4, 0.02):
        low, high = 0.0, 200.0
        for _ in range(60):  # the time of the jump, by bisection of what the kernel does
            middle = 0.5 * (low + high)
            _, _, count = propagate_ket(
                rng, *alone.arrays, alone.targets, alone.starts, alone.norms,
                ket.copy(), where, goal, middle, tolerance, room, np.zeros(1, dtype=np.int64),
            )  # fmt: skip
            low, high = (middle, high) if count == 0 else (low, middle)
        norm = np.linalg.norm(expm(drift * high) @ ket) ** 2
        assert norm == pytest.approx(goal, rel=10 * tolerance + 1e-12)


def test_kets_of_definite_charge_stay_small():
    network = te.dual_rail(3, 1.0)
    evolved = te.evolve(network, [1.0], "0" * 6, te.QuantumJumps(n=8))
    assert evolved.stats["amplitudes"] == 20  # of 64: choose three of six
    kets = mixture_of(np.diag([0.25, 0.25, 0.5, 0.0]), np.array([0, 1, 1, 2])).kets
    assert all(np.count_nonzero(ket) == 1 for ket in kets)


@pytest.mark.parametrize(
    "name",
    [
        "one pair, dephased",
        "a thermal mode",
        pytest.param("pumped modes", marks=pytest.mark.long),
    ],
)
def test_steady_states(name):
    network = {
        "one pair, dephased": te.dual_rail(1, 0.8, dephasing=0.2),
        "a thermal mode": te.thermal_link(0.5, 0.5),
        "pumped modes": te.dual_rail(1, 0.5, bandwidth=2.0),
    }[name]
    found = te.steady_state(network, te.QuantumJumps(n=400, seed=2))
    exact = te.steady_state(network, te.Fock(tolerance=1e-7))
    distance = np.abs(found.state - exact.state)
    errors = found.stats["standard_errors"]
    assert np.all(distance <= SIGMAS * errors + found.stats["truncation"] + 1e-8)
    assert distance.max() < found.error
    assert found.stats["window"] == found.stats["burn_in"] > 0
    # And not with another network's.
    other = te.steady_state(te.dual_rail(1, 0.8, dephasing=0.5), te.Fock())
    if name == "one pair, dephased":
        assert np.abs(found.state - other.state).max() > 2 * SIGMAS * errors.max()


def test_a_start_that_is_not_forgotten_is_noticed():
    given = te.QuantumJumps(n=1000, burn_in=30.0, window=1.0, samples=2)
    with pytest.raises(te.SolveError, match=r"two different starts still differ by") as caught:
        te.steady_state(te.cooperative(2), given)
    assert caught.value.result.status.outcome is Outcome.NOT_CONVERGED
    short = te.QuantumJumps(n=400, burn_in=0.05, window=0.05)
    with pytest.raises(te.SolveError, match=r"Pass a longer `burn_in`"):
        te.steady_state(te.dual_rail(1, 1.0), short)


@pytest.mark.long
def test_a_dark_state_keeps_the_search_for_a_burn_in_from_ending():
    with pytest.raises(te.SolveError, match=r"After the time .* two different starts still differ"):
        te.steady_state(te.cooperative(2), te.QuantumJumps(n=1000))


def test_a_few_levels_are_part_of_the_error():
    network = te.thermal_link(1.0, 0.5)
    few, enough = (
        te.evolve(network, [3.0], "00", te.QuantumJumps(n=64, cutoff=cutoff)) for cutoff in (2, 14)
    )
    assert few.stats["truncation"] > 0.1 > 1e-3 > enough.stats["truncation"]
    assert few.error[0] > few.stats["truncation"]


def test_what_they_refuse():
    classical = te.Network(
        nodes=(te.Mode(name="a", bath_rate=1.0, n_th=0.5, backaction=False), te.Qubit(name="q")),
        exchange=np.array([[0, 0.2], [0.2, 0]]),
        decay=np.eye(2),
    )
    with pytest.raises(te.MethodError, match=r"without back-action is a classical field"):
        te.steady_state(classical, te.QuantumJumps())
    with pytest.raises(
        te.MethodError, match=r"one amplitude for each boson mode, but there are 1 for 0"
    ):
        te.evolve(te.dual_rail(1, 1.0), [1.0], "00", te.QuantumJumps(), source=1.0)
    with pytest.raises(te.MethodError, match=r"amplitudes is above the limit"):
        te.evolve(te.dual_rail(12, 1.0), [1.0], "0" * 24, te.QuantumJumps())
    with pytest.raises(te.MethodError, match=r"at 500 times need about .* Use fewer times"):
        te.evolve(te.dual_rail(5, 1.0), np.arange(500.0), "0" * 10, te.QuantumJumps())
    below = te.dual_rail(1, 0.5, bandwidth=1.0)
    above = te.Network(
        nodes=below.nodes,
        exchange=below.exchange,
        decay=below.decay,
        pumping=np.kron(np.diag([1.0, 0.0]), [[0, 0.6j], [0.6j, 0]]),
    )
    with pytest.raises(te.MethodError, match=r"gain energy \(or pairs\) as fast as they lose it"):
        te.steady_state(above, te.QuantumJumps())
    early = te.evolve(above, [0.1], "00", te.QuantumJumps(n=8, cutoff=5), source="empty")
    assert early.states.shape == (1, 4, 4)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"n": 4}, r"`n` must be an integer of at least 8"),
        ({"seed": -1}, r"`seed` must be an integer of at least 0"),
        ({"tolerance": 1.0}, r"`tolerance` must be a number in"),
        ({"tail": 0.5}, r"`tail` must be a number in"),
        ({"cutoff": 1}, r"`cutoff` must be an integer of at least 2"),
        ({"samples": 0}, r"`samples` must be an integer of at least 1"),
        ({"burn_in": -1.0}, r"`burn_in` must be finite and non-negative"),
        ({"threads": 0}, r"`threads` must be an integer of at least 1"),
    ],
)
def test_parameters_are_checked(arguments, words):
    with pytest.raises(ValueError, match=words):
        te.QuantumJumps(**arguments)


def test_a_negative_rate_that_is_rounding_is_no_negative_rate(monkeypatch):
    """Diagonalising decay matrices leaves rates of -1e-17 beside others of one."""
    network = te.thermal_link(0.5, 1.0)
    given = jump_system.channels(network.couplings)

    def with_rate(rate):
        changed = [*given, given[0]._replace(rate=rate)]
        monkeypatch.setattr(jump_system, "channels", lambda couplings: changed)
        return jump_system.unphysical(network)

    assert with_rate(-1e-17) is None
    assert "negative rate (-0.1)" in with_rate(-0.1)
