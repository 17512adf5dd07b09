"""Mean and covariance of a source over time, against exponentials of its drift."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import expm

from tests.continued_fraction.several_poles.test_tier_elements import arbitrary
from thermalent.continued_fraction.several_poles.moving.source.gaussian import (
    MovingSource,
    chain_amplitudes,
    source_pieces,
)

CHAIN = arbitrary(3)
AMPLITUDES = np.array([0.3 - 0.2j, 0.5j, -1.0])
BEGIN = np.diag([0.2, 0.7, 0.1]).astype(complex)


def by_hand(chain, begin, mean, time):
    left = expm(-chain.drift * time)
    covariance = chain.covariance + left @ (begin - chain.covariance) @ left.conj().T
    return covariance, left @ mean


@pytest.mark.parametrize("time", [0.0, 1e-3, 0.04, 0.31, 2.0, 2.01, 9.0])
def test_mean_and_covariance_decay_with_the_drift(time):
    source = MovingSource(CHAIN, AMPLITUDES, BEGIN)
    np.testing.assert_allclose(source.mean, CHAIN.transform @ AMPLITUDES)
    covariance, mean = by_hand(CHAIN, BEGIN, source.mean, time)
    np.testing.assert_allclose(source.covariance(time), covariance, atol=1e-12)
    lacking, field = source.at(time)
    np.testing.assert_allclose(CHAIN.covariance[0] + lacking, covariance[0], atol=1e-12)
    assert field == pytest.approx(CHAIN.scale * mean[0], rel=1e-9, abs=1e-13)
    # Without a beginning it is empty.
    empty = MovingSource(CHAIN, 0 * AMPLITUDES)
    covariance, _ = by_hand(CHAIN, 0 * BEGIN, source.mean, time)
    np.testing.assert_allclose(empty.covariance(time), covariance, atol=1e-12)
    assert empty.at(time)[1] == 0


def test_values_do_not_depend_on_the_marks_between_which_they_lie():
    source = MovingSource(CHAIN, AMPLITUDES, BEGIN)
    assert source.apart == pytest.approx(0.25 / np.linalg.norm(CHAIN.drift, 2))
    for part in (0.0, 1e-9, 0.5, 1 - 1e-9, 1.0, 1 + 1e-9):
        time = 3 * source.apart + part * source.apart
        covariance, _ = by_hand(CHAIN, BEGIN, source.mean, time)
        np.testing.assert_allclose(source.covariance(time), covariance, atol=1e-12)
    assert set(source.marks) <= {3, 4}


def test_neither_mean_nor_covariance_jumps_where_networks_change():
    other = replace(CHAIN, drift=0.5 * CHAIN.drift, covariance=2 * CHAIN.covariance)
    pieces = source_pieces([CHAIN, other, CHAIN], [0.3, 0.2, np.inf], AMPLITUDES, BEGIN)
    assert [length for _, length in pieces] == [0.3, 0.2, np.inf]
    covariance, mean = BEGIN, CHAIN.transform @ AMPLITUDES
    for (source, length), chain in zip(pieces, [CHAIN, other, CHAIN], strict=True):
        assert source.chain is chain
        np.testing.assert_allclose(source.covariance(0.0), covariance, atol=1e-12)
        np.testing.assert_allclose(source.mean, mean, atol=1e-12)
        if np.isfinite(length):
            covariance, mean = by_hand(chain, covariance, mean, length)


@pytest.mark.parametrize("amplitude", [0.0, 1.0, 1e3])
@pytest.mark.parametrize("heat", [1e-4, 1.0, 400.0])
@pytest.mark.parametrize("rest", [1e-2, 1e-9])
def test_a_source_is_settled_where_little_is_left(amplitude, heat, rest):
    """In whole times of its slowest rate: of the covariance the square, of the mean itself."""
    chain = replace(CHAIN, covariance=heat * np.eye(3))
    source = MovingSource(chain, amplitude * AMPLITUDES)
    width = max(1.0, np.sqrt(heat))
    step = 1 / min(np.linalg.eigvals(chain.drift).real)
    mean = np.linalg.norm(source.mean) / width

    def left(steps):
        size = np.linalg.norm(expm(-chain.drift * steps * step), 2)
        return max(size**2, mean * size)

    expected = next(n for n in range(1, 200) if left(n) <= rest)
    assert source.settled(rest) == pytest.approx(expected * step, rel=1e-9)


def test_amplitudes_of_conjugate_modes_are_conjugated():
    """Quanta of some modes count as negative charge: the chain holds their conjugates."""
    chain = replace(CHAIN, members=np.array([0, 3, 4]))
    given = np.array([0.3 - 0.2j, 0.5j, -1.0 + 1j])
    expected = chain.transform @ [given[0], np.conj(given[1]), given[2]]
    np.testing.assert_allclose(chain_amplitudes(chain, given), expected)
