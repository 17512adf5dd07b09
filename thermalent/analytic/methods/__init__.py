"""The approximations as methods: each applies to the networks that it was derived for."""

from thermalent.analytic.methods.amplitude_fluctuations import (
    AmplitudeFluctuations as AmplitudeFluctuations,
)
from thermalent.analytic.methods.bourret import Bourret as Bourret
from thermalent.analytic.methods.markov import Markov as Markov
from thermalent.analytic.methods.phase_diffusion import PhaseDiffusion as PhaseDiffusion
from thermalent.analytic.methods.quasistatic import Quasistatic as Quasistatic
from thermalent.analytic.methods.strong_driving import StrongDriving as StrongDriving
