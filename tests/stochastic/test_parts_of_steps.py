"""Parts of steps and of sampled correlations: what a step may turn, and which paths go together."""

from types import SimpleNamespace

import numpy as np
import pytest

from thermalent.stochastic import step_operators
from thermalent.stochastic.coherence import _groups
from thermalent.stochastic.ket_paths import drawn_from


def test_the_largest_turn_of_a_step_is_forty_variances_of_each_part_and_the_start(monkeypatch):
    """Two emitters: sqrt(40 V) and |A z| over the step, and sqrt(40 S) over its root."""
    given = []

    def watched(emitters, step, largest):
        given.append((step, largest))
        return step_operators.StepOperators(*[np.zeros((0, 0))] * 8)

    field = SimpleNamespace(
        smooth_variance=np.array([4.0, 0.1]),
        white_power=np.array([9.0, 0.1]),
        mixing=np.array([[1.0, 1.0], [0.1, 0.0]]),
        outputs=np.array([[0.5], [-2.0j]]),
        transition=lambda step: (np.eye(1), np.eye(1)),
    )
    monkeypatch.setattr(step_operators, "given_field", watched)
    step_operators._several_fields(None, field, 0.1, 0.3, 2.0 - 1.5j)
    ((step, largest),) = given
    assert step == 0.3
    turn = np.sqrt(40 * 4.0) * 0.3 + np.sqrt(40 * 9.0 * 0.3) + abs(0.5 - 2j) * 2.5 * 0.3
    assert largest == pytest.approx(turn, rel=1e-12)


def test_groups_of_paths_are_equal_and_pieces_of_few_paths_as_well():
    paths = np.arange(7)[:, None] * 100 + np.arange(11)
    assert [len(group) for group in _groups(paths, 3)] == [2, 2, 2]
    np.testing.assert_array_equal(np.concatenate(_groups(paths, 3)), paths[:6])
    pieces = _groups(paths[:2], 5)  # three of each path, the last elements left over
    assert [piece.tolist() for piece in pieces[:4]] == [
        [[0, 1, 2]], [[3, 4, 5]], [[6, 7, 8]], [[100, 101, 102]],
    ]  # fmt: skip
    assert len(pieces) == 6
    assert len(_groups(paths[:2], 2)) == 2


def test_kets_are_drawn_from_eigenvectors_in_their_shares(rng):
    """Of populations alone these are the basis, whose order stays; else they are worked out."""
    turned = np.array([[0.5, 0.3j], [-0.3j, 0.5]])
    for rho, kets in (
        (np.diag([0.2, 0.0, 0.7, 0.1]), np.eye(4)),
        (turned, np.linalg.eigh(turned)[1].T),
    ):
        start = drawn_from(rho.astype(complex))
        drawn = np.array([start(0, rng) for _ in range(2000)])
        np.testing.assert_allclose(np.abs(kets.conj() @ drawn.T).max(axis=0), 1, atol=1e-12)
        mean = np.einsum("ni,nj->ij", drawn, drawn.conj()) / 2000
        assert np.max(np.abs(mean - rho)) < 5 * 0.5 / np.sqrt(2000)  # standard errors
    one = drawn_from(np.diag([0.0, 1.0]).astype(complex))(0, rng)
    assert one.tolist() == [0, 1]
