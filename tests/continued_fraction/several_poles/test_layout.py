"""What chains of one pattern share: the same blocks with it and without, and when it is shared."""

import numpy as np
import pytest

import thermalent as te
from tests.support.several_poles_sources import KINDS
from thermalent.continued_fraction.lattice.solve import lattice_steady_state
from thermalent.continued_fraction.several_poles.chain import building
from thermalent.continued_fraction.several_poles.chain.coordinates import chain_of
from thermalent.continued_fraction.several_poles.chain.layout import layout
from thermalent.continued_fraction.several_poles.converge import converge


def forget():
    layout.cache_clear()
    building._selection.cache_clear()
    building._basis.cache_clear()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_blocks_do_not_depend_on_what_was_built_before(kind):
    """To the bit: of another chain of the same kind before, or of none."""
    chains = [chain_of(kind(np.random.default_rng(seed), 3, 2.0)) for seed in (3, 4)]
    forget()
    for chain in chains:
        building.tiers(chain, 3)
    shared = building.tiers(chains[1], 3)
    forget()
    alone = building.tiers(chains[1], 3)
    for name in ("within", "up", "down"):
        for one, two in zip(getattr(shared, name), getattr(alone, name), strict=True):
            for part, other in zip(one, two, strict=True):
                assert np.array_equal(part, other)
    assert np.array_equal(shared.basis[0], alone.basis[0])


def test_points_of_a_sweep_share_one_layout_for_each_k():
    forget()
    results = [
        te.steady_state(te.thermal_link(n_th, 0.01, filters=2), te.ContinuedFraction(rtol=1e-4))
        for n_th in (50.0, 60.0, 70.0)
    ]
    orders = max(result.stats["quanta"] for result in results)
    assert layout.cache_info().misses == orders
    # Another zero pattern is another layout: detuned emitters have elements that these have not.
    te.steady_state(
        te.thermal_link(50.0, 0.01, filters=2, detuning=(0.1, -0.2)),
        te.ContinuedFraction(rtol=1e-4),
    )
    assert layout.cache_info().misses > orders


def test_a_hop_that_vanishes_is_not_an_element():
    """Of a detuned row the drift is complex; without its detuning blocks have fewer elements."""
    plain = chain_of(te.thermal_link(5.0, filter=te.Filter.cavities([0.1, 0.2])))
    detuned = chain_of(
        te.thermal_link(5.0, filter=te.Filter.cavities([0.1, 0.2], detunings=[0.05, -0.02]))
    )
    few, many = (building.tiers(chain, 2) for chain in (plain, detuned))
    assert few.sizes < many.sizes
    assert all(np.all(entries.value != 0) for entries in (*few.within, *few.up, *few.down))


def test_emitters_of_many_states_have_the_product_basis():
    """Four qubits: sparse operators, against the lattice of all amplitudes."""
    network = te.thermal_link(0.05, 0.5, filters=2, qubits=4)
    found = converge(chain_of(network), 1e-3)
    state = found.stationary.matrix(found.fraction.x)
    lattice = lattice_steady_state(network, 1e-5)
    assert np.max(np.abs(state - lattice.state)) <= found.fraction.error + lattice.error
    assert found.fraction.error < 1e-3


def test_blocks_are_linear_in_the_drift():
    """Twice the rates of source and emitters are twice the blocks within a tier."""
    chain = chain_of(te.thermal_link(5.0, 0.3, (1.0, 0.7), filters=3))
    twice = chain_of(te.thermal_link(5.0, 0.6, (2.0, 1.4), filters=3))
    for one, two in zip(
        building.tiers(chain, 3).within, building.tiers(twice, 3).within, strict=True
    ):
        assert 2 * one.value == pytest.approx(two.value, rel=1e-12, abs=1e-14)
