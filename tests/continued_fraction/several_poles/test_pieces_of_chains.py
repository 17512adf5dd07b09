"""Placements, rows, units and rounding: what the chain of several poles is made of."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse

import thermalent as te
from tests.support.chain_searches import EPS, LINK
from thermalent.continued_fraction.several_poles import (
    converge,
)
from thermalent.continued_fraction.several_poles.chain import coordinates
from thermalent.continued_fraction.several_poles.chain import elements as elements_module
from thermalent.continued_fraction.several_poles.chain.coordinates import chain_of
from thermalent.continued_fraction.several_poles.chain.elements import (
    without_rounding,
    without_rounding_parts,
)
from thermalent.continued_fraction.several_poles.chain.orthonormal_rows import (
    orthonormal_rows,
    rest_of,
)
from thermalent.continued_fraction.several_poles.chain.placements import count, placements
from thermalent.continued_fraction.several_poles.moving.source.filling_chain import DriftUnits


def test_blocks_hold_half_of_the_elements_at_each_placement():
    """A quarter of them where all numbers are real, and the populations at the first."""
    chain = SimpleNamespace(length=3, numbers=np.zeros(4), real=False)
    assert converge.block_size(chain, 2) == 8 * count(2, 2) + 4
    chain.real = True
    assert converge.block_size(chain, 2) == 4 * count(2, 2) + 4
    assert converge.work(chain, 2, 30) == pytest.approx(40 * converge.block_size(chain, 2) ** 3)


def test_placements_are_all_that_hop_few_times():
    for elements, most in ((1, 3), (2, 4), (3, 3)):
        found = placements(elements, most)
        hops = np.arange(1, elements + 1)
        orders = (found.k + found.l) @ hops
        assert np.all(np.diff(orders) >= 0)
        assert orders[-1] == most
        ranges = [range(most + 1)] * (2 * elements)
        every = np.array(np.meshgrid(*ranges, indexing="ij")).reshape(2 * elements, -1).T
        expected = int(np.sum(every @ np.tile(hops, 2) <= most))
        assert len(found) == count(elements, most) == expected
        swapped = found.conjugate
        np.testing.assert_array_equal(found.k[swapped], found.l)
        np.testing.assert_array_equal(swapped[swapped], np.arange(len(found)))
        for kind, own in ((0, found.k), (1, found.l)):
            moved = found.shifted((elements - 1, 1), (0, -1), kind=kind)
            for i, j in enumerate(moved.tolist()):
                wanted = own[i].copy()
                wanted[elements - 1] += 1
                wanted[0] -= 1
                if j >= 0:
                    np.testing.assert_array_equal(own[j], wanted)
                else:
                    assert wanted.min() < 0 or orders[i] + elements - 1 > most


def test_rows_are_orthonormal_until_they_repeat():
    rng = np.random.default_rng(1)
    root = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    metric = root @ root.conj().T
    drift = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    output = rng.normal(size=4) + 1j * rng.normal(size=4)
    rows, scale = orthonormal_rows(output, drift, metric)
    np.testing.assert_allclose(rows @ metric @ rows.conj().T, np.eye(4), atol=1e-12)
    assert scale == pytest.approx(np.sqrt((output @ metric @ output.conj()).real))
    np.testing.assert_allclose(rows[0] * scale, output)
    hessenberg = rows @ drift @ metric @ rows.conj().T
    np.testing.assert_allclose(np.triu(hessenberg, 2), 0, atol=1e-11)
    assert np.all(np.diag(hessenberg, 1).real > 0)
    # Of a drift that leaves two amplitudes to themselves the chain has the two others.
    split = drift.copy()
    split[:2, 2:] = 0
    short, _ = orthonormal_rows(np.array([1.0, 1j, 0, 0]), split, np.eye(4))
    assert len(short) == 2
    seen, _ = orthonormal_rows(np.array([1.0, 1j, 0, 0]), split, np.eye(4), np.array([0, 0, 1, 0]))
    assert len(seen) == 4
    same, _ = orthonormal_rows(
        np.array([1.0, 1j, 0, 0]), split, np.eye(4), np.array([1.0, 0, 0, 0])
    )
    assert len(same) == 2


@pytest.mark.parametrize(("part", "some"), [(0.9e-11, False), (1.1e-11, True)])
def test_a_row_of_which_less_than_rounding_is_new_is_none(part, some):
    rows = [np.array([1.0, 0.0, 0.0])]
    rest = rest_of(np.array([5.0, 5 * part, 0.0]), rows, np.eye(3))
    assert (rest is not None) is some
    assert rest is None or np.allclose(rest, [0, 1, 0])


def test_what_is_rounding_of_the_largest_is_dropped():
    least = 8 * EPS * 5.0
    values = np.array([5.0, 1.01 * least, 0.99 * least, -1.01 * least])
    np.testing.assert_array_equal(without_rounding(values), [5.0, 1.01 * least, 0, -1.01 * least])
    parts = np.array([5.0, 1 + 0.99j * least, 0.99 * least - 1.01j * least])
    np.testing.assert_array_equal(without_rounding_parts(parts), [5.0, 1.0, -1.01j * least])
    matrix = np.array([[7.0, 0.9e-13 + 0.8e-13j], [0.6e-13 + 1j, 0.8e-13]])
    np.testing.assert_array_equal(
        coordinates._cleaned(matrix), [[7.0, 0.9e-13 + 0.8e-13j], [1j, 0.8e-13]]
    )
    lower = coordinates._hessenberg(np.arange(1.0, 10.0).reshape(3, 3))
    np.testing.assert_array_equal(lower, [[1, 2, 0], [4, 5, 6], [7, 8, 9]])


OUTPUT = np.array([1.0, 0.0])


@pytest.mark.parametrize(
    ("covariance", "acts_back", "expected"),
    [
        ([4.0, 1.0], True, [4.0, 1.0]),
        ([0.25, 1.0], True, [1.0, 4.0]),  # of a cold drive divided by its variance
        ([4.0, 1.1 * 4e-12], True, [4.0, 1.1 * 4e-12]),
        ([4.0, 0.9 * 4e-12], True, [5.0, 1 + 0.9 * 4e-12]),  # singular: the vacuum is added
        ([4.0, 0.0], False, [4.0, 0.0]),  # what has no variance does not matter
        ([0.25, 0.0], False, [1.0, 0.0]),
        ([4.0, -0.9 * 4e-12], False, [4.0, -0.9 * 4e-12]),
        ([4.0, -0.5], True, [6.0, 1.5]),  # indefinite: raised by twice its lowest, and one
        ([4.0, -0.5], False, [6.0, 1.5]),
        ([0.0, 3.0], False, [1.0, 4.0]),
    ],
)
def test_the_metric_is_the_covariance_where_that_serves(covariance, acts_back, expected):
    """Judged by its largest and smallest eigenvalue, whatever is between them."""
    found = coordinates._metric(OUTPUT, np.diag(covariance), acts_back)
    np.testing.assert_allclose(found, np.diag(expected), rtol=1e-12, atol=1e-30)
    between = np.diag([*covariance, 4e-12])
    found = coordinates._metric(np.append(OUTPUT, 0.0), between, acts_back)
    # A third amplitude at the border, which is singular beside the largest.
    if covariance[1] > 4e-12 and acts_back and covariance[0] == 4.0:
        np.testing.assert_allclose(found, between + np.eye(3), rtol=1e-12)


def test_the_variance_of_the_drive_is_that_of_a_complex_output():
    output = np.array([1.0, 0.5j])
    covariance = np.array([[0.3, 0.1j], [-0.1j, 0.2]])
    variance = 0.3 + 0.25 * 0.2 + 2 * 0.5 * (covariance[0, 1] * -1j).real
    found = coordinates._metric(output, covariance, acts_back=True)
    np.testing.assert_allclose(found, covariance / variance, rtol=1e-12)


def test_the_rounding_of_a_chain_is_that_of_its_largest_rate_in_its_slowest():
    chain = chain_of(LINK)
    slowest = np.min(np.linalg.eigvals(chain.drift).real)
    expected = EPS * np.max(np.abs(chain.drift)) / slowest
    assert chain.rounding == pytest.approx(expected, rel=1e-12)
    assert chain.variance == pytest.approx(chain.scale**2 * chain.covariance[0, 0].real)


def test_drifts_that_are_not_of_a_chain_have_units_everywhere():
    """Of three amplitudes: all but one element, or all if one of the networks has that."""
    chain = chain_of(te.thermal_link(2.0, 0.5, filters=3, qubits=1))
    assert chain.length == 3
    units = DriftUnits(chain, [chain], turning=False)
    assert len(units.places) == 8
    assert (0, 2) not in units.places
    assert len(units.changes) == 8 + 2
    beyond = np.zeros((3, 3))
    beyond[0, 2] = 0.1
    other = replace(chain, drift=chain.drift + beyond)
    units = DriftUnits(chain, [chain, other], turning=True)
    assert len(units.places) == 9
    assert len(units.changes) == 2 * (9 + 2)
    numbers = units.weights(0.7, other.drift + 0.2j * np.eye(3), chain)
    assert numbers[0] == 0.7
    np.testing.assert_allclose(numbers[1:10], other.drift.real.ravel())
    np.testing.assert_allclose(numbers[12:21], (0.2 * np.eye(3)).ravel())


def test_elements_of_many_emitters_are_those_that_are_no_rounding(monkeypatch):
    monkeypatch.setattr(elements_module, "_SMALL", 1)
    at = ([0, 1, 2, 2, 3, 3], [1, 0, 2, 2, 3, 3])
    matrix = sparse.coo_array(([2.0, 1e-20, 1j, 0.5, 1.0, -1.0], at), shape=(4, 4))
    (found,) = elements_module.emitter_elements(np.eye(2), [matrix])
    assert found.row.tolist() == [0, 2]
    assert found.col.tolist() == [1, 2]
    assert found.value.tolist() == [2.0, 0.5 + 1j]
