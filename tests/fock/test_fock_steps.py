"""Steps in time in Fock space, one by one, and the error of projections."""

import itertools

import numpy as np
import pytest
from scipy import sparse
from scipy.linalg import expm

from thermalent.fock import evolution, krylov, projection
from thermalent.fock.krylov import _errors, _longest, arnoldi, krylov_steps
from thermalent.fock.resolvent import Factored


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
