"""The search for more digits: its budgets, its goals and its bounds, from folds that are given."""

from types import SimpleNamespace

import flint
import numpy as np
import pytest
from flint import acb, acb_mat, arb, arb_mat

import thermalent as te
from thermalent.continued_fraction.more_digits import extended
from thermalent.continued_fraction.more_digits.balls import precision
from thermalent.continued_fraction.more_digits.extended import Extended, _Attempt
from thermalent.continued_fraction.more_digits.memory_of_balls import bytes_of_a_tier
from thermalent.numerics.natural_unit import natural_unit
from thermalent.support import memory_limit


def result(outcome="precision", error=1e-3, scale=0.5):
    return Extended(
        outcome=outcome, state=None, error=error, scale=scale, tiers=7, bits=128, proven=True,
        condition=1.0, sizes=(1, 1),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("outcomes", "bits"),
    [
        (["precision", "singular", "converged"], [128, 256, 512]),
        (["precision", "budget"], [128, 256]),
        (["memory"], [128]),
        (["precision"] * 9, [128, 256, 512]),  # twice as many would be more than are tried
    ],
)
def test_bits_are_doubled_until_they_decide_and_all_spend_from_one_budget(
    monkeypatch, outcomes, bits
):
    noted, left = [], list(outcomes)

    class Attempt:
        def __init__(self, network, couplings, numbers, wanted, report):
            self.spent = 30.0

        def run(self, budget):
            noted.append((flint.ctx.prec, budget))
            return result(left.pop(0))

    monkeypatch.setattr(extended, "_Attempt", Attempt)
    monkeypatch.setattr(extended, "first_bits", lambda wanted: 128)
    found = extended.solve(None, 1e-9, budget=100.0, most_bits=900)
    assert noted == [(prec, 100.0 - 30.0 * i) for i, prec in enumerate(bits)]
    assert found.outcome == outcomes[len(bits) - 1]


@pytest.mark.parametrize("ended", ["budget", "memory"])
def test_what_is_singular_stays_so_where_more_digits_cannot_be_afforded(monkeypatch, ended):
    """The error had been that of the attempt that could not begin: infinite, after one tier."""
    left = ["singular", ended]

    class Attempt:
        spent = 30.0

        def __init__(self, network, couplings, numbers, wanted, report):
            pass

        def run(self, budget):
            return result(left.pop(0))

    monkeypatch.setattr(extended, "_Attempt", Attempt)
    monkeypatch.setattr(extended, "first_bits", lambda wanted: 128)
    assert extended.solve(None, 1e-9, budget=100.0).outcome == "singular"
    assert not left


def attempt(*, sizes=(), stretch=10, charge=1, undriven=False, bits=128):
    """An attempt whose tiers take a multiplication each and leave what is given."""
    found = object.__new__(_Attempt)

    def advance():
        found.fold.tier += 1

    def size_left():
        return sizes[min(found.fold.tier, len(sizes) - 1)] if sizes else 0.0

    found.fold = SimpleNamespace(tier=0, advance=advance, size_left=size_left)
    found.chain = SimpleNamespace(
        highest_charge=charge, undriven=undriven, size=lambda n: n, tier0_size=3
    )
    found.spent, found._cost, found._stretch, found._needed = 0.0, 1.0, stretch, 77.0
    found._unit, found.bits, found.report, found.wanted = 2.0, bits, lambda text: None, 6
    found.tolerance, found._arithmetic, found.proven = arb("1e-6"), False, True
    return found


@pytest.mark.parametrize(("charge", "tiers"), [(1, 4), (2, 4), (3, 5), (6, 8)])
def test_tiers_are_at_least_four_and_two_beyond_the_charges(charge, tiers):
    found = attempt(charge=charge)
    assert found._deepen(1.0, np.inf) is None
    assert (found.fold.tier, found.spent) == (tiers, tiers)
    # And at least two more than there are.
    found.fold.tier = 12
    found._deepen(1.0, np.inf)
    assert found.fold.tier == 14


def test_tiers_are_added_until_little_is_left():
    found = attempt(sizes=[1.0 / 2**n for n in range(40)])
    assert found._deepen(1e-3, np.inf) is None
    assert found.fold.tier == 10


def test_tiers_end_with_the_budget_or_the_memory(monkeypatch):
    asked = []
    monkeypatch.setattr(memory_limit, "fits", lambda needed: asked.append(needed) or len(asked) < 2)
    found = attempt(sizes=[1.0])
    assert found._deepen(1e-3, 6.5) == "budget"
    assert found.fold.tier == 7  # the last one may cost more than is left
    found = attempt(sizes=[1.0])
    assert found._deepen(1e-3, np.inf) == "memory"
    assert found.fold.tier == 20  # asked at ten and at twenty
    assert asked == [77.0, 77.0]
    found = attempt(sizes=[1.0])
    assert found._deepen(1e-3, -1.0) == "budget"
    assert found.fold.tier == 1  # without a tier there is nothing to state


def searched(found, results, ended=()):
    """What a search makes of results, and the goals that it sets."""
    goals, left, ends = [], iter(results), list(ended)

    def deepen(goal, budget):
        goals.append(goal)
        found.fold.tier += 10
        return ends.pop(0) if ends else None

    found._deepen = deepen
    found.fold.finished = lambda: (None, None, [None])
    found._solved = lambda k, residuals: next(left)
    return found.run(100.0), goals


def test_goals_follow_from_the_error_that_is_too_large():
    """A quarter of what the error is above the tolerance, and a tenth at most."""
    found = attempt(sizes=[1e-5])
    errors = [(1e-3, 0.5), (1e-6, 0.5), (np.inf, 0.5), (0.1, 0.0)]
    ended, goals = searched(
        found, [*(result("precision", *one) for one in errors), result("converged")]
    )
    assert ended.outcome == "converged"
    first = 1e-4 * 2.0
    second = 1e-5 / (4 * 1e-3 / (1e-6 * 0.5))
    assert goals[:3] == pytest.approx([first, second, second / 10])
    assert goals[3:] == pytest.approx([second / 10 / 4e10, second / 10 / 16e20])
    # Six tenths of all tiers are gone through once more each time.
    assert found.spent == pytest.approx(0.6 * (10 + 20 + 30 + 40 + 50))


def test_a_search_ends_with_its_budget_its_bits_or_its_arithmetic():
    ended, _ = searched(attempt(), [result()], ["budget"])
    assert (ended.outcome, ended.error) == ("budget", 1e-3)
    ended, _ = searched(attempt(), [result("converged")], ["budget"])
    assert ended.outcome == "converged"
    found = attempt()
    found._arithmetic = True
    ended, goals = searched(found, [result(), result("converged")])
    assert ended.outcome == "precision"
    # Nothing is left, as far as these bits tell: the goal is below what they hold.
    ended, goals = searched(attempt(bits=16), [result()] * 9)
    assert len(goals) == 2
    assert goals[-1] < 2.0 * 2.0**-16 < goals[0]


def test_what_looks_singular_is_looked_at_once_more_with_half_of_the_bits():
    found = attempt(sizes=[1.0], bits=64)

    class Results(list):
        def __iter__(self):
            yield result("singular")
            found._arithmetic = True  # tiers are deep enough to tell
            yield result("singular")

    ended, goals = searched(found, Results())
    assert goals == [pytest.approx(2e-4), pytest.approx(2.0 * 2.0**-32)]
    assert ended.outcome == "singular"


def test_what_divides_by_zero_needs_more_bits():
    found = attempt()

    def fails():
        raise ZeroDivisionError

    found.fold.finished = fails
    ended = found.run(100.0)
    assert (ended.outcome, ended.tiers, ended.sizes) == ("precision", 4, (4, 5))
    assert np.isnan(ended.scale)
    assert ended.doubles().shape == (1, 1)


A = np.array([[9.0, 9.0, 9.0], [1.0, -2.0, 0.5], [0.25, 0.5, -3.0]])
PINNED = np.array([[1.0, 1.0, 0.0], A[1], A[2]])


def solution(*, proven=True, residuals=None, tolerance="1e-6", k=0.0):
    """The solution of a small equation, the third unknown of which is a coherence."""
    with precision(128):
        found = attempt()
        found.chain.populations = lambda: [0, 1]
        found.chain.matrix = lambda x: acb_mat([[x[0], acb(0, x[2])], [acb(0, -x[2]), x[1]]])
        found.fold.sizes = lambda x: [0.5, 0.25]
        found.proven, found.tolerance = proven, arb(tolerance)
        found._a0 = arb_mat((A - k).tolist())
        return found._solved(arb_mat((k * np.ones((3, 3))).tolist()), residuals), found


def test_a_solution_is_that_of_the_equation_with_the_trace():
    exact = np.linalg.solve(PINNED, [1.0, 0.0, 0.0])
    found, of = solution(k=2.0)
    np.testing.assert_allclose(
        found.doubles(), [[exact[0], 1j * exact[2]], [-1j * exact[2], exact[1]]], rtol=1e-14
    )
    assert found.outcome == "converged"
    assert found.scale == pytest.approx(np.max(np.abs(exact)))
    assert 0 < found.error < 1e-35
    rows = np.diag([natural_unit(of._unit), 1.0, 1.0]) @ PINNED
    condition = np.max(np.abs(rows)) * np.max(np.abs(np.linalg.inv(rows)))
    assert found.condition == pytest.approx(condition, rel=1e-8)
    assert not of._arithmetic
    assert solution(tolerance="1e-60")[0].outcome == "precision"
    assert solution(tolerance="1e-60")[1]._arithmetic


def residuals(sizes):
    """A residual of a tier each, and what is left, in the second equation of tier 0."""
    matrices = [arb_mat([[1, 0], [s, 0], [0, 0]]) for s in sizes]
    return matrices[:-1], matrices[-1]


def test_what_the_equations_lack_is_in_the_balls():
    """The first equation is the trace and lacks nothing; tiers are at most of norm one."""
    inverse = np.abs(np.linalg.inv(PINNED))
    sizes = [3e-4, 4e-4, 12e-4]
    found, _ = solution(residuals=residuals(sizes))
    assert found.error == pytest.approx(13e-4 * np.max(inverse[:, 1]), rel=1e-8)
    assert found.error >= 13e-4 * np.max(inverse[:, 1])
    assert found.outcome == "precision"
    # Where that is not proven: sixteen times the size of each tier, and beyond of the last two.
    found, _ = solution(residuals=residuals(sizes), proven=False)
    left = 16 * np.linalg.norm([0.5 * 3e-4, 0.25 * 4e-4, 0.5 * 12e-4])
    assert found.error == pytest.approx(left * np.max(inverse[:, 1]), rel=1e-8)


@pytest.mark.parametrize(("share", "outcome"), [(0.99, "converged"), (1.01, "precision")])
def test_the_error_is_wanted_relative_to_the_largest_element(share, outcome):
    inverse = np.abs(np.linalg.inv(PINNED))
    scale = np.max(np.abs(np.linalg.solve(PINNED, [1.0, 0.0, 0.0])))
    allowed = 1e-6 * scale / np.max(inverse[:, 1])
    found, _ = solution(residuals=residuals([0.0, 0.0, share * allowed]))
    assert found.outcome == outcome


def test_memory_is_looked_at_after_as_many_tiers_as_fill_forty_megabytes():
    """They are gone through twice; rates are in units of the largest of tier 0 and the source's."""
    with precision(128):
        found = _Attempt(te.thermal_link(2.0, 0.4, 0.8, qubits=1), None, None, 9, lambda text: None)
        sizes = [found.chain.size(n) for n in (40, 41)]
        each = bytes_of_a_tier(sizes, found.chain.tier0_size, 128)
        assert (found._stretch - 1) * each < 4e7 <= found._stretch * each
        assert found._needed == pytest.approx(2 * found._stretch * each)
        largest = max(float(abs(value)) for value in found.chain.a(0).entries())
        assert found._unit == pytest.approx(largest + float(found.chain.rate), rel=1e-8)


def test_without_a_drive_there_are_no_tiers_to_fold():
    found = extended.solve(te.thermal_link(0.0, 0.4, 0.8, qubits=1), 1e-9)
    assert (found.outcome, found.tiers) == ("converged", 0)


@pytest.mark.parametrize(("part", "regular"), [(0.99, True), (1.01, False)])
@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_an_equation_is_regular_where_what_is_missing_is_less_than_it(size, part, regular):
    """Of an inverse of norm N, a change of three unknowns by less than 1/N, row by row."""
    found = attempt()
    inverse = arb_mat(3, 3, [size * x for x in (1.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 4.0, 2.0)])
    missing = part / (np.sqrt(3) * 5.0 * size)
    found._missing = lambda x, *residuals: [0.6 * missing, 1e9, 0.8 * missing]
    assert found._regular(inverse, 1, ([], None)) == regular
