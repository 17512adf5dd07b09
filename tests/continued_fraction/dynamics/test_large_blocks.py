"""Resolvents by LAPACK: the numbers of a sparse solve and of the lanes, with true errors."""

import numpy as np
import pytest
from scipy import sparse

import thermalent as te
from tests.continued_fraction.dynamics.test_resolvents import OMEGA, regression
from thermalent.continued_fraction.dynamics.laplace import frequency_kernels, resolvents
from thermalent.continued_fraction.dynamics.laplace.large_blocks import LargeBlocks

NETWORKS = {
    "three qubits": lambda: te.thermal_link(2.0, 0.3, qubits=3, detuning=(0.3, -0.1, 0.0)),
    "four resonant qubits": lambda: te.thermal_link(1.0, 0.5, qubits=4),
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("order", [1, 2])
def test_all_numbers_are_those_of_the_lanes_and_of_a_sparse_solve(monkeypatch, name, order):
    found = regression(NETWORKS[name](), order, last=8)
    omega = OMEGA if order == 1 else OMEGA[OMEGA != 0.0]  # where the flux squared is a pole
    given = (found.chain, 1j * omega, 12, found.start, found.start_size, found.row)
    lanes = resolvents.resolvents(*given)
    monkeypatch.setattr(resolvents, "RESOLVENTS", 0.0)
    blocks = resolvents.resolvents(*given)
    rounding = 1e-14 * lanes.terms
    assert np.all(np.abs(blocks.values - lanes.values) <= rounding)
    assert np.all((blocks.missed > 0) & (blocks.missed <= rounding))
    np.testing.assert_allclose(blocks.begun, lanes.begun, rtol=1e-9)
    # The decay of a tier and that of its emitters are one element here and two there.
    np.testing.assert_allclose(blocks.terms, lanes.terms, rtol=0.01)
    values, errors = found.at_frequencies(omega, 12)
    alone = np.array([found.at_frequency(w, 12)[0] for w in omega])
    assert np.all(np.abs(values - alone) <= errors)


def test_a_block_without_an_inverse_is_not_a_number():
    found = regression(NETWORKS["three qubits"](), last=4)
    blocks = LargeBlocks(found.chain, found.last)
    z = -0.3 + 0.1j
    blocks.own[-1] = sparse.csr_array(z * np.eye(blocks.own[-1].shape[0]))
    numbers = blocks.resolvent(z, found.start, found.start_size, found.row)
    assert not np.any(np.isfinite(numbers))


def test_chains_that_find_no_room_in_lanes_are_solved_by_blocks_if_these_are_large(monkeypatch):
    small, large = regression(last=6), regression(NETWORKS["three qubits"](), last=6)
    assert small.many_are_cheap
    assert large.many_are_cheap
    asked = []
    monkeypatch.setattr(resolvents, "LargeBlocks", lambda *given: asked.append(given))
    for name, none in (("RESOLVENTS", 0.0), ("MOST_IN_LANES", 0), ("_AT_ONCE", 1.0)):
        with monkeypatch.context() as patch:
            patch.setattr(resolvents, name, none)
            assert not small.many_are_cheap
            assert large.many_are_cheap
            nodes = np.zeros(0, dtype=complex)
            given = (small.chain, nodes, 6, small.start, small.start_size, small.row)
            assert resolvents.resolvents(*given) is None


def test_so_many_are_taken_at_once_that_a_call_takes_about_a_second():
    """Whole groups of lanes: of a small chain many, of a large one a single group."""
    assert len(frequency_kernels.SIDE) == resolvents._LANES
    found = regression(last=6)
    assert resolvents.at_once(found.chain, 6) == 128
    m = len(found.chain.a[0])
    last = round(resolvents._AT_ONCE / m**3 / 3.5) - 1
    assert resolvents.at_once(found.chain, last) == 3 * 8
    assert resolvents.at_once(found.chain, 100 * last) == 8


def test_a_call_for_several_groups_is_one_for_each(monkeypatch):
    found = regression(last=10)
    nodes = 0.2 + 1j * np.linspace(-3, 3, 37)
    given = (found.chain, nodes, 10, found.start, found.start_size, found.row)
    whole = resolvents.resolvents(*given)
    monkeypatch.setattr(resolvents, "_GROUPS", 2)
    for one, other in zip(resolvents.resolvents(*given), whole, strict=True):
        assert len(one) == 37
        np.testing.assert_array_equal(one, other)
    none = resolvents.resolvents(given[0], nodes[:0], *given[2:])
    assert [len(part) for part in none] == [0, 0, 0, 0]


def test_the_residual_mends_what_inverses_lose(monkeypatch):
    """Of inverses in single precision; what it mended is told."""
    found = regression(NETWORKS["three qubits"](), last=8)
    blocks, z = LargeBlocks(found.chain, 12), 0.1 + 0.7j
    given = (found.start, found.start_size, found.row)
    value, _, terms, _ = blocks.resolvent(z, *given)
    inverse = np.linalg.inv
    monkeypatch.setattr(np.linalg, "inv", lambda block: inverse(block).astype(np.complex64))
    rough, missed, _, _ = blocks.resolvent(z, *given)
    assert abs(rough - value) <= 1e-12 * terms
    assert missed > 1e-9 * terms
