"""Operators of one subsystem on the space of all: as Kronecker products have their elements."""

import numpy as np
import pytest
from scipy import sparse

from thermalent.operators import superoperators
from thermalent.operators.superoperators import embed, sparse_embed

DIMS = (3, 2, 4)


def local_of(d, kind):
    rng = np.random.default_rng([d, len(kind)])
    given = rng.standard_normal((d, d)) * (rng.random((d, d)) < 0.6)
    if kind == "complex":
        return given * (1 + 0.5j)
    if kind == "integers":
        return np.eye(d, dtype=int)
    return sparse.csr_array(given) if kind == "sparse" else given


@pytest.mark.parametrize("kind", ["real", "complex", "integers", "sparse"])
@pytest.mark.parametrize("position", range(3))
def test_every_element_stands_where_a_kronecker_product_has_it(position, kind):
    local = local_of(DIMS[position], kind)
    flat = local.toarray() if kind == "sparse" else local
    factors = [np.eye(d) for d in DIMS]
    factors[position] = flat
    expected = np.kron(np.kron(*factors[:2]), factors[2])
    found = sparse_embed(local, position, DIMS)
    assert np.array_equal(found.toarray(), expected)
    assert found.dtype == expected.dtype
    assert found.nnz == np.count_nonzero(expected)
    assert found.has_sorted_indices
    assert found.indices.dtype == np.int32
    assert np.array_equal(superoperators.dense(embed(flat, position, DIMS)), expected)


def test_more_elements_than_small_indices_count_have_larger_ones(monkeypatch):
    local = np.diag([1.0, 2.0], 1)  # two elements, each twice
    for most, index in ((6, np.int32), (5, np.int64)):
        monkeypatch.setattr(superoperators, "_MOST_INT32", most)
        given = []
        original = sparse.coo_array

        def kept(what, shape=None, given=given, original=original):
            if shape is not None:
                given.append(what[1][0].dtype)
            return original(what, shape=shape)

        monkeypatch.setattr(superoperators.sparse, "coo_array", kept)
        found = sparse_embed(local, 0, (3, 2))
        assert np.array_equal(found.toarray(), np.kron(local, np.eye(2)))
        assert given == [index]
        monkeypatch.undo()
