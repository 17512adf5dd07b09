"""Ensembles run in order on any number of threads, end at their target, and survive Ctrl-C."""

import time
from dataclasses import replace

import numpy as np
import pytest

import thermalent as te
from tests.support.interrupts import interruption_after
from thermalent.ensembles.blocks import Stop, Stopped, in_order
from thermalent.ensembles.burn_in import BurnIn
from thermalent.ensembles.mean import BlockMean, EnsembleMean
from thermalent.ensembles.run import interrupted, run, target_missed


def block(number):
    return BlockMean(2, np.full((1, 1, 1), float(number)), np.ones((1, 1, 1)))


def blocks(count, threads=2, seconds=0.0):
    def computed(stop):
        def one(number):
            time.sleep(seconds)
            if stop.is_set():
                raise Stopped
            return block(number)

        return in_order(one, count, threads=threads, stop=stop)

    return computed


@pytest.mark.parametrize(("threads", "batch"), [(1, 1), (3, 1), (2, 4)])
def test_blocks_come_in_their_order(threads, batch):
    def slow_first(number):
        time.sleep(0.01 if number % 3 == 0 else 0.0)
        return number

    stop = Stop()
    found = list(in_order(slow_first, 17, threads=threads, batch=batch, stop=stop))
    assert found == list(range(17))
    assert stop.is_set()  # nothing is left running


def test_no_gap_is_left_when_a_block_is_stopped():
    def one(number):
        if number == 5:
            raise Stopped
        return number

    assert list(in_order(one, 17, threads=3, stop=Stop())) == [0, 1, 2, 3, 4]


def test_all_blocks_are_added():
    ensemble, lines = EnsembleMean(), []
    ended = run(ensemble, blocks(20), n=40, report=lines.append)
    assert ensemble.count == 40
    assert not ended.interrupted
    assert lines == [f"{2 * (i + 1)} of 40" for i in range(20)]


def test_a_target_is_looked_at_after_every_sixteen_blocks():
    ensemble = EnsembleMean()
    enough = iter([False, True])
    ended = run(ensemble, blocks(100), n=200, report=lambda text: None, enough=lambda: next(enough))
    assert ensemble.blocks == 32
    assert not ended.interrupted


def test_an_interrupt_keeps_what_is_done():
    ensemble = EnsembleMean()
    with interruption_after(0.3):
        ended = run(ensemble, blocks(10**6, seconds=0.01), n=2 * 10**6, report=lambda text: None)
    assert ended.interrupted
    assert 0 < ensemble.count < 2 * 10**6
    # Block k has the mean k: the first blocks without a gap.
    assert ensemble.mean[0, 0, 0] == pytest.approx((ensemble.blocks - 1) / 2)


def test_an_interrupt_during_the_last_blocks_is_not_lost():
    """They are added, and whoever runs the ensemble still hears of the interrupt."""
    ensemble = EnsembleMean()

    def last(stop):
        yield block(0)
        while not stop.is_set():
            sum(range(1000))  # the interrupt comes after a time of the processor
        yield block(1)

    with interruption_after(0.3):
        ended = run(ensemble, last, n=4, report=lambda text: None)
    assert ensemble.count == 4
    assert ended.interrupted


def test_an_interrupt_before_anything_is_usable_is_an_error():
    with pytest.raises(KeyboardInterrupt), interruption_after(0.2):
        run(EnsembleMean(), blocks(10, seconds=0.5), n=20, report=lambda text: None)


@pytest.mark.parametrize(
    "method",
    [
        te.FieldTrajectories(n=10**7, seed=3, burn_in=20.0, window=20.0),
        te.QuantumJumps(n=10**7, seed=3, burn_in=5.0, window=5.0),
        te.FieldJumps(n=10**7, seed=3, burn_in=5.0, window=5.0),
    ],
    ids=lambda method: type(method).__name__,
)
@pytest.mark.parametrize("task", ["steady state", "evolution"])
def test_every_ensemble_is_partial_after_an_interrupt(method, task):
    network = te.thermal_link(0.5, 0.5)

    def solve(n):
        few = replace(method, n=n)
        if task == "steady state":
            return te.steady_state(network, few)
        return te.evolve(network, [1.0, 2.0], "10", few)

    solve(64)  # compiles
    with pytest.raises(KeyboardInterrupt) as caught, interruption_after(0.4, computed=True):
        solve(10**7)
    partial = caught.value.partial
    done = partial.stats["trajectories"]
    assert partial.stats["partial"]
    assert not partial.status.ok
    assert 0 < done < 10**7
    assert partial.status.message == f"Interrupted: {done} of 10000000 trajectories were averaged."
    assert not solve(64).stats["partial"]


def test_statuses_say_what_to_do():
    assert interrupted(16, 64).message == "Interrupted: 16 of 64 trajectories were averaged."
    # Three times too large an error: nine times as many, and a tenth more.
    message = target_missed(3e-3, 1e-3, 1000).message
    assert message.endswith("the target is 0.001. Ask for n >= 9900.")


@pytest.mark.parametrize("window", [0.3, 7.0, 100.0])
def test_the_mean_over_a_window_is_that_of_the_exponential(window):
    start = BurnIn(7.0, True, 1e-2)
    t = np.linspace(7.0, 7.0 + window, 200_001)
    mean = np.trapezoid(1e-2 ** (t / 7.0), t) / window
    assert start.averaged(window) == pytest.approx(mean, rel=1e-8)


@pytest.mark.parametrize("remaining", [0.0, 1.0, 1.3])
def test_a_start_that_does_not_decay_keeps_its_share(remaining):
    assert BurnIn(7.0, False, remaining).averaged(10.0) == remaining
