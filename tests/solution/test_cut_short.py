"""A result that an interrupt cut short is raised with what there is; a whole one is handed on."""

from dataclasses import replace

import pytest

import thermalent as te
from thermalent.solution.errors import Interrupted, whole


@pytest.mark.parametrize("evolved", [False, True])
def test_only_what_was_cut_short_is_raised(evolved):
    network = te.thermal_link(0.3, 0.2)
    result = te.evolve(network, [0.5], "00") if evolved else te.steady_state(network)
    finished = replace(result, stats={**result.stats, "partial": False})
    assert whole(result) is result
    assert whole(finished) is finished
    status = replace(result.status, message="Interrupted after 7 of 9 blocks.")
    partial = replace(result, stats={**result.stats, "partial": True}, status=status)
    with pytest.raises(Interrupted, match=status.message) as raised:
        whole(partial)
    assert raised.value.partial is partial
    assert isinstance(raised.value, KeyboardInterrupt)
