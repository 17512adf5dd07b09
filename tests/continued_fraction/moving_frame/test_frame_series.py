"""Parts of the Taylor steps of the moving frame against closed forms."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse

from thermalent.continued_fraction.moving_frame import steps
from thermalent.continued_fraction.moving_frame.steps import FrameSteps


def test_terms_of_an_exponential_as_far_as_they_matter():
    for decay in (1e-3, 0.5, 3.0):
        found = steps._exponential(decay)
        exact = [(-decay) ** n / math.factorial(n) for n in range(41)]
        np.testing.assert_allclose(found, exact[: len(found)], rtol=1e-12)
        held = [abs(x) * 2.0**n > 1e-18 for n, x in enumerate(exact)]
        assert len(found) == max(n for n, one in enumerate(held) if one) + 1
    assert len(steps._exponential(0.0)) == 2


def frame(*, terms=None, width=1.0, tolerance=1e-8, rate=0.5, begin=0.0, limit=2.0):
    """Steps while a field of mean 2.5 decays and its fluctuations change."""
    found = object.__new__(FrameSteps)
    found.tolerance, found.products, found.terms = tolerance, 0, terms
    found.piece = SimpleNamespace(
        mode=SimpleNamespace(rate=rate, variance=limit),
        variance=begin,
        mean=2.5,
        mean_at=lambda time: 2.5 * np.exp(-rate * time),
        variance_at=lambda time: limit + (begin - limit) * np.exp(-2 * rate * time),
    )
    if terms is not None:
        found._rescale(width)
    return found


def terms(rng, n=3, *, back=True):
    def matrix(scale=1.0):
        return sparse.csr_array(scale * rng.normal(size=(n, n)))

    return SimpleNamespace(
        constant=matrix(), drive=matrix(), up=matrix(), down=matrix(), backaction=matrix(1.0 * back)
    )


def test_a_series_solves_the_equation_of_motion():
    """Its derivative at any part of the step is the generator at that time, applied to it."""
    of = terms(np.random.default_rng(1))
    found = frame(terms=of, width=0.49, begin=0.3)
    x, now, step = np.array([1.0, -0.5, 0.2]), 0.7, 0.05
    series = found._series(x, now, step)
    assert found.products == 40
    for part in (0.0, 0.6, 1.0):
        time = now + part * step
        value = steps._value(series, part)
        slope = (np.arange(1, 41) * part ** np.arange(40)) @ series[1:] / step
        mean = 2.5 * np.exp(-0.5 * time)
        filled = 2.0 - 1.7 * np.exp(-2 * 0.5 * time)
        generator = (
            of.constant
            + 0.7 * of.down
            + of.backaction / 0.7
            + mean * of.drive
            + filled / 0.7 * of.up
        )
        np.testing.assert_allclose(slope, generator @ value, rtol=1e-11)


@pytest.mark.parametrize(
    ("sizes", "longer"),
    [
        ({0: 1.0}, 2.0),  # a constant
        ({0: 1.0, 5: 1e3}, 1.0),  # a thousand times the first is the largest term
        ({0: 2.0, 5: 2e3 * 32}, 0.5),
        ({0: 1.0, 40: 1e-8}, 1.0),  # the last two show the truncation
        ({0: 1.0, 39: 1e-8}, 1.0),
        ({0: 1.0, 38: 1e-8 * 2**39}, (1e3 / (1e-8 * 2**39)) ** (1 / 38)),
        ({0: 1e-13, 40: 1e-10 * 2.0**40}, 0.5),  # never more than the largest term either
        ({0: 1.0, 40: 1e-8 * 1.5**-40}, 1.5),
        ({0: 1.0, 40: 1e-8 * 3.0**-40}, 2.0),  # at most twice as long
    ],
)
def test_a_step_is_as_long_as_its_terms_allow(sizes, longer):
    series = np.zeros((41, 2))
    for n, size in sizes.items():
        series[n] = [-size, 0.1 * size]
    assert frame()._allowed(series) == pytest.approx(longer, rel=1e-9)


def test_the_scale_at_the_start_is_that_of_the_amplification():
    rng = np.random.default_rng(2)
    of = terms(rng, back=False)
    of.backaction.eliminate_zeros()
    of.down = sparse.csr_array(np.array([[0.0, 3.0, -5.0], [1.0, 0, 0], [0, 0, 0]]))
    assert frame(terms=of)._narrowest() == pytest.approx((8.0 / (2 * 0.5 * 2.0)) ** (-2 / 3))
    half = (8.0 / (2 * 0.5 * 0.5)) ** (-2 / 3)
    assert frame(terms=of, begin=1.5)._narrowest() == pytest.approx(half)
    # A field that decays: until it is gone, or to what stays.
    assert frame(terms=of, begin=3.0, limit=0.0)._narrowest() == pytest.approx((0.5 / 8) ** 2)
    assert frame(terms=of, begin=3.0, limit=0.1)._narrowest() == 0.1
    assert frame(terms=of, begin=1e-3, limit=0.0)._narrowest() == 1e-3
    of.down = 0.01 * of.down
    assert frame(terms=of)._narrowest() == 2.0  # the variance is less
    of.down = sparse.csr_array((3, 3))
    assert frame(terms=of)._narrowest() == 2.0
    assert frame(terms=of, begin=3.0)._narrowest() == 3.0
    assert frame(terms=of, limit=0.0)._narrowest() == 1.0
    assert frame(terms=terms(rng))._narrowest() == 1.0  # with back-action


def test_the_first_step_follows_the_largest_rate():
    of = terms(np.random.default_rng(3))
    found = frame(terms=of, width=0.49)
    constant = of.constant + 0.7 * of.down + of.backaction / 0.7
    expected = steps.row_sum(constant) + 2.5 * steps.row_sum(of.drive)
    expected += 0.49 * steps.row_sum(of.up) / 0.7
    assert found._largest_rate() == pytest.approx(expected, rel=1e-12)


def test_sums_over_rows():
    assert steps.row_sum(sparse.csr_array(np.array([[1.0, -2.0], [2.5, 0.0]]))) == 3.0
    assert steps.row_sum(sparse.csr_array((2, 2))) == 0.0


def test_the_scale_of_a_field_that_decays_falls_no_faster_than_its_tiers():
    """A tier falls by exp(-lambda t) per quantum, which are the square roots of the scale."""
    found = frame(terms=terms(np.random.default_rng(4)), width=9.0, begin=4.0, limit=0.0)
    found.generator = SimpleNamespace(tier=np.arange(3))
    found._growth, found._narrow, found._followed_at = 1.1, 0.01, 1.0
    x = found._followed(np.ones(3), 2.5)
    assert found.width == pytest.approx(9 * np.exp(-2 * 0.5 * 1.5), rel=1e-12)
    np.testing.assert_allclose(x, np.exp(0.5 * 1.5 * np.arange(3)), rtol=1e-12)
    assert found._followed_at == 2.5
    # Within the factor by which the highest tier may be out of scale, nothing happens.
    assert found._followed(x, 2.55) is x


@pytest.mark.parametrize(
    ("width", "begin", "limit", "now", "follows"),
    [
        (0.02, 0.0, 2.0, 0.3, 1.1 * 2 * -np.expm1(-0.3)),  # a field that fills: ahead of it
        (0.02, 0.0, 2.0, 4.0, 2.0),  # but never beyond what it fills to
        (0.8, 3.0, 0.5, 0.1, 0.5 + 2.5 * np.exp(-0.1)),  # one that decays is only followed
        (5.0, 3.0, 0.5, 60.0, 0.5),  # down to what stays
        (5.0, 1e-3, 0.0, 60.0, 0.01),  # or to the narrowest
        (2.0, 0.0, 2.0, 0.3, 2.0 * np.exp(-0.3)),  # no faster than tiers decay
        (0.0105, 1e-3, 0.0, 9.0, 0.0105),  # within the factor that is allowed nothing happens
    ],
)
def test_the_scale_follows_the_variance_and_the_unknowns_the_scale(
    width, begin, limit, now, follows
):
    """Whatever the scale is, an unknown of tier n times its n-th power stays what it was."""
    found = frame(terms=terms(np.random.default_rng(5)), width=width, begin=begin, limit=limit)
    found.generator = SimpleNamespace(tier=np.array([0, 1, 1, 2, 5]))
    found._growth, found._narrow, found._followed_at = 1.1, 0.01, 0.0
    given = np.array([1.0, -2.0, 0.3, 4.0, 0.1])
    x = found._followed(given, now)
    assert found.width == pytest.approx(follows, rel=1e-12, abs=0)
    assert found._followed_at == (now if follows != width else 0.0)
    sizes = [scale ** (found.generator.tier / 2) for scale in (width, found.width)]
    np.testing.assert_allclose(x * sizes[1], given * sizes[0], rtol=1e-12)


@pytest.mark.parametrize("width", [0.0, 0.1, 40.0])
def test_a_piece_begins_with_the_scale_it_needs_at_least(width):
    """At the start, of width zero, only the lowest tier holds something."""
    found = frame(limit=2.0, begin=0.3)
    found.width = width
    found.generator = SimpleNamespace(
        tier=np.arange(3), terms=lambda _: terms(np.random.default_rng(6))
    )
    given = np.array([1.0, -2.0, 0.3]) if width else np.array([1.0, 0.0, 0.0])
    found.piece.hierarchy, found.piece.begin = None, 3.0
    x = found._entered(found.piece, given)
    assert (found.width, found._followed_at) == (max(width, 1.0), 3.0)
    expected = given * (width / max(width, 1.0)) ** (np.arange(3) / 2)
    np.testing.assert_allclose(x, expected, rtol=1e-12)
