"""All slow eigenvalues of the master equation, against Fock space and against 60 digits."""

from dataclasses import replace

import numpy as np
import pytest

import thermalent as te
from tests.audit.networks import network_of
from tests.support.liouvillian_spectrum import distances, exact_spectrum, spectrum
from tests.support.rate_networks import KINDS, random_network
from tests.support.reference.rates import slowest as reference_rates
from thermalent.analysis.eigenvalues import listing, refinement
from thermalent.analysis.eigenvalues.subspace import balls as subspace
from thermalent.analysis.relaxation_rates import _refuse_rates_apart

EPS = np.finfo(float).eps


def check(network, count, cutoff, charge=0, *, defective=False):
    """The list is complete, and each error bounds what the reference finds.

    The reference's own error is how much it changes with two more Fock states, and rounding, of
    which a defective eigenvalue feels the root.
    """
    found = te.relaxation_rates(network, count, charge=charge)
    assert len(found.values) == count
    assert np.all(np.diff(found.values.real) >= -1e-12 * np.abs(found.values[1:]))
    coarse, true = spectrum(network, cutoff - 2, charge), spectrum(network, cutoff, charge)
    zero = 1e-9 * true.real[len(true) // 2]
    moving = true[np.abs(true) > zero]
    assert len(true) - len(moving) == found.stationary
    apart, left = distances(found.values, moving)
    uncertain = np.array(
        [np.min(np.abs(coarse - moving[np.argmin(np.abs(moving - v))])) for v in found.values]
    )
    largest = np.max(np.abs(true))
    rounding = np.sqrt(EPS) * largest if defective else 1e4 * EPS * largest
    assert np.all(apart <= found.error + 2 * uncertain + rounding), (apart, found.error, uncertain)
    # None that is slower is left over.
    slack = found.values.real[-1] * 1e-6 + 3 * np.max(uncertain) + rounding
    assert np.all(moving[left].real >= found.values.real[-1] - slack)
    # The errors are those of relative rounding, or of the tolerance asked for.
    assert np.all(found.error <= 2e-8 * np.abs(found.values) + 1e-15)
    assert found.certified
    return found


TABLE = [
    (lambda: te.thermal_link(0.1, 1.0, gamma=(0.1, 0.12), detuning=(20, -20)), 10),
    (lambda: te.thermal_link(0.05, 3.0, gamma=(1e-2, 0.3), detuning=(30, -30)), 9),
    (lambda: te.phononic_link(0.2, 0.3, wavelengths=(0.13, 0.4), detuning=(5, -5)), 11),
]


@pytest.mark.parametrize(("network", "cutoff"), TABLE)
@pytest.mark.parametrize("count", [1, 3, 6])
def test_oscillating_rates_are_among_the_slowest(network, cutoff, count):
    check(network(), count, cutoff)


@pytest.mark.parametrize("charge", [1, -1, 2])
def test_coherences_between_charges_have_rates_of_their_own(charge):
    check(te.thermal_link(0.1, 1.0, gamma=(0.1, 0.12), detuning=(2, -1)), 4, 10, charge=charge)


def test_all_sectors_together():
    network = te.thermal_link(0.1, 1.0, gamma=(0.1, 0.12), detuning=(2, -1))
    every = te.relaxation_rates(network, 8, charge=None)
    single = [te.relaxation_rates(network, 8, charge=q) for q in range(-2, 3)]
    values = np.sort(np.concatenate([rates.values.real for rates in single]))
    assert every.values.real == pytest.approx(values[:8], rel=1e-12)
    # The slowest is a coherence of the first qubit, at half the rate of a population.
    assert every.charge[0] in (-1, 1)
    assert every.values[0].real == pytest.approx(0.052, abs=1e-3)


# kappa and gamma eight decades apart: 60 digits in Fock space, few of them at this temperature.
@pytest.mark.parametrize(
    ("network", "count", "cutoff"),
    [
        (lambda: te.thermal_link(1e-4, 1e3, gamma=1e-5, qubits=1), 3, 6),
        (lambda: te.thermal_link(1e-4, 1e-6, gamma=1e6, qubits=1), 3, 6),
        (lambda: te.thermal_link(1e-4, 1e3, gamma=1e-5), 4, 4),
        (lambda: te.phononic_link(1e-4, 1.0, wavelengths=(1, 2), detuning=(1e-4, -1e-4)), 2, 4),
        (lambda: te.phononic_link(1e-4, 1.0, wavelengths=(1, 2), detuning=(1e-8, -1e-8)), 2, 4),
    ],
)
def test_slow_rates_in_many_digits(network, count, cutoff):
    network = network()
    found = te.relaxation_rates(network, count)
    true, coarse = exact_spectrum(network, cutoff), exact_spectrum(network, cutoff - 1)
    moving = true[np.abs(true) > 1e-29]
    assert len(true) - len(moving) == found.stationary == 1
    truncation = np.array([np.min(np.abs(coarse - v)) for v in moving[:count]])
    apart, left = distances(found.values, moving)
    assert np.all(apart <= found.error + 2 * truncation)
    assert np.all(moving[left].real >= found.values.real[-1] * (1 - 1e-6))
    # Not the 1e-16 of the largest rate that double precision leaves, but 1e-8 of its own.
    assert np.all(found.error <= 1e-8 * np.abs(found.values))


def test_the_slowest_rates_of_the_table():
    """Absolutely: 1.2e-5 is gamma (1 + 2 n) with n = n_th/2 of the mode, at kappa >> gamma."""
    one = te.relaxation_rates(te.thermal_link(0.1, 1e3, gamma=1e-5, qubits=1), 1)
    assert one.values[0] == pytest.approx(1e-5 * 1.2, rel=1e-7)
    two = te.relaxation_rates(te.thermal_link(0.1, 1e3, gamma=1e-5), 1)
    assert two.values[0] == pytest.approx(7e-6, rel=0.03)
    dark = te.relaxation_rates(
        te.phononic_link(0.1, 1.0, wavelengths=(1, 2), detuning=(1e-4, -1e-4)), 1
    )
    assert 0 < dark.values[0].real < 1e-6


@pytest.mark.parametrize("power", [2, 3, 4, 5, 6, 8, 10, 12])
def test_a_dark_state_decays_with_the_square_of_the_detuning(power):
    """r = c delta^2 over twenty decades, where double precision loses it at delta = 1e-8."""
    detuning = 10.0**-power
    network = te.phononic_link(0.1, 1.0, wavelengths=(1, 2), detuning=(detuning, -detuning))
    rate = te.relaxation_rates(network, 1).values[0].real
    # Corrections are delta^2, and the rounding of the sines in J beside delta.
    assert rate / detuning**2 == pytest.approx(
        3.814997, rel=1e-5 + 20 * detuning**2 + 2e-15 / detuning
    )


@pytest.mark.parametrize(("detuning", "stationary"), [(1e-13, 1), (1e-16, 2)])
def test_what_only_rounding_lets_decay_is_stationary(detuning, stationary):
    """The sines of J are rounded to 1e-16, which alone makes the dark state decay at its square."""
    network = te.phononic_link(0.1, 1.0, wavelengths=(1, 2), detuning=(detuning, -detuning))
    assert te.relaxation_rates(network, 1).stationary == stationary


def test_what_is_not_unique_has_several_stationary_operators():
    unique = te.relaxation_rates(te.thermal_link(0.5, 0.5), 2)
    assert unique.stationary == 1
    several = te.relaxation_rates(te.phononic_link(0.1, 1.0, wavelengths=(1, 2)), 2)
    assert several.stationary == 2
    assert several.values.real == pytest.approx([0.33046568, 0.33046568], abs=1e-8)
    # sqrt(g_1 g_2) is rounded: the dark state decays at 1e-17 in the numbers, and not in physics.
    collective = te.relaxation_rates(te.cooperative(2, 0.7), 2)
    assert collective.stationary == 2
    assert np.all(collective.values.real > 0.1)


@pytest.mark.parametrize(
    "seed", [*range(3), *(pytest.param(n, marks=pytest.mark.long) for n in range(3, 8))]
)
@pytest.mark.parametrize("kind", KINDS)
def test_random_networks(kind, seed):
    rng = np.random.default_rng([KINDS.index(kind), seed])
    # n/(2 + n) per Fock state is below 0.07: 1e-10 is left at nine of them.
    network, count, charge = random_network(kind, rng), int(rng.integers(1, 6)), seed % 2
    # Equal emitters in a row have Jordan blocks.
    check(network, count, 9, charge, defective=kind == "equal")


@pytest.mark.parametrize("seed", range(3))
def test_random_decades(seed):
    """Rates over twelve decades in one network, against 60 digits."""
    rng = np.random.default_rng([99, seed])
    rates = 10.0 ** rng.uniform(-6, 6, 2)
    network = te.thermal_link(1e-4, float(rates[0]), gamma=float(rates[1]), qubits=1)
    found = te.relaxation_rates(network, 3)
    true, coarse = exact_spectrum(network, 6), exact_spectrum(network, 5)
    moving = true[np.abs(true) > 1e-25]
    truncation = np.array([np.min(np.abs(coarse - v)) for v in moving[:3]])
    apart, left = distances(found.values, moving)
    assert np.all(apart <= found.error + 2 * truncation)
    assert np.all(moving[left].real >= found.values.real[-1] * (1 - 1e-6))


def dark_and_dephased():
    """Decays of 1e-5 beside rotations of 1e4: one qubit nearly dark, the other dephased."""
    source = te.Mode(name="source", bath_rate=3.4e-5, n_th=1e-3)
    decay = np.sqrt([3.4e-5, 130.0, 7e4]) * np.array([-1.0, 1.0, 1.0])
    exchange = np.array([[0, 5e-3, 0.34], [5e-3, -10.0, -670.0], [0.34, -670.0, -1.5e4]])
    return te.Network(
        nodes=(source, te.Qubit(name="q1", dephasing=285.0), te.Qubit(name="q2", dephasing=2e-5)),
        exchange=exchange,
        decay=np.multiply.outer(decay, decay),
    )


@pytest.mark.parametrize("all_wide", [130, pytest.param(0, marks=pytest.mark.long)])
def test_decays_far_below_the_rotations(monkeypatch, all_wide):
    """Slow rates beside zero, by all eigenvalues and by shifts alone, against 256 bits.

    A shift beside a rotation sees a slow rate without its digits: such copies were grouped with it.
    """
    monkeypatch.setattr(refinement, "_ALL_WIDE", all_wide)
    network = dark_and_dephased()
    found = te.relaxation_rates(network, 3)
    assert found.certified
    assert found.stationary == 1
    for value, stated, (true, error) in zip(
        found.values, found.error, reference_rates(network, 3, 6), strict=False
    ):
        assert abs(complex(true) - value) <= stated + error + 1e-15 * abs(value)
    assert np.all(found.error <= 1e-12 * np.abs(found.values))


def test_three_qubits():
    network = te.thermal_link(0.02, 1.0, gamma=(0.5, 0.8, 1.1), detuning=(0.3, -0.2, 0.0), qubits=3)
    check(network, 3, 5)


def test_four_qubits_behind_a_mode():
    """Equal qubits in a row: the slowest rate is that of the source alone, 2 kappa."""
    with pytest.warns(RuntimeWarning, match="not certified"):
        found = te.relaxation_rates(te.thermal_link(1, 0.1, qubits=4), 1)
    assert found.values == pytest.approx([0.2], rel=1e-14)


@pytest.mark.parametrize("n_th", [0.05, pytest.param(3.0, marks=pytest.mark.long)])
def test_three_nearly_dark_qubits(n_th):
    """Slow rates of the square of the detuning, far below the rounding of the others."""
    rates = []
    for detuning in (1e-4, 1e-5):
        turn = (detuning, 0.5 * detuning, -detuning)
        network = te.phononic_link(n_th, 0.5, wavelengths=(1, 2, 3), detuning=turn)
        found = te.relaxation_rates(network, 2)
        assert found.certified
        assert found.stationary == 1
        assert np.all(found.error <= 1e-8 * np.abs(found.values))
        rates.append(found.values.real)
    # Corrections of detuning^2, and the rounding of the sines in J beside the detuning.
    assert rates[0] / rates[1] == pytest.approx(100 * np.ones(2), rel=1e-6)


def test_a_hot_source_has_its_own_ladder():
    """The source's populations decay at 2 kappa k; behind n_th = 300 nothing is slower."""
    found = te.relaxation_rates(te.thermal_link(300.0, 1e-3), 3)
    assert found.values == pytest.approx([2e-3, 4e-3, 6e-3], rel=1e-12)
    assert found.certified


def test_emitters_alone():
    """|S><S| is conserved; <T|rho|T> decays at twice the rate of one qubit."""
    pair = te.relaxation_rates(te.cooperative(2, 1.0), 4)
    check_values = exact_spectrum(te.cooperative(2, 1.0), 2)
    assert pair.stationary == 2
    apart, _ = distances(pair.values, check_values)
    assert np.all(apart <= pair.error + 1e-15)


@pytest.mark.parametrize("rtol", [np.nan, -5, -1, 0, np.inf, 0.5, "1e-8"])
def test_the_tolerance_is_checked(rtol):
    with pytest.raises(ValueError, match=r"Argument `rtol` must be a number in \[1e-13, 0.1\]"):
        te.relaxation_rates(te.thermal_link(0.1, 1.0), rtol=rtol)


@pytest.mark.parametrize("charge", [3, -3, 1.5, True, "0"])
def test_the_charge_is_checked(charge):
    with pytest.raises(ValueError, match=r"`charge` must be an integer from -2 to 2, or None"):
        te.relaxation_rates(te.thermal_link(0.1, 1.0), charge=charge)


@pytest.mark.parametrize("count", [0, -1, 2.5, np.nan, True, 201, 10**400, "3", None])
def test_the_count_is_checked(count):
    with pytest.raises(ValueError, match=r"`count` must be an integer from 1 to 200"):
        te.relaxation_rates(te.thermal_link(0.1, 1.0), count)


@pytest.mark.parametrize(
    "seed", [*range(3), *(pytest.param(n, marks=pytest.mark.long) for n in range(3, 6))]
)
def test_what_rounding_of_the_decay_matrix_changes_is_in_the_error(seed):
    """Collective decay in rounded numbers against its own 60 digits, which see full rank."""
    rng = np.random.default_rng([5, seed])
    gamma = tuple(rng.uniform(0.01, 3.0, 2))
    network = te.phononic_link(
        1e-7, 1.3, gamma=gamma, wavelengths=(0.5, 1.5), detuning=tuple(rng.uniform(-1, 1, 2))
    )
    found = te.relaxation_rates(network, 3)
    true, coarse = exact_spectrum(network, 4), exact_spectrum(network, 3)
    moving = true[np.abs(true) > 1e-13]
    # 1e-22 of the populations are left at three Fock states.
    truncation = [np.min(np.abs(coarse - true[np.argmin(np.abs(true - v))])) for v in found.values]
    apart, _ = distances(found.values, moving)
    assert np.all(apart <= found.error + np.array(truncation))
    assert np.all(found.error <= 1e-14 + 1e-8 * np.abs(found.values))


@pytest.mark.parametrize(
    "network",
    [
        lambda: te.thermal_link(1.0, 0.3),
        lambda: te.thermal_link(0.3, 1.0, detuning=(3, -3)),
        pytest.param(lambda: te.thermal_link(0.1, 1e3, gamma=1e-5), marks=pytest.mark.long),
    ],
)
def test_a_preparation_time_knows_its_error(network):
    """Before the time less the error the state is further away, after it closer."""
    network = network()
    found = te.preparation_time(network)
    assert 0 < found.error <= 1e-5 * found
    assert "slope" in found.how
    steady = te.steady_state(network).state
    sides = found + 3 * found.error * np.array([-1, 1])
    states = te.evolve(network, sides, "00", te.ContinuedFraction(rtol=1e-10)).states
    early, late = (0.5 * np.abs(np.linalg.eigvalsh(state - steady)).sum() for state in states)
    assert early > 1e-2 > late


def test_rates_that_differ_by_more_than_their_errors_are_in_order():
    """Two pairs whose real parts agree in twelve digits: the slower one comes first."""
    network, _ = network_of(969434644, "nearly_dark", 57)
    values = np.asarray(te.relaxation_rates(network, 5).values)
    assert 1e-13 < values[3].real - values[1].real < 1e-12
    assert values[2] == values[1].conj()
    assert values[4] == values[3].conj()
    for count in (2, 3, 4):
        fewer = te.relaxation_rates(network, count)
        np.testing.assert_array_less(np.abs(fewer.values - values[:count]), 2 * fewer.error)


@pytest.mark.parametrize(("arithmetic", "tiers", "rank"), [(1, 0, 0), (0, 1, 0), (0, 0, 1)])
def test_arithmetic_tiers_and_rank_are_all_in_the_error(arithmetic, tiers, rank):
    """A rate by itself, and one that stands for its conjugate; what is left is the last places."""
    single = np.array([-1.0 + 0j]), np.array([1e-4]) * arithmetic, 3e-5 * rank
    pair = np.array([-2.0 + 1j]), np.array([2e-4]) * arithmetic, 3e-5 * rank
    groups = [
        (
            subspace.Group(values + 5e-4 * tiers, 0 * error),
            subspace.Group(values, error, noise),
            two,
        )
        for (values, error, noise), two in ((single, False), (pair, True))
    ]
    found = listing.collected(groups, 1.0, 8, real=True)
    assert found.values.tolist() == [1.0, 2.0 + 1j, 2.0 - 1j]
    given = np.array([1e-4, 2e-4, 2e-4]) * arithmetic + 5e-4 * tiers + 3e-5 * rank
    left = 2 * EPS * np.abs(found.values)
    assert found.error == pytest.approx(given + left, rel=1e-10, abs=0.0 if not tiers else EPS)


@pytest.mark.parametrize("kappa", [1e-90, 1e-30, 1e30, 1e90])
def test_rates_too_far_apart_for_one_list_are_refused(kappa):
    """They had taken minutes, or the list without the slow ones was called complete."""
    with pytest.raises(te.MethodError, match=r"they may be 1e\+25 times apart at most"):
        te.relaxation_rates(te.thermal_link(2.0, kappa))


def test_the_fastest_rate_of_the_emitters_is_compared_with_the_source():
    """Exchange or decay, whichever is faster: here decay, which is 1e30 times faster."""
    link = te.thermal_link(0.5, 1e-3)
    exchange = np.zeros_like(link.exchange)
    exchange[1, 2] = exchange[2, 1] = 1e-30
    assert _refuse_rates_apart(replace(link, exchange=exchange)) is None
    with pytest.raises(te.MethodError, match="times apart at most"):
        _refuse_rates_apart(replace(link, exchange=1e57 * exchange))
