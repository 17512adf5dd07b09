"""The one list of methods and models: data only, so that importing it loads nothing.

The lazy names of the package, `te.methods`, `te.cross_validate`, the default methods, the choices
and options of the command line, study files and the tables of the documentation are read from it.
"""

from __future__ import annotations

import importlib
from typing import Any, NamedTuple


class MethodEntry(NamedTuple):
    """A method.

    Args:
        key: Its name on the command line and in study files.
        name: Its class.
        module: Where the class is.
        refuses: What it cannot do, each in words; for the table of methods, where they stand in a
            row. A test has a task for each that the method refuses.
        claim: The claim on its numbers: "exact", "statistical" or "approximate".
        error: What the error of its results is, in words; for the same table.
        steady: Whether it gives steady states.
        evolves: Whether it gives states over time.
        options: Parameters that the command line has options for, keys of `METHOD_OPTIONS`.
    """

    key: str
    name: str
    module: str
    refuses: tuple[str, ...]
    claim: str = "approximate"
    error: str = "not known"
    steady: bool = True
    evolves: bool = False
    options: tuple[str, ...] = ()


class ModelEntry(NamedTuple):
    """A function that returns a network.

    Args:
        key: Its name in study files, and below `te`.
        name: The function.
        module: Where it is.
    """

    key: str
    name: str
    module: str


# Exact methods first, the preferred one leading; then the statistical ones and approximations.
METHODS = (
    MethodEntry(
        key="continued-fraction",
        name="ContinuedFraction",
        module="thermalent.continued_fraction.method",
        claim="exact",
        error=(
            "three times the change with more tiers, in another scaling; in more digits a "
            "proof, see [errors](errors.md)"
        ),
        refuses=(
            "networks without a mode",
            "one mode without U(1) symmetry",
            "evolution under several modes that drive in several ways",
            "what does not fit in memory",
        ),
        evolves=True,
        options=("rtol", "n_max", "digits"),
    ),
    MethodEntry(
        key="fock",
        name="Fock",
        module="thermalent.fock.method",
        claim="exact",
        error="a bound of the truncation, plus the solver's",
        refuses=("what does not fit in memory",),
        evolves=True,
        options=("tolerance", "cutoff"),
    ),
    MethodEntry(
        key="few-excitations",
        name="FewExcitations",
        module="thermalent.excitations.few",
        claim="exact",
        error="rounding of the exponential",
        refuses=("steady states", "networks that something feeds"),
        steady=False,
        evolves=True,
    ),
    MethodEntry(
        key="amplitudes",
        name="SingleExcitation",
        module="thermalent.excitations.amplitudes",
        claim="exact",
        error="rounding of the exponential",
        refuses=("steady states", "networks that something feeds", "more than one excitation"),
        steady=False,
        evolves=True,
    ),
    MethodEntry(
        key="trajectories",
        name="FieldTrajectories",
        module="thermalent.stochastic.method",
        claim="statistical",
        error="the standard error and the bias of the step",
        refuses=("back-action", "pairs of quanta", "more than 32 emitter levels"),
        evolves=True,
    ),
    MethodEntry(
        key="quantum-jumps",
        name="QuantumJumps",
        module="thermalent.jumps.method",
        claim="statistical",
        error="the standard error, 1/n and the truncation",
        refuses=(
            "classical (no back-action) modes",
            "modes that gain pairs faster than they lose quanta",
            "kets above 2e6 amplitudes (two qubits behind a mode of 6e4 quanta)",
        ),
        evolves=True,
    ),
    MethodEntry(
        key="field-jumps",
        name="FieldJumps",
        module="thermalent.stochastic.field_jumps",
        claim="statistical",
        error="the standard error, the bias of the step and 1/n",
        refuses=(
            "back-action",
            "pairs of quanta",
            "white noise beside the poles",
            "more than 16 qubits",
        ),
        evolves=True,
    ),
    MethodEntry(
        key="bourret",
        name="Bourret",
        module="thermalent.analytic.methods.bourret",
        refuses=("several modes",),
        evolves=True,
    ),
    MethodEntry(
        key="strong-driving",
        name="StrongDriving",
        module="thermalent.analytic.methods.strong_driving",
        refuses=("all but the ideal link",),
    ),
    MethodEntry(
        key="quasistatic",
        name="Quasistatic",
        module="thermalent.analytic.methods.quasistatic",
        refuses=("back-action",),
        options=("rtol",),
    ),
    MethodEntry(
        key="phase-diffusion",
        name="PhaseDiffusion",
        module="thermalent.analytic.methods.phase_diffusion",
        refuses=("back-action",),
    ),
    MethodEntry(
        key="amplitude-fluctuations",
        name="AmplitudeFluctuations",
        module="thermalent.analytic.methods.amplitude_fluctuations",
        refuses=("back-action", "more than eight emitter levels"),
        options=("rtol",),
    ),
    MethodEntry(
        key="markov",
        name="Markov",
        module="thermalent.analytic.methods.markov",
        refuses=("several modes",),
    ),
)
# Where no method is given, the first of these that takes the task; by name.
STEADY_STATE_DEFAULTS = ("ContinuedFraction", "Fock")
EVOLUTION_DEFAULTS = ("ContinuedFraction", "FewExcitations", "Fock")

MODELS = (
    ModelEntry("thermal_link", "thermal_link", "thermalent.models.thermal_link"),
    ModelEntry("phononic_link", "phononic_link", "thermalent.models.phononic_link"),
    ModelEntry("ring_resonators", "ring_resonators", "thermalent.models.ring_resonators"),
    ModelEntry("dual_rail", "dual_rail", "thermalent.models.dual_rail"),
    ModelEntry("cooperative", "cooperative", "thermalent.models.cooperative"),
    ModelEntry("clockwork", "clockwork", "thermalent.models.clockwork"),
    ModelEntry("hardware.superconducting_link", "superconducting_link", "thermalent.hardware"),
    ModelEntry("hardware.colour_centre_link", "colour_centre_link", "thermalent.hardware"),
)

# Old names of models in study files, which work until the next release and warn.
RENAMED_MODELS = {"hardware.phononic_link": "hardware.colour_centre_link"}

# Parameters that are options of the command line: their type, and what the help says of them, to
# which it adds the methods that have them.
METHOD_OPTIONS: dict[str, tuple[type, str]] = {
    "rtol": (float, "Relative tolerance"),
    "digits": (int, "Decimal digits of the state, in proven arithmetic, instead of --rtol"),
    "n_max": (int, "Truncation, tiers up to 2 n_max, instead of --rtol"),
    "tolerance": (float, "Absolute tolerance"),
    "cutoff": (int, "Number states kept of every mode, instead of --tolerance"),
}

METHOD_BY_NAME = {entry.name: entry for entry in METHODS}
METHOD_BY_KEY = {entry.key: entry for entry in METHODS}
MODEL_BY_KEY = {entry.key: entry for entry in MODELS}


def loaded(entry: MethodEntry | ModelEntry) -> Any:
    """The class of a method, or the function that a model is."""
    return getattr(importlib.import_module(entry.module), entry.name)


def public_modules() -> dict[str, str]:
    """The module of each method and model that is a name of the package."""
    modules = {entry.name: entry.module for entry in METHODS}
    modules |= {entry.name: entry.module for entry in MODELS if "." not in entry.key}
    return modules
