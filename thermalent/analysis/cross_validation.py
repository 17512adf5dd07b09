"""Cross-validation: every method on one network, side by side.

The methods share the description of the network and nothing else, so that their agreement is
evidence for all of them.
"""

from __future__ import annotations

import enum
import itertools
import textwrap
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from thermalent.analysis.shown_results import ShownComparison
from thermalent.analytic.methods import AmplitudeFluctuations, PhaseDiffusion
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.fock.method import Fock
from thermalent.jumps.method import QuantumJumps
from thermalent.networks.mode_moments import bare_modes, tail_ratios
from thermalent.networks.network import Network
from thermalent.operators import distances
from thermalent.operators.reading.observables import of_state
from thermalent.operators.states import STATE_TOLERANCE
from thermalent.solution.errors import MethodError, SolveError
from thermalent.solution.method import Claim, Method
from thermalent.solution.plan import Plan, Refusal
from thermalent.solution.result import SteadyState
from thermalent.solution.tasks import SteadyStateTask
from thermalent.solving import registry
from thermalent.solving.solve import finished, method_named
from thermalent.stochastic.field_jumps import FieldJumps
from thermalent.stochastic.method import FieldTrajectories
from thermalent.support import checks
from thermalent.support.by_value import ByValue
from thermalent.support.calls import with_explained_calls
from thermalent.support.deprecation import renamed_attribute
from thermalent.support.errors import ArgumentTypeError
from thermalent.support.progress import working

# Two exact states may differ by the sum of the errors that they claim, and by this rounding.
EXACT_METHODS_ROUNDING = 1e-12
# Unknowns, and multiplications of a factorisation, up to which Fock takes some ten seconds at most.
# For two qubits the first is reached at n_th of about 3000, for four the second at about 40.
FOCK_UNKNOWNS = 5e5
FOCK_WORK = 2e10
TRAJECTORY_WORK = 1e8  # steps of two qubits; some ten seconds
_ALL_KEPT = 4  # emitters
JUMP_WORK = 2e9  # multiplications; some ten seconds
_WIDTH = 100  # characters of the printed table


class Verdict(enum.StrEnum):
    """The outcome of the comparison of the exact methods."""

    AGREE = "the exact methods agree within their claimed errors"
    DISAGREE = "THE EXACT METHODS DISAGREE by more than their claimed errors"
    NOT_COMPARED = "fewer than two exact methods gave a state, so there is nothing to compare"


@dataclass(frozen=True, kw_only=True, eq=False)
class MethodReport(ByValue):
    """The result of one method for the network.

    Args:
        method: The method.
        result: Its result; None if there is none.
        outcome: "solved", "does not apply", "not run" (it would take long) or "failed".
        note: Reason why there is no result.
        measure: The state's concurrence (two qubits) or purity.
        distance: Trace distance to the reference state.
        seconds: Wall time of the solve.
    """

    method: Method
    result: SteadyState | None = None
    outcome: str = "solved"
    note: str = ""
    measure: float | None = None
    distance: float | None = None
    seconds: float | None = None

    figure = renamed_attribute("figure", "measure")

    @property
    def error(self) -> float | None:
        """The error that the method claims, of the largest element; None if it claims none."""
        if self.result is None or not np.isfinite(self.result.error):
            return None
        return float(self.result.error)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CrossValidation(ShownComparison):
    """The methods side by side; printed, it is a table.

    Args:
        network: What was solved.
        rows: One per method, in the order asked for.
        reference: Name of the exact method that the distances refer to; None if none succeeded.
    """

    network: Network
    rows: tuple[MethodReport, ...]
    reference: str | None

    figure = renamed_attribute("figure", "measure")

    @property
    def measure(self) -> str:
        """The measure of the table: "concurrence" of two qubits, else "purity"."""
        return _measure_name(self.network)

    @property
    def verdict(self) -> Verdict:
        """Whether all pairs of exact states agree within the sum of their claimed errors."""
        exact = [
            row.result
            for row in self.rows
            if row.result is not None and row.method.claim is Claim.EXACT
        ]
        if len(exact) < 2:
            return Verdict.NOT_COMPARED
        agree = all(
            np.max(np.abs(a.state - b.state)) <= a.error + b.error + EXACT_METHODS_ROUNDING
            for a, b in itertools.combinations(exact, 2)
        )
        return Verdict.AGREE if agree else Verdict.DISAGREE

    @property
    def agree(self) -> bool:
        """Whether two exact methods or more were compared, and agree within their errors."""
        return self.verdict is Verdict.AGREE

    def __str__(self) -> str:
        return _rendered(self)


@with_explained_calls
def cross_validate(network: Network, methods: Sequence[Method] | None = None) -> CrossValidation:
    r"""Solve one network by every method, and compare.

    $$T = \tfrac12 \|\rho - \rho_\mathrm{exact}\|_1$$

    Args:
        network: What to solve.
        methods: Which methods; if not given, all, of which those that only evolve say so, but
            without Fock where the continued fraction applies and Fock would take longer than some
            ten seconds. The distances refer to the continued fraction if it succeeds, else to the
            first exact method that does; if none of the methods given is exact, the default exact
            method is put first.

    Returns:
        A row per method: its figure, its distance to the exact state, its claimed error and the
        time it took; or why it does not apply, was not run, or failed.

    Raises:
        ValueError: not a network.
        TypeError: an item of `methods` is not a method.
    """
    if not isinstance(network, Network):
        checks.fail("network", "a thermalent Network", network)
    if methods is None:
        named = [method_named(entry.name) for entry in registry.METHODS]
        chosen = [_comparable(method) for method in named]
    else:
        chosen = list(methods)
    for method in chosen:
        if not isinstance(method, Method):
            raise ArgumentTypeError(
                f"Argument `methods` must be methods such as te.Fock(), but holds {method!r}."
            )
    if not any(method.claim is Claim.EXACT for method in chosen):
        fraction = ContinuedFraction()
        chosen.insert(0, fraction if fraction.refusal(network) is None else Fock())
    patient = methods is not None
    attempts: list[MethodReport] = []
    with working("cross-validation") as report:
        for method in chosen:
            report(f"method {len(attempts) + 1} of {len(chosen)}, {method.name}")
            attempts.append(_attempt(network, method, patient))
    reference = _reference(attempts)
    return CrossValidation(
        network=network,
        rows=tuple(_compared(row, reference) for row in attempts),
        reference=None if reference is None else reference.method.name,
    )


def _comparable(method: Method) -> Method:
    """The method with the parameters that make its state comparable with the others."""
    if isinstance(method, PhaseDiffusion | AmplitudeFluctuations):
        return replace(method, averaged=True)  # the other methods average over the phase
    if isinstance(method, FieldTrajectories):
        return FieldTrajectories(n=1024)
    if isinstance(method, QuantumJumps):
        return QuantumJumps(n=512)
    if isinstance(method, FieldJumps):
        return FieldJumps(n=256)
    if isinstance(method, Fock):
        # Rounding leaves 1e-9 at n_th = 1000, and 4e-9 at 10,000, beyond what is run here.
        return Fock(tolerance=1e-8)
    return method


def _attempt(network: Network, method: Method, patient: bool) -> MethodReport:
    task = SteadyStateTask(network=network)
    plan = method.plan(task)
    if isinstance(plan, Refusal):
        return MethodReport(method=method, outcome="does not apply", note=plan.reason)
    slow = None if patient else _too_slow(network, method, plan)
    if slow is not None:
        return MethodReport(method=method, outcome="not run", note=slow)
    began = time.perf_counter()
    try:
        result = cast(SteadyState, finished(plan.run(), task, method))
    except (MethodError, SolveError) as error:
        seconds = time.perf_counter() - began
        return MethodReport(method=method, outcome="failed", note=str(error), seconds=seconds)
    return MethodReport(method=method, result=result, seconds=time.perf_counter() - began)


def _too_slow(network: Network, method: Method, plan: Plan) -> str | None:
    """Reason why a method would take long: Fock or trajectories, a hot mode or many emitters.

    Thermal populations fall by gain/loss per level, and the levels until 1e-9 set the size. The
    elements of a density matrix couple in blocks of equal total excitation number.
    """
    if isinstance(method, FieldTrajectories):
        return _too_many_steps(network, method)
    if isinstance(method, QuantumJumps):
        return _too_many_amplitudes(network, method)
    if isinstance(method, FieldJumps):
        return _too_many_kets(network, method, plan)
    if not isinstance(method, Fock) or ContinuedFraction().refusal(network) is not None:
        return None
    ratios = tail_ratios(bare_modes(network)) or ()
    levels = [1 + np.log(1e9) / -np.log(q) if q > 0 else 2.0 for q in ratios]
    groups = float(np.sum(levels))
    states = float(np.prod(levels) * np.prod(network.dims))
    unknowns, work = states**2 / groups, 3 * groups * (states / groups) ** 6
    if unknowns <= FOCK_UNKNOWNS and work <= FOCK_WORK:
        return None
    return (
        f"about {np.prod(levels):.1g} levels make {unknowns:.1g} unknowns, which would take long. "
        "Ask for it by name: te.cross_validate(network, [te.ContinuedFraction(), te.Fock()])."
    )


def _too_many_steps(network: Network, method: FieldTrajectories) -> str | None:
    """Reason why trajectories take long: some relaxation times in steps that resolve the drive."""
    modes = bare_modes(network)
    assert modes.number is not None  # the trajectories have a field
    relaxation = -2 * modes.growth
    hottest = float(np.max(np.diag(modes.number).real))
    rate = float(np.max(np.abs(network.decay)) + np.max(np.abs(network.exchange)))
    joining = network.decay[np.ix_(network.mode_indices, network.emitter_indices)]
    drive = float(np.max(np.abs(joining))) * np.sqrt(hottest)
    slowest = min(relaxation, _slowest_emitter(network, rate))
    steps = method.n * 10 / slowest * 10 * (rate + drive)
    work = steps * (np.prod(network.dims) / 4) ** 2
    if work <= TRAJECTORY_WORK:
        return None
    return (
        f"{method.n} trajectories would take about {steps:.0e} steps. Ask for it by name: "
        "te.cross_validate(network, [te.ContinuedFraction(), te.FieldTrajectories()])."
    )


def _too_many_amplitudes(network: Network, method: QuantumJumps) -> str | None:
    """Reason why jumps take long: some relaxation times in steps that resolve the highest level."""
    rate = float(np.max(np.abs(network.decay)) + np.max(np.abs(network.exchange)))
    slowest = _slowest_emitter(network, rate)
    fastest, amplitudes = rate * len(network.dims), float(np.prod(network.dims))
    modes = bare_modes(network)
    for index, ratio in zip(network.mode_indices, tail_ratios(modes) or (), strict=False):
        relaxation, gain = network.mode_rates(index)
        levels = 4 + len(network.dims) + (np.log(1e-4) / np.log(ratio) if ratio > 0 else 0)
        slowest, amplitudes = min(slowest, -2 * modes.growth), amplitudes * levels
        fastest += levels * (relaxation + 2 * gain)
    work = method.n * 200 * (fastest / slowest) * amplitudes
    if work <= JUMP_WORK:
        return None
    return (
        f"{method.n} trajectories would take about {work:.0e} multiplications. Ask for it by name: "
        "te.cross_validate(network, [te.ContinuedFraction(), te.QuantumJumps()])."
    )


def _slowest_emitter(network: Network, rate: float) -> float:
    """The smallest decay rate of an emitter by itself, if any decays, and at most a rate."""
    own = network.decay.diagonal().real[list(network.emitter_indices)]
    return float(np.min(own, where=own > 0, initial=rate))


def _too_many_kets(network: Network, method: FieldJumps, plan: Plan) -> str | None:
    """Reason why kets along sampled fields take long, or give no state of all emitters."""
    work = plan.cost.operations
    if work <= JUMP_WORK and len(network.dims) <= _ALL_KEPT:
        return None
    return (
        f"{method.n} trajectories would take about {work:.0e} multiplications, and of more than "
        f"{_ALL_KEPT} qubits only some are kept. Use te.steady_state(network, te.FieldJumps())."
    )


def _reference(rows: Sequence[MethodReport]) -> SteadyState | None:
    exact = [
        row.result for row in rows if row.result is not None and row.method.claim is Claim.EXACT
    ]
    # min returns the first of equals, and False sorts before True.
    return min(exact, key=lambda r: r.method.name != "ContinuedFraction", default=None)


def _compared(row: MethodReport, reference: SteadyState | None) -> MethodReport:
    result = row.result
    if result is None:
        return row
    measure = of_state(result, _measure_name(result.network))
    distance = None
    if reference is not None:
        tolerance = max(_tolerance(result), _tolerance(reference))
        distance = distances.trace_distance(result.state, reference.state, tolerance=tolerance)
    return MethodReport(
        method=row.method, result=result, measure=measure, distance=distance, seconds=row.seconds
    )


def _tolerance(result: SteadyState) -> float:
    """Allowed deviation of a state from positivity: the errors of d elements of a row."""
    error = float(result.error) if np.isfinite(result.error) else 0.0
    return max(STATE_TOLERANCE, len(result.state) * error)


def _measure_name(network: Network) -> str:
    return "concurrence" if network.dims == (2, 2) else "purity"


def _rendered(validation: CrossValidation) -> str:
    import io

    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("method", no_wrap=True)
    table.add_column("claim", no_wrap=True)
    for heading in (validation.measure, "distance", "error", "seconds"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in validation.rows:
        distance = "reference" if row.method.name == validation.reference else _short(row.distance)
        table.add_row(row.method.name, row.method.claim.value, *_cells(row, distance))
    console = Console(file=io.StringIO(), width=_WIDTH, color_system=None, legacy_windows=False)
    with console.capture() as capture:
        console.print(table)
    text = "\n".join(line.rstrip() for line in capture.get().replace("─", "-").splitlines())
    lines = [textwrap.dedent(text).strip("\n"), ""]
    if validation.reference is not None:
        lines.append(f"distance: trace distance to the state of {validation.reference}")
    for row in validation.rows:
        if row.result is None:
            lines += textwrap.wrap(
                f"{row.method.name} {row.outcome}: {row.note}", _WIDTH, subsequent_indent="  "
            )
    return "\n".join([*lines, f"verdict: {validation.verdict}"])


def _cells(row: MethodReport, distance: str) -> tuple[str, str, str, str]:
    if row.result is None:
        return (row.outcome, "", "", "")
    return (
        f"{row.measure:.8f}",
        distance,
        "not known" if row.error is None else _short(row.error),
        f"{row.seconds:.3f}",
    )


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.1e}"
