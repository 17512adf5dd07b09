"""What the continued fraction refuses before it begins, and with which numbers."""

import numpy as np
import pytest

import thermalent as te
from thermalent.continued_fraction import memory, method, one_mode
from thermalent.solution.plan import Refusal
from thermalent.solution.tasks import EvolutionTask, Piece, SteadyStateTask
from thermalent.support import memory_limit

ONE = te.thermal_link(2.0, 0.5, qubits=1)
FOUR = te.thermal_link(2.0, 0.5, qubits=4)


def steady(network, **settings):
    return te.ContinuedFraction(**settings).plan(SteadyStateTask(network=network))


def evolving(network, times=(1.0,), source="stationary", **settings):
    task = EvolutionTask(
        pieces=(Piece(network),), times=np.array(times), initial="0", source=source
    )
    return te.ContinuedFraction(**settings).plan(task)


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (lambda: evolving(ONE, digits=20), "`digits` is for steady states"),
        (lambda: evolving(ONE, n_max=5), "`n_max` is for steady states"),
        (lambda: steady(te.cooperative()), "needs a boson mode"),
        (lambda: evolving(ONE, source=(1.0, 2.0)), "there are 2 for 1"),
    ],
)
def test_refusals_come_before_anything_is_worked_out(plan, words):
    found = plan()
    assert isinstance(found, Refusal)
    assert words in str(found.reason)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"rtol": 1e-17}, "left out for `digits=30`"),
        ({"rtol": 0.11}, "0.1"),
        ({"digits": 0}, "digits"),
        ({"digits": 20, "n_max": 3}, "without `n_max`"),
        ({"n_max": 0}, "n_max"),
    ],
)
def test_settings_out_of_range_are_named(settings, words):
    with pytest.raises(ValueError, match=words.replace("`", ".")):
        te.ContinuedFraction(**settings)
    te.ContinuedFraction(rtol=0.1)
    te.ContinuedFraction(rtol=method.SMALLEST_RTOL)
    te.ContinuedFraction(n_max=1)


def test_hot_modes_are_refused_where_they_need_tiers(monkeypatch):
    needed = []
    monkeypatch.setattr(method.one_mode, "tiers_needed", lambda network: needed[-1])
    for tiers, refused in ((1000, False), (1001, True)):
        needed.append(tiers)
        assert (method._too_hot(ONE, 1000) is not None) is refused
    assert "about 1e+03 tiers; it takes up to 1000" in method._too_hot(ONE, 1000)


def test_how_many_times_or_emitters_would_fit_is_told(monkeypatch):
    """Each time takes as much more; the first emitters take less."""
    monkeypatch.setattr(method, "_FEW_TIMES", 0)
    monkeypatch.setattr(memory_limit, "_ALWAYS_FITS", 0.0)
    numbers = method.excitation_numbers(FOUR)
    each = memory.evolution_bytes(numbers, 2) - memory.evolution_bytes(numbers, 1)
    fitting = 7
    free = memory.evolution_bytes(numbers, 1) + (fitting - 1 + 0.5) * each
    monkeypatch.setattr(memory_limit, "available", lambda: int(free))
    found = evolving(FOUR, np.linspace(1, 2, 50))
    assert "at 50 times" in found.reason
    assert found.reason.endswith(f"{fitting} times would fit.")
    two = method.excitation_numbers(te.thermal_link(2.0, 0.5, qubits=2))
    three = method.excitation_numbers(te.thermal_link(2.0, 0.5, qubits=3))
    between = 0.5 * (memory.evolution_bytes(two, 1) + memory.evolution_bytes(three, 1))
    monkeypatch.setattr(memory_limit, "available", lambda: int(between))
    found = evolving(FOUR, np.linspace(1, 2, 50))
    assert "of its 16 emitter levels" in found.reason
    assert found.reason.endswith("The first 2 of the 4 emitters would fit.")


def test_digits_take_emitters_up_to_a_number_of_levels():
    most = method.solve.LARGEST_BALL_DIMENSION
    asked = te.ContinuedFraction(digits=20)
    assert asked._too_many_digits(np.zeros(most)) is None
    reason = asked._too_many_digits(np.zeros(most + 1))
    assert f"up to {most} emitter levels, and there are {most + 1}" in reason
    assert te.ContinuedFraction()._too_many_digits(np.zeros(10 * most)) is None


def test_the_larger_half_of_the_elements_is_counted():
    """Of two qubits: charges 0, +-2 have six and two elements, +-1 have eight."""
    assert memory._larger_half((1, 2, 1)) == 8.0
    for count in ((1, 3, 3, 1), (2, 1), (1, 0, 4), (1, 2, 2)):
        numbers = np.repeat(np.arange(len(count)), count)
        odd = int(np.count_nonzero((numbers[:, None] - numbers) % 2))
        assert memory._larger_half(count) == max(odd, len(numbers) ** 2 - odd)


def test_the_width_that_takes_so_many_tiers_is_the_inverse():
    width = memory.width_of(ONE)
    assert width == pytest.approx(np.sqrt(2.0 / 2))  # half of the thermal quanta
    for rtol in (1e-3, 1e-9):
        tiers = memory.expected_tiers(ONE, rtol)
        assert memory.width_for_tiers(tiers, rtol) == pytest.approx(width, rel=1e-12)
    assert memory.expected_tiers(ONE, 1e-9) == pytest.approx(3 * memory.expected_tiers(ONE, 1e-3))


def test_nobody_looks_for_the_memory_of_small_problems(monkeypatch):
    """Few levels at few times; all others are looked at."""
    asked = []
    monkeypatch.setattr(memory_limit, "lacking", lambda needed: asked.append(needed))
    link = te.thermal_link(0.5, 1.0)
    few, many = np.zeros(one_mode.ALWAYS_FITS, dtype=int), np.zeros(65, dtype=int)
    given, most = te.ContinuedFraction(n_max=2), method._FEW_TIMES
    steady = SteadyStateTask(network=link)
    times = [
        EvolutionTask(pieces=(Piece(link),), times=np.arange(float(n)), initial="00")
        for n in (most, most + 1)
    ]
    for task, numbers, looks in (
        (steady, few, False), (steady, many, True), (times[0], few, False),
        (times[1], few, True), (times[0], many, True),
    ):  # fmt: skip
        asked.clear()
        assert given._too_large(task, numbers) is None
        assert bool(asked) is looks
