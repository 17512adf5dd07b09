"""Closed forms and approximations: functions on bare numbers, and methods on networks."""

from thermalent.analytic import cooperative as cooperative
from thermalent.analytic.bourret import bourret_concurrence as bourret_concurrence
from thermalent.analytic.bourret import bourret_lowest_order as bourret_lowest_order
from thermalent.analytic.bourret import bourret_populations as bourret_populations
from thermalent.analytic.bourret import bourret_saturation as bourret_saturation
from thermalent.analytic.bourret import kappa_max as kappa_max
from thermalent.analytic.dual_rail.formulas import dual_rail_gap as dual_rail_gap
from thermalent.analytic.dual_rail.formulas import (
    dual_rail_pair_concurrence as dual_rail_pair_concurrence,
)
from thermalent.analytic.dual_rail.formulas import dual_rail_pair_entropy as dual_rail_pair_entropy
from thermalent.analytic.dual_rail.formulas import (
    dual_rail_two_pair_concurrences as dual_rail_two_pair_concurrences,
)
from thermalent.analytic.dual_rail.state import DualRailState as DualRailState
from thermalent.analytic.dual_rail.state import dual_rail_state as dual_rail_state
from thermalent.analytic.markov import markov_populations as markov_populations
from thermalent.analytic.methods import AmplitudeFluctuations as AmplitudeFluctuations
from thermalent.analytic.methods import Bourret as Bourret
from thermalent.analytic.methods import Markov as Markov
from thermalent.analytic.methods import PhaseDiffusion as PhaseDiffusion
from thermalent.analytic.methods import Quasistatic as Quasistatic
from thermalent.analytic.methods import StrongDriving as StrongDriving
from thermalent.analytic.methods.recognise import IdealLink as IdealLink
from thermalent.analytic.methods.recognise import Mismatch as Mismatch
from thermalent.analytic.methods.recognise import classical_field as classical_field
from thermalent.analytic.methods.recognise import ideal_link as ideal_link
from thermalent.analytic.methods.recognise import one_mode as one_mode
from thermalent.analytic.phase_diffusion import (
    phase_diffusion_populations as phase_diffusion_populations,
)
from thermalent.analytic.phase_diffusion import phase_diffusion_state as phase_diffusion_state
from thermalent.analytic.populations import Populations as Populations
from thermalent.analytic.quasistatic import bidirectional_dark_state as bidirectional_dark_state
from thermalent.analytic.quasistatic import (
    bidirectional_quasistatic_populations as bidirectional_quasistatic_populations,
)
from thermalent.analytic.quasistatic import dark_state as dark_state
from thermalent.analytic.quasistatic import quasistatic_populations as quasistatic_populations
from thermalent.analytic.strong_driving import concurrence_at_n_star as concurrence_at_n_star
from thermalent.analytic.strong_driving import fraction_f1 as fraction_f1
from thermalent.analytic.strong_driving import fraction_f2 as fraction_f2
from thermalent.analytic.strong_driving import n_star as n_star
from thermalent.analytic.strong_driving import phi_eff as phi_eff
from thermalent.analytic.strong_driving import recurrence_populations as recurrence_populations
from thermalent.analytic.strong_driving import singlet_population as singlet_population
from thermalent.analytic.strong_driving import (
    strong_driving_concurrence as strong_driving_concurrence,
)
from thermalent.analytic.strong_driving import (
    strong_driving_populations as strong_driving_populations,
)
from thermalent.analytic.strong_driving import triplet_population as triplet_population
from thermalent.analytic.three_level import three_level_from_elements as three_level_from_elements
from thermalent.analytic.three_level import three_level_lowest_order as three_level_lowest_order
from thermalent.analytic.three_level import three_level_populations as three_level_populations
from thermalent.analytic.upsilon import upsilon as upsilon
from thermalent.analytic.upsilon import upsilon_complement as upsilon_complement
