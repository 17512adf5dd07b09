"""Which quantities of a network are looked at, and the whole audit of one network."""

from __future__ import annotations

import numpy as np

import thermalent as te
from tests.audit import quantities
from tests.audit.findings import CRASHED, HUNG, Finding, Notes
from tests.audit.run import Stopped
from thermalent.testing import KINDS, random_network

# Share of the networks of each kind of which a quantity is looked at: what costs the reference
# seconds is looked at in fewer, so that 10,000 networks take an hour on three busy cores.
FULL = {
    "ordinary": {
        "batch": 0.3,
        "sweep": 0.1,
        "evolution": 0.03,
        "spectrum": 0.08,
        "coherence": 0.02,
        "rates": 0.15,
        "sensitivities": 0.08,
    },
    "nearly_dark": {
        "batch": 0.3,
        "sweep": 0.05,
        "evolution": 0.03,
        "spectrum": 0.06,
        "coherence": 0.02,
        "rates": 0.15,
        "sensitivities": 0.06,
    },
    "many_decades": {
        "batch": 0.3,
        "sweep": 0.05,
        "evolution": 0.025,
        "spectrum": 0.06,
        "rates": 0.06,
        "sensitivities": 0.06,
    },
    "bidirectional": {
        "batch": 0.3,
        "sweep": 0.05,
        "evolution": 0.03,
        "spectrum": 0.06,
        "coherence": 0.02,
        "rates": 0.15,
        "sensitivities": 0.06,
    },
    "several_modes": {},
    "cold_rings": {"evolution": 1.0},
}


def network_of(seed: int, kind: str, index: int) -> tuple[te.Network, np.random.Generator]:
    """The network, and the generator that goes on from there."""
    rng = np.random.default_rng([seed, KINDS.index(kind), index])
    return random_network(kind, rng), rng


def warm_up() -> None:
    """What is compiled or imported at the first call is not part of any call's time."""
    network = te.thermal_link(0.1, 1.0)
    te.steady_state(network)
    te.continued_fraction.solve_side_by_side([network, network], threads=1)
    te.evolve(network, [1.0], "01")
    te.sensitivities(te.thermal_link, {"n_th": 0.1, "kappa": 1.0}, "purity")
    te.relaxation_rates(network, 1)
    te.sweep(te.thermal_link, {"n_th": [0.1]}, "purity", fixed={"kappa": 1.0}, progress=False)


def do(task: tuple[int, str, int]) -> list[Finding]:
    """The findings of the network of a seed, a kind and a number."""
    return audit(*task)


def noted(task: tuple[int, str, int], found: list[Finding] | Stopped) -> list[Finding]:
    """The findings of a task, also if it was stopped."""
    if not isinstance(found, Stopped):
        return found
    _, kind, index = task
    return [Finding(kind, index, "process", HUNG, seconds=found.seconds, note=found.note)]


def audit(
    seed: int, kind: str, index: int, shares: dict[str, float] | None = None
) -> list[Finding]:
    """Every finding of one network; `shares` overrides those of `FULL`."""
    notes = Notes(kind, index)
    network, rng = network_of(seed, kind, index)
    chosen = FULL[kind] if shares is None else shares
    # All drawn before anything is computed: what is looked at does not depend on what is found.
    drawn = {name: rng.random() < share for name, share in chosen.items()}
    try:
        _look(notes, network, rng, drawn)
    except Exception as error:
        notes.add("audit", CRASHED, note=f"{type(error).__name__}: {error}")
    return notes.findings


def _look(notes: Notes, network: te.Network, rng, drawn: dict[str, bool]) -> None:
    if notes.kind == "several_modes":
        quantities.steady_of_several(notes, network)
        return
    if notes.kind == "cold_rings":
        if drawn.get("evolution"):
            quantities.evolution_of_rings(notes, network, rng)
        return
    reference = quantities.steady(notes, network)
    if reference is None:
        return
    for name in ("batch", "sweep", "rates", "sensitivities"):
        if drawn.get(name):
            getattr(quantities, name)(notes, network, reference)
    for name in ("evolution", "spectrum", "coherence"):
        if drawn.get(name):
            getattr(quantities, name)(notes, network, reference, rng)
