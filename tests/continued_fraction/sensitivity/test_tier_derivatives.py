"""Derivatives behind several poles: when their search ends, by truncations that are given."""

from types import SimpleNamespace

import numpy as np
import pytest

from thermalent.continued_fraction.sensitivity.several_poles import adjoint as several_poles
from thermalent.continued_fraction.sensitivity.several_poles import tier_slopes
from thermalent.support import memory_limit

EPS = np.finfo(float).eps
SCALES = np.array([1.0, 0.1])


@pytest.fixture
def search(monkeypatch):
    """Derivatives of given values, one after the other; what was asked for is noted."""

    def made(values, *, length=3, rtol=1e-3, most_work=np.inf, floor=0.0, lacking=()):
        noted = SimpleNamespace(truncations=[], worked=[], needed=[])

        def adjoint(chain, changes, quanta, last, *, staggered, gradient):
            noted.truncations.append((quanta, last, staggered))
            return SimpleNamespace(
                values=np.array(values[len(noted.truncations) - 1]),
                slope_errors=np.array([1e-7, 0.0]),
                drawn=np.array([0.0, 2e-7]),
                sizes=np.array([1e3, 0.0]),
                state=len(noted.truncations),
            )

        def work(chain, quanta, last):
            noted.worked.append((quanta, last))
            return 1.0

        def needs(chain, quanta, last):
            noted.needed.append((quanta, last))
            return float(len(noted.needed) - 1)

        monkeypatch.setattr(several_poles, "chain_of", lambda _: SimpleNamespace(length=length))
        monkeypatch.setattr(several_poles, "tiers_depth", lambda *given: 10)
        monkeypatch.setattr(several_poles, "_Adjoint", adjoint)
        monkeypatch.setattr(several_poles, "work", work)
        monkeypatch.setattr(several_poles, "tier_derivatives_bytes", needs)
        monkeypatch.setattr(several_poles, "require_memory", lambda *given: None)
        monkeypatch.setattr(memory_limit, "lacking", lambda needed: needed in lacking)
        found = several_poles.derivatives(
            None, [None, None], None, SCALES, rtol, most_work, lambda text: None, lambda s: floor
        )
        return found, noted

    return made


def test_errors_are_those_of_the_changes_slopes_draws_and_rounding(search):
    """Three times the last change or a fifth of that before: one may be small by chance."""
    found, noted = search([[2.0, 5.0], [2.0004, 5.009], [2.0006, 5.01]])
    np.testing.assert_array_equal(found.values, [2.0006, 5.01])
    expected = [6e-4 + 1e-7 + 16 * EPS * 1e3, 5.4e-3 + 2e-7]
    np.testing.assert_allclose(found.errors, expected, rtol=1e-9)
    # Every other truncation has more tiers, in another scaling, and each a quantum more.
    assert noted.truncations == [(1, 12, False), (2, 14, True), (3, 12, False)]
    assert (found.quanta, found.last, found.state) == (3, 12, 3)


@pytest.mark.parametrize(
    ("second", "turns"),
    [
        ([2.0033, 5.0], 3),  # three fifths of that are below a thousandth of the largest, 2
        ([2.0034, 5.0], 4),
        ([2.0, 5.033], 3),  # counts by the size of its parameter, a tenth
        ([2.0, 5.034], 4),
    ],
)
def test_changes_count_relative_to_the_largest_derivative_times_its_parameter(
    search, second, turns
):
    found, _ = search([[2.0, 5.0], second, second, second])
    assert found.state == turns


def test_near_a_maximum_the_observable_is_what_counts(search):
    values = [[0.0, 0.0], [0.01, 0.0], [0.01, 0.0], [0.01, 0.0]]
    assert search(values)[0].state == 4
    assert search(values, floor=5.9)[0].state == 4
    assert search(values, floor=6.1)[0].state == 3


def test_where_changes_do_not_fall_by_half_tiers_are_added(search):
    falling = [[2.0, 0.0], [2.1, 0.0], [2.14, 0.0], [2.15, 0.0], [2.15, 0.0], [2.15, 0.0]]
    assert [last for _, last, _ in search(falling)[1].truncations] == [12, 14, 12, 14, 12, 14]
    slowly = [[2.0, 0.0], [2.1, 0.0], *[[2.16, 0.0]] * 3]
    # The first change has none before it; the second is more than half of it.
    more = [12, 14, 12, int(16.8) + 2, 16]
    assert [last for _, last, _ in search(slowly)[1].truncations] == more
    # In the units of the parameters.
    others = [[2.0, 0.0], [2.1, 0.0], *[[2.14, 0.9]] * 3]
    assert [last for _, last, _ in search(others)[1].truncations] == more


@pytest.mark.parametrize(("granted", "turns"), [(0.0, 3), (11.9, 3), (12.1, 4)])
def test_no_quantum_is_added_that_work_does_not_allow(search, granted, turns):
    """A fold of derivatives takes three of a state; three are made, whatever they take."""
    found, noted = search([[2.0 + 0.3**k, 0.0] for k in range(5)], most_work=granted)
    assert found.state == turns
    last = noted.truncations[-1][1]
    assert noted.worked[-1] == (turns + 1, last)  # one quantum more, as many tiers
    assert (turns, last) in noted.worked


def test_no_quantum_is_added_that_does_not_fit(search):
    """As many tiers as the next may have where changes do not fall."""
    found, noted = search([[2.0 + 0.3**k, 0.0] for k in range(5)], lacking=(2.0,))
    assert found.state == 3
    assert noted.needed == [(3, 14), (3, int(1.4 * 1.2 * 10) + 2), (4, int(1.4 * 1.2 * 10) + 2)]


def test_a_chain_of_one_amplitude_has_tiers_alone(search):
    found, noted = search([[2.0, 0.0], [2.1, 0.0], [2.1, 0.0]], length=1)
    assert [quanta for quanta, *_ in noted.truncations] == [0, 0, 0]
    assert {quanta for quanta, _ in noted.worked} == {0}
    assert found.quanta == 0


def test_a_search_ends_after_two_dozen_changes(search):
    found, _ = search([[2.0 + (-1) ** k, 0.0] for k in range(40)])
    assert found.state == 25
    np.testing.assert_allclose(found.errors[0], 6.0, rtol=1e-6)


def test_factors_are_kept_up_to_a_limit_and_made_again_beyond(monkeypatch):
    chain = SimpleNamespace()
    monkeypatch.setattr(several_poles, "block_size", lambda chain, quanta: 100.0 * quanta)
    monkeypatch.setattr(several_poles, "bytes_needed", lambda chain, quanta: 7.0 * quanta)
    factors = 8.0 * 200.0**2
    few = several_poles.tier_derivatives_bytes(chain, 2, 10)
    assert few == pytest.approx(2 * 10 * factors + 14.0 + 2e6)
    many = several_poles.tier_derivatives_bytes(chain, 2, 10**9)
    assert many == pytest.approx(2 * (several_poles.FACTORS + factors) + 14.0 + 2e6)


def test_slopes_of_an_observable_count_beside_it_or_a_hundredth(monkeypatch):
    """Of a separable state everything vanishes; parameters of zero have the size one."""
    asked = []

    def derivatives(network, changes, gradient, scales, rtol, most_work, report, floor):
        asked.append((scales.tolist(), floor(0.3), floor(-0.3), floor(1e-3)))
        return several_poles.TierDerivatives(np.ones(3), np.ones(3) * 1e-5, 30, 2, 0.7)

    monkeypatch.setattr(tier_slopes, "derivatives", derivatives)
    monkeypatch.setattr(tier_slopes, "_changes", lambda *given: [])
    monkeypatch.setattr(
        tier_slopes, "evaluated", lambda observable, rho, *_: SimpleNamespace(value=rho)
    )
    found = tier_slopes.tier_slopes(
        lambda **given: None, {"a": -0.2, "b": 0.0, "c": 3.0}, "purity", 1e-3, 1e9
    )
    assert asked == [([0.2, 1.0, 3.0], 0.3, 0.3, 1e-2)]
    assert found.value == 0.7
    assert found.truncation == (2, 30)


def test_errors_of_slopes_are_their_distance_to_those_before_and_a_drawn_rounding(monkeypatch):
    """Three terms of each parameter are contracted with one adjoint: estimate, before, noise."""
    asked = []
    numbers = np.array(
        [[2.0, 10.0], [-3.0, 20.0], [2.5, 1.0], [-3.0, 1.0], [0.1, 1.0], [-0.2, 1.0]]
    )

    class Solved:
        def __init__(self, *given, staggered):
            asked.append((*given, staggered))
            self.state = "state"
            self.stationary = SimpleNamespace(coordinates=lambda g: f"coordinates of {g}")

        def responses(self, g):
            asked.append(g)
            return numbers

    monkeypatch.setattr(several_poles, "SolvedTiers", Solved)
    monkeypatch.setattr(several_poles, "randomised", lambda noise, rng: f"drawn {noise}")
    slopes = [SimpleNamespace(estimate=f"e{n}", before=f"b{n}", noise=f"n{n}") for n in range(2)]
    found = several_poles._Adjoint(
        "chain", slopes, 2, 14, staggered=True, gradient=lambda state: f"gradient of {state}"
    )
    terms = ["e0", "e1", "b0", "b1", "drawn n0", "drawn n1"]
    assert asked == [("chain", terms, 2, 14, True), "coordinates of gradient of state"]
    np.testing.assert_array_equal(found.values, [2.0, -3.0])
    np.testing.assert_array_equal(found.sizes, [10.0, 20.0])
    np.testing.assert_allclose(found.slope_errors, [0.5, 0.0])
    np.testing.assert_allclose(found.drawn, several_poles._DRAWS * np.array([0.1, 0.2]))
    assert found.state == "state"


def test_a_single_pole_has_no_quanta_along_the_chain(search):
    _, noted = search([[2.0, 5.0], [2.0, 5.0]], length=1)
    assert noted.truncations == [(0, 12, False), (0, 14, True)]
