"""When a state is pure, or no longer is: crossings within steps, and the last return."""

import itertools

import numpy as np
import pytest
from scipy.linalg import expm

import thermalent as te
from thermalent.fock import purity
from thermalent.fock.krylov import Step


def falling(rate, size, start, length, error=0.0):
    """A step of one number that falls at a rate."""
    return Step(
        start=start, length=length, end=start + length, size=size, basis=np.ones((1, 1)),
        hessenberg=np.array([[-float(rate)]]), error=error, applications=0, states=2,
    )  # fmt: skip


def test_a_crossing_is_found_with_its_error():
    step = falling(-1.0, 0.5, 3.0, 1.0)  # |x|^2 = 0.25 e^(2t) grows to 0.5
    after, _ = step.norms(0.5)
    root = 0.5 * np.log(2)
    place = int(np.searchsorted(after, root))
    found = purity._crossing(step, after, place, 0.5, 1e-6)
    assert found == pytest.approx(3 + root, abs=1e-11)
    assert found.error == pytest.approx(2 * 1e-6 / (2 * 0.5), rel=1e-3)
    exact = purity._crossing(step, after, place, 0.5, 0.0).error
    rounding = 1e-12 * after[place] + 1e-14 * root + 3 * np.finfo(float).eps
    assert exact == pytest.approx(rounding, rel=1e-9, abs=0)


@pytest.mark.parametrize("near", [0.28, 0.5, 0.98])
def test_a_norm_that_swings_is_followed_through_every_crossing(near):
    """|c|^2 = cos(20 t)^2 + sin(20 t)^2/4 passes a value four times a period."""
    step = Step(
        start=0.0, length=1.0, end=1.0, size=1.0, basis=np.eye(2),
        hessenberg=20 * np.array([[0.0, 2.0], [-0.5, 0.0]]), error=0.0, applications=0, states=1,
    )  # fmt: skip
    after, norms = step.norms(near)
    fine = np.linspace(0, 1, 20_001)
    above = np.cos(20 * fine) ** 2 + np.sin(20 * fine) ** 2 / 4 > near
    crossings = np.count_nonzero(np.diff(above))
    assert crossings >= 12
    assert np.count_nonzero(np.diff(np.append(1.0, norms) ** 2 > near)) == crossings
    assert len(after) < 200


@pytest.mark.parametrize("seed", range(4))
def test_an_interval_is_halved_while_the_norm_may_pass_the_value_and_return(seed):
    """Each interval that is told is slow enough or short enough, and none that was halved was."""
    rng = np.random.default_rng(seed)
    matrix, states, length = rng.normal(0, 4, (3, 3)) - 6 * np.eye(3), 3, 2.0
    step = Step(
        start=0.0, length=length, end=length, size=1.0, basis=np.eye(3),
        hessenberg=matrix, error=0.0, applications=0, states=states,
    )  # fmt: skip

    def halved(start, end, near):
        first, last = (expm(t * matrix)[:, 0] for t in (start, end))
        most = 2 * np.sqrt(states) * np.linalg.norm(first) * np.linalg.norm(matrix @ first)
        far = abs(first @ first - near) + abs(last @ last - near)
        short = (end - start) * np.linalg.norm(matrix, 2) <= 0.5
        return not short and (end - start) * most > far

    for near in (0.03, 0.3, 0.6, 2.0):
        ends = np.append(0.0, step.norms(near)[0])
        for start, end in itertools.pairwise(ends):
            assert not halved(start, end, near)
            if end - start < length:
                parent = 2 * (end - start)
                before = parent * np.floor(start / parent + 1e-9)
                assert halved(before, before + parent, near)


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_a_crossing_is_as_exact_in_every_unit_of_time(unit):
    step = falling(-1.0 / unit, 0.5, 0.0, 2 * unit)
    root = 0.5 * np.log(2) * unit
    found = purity._crossing(step, unit * np.array([0.3, 2.0]), 1, 0.5, 0.0)
    assert found == pytest.approx(root, rel=1e-11, abs=0)
    assert found.error == pytest.approx(2e-12 * unit + 1e-14 * root, rel=1e-6, abs=0)


def test_a_crossing_before_the_first_point_of_a_step():
    step = falling(-1.0, np.sqrt(0.499), 0.0, 1.0)
    after, _ = step.norms(0.5)
    exact = 0.5 * np.log(0.5 / 0.499)
    assert purity._crossing(step, after, 0, 0.5, 0.0) == pytest.approx(exact, abs=1e-11)


def test_what_is_left_to_change_is_the_speed_over_the_rate_at_which_it_falls():
    speeds = [(t, 3 * np.exp(-0.7 * t)) for t in (0.0, 1.0, 2.0, 3.0, 6.1)]
    left = purity._remaining_change(speeds, 1e-16)
    assert left == pytest.approx(2 * speeds[-1][1] / 0.7)
    # Only what is since half of the time counts.
    later = [(1.0, 1e3), (3.0, 1.0), (6.0, 0.5)]
    assert purity._remaining_change(later, 0.0) == pytest.approx(2 * 0.5 * 3 / np.log(2))
    assert purity._remaining_change([(1.0, 1.0), (2.0, 2.0)], 0.0) == np.inf
    assert purity._remaining_change([(1.0, 1.0), (2.0, 1e-3)], 1e-3) == 0.0
    assert purity._remaining_change([(1.0, 1.0), (2.0, 0.9e-14)], 0.0) == 0.0
    assert purity._remaining_change([(1.0, 1.0), (2.0, 1.1e-14)], 0.0) > 0.0
    assert purity._remaining_change([(1.0, 1e-3), (2.0, 0.9e-17)], 0.0) == 0.0
    assert purity._remaining_change([(1.0, 1e-3), (2.0, 1.1e-17)], 0.0) > 0.0


def test_the_slowest_emitter_that_decays_sets_the_patience():
    nodes = tuple(te.Qubit(name=name) for name in "abc")

    def lifetime(*rates):
        decay = np.diag(rates)
        return purity._lifetime(te.Network(nodes=nodes, exchange=0 * decay, decay=decay))

    assert lifetime(2.0, 0.0, 0.25) == 4.0
    assert lifetime(0.0, 0.0, 0.0) == 0.0


class Course:
    """A step of an evolution whose purity is a function of the time."""

    def __init__(self, purity_at, start, length, error):
        self.at, self.start, self.length, self.error = purity_at, start, length, error
        self.end, self.size = start + length, self.norm(0.0, start)

    def norm(self, after, start=None):
        return float(np.sqrt(self.at(after + (self.start if start is None else start))))

    def norms(self, near):
        self.near = near
        after = self.length * np.arange(1, 33) / 32
        return after, np.array([self.norm(t) for t in after])

    def growth(self, after):
        t = self.start + after
        return (self.at(t + 1e-6) - self.at(t - 1e-6)) / 2e-6

    def speed(self, after):
        return float(100 * np.exp(-(self.start + after)))


def search(
    purity_at, impurity, *, error=0.0, rounding=0.0, patience=0.0, length=0.5, count=200, told=None
):
    steps = [Course(purity_at, length * i, length, error) for i in range(count)]
    report = (lambda _: None) if told is None else told.append
    try:
        return purity._search(iter(steps), impurity, rounding, patience, report)
    finally:
        assert {step.near for step in steps if hasattr(step, "near")} == {1 - impurity}


def wave(t):
    """Impure around t = 2 and t = 6: the impurity falls through 0.3 twice."""
    return 1 - 0.6 * np.exp(-((t - 2) ** 2)) - 0.5 * np.exp(-((t - 6) ** 2))


def test_the_last_return_is_that_of_the_last_wave_with_the_errors_until_then():
    exact = 6 + np.sqrt(np.log(0.5 / 0.3))
    assert search(wave, 0.3) == pytest.approx(exact, abs=1e-9)
    slope = 2 * 0.3 * (exact - 6)
    until = np.ceil(exact / 0.5)
    found = search(wave, 0.3, error=1e-9, rounding=4e-9).error
    assert found == pytest.approx(2 * until * (1e-9 + 0.5 * 4e-9) / slope, rel=1e-4)


def test_what_is_never_exceeded_is_crossed_at_zero():
    never = search(wave, 0.7)
    assert (never, never.error) == (0.0, 0.0)
    assert "never exceeded" in never.how


def test_a_state_that_stays_impure_is_given_up_after_the_patience():
    with pytest.raises(purity.NeverPure, match=r"goes to 0\.4: it never falls to 0\.3"):
        search(lambda t: 0.6, 0.3)
    # Beats: what looks settled above the threshold falls below it at t = 12.
    late = search(lambda t: 0.6 if t < 12 else 0.6 + 0.3 * (1 - np.exp(12 - t)), 0.3, patience=30.0)
    assert late == pytest.approx(12 + np.log(1.5), abs=1e-9)
    with pytest.raises(purity.NeverPure):
        search(lambda t: 0.6 if t < 20 else 0.9, 0.3, patience=5.0)


def test_two_returns_within_one_step():
    exact = 6 + np.sqrt(np.log(0.5 / 0.3))
    told = []
    assert search(wave, 0.3, length=8.0, told=told) == pytest.approx(exact, abs=1e-9)
    assert told[0] == f"t = 8, 1 - Tr rho^2 = {1 - wave(8.0):.3g}"


@pytest.mark.parametrize(("rounding", "given_up"), [(0.0, 16), (1.0, 5)])
def test_an_impure_state_is_given_up_once_it_was_settled_for_half_of_the_time(rounding, given_up):
    """Settled when 3 times 2 exp(-t) of 100 are below 0.3, at 8; at once if nothing moves."""
    told = []
    with pytest.raises(purity.NeverPure):
        search(lambda t: 0.4, 0.3, rounding=rounding, told=told)
    assert told[-1] == f"t = {given_up}, 1 - Tr rho^2 = 0.6"
    assert len(told) == 2 * given_up


def test_a_threshold_that_is_approached_for_ever_is_not_converged():
    with pytest.raises(purity.NeverPure, match="does not converge"):
        search(lambda t: 0.7, 0.3, count=40)


def test_the_search_for_a_return_knows_its_rounding_and_its_patience(monkeypatch):
    told = {}

    def steps(generator, y, end, **given):
        told.update(given, end=end, size=float(np.linalg.norm(y)), rate=generator.rate)
        return iter(())

    def searched(found, impurity, rounding, patience, report):
        told.update(impurity=impurity, rounding=rounding, patience=patience)

    monkeypatch.setattr(purity, "krylov_steps", steps)
    monkeypatch.setattr(purity, "_search", searched)
    nodes = (te.Qubit(name="a"), te.Qubit(name="b"))
    decay = np.diag([2.0, 0.5])
    network = te.Network(nodes=nodes, exchange=0 * decay, decay=decay)
    purity.last_return(network, np.diag([0.0, 0.6, 0.0, 0.8]).astype(complex), 0.1)
    rate = told["rate"]
    assert rate > 2.0
    assert told["share"] == pytest.approx(1e-14 * rate, rel=1e-12, abs=0)
    assert told["rounding"] == pytest.approx(np.finfo(float).eps * rate, rel=1e-12, abs=0)
    assert told["patience"] == 10 / 0.5
    assert (told["impurity"], told["end"], told["states"]) == (0.1, np.inf, 4)
    assert told["size"] == pytest.approx(1.0)
