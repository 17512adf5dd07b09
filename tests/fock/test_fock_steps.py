"""Steps in time, crossings of the purity and projections, step by step."""

import itertools

import numpy as np
import pytest
from scipy import sparse
from scipy.linalg import expm

import thermalent as te
from thermalent.fock import evolution, krylov, projection, purity
from thermalent.fock.krylov import Step, _errors, _longest, arnoldi, krylov_steps
from thermalent.fock.resolvent import Factored

# --- steps in time ---


def random_generator(n, seed=3):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, n)) - 2 * np.sqrt(n) * np.eye(n)


def test_an_arnoldi_basis_is_orthonormal_and_projects_the_generator():
    matrix = random_generator(30)
    first = np.zeros(30)
    first[4] = 1.0
    basis, hessenberg, following = arnoldi(lambda x: matrix @ x, first, 8)
    np.testing.assert_allclose(basis @ basis.T, np.eye(8), atol=1e-13)
    np.testing.assert_allclose(basis @ matrix @ basis.T, hessenberg, atol=1e-12)
    left_out = matrix @ basis[-1] - hessenberg[:, -1] @ basis
    assert np.linalg.norm(left_out) == pytest.approx(following)


def test_an_invariant_space_ends_the_basis():
    matrix = np.zeros((6, 6))
    matrix[:2, :2] = [[-1.0, 0.3], [0.2, -2.0]]
    basis, hessenberg, following = arnoldi(lambda x: matrix @ x, np.eye(6)[0])
    assert following == 0.0
    assert basis.shape == (2, 6)
    np.testing.assert_allclose(hessenberg, basis @ matrix @ basis.T, atol=1e-14)
    rest, zero, following = arnoldi(lambda x: matrix @ x, np.eye(6)[4])
    assert (rest.shape, zero.tolist(), following) == ((1, 6), [[0.0]], 0.0)


def test_the_error_of_a_step_is_just_above_its_integral():
    hessenberg = np.array([[-1.0, 0.4], [0.7, -3.0]])
    times, errors = _errors(hessenberg, 5.0, 1.2)
    values, vectors = np.linalg.eig(hessenberg)
    weights = vectors[1] * np.linalg.inv(vectors)[:, 0]
    exact = 5 * sum(w * np.expm1(v * times) / v for w, v in zip(weights, values, strict=True))
    assert times == pytest.approx(1.2 * np.arange(1, 49) / 48)
    assert np.all(errors >= exact)
    # The larger end of every interval: the excess is at most the steps of the integrand.
    assert np.all(errors <= exact + 5 * 2 * 0.7 * 1.2 / 48)


@pytest.mark.parametrize("length", [1.4, 3.0])
def test_the_integral_takes_the_larger_end_of_every_interval(length):
    """Of an element that rises and falls, sin(t)."""
    turning = np.array([[0.0, -1.0], [1.0, 0.0]])
    times, errors = _errors(turning, 2.0, length)
    size = np.abs(np.sin(np.append(0.0, times)))
    sums = [
        2 * times[0] * sum(max(p) for p in itertools.pairwise(size[: i + 2])) for i in range(48)
    ]
    assert errors == pytest.approx(sums, rel=1e-12, abs=0)


@pytest.mark.parametrize("share", [1e-3, 1e-6])
def test_a_step_is_the_longest_that_keeps_to_its_share(share):
    hessenberg = np.diag([0.8] * 5, -1) - np.diag([1.0, 2.0, 1.5, 3.0, 2.5, 1.0])
    length, error = _longest(hessenberg, 2.0, share, 0.01, 100.0)
    assert 0 < error <= share * length
    assert _errors(hessenberg, 2.0, 1.5 * length)[1][-1] > share * 1.5 * length
    assert _longest(hessenberg, 2.0, share, 0.01, length / 3)[0] == pytest.approx(length / 3)


def test_a_step_leaps_by_a_thousand_at_most():
    assert _longest(np.array([[-1.0]]), 0.0, 1e-9, 0.02, 1e9) == (20.0, 0.0)
    assert _longest(np.array([[-1.0]]), 0.0, 1e-9, 0.02, 3.0) == (3.0, 0.0)
    # Where nothing is left out, also what grows beyond all numbers has no error.
    assert _longest(np.array([[1e4]]), 0.0, 1e-9, 1.0, 3.0) == (3.0, 0.0)


@pytest.mark.parametrize("guess", [0.125, 8.0])
def test_steps_are_tried_from_four_times_the_one_before(guess):
    """In 48 parts: of lengths that are all good enough the last one, else the last good part."""
    falling = np.array([[0.0, 0.0], [1.0, 0.0]])  # leaves out t^2/2, in sums a part more
    for share in (0.7 * guess, 2.9 * guess):
        length, _ = _longest(falling, 1.0, share, guess, 1e9)
        tried = 4 * guess if length <= 4 * guess else 16 * guess
        part = tried / 48
        assert length == pytest.approx(part * (np.floor(2 * share / part) - 1))


def test_a_step_far_shorter_than_the_one_before_has_failed():
    falling = np.array([[0.0, 0.0], [1.0, 0.0]])
    share = 0.5e-8  # which a step of 1e-8 leaves
    assert 0 < _longest(falling, 1.0, share, 1.0, 1.0)[0] <= 1e-8
    with pytest.raises(FloatingPointError, match="leaves less than"):
        _longest(falling, 1.0, share, 100.0, 100.0)


def test_a_share_below_every_error_is_refused():
    with pytest.raises(FloatingPointError, match="leaves less than"):
        _longest(np.array([[-1.0]]), 1.0, 1e-12, 1.0, 1.0)


def test_steps_tell_the_state_its_norm_its_growth_and_its_speed():
    turning = random_generator(60)
    matrix = turning - turning.T - 0.3 * np.eye(60)
    y = np.linspace(1, 2, 60)
    steps = list(krylov_steps(lambda x: matrix @ x, y, 4.7, rate=30.0, states=4, share=1e-9))
    assert 2 < len(steps) < 12
    assert steps[0].start == 0.0
    assert steps[-1].end == 4.7
    assert min(step.length for step in steps[:-1]) > 0.3
    assert all(a.end == b.start for a, b in itertools.pairwise(steps))
    assert [step.applications for step in steps] == [40 * (i + 1) for i in range(len(steps))]
    assert [step.start + step.length for step in steps] == pytest.approx([s.end for s in steps])
    values, vectors = np.linalg.eig(matrix)
    start = np.linalg.solve(vectors, y)
    for step in (steps[0], steps[-1]):
        after = 0.4 * step.length
        exact = (vectors @ (np.exp(values * (step.start + after)) * start)).real
        np.testing.assert_allclose(step.state(after), exact, atol=1e-8)
        assert step.norm(after) == pytest.approx(np.linalg.norm(exact), rel=1e-7)
        assert step.growth(after) == pytest.approx(2 * exact @ matrix @ exact, rel=1e-6)
        assert step.speed(after) == pytest.approx(np.linalg.norm(matrix @ exact), rel=1e-6)
        times, norms = step.norms(step.norm(after) ** 2)
        assert times[-1] == pytest.approx(step.length)
        assert np.all(np.diff(times) > 0)
        assert norms == pytest.approx([step.norm(t) for t in times])
        assert step.size == pytest.approx(np.linalg.norm(step.state(0.0)))


@pytest.mark.parametrize("end", [2.1, 2.7, 3.1, 3.3, 3.7, 4.9])
def test_the_last_step_ends_at_the_end_itself(end):
    """Not a rounding before it, which would take one step more."""
    turning = np.array([[0.0, -9.0, 0.0], [9.0, 0.0, -7.0], [0.0, 7.0, 0.0]])
    matrix = np.kron(np.eye(20), turning) + np.diag(np.full(57, 2.0), 3)
    steps = list(
        krylov_steps(lambda x: matrix @ x, np.ones(60), end, rate=20.0, states=2, share=1e-12)
    )
    assert len(steps) > 1
    assert steps[-1].end == end
    assert min(step.length for step in steps) > 0.05


class Mixing:
    """Blocks of one sector whose elements are packed as they are."""

    def __init__(self, matrix, unit):
        self.matrix, self.unit, self.rate = matrix, unit, float(np.linalg.norm(matrix, 2))

    def pack(self, elements):
        return elements / self.unit

    def unpack(self, packed):
        return self.unit * packed

    def __call__(self, packed):
        return self.matrix @ packed


@pytest.mark.parametrize("times", [[0.0], [0.0, 0.0, 0.3], [0.2, 1.0, 1.0, 3.3, 4.7]])
def test_an_evolution_by_blocks_is_that_of_their_matrix(times):
    turning = random_generator(60)
    matrix = turning - turning.T - 0.3 * np.eye(60)
    start, told = np.linspace(1, 2, 60), []
    blocks = Mixing(matrix, 3.0)
    found = list(evolution._in_blocks(blocks, start, 4, np.array(times), 1e-9, told.append))
    exact = [expm(time * matrix) @ start for time in times]
    np.testing.assert_allclose([state for state, _ in found], exact, atol=1e-7)
    if times[-1] == 0:
        assert told == []
        return
    steps = list(krylov_steps(
        lambda x: matrix @ x, start / 3, times[-1], rate=blocks.rate, states=4, share=1e-9
    ))  # fmt: skip
    assert told == pytest.approx([step.end for step in steps])
    until = np.cumsum([step.error for step in steps])
    place = np.searchsorted([step.end for step in steps], times)
    errors = np.where(np.array(times) > 0, until[place], 0.0)
    assert [error for _, error in found] == pytest.approx(errors, rel=1e-9, abs=0)
    assert len(steps) > 1 or times[-1] < 1


# --- purity ---


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


# --- projections ---


class Counted(Factored):
    """A resolvent that keeps what it is asked, and says that its iteration leaves something."""

    def __init__(self, matrix, shift, asked):
        super().__init__(matrix, shift)
        self.shift, self.asked = shift, asked

    def solve(self, b):
        self.asked.append((self.shift, b))
        return super().solve(b)

    def residual(self, b):
        return 1e-15 * float(np.linalg.norm(b))


def test_the_error_of_a_projection_is_the_sum_in_quadrature_of_its_applications(monkeypatch):
    """The remainder is followed elsewhere: here it is told to have taken five transforms."""
    monkeypatch.setattr(projection, "_undecayed", lambda matrix, factors, rest: (0 * rest, 5))
    matrix = sparse.csr_array([[0.0, 0.5, 0.0], [0.0, -0.5, 0.02], [0.0, 0.0, -0.02]])
    start, asked = np.array([0.0, 0.0, 1.0]), []
    found = projection._project(matrix, start, lambda shift: Counted(matrix, shift, asked))
    assert found.converged
    np.testing.assert_allclose(found.x, [1.0, 0.0, 0.0], atol=1e-12)
    assert found.solves == len(asked) + 5
    eps = np.finfo(float).eps
    added = [
        1e-15 * np.linalg.norm(x) + eps * np.linalg.norm(abs(matrix) @ np.abs(x)) / shift
        for shift, x in asked
    ]
    left = np.linalg.norm(matrix @ asked[-8][1]) / asked[-1][0]
    total = 3 * np.sqrt((16 * eps) ** 2 + np.sum(np.square(added))) + left
    assert found.error == pytest.approx(total, rel=1e-6, abs=0)
    # Shifts fall by the root of ten from the largest sum of a column.
    shifts = sorted({shift for shift, _ in asked}, reverse=True)
    assert shifts == pytest.approx(10 ** (-0.5 * np.arange(len(shifts))), rel=1e-12)


# --- the first step and its growth ---


def halt(x):
    """A generator that changes nothing."""
    return 0 * x


def test_the_first_step_follows_the_rate():
    def first(end, rate):
        return next(krylov_steps(halt, np.ones(3), end, rate=rate, states=4, share=1e-9))

    assert first(1e9, 4.0).length == 1e3 / 4.0  # a leap
    assert first(1e9, 0.0).length == 1e9
    assert first(0.5, 1e-3).length == 0.5


def test_steps_end_with_the_evolution_and_state_their_error():
    matrix = random_generator(60)
    y = np.linspace(1, 2, 60)
    steps = list(krylov_steps(lambda x: matrix @ x, y, 0.9, rate=30.0, states=4, share=1e-9))
    for step in steps:
        vector = step.state(0.0)
        _, hessenberg, following = arnoldi(lambda x: matrix @ x, vector / step.size)
        scale = 2.0 * step.size * following
        at, errors = _errors(hessenberg, scale, step.length)
        assert at[-1] == pytest.approx(step.length)
        # The bound was found on a coarser grid of at most the next longer step.
        assert errors[-1] <= 1.001 * step.error
        assert step.error < 3 * errors[-1] + 1e-300
        assert step.end <= 0.9


def test_lengths_grow_by_four_until_an_error_is_too_large(monkeypatch):
    tried = []

    def errors(hessenberg, scale, length, allowed):
        tried.append(length)
        times = length * np.arange(1, 5) / 4
        return times, np.where(times <= allowed, 0.5 * times, 2.0 * times)

    def longest(allowed, guess, left):
        tried.clear()
        monkeypatch.setattr(krylov, "_errors", lambda h, s, t: errors(h, s, t, allowed))
        return _longest(np.eye(2), 1.0, 1.0, guess, left)

    assert longest(100.0, 1.0, 30.0) == (30.0, 15.0)
    assert tried == [4.0, 16.0, 30.0]
    assert longest(10.0, 1.0, 30.0) == (8.0, 4.0)
    assert tried == [4.0, 16.0]
    assert longest(0.1, 1.0, 30.0) == (0.0625, 0.03125)
    assert tried == [4.0, 1.0, 0.25]
    assert longest(100.0, 1.0, 3.0) == (3.0, 1.5)
    assert tried == [3.0]
    with pytest.raises(FloatingPointError):
        longest(0.0, 1.0, 3.0)
    assert min(tried) > 1e-9 / 4


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
