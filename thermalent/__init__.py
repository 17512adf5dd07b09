"""Exact states of quantum networks driven by non-Markovian thermal noise.

Describe a network, solve it, read the result:

>>> import thermalent as te
>>> net = te.thermal_link(n_th=1220, kappa=1e-3)
>>> round(te.steady_state(net).concurrence(), 5)
0.67108

Names are loaded when first used, so that `import thermalent` stays quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from thermalent._version import __version__ as __version__
from thermalent.solving import registry as _registry

if TYPE_CHECKING:
    from thermalent import analytic as analytic
    from thermalent import continued_fraction as continued_fraction
    from thermalent import fock as fock
    from thermalent import hardware as hardware
    from thermalent import jumps as jumps
    from thermalent import stochastic as stochastic
    from thermalent import testing as testing
    from thermalent.analysis.conditional.given_amplitude import (
        conditional_states as conditional_states,
    )
    from thermalent.analysis.conditional.states import ConditionalStates as ConditionalStates
    from thermalent.analysis.cross_validation import cross_validate as cross_validate
    from thermalent.analysis.design.design import design as design
    from thermalent.analysis.design.requirement import requirement as requirement
    from thermalent.analysis.design.requirement_result import Requirement as Requirement
    from thermalent.analysis.entanglement_graph import entanglement_graph as entanglement_graph
    from thermalent.analysis.entanglement_rate import EntanglementRate as EntanglementRate
    from thermalent.analysis.entanglement_rate import entanglement_rate as entanglement_rate
    from thermalent.analysis.heat.currents import HeatCurrents as HeatCurrents
    from thermalent.analysis.heat.currents import dissipation as dissipation
    from thermalent.analysis.heat.currents import heat_currents as heat_currents
    from thermalent.analysis.heat.over_time import HeatOverTime as HeatOverTime
    from thermalent.analysis.heat.over_time import heat_over_time as heat_over_time
    from thermalent.analysis.optimise import optimise as optimise
    from thermalent.analysis.radiation.spectra import coherence as coherence
    from thermalent.analysis.radiation.spectra import spectrum as spectrum
    from thermalent.analysis.relaxation_rates import relaxation_rates as relaxation_rates
    from thermalent.analysis.relaxation_times import preparation_time as preparation_time
    from thermalent.analysis.relaxation_times import purity_time as purity_time
    from thermalent.analysis.shapes.best_filter import BestFilter as BestFilter
    from thermalent.analysis.shapes.best_filter import best_filter as best_filter
    from thermalent.analytic.methods.amplitude_fluctuations import (
        AmplitudeFluctuations as AmplitudeFluctuations,
    )
    from thermalent.analytic.methods.bourret import Bourret as Bourret
    from thermalent.analytic.methods.markov import Markov as Markov
    from thermalent.analytic.methods.phase_diffusion import PhaseDiffusion as PhaseDiffusion
    from thermalent.analytic.methods.quasistatic import Quasistatic as Quasistatic
    from thermalent.analytic.methods.strong_driving import StrongDriving as StrongDriving
    from thermalent.continued_fraction.method import ContinuedFraction as ContinuedFraction
    from thermalent.continued_fraction.sensitivity.result import Sensitivities as Sensitivities
    from thermalent.continued_fraction.sensitivity.sensitivities import (
        sensitivities as sensitivities,
    )
    from thermalent.excitations import peak_concurrence as peak_concurrence
    from thermalent.excitations import peak_transfer as peak_transfer
    from thermalent.excitations.amplitudes import SingleExcitation as SingleExcitation
    from thermalent.excitations.delayed import delayed_amplitudes as delayed_amplitudes
    from thermalent.excitations.delayed import delayed_peak as delayed_peak
    from thermalent.excitations.few import FewExcitations as FewExcitations
    from thermalent.excitations.transfer import transfer as transfer
    from thermalent.excitations.unknown import unknown_state_fidelity as unknown_state_fidelity
    from thermalent.filters.filter import Filter as Filter
    from thermalent.fock.master_equation import MasterEquation as MasterEquation
    from thermalent.fock.master_equation import master_equation as master_equation
    from thermalent.fock.method import Fock as Fock
    from thermalent.jumps.method import QuantumJumps as QuantumJumps
    from thermalent.models.clockwork import clockwork as clockwork
    from thermalent.models.cooperative import cooperative as cooperative
    from thermalent.models.dual_rail import dual_rail as dual_rail
    from thermalent.models.phononic_link import phononic_link as phononic_link
    from thermalent.models.ring_resonators import ring_resonators as ring_resonators
    from thermalent.models.thermal_link import thermal_link as thermal_link
    from thermalent.networks.geometry import Cascade as Cascade
    from thermalent.networks.geometry import ChiralWaveguide as ChiralWaveguide
    from thermalent.networks.geometry import CommonReservoir as CommonReservoir
    from thermalent.networks.geometry import SemiInfinite as SemiInfinite
    from thermalent.networks.network import Network as Network
    from thermalent.networks.nodes import CollectiveSpin as CollectiveSpin
    from thermalent.networks.nodes import Mode as Mode
    from thermalent.networks.nodes import Qubit as Qubit
    from thermalent.networks.nodes import Qudit as Qudit
    from thermalent.operators import distillation as distillation
    from thermalent.operators import entanglement as entanglement
    from thermalent.operators import states as states
    from thermalent.operators.distances import fidelity as fidelity
    from thermalent.operators.distances import purity as purity
    from thermalent.operators.distances import trace_distance as trace_distance
    from thermalent.operators.distances import von_neumann_entropy as von_neumann_entropy
    from thermalent.operators.distillation import coherent_information as coherent_information
    from thermalent.operators.distillation import distillation_yield as distillation_yield
    from thermalent.operators.distillation import (
        fully_entangled_fraction as fully_entangled_fraction,
    )
    from thermalent.operators.distillation import teleportation_fidelity as teleportation_fidelity
    from thermalent.operators.entanglement import concurrence as concurrence
    from thermalent.operators.entanglement import (
        entanglement_of_formation as entanglement_of_formation,
    )
    from thermalent.operators.entanglement import logarithmic_negativity as logarithmic_negativity
    from thermalent.operators.entanglement import negativity as negativity
    from thermalent.operators.entanglement import partial_trace as partial_trace
    from thermalent.operators.estimates import ComplexEstimate as ComplexEstimate
    from thermalent.operators.estimates import Estimate as Estimate
    from thermalent.operators.estimates import Estimates as Estimates
    from thermalent.operators.relative_entropy import rains_bound as rains_bound
    from thermalent.operators.wigner import Wigner as Wigner
    from thermalent.operators.wigner import wigner as wigner
    from thermalent.solution.errors import SolveError as SolveError
    from thermalent.solution.evolution import Evolution as Evolution
    from thermalent.solution.method import Method as Method
    from thermalent.solution.method import MethodError as MethodError
    from thermalent.solution.result import SteadyState as SteadyState
    from thermalent.solution.schedule import Schedule as Schedule
    from thermalent.solution.several import SteadyStates as SteadyStates
    from thermalent.solution.stored import load as load
    from thermalent.solving.many import steady_states as steady_states
    from thermalent.solving.solve import evolve as evolve
    from thermalent.solving.solve import methods as methods
    from thermalent.solving.solve import steady_state as steady_state
    from thermalent.stochastic.field_jumps import FieldJumps as FieldJumps
    from thermalent.stochastic.method import FieldTrajectories as FieldTrajectories
    from thermalent.support.errors import ResultFileError as ResultFileError
    from thermalent.support.errors import ThermalentError as ThermalentError
    from thermalent.sweeping.grid import points as points
    from thermalent.sweeping.grid import zipped as zipped
    from thermalent.sweeping.run import sweep as sweep
    from thermalent.sweeping.storage.integrity import StoreReport as StoreReport
    from thermalent.sweeping.storage.integrity import check_store as check_store

# Public names beside the methods and models, which the registry lists, by module.
_HOME = {
    "thermalent.analysis.conditional.given_amplitude": ("conditional_states",),
    "thermalent.analysis.conditional.states": ("ConditionalStates",),
    "thermalent.analysis.design.design": ("design",),
    "thermalent.analysis.design.requirement": ("requirement",),
    "thermalent.analysis.design.requirement_result": ("Requirement",),
    "thermalent.analysis.cross_validation": ("cross_validate",),
    "thermalent.analysis.entanglement_graph": ("entanglement_graph",),
    "thermalent.analysis.entanglement_rate": ("EntanglementRate", "entanglement_rate"),
    "thermalent.analysis.heat.currents": ("HeatCurrents", "dissipation", "heat_currents"),
    "thermalent.analysis.heat.over_time": ("HeatOverTime", "heat_over_time"),
    "thermalent.analysis.optimise": ("optimise",),
    "thermalent.analysis.relaxation_rates": ("relaxation_rates",),
    "thermalent.analysis.relaxation_times": ("preparation_time", "purity_time"),
    "thermalent.analysis.shapes.best_filter": ("BestFilter", "best_filter"),
    "thermalent.analysis.radiation.spectra": ("coherence", "spectrum"),
    "thermalent.continued_fraction.sensitivity.result": ("Sensitivities",),
    "thermalent.continued_fraction.sensitivity.sensitivities": ("sensitivities",),
    "thermalent.excitations": ("peak_concurrence", "peak_transfer"),
    "thermalent.excitations.delayed": ("delayed_amplitudes", "delayed_peak"),
    "thermalent.excitations.transfer": ("transfer",),
    "thermalent.excitations.unknown": ("unknown_state_fidelity",),
    "thermalent.filters.filter": ("Filter",),
    "thermalent.fock.master_equation": ("MasterEquation", "master_equation"),
    "thermalent.networks.geometry": (
        "Cascade",
        "ChiralWaveguide",
        "CommonReservoir",
        "SemiInfinite",
    ),
    "thermalent.networks.network": ("Network",),
    "thermalent.networks.nodes": ("CollectiveSpin", "Mode", "Qubit", "Qudit"),
    "thermalent.operators.distances": (
        "fidelity",
        "purity",
        "trace_distance",
        "von_neumann_entropy",
    ),
    "thermalent.operators.distillation": (
        "coherent_information",
        "distillation_yield",
        "fully_entangled_fraction",
        "teleportation_fidelity",
    ),
    "thermalent.operators.entanglement": (
        "concurrence",
        "entanglement_of_formation",
        "logarithmic_negativity",
        "negativity",
        "partial_trace",
    ),
    "thermalent.operators.estimates": ("ComplexEstimate", "Estimate", "Estimates"),
    "thermalent.operators.relative_entropy": ("rains_bound",),
    "thermalent.solution.errors": ("SolveError",),
    "thermalent.solution.evolution": ("Evolution",),
    "thermalent.solution.method": ("Method", "MethodError"),
    "thermalent.solution.result": ("SteadyState",),
    "thermalent.solution.schedule": ("Schedule",),
    "thermalent.operators.wigner": ("Wigner", "wigner"),
    "thermalent.solution.several": ("SteadyStates",),
    "thermalent.solution.stored": ("load",),
    "thermalent.solving.many": ("steady_states",),
    "thermalent.solving.solve": ("evolve", "methods", "steady_state"),
    "thermalent.support.errors": ("ResultFileError", "ThermalentError"),
    "thermalent.sweeping.grid": ("points", "zipped"),
    "thermalent.sweeping.run": ("sweep",),
    "thermalent.sweeping.storage.integrity": ("StoreReport", "check_store"),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}
_MODULE_OF |= _registry.public_modules()
_PACKAGES = (
    "analytic",
    "continued_fraction",
    "fock",
    "hardware",
    "jumps",
    "stochastic",
    "testing",
)
# Modules of the package that are public under a shorter name.
_MODULES = {
    "distillation": "thermalent.operators.distillation",
    "entanglement": "thermalent.operators.entanglement",
    "states": "thermalent.operators.states",
}

# Old names, which work until the next release and warn.
_RENAMED = {"Trajectories": "FieldTrajectories", "Amplitudes": "SingleExcitation"}

__all__ = sorted([*_MODULE_OF, *_PACKAGES, *_MODULES, "__version__"])


def __getattr__(name: str) -> Any:
    if name in _MODULE_OF:
        value = getattr(importlib.import_module(_MODULE_OF[name]), name)
    elif name in _PACKAGES:
        value = importlib.import_module(f"thermalent.{name}")
    elif name in _MODULES:
        value = importlib.import_module(_MODULES[name])
    elif name in _RENAMED:
        from thermalent.support.deprecation import warn

        warn(f"te.{name}", f"te.{_RENAMED[name]}")
        return __getattr__(_RENAMED[name])
    else:
        raise AttributeError(f"module 'thermalent' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
