"""Correlations behind several poles: what makes up their errors, by regressions that are given."""

from types import SimpleNamespace

import numpy as np
import pytest

from thermalent.continued_fraction.dynamics.relaxation import RelaxationResult
from thermalent.continued_fraction.several_poles import correlations
from thermalent.continued_fraction.several_poles.chain.placements import count

EPS = np.finfo(float).eps
DELAYS = np.array([0.0, 0.5, 2.0])


class Given:
    """A regression with numbers that are given, which notes what it is asked."""

    def __init__(self, values, *, error, flux=2.0, size=3.0, lost=0.0, support=()):
        self.values, self.error, self.flux, self.size = np.array(values), error, flux, size
        self.asked, self.support, self.noted = SimpleNamespace(error=lost), support, []
        self.quanta = 2

    def transform(self, s):
        """That of a constant."""
        self.noted.append(s)
        return np.array([self.flux / s])

    def over_time(self, times, tolerance, seeds=None):
        self.noted.append((tolerance, seeds))
        return RelaxationResult(
            self.values[:, None], np.full(len(times), self.error), 0, 9, support=self.support
        )


def both(monkeypatch, fine, coarse, left=(0.0, 0.0)):
    """What is looked at before, and the correlations of two regressions."""
    looked = []

    def converged(asked, look, rtol, most_work, folds):
        looked.extend([look(fine), look(coarse)])
        return correlations.TwoRegressions(fine, coarse, left[: len(looked[0])])

    monkeypatch.setattr(correlations, "converged", converged)
    return looked


def test_a_correlation_has_the_errors_of_both_regressions_and_what_quanta_change(monkeypatch):
    fine = Given([1.0, 0.7, 0.2], error=3e-4, lost=1e-3)
    coarse = Given([1.0, 0.72, 0.21], error=5e-4, support=(0.3,))
    looked = both(monkeypatch, fine, coarse)
    values, errors = correlations.tiers_coherence(fine.asked, DELAYS, 1e-5, 1e9)
    np.testing.assert_array_equal(values, fine.values)
    # At no delay the two agree by chance: what they differ by later counts there, too.
    change, others = np.array([0.02, 0.02, 0.01]), 8e-4 + 3.0 * (1e-3 + 64 * EPS)
    np.testing.assert_allclose(errors, 3 * change + others, rtol=1e-12)
    # The transforms are those of the first and of the last delay, in units of the correlation.
    assert {s for s in fine.noted if isinstance(s, float)} == {2.0, 0.5}
    np.testing.assert_allclose(looked[0][0], [2.0, 2.0, 2.0])
    assert fine.noted[-1][1] == (0.3,)
    # Where the changes before tell that more is left, it is spread as the last change is.
    both(monkeypatch, fine, coarse, left=(0.1,))
    _, errors = correlations.tiers_coherence(fine.asked, DELAYS, 1e-5, 1e9)
    np.testing.assert_allclose(errors, 5 * change + others, rtol=1e-12)


@pytest.mark.parametrize(
    ("rtol", "flux", "size", "tolerance"),
    [
        (1e-3, 2.0, 3.0, 2e-3),  # of the largest number
        (1e-3, 1.5, 3.0, 0.05),  # a tenth of what one quantum changes
        (1e-15, 2.0, 1e3, 64 * EPS * 1e3),  # the rounding of what the unknowns begin with
    ],
)
def test_times_are_resolved_as_far_as_quanta_and_rounding_leave_it(
    monkeypatch, rtol, flux, size, tolerance
):
    fine, coarse = Given([1.0, 0.7, 0.2], error=0.0, size=size), Given([1.0, 0.7, 0.2], error=0.0)
    coarse.flux = flux
    both(monkeypatch, fine, coarse)
    correlations.tiers_coherence(fine.asked, DELAYS, rtol, 1e9)
    for regression in (fine, coarse):
        assert regression.noted[-1][0] == pytest.approx(tolerance, rel=1e-12, abs=0)


def test_the_error_of_the_flux_holds_what_is_lost_before():
    """Relative to what the unknowns begin with."""
    fine, coarse = Given([1.0], error=0.0, lost=1e-4), Given([1.0], error=0.0, flux=2.001)
    flux, error = correlations._flux(fine, coarse, 1e-3)
    assert flux == 2.0
    assert error == pytest.approx(3e-3 + 3e-4, rel=1e-9)
    assert correlations._flux(fine, coarse, 4e-3)[1] == pytest.approx(4e-3 + 3e-4, rel=1e-9)
    fine.asked.error = 0.0
    assert correlations._flux(fine, fine, 0.0)[1] == pytest.approx(3.0 * 64 * EPS, rel=1e-12, abs=0)


def test_lines_lose_as_much_as_the_flux_in_proportion(monkeypatch):
    fine, coarse = Given([1.0], error=0.0, lost=1e-4), Given([1.0], error=0.0, flux=2.0)
    lines = {0.1: 0.4, 0.3: 1.2}
    fine.transform = lambda z: np.array([np.pi * lines[z.imag]])
    coarse.transform = lambda z: np.array([np.pi * (lines[z.imag] + 0.01)])
    both(monkeypatch, fine, coarse)
    values, errors, flux, _ = correlations.tiers_spectrum(
        fine.asked, np.array([0.1, 0.3]), 1e-3, 1e9, lambda text: None
    )
    np.testing.assert_allclose(values, [0.4, 1.2])
    np.testing.assert_allclose(errors, 0.03 + 3e-4 * values / flux, rtol=1e-9)
    # What more quanta would change is spread likewise: 0.06 of the largest line, 1.2.
    both(monkeypatch, fine, coarse, left=(0.06, 0.0))
    _, errors, *_ = correlations.tiers_spectrum(
        fine.asked, np.array([0.1, 0.3]), 1e-3, 1e9, lambda text: None
    )
    np.testing.assert_allclose(errors, [0.03, 0.06] + 3e-4 * values / flux, rtol=1e-9)


@pytest.fixture
def regressions(monkeypatch):
    """Searches for quanta with numbers that are given, and what a fold is said to take."""

    def search(numbers, *, length=3, most_work=np.inf, available=np.inf, weights=(1.0, 0.0, 0.0)):
        folds = []

        class Regression:
            def __init__(self, asked, quanta, *, other):
                self.quanta, self.other, self.last = quanta, other, 20
                self.built = SimpleNamespace(sizes=(7, 5))

        def fold_work(last, size):
            folds.append((last, size))
            return 10.0

        monkeypatch.setattr(correlations, "TierRegression", Regression)
        monkeypatch.setattr(correlations, "fold_work", fold_work)
        monkeypatch.setattr(correlations, "bytes_needed", lambda chain, quanta: 100.0 * quanta)
        monkeypatch.setattr(correlations.memory_limit, "available", lambda: available)
        asked = SimpleNamespace(
            chain=SimpleNamespace(length=length), order=2,
            field=SimpleNamespace(weights=np.array(weights)),
        )  # fmt: skip
        fine, coarse, errors = correlations.converged(
            asked, lambda r: [np.array(n) for n in numbers(r.quanta)], 1e-3, most_work, 3
        )
        assert (fine.other, coarse.other) == (False, True)
        return fine.quanta, coarse.quanta, folds, errors

    return search


def test_quanta_are_added_until_every_number_agrees_relative_to_its_unit(regressions):
    falls = {1: 1e-1, 2: 1e-2, 3: 1e-3, 4: 1e-4, 5: 1e-5, 6: 1e-6}
    first = regressions(lambda k: ([1.0 + falls[k], 2.0], [5.0]))
    assert first[:2] == (5, 4)  # three times 9e-5 of two, where the change before was 9e-4
    assert first[3] == [pytest.approx(0.2 * 3 * 9e-4), 0.0]
    assert regressions(lambda k: ([2.0], [0.1 + falls[k]]))[:2] == (6, 5)
    alone = regressions(lambda k: ([1.0],), length=1)
    assert (alone[:2], alone[3]) == ((0, 0), [0.0])
    # A field that holds amplitudes along the chain has quanta on them, twice of two fields.
    assert regressions(lambda k: ([1.0],), weights=(1.0, 0.0, 0.3))[:2] == (6, 5)
    # The first change may be small by chance.
    late = {1: 1.0, 2: 1.0, 3: 1.1, 4: 1.1, 5: 1.1}
    assert regressions(lambda k: ([late[k]],))[:2] == (5, 4)


def test_no_quantum_more_than_work_and_memory_allow(regressions):
    """Of blocks that grow as the placements of a quantum more do, and complex numbers."""
    numbers = lambda k: ([1.0 / k],)  # noqa: E731
    fine, _, folds, _ = regressions(numbers, most_work=29.0)
    assert fine == 3  # two changes at least, because one tells no error
    growth = [count(2, k + 1) / count(2, k) for k in (2, 3)]
    assert folds == [(20, pytest.approx(7 * larger)) for larger in growth]
    assert regressions(lambda k: ([1.0 / k if k < 4 else 0.25],), most_work=31.0)[0] == 6
    assert regressions(numbers, available=4 * 400.0 - 1)[0] == 3
    assert regressions(numbers, available=4 * 400.0 + 1)[0] == 4
    assert regressions(numbers, available=4 * 300.0 - 1)[3] == [np.inf]
