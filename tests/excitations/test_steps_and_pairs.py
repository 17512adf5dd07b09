"""Taylor steps by the norm of the generator, pairs of different qubits, and errors of a mean."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse
from scipy.linalg import expm

import thermalent as te
from thermalent.excitations import propagate, unknown

RINGS = te.ring_resonators(0.4, 1.0, 0.0, distance=1.0)


@pytest.mark.parametrize("end", [0.0, 0.3, 2.0, 7.0])
def test_a_step_takes_a_norm_of_four(end, rng, monkeypatch):
    matrix = -1j * np.array([[1.0, 0.5], [0.5, -1.0]]) * 4 / 1.5  # of norm four
    taken, terms = [], propagate._taylor_terms

    def counted(generator, state, step):
        taken.append(step)
        return terms(generator, state, step)

    monkeypatch.setattr(propagate, "_taylor_terms", counted)
    times = np.linspace(0.0, end, 3) if end else np.array([0.0])
    found = propagate.propagate(sparse.csr_array(matrix), np.array([1.0, 0.0]), times)
    assert len(taken) == max(1, np.ceil(end))
    for time, state in zip(times, found, strict=True):
        np.testing.assert_allclose(state, expm(time * matrix)[:, 0], atol=1e-13)


@pytest.mark.parametrize("pair", [("q1", "q1"), ("q1",), ("q1", "q2", "q1")])
def test_a_pair_is_two_different_qubits(pair):
    names = RINGS.emitter_names
    given = tuple(names[int(name[1]) - 1] for name in pair)
    with pytest.raises(ValueError, match="`pair` must be two of the emitters"):
        te.excitations.peak_concurrence(RINGS, "10", until=2.0, pair=given)
    best = te.excitations.peak_concurrence(RINGS, "10", until=2.0, pair=names)
    assert 0 < float(best.value) <= 1


def test_a_mean_without_errors_of_amplitudes_is_off_by_four_roundings(monkeypatch):
    known = SimpleNamespace(amplitude=np.array([1.0, 0.5]), error=0.0)
    monkeypatch.setattr(unknown, "transfer", lambda *given: known)
    found = unknown.unknown_state_fidelity(RINGS, [0.0, 1.0], [("10", "01")])
    np.testing.assert_allclose(np.asarray(found), [(1 + 4 / 2) / 3, (1 + 1.5**2 / 2) / 3])
    assert found.error.tolist() == [4 * np.finfo(float).eps] * 2
