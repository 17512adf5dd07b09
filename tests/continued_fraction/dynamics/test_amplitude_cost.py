"""The cost of an evolution from a strong coherent field: measured, and refused before it begins."""

from functools import partial

import numpy as np
import pytest

import thermalent as te
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.dynamics.all_tiers import AllTierSteps, InfluenceRegion
from thermalent.continued_fraction.dynamics.amplitude_cost import (
    amplitude_refusal,
    steps_from_amplitude,
)
from thermalent.continued_fraction.dynamics.coherent_source import SharpStart, referred
from thermalent.solution.plan import Plan
from thermalent.solution.tasks import EvolutionTask, Piece


def planned(amplitude, end):
    network = te.thermal_link(0.3, 1.0)
    task = EvolutionTask(
        pieces=(Piece(network, np.inf),),
        times=np.array([0.0, end]),
        initial=np.diag([1.0, 0, 0, 0]),
        source=(amplitude,),
    )
    return te.ContinuedFraction().plan(task)


@pytest.mark.parametrize(
    ("kappa", "amplitude", "end"), [(1.0, 12.0, 4.0), (1.0, 30.0, 1.0), (4.0, 20.0, 2.0)]
)
def test_the_estimate_against_the_tiers_that_the_emitters_see(kappa, amplitude, end):
    network = te.thermal_link(0.3, kappa)
    h = hierarchy(network)
    wide = referred(h, amplitude)
    start = SharpStart(wide, h.modes[0].variance, np.diag([1.0, 0, 0, 0]), amplitude, 0)
    chain = start.real(start.chain())
    steps = AllTierSteps(chain, partial(start.vector, chain), partial(start.generator, chain), 40)
    region = InfluenceRegion(steps, 1e-11)
    region.extend_to(end)
    measured = 2 * steps.propagators[0].cost(end, int(steps.at[region.tiers[-1] + 1]))
    estimated = steps_from_amplitude(network, h, amplitude, end, 1e-9)
    assert measured / 4 < estimated < 4 * measured


def without_the_moving_frame(amplitude, end):
    plan = planned(amplitude, end)
    plan.__dict__["frame"] = None
    return plan


def test_about_an_hour_is_refused():
    """A limit ten times higher or lower would show."""
    assert (
        amplitude_refusal(without_the_moving_frame(125.0, 10.0).of_amplitude, 125.0, 10.0) is None
    )
    refused = amplitude_refusal(without_the_moving_frame(190.0, 10.0).of_amplitude, 190.0, 10.0)
    assert "amplitude 190 the evolution to t = 10 would take about 7e+12" in refused
    assert isinstance(planned(190.0, 10.0), Plan)  # in the frame that moves with the field


def test_the_steps_are_part_of_the_cost_of_the_plan():
    strong, weak = without_the_moving_frame(100.0, 10.0).cost, planned(1.0, 10.0).cost
    network = te.thermal_link(0.3, 1.0)
    h = hierarchy(network)
    steps = steps_from_amplitude(network, h, 100.0, 10.0, 1e-9)
    assert strong.operations == pytest.approx(weak.operations + steps)
    assert steps > 1e11
    assert steps_from_amplitude(network, h, 1.0, 10.0, 1e-9) == 0.0
    assert planned(100.0, 10.0).cost.operations < 1e-2 * steps


def test_a_field_beyond_all_steps_is_refused_by_name():
    with pytest.raises(te.MethodError, match=r"coherent field with the amplitude 1e\+06"):
        te.evolve(te.thermal_link(0.3, 1e-2), [0.0, 100.0], "00", source=1e6)
