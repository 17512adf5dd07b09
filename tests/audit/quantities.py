"""What is compared with the reference, quantity by quantity."""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import acb, ctx

import thermalent as te
from tests.audit.findings import REFUSED, VIOLATED, Notes
from tests.support.reference import Reference, cold, numbers, sparse
from tests.support.reference.dynamics import Dynamics
from tests.support.reference.rates import slowest
from tests.support.reference.slopes import slope
from tests.support.reference.system import NotUnique, State, exact_rows
from thermalent.testing import random_state

MEASURES = (
    "concurrence",
    "negativity",
    "logarithmic_negativity",
    "entanglement_of_formation",
    "purity",
    "entropy",
)
_DYNAMIC_LEVELS = 48  # with more the reference takes minutes
_RATE_LEVELS = 14
_STATES = 4  # of the emitters, for the same reason


def steady(notes: Notes, network: te.Network) -> Reference | None:
    """The steady state and the numbers that follow from it; returns the reference."""
    found, seconds = notes.call("steady state", lambda: te.steady_state(network))
    try:
        reference = Reference(network)
        reference.steady_levels()
    except NotUnique:
        if found is not None:
            note = "a state was returned although it is not unique"
            notes.add("steady state", VIOLATED, seconds=seconds, note=note)
        return None
    except Exception as error:
        notes.truth("steady state", _raising(error))
        return None
    if found is not None:
        exact = reference.steady_state()
        _judge_state(notes, "steady state", found, exact, 0.0, seconds)
        derived(notes, found, exact)
    return reference


def _raising(error):
    def function():
        raise error

    return function


def _judge_state(notes, quantity, found, exact, reference_error, seconds) -> None:
    notes.judge(
        quantity,
        exact.distance(found.state),
        float(found.error),
        scale=float(np.max(np.abs(exact.array))),
        reference_error=reference_error,
        seconds=seconds,
    )


def derived(notes: Notes, found: Any, exact: State, slack: float = 0.0) -> None:
    """Numbers that are read off a state of two qubits; `slack` is the error of the reference."""
    if found.network.dims != (2, 2):
        return
    for name in MEASURES:
        estimate, seconds = notes.call(name, getattr(found, name))
        if estimate is None:
            continue
        truth = getattr(numbers, name)(exact)
        notes.judge(
            name,
            abs(float(truth - numbers.mpf(float(estimate)))),
            estimate.error,
            scale=max(1.0, abs(float(truth))),
            reference_error=slack,
            seconds=seconds,
        )
    for label, truth in numbers.populations(exact).items():
        estimate = found.populations()[label]
        distance = abs(float(truth - numbers.mpf(float(estimate))))
        notes.judge("populations", distance, estimate.error, reference_error=slack)


def steady_of_several(notes: Notes, network: te.Network) -> None:
    """The steady state behind several modes."""
    found, seconds = notes.call("steady state", lambda: te.steady_state(network))
    truth = notes.truth("steady state", lambda: sparse.steady_state(network))
    if found is None or truth is None:
        return
    rho, error = truth
    exact = State(exact_rows(rho))
    _judge_state(notes, "steady state", found, exact, error, seconds)
    derived(notes, found, exact, _slack(exact, error))


def batch(notes: Notes, network: te.Network, reference: Reference) -> None:
    """The same network among siblings, solved side by side."""
    siblings = [network, *(_hotter(network, factor) for factor in (0.5, 0.8, 1.2))]
    results, seconds = notes.call(
        "batch", lambda: te.continued_fraction.solve_side_by_side(siblings, threads=1)
    )
    if results is None:
        return
    if not results[0].status.ok:
        notes.add("batch", REFUSED, note=results[0].status.message, seconds=seconds)
        return
    _judge_state(notes, "batch", results[0], reference.steady_state(), 0.0, seconds)


def _hotter(network: te.Network, factor: float) -> te.Network:
    return rebuilt(network, n_th=factor * network.modes[0].n_th)


def rebuilt(network, n_th=None, shift=0.0, dephasing=None) -> te.Network:
    """The network with another occupation, first detuning and first dephasing."""
    nodes = list(network.nodes)
    if n_th is not None:
        mode = nodes[0]
        nodes[0] = te.Mode(
            name=mode.name, bath_rate=mode.bath_rate, n_th=n_th, backaction=mode.backaction
        )
    if dephasing is not None:
        nodes[1] = te.Qubit(name=nodes[1].name, dephasing=dephasing)
    exchange = np.array(network.exchange)
    exchange[1, 1] += shift
    return te.Network(
        nodes=tuple(nodes),
        exchange=exchange,
        decay=network.decay,
        absorption=network.absorption,
        label=network.label,
    )


def sweep(notes: Notes, network: te.Network, reference: Reference) -> None:
    """One point of a sweep over the occupation, and its concurrence or purity."""
    n_th = network.modes[0].n_th
    name = "concurrence" if network.dims == (2, 2) else "purity"

    def run():
        return te.sweep(
            lambda n_th: rebuilt(network, n_th=n_th),
            {"n_th": [0.7 * n_th, n_th]},
            name,
            executor=1,
            progress=False,
        )

    study, seconds = notes.call("sweep", run)
    if study is None:
        return
    if int(study["status"][1]) != 1:
        notes.add("sweep", REFUSED, note=str(study["message"][1].item()), seconds=seconds)
        return
    truth = getattr(numbers, name)(reference.steady_state())
    distance = abs(float(truth - numbers.mpf(float(study[name][1]))))
    notes.judge("sweep", distance, float(study[f"{name}_error"][1]), seconds=seconds)


def evolution(notes: Notes, network: te.Network, reference: Reference, rng) -> None:
    """Two times from a random state."""
    if reference.level > _DYNAMIC_LEVELS or reference.h.size > _STATES:
        return
    rate = max(float(np.max(np.abs(network.decay))), float(np.max(np.abs(network.exchange))))
    times = np.sort(10 ** rng.uniform(-1.5, 2.5, 2)) / rate
    rho = _diagonal(random_state(network.dims, rng))
    found, seconds = notes.call("evolution", lambda: te.evolve(network, times, rho))
    if found is None:
        return
    states = notes.truth("evolution", lambda: Dynamics(network).evolve(times, rho))
    if states is None:
        return
    for t, exact, state, stated in zip(times, states, found.states, found.error, strict=True):
        notes.judge(
            "evolution",
            exact.distance(state),
            float(stated),
            # What more nodes and levels of the reference may change, see `dynamics`.
            reference_error=1e-16,
            seconds=seconds,
            note=f"te.evolve(network, {times.tolist()}, {np.diag(rho).real.tolist()}) at t = {t:g}",
        )
    if network.dims == (2, 2):
        _numbers_of_evolution(notes, found, states)


def _numbers_of_evolution(notes: Notes, found: Any, states: list[State]) -> None:
    """What is read off the states of an evolution that began without coherences."""
    for name in MEASURES:
        estimates, seconds = notes.call("evolution numbers", getattr(found, name))
        if estimates is None:
            continue
        for estimate, exact in zip(estimates, states, strict=True):
            truth = getattr(numbers, name)(exact)
            notes.judge(
                "evolution numbers",
                abs(float(truth - numbers.mpf(float(estimate)))),
                estimate.error,
                scale=max(1.0, abs(float(truth))),
                reference_error=_slack(exact),
                seconds=seconds,
                note=name,
            )


def _slack(exact: State, error: float = 1e-16) -> float:
    """What an error of the reference may change of a number, most of all under a root."""
    p = np.maximum(np.diag(exact.array).real, 0.0)
    pairs = ((p[0], p[3]), (p[1], p[2]))
    roots = [np.sqrt((a + error) * (b + error)) - np.sqrt(a * b) for a, b in pairs]
    return float(4 * (4 * error + max(roots)))


def _diagonal(rho: np.ndarray) -> np.ndarray:
    """The populations alone: coherences of other charges multiply the work of the reference."""
    return np.diag(np.diag(rho).real / np.sum(np.diag(rho).real))


def evolution_of_rings(notes: Notes, network: te.Network, rng) -> None:
    """One time from a random state, the rings empty."""
    times = 10 ** rng.uniform(-1.0, 1.7, 1)
    rho = random_state(network.dims, rng)
    found, seconds = notes.call("evolution", lambda: te.evolve(network, times, rho, source="empty"))
    if found is None:
        return
    for t, exact, state, stated in zip(
        times,
        cold.ColdSystem(network).evolve(times, rho),
        found.states,
        found.error,
        strict=True,
    ):
        notes.judge(
            "evolution", exact.distance(state), float(stated), seconds=seconds, note=f"t = {t!r}"
        )


def _weights(network: te.Network) -> tuple[str, list[complex]]:
    """The field of the first qubit."""
    position = len(network.modes)
    rate = network.decay[position, position].real
    weights: list[Any] = [acb(0)] * len(network.nodes)
    with ctx.workprec(512):
        weights[position] = acb(float(rate)).sqrt()
    return network.nodes[position].name, weights


def spectrum(notes: Notes, network: te.Network, reference: Reference, rng) -> None:
    """Two frequencies of what the first qubit emits."""
    if reference.level > 4 * _DYNAMIC_LEVELS or np.any(network.absorption):
        return
    name, weights = _weights(network)
    rate = float(np.max(np.abs(network.decay)))
    frequencies = np.sort(rng.normal(size=2) * rate)
    found, seconds = notes.call("spectrum", lambda: te.spectrum(network, frequencies, of=name))
    if found is None:
        return
    truth = notes.truth("spectrum", lambda: Dynamics(network).spectrum(frequencies, weights))
    if truth is None:
        return
    scale = max(abs(float(value.mid())) for value in truth)
    for omega, value, exact, stated in zip(
        frequencies, found.values, truth, np.asarray(found.error), strict=True
    ):
        notes.judge(
            "spectrum",
            float(abs(exact - float(value)).mid()),
            float(stated),
            scale=scale,
            seconds=seconds,
            note=f"te.spectrum(network, {frequencies.tolist()}, of={name!r}) at {omega!r}",
        )


def coherence(notes: Notes, network: te.Network, reference: Reference, rng) -> None:
    """g1 or g2 of the first qubit at zero delay and at another."""
    if (
        reference.level > _DYNAMIC_LEVELS // 2
        or reference.h.size > _STATES
        or np.any(network.absorption)
    ):
        return
    name, weights = _weights(network)
    order = int(rng.integers(1, 3))
    rate = float(np.max(np.abs(network.decay)))
    delays = np.array([0.0, 10 ** rng.uniform(-1, 1) / rate])
    found, seconds = notes.call(
        "coherence", lambda: te.coherence(network, delays, of=name, order=order)
    )
    if found is None:
        return
    truth = notes.truth("coherence", lambda: Dynamics(network).coherence(delays, weights, order))
    if truth is None:
        return
    for tau, value, exact, stated in zip(
        delays, found.values, truth, np.asarray(found.error), strict=True
    ):
        number = complex(value)
        notes.judge(
            "coherence",
            float(abs(exact - acb(number.real, number.imag)).mid()),
            float(stated),
            reference_error=1e-16,
            seconds=seconds,
            note=f"te.coherence(network, {delays.tolist()}, of={name!r}, order={order}) at {tau!r}",
        )


def rates(notes: Notes, network: te.Network, reference: Reference) -> None:
    """The slowest rates; only cold networks have few enough unknowns."""
    if reference.level > 2 * _RATE_LEVELS:
        return
    count = 3
    truth = notes.truth("rates", lambda: slowest(network, count, _RATE_LEVELS))
    if truth is None:
        return
    found, seconds = notes.call("rates", lambda: te.relaxation_rates(network, count))
    if found is None:
        return
    values = np.asarray(found.values)
    stated = np.broadcast_to(np.asarray(found.error, dtype=float), values.shape)
    note = f"te.relaxation_rates(network, {count})"
    if len(values) < count:
        notes.add("rates", VIOLATED, note=f"{note} returned {len(values)}", seconds=seconds)
    # Conjugates and equal rates may come in any order: each value has an eigenvalue, and its real
    # part is that of its place.
    ordered = sorted(float(z.real.mid()) for z, _ in truth)
    for i, (value, error) in enumerate(zip(values, stated, strict=True)):
        ball = acb(complex(value).real, complex(value).imag)
        nearest = min((float(abs(z - ball).mid()), e) for z, e in truth)
        place = abs(ordered[i] - complex(value).real) if i < len(ordered) else np.inf
        slack = max(e for _, e in truth)
        notes.judge(
            "rates",
            max(nearest[0], place),
            float(error),
            scale=abs(complex(value)),
            reference_error=slack,
            seconds=seconds,
            note=note,
        )


def sensitivities(notes: Notes, network: te.Network, reference: Reference) -> None:
    """Derivatives of purity and concurrence by occupation, detuning and dephasing."""
    if reference.level > 4 * _DYNAMIC_LEVELS or network.dims != (2, 2):
        return
    parameters: dict[str, Any] = {"n_th": network.modes[0].n_th, "shift": 0.0}
    unit = [[0] * len(network.nodes) for _ in network.nodes]
    unit[1][1] = 1
    directions: dict[str, Any] = {"n_th": {"n_th": [1]}, "shift": {"exchange": unit}}
    if network.nodes[1].dephasing > 0:
        parameters["dephasing"] = network.nodes[1].dephasing
        # The jump of a qubit is sigma_z at half the dephasing rate.
        directions["dephasing"] = {"dephasing": [acb(0.5), acb(0)]}

    def builder(**given):
        return rebuilt(network, **given)

    for observable in ("purity", "concurrence"):
        found, seconds = notes.call(
            "sensitivities",
            lambda observable=observable: te.sensitivities(builder, parameters, observable),
        )
        if found is None:
            continue
        truths = {
            name: notes.truth(
                "sensitivities",
                lambda d=direction, o=observable: slope(network, getattr(numbers, o), **d),
            )
            for name, direction in directions.items()
        }
        # As their tolerance, relative to the largest derivative times its parameter.
        sizes = {name: abs(parameters[name]) or 1.0 for name in directions}
        known = {name: truth for name, truth in truths.items() if truth is not None}
        largest = max((sizes[name] * abs(float(truth)) for name, truth in known.items()), default=0)
        for name, truth in known.items():
            notes.judge(
                "sensitivities",
                abs(float(truth - numbers.mpf(float(found[name])))),
                float(found.errors[name]),
                scale=largest / sizes[name],
                seconds=seconds,
                note=f"te.sensitivities of {observable} by {name}",
            )
