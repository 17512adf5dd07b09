"""Chain coordinates of a source: rows, drift, what is left out, and the choice of coordinates."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import linalg

import thermalent as te
from tests.support.several_poles_networks import solved
from tests.support.several_poles_sources import behind
from thermalent.continued_fraction.several_poles.chain.common_coordinates import _widened
from thermalent.continued_fraction.several_poles.chain.coordinates import (
    Coordinates,
    NoChainError,
    chain_of,
)
from thermalent.continued_fraction.several_poles.chain.orthonormal_rows import orthonormal_rows
from thermalent.continued_fraction.several_poles.choice import preferred_chain


def test_rows_are_orthonormal_and_reproduce_the_drift():
    rng = np.random.default_rng(1)
    drift = rng.normal(size=(6, 6)) + 1j * rng.normal(size=(6, 6))
    root = rng.normal(size=(6, 6)) + 1j * rng.normal(size=(6, 6))
    metric = root @ root.conj().T
    output = rng.normal(size=6) + 0j
    rows, size = orthonormal_rows(output, drift, metric)
    assert np.max(np.abs(rows @ metric @ rows.conj().T - np.eye(6))) < 1e-12
    assert np.max(np.abs(size * rows[0] - output)) < 1e-14
    changed = rows @ drift @ metric @ rows.conj().T
    assert np.max(np.abs(np.triu(changed, 2))) < 1e-12 * np.max(np.abs(changed))
    assert np.max(np.abs(changed @ rows - rows @ drift)) < 1e-10


def test_cavities_in_a_row_are_a_damped_oscillator():
    """Two equal ones: position and velocity at critical damping, the Schwarz form."""
    kappa = 0.3
    chain = chain_of(te.thermal_link(10.0, kappa, filters=2))
    expected = kappa * np.array([[0, 1], [-1, 2]])
    assert np.max(np.abs(chain.drift - expected)) < 1e-15
    assert chain.variance == pytest.approx(10.0 / 4)
    assert np.max(np.abs(chain.covariance - np.eye(2))) < 1e-14


def test_what_does_not_act_on_the_emitters_is_left_out():
    """A hot mode that nothing listens to shortens the chain, not the error."""
    network = behind(
        (te.Mode(name="idle", bath_rate=0.3, n_th=50.0), te.Mode(name="a", bath_rate=0.5, n_th=2)),
        np.zeros((2, 2)),
        (0.1, 0.0),
        (0.0, np.sqrt(0.5)),
    )
    assert chain_of(network).length == 1
    state, error = solved(network, 1e-10)
    expected = te.steady_state(te.thermal_link(2.0, 0.5), te.ContinuedFraction(rtol=1e-11)).state
    assert np.max(np.abs(state - expected)) <= error + 1e-11


def test_two_outputs_have_no_chain():
    rails = te.dual_rail(1, 1.0, bandwidth=5.0)
    with pytest.raises(NoChainError, match="feel several amplitudes"):
        chain_of(rails)
    assert preferred_chain(rails, 1e-9) is None
    assert te.steady_state(rails).stats["coordinates"] == "modes"


def test_the_choice_is_by_cost():
    for network, coordinates in (
        (te.thermal_link(0.01, 0.5, filters=3), "modes"),
        (te.thermal_link(0.1, 0.5, filters=2, qubits=4), "modes"),
        (te.thermal_link(30.0, 0.1, filters=2), "chain"),
    ):
        result = te.steady_state(network, te.ContinuedFraction(rtol=1e-4))
        assert result.stats["coordinates"] == coordinates


def test_imaginary_parts_that_are_rounding_leave_the_arithmetic_real():
    """Rounding is relative to the largest number of all, also where nothing acts back."""
    chain = chain_of(te.thermal_link(2.0, 0.5, filters=2))
    tiny = 1e-17j * np.max(np.abs(chain.drift))
    assert replace(chain, drift=chain.drift + tiny).real
    assert not replace(chain, drift=chain.drift + 1e8 * tiny).real


def test_a_lattice_that_may_give_up_has_to_be_much_cheaper():
    """At 26 quanta its iteration ended at 1e-4, where the chain has the nine digits."""
    warm = te.thermal_link(25.7, 0.838, gamma=1.3, filters=2)
    assert preferred_chain(warm, 1e-9) is not None
    broad = te.thermal_link(10.0, 2.0, gamma=1.3, filters=2)
    assert preferred_chain(broad, 1e-9) is None


def test_rows_are_added_until_every_drift_stays_within_them(rng):
    """Of two drifts that share a plane, two; all that there are, if the whole source is asked."""

    def random(*shape):
        return rng.normal(size=shape) + 1j * rng.normal(size=shape)

    root = random(4, 4)
    metric = root @ root.conj().T
    every = np.linalg.inv(np.linalg.cholesky(metric))  # rows, orthonormal in the metric
    first = Coordinates(every[:1], metric @ every[:1].conj().T, metric, every[0], 1.0)

    def drift(size):
        blocks = linalg.block_diag(random(size, size), random(4 - size, 4 - size))
        return np.linalg.solve(every, blocks @ every)

    for drifts, whole, count in (
        ([drift(2), drift(2)], False, 2),
        ([drift(3)], False, 3),
        ([drift(2), drift(3)], False, 4),
        ([random(4, 4)], False, 4),
        ([drift(2)], True, 4),
        ([drift(1)], False, 1),
    ):
        found = _widened(first, drifts, whole)
        rows = found.transform
        assert len(rows) == count
        np.testing.assert_allclose(rows @ metric @ rows.conj().T, np.eye(count), atol=1e-10)
        np.testing.assert_allclose(rows @ found.dual, np.eye(count), atol=1e-10)
        for one in drifts:
            np.testing.assert_allclose(rows @ one @ found.dual @ rows, rows @ one, atol=1e-8)
