"""Every public function, class and method, with one good call of each."""

from __future__ import annotations

import inspect
import re
from functools import cache
from typing import NamedTuple

import thermalent as te
from tests.release.interface import interface

# Calls of these say nothing: errors and arrays, whose methods are those of Python and numpy, and
# the base class of methods, of which no object can be made.
_NOT_CALLED = re.compile(
    r"te\.(SolveError|MethodError|ResultFileError|ThermalentError|Method$|Estimates\.)"
)

# What a method is called on; a class in front of a method of the class itself.
_ON = {
    "te.BestFilter": "BEST",
    "te.Cascade": "te.Cascade(rates=(1.0, 0.5))",
    "te.ChiralWaveguide": "te.ChiralWaveguide(right=(1.0, 1.0), left=(0.5, 0.0), positions=(0, 1))",
    "te.CommonReservoir": "te.CommonReservoir(rates=(1.0, 0.5))",
    "te.SemiInfinite": "te.SemiInfinite(rates=(1.0, 0.5), positions=(0.0, 1.0))",
    "te.Evolution": "EVOLUTION",
    "te.SteadyStates": "te.steady_states([LINK, LINK])",
    "te.Wigner": "te.wigner([0.0, 1.0], [-1.0, 0.0, 1.0])",
    "te.FieldTrajectories": "te.FieldTrajectories(n=64, burn_in=1.0, window=1.0, step=0.05)",
    "te.FieldJumps": "te.FieldJumps(n=8, burn_in=1.0, window=1.0)",
    "te.QuantumJumps": "te.QuantumJumps(n=8, cutoff=3, burn_in=1.0, window=1.0)",
    "te.Filter": "FILTER",
    "te.Fock": "te.Fock(cutoff=3)",
    "te.Method": "te.ContinuedFraction()",
    "te.MasterEquation": "MASTER",
    "te.Network": "LINK",
    "te.Qudit": "te.Qudit(name='q', lower=[[0, 1], [0, 0]])",
    "te.Schedule": "te.Schedule([(LINK, 1.0), (LINK, 2.0)])",
    "te.HeatCurrents": "te.heat_currents(LINK)",
    "te.HeatOverTime": "te.heat_over_time(LINK, [1.0], '00')",
    "te.ConditionalStates": "GIVEN",
    "te.Requirement": "te.requirement('loss', 0.1, temperature=4.0)",
    "te.Sensitivities": "SLOPES",
    "te.SteadyState": "STATE",
    "te.analytic.DualRailState": "RAILS",
    "te.analytic.Populations": "te.analytic.markov_populations(1.0)",
    "te.hardware.Hardware": "HARDWARE",
    "te.hardware.Laboratory": "te.hardware.preset('ring-nv')",
    "te.stochastic.Trajectory": "SINGLE",
}

# Good values of arguments by name, where a target has none of its own.
_ARGUMENTS = {
    "network": "LINK", "networks": "[LINK, LINK]", "n_th": "0.3", "kappa": "1.0", "gamma": "1.0",
    "rates": "(1.0, 0.5)", "positions": "(0.0, 1.0)", "times": "[0.0, 1.0]", "initial": "'00'",
    "target": "'01'", "until": "3.0", "rho": "RHO", "sigma": "np.eye(4) / 4", "state": "RHO",
    "dims": "(2, 2)", "phi": "0.3", "x": "0.4", "tolerance": "1e-9", "name": "'q'", "size": "4",
    "frequencies": "[0.0, 0.5]", "delays": "[0.0, 0.5]", "builder": "te.thermal_link",
    "lags": "[0, 2]", "paths": "PATHS", "step": "0.1", "rate": "1.0", "variance": "1.0",
    "radius": "1.0", "temperature": "'293K'", "frequency": "'5GHz'", "qubits": "2", "order": "2",
    "fwhm": "1.0", "squeezing": "0.7", "pairs": "1", "alpha": "0.4", "detuning": "0.2",
    "source": "'stationary'", "task": "TASK", "tasks": "[TASK]", "emitters": "EMITTERS",
    "method": "te.ContinuedFraction()", "how": "'by hand'", "value": "1.0", "error": "0.1",
    "rng": "np.random.default_rng(1)", "t": "[0.0, 0.5]", "start": "'10'", "squared": "True",
    "dims_": "(2, 2)", "base": "2", "decay": "1.0", "part": "0", "index": "0", "other": "LINK",
    "concurrence": "0.5", "populations": "te.analytic.markov_populations(1.0)", "kind": "'many'",
}  # fmt: skip

# What has a method `save`.
_SAVED = ("SteadyState", "SteadyStates", "Evolution", "Sensitivities", "BestFilter", "Requirement")

_OWN: dict[str, dict[str, str]] = {
    "te.BestFilter": {
        "filter": "FILTER", "concurrence": "BEST.concurrence", "n_th": "1.0",
        "reflection": "[0.1, 1.0]",
        "numerator": "[1.0]", "unit": "1.0", "gradient": "0.0", "ends": "(0.1,)", "agreeing": "1",
        "quanta": "2", "tiers": "9", "evaluations": "3",
    },
    "te.BestFilter.plot": {"path": "'filter.png'"},
    "te.ChiralWaveguide": {"right": "(1.0, 1.0)", "left": "(0.5, 0.0)"},
    "te.ChiralWaveguide.from_chirality": {"chirality": "0.3"},
    "te.ConditionalStates": {
        "distribution": "'P'", "mean": "STATE", "coefficients": "GIVEN.coefficients",
    },
    "te.ConditionalStates.average_over_histories": {"n": "64"},
    "te.ConditionalStates.measure": {"name": "'concurrence'"},
    "te.ConditionalStates.plot": {"points": "11"},
    "te.conditional_states": {"distribution": "'Husimi'"},
    "te.ContinuedFraction": {"rtol": "1e-8"},
    "te.Estimates": {"values": "[1.0, 2.0]", "error": "[0.1, 0.2]"},
    **{
        f"{owner}.{method}": good
        for owner in ("te.SteadyState", "te.Evolution")
        for method, good in {
            "expectation": {"operator": "np.diag([0, 1, 1, 2])"},
            "bloch": {"name": "'q1'"},
            "plot_bloch": {"*": "('q1',)"},
        }.items()
    },
    "te.Evolution.fidelity": {"state": "np.array([1.0, 0, 0, 0])"},
    "te.SteadyState.fidelity": {"state": "np.array([1.0, 0, 0, 0])"},
    "te.Evolution": {
        "method": "EVOLUTION.method", "states": "EVOLUTION.states", "error": "EVOLUTION.error",
    },
    "te.HeatCurrents": {
        "hot": "te.Estimate(0.1, 0.0, 'x')", "output": "te.Estimate(0.1, 0.0, 'x')",
        "elsewhere": "te.Estimate(0.0, 0.0, 'x')",
        "entropy_production": "te.Estimate(0.0, 0.0, 'x')",
    },
    "te.HeatOverTime": {
        name: "te.Estimates(np.zeros(1), np.zeros(1), 'x')"
        for name in ("hot", "output", "elsewhere", "quanta")
    },
    "te.dissipation": {"result": "te.steady_state(te.cooperative(individual_decay=0.1))"},
    "te.hardware.Hardware.watts": {"current": "0.1"},
    "te.Method.distance_of_alternatives": {"result": "STATE"},
    "te.ContinuedFraction.distance_of_alternatives": {"result": "STATE"},
    "te.Method.steady_state_arrays": {"networks": "ARRAYS"},
    "te.ContinuedFraction.steady_state_arrays": {"networks": "ARRAYS"},
    "te.Schedule": {"pieces": "[(LINK, 1.0), (LINK, 2.0)]"},
    "te.Schedule.in_steps": {"times": "np.array([0.5, 2.0])"},
    "te.SteadyState": {"method": "STATE.method", "state": "STATE.state", "error": "STATE.error"},
    "te.FieldJumps": {"n": "8"},
    "te.FieldTrajectories": {"n": "64"},
    "te.FieldTrajectories.paths": {"initial": "np.diag([1.0, 0, 0, 0])"},
    "te.Filter": {"system": "FILTER.system", "absorption": "np.zeros((2, 2))"},
    "te.Filter.chebyshev": {"ripple": "0.5"},
    "te.Filter.detuned": {"detunings": "(0.1, 0.2)"},
    "te.Filter.from_spectrum": {
        "data": "np.array([(w, 1 / (1 + w**2)) for w in np.arange(-40, 41) / 10])",
    },
    "te.Filter.from_touchstone": {"path": "'nothing.s2p'"},
    "te.Filter.poles_and_zeros": {"poles": "[-1.0]"},
    "te.Filter.scaled": {"factor": "2.0"},
    "te.Filter.transfer": {"numerator": "[1.0]", "denominator": "[1.0, 1.0]"},
    "te.Fock": {"cutoff": "3"},
    "te.Network": {
        "nodes": "(te.Mode(n_th=1.0, bath_rate=1.0), te.Qubit(name='q'))",
        "exchange": "np.zeros((2, 2))", "decay": "[[1, 1], [1, 1]]",
    },
    "te.MasterEquation": {
        "hamiltonian": "MASTER.hamiltonian", "jumps": "MASTER.jumps",
        "lowering": "MASTER.lowering", "dims": "MASTER.dims",
    },
    "te.Network.position": {"name": "'q1'"},
    "te.PhaseDiffusion": {"r0": "1.0"},
    "te.QuantumJumps": {"n": "8"},
    "te.Quasistatic": {"rtol": "1e-5"},
    "te.Qudit": {"lower": "[[0, 1], [0, 0]]"},
    "te.Qudit.differences": {"other": "te.Qudit(name='r', lower=[[0, 2], [0, 0]])"},
    "te.Sensitivities": {
        "value": "BEST.concurrence", "derivatives": "{'kappa': 1.0}", "errors": "{'kappa': 1e-9}",
        "tiers": "5",
    },
    "te.StoreReport": {
        "path": "pathlib.Path('nowhere')", "metadata": "()", "blocks": "()", "finished": "1",
        "unchecked": "False",
    },
    **{f"te.{owner}.save": {"path": "'saved.npz'"} for owner in _SAVED},
    "te.SteadyStates": {"results": "[STATE]"},
    "te.SteadyStates.fidelity": {"state": "np.array([1.0, 0, 0, 0])"},
    "te.SteadyStates.expectation": {"operator": "np.diag([0, 1, 1, 2])"},
    "te.Wigner": {"x": "[0.0]", "p": "[0.0]", "values": "[[0.3]]"},
    "te.wigner": {"state": "np.array([0.0, 1.0])", "x": "[0.0, 1.0]", "p": "[0.5]"},
    "te.load": {"path": "'nothing.npz'"},
    "te.check_store": {"store": "'nowhere.zarr'"},
    "te.best_filter": {"n_th": "10.0", "order": "1", "starts": "1"},
    "te.clockwork": {"scheme": "'lowest transition'"},
    "te.continued_fraction.Hierarchy": {
        "liouvillian": "np.eye(4)", "numbers": "np.arange(2)", "modes": "((1.0, 0.3),)",
        "bright_dark": "np.eye(2)",
    },
    "te.continued_fraction.evaluate": {"a": "lambda n: 1.0", "b": "lambda n: 2.0"},
    "te.continued_fraction.evaluate_continuants": {"a": "lambda n: 1.0", "b": "lambda n: 2.0"},
    "te.continued_fraction.evaluate_mp": {"a": "lambda n: 1.0", "b": "lambda n: 2.0"},
    "te.design": {
        "gamma": "'10MHz'", "target": "0.1", "filters": "1", "shapes": "('cavities',)",
        "attenuate": "False", "margins": "(0.05,)",
    },
    "te.dual_rail": {"pairs": "1", "squeezing": "0.5"},
    "te.entanglement_graph": {"state": "STATE"},
    "te.optimise": {
        "builder": "lambda kappa: te.thermal_link(10.0, kappa)",
        "ranges": "{'kappa': (0.001, 1.0)}",
        "objective": "'concurrence'", "starts": "1", "allow_bounds": "True",
    },
    "te.Requirement": {
        "unknown": "'loss'", "target": "0.1", "best_value": "0.0", "limits": "()", "ranges": "()",
        "laboratory": "te.requirement('loss', 0.1, temperature=4.0).laboratory",
        "concurrence": "te.Estimate(0.1, 0.0, '')", "together": "None", "alternatives": "()",
    },
    "te.Requirement.curve": {"values": "[0.0, 0.01]", "without": "''"},
    "te.requirement": {"unknown": "'loss'", "target": "0.3", "temperature": "4.0"},
    "te.peak_concurrence": {"network": "RINGS", "initial": "'10'"},
    "te.peak_transfer": {"network": "RINGS", "initial": "'10'"},
    "te.thermal_link": {"kappa": "1.0"},
    "te.phononic_link": {"kappa": "1.0", "wavelengths": "(0.3, 0.4)"},
    "te.points": {"given": "[{'n_th': 1.0, 'kappa': 0.5}, {'n_th': 2.0, 'kappa': 0.4}]"},
    "te.purity_time": {"network": "PAIR"},
    "te.relaxation_rates": {"count": "1"},
    "te.ring_resonators": {"coupling": "(0.3, 0.4)"},
    "te.sensitivities": {"parameters": "{'n_th': 0.3, 'kappa': 1.0}"},
    "te.spectrum": {"of": "'output'"},
    "te.steady_state": {"method": "te.Fock(cutoff=4)"},
    "te.sweep": {
        "grid": "{'n_th': [0.3, 0.5], 'kappa': [1.0]}", "observables": "'purity'",
        "executor": "1", "progress": "False",
    },
    "te.delayed_amplitudes": {"network": "RINGS", "initial": "'10'", "delay": "0.5"},
    "te.delayed_peak": {"network": "RINGS", "initial": "'10'", "delay": "0.5", "until": "20.0"},
    "te.transfer": {"network": "RINGS", "initial": "'10'"},
    "te.unknown_state_fidelity": {"network": "RINGS", "levels": "[('10', '01')]"},
    "te.zipped": {"**": "{'n_th': [1.0, 2.0], 'kappa': [0.5, 0.4]}"},
    "te.analytic.DualRailState": {
        "delta_a": "(0.0,)", "delta_b": "(0.0,)", "permutation": "(0,)", "ket": "RAILS.ket",
    },
    "te.analytic.DualRailState.concurrence": {"first": "'A1'", "second": "'B1'"},
    "te.analytic.DualRailState.entropy": {"part": "('A1',)"},
    "te.analytic.DualRailState.reduced": {"*": "('A1',)"},
    "te.analytic.Mismatch": {"reason": "'because'"},
    "te.analytic.Populations": {
        "ground": "0.4", "singlet": "0.3", "triplet": "0.2", "excited": "0.1",
    },
    "te.analytic.dual_rail_two_pair_concurrences": {"difference": "0.3"},
    "te.analytic.kappa_max": {"n_th": "10.0"},
    "te.cross_validate": {"methods": "[te.ContinuedFraction(), te.Markov()]"},
    "te.EntanglementRate": {
        "value": "te.Estimate(1.0, 0.1, 'x')", "time": "1.0",
        "amount": "te.Estimate(1.0, 0.1, 'x')", "interior": "True",
    },
    "te.entanglement_rate": {"network": "PAIR", "observable": "'concurrence'", "initial": "'10'"},
    "te.distillation.Recurrence": {
        "weights": "np.array([0.7, 0.1, 0.1, 0.1])", "probability": "0.8", "pairs": "0.4",
    },
    "te.distillation.recurrence": {"weights": "[0.7, 0.1, 0.1, 0.1]"},
    "te.entanglement.check_dims": {"size": "4"},
    "te.entanglement.concurrence_x": {"rho": "np.diag([0.4, 0.3, 0.2, 0.1])"},
    "te.entanglement.concurrence_populations": {
        "populations": "{'00': 0.4, 'S': 0.3, 'T': 0.2, '11': 0.1}",
    },
    "te.entanglement.partial_trace": {"keep": "(0,)"},
    "te.hardware.Hardware": {
        "network": "LINK", "rate_unit": "1e6", "temperature": "293.0", "frequency": "5e9",
        "quality": "250.0", "n_th": "0.3", "gamma": "(1.0, 1.0)", "detuning": "(0.0, 0.0)",
        "dephasing": "(0.0, 0.0)", "loss": "(0.0,)",
    },
    "te.hardware.Laboratory": {"network": "LINK", "rate_unit": "1e6", "numbers": "()"},
    "te.hardware.dual_rail_link": {"gamma": "'10MHz'"},
    "te.hardware.bidirectional_link": {"gamma": "'10MHz'"},
    "te.hardware.Preset": {
        "what": "'a link'", "link": "te.hardware.superconducting_link",
        "numbers": "{'quality': 100.0}", "source": "'here'", "assumed": "''",
    },
    "te.hardware.QuantityRow": {
        "quantity": "'rate'", "symbol": "'g'", "laboratory": "'1 MHz'", "network": "'1'",
    },
    "te.hardware.preset": {"name": "'superconducting'", "**": "{'quality': 300.0}"},
    "te.hardware.colour_centre_link": {"gamma": "'1MHz'"},
    "te.hardware.superconducting_link": {"gamma": "'10MHz'"},
    "te.states.bell": {"kind": "'S'"},
    "te.states.check_ket": {"psi": "np.array([1.0, 0, 0, 0])"},
    "te.states.dicke": {"n": "3", "k": "1"},
    "te.states.initial_state": {"spec": "'01'"},
    "te.states.ket": {"label": "'01'"},
    "te.states.lowest_eigenvalue": {"matrix": "RHO"},
    "te.states.product": {"*": "(np.eye(2) / 2, np.eye(2) / 2)"},
    "te.states.w_state": {"n": "3"},
    "te.stochastic.Distribution": {
        "edges": "[0.0, 1.0]", "counts": "[1]", "outside": "0", "mean": "0.5",
        "standard_error": "0.1",
    },
    "te.stochastic.SampledCoherence": {"lags": "[0.0]", "value": "[1.0]", "error": "[0.1]"},
    "te.stochastic.Trajectory": {"field": "SINGLE.field", "evolution": "SINGLE.evolution"},
    "te.stochastic.along": {"integrals": "np.full(4, 0.01 + 0j)"},
    "te.stochastic.distribution": {
        "observable": "lambda state: state[3, 3].real", "method": "te.FieldTrajectories(n=64)",
        "time": "1.0",
    },
    "te.stochastic.g1": {"times": "np.arange(40) * 0.1", "batches": "4"},
    "te.stochastic.g2": {"times": "np.arange(40) * 0.1", "batches": "4"},
    "te.stochastic.trajectory": {"step": "0.1"},
    "te.testing.assert_methods_agree": {"*": "(te.ContinuedFraction(), te.Fock())"},
    "te.testing.assert_state": {"found": "STATE"},
    "te.testing.assert_within_errors": {
        "found": "[1.0]", "expected": "[1.0]", "error": "1e-9",
    },
    "te.testing.networks": {"kind": "'ordinary'"},
    "te.testing.random_network": {"kind": "'ordinary'"},
    "te.StrongDriving": {"leading": "True"},
    "te.Filter.plot": {"points": "11"},
}  # fmt: skip


# Their good call is refused, since it needs a file.
_NEEDS_A_FILE = ("te.Filter.from_touchstone", "te.check_store", "te.load")

# Constructors of what functions return, and values for a later call: they hold what they are given.
_HOLDERS = (
    "te.BestFilter", "te.MasterEquation", "te.ComplexEstimate", "te.Estimate", "te.Estimates",
    "te.Evolution",
    "te.SteadyState", "te.SteadyStates", "te.Wigner",
    "te.BestFilter", "te.ConditionalStates", "te.MasterEquation", "te.ComplexEstimate",
    "te.Estimate", "te.Estimates", "te.Evolution", "te.SteadyState",
    "te.Sensitivities", "te.StoreReport", "te.analytic.DualRailState", "te.analytic.IdealLink",
    "te.analytic.Mismatch", "te.analytic.Populations", "te.continued_fraction.Hierarchy",
    "te.EntanglementRate", "te.distillation.Recurrence", "te.hardware.Hardware",
    "te.hardware.Laboratory", "te.hardware.Preset", "te.hardware.QuantityRow", "te.points",
    "te.stochastic.Distribution", "te.stochastic.SampledCoherence", "te.stochastic.Trajectory",
    "te.zipped",
)  # fmt: skip


class Target(NamedTuple):
    """Something public that can be called.

    Args:
        path: Its name from `te` on.
        call: The expression that is called.
        good: Arguments of a good call as expressions by name; those without a name are "*", those
            of any name "**".
        parameters: The names of all arguments that it takes.
    """

    path: str
    call: str
    good: dict[str, str]
    parameters: tuple[str, ...]

    @property
    def works(self) -> bool:
        """Whether the good call gives a result."""
        return self.path not in _NEEDS_A_FILE

    @property
    def holds(self) -> bool:
        """Whether the result only holds what it is given, numbers that are not finite included."""
        return self.path in _HOLDERS


@cache
def targets() -> dict[str, Target]:
    """Every public function, class and method by its name; what has two names once."""
    found: dict[str, Target] = {}
    seen: set[int] = set()
    # What is inherited counts as that of the base class.
    for line in sorted(interface(), key=lambda line: not line.startswith("thermalent.Method")):
        path = re.sub(r"^thermalent\.", "te.", line.partition("(")[0])
        if "(" not in line or line.startswith("$") or _NOT_CALLED.match(path):
            continue
        value = te
        for part in path.split(".")[1:]:
            owner, value = value, inspect.getattr_static(value, part, None) or getattr(value, part)
        if id(value) not in seen and not getattr(value, "__isabstractmethod__", False):
            seen.add(id(value))
            found[path] = _target(path, owner, value)
    return found


def _target(path: str, owner: object, value: object) -> Target:
    call = path
    if inspect.isclass(owner) and not isinstance(value, (classmethod, staticmethod)):
        where, _, name = path.rpartition(".")
        call = f"{_ON.get(where, f'{where}()')}.{name}"
    function = getattr(value, "__func__", value)
    names = tuple(inspect.signature(function).parameters.values())  # type: ignore[arg-type]
    taken: dict[str, str] = {}
    kinds = inspect.Parameter
    for parameter in names:
        if parameter.name in ("self", "cls"):
            continue
        label = {kinds.VAR_POSITIONAL: "*", kinds.VAR_KEYWORD: "**"}.get(
            parameter.kind, parameter.name
        )
        taken[label] = "" if parameter.default is kinds.empty and label[0] != "*" else "optional"
    own = _OWN.get(path, {})
    good = dict(own)
    for name, optional in taken.items():
        if name not in own and not optional:
            good[name] = _ARGUMENTS.get(name, "None")
    return Target(path, call, good, tuple(taken))
