"""Quick looks at whether matrices are states within their errors agree with the thorough one."""

import numpy as np
import pytest

import thermalent as te
from thermalent.solution.result import Outcome
from thermalent.solution.validity import checked, known_states, marked

NETWORK = te.thermal_link(1.0, 0.1)


def result_of(rho, error):
    solved = te.ContinuedFraction().record
    how = te.steady_state(NETWORK).error
    return te.SteadyState(
        network=NETWORK, method=solved, state=rho, error=type(how)(error, "as given")
    )


def matrix(rng, lowest):
    """A Hermitian matrix of trace one whose lowest eigenvalue is given."""
    values = np.array([lowest, *rng.dirichlet([1, 1, 1]) * (1 - lowest)])
    vectors = np.linalg.qr(rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4)))[0]
    rho = (vectors * values) @ vectors.conj().T
    return (rho + rho.conj().T) / 2


@pytest.mark.parametrize("error", [1e-10, 1e-3, 0.2, 0.9, np.inf])
def test_one_matrix_several_and_the_check_of_results_say_the_same(error):
    rng, said = np.random.default_rng(3), []
    allowed = 1e-12 + 4 * error
    for lowest in (0.1, 0.0, -0.5, -2.0, 2.0):
        rho = matrix(rng, lowest * (min(allowed, 0.1) if lowest < 0 else 0.1))
        for shift in (0.0, 0.5 * min(allowed, 1), 2 * min(allowed, 1)):
            given = rho + shift * np.diag([1.0, 0, 0, 0])
            alone = known_states(given[None], np.array([error]))[0]
            together = known_states(np.stack([given, given]), np.array([error, error]))
            good = checked(result_of(given, error)).status.outcome not in (
                Outcome.NOT_A_STATE,
                Outcome.INACCURATE,
            )
            assert alone == together[0] == together[1] == good
            said.append(good)
    assert not all(said)
    assert any(said) or error == np.inf


@pytest.mark.parametrize("place", [(0, 0), (1, 2), (3, 3), (0, 3)])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_no_state(place, value):
    rho = np.eye(4, dtype=complex) / 4
    rho[place] = rho[place[::-1]] = value
    assert not known_states(rho[None], np.array([1e-9]))[0]
    assert known_states(np.stack([rho, np.eye(4) / 4]), np.full(2, 1e-9)).tolist() == [False, True]


def test_a_result_that_was_marked_is_not_asked_again_and_what_is_made_of_it_is():
    from dataclasses import replace

    wrong = result_of(np.diag([2.0, -1.0, 0.0, 0.0]) + 0j, 1e-10)
    assert not checked(wrong).status.ok
    good = te.steady_state(NETWORK)
    assert good._is_state
    assert checked(marked(good)).status.ok
    assert not checked(replace(good, state=wrong.state)).status.ok


@pytest.mark.parametrize(("error", "allowed"), [(1e-12, 1e-9), (1e-5, 4e-5)])
def test_measures_take_what_is_a_state_within_its_error_and_no_more(error, allowed):
    """Four elements with this error, or the rounding that every state is allowed."""
    inside, outside = (np.diag([1 + x, -x, 0, 0]) + 0j for x in (0.9 * allowed, 1.1 * allowed))
    assert result_of(inside, error).purity() == pytest.approx(1.0, abs=3 * allowed)
    with pytest.raises(ValueError, match="positive semidefinite to"):
        result_of(outside, error).purity()
