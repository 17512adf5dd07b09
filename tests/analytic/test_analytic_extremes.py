"""Closed forms of the thermal link where rates differ by hundreds of decades, against mpmath.

Every argument runs over 1e-300 to 1e300 alone and with the others; values are compared with the
printed formula in six hundred digits of range, absolutely, since they are probabilities.
"""

import inspect
import warnings

import mpmath
import numpy as np
import pytest
from mpmath import mpf

import thermalent as te
from thermalent import analytic

EXPONENTS = (-300, -155, -80, -12, -1, 0, 1, 12, 80, 155, 300)
TOLERANCE = 1e-13  # a few dozen roundings


def triples(count=250):
    """Flux, kappa and gamma: extremes in one at a time, then at random in all."""
    found = [(10.0**e, 0.01, 1.0) for e in EXPONENTS]
    found += [(0.7, 10.0**e, 1.0) for e in EXPONENTS]
    found += [(0.7, 0.01, 10.0**e) for e in EXPONENTS]
    rng = np.random.default_rng(8)
    return found + [tuple(map(float, 10.0 ** rng.uniform(-300, 300, 3))) for _ in range(count)]


def exact_upsilon(x):
    if x == 0:
        return mpf(1)
    u = 1 / (8 * x)
    if u > 10**5:  # 1 - 1/u + 2/u^2, the next term is below 1e-14
        return 1 - 1 / u + 2 / u**2
    if u < mpf(10) ** -40:  # e^u = 1, E1 = -gamma_E - ln u
        return u * (-mpmath.euler - mpmath.log(u))
    return u * mpmath.exp(u) * mpmath.e1(u)


def bourret(phi, kappa, gamma):
    n = (gamma + 2 * kappa) * (gamma + 2 * kappa + 8 * phi)
    n *= (3 * gamma + 2 * kappa) ** 2 + 8 * phi * (gamma + 2 * kappa)
    wide = (3 * gamma + 2 * kappa) ** 2
    excited = 64 * kappa * phi**2 * (gamma + kappa)
    triplet = 8 * kappa * phi * (wide + 8 * phi * (gamma + kappa))
    singlet = 8 * phi * ((gamma + kappa) * wide + 8 * phi * (gamma**2 + kappa**2 + gamma * kappa))
    ground = excited + 8 * phi * (gamma + 2 * kappa) ** 3 + (gamma + 2 * kappa) ** 2 * wide
    return [part / n for part in (ground, singlet, triplet, excited)]


def lowest_order_concurrence(phi, kappa, gamma):
    first = 8 * phi / (gamma + 8 * phi)
    second = 16 * phi * mpmath.sqrt(kappa) / ((gamma + 8 * phi) * mpmath.sqrt(9 * gamma + 8 * phi))
    third = 32 * kappa * phi * (3 * gamma + 8 * phi) ** 2
    third /= gamma * (gamma + 8 * phi) ** 2 * (9 * gamma + 8 * phi)
    return max(mpf(0), first - second - third)


def strong(phi, kappa, gamma):
    x = phi * gamma / (gamma**2 + 24 * kappa * phi)
    weight = exact_upsilon(x)
    return max(mpf(0), 1 - weight * (1 + 24 * kappa * phi / gamma**2))


def test_bourret_populations():
    for arguments in triples():
        found = analytic.bourret_populations(*arguments)
        expected = bourret(*map(mpf, arguments))
        given = (found.ground, found.singlet, found.triplet, found.excited)
        np.testing.assert_allclose(given, [float(p) for p in expected], rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize(
    ("function", "formula"),
    [
        (analytic.bourret_concurrence, lowest_order_concurrence),
        (analytic.strong_driving_concurrence, strong),
    ],
    ids=["bourret", "strong"],
)
def test_concurrences(function, formula):
    for arguments in triples():
        expected = float(formula(*map(mpf, arguments)))
        assert float(function(*arguments)) == pytest.approx(expected, abs=TOLERANCE), arguments


def test_quasistatic_populations():
    rng = np.random.default_rng(9)
    for phi, gamma, detuning in 10.0 ** rng.uniform(-300, 300, (250, 3)):
        x = mpf(phi) * mpf(gamma) / (mpf(gamma) ** 2 + 4 * mpf(detuning) ** 2)
        found = analytic.quasistatic_populations(phi, gamma, detuning=detuning)
        assert found.ground == pytest.approx(float(exact_upsilon(x)), abs=TOLERANCE)
        x = mpf(phi) * mpf(gamma) / (16 * mpf(detuning) ** 2)
        found = analytic.bidirectional_quasistatic_populations(phi, detuning, gamma)
        assert found.ground == pytest.approx(float(exact_upsilon(x)), abs=TOLERANCE)


def test_effective_flux():
    for phi, kappa, gamma in triples():
        f, k, g = mpf(phi), mpf(kappa), mpf(gamma)
        expected = f * g**2 / (g**2 + 24 * k * f)
        if mpf(10) ** -290 < expected < mpf(10) ** 290 and max(f, k) / g < mpf(10) ** 290:
            found = analytic.phi_eff(phi, kappa, gamma)
            assert found == pytest.approx(float(expected), rel=1e-13, abs=0)


@pytest.mark.parametrize("lowest_order", [True, False])
def test_kappa_max_keeps_its_limits(lowest_order):
    cold, hot = ((0.1794, 0.25), (0.5836, (np.sqrt(3) - 1) / 2))[not lowest_order]
    for exponent in (60, 150, 155, 200, 300):
        found = analytic.kappa_max(10.0**exponent, lowest_order=lowest_order)
        assert found == pytest.approx(hot, abs=1e-12)
        found = analytic.kappa_max(10.0**-exponent, lowest_order=lowest_order)
        assert found == pytest.approx(cold, abs=5e-5)


def test_dark_states_of_any_amplitude():
    for exponent in EXPONENTS:
        ket = analytic.dark_state(10.0**exponent, 0.01)
        assert np.linalg.norm(ket) == pytest.approx(1.0, abs=1e-14)


FORMULAS = [
    analytic.bidirectional_dark_state,
    analytic.bidirectional_quasistatic_populations,
    analytic.bourret_concurrence,
    analytic.bourret_lowest_order,
    analytic.bourret_populations,
    analytic.bourret_saturation,
    analytic.concurrence_at_n_star,
    analytic.dark_state,
    analytic.dual_rail_gap,
    analytic.dual_rail_pair_concurrence,
    analytic.dual_rail_pair_entropy,
    analytic.dual_rail_two_pair_concurrences,
    analytic.fraction_f1,
    analytic.fraction_f2,
    analytic.kappa_max,
    analytic.markov_populations,
    analytic.n_star,
    analytic.phase_diffusion_populations,
    analytic.phase_diffusion_state,
    analytic.phi_eff,
    analytic.quasistatic_populations,
    analytic.recurrence_populations,
    analytic.singlet_population,
    analytic.strong_driving_concurrence,
    analytic.strong_driving_populations,
    analytic.triplet_population,
    analytic.upsilon,
    analytic.upsilon_complement,
]
EDGES = (0.0, 5e-324, 1e-310, 1e-300, 1e-155, 1e-8, 1.0, 1e8, 1e155, 1e300, 1.7e308)
EDGES += (np.inf, -np.inf, np.nan, -1.0)


def numbers_of(result):
    if hasattr(result, "__dataclass_fields__"):
        return [
            part
            for name in result.__dataclass_fields__
            for part in numbers_of(getattr(result, name))
        ]
    if isinstance(result, tuple):
        return [part for item in result for part in numbers_of(item)]
    return [np.asarray(result)]


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda f: f.__name__)
def test_at_the_edges_there_is_a_finite_number_or_a_refusal(formula):
    """Subnormal, huge, infinite, not a number: never a raw exception, an infinity or a NaN."""
    parameters = inspect.signature(formula).parameters.values()
    names = [p.name for p in parameters if p.default is p.empty or isinstance(p.default, float)]
    rng = np.random.default_rng(3)
    refused = 0
    for values in rng.choice(EDGES, (150, len(names))).tolist():
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a warning is no refusal
            try:
                result = formula(**dict(zip(names, values, strict=True)))
            except te.ThermalentError:
                refused += 1
                continue
        assert all(np.all(np.isfinite(part)) for part in numbers_of(result)), values
    assert refused > 0


def test_a_refusal_of_a_closed_form_names_it():
    with pytest.raises(te.ThermalentError, match="`n_star` must be such that its terms fit"):
        analytic.n_star(5e-324, 1e-8)
