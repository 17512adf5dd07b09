"""Which runs evolve a schedule behind several poles, by costs that are given; and long steps."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import eval_genlaguerre

import thermalent as te
from thermalent.continued_fraction.several_poles.chain.coordinates import chain_of
from thermalent.continued_fraction.several_poles.chain.placements import count
from thermalent.continued_fraction.several_poles.elimination.evaluation import fold_work
from thermalent.continued_fraction.several_poles.moving import collocation, schedule_evolution
from thermalent.continued_fraction.several_poles.moving.charge_search import Goal
from thermalent.continued_fraction.several_poles.moving.wider_reference import PART, sharp_start

TIMES = np.array([0.0, 1.0, 4.0])
RHO = np.array([[0.6, 0.2 - 0.1j], [0.2 + 0.1j, 0.4]])


def goal(*aims, granted=1e12):
    return Goal(aims=aims, granted=granted, report=print)


@pytest.fixture
def evolved(monkeypatch):
    """The runs of an incoherent schedule, and the error of the first kind of them."""

    def found(aims, *, followed=True, hottest=30.0, error=1e-9, rho=RHO, granted=1e12):
        asked = []
        chain = SimpleNamespace(numbers=np.array([0, 1]), length=3, rounding=1e-11)
        schedule = SimpleNamespace(
            amplitudes=np.zeros(2), chains=[chain], hottest=hottest, depth=lambda aim: 40,
            followed=lambda aim: asked.append(("followed", aim)) or ("f" if followed else None),
        )  # fmt: skip

        def charge(schedule, times, part, q, goal):
            asked.append(("charge", q, goal.granted, goal.aims))
            own = {"tiers": 10 + q, "quanta": 2 - q, "refused": 0}
            return np.full((3, 4), 1.0 + q), np.array([0.0, error, 0.5 * error]), own

        def runs(make, search, times, shape):
            asked.append(("runs", search))
            return (
                np.full((3, 2, 2), 7.0),
                np.full(3, 1e-8),
                {"tiers": 9, "quanta": 5, "refused": 3},
            )

        monkeypatch.setattr(schedule_evolution, "evolve_charge", charge)
        monkeypatch.setattr(schedule_evolution, "converge_runs", runs)
        result = schedule_evolution.evolve_schedule(
            schedule, TIMES, rho, goal(*aims, granted=granted)
        )
        return *result, asked

    return found


def kinds(asked):
    return [kind for kind, *_ in asked if kind != "followed"]


def test_charges_are_summed_with_their_statistics_and_the_rounding_of_the_chain(evolved):
    states, error, stats, asked = evolved((1e-3,), followed=False)
    assert kinds(asked) == ["charge", "charge"]
    assert asked[0] == ("followed", 1e-3)
    assert [one[2:] for one in asked[1:]] == [(1e12, (1e-3,))] * 2
    np.testing.assert_allclose(states, 5.0)  # 1 of charge zero, 2 and its adjoint
    np.testing.assert_allclose(error, [0.0, 2e-9 + 1e-11, 1e-9 + 1e-11])
    assert stats == {"tiers": 11, "quanta": 2, "refused": 0}
    # What a start does not hold takes no run.
    assert kinds(evolved((1e-3,), followed=False, rho=np.diag([0.5, 0.5]))[-1]) == ["charge"]


@pytest.mark.parametrize(
    ("hottest", "error", "runs"),
    [
        (19.9, 0.9e-3, ["charge"]),  # mild sources are tried by explicit steps first
        (19.9, 1.1e-3, ["charge", "runs"]),
        (20.1, 0.0, ["runs"]),
    ],
)
def test_hot_sources_are_followed(evolved, hottest, error, runs):
    rho = np.diag([0.5, 0.5])
    states, _, stats, asked = evolved((1e-3,), hottest=hottest, error=error, rho=rho)
    assert kinds(asked) == runs
    assert states[0, 0, 0] == (7.0 if runs[-1] == "runs" else 1.0)
    assert stats["quanta"] == (5 if runs[-1] == "runs" else 2)


@pytest.mark.parametrize(
    ("aims", "granted", "expected"),
    [
        ((1.1e-4,), 1e12, 0.3 * schedule_evolution.TIERS_BUDGET),
        ((1.1e-4,), 1e9, 1e9),
        ((1e-3, 0.9e-4), 1e12, 1e12),  # many digits take explicit steps
    ],
)
def test_explicit_steps_are_tried_with_a_part_of_the_work(evolved, aims, granted, expected):
    *_, asked = evolved(aims, hottest=1.0, granted=granted, rho=np.diag([0.5, 0.5]))
    assert asked[1][2] == pytest.approx(expected)
    assert asked[0] == ("followed", aims[-1])


def test_searches_try_for_one_error_or_for_more_and_more_digits():
    schedule = SimpleNamespace(chains=[SimpleNamespace(length=3)], depth="depth")
    found = schedule_evolution._search(schedule, goal(1e-4))
    assert found[:4] == ((1e-4,), 1e12, 3, "depth")
    found = schedule_evolution._search(schedule, goal(1e-3, 1e-6, 1e-9))
    assert found.tolerances == (1e-3, 1e-4, 1e-5, 1e-7, 1e-9)


@pytest.fixture
def coherent(monkeypatch):
    """Whether charges are joined or apart, the search, and what the first runs are made of."""

    def found(*, followed=True, hottest=30.0, large=False, joined=1.0, single=2.0, poles=2,
              granted=1e12, depth=40, width=2.0):  # fmt: skip
        chain = SimpleNamespace(numbers=np.array([0, 1, 1, 2]), length=poles, rounding=1e-11)
        source = SimpleNamespace(chain=chain)
        schedule = SimpleNamespace(
            amplitudes=np.ones(2), chains=[chain], hottest=hottest, depth=lambda aim: depth,
            followed=lambda aim: "followed" if followed else None,
            pieces=[SimpleNamespace(source=source)],
        )  # fmt: skip
        asked, made = {}, []

        def bytes_of(chain, quanta, tiers, charges):
            asked["bytes"] = quanta, tiers, charges
            return 5.1e8 if large else 4.9e8

        def displaced(pieces, quanta, last, charges, rho):
            made.append(("joined", quanta, last, charges))
            return SimpleNamespace(work=lambda time, tolerance: joined * time)

        def wider(stretches, turn, quanta, last, rho):
            made.append(("apart", stretches, turn, quanta, last))
            return SimpleNamespace(work=lambda time, tolerance: single * time)

        def runs(make, search, times, shape):
            made.clear()
            for round_ in range(3):
                make(1, 20, round_)
            return np.zeros((3, *shape)), np.full(3, 1e-8), {"search": search}

        for name, value in (
            ("bytes_of_displaced", bytes_of), ("DisplacedRun", displaced), ("WiderRun", wider),
            ("converge_runs", runs), ("first_turn", lambda source: 1j),
            ("reference_width", lambda pieces, hottest: width),
        ):  # fmt: skip
            monkeypatch.setattr(schedule_evolution, name, value)
        rho = np.eye(4) / 4
        states, error, stats = schedule_evolution.evolve_schedule(
            schedule, TIMES, rho, goal(1e-3, granted=granted)
        )
        return states, error, stats, made, asked

    return found


def test_charges_are_joined_where_nothing_is_followed_or_that_takes_less(coherent):
    for given in ({"followed": False}, {"joined": 2.0, "single": 2.0}):
        _, error, stats, made, _ = coherent(**given)
        # Three charges beyond those of the emitters, and half as many more each time.
        assert made == [("joined", 1, 20, 2 + n) for n in (3, 4, 6)]
        assert stats["search"].granted == 1e12
        np.testing.assert_allclose(error, [1e-8, 1e-8 + 1e-11, 1e-8 + 1e-11])


@pytest.mark.parametrize("given", [
    {"joined": 2.0, "single": 1.9}, {"large": True}, {"hottest": 100.1},
    {"large": True, "poles": 1},
])  # fmt: skip
def test_charges_are_apart_where_joined_ones_take_more_or_are_too_large(coherent, given):
    _, _, stats, made, asked = coherent(**given)
    # Their tiers are those of the wider field and three tenths more, then a quarter more each time.
    expected = [int(np.ceil(20 * 1.3 * 2.0 * 1.25**n)) for n in range(3)]
    assert made == [("apart", "followed", 1j, 1, last) for last in expected]
    assert stats["search"].granted == max(1e12, 3 * schedule_evolution.TIERS_BUDGET)
    assert stats["search"].quanta == 2
    assert asked["bytes"] == (1 if given.get("poles", 2) > 1 else 0, 40, 2 + 3)


def test_charges_of_cold_sources_are_joined_up_to_a_variance_of_a_hundred(coherent):
    assert coherent(hottest=99.9)[3][0][0] == "joined"
    assert coherent(hottest=99.9, joined=5.0)[3][0][0] == "apart"


def least_work(depth, poles=2):
    size = 0.25 * count(poles - 1, 2) * 16
    return 3.0 * 3 * 120.0 * fold_work(int(depth * 1.3 * 2.0), size)


@pytest.mark.parametrize(("hottest", "refused"), [(99.0, False), (101.0, True)])
def test_fields_that_take_too_many_tiers_are_refused_where_they_are_hot(coherent, hottest, refused):
    """Three runs of three charges of 120 folds are the least."""
    granted = 3 * schedule_evolution.TIERS_BUDGET
    depth = next(n for n in range(10, 10**6, 10) if least_work(n) > granted)
    states, error, stats, made, _ = coherent(hottest=hottest, depth=depth, large=True, granted=1.0)
    if refused:
        assert stats == {"tiers": 0, "quanta": 0, "refused": int(least_work(depth))}
        assert np.all(np.isnan(states))
        assert states.shape == (3, 4, 4)
        assert np.all(np.isinf(error))
    else:  # joined, whatever they take
        assert made[0][0] == "joined"
    shallow = coherent(hottest=hottest, depth=depth - 10, large=True, granted=1.0)
    assert shallow[3][0][0] == "apart"


@pytest.mark.parametrize("charge", [0, 1])
@pytest.mark.parametrize("turn", [1.0, np.exp(0.7j)])
def test_a_sharp_amplitude_is_a_sum_of_laguerre_polynomials_on_all_tiers(charge, turn):
    chain = chain_of(te.thermal_link(2.0, 0.3, filters=2))
    rng = np.random.default_rng(2)
    rho = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    frame = chain.bright_dark
    inside = frame.conj().T @ rho @ frame
    last, x = 9, PART
    found = sharp_start(chain, turn, 2, rho, charge, last)
    assert found.matrices.shape == (last + 1, count(1, 2), 4, 4)
    assert not np.any(found.matrices[:, 1:])
    np.testing.assert_array_equal(found.covariance, np.eye(2))
    q = np.subtract.outer(chain.numbers, chain.numbers) - charge
    for n in range(last + 1):
        for i in range(4):
            for j in range(4):
                k, l = (n + q[i, j]) / 2, (n - q[i, j]) / 2
                expected = 0.0
                if k >= 0 and l >= 0 and k == int(k):
                    low, p = int(min(k, l)), int(abs(k - l))
                    ratio = np.prod(np.arange(low + 1, low + p + 1.0)) ** -0.5
                    expected = (-1.0) ** low * ratio * x ** (-p / 2)
                    expected *= eval_genlaguerre(low, p, 1 / x) * turn ** (l - k)
                value = found.matrices[n, 0, i, j]
                assert value == pytest.approx(expected * inside[i, j], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("tolerance", "stages"), [(1e-3, 5), (1e-6, 5), (0.9e-6, 7), (1e-8, 7), (0.9e-8, 9)]
)
@pytest.mark.parametrize(("real", "later"), [(True, 0), (False, 0), (False, 3)])
def test_the_work_of_long_steps_is_that_of_their_factorisations(tolerance, stages, real, later):
    """Of half of the stages, and one, where all is real; more where the tolerance is small."""
    each = 1.5 * fold_work(20, 12) + 4e4 * 20 * 12
    expected = (40 + 15 * later) * each * ((stages + 1) / 2 if real else stages)
    expected *= max(1.0, (1e-6 / tolerance) ** (1 / stages))
    found = collocation.long_work(20, 12, tolerance, real=real, later=later)
    assert found == pytest.approx(expected, rel=1e-12)
    if not later:
        default = collocation.long_work(20, 12, tolerance, real=real)
        assert default == found
    assert collocation.bytes_of_factors(20, 12) == 16 * 9 * 20 * 12**2
