"""Numbers at the edges of double precision are refused by name, before anything is computed."""

import numpy as np
import pytest

import thermalent as te
from thermalent.support import checks
from thermalent.support.errors import ArgumentError


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: te.thermal_link(10**400, 1.0), r"but is an integer of about 10\^400"),
        (lambda: te.PhaseDiffusion(r0=1e-308), r"`r0` must be a number in"),
        (lambda: te.clockwork(individual_decay=1e308), r"must be"),
        (
            lambda: te.Qubit(name="q", dephasing=1e308),
            r"`dephasing` must be zero, or at least 1e-100 and at",
        ),
        (lambda: te.thermal_link(1.0, 0.1, dephasing=1e-320), r"`dephasing` must be zero, or at"),
        (lambda: te.Mode(bath_rate=1e-320), r"`bath_rate` must be zero, or at least 1e-100 and at"),
        (lambda: te.dual_rail(pairs=1, squeezing=1.0, gamma=1e-320), r"at least 1e-100"),
        (lambda: te.ContinuedFraction(n_max=100_000_000), r"`n_max` must be an integer from 1 to"),
        (lambda: te.ContinuedFraction(rtol=np.nan), r"`rtol` must be"),
        (lambda: te.ContinuedFraction(rtol=10**400), r"`rtol` must be .* 10\^400"),
        (
            lambda: te.evolve(te.thermal_link(1.0, 0.1), range(10**9), "00"),
            r"`times` must be a sequence of at most 10000000 numbers, but is one of 1000000000",
        ),
    ],
)
def test_what_no_double_can_hold_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("rate", [1e-100, 3.0, 1e100])
def test_rates_within_a_hundred_decades_of_one_are_taken(rate):
    matrix = np.array([[rate, 0.0], [-1j * rate, 0.0]])
    assert checks.rates("decay", matrix) is matrix
    wrong = "at most 1e\\+100 in every element" if rate > 1 else "zero or at least 1e-100 on its"
    if rate != 3:
        for beyond in (rate**1.01 / rate * matrix, np.diag([1.0, rate**1.01])):
            with pytest.raises(ArgumentError, match=f"Argument `decay` must be {wrong}"):
                checks.rates("decay", beyond)
    # Elements beside the diagonal may be as small as they like.
    checks.rates("decay", np.array([[rate, 1e-200], [1e-200, 0.0]]))


@pytest.mark.parametrize("name", ["exchange", "decay", "absorption"])
def test_a_network_takes_the_same_rates_as_each_of_its_matrices(name):
    """Plain matrices are looked at together, others one by one: with the same edges."""

    def made(rate):
        given = {"exchange": [[0.0]], "decay": [[1e100]], name: [[rate]]}
        return te.Network(
            nodes=(te.Qubit(name="q"),),
            **{key: np.array(value) for key, value in given.items()},
        )

    for rate in (1e-100, 1.0, 1e100):
        assert getattr(made(rate), name)[0, 0] == rate
    for rate, wrong in ((1.0001e100, r"at most 1e\+100"), (0.9999e-100, "at least 1e-100")):
        with pytest.raises(ArgumentError, match=f"`{name}` must be .*{wrong}"):
            made(rate)
