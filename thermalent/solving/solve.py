"""The entry points: a method plans the task, the plan runs, and the result is checked."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import ArrayLike

from thermalent.networks.network import Network
from thermalent.solution.errors import MethodError, SolveError, require_memory
from thermalent.solution.evolution import Evolution, doubtful, judged
from thermalent.solution.method import Method
from thermalent.solution.plan import Plan, Refusal
from thermalent.solution.record import Claim, MethodRecord
from thermalent.solution.result import SteadyState
from thermalent.solution.schedule import Schedule
from thermalent.solution.tasks import (
    EvolutionTask,
    Piece,
    SourceStart,
    SteadyStateTask,
    Task,
    mismatched_start,
)
from thermalent.solution.validity import checked
from thermalent.solving import registry
from thermalent.solving.given_start import given_start
from thermalent.solving.source_error import with_source_error
from thermalent.support import checks, memory_limit
from thermalent.support.calls import arguments_elsewhere, with_explained_calls
from thermalent.support.machine.one_thread import one_thread

# What is looked for here and is a parameter of a method.
_OF_METHODS = {
    **{
        name: f"it is a parameter of the method: te.ContinuedFraction({name}=...)"
        for name in ("rtol", "n_max", "digits")
    },
    **{
        name: f"it is a parameter of the method: te.Fock({name}=...)"
        for name in ("cutoff", "tolerance")
    },
}
# Multiplications, ten seconds at most: an exact method that foresees at most these for an evolution
# goes before one that cannot foresee its own.
_FORESEEN = 3e10
_LAST_PLACES = 8 * float(np.finfo(float).eps)  # that times may exceed the sum of lengths by


class Applicability(NamedTuple):
    """A method, and why it does not give a network's steady state (None if it does)."""

    method: Method
    refusal: str | None

    def __repr__(self) -> str:
        """One line, of which a list can be read."""
        if self.refusal is None:
            return f"<{self.method.name}: applies ({self.method.claim})>"
        return f"<{self.method.name}: does not apply, because {self.refusal.rstrip('.')}>"


@with_explained_calls
def methods(network: Network) -> list[Applicability]:
    """Every method, and the reason for each that does not give the network's steady state.

    Args:
        network: The network.

    Returns:
        Pairs of a method with its default parameters and a reason, None where it applies: exact
        methods first, the preferred one leading.

    Raises:
        ValueError: not a network.
    """
    task = SteadyStateTask(network=_network(network))
    applicabilities = []
    for entry in registry.METHODS:
        method = method_named(entry.name)
        plan = method.plan(task)
        reason = plan.reason if isinstance(plan, Refusal) else None
        applicabilities.append(Applicability(method, reason))
    return applicabilities


def method_named(name: str, **parameters: Any) -> Method:
    """A method of the registry by the name of its class."""
    return _kind(name)(**parameters) if parameters else _default(name)


def _kind(name: str) -> type[Method]:
    return cast(type[Method], registry.loaded(registry.METHOD_BY_NAME[name]))


@cache
def _default(name: str) -> Method:
    """A method with its default parameters: data, which all calls share."""
    return _kind(name)()


@with_explained_calls
@arguments_elsewhere(**_OF_METHODS)
def steady_state(
    network: Network, method: Method | MethodRecord | None = None, *, initial: Any = None
) -> SteadyState:
    r"""The emitters' steady state: \(\mathcal{L}\rho = 0\), sources traced out.

    Args:
        network: What to solve.
        method: How: `ContinuedFraction(...)`, `Fock(...)`, `Bourret()`, ...; if not given, the
            first exact method that applies.
        initial: Where the steady state is not unique: the emitters' initial state ("00", a ket or
            a density matrix) from which it is reached, the source in its stationary state.

    Returns:
        The state with its error and evidence.

    Raises:
        TypeError: not a method.
        ValueError: not a network, or there is no such initial state.
        MethodError: the method does not apply; the message says why.
        SolveError: the solve failed (no convergence, not unique, not a state); the message names
            the remedy, and `result` on the exception holds what there is.
    """
    task = SteadyStateTask(network=_network(network), initial=initial)
    return cast(SteadyState, _solve(task, method))


@with_explained_calls
@arguments_elsewhere(**_OF_METHODS)
def evolve(
    network: Network | Schedule,
    times: ArrayLike,
    initial: Any,
    method: Method | MethodRecord | None = None,
    *,
    source: SourceStart = "stationary",
) -> Evolution:
    r"""The emitters' states over time, sources traced out.

    $$\rho(t) = \mathrm{Tr}_\mathrm{sources}\; e^{\mathcal{L}t}\,
      (\rho_\mathrm{sources} \otimes \rho(0))$$

    Args:
        network: What to evolve; a `Schedule` of networks where couplings or sources change in time.
        times: Increasing, finite, >= 0, inverse rate unit, (t,); of a schedule at most its
            duration.
        initial: The emitters' initial state: product state by name ("00", emitters in node order),
            ket, or density matrix; or a result, `evolution.at(-1)`, which is taken within its own
            error and adds d^(3/2)/2 times that to every error, d being the dimension of the states;
            uncorrelated with the source.
        method: How; if not given, the first exact method that applies. Of a schedule or a coherent
            source behind several modes the continued fraction cannot say beforehand what it takes;
            where another exact method foresees at most some seconds, that goes first.
        source: The source's initial state: "stationary", "empty", or a coherent amplitude; of
            several modes a sequence, one amplitude each, in the order of the network's modes.

    Returns:
        One state and one error per time.

    Raises:
        TypeError: not a method.
        ValueError: not a network, no such sequence of times, or no such initial state.
        MethodError: the method does not apply; the message says why.
        SolveError: the evolution failed; the message names the remedy, and `result` on the
            exception holds what there is.
    """
    first = network.first if isinstance(network, Schedule) else _network(network)
    start = given_start(initial, first.dims)
    task = EvolutionTask(
        pieces=(Piece(first),),
        times=checks.time_grid("times", times),
        initial=start.initial,
        source=checks.source_start("source", source),
    )
    if isinstance(network, Schedule):
        return start.carried(_evolve_schedule(network, task, method))
    return start.carried(cast(Evolution, _solve(task, method)))


def _evolve_schedule(
    schedule: Schedule, task: EvolutionTask, method: Method | MethodRecord | None
) -> Evolution:
    """The states under a schedule; of smooth changes extrapolated from three lengths of steps."""
    if task.times[-1] > schedule.duration * (1 + _LAST_PLACES):
        allowed = f"at most {schedule.duration:g}, the duration of the schedule"
        checks.fail("times", allowed, float(task.times[-1]))
    # A sum of lengths may be a last place shorter than what it was meant to be: 0.7 + 0.1 < 0.8.
    task = replace(task, times=np.minimum(task.times, schedule.duration))
    if not schedule.smooth:
        pieces = schedule.in_steps(task.times)
        return cast(Evolution, _solve(replace(task, pieces=pieces), method))
    if method is not None and method.claim is not Claim.EXACT:
        raise MethodError(
            f"{method.name} does not evolve this schedule: smooth changes are extrapolated from "
            "steps of three lengths, which takes an exact method. Give pieces of constant networks."
        )
    coarse, middle, fine = (
        cast(Evolution, _solve(replace(task, pieces=schedule.in_steps(task.times, n)), method))
        for n in (1, 2, 4)
    )
    before, states = ((4 * b.states - a.states) / 3 for a, b in ((coarse, middle), (middle, fine)))
    result = replace(
        fine,
        states=states,
        error=np.abs(states - before).max(axis=(1, 2)) + (4 * fine.error + middle.error) / 3,
        how=f"{fine.how}, plus the distance to the extrapolation from steps twice as long",
    )
    return cast(Evolution, _sound(result))


def first_method(method: Method | MethodRecord | None) -> Method:
    """The method that is asked first for a steady state."""
    if isinstance(method, MethodRecord):
        return method_named(method.name, **method.parameters)
    return method or method_named(registry.STEADY_STATE_DEFAULTS[0])


def prepared(
    tasks: Sequence[Task], method: Method | MethodRecord | None = None
) -> list[Callable[[], SteadyState | Evolution]]:
    """Functions that return the result of each task, or raise what `steady_state` raises.

    The tasks are planned together, so that those of one kind share their work.
    """
    planned: dict[int, tuple[Method, Plan]] = {}
    for candidate in _candidates(tasks[0], method) if tasks else []:
        left = [i for i in range(len(tasks)) if i not in planned]
        plans = candidate.plan_many([tasks[i] for i in left])
        planned |= {
            i: (candidate, plan)
            for i, plan in zip(left, plans, strict=True)
            if not isinstance(plan, Refusal)
            and not (method is None and _unforeseen(plan, tasks[i]))
        }

    def run(i: int) -> SteadyState | Evolution:
        if i in planned:
            chosen, plan = planned[i]
            try:
                return _run(plan, tasks[i], chosen)
            except MethodError:
                if method is not None:
                    raise
        return _solve(tasks[i], method)  # raises the refusals, or finds another method

    return [lambda i=i: run(i) for i in range(len(tasks))]  # type: ignore[misc]


def _solve(task: Task, method: Method | MethodRecord | None) -> SteadyState | Evolution:
    refusals = []
    unforeseen: tuple[Plan, Method] | None = None
    for candidate in _candidates(task, method):
        plan = candidate.answer(task)
        if isinstance(plan, Refusal):
            refusals.append((candidate.name, plan.reason))
        elif method is None and unforeseen is None and _unforeseen(plan, task):
            unforeseen = plan, candidate
        elif unforeseen is None or plan.cost.operations <= _FORESEEN:
            return _run(plan, task, candidate)
    if unforeseen is not None:
        return _run(unforeseen[0], task, unforeseen[1])
    evolves = isinstance(task, EvolutionTask)
    if method is None:
        if isinstance(task, EvolutionTask) and task.network.modes:
            mismatch = mismatched_start(task.source, len(task.network.modes))
            if mismatch is not None:  # which every method would say
                raise MethodError(f"No exact method evolves this network: {mismatch}")
        reasons = " ".join(f"{name}: {reason}" for name, reason in refusals)
        does = "evolves" if evolves else "applies to"
        raise MethodError(f"No exact method {does} this network. {reasons}")
    ((name, reason),) = refusals
    does = "evolve" if evolves else "apply to"
    raise MethodError(f"{name} does not {does} this network: {reason}")


def _unforeseen(plan: Plan, task: Task) -> bool:
    """Whether an evolution may take long, so that another method is asked for what it takes."""
    return isinstance(task, EvolutionTask) and math.isnan(plan.cost.operations)


def _run(plan: Plan, task: Task, method: Method) -> SteadyState | Evolution:
    if not plan.always_fits and not memory_limit.fits(_needed(plan)):
        what = f"{method.name} for this network"
        require_memory(what, _needed(plan), _what_fits(plan, task, method))
    with one_thread():
        return finished(plan.run(), task, method)


def _needed(plan: Plan) -> float:
    """Bytes without which a plan does not run to its end."""
    return plan.cost.bytes if plan.cost.least is None else plan.cost.least


def _what_fits(plan: Plan, task: Task, method: Method) -> str:
    """The largest number of an evolution's times that fits into memory, or another remedy."""
    low, high = 0, len(task.times) if isinstance(task, EvolutionTask) else 0
    while isinstance(task, EvolutionTask) and high - low > 1:
        middle = (low + high) // 2
        part = method.plan(replace(task, times=task.times[:middle]))
        fits = isinstance(part, Plan) and memory_limit.fits(_needed(part))
        low, high = (middle, high) if fits else (low, middle)
    return f"Its first {low} times would fit." if low else plan.remedy


def _candidates(task: Task, method: Method | MethodRecord | None) -> Iterable[Method]:
    """The method asked for, or the exact ones in the order in which they are tried."""
    if isinstance(method, MethodRecord):
        return [method_named(method.name, **method.parameters)]
    if isinstance(method, Method):
        return [method]
    evolves = isinstance(task, EvolutionTask)
    names = registry.EVOLUTION_DEFAULTS if evolves else registry.STEADY_STATE_DEFAULTS
    return map(method_named, names)


def finished(
    result: SteadyState | Evolution, task: Task, method: Method
) -> SteadyState | Evolution:
    """The result, if it is a state within its error, with the error of the source included.

    Raises:
        SolveError: it is not.
    """
    result = _sound(result)
    networks = task.networks if isinstance(task, EvolutionTask) else (task.network,)
    if not any(network.alternatives for network in networks):
        return result
    return with_source_error(result, task, method, lambda other: _solve(other, method))


def _sound(result: SteadyState | Evolution) -> SteadyState | Evolution:
    """The result, if it is a state within its error.

    Raises:
        SolveError: it is not.
    """
    if isinstance(result, SteadyState):
        result = checked(result)
        if not result.status.ok:
            raise SolveError(result)
    else:
        for i in doubtful(result):
            state = checked(result.at(i))
            if not state.status.ok:
                raise SolveError(replace(result, status=state.status))
        result = judged(result)
        if not result.status.ok:
            raise SolveError(result)
    return result


def _network(network: Network) -> Network:
    if not isinstance(network, Network):
        checks.fail("network", "a thermalent Network", network)
    return network
