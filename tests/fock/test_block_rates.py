"""The rate by which blocks scale their first step bounds the generator, and is little above it."""

import numpy as np
import pytest

import thermalent as te
from thermalent.fock.blocks import SectorGenerators
from thermalent.fock.sectors import sector
from thermalent.fock.space import emitter_numbers, space

LOWER = np.array([[0.0, 1, 0], [0, 0, 0], [0, 0, 0]])
BOTH = np.array([[0.0, 1, 1], [0, 0, 0], [0, 0, 0]])  # sums of a row and of a column: 2 and 1


@pytest.mark.parametrize("turned", [False, True])
def test_the_rate_takes_the_larger_of_rows_and_columns(turned):
    jump = BOTH.T if turned else BOTH
    qudit = te.Qudit(name="q", lower=LOWER, local_jumps=(jump,))
    network = te.Network(nodes=(qudit,), exchange=[[0.0]], decay=[[0.0]])
    base = space(network, (), emitter_numbers(network))
    elements = np.ones(sector(base, 0).elements, dtype=complex)
    blocks = SectorGenerators(network, base, sector(base, 0), 0, elements)
    decay = jump.T @ jump / 2  # its sums: of equal elements 1/2, or of one element 1
    assert blocks.rate == pytest.approx(2 * np.abs(decay).sum(axis=0).max() + 2 * 2)
    columns = [blocks(unit) for unit in np.eye(len(blocks.pack(elements)))]
    assert np.linalg.norm(columns, 2) <= blocks.rate <= 3 * np.linalg.norm(columns, 2)
