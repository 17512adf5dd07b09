"""When a matrix is a state within its error, says nothing, or is limited: values at the limits."""

from types import SimpleNamespace

import numpy as np
import pytest

import thermalent as te
from thermalent.solution import result, validity
from thermalent.solution.validity import known_states, limitation, says_nothing


def surely(matrix, error=0.0):
    return validity._surely_state(np.array(matrix, dtype=complex).tolist(), error)


def test_a_small_matrix_is_a_state_if_its_elimination_is_positive():
    """As its smallest eigenvalue with what is allowed, for Hermitian matrices of trace one."""
    rng = np.random.default_rng(1)
    allowed = result.STATE_ROUNDING + 3 * 1e-3
    seen = set()
    for _ in range(60):
        vectors = np.linalg.qr(rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3)))[0]
        lowest = allowed * rng.uniform(-2, 0)
        p = np.array([lowest, 0.4, 0.6 - lowest])
        matrix = (vectors * p) @ vectors.conj().T
        expected = bool(lowest > -allowed)
        assert surely(matrix, 1e-3) is expected
        assert known_states(matrix[None], np.array([1e-3]))[0] == expected
        seen.add(expected)
    assert seen == {True, False}


@pytest.mark.parametrize(("off", "good"), [(0.9, True), (1.1, False), (-0.9, True), (-1.1, False)])
@pytest.mark.parametrize("levels", [2, 12])
def test_the_trace_is_one_within_what_is_allowed(off, good, levels):
    allowed = result.STATE_ROUNDING + levels * 1e-4
    matrix = np.eye(levels) * (1 + off * allowed) / levels
    assert known_states(matrix[None] + 0j, np.array([1e-4]))[0] == good
    if levels == 2:
        assert surely(matrix, 1e-4) is good


def test_an_error_as_large_as_the_largest_element_is_no_state():
    matrices = np.array([np.diag([0.7, 0.3]), np.diag([0.7, 0.3]), np.diag([np.nan, 0.3])]) + 0j
    assert known_states(matrices, np.array([0.69, 0.71, 1e-9])).tolist() == [True, False, False]
    assert surely(np.diag([0.7, 0.3]), 0.12)
    assert not surely(np.diag([0.7, 0.3]), 0.13)  # left to the others, by a quarter per level


@pytest.mark.parametrize(
    ("error", "claim", "nothing"),
    [
        (0.59, "exact", False), (0.6, "exact", True), (np.nan, "exact", True),
        (0.7, "statistical", True), (0.7, "approximate", False),
    ],
)  # fmt: skip
def test_an_error_as_large_as_the_state_says_nothing(error, claim, nothing):
    method = SimpleNamespace(claim=claim)
    assert says_nothing(np.diag([0.6, 0.4]), error, method) is nothing
    assert not says_nothing(np.diag([np.nan, 0.4]), error, method)


def limited(error, *, claim="exact", over_time=False, **parameters):
    method = SimpleNamespace(claim=claim, parameters=parameters)
    return limitation(method, np.diag([0.8, 0.2]), error, over_time=over_time)


def test_a_default_tolerance_that_is_exceeded_limits_a_result():
    """Relative to the largest element, if the tolerance is a relative one."""
    aimed = result.TARGET
    assert limited(0.79 * aimed, rtol=None) is None
    assert limited(0.81 * aimed, rtol=None).message.startswith("The error is")
    assert limited(0.99 * aimed, tolerance=None) is None
    assert "Give `tolerance`" in limited(1.01 * aimed, tolerance=None).message
    assert limited(0.79e-3, rtol=1e-3) is None
    assert limited(0.99e-3, rtol=1e-3, over_time=True) is None
    given = limited(0.02, rtol=1e-3, over_time=True)
    assert "1.0e-03 is what rtol=0.001 allows" in given.message
    assert "Give `rtol`" not in given.message
    assert limited(1.0, claim="statistical", rtol=None) is None
    assert limited(1.0, other=3) is None


def test_a_given_truncation_limits_a_result():
    found = limited(0.9e-3, rtol=1e-3, n_max=7)
    assert "n_max=7, leaves an error of 9.0e-04; the tolerance allows 8.0e-04" in found.message
    assert limited(0.7e-3, rtol=1e-3, n_max=7) is None
    assert "cutoff=4" in limited(1.1e-3, tolerance=1e-3, cutoff=4).message


def test_what_is_wrong_with_a_matrix_is_told():
    network = te.thermal_link(1.0, 0.5, qubits=1)
    state = te.steady_state(network, te.Fock(cutoff=8))

    def defect(matrix, error=1e-4):
        given = SimpleNamespace(state=np.array(matrix, dtype=complex), error=error)
        return validity._defect(given)

    allowed = result.STATE_ROUNDING + 2e-4
    assert result.allowance(SimpleNamespace(state=np.eye(2), error=1e-4)) == pytest.approx(allowed)
    assert result.allowance(state) >= result.STATE_ROUNDING
    infinite = SimpleNamespace(state=np.eye(2), error=np.inf)
    assert result.allowance(infinite) == result.STATE_ROUNDING
    for part, fine in ((0.9, True), (1.1, False)):
        off = part * allowed
        assert (defect(np.diag([0.5 + off, 0.5])) is None) is fine
        assert (defect(np.diag([0.5 - off, 0.5])) is None) is fine
        assert (defect([[0.5, off], [0, 0.5]]) is None) is fine
        assert (defect(np.diag([1 + off, -off])) is None) is fine
    assert "trace" in defect(np.diag([0.6, 0.5]))
    assert "adjoint by 0.2" in defect([[0.5, 0.1], [-0.1, 0.5]])
    assert "smallest eigenvalue is -0.1" in defect(np.diag([1.1, -0.1]))
    assert defect(np.diag([np.inf, 0.5])) == "it holds elements that are not finite"
