"""Evolutions of many emitters by whatever takes least: the same states within their errors."""

import numpy as np
import pytest

import thermalent as te
from thermalent.continued_fraction.chain.chain import hierarchy_chain
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.dynamics import relaxation
from thermalent.continued_fraction.dynamics.laplace import reduced

TIMES = np.geomspace(0.1, 14.0, 12)


def test_transforms_of_large_blocks_alone_count_as_work():
    small = hierarchy_chain(hierarchy(te.thermal_link(1.0, 0.1, qubits=2)))
    large = hierarchy_chain(hierarchy(te.thermal_link(1.0, 0.1, qubits=4)))
    assert reduced.work_of_transform(small, 30) == 0.0
    m = max(len(block) for block in large.a)
    assert reduced.work_of_transform(large, 30) == pytest.approx(160 * m**3)


@pytest.mark.parametrize("source", ["stationary", "empty"])
def test_steps_lines_and_contours_agree(monkeypatch, source):
    """Also contours alone, which take many times as long for more emitters."""
    network = te.thermal_link(0.05, 0.5, qubits=3, detuning=0.1)
    monkeypatch.setattr(reduced, "MOST_AT_NODES", 0)  # as if its blocks were large

    def evolved(**limits):
        with monkeypatch.context() as patch:
            for name, value in limits.items():
                patch.setattr(relaxation, name, value)
            return te.evolve(network, TIMES, "100", source=source)

    never, always = np.inf, 0.0
    stepped = evolved(_STEPPED=never)
    assert stepped.stats["stepped_times"] == len(TIMES)
    none = {"_STEPPED": always, "_LIKE_A_CONTOUR": always}
    line = evolved(**none, _DEAR_STEPS=-1.0, _LIKE_A_LINE=always)
    contours = evolved(**none, _DEAR_STEPS=never, _DEAR_TRANSFORM=never)
    for found in (line, contours):
        assert found.stats["stepped_times"] < len(TIMES)
        apart = np.max(np.abs(found.states - stepped.states), axis=(1, 2))
        assert np.all(apart <= found.error + stepped.error)
        assert np.max(found.error) < 2e-9
