"""When lattices grow, end or are eliminated, by changes and work that are given."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

import thermalent as te
from thermalent.continued_fraction.lattice import solve
from thermalent.continued_fraction.lattice.lattice import sectors_of
from thermalent.continued_fraction.lattice.solve import Found, _Growth, _outcome, _schedule
from thermalent.support import memory_limit


def growth(*, limited=True, last=None, rtol=1e-6, error=None, failed=False):
    found = object.__new__(_Growth)
    found.of = SimpleNamespace(sectors=None, real=True, drive=[1, 2])
    found.tier0 = SimpleNamespace(
        generator=SimpleNamespace(dtype=np.dtype(float), work=lambda size: 10.0 * size),
        start=np.array([7.0]),
    )
    found.last, found.limited, found.rtol, found.krylov_failed = last, limited, rtol, failed
    found.changes, found.operations, found.iterations, found.latest_iterations = [], 0.0, 0, 30
    found.vector, found.found, found.best = np.zeros(0), None, None
    if error is not None:
        found.found = Found(np.diag([0.5, 0.2]), error, "", 4, 9, 0, 5.0)
        found.best = found.found
    return found


def test_tiers_of_the_search_and_of_a_given_one():
    assert tuple(_schedule(5)) == (4, 5)
    assert tuple(_schedule(0)) == (0, 0)
    steps = tuple(_schedule(None))
    assert steps[:6] == (2, 3, 4, 5, 6, 8)
    assert steps[-1] == 60
    assert set(np.diff(steps)) == {1, 2}


@pytest.mark.parametrize(
    ("changes", "wanted", "tier", "outcome"),
    [
        ([1e-3], 1.0, 3, ""),  # two changes at least
        ([1e-3, 0.9e-6], 1e-6, 3, "converged"),
        ([1e-3, 1e-6], 1e-6, 3, ""),  # the rounding is added
        ([0.9e-9, 0.8e-9, 0.5e-9], 1e-12, 8, "rounding"),
        ([0.9e-9, 0.8e-9, 0.4e-9], 1e-12, 8, ""),
        ([1.1e-9, 0.8e-9, 0.7e-9], 1e-12, 8, ""),
        ([1e-5, 2e-5, 3e-5, 4e-5, 5e-5], 1e-12, 8, "grows"),
        ([2e-5, 1e-5, 3e-5, 4e-5, 5e-5], 1e-12, 8, ""),
        ([2e-5, 3e-5, 4e-5, 5e-5], 1e-12, 8, ""),
        ([1e-3, 1e-4], 1e-6, 60, "too many tiers"),
        ([1e-3, 1e-4], 1e-6, 58, ""),
        ([], 1.0, 2, ""),
    ],
)
def test_what_ends_the_search(changes, wanted, tier, outcome):
    assert _outcome(changes, wanted, tier, None) == outcome


def test_a_given_tier_ends_it():
    assert _outcome([], 1.0, 4, 5) == ""
    assert _outcome([1.0], 1e-9, 5, 5) == "converged"


@pytest.mark.parametrize(
    ("changes", "target"),
    [
        ([], 0.05 * 1e-6 * 0.5),
        ([1e-2], 0.05 * 1e-6 * 0.5),
        ([1e-2, 1e-3], 0.03 * 1e-4),  # as the change before fell
        ([1e-3, 1e-2], 0.03 * 1e-2),
        ([0.0, 1e-2], 0.03 * 1e-2),
        ([1e-6, 1e-7], 0.05 * 1e-6 * 0.5),
    ],
)
def test_the_iteration_leaves_a_part_of_what_the_tier_changes(changes, target):
    found = growth()
    found.changes = changes
    assert found._target(0.5) == pytest.approx(target, rel=1e-9)
    found.rtol = 1e-13
    found.changes = []
    assert found._target(0.5) == 1e-13


@pytest.mark.parametrize(
    ("error", "granted"),
    [(None, 3e11), (0.51e-2, 3e11), (0.49e-2, 3e10), (0.51e-6, 3e10), (0.49e-6, 2e9)],
)
def test_operations_are_granted_by_the_digits_that_are_there(error, granted):
    """Relative to the largest element, a half."""
    found = growth(error=error)
    assert found._granted == pytest.approx(granted)
    found.operations = 0.5e9
    most = max(solve.DENSE * (granted - 0.5e9), 1e9)
    assert found._most_eliminated == pytest.approx(most)
    found.operations = granted
    assert found._most_eliminated == 1e9
    found.limited = False
    assert found._most_eliminated == 1e12


def test_a_tier_is_expected_to_take_as_many_iterations_as_the_one_before(monkeypatch):
    sizes = {0: 10, 1: 110, 2: 1110}
    monkeypatch.setattr(solve, "unknowns", lambda sectors, n: sizes[n])
    found = growth()
    assert found._expected(2) == 30 * 10.0 * 1110  # an elimination takes 4e9
    assert found._expected(1) == pytest.approx(4 * (10**3 + 100**3) / solve.DENSE)
    found.krylov_failed = True
    assert found._expected(2) == pytest.approx(4 * (1e3 + 1e6 + 1e9) / solve.DENSE)


@pytest.mark.parametrize(
    ("settings", "tier", "fits", "expected"),
    [
        ({"error": 1e-4}, 8, True, None),
        ({}, 8, False, None),  # a first lattice is always solved
        ({"error": 1e-4, "last": 9}, 9, False, None),
        ({"error": 1e-4}, 8, False, ("memory", 77.0)),
        ({"error": 1e-4}, 1412, True, None),  # 1413 * 1414 / 2 boson numbers
        ({"error": 1e-4}, 1413, True, ("too many tiers", 77.0)),
    ],
)
def test_what_stands_before_the_next_lattice(monkeypatch, settings, tier, fits, expected):
    monkeypatch.setattr(_Growth, "_expected", lambda self, tier: 1e9)
    monkeypatch.setattr(solve, "lattice_memory", lambda sectors, tier, **given: 77.0)
    monkeypatch.setattr(memory_limit, "fits", lambda needed: fits)
    assert growth(**settings).obstacle(tier) == expected
    dear = growth(error=1e-4)
    dear.operations = 2.95e10
    assert dear.obstacle(8) == ("budget", pytest.approx(3.05e10))
    dear.limited = False
    assert dear.obstacle(1400) == (None if fits else ("memory", 77.0))


@pytest.mark.parametrize(
    ("tier", "skipped"), [(4, False), (6, False), (8, False), (10, True), (12, False), (14, True)]
)
def test_eliminations_are_done_at_every_other_tier_of_the_schedule(tier, skipped):
    assert growth(error=1e-4, failed=True).skips(tier) is skipped
    assert not growth(error=1e-4).skips(tier)
    assert not growth(failed=True).skips(tier)
    assert not growth(error=1e-4, failed=True, last=14).skips(tier)


def vector(monkeypatch, *, work, error, most=1e10, failed=False, limited=True):
    """The vector and the error of it, and whether it was iterated and eliminated."""
    done = []

    def steady_vector(tier0, lattice, start, target, report):
        done.append(("iterated", start.tolist()))
        return SimpleNamespace(vector=start + 1, error=error, iterations=40)

    def eliminate(tier0, lattice):
        done.append("eliminated")
        return np.full(3, 5.0)

    monkeypatch.setattr(solve, "elimination_cost", lambda lattice: work)
    monkeypatch.setattr(solve, "steady_vector", steady_vector)
    monkeypatch.setattr(solve, "eliminate", eliminate)
    monkeypatch.setattr(_Growth, "_most_eliminated", most)
    found = growth(failed=failed, limited=limited)
    lattice = SimpleNamespace(size=3, offset=[0, 1, 3], last=2)
    values, left = found._vector(lattice, 1e-6, lambda text: None)
    return done, values.tolist(), left, found


def test_small_lattices_are_eliminated_and_others_iterated(monkeypatch):
    start = [7.0, 0.0, 0.0]
    done, values, left, found = vector(monkeypatch, work=0.9e9, error=0.0)
    assert (done, values, left) == (["eliminated"], [5.0, 5.0, 5.0], 0.0)
    assert found.operations == pytest.approx(0.9e9 / solve.DENSE)
    done, values, left, found = vector(monkeypatch, work=1.1e9, error=0.9e-5)
    assert (done, values, left) == ([("iterated", start)], [8.0, 1.0, 1.0], 0.9e-5)
    assert found.operations == 40 * 30.0
    assert (found.iterations, found.latest_iterations, found.krylov_failed) == (40, 40, False)


def test_what_the_iteration_does_not_solve_is_eliminated_if_that_is_granted(monkeypatch):
    done, _, left, found = vector(monkeypatch, work=1.1e9, error=1.1e-5)
    assert len(done) == 2
    assert left == 0.0
    assert found.krylov_failed
    done, _, left, found = vector(monkeypatch, work=1.1e10, error=1.1e-5)
    assert len(done) == 1
    assert left == 1.1e-5
    assert not found.krylov_failed
    # Where it has failed before, it is not tried again.
    done, *_ = vector(monkeypatch, work=0.9e10, error=0.0, failed=True)
    assert done == ["eliminated"]
    done, *_ = vector(monkeypatch, work=1.1e10, error=0.0, failed=True)
    assert len(done) == 1
    assert done != ["eliminated"]


def solved(monkeypatch, *, left, before=1e-3, limited=True, changes=()):
    monkeypatch.setattr(solve, "lattice", lambda of, tier: SimpleNamespace(size=3, offset=[0, 1]))
    monkeypatch.setattr(solve, "lattice_memory", lambda sectors, tier, **given: 77.0)
    monkeypatch.setattr(solve, "emitters", lambda sectors, zero: np.diag([0.5 + 1e-4, 0.2]))
    found = growth(error=before, limited=limited)
    found.changes = list(changes)
    monkeypatch.setattr(found, "_target", lambda scale: 1e-6)
    monkeypatch.setattr(found, "_vector", lambda grown, target, report: (np.ones(3), left))
    return found, found.solve(6, lambda text: None)


def test_the_error_of_a_lattice_is_the_change_and_what_the_solver_left(monkeypatch):
    found, outcome = solved(monkeypatch, left=0.9e-5)
    assert outcome == ""
    assert found.changes == [pytest.approx(1e-4 + 0.9e-5)]
    expected = 1e-4 + 0.9e-5 + 64 * np.finfo(float).eps * 0.5001
    assert found.found.error == pytest.approx(expected, rel=1e-9)
    assert found.best is found.found
    assert found.found.needed == 77.0
    found, outcome = solved(monkeypatch, left=1.1e-5)
    assert outcome == "krylov"
    assert found.found.error == 1e-3


@pytest.mark.parametrize(("left", "outcome"), [(0.9e-5, ""), (1.1e-5, "krylov")])
def test_a_first_lattice_that_the_solver_leaves_ends_the_search(monkeypatch, left, outcome):
    found, ended = solved(monkeypatch, left=left, before=None)
    assert ended == outcome
    assert found.changes == []
    assert found.found.error == np.inf


@pytest.mark.parametrize(("rtol", "outcome"), [(2.1e-4, "converged"), (1.9e-4, "")])
def test_changes_count_relative_to_the_largest_element(monkeypatch, rtol, outcome):
    """Of the state before, a half; the change is a ten-thousandth."""
    monkeypatch.setattr(f"{__name__}.growth", partial(growth, rtol=rtol))
    assert solved(monkeypatch, left=0.0, changes=[1e-2])[1] == outcome


def test_memory_where_tier_zero_is_iterated_has_its_vectors_and_operators(monkeypatch):
    """In place of the factors: vectors of tier zero, beside those of the lattice in both."""
    sectors = sectors_of(np.array([0, 1, 1, 2]), np.array([1, -1]))
    held = sectors.sector(0).stop - sectors.sector(0).start
    for real in (False, True):
        factorised = solve.lattice_memory(sectors, 5, real=real)
        monkeypatch.setattr(solve, "MOST_FACTORISED", held - 1)
        iterated = [solve.lattice_memory(sectors, 5, real=real, operators=o) for o in (False, True)]
        monkeypatch.setattr(solve, "MOST_FACTORISED", held)
        vectors = factorised - 2 * 8 * held**2
        number = 8 if real else 16
        assert iterated[0] - vectors == pytest.approx(number * held * solve._ITERATED_NUMBERS)
        assert iterated[1] - iterated[0] == pytest.approx(16 * solve._OPERATOR_BYTES)
        assert vectors % (number * solve.unknowns(sectors, 5)) == 0


def test_the_best_of_all_lattices_ends_a_search_without_a_tolerance(monkeypatch):
    found, _ = solved(monkeypatch, left=0.0, before=1e-5)
    ended = found.ended("budget", 3.0)
    assert (ended.error, ended.needed, ended.outcome) == (1e-5, 3.0, "budget")
    found, _ = solved(monkeypatch, left=0.0, before=1e-5, limited=False)
    ended = found.ended("krylov")
    assert ended.error == pytest.approx(1e-4, rel=1e-6)
    assert ended.needed == 77.0


def test_lattices_that_agree_to_the_last_digit_share_64_roundings():
    """Without a coupling to the modes nothing depends on how many tiers there are."""
    modes = tuple(te.Mode(name=name, bath_rate=0.4, n_th=0.2) for name in "ab")
    decay = np.diag([0.4, 0.4, 0.7])
    network = te.Network(nodes=(*modes, te.Qubit(name="q")), exchange=np.zeros((3, 3)), decay=decay)
    found = solve.lattice_steady_state(network, 1e-6)
    assert found.error == pytest.approx(64 * np.finfo(float).eps, rel=1e-6, abs=0)
    np.testing.assert_allclose(found.state, np.diag([1.0, 0.0]), atol=1e-15)
