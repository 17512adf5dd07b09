"""What an evolution in the moving frame is foreseen to take, by norms and sizes that are given."""

from types import SimpleNamespace

import numpy as np
import pytest

from thermalent.continued_fraction.moving_frame import evolution
from thermalent.continued_fraction.moving_frame.evolution import FrameEvolution, _Norms

NORMS = {0: _Norms(3.0, 2.0, 0.7, 5.0), 1: _Norms(1.0, 4.0, 0.0, 2.0)}


def given(*, end=7.0, networks=2, depth=21.0, tolerance=1e-4):
    """Two pieces with a field; of the second as much as there is time for."""
    hierarchies = [SimpleNamespace() for _ in range(networks)]

    def piece(n, begin, end, mean, variance, mode):
        return SimpleNamespace(
            begin=begin, end=end, mean=mean, variance=variance, hierarchy=hierarchies[n],
            mode=SimpleNamespace(rate=0.2 * (n + 1), variance=mode),
        )  # fmt: skip

    field = SimpleNamespace(
        hierarchies=hierarchies,
        pieces=[piece(0, 0.0, 2.0, 6.0, 4.0, 9.0), piece(1, 2.0, np.inf, 1.5, 16.0, -1.0)],
    )
    found = FrameEvolution(field, np.array([1.0, end]), np.eye(2), tolerance, depth)
    norms = {id(h): NORMS[n % 2] for n, h in enumerate(hierarchies)}
    found.__dict__["_sampled"] = (50.0, norms)
    found.__dict__["_sample"] = SimpleNamespace(start=np.zeros(6))
    return found


def products(last, end):
    """Forty a step, ten steps at least, and two for each unit of the norm."""
    total = 10.0 * 40
    for n, (length, mean, variance) in enumerate(
        [(min(2.0, end), 6.0, 9.0), (max(end - 2.0, 0.0), 1.5, 16.0)]
    ):
        rate, norms = 0.2 * (n + 1), NORMS[n]
        coupled = np.sqrt(variance) * norms.coupled + norms.backaction
        norm = norms.constant + rate * last + np.sqrt(last / 4) * coupled
        turned = norms.drive * mean * (1 - np.exp(-rate * length)) / rate
        total += 2 * (norm * length + turned)
    return total


@pytest.mark.parametrize("end", [1.5, 2.0, 7.0])
@pytest.mark.parametrize("last", [4, 10, 33])
def test_products_follow_the_norm_of_the_generator_and_the_turns_of_the_field(last, end):
    assert given(end=end)._products(last) == pytest.approx(products(last, end), rel=1e-12)


def entries(last):
    return 50.0 * (last + 1) * (last + 2) / (5 * 6)


@pytest.mark.parametrize("networks", [2, 7])
def test_work_and_memory_are_those_of_the_first_two_runs(networks):
    found = given(networks=networks)
    lasts = [int(np.ceil(21 * 0.7 * 1.2**run)) for run in range(4)]
    assert [found._last(run) for run in range(4)] == lasts
    for last in lasts:
        assert found._entries(last) == pytest.approx(entries(last), rel=1e-12)
    work = sum((3 * entries(last) + 5e4) * products(last, 7.0) for last in lasts[:2])
    assert found.operations == pytest.approx(work, rel=1e-12)
    pairs = (lasts[1] + 1) * (lasts[1] + 2) / 30
    held = min(networks, 3)
    bytes_ = held * 60 * entries(lasts[1]) + 8 * 50 * 6 * pairs
    assert found.bytes == pytest.approx(bytes_, rel=1e-12)


def test_the_error_is_the_change_at_this_or_a_later_time_and_that_of_the_steps(monkeypatch):
    """Runs have more and more tiers and other steps, until two agree at all times."""
    left = [[1.0, 1.0], [1.0, 1.5], [1.2, 1.5], [1.2, 1.5 + 5e-5], [9.0, 9.0]]
    asked, told = [], []

    class Steps:
        def __init__(self, generator, tolerance):
            asked.append((generator.last, tolerance))
            self.products = 100 * len(asked)

        def to(self, times, report):
            report("now")
            return list(zip(left[len(asked) - 1], times, strict=True))

    monkeypatch.setattr(
        evolution, "FrameGenerator",
        lambda field, last, rho: SimpleNamespace(
            last=last, read=lambda x, time: told.append(time) or x * np.eye(2)
        ),
    )  # fmt: skip
    monkeypatch.setattr(evolution, "FrameSteps", Steps)
    found = given()
    states, error, stats = found.states()
    first, other = evolution._OF_STEPS
    assert asked == [
        (found._last(run), pytest.approx(1e-4 * (first, other)[run % 2])) for run in range(4)
    ]
    np.testing.assert_allclose(states[:, 0, 0], left[3])
    np.testing.assert_allclose(error, [5e-5 + 1e-4 * first] * 2)
    assert stats == {"stepped_times": 2, "refused": 0, "products": 1000, "tiers": found._last(3)}
    assert told == [1.0, 7.0] * 4
