"""The rounds of a search for rates: what each finds decides what the next one is asked."""

from types import SimpleNamespace

import numpy as np
import pytest

import thermalent as te
from tests.support.liouvillian_spectrum import spectrum
from thermalent.analysis.eigenvalues import refinement, search
from thermalent.analysis.eigenvalues.counting import Winding
from thermalent.analysis.eigenvalues.generator import exact_generator
from thermalent.analysis.eigenvalues.listing import Slowest
from thermalent.solution.errors import MethodError

GENERATOR = SimpleNamespace(largest=2.0, has_source=True, variance=-3.0)
FIRST_TIERS = 12 + 2 * 4  # 2 sqrt(3) is below 4
RTOL = 1e-6


class Round:
    """A round that finds two rates, 0.3 and 0.5 +- 0.2i, and counts that none is missing."""

    coarse, fine = SimpleNamespace(size=40), SimpleNamespace(last=26, size=60)
    count_operations = 7e5
    exact, all_found, distance = True, False, 0.6
    values, error, change, rank = [0.3, 0.5 + 0.2j], 1e-9, 1e-9, 0.0
    winding, fresh, places = Winding(0, np.zeros(0)), [], [0.7, 0.9]

    def __init__(self, **other):
        self.__dict__ |= other

    def refined(self, scale, report):
        assert scale == GENERATOR.largest
        values = np.array(self.values, dtype=complex)
        full = [np.full(len(values), each) for each in (self.error, self.change, self.rank)]
        return Slowest(values, full[0], self.fine.last, 1, *full[1:])

    def missing(self, report, affordable):
        return self.winding

    def second(self):
        return np.array(self.fresh)

    def closer(self, places):
        np.testing.assert_array_equal(places, self.winding.places)
        return np.array(self.places)


@pytest.fixture
def searched(monkeypatch):
    """Runs rounds one after the other; what each was asked, and the outcome."""

    def run(*rounds, count=2, affordable=np.inf):
        left, asked, run.before = list(rounds), [], []

        def made(generator, charge, count, last, extra, effort, rtol, before):
            asked.append((count, last, extra.tolist(), effort))
            run.before.append(before)
            return left.pop(0) if len(left) > 1 else left[0]

        monkeypatch.setattr(search, "Search", made)
        try:
            found = search.slowest(GENERATOR, 0, count, RTOL, lambda said: None, affordable)
        except MethodError as problem:
            found = str(problem)
        return asked, found

    return run


def test_what_is_counted_is_the_answer(searched):
    asked, found = searched(Round())
    assert asked == [(2, FIRST_TIERS, [], 1)]
    assert found.certified
    assert found.values.tolist() == [0.3, 0.5 + 0.2j]


@pytest.mark.parametrize("behind", [np.inf, 0.4])
def test_a_line_that_is_not_behind_the_rates_asks_for_two_more(searched, behind):
    asked, found = searched(Round(distance=behind), Round())
    assert asked == [(2, FIRST_TIERS, [], 1), (4, FIRST_TIERS, [], 2)]
    assert found.certified


@pytest.mark.parametrize(
    "short", [Round(error=4e-7, change=3.5e-7), Round(values=[0.3])], ids=["error", "number"]
)
def test_too_few_tiers_are_a_quarter_more_in_the_next_round(searched, short):
    assert searched(short, Round())[0] == [(2, FIRST_TIERS, [], 1), (2, 26 + 6 + 2, [], 2)]
    assert searched.before == [None, short]  # whose candidates may be taken over


def test_candidates_are_taken_over_to_more_tiers_alone(searched):
    """Where rates are missing, or a group is cut, others are looked for."""
    short, lacking = (
        Round(error=4e-7, change=3.5e-7),
        Round(winding=Winding(2, np.zeros(0)), places=[]),
    )
    searched(short, lacking, Round(error=4e-7, change=1e-9), Round(distance=0.4), Round())
    assert searched.before == [None, short, None, None, None]


def test_candidates_that_have_not_settled_are_looked_for_again():
    """Some of twelve tiers of a warm source change by a hundredth, of forty by 1e-6."""
    generator = exact_generator(te.thermal_link(10.0, 0.1))
    for last, settled in ((6, False), (40, True)):
        first = refinement.Search(generator, 0, 3, last, np.zeros(0), 1, RTOL)
        first.refined(generator.largest, print)
        assert first.settled == settled
        longer = last + last // 2
        second = refinement.Search(generator, 0, 3, longer, np.zeros(0), 1, RTOL, first)
        assert second.all_found != settled
        fresh = refinement.Search(generator, 0, 3, longer, np.zeros(0), 1, RTOL)
        found, expected = (one.refined(generator.largest, print).cut(3) for one in (second, fresh))
        np.testing.assert_allclose(found.values, expected.values, rtol=1e-12)


def test_emitters_that_have_fewer_rates_give_those(searched):
    few = Round(values=[0.3], coarse=SimpleNamespace(size=2))  # and a stationary state
    asked, found = searched(few)
    assert len(asked) == 1
    assert found.values.tolist() == [0.3]


def test_an_error_of_rounding_asks_for_more_rates_where_a_group_may_be_cut(searched):
    rough = Round(error=4e-7, change=1e-9)
    assert searched(rough, Round())[0] == [(2, FIRST_TIERS, [], 1), (4, FIRST_TIERS, [], 2)]
    asked, found = searched(Round(error=4e-7, change=1e-9, exact=False), Round())
    assert len(asked) == 1
    assert "is known with an error of 4.0e-07 only" in found
    asked, found = searched(rough)
    assert len(asked) == 8
    assert "close to it" in found


def test_where_all_of_few_tiers_were_found_the_next_round_takes_more_of_them(searched):
    """They need not be near to any of more tiers, and no other search adds to all."""
    whole = Round(error=4e-7, change=1e-9, all_found=True)
    assert searched(whole, Round())[0] == [(2, FIRST_TIERS, [], 1), (2, 26, [], 2)]
    lacking = Round(winding=Winding(1, np.array([0.7])), all_found=True)
    asked, found = searched(lacking, Round())
    assert [one[1] for one in asked] == [FIRST_TIERS, 26]
    assert found.certified


def test_a_mode_that_swaps_quanta_with_a_qubit_many_times():
    """All eigenvalues of the first tiers, of which those of more are far: against Fock states."""
    couplings = np.array([[0.4, 0.1], [0.2 - 0.2j, 0.3], [0.1j, 0.8]])
    swap = 16.2 + 12.5j
    exchange = [[-0.2, -swap, 0.3 + 0.3j], [-swap.conjugate(), 1.3, 0.2], [0.3 - 0.3j, 0.2, -0.7]]
    network = te.Network(
        nodes=(
            te.Mode(bath_rate=0.3, n_th=0.2),
            te.Qubit(name="a"),
            te.Qubit(name="b", dephasing=0.1),
        ),
        exchange=np.array(exchange),
        decay=couplings @ couplings.conj().T,
    )
    found = te.relaxation_rates(network, 1, charge=1)
    slowest = spectrum(network, 14, charge=1)[0]
    assert abs(found.values[0] - slowest) <= found.error[0] + 1e-6


def test_rounding_of_the_rates_themselves_is_no_fault_of_the_search(searched):
    assert len(searched(Round(error=1e-3, rank=1e-3))[0]) == 1


def test_rounding_below_the_wanted_error_or_the_truncation_is_none(searched):
    assert len(searched(Round(error=2.9e-7, change=1e-9))[0]) == 1  # 1e-6 of 0.3
    asked, _ = searched(Round(error=9e-7, change=4e-7), Round())
    assert asked[1] == (2, 26 + 6 + 2, [], 2)


def test_without_a_count_a_second_search_has_to_find_nothing(searched):
    asked, found = searched(Round(exact=False))
    assert len(asked) == 1
    assert not found.certified
    assert found.uncounted == 7e5
    asked, found = searched(Round(exact=False, fresh=[1.3]), Round(exact=False))
    assert asked[1] == (2, FIRST_TIERS, [1.3], 2)
    assert not found.certified


def test_a_count_without_result_is_replaced_only_where_its_cost_is_bounded(searched):
    lost = Round(winding=Winding(None, np.array([0.1])))
    assert not searched(lost, affordable=1e9)[1].certified
    asked, found = searched(lost, Round())
    assert asked[1] == (2, FIRST_TIERS, [0.7, 0.9], 2)
    assert found.certified


def test_missing_rates_are_looked_for_where_the_determinant_dips(searched):
    lacking = Round(winding=Winding(2, np.array([0.1, 0.2])))
    asked, found = searched(lacking, lacking, Round())
    assert [extra for *_, extra, _ in asked] == [[], [0.7, 0.9], [0.7, 0.9, 0.7, 0.9]]
    asked, found = searched(lacking)
    assert [effort for *_, effort in asked] == list(range(1, 9))
    assert "could not be made certain with 20 tiers" in found


def test_the_work_of_a_count_is_that_of_the_eliminations():
    """They take the cubes of the blocks' sizes."""
    generator = exact_generator(te.thermal_link(0.3, 0.7))
    one = refinement.Search(generator, 0, 1, 4, np.zeros(0), 1, RTOL)
    work = sum(len(tier) ** 3 for tier in one.fine.elements)
    assert one.count_operations == refinement._POINTS * work


def test_groups_are_refined_once_and_progress_says_how_many_are_left(monkeypatch):
    """Of twelve rates of equal qubits some groups are joined; the others are not done again."""
    asked, told = [], []
    refine = refinement.Search._refine

    def noted(self, group):
        asked.append((self.fine.last, group))
        return refine(self, group)

    monkeypatch.setattr(refinement.Search, "_refine", noted)
    generator = exact_generator(te.thermal_link(0.3, 1.0))
    found = search.slowest(generator, 0, 12, 1e-8, told.append)
    assert found.certified
    assert len(asked) == len(set(asked))
    groups = [line for line in told if "groups refined" in line]
    assert len(groups) == len(asked)
    assert groups[-1].endswith(", 0 left")
    assert groups[-1].startswith("round ")
    assert f": {found.tiers} tiers, " in groups[-1]
    counts = [line for line in told if line.startswith("counted with")]
    assert counts == sorted(counts, key=lambda line: int(line.split()[2]))
    assert (
        told[0]
        == f"round 1: {asked[0][0]} tiers, {generator_size(generator, asked[0][0])} unknowns"
    )


def generator_size(generator, last):
    """Six unknowns in tier zero, eight in all others."""
    assert len(generator.numbers) == 4
    return 6 + 8 * last
