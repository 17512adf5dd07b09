"""The exact solver against THERMAL's own formulation, (B3) to (B13), written independently."""

import math

import numpy as np
import pytest

import thermalent as te
from benchmarks import thermal_formulation
from benchmarks.thermal_formulation import Link
from thermalent.continued_fraction.chain.chain import hierarchy_chain
from thermalent.continued_fraction.chain.fraction import evaluate_chain
from thermalent.continued_fraction.chain.hierarchy import hierarchy

# Both solve the same linear equations where the same modes are kept, so they differ by rounding
# alone: the 48 x 48 blocks mix rates from kappa to sqrt(kappa gamma n_th) and lose up to four of
# the 15.7 digits. In the converged limit the truncation of both is chosen below this as well.
AGREEMENT = 1e-10

IMPERFECTIONS = {
    "resonant": {},
    "unequal": {"gamma": (1.0, 0.7)},
    "detuned": {"detuning": (0.1, -0.25)},
    "dephased": {"gamma": (0.7, 1.1), "dephasing": (0.02, 0.05)},
    "lossy": {"gamma": (1.0, 0.8), "loss": 0.3},
    "everything": {
        "gamma": (1.0, 0.8),
        "detuning": (0.1, 0.03),
        "dephasing": (0.02, 0.05),
        "loss": 0.2,
    },
}
every_link = pytest.mark.parametrize("kind", IMPERFECTIONS)


def fraction_at(network, last):
    """Our state with exactly the levels k + l <= last; level 0 solved here, by least squares."""
    chain = hierarchy_chain(hierarchy(network))
    ground = chain.tier0_size
    basis = chain.basis[0][:, :ground] @ np.eye(ground)  # sparse or dense
    trace = basis[:: round(np.sqrt(basis.shape[0])) + 1].sum(axis=0).real

    def solve(k):
        rows = np.vstack([chain.a[0][:ground, :ground] + k, trace])
        return np.linalg.pinv(rows)[:, -1]

    x = evaluate_chain(chain, solve, last=last).x
    return (basis @ x).reshape(4, 4)


@every_link
@pytest.mark.parametrize("last", [2, 3, 4, 5, 6, 7, 20, 21])
def test_same_modes_same_state(kind, last):
    parameters = {"n_th": 7.0, "kappa": 0.1, **IMPERFECTIONS[kind]}
    theirs = thermal_formulation.steady_state(Link(**parameters), last_level=last)
    ours = fraction_at(te.thermal_link(**parameters), last)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=AGREEMENT)


@every_link
@pytest.mark.parametrize("n_max", [1, 3, 12])
def test_same_modes_through_the_public_method(kind, n_max):
    parameters = {"n_th": 20.0, "kappa": 0.05, **IMPERFECTIONS[kind]}
    theirs = thermal_formulation.steady_state(Link(**parameters), last_level=2 * n_max)
    result = te.ContinuedFraction(n_max=n_max).steady_state(te.thermal_link(**parameters))
    np.testing.assert_allclose(result.state, theirs, rtol=0, atol=AGREEMENT)


def test_truncations_are_told_apart():
    """One level more, or the ragged set of modes of the paper, gives another state."""
    link = Link(n_th=7.0, kappa=0.1)
    states = [
        thermal_formulation.steady_state(link, last_level=4),
        thermal_formulation.steady_state(link, last_level=5),
        thermal_formulation.steady_state(link, last_level=6),
        thermal_formulation.steady_state(link, n_max=2),
    ]
    for i, one in enumerate(states):
        for other in states[:i]:
            assert np.max(np.abs(one - other)) > 1e4 * AGREEMENT


@pytest.mark.parametrize("kind", ["resonant", "everything"])
@pytest.mark.parametrize("n_th", [20.0, 1e3, 1e4, pytest.param(1e5, marks=pytest.mark.long)])
def test_converged_limit(kind, n_th):
    """In the paper's own truncation, at kappa / gamma = 1e-3."""
    # The truncation error falls like exp(-c n_max / sqrt(n_th)); 7 sqrt(n_th) leaves below 1e-12.
    n_max = 10 + math.ceil(7 * math.sqrt(n_th))
    parameters = {"n_th": n_th, "kappa": 1e-3, **IMPERFECTIONS[kind]}
    theirs = thermal_formulation.steady_state(Link(**parameters), n_max=n_max)
    result = te.ContinuedFraction(rtol=1e-12).steady_state(te.thermal_link(**parameters))
    np.testing.assert_allclose(result.state, theirs, rtol=0, atol=AGREEMENT)
    # The error that we report covers the difference, up to the rounding of the reference.
    assert np.max(np.abs(result.state - theirs)) <= result.error + 1e-12


@pytest.mark.parametrize("last", [4, 7])
def test_b11_as_printed_is_a_misprint(monkeypatch, last):
    """With L_pm twice in (B11) the fraction converges to something else."""

    def printed(chain, n):
        inverse = np.linalg.inv(chain.link.kappa * (2 * n + 2) * np.eye(16) - chain.l_q)
        half = chain.link.n_th / 2
        return half * chain.l_plus @ inverse @ chain.l_plus, (
            half * chain.l_minus @ inverse @ chain.l_minus
        )

    link = Link(n_th=7.0, kappa=0.1)
    right = thermal_formulation.steady_state(link, last_level=last)
    monkeypatch.setattr(thermal_formulation.Chain, "p", printed)
    wrong = thermal_formulation.steady_state(link, last_level=last)
    assert np.max(np.abs(wrong - right)) > 1e-3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "Give either `n_max` or `last_level`"),
        ({"n_max": 3, "last_level": 6}, "Give either `n_max` or `last_level`"),
        ({"n_max": 0}, "Argument `n_max` must be at least 1, but is 0"),
        ({"last_level": 1}, "Argument `last_level` must be at least 2, but is 1"),
    ],
)
def test_truncation_is_checked(arguments, message):
    with pytest.raises(ValueError, match=message):
        thermal_formulation.steady_state(Link(n_th=1.0, kappa=0.1), **arguments)


def test_inverting_once_or_where_printed_is_the_same():
    link = Link(n_th=20.0, kappa=0.1, detuning=(0.1, -0.2))
    once = thermal_formulation.steady_state(link, n_max=12)
    printed = thermal_formulation.steady_state(link, n_max=12, as_printed=True)
    assert np.max(np.abs(once - printed)) < 1e-14
