"""Qubits that decay into one common reservoir: populations, detuned pairs, and what they keep."""

from thermalent.analytic.cooperative.detuned_pair import DetunedRates as DetunedRates
from thermalent.analytic.cooperative.detuned_pair import detuned_amplitudes as detuned_amplitudes
from thermalent.analytic.cooperative.detuned_pair import detuned_rates as detuned_rates
from thermalent.analytic.cooperative.reservoir import PAIR_STARTS as PAIR_STARTS
from thermalent.analytic.cooperative.reservoir import PairConcurrences as PairConcurrences
from thermalent.analytic.cooperative.reservoir import (
    dark_mixture_negativity as dark_mixture_negativity,
)
from thermalent.analytic.cooperative.reservoir import limit_concurrences as limit_concurrences
from thermalent.analytic.cooperative.reservoir import pair_energy as pair_energy
from thermalent.analytic.cooperative.reservoir import pair_limit as pair_limit
from thermalent.analytic.cooperative.reservoir import pair_populations as pair_populations
from thermalent.analytic.cooperative.reservoir import product_limit as product_limit
from thermalent.analytic.cooperative.reservoir import (
    single_excitation_amplitudes as single_excitation_amplitudes,
)
from thermalent.analytic.cooperative.reservoir import w_like_state as w_like_state
from thermalent.analytic.cooperative.spin_weights import SpinWeights as SpinWeights
from thermalent.analytic.cooperative.spin_weights import basis_spin_weights as basis_spin_weights
from thermalent.analytic.cooperative.spin_weights import dicke_spin_weights as dicke_spin_weights
from thermalent.analytic.cooperative.spin_weights import (
    product_spin_weights as product_spin_weights,
)
from thermalent.analytic.cooperative.spin_weights import spin_weights as spin_weights
