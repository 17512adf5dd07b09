"""The approximations as methods: each applies to the networks that it was derived for."""

from thermalent.analytic.methods_bourret import Bourret as Bourret
from thermalent.analytic.methods_markov import Markov as Markov
from thermalent.analytic.methods_phase_diffusion import PhaseDiffusion as PhaseDiffusion
from thermalent.analytic.methods_quasistatic import Quasistatic as Quasistatic
from thermalent.analytic.methods_strong_driving import StrongDriving as StrongDriving
