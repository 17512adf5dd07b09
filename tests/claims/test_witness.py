"""The witness of four-partite entanglement, against states of which it is known."""

from functools import reduce

import numpy as np
import pytest
from witness import CUTS, lacking, lowest_product, transposed, whole_state_witness

WITNESS = whole_state_witness()


def test_it_is_decomposable_at_every_cut_but_for_little():
    assert len(CUTS) == 7
    assert lacking(WITNESS) < 3e-3
    assert np.trace(WITNESS) == pytest.approx(1)


def test_what_is_no_witness_lacks_much():
    """The control: an observable that is negative in a product state."""
    wrong = WITNESS.copy()
    wrong[3, 3] -= 0.05  # |0011>
    assert lacking(wrong, 200) > 0.03
    assert lowest_product(wrong, np.random.default_rng(0), 3, 20) < -0.03


def test_products_of_two_entangled_pairs_are_not_negative(rng):
    for part in CUTS[4:]:
        rest = [k for k in range(4) if k not in part]
        for _ in range(50):
            halves = rng.normal(size=(2, 4)) + 1j * rng.normal(size=(2, 4))
            ket = np.multiply.outer(*halves).reshape((2,) * 4).transpose(np.argsort([*part, *rest]))
            ket = ket.ravel() / np.linalg.norm(ket)
            assert (ket.conj() @ WITNESS @ ket).real > 0


def test_the_transpose_of_a_part_of_a_product(rng):
    a, b, c, d = rng.normal(size=(4, 2, 2))
    whole = reduce(np.kron, (a, b, c, d))
    np.testing.assert_allclose(transposed(whole, (0, 2)), reduce(np.kron, (a.T, b, c.T, d)))
