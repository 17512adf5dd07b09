"""Stochastic fields, sampled exactly, and trajectories of the emitters that they drive."""

from thermalent.stochastic.coherence import SampledCoherence as SampledCoherence
from thermalent.stochastic.coherence import g1 as g1
from thermalent.stochastic.coherence import g2 as g2
from thermalent.stochastic.method import FieldTrajectories as FieldTrajectories
from thermalent.stochastic.ornstein_uhlenbeck import ornstein_uhlenbeck as ornstein_uhlenbeck
from thermalent.stochastic.polar import integrate_polar as integrate_polar
from thermalent.stochastic.polar import phase_diffusion as phase_diffusion
from thermalent.stochastic.polar import polar as polar
from thermalent.stochastic.trajectory import Distribution as Distribution
from thermalent.stochastic.trajectory import Trajectory as Trajectory
from thermalent.stochastic.trajectory import along as along
from thermalent.stochastic.trajectory import distribution as distribution
from thermalent.stochastic.trajectory import trajectory as trajectory
from thermalent.support.deprecation import renamed_names

__getattr__ = renamed_names(
    __name__, Trajectories="FieldTrajectories", Coherence="SampledCoherence"
)
