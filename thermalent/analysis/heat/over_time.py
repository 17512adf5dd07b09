r"""Heat currents of an evolution, and the quanta that the network stores meanwhile.

With the currents of `heat_currents` at each time, and the quanta in all nodes,

$$\frac{d}{dt} N(t) = J_\mathrm{hot} - J_\mathrm{output} - J_\mathrm{elsewhere}, \qquad
  N = \langle a^\dagger a\rangle + \sum_j \langle N_j\rangle$$

All are read from the tiers zero to two of total charge zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from thermalent.analysis.heat.currents import (
    HeatChannels,
    heat_channels,
    node_means,
    refuse_classical_fields,
)
from thermalent.analysis.heat.several_modes import heat_behind_modes
from thermalent.continued_fraction.chain.assembly import offsets
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.chain.tier_operators import TierOperators, tier_matrices
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.continued_fraction.several_poles.moving.schedule_evolution import HOW_OF_SCHEDULES
from thermalent.continued_fraction.switching.evolution import (
    read_pieces,
    start_amplitude,
    too_strong,
)
from thermalent.continued_fraction.switching.generators import ScheduleTiers
from thermalent.continued_fraction.switching.reference import SourceStretch
from thermalent.networks.network import Network
from thermalent.networks.symmetry import excitation_numbers
from thermalent.operators.estimates import Estimates
from thermalent.solution.method import MethodError
from thermalent.solution.schedule import Schedule
from thermalent.solution.tasks import (
    EvolutionTask,
    Piece,
    SourceStart,
    mismatched_start,
    start_amplitudes,
)
from thermalent.support import checks
from thermalent.support.by_value import ByValue
from thermalent.support.calls import ExplainedClass, with_explained_calls
from thermalent.support.progress import working

_DEFAULT_RTOL = 1e-9
_ENOUGH = (
    0.1  # error relative to the largest current that is possible, above which nothing is known
)
_READ = 2  # the highest tier that a mean of two operators depends on
_HOW = "difference of two runs with other tiers, steps, contours and roundings"


@dataclass(frozen=True, kw_only=True, eq=False)
class HeatOverTime(ByValue, metaclass=ExplainedClass):
    r"""Currents of quanta at some times, per unit time in the network's unit of rate.

    $$\frac{d}{dt} N = J_\mathrm{hot} - J_\mathrm{output} - J_\mathrm{elsewhere}$$

    Args:
        times: The times, inverse rate unit, (t,).
        hot: From the mode's own port into the network, (t,).
        output: Net current into the channel of the last node, the waveguide of a cascade, (t,).
            What the last node loses by itself counts to it, unless `intrinsic_decay` was given.
        elsewhere: Into all other channels: individual decay and lossy stretches, (t,).
        quanta: N, the quanta in the mode and in the emitters, (t,).
    """

    times: np.ndarray
    hot: Estimates
    output: Estimates
    elsewhere: Estimates
    quanta: Estimates


@with_explained_calls
def heat_over_time(
    network: Network | Schedule,
    times: ArrayLike,
    initial: Any,
    *,
    source: SourceStart = "stationary",
    rtol: float | None = None,
    intrinsic_decay: float | Sequence[float] = 0.0,
) -> HeatOverTime:
    r"""The heat currents along an evolution, as `te.evolve` takes it.

    $$\frac{d}{dt} N = J_\mathrm{hot} - J_\mathrm{output} - J_\mathrm{elsewhere}$$

    Args:
        network: Emitters behind one mode, or behind several that drive them through one amplitude;
            excitation number conserved up to decay; or a `Schedule` of such networks, at whose
            switches currents jump: a time at which networks change belongs to the piece that ends
            there.
        times: Increasing, finite, >= 0, inverse rate unit, (t,); of a schedule at most its
            duration.
        initial: The emitters' initial state: product state by name ("00", emitters in node order),
            ket, or density matrix; uncorrelated with the source.
        source: The source's initial state: "stationary", "empty", or behind one mode a coherent
            amplitude.
        rtol: Error aimed at, relative to the largest current that the ports allow, from 1e-10 to
            0.1; if not given, 1e-9 behind one mode, and behind several what half a minute affords.
        intrinsic_decay: Rates at which emitters lose quanta into channels of their own, as for
            `te.heat_currents`; the same in all networks of a schedule.

    Returns:
        Currents in quanta per unit time and stored quanta, each with its error.

    Raises:
        ValueError: an argument is out of range.
        MethodError: the network is not one for the continued fraction, a mode is a classical field,
            baths beside the waveguide are warm, emitters lose quanta through operators of their
            own, or the schedule changes smoothly.

    Source: local detailed balance of the baths in the master equation of `te.Network`.
    """
    aimed = _DEFAULT_RTOL if rtol is None else checks.within("rtol", rtol, 1e-10, 0.1)
    task = _task(network, checks.time_grid("times", times), initial, source)
    for one in task.networks:
        _refuse(one, aimed)
    channels = [heat_channels(one, intrinsic_decay) for one in task.networks]
    scales = _scales(task)
    if len(task.network.modes) > 1:
        with working("heat over time") as report:
            values, error = heat_behind_modes(task, channels, scales, rtol, report)
        return _result(task, values, error, scales, HOW_OF_SCHEDULES)
    numbers = excitation_numbers(task.network)
    known = {id(one): hierarchy(one, numbers) for one in task.networks}
    amplitude = start_amplitude(task)
    if amplitude and too_strong(list(known.values()), amplitude):
        raise MethodError(
            f"Heat over time: the coherent field of amplitude {abs(amplitude):.3g} is too strong "
            "beside the thermal one, about whose mean it is expanded. Ask for a weaker field. "
            "te.evolve(...) gives the emitters' states behind strong ones."
        )

    def reading(tiers: ScheduleTiers, stretch: SourceStretch) -> np.ndarray:
        one, own = task.networks[stretch.piece], channels[stretch.piece]
        rows: np.ndarray = _rows(one, own, tiers, stretch) / scales[:, None]
        return rows

    with working("heat over time") as report:
        values, error = read_pieces(
            [known[id(one)] for one in task.networks], task, aimed, report, reading
        )
    lost = ~(error <= _ENOUGH)
    if np.any(lost):
        field = f", and weaker than of amplitude {abs(amplitude):.3g}" if amplitude else ""
        raise MethodError(
            f"Heat over time did not converge: from t = {task.times[int(np.argmax(lost))]:g} on "
            "rounding exceeds it, because a slow source is expanded about the mean of its field. "
            f"Ask for earlier times or a colder source{field}."
        )
    return _result(task, values, error, scales, _HOW)


def _result(
    task: EvolutionTask, values: np.ndarray, error: np.ndarray, scales: np.ndarray, how: str
) -> HeatOverTime:
    hot, output, elsewhere, quanta = (
        Estimates(values[:, i] * scale, error * scale, how) for i, scale in enumerate(scales)
    )
    return HeatOverTime(
        times=task.times, hot=hot, output=output, elsewhere=elsewhere, quanta=quanta
    )


def _task(
    network: Network | Schedule, times: np.ndarray, initial: Any, source: SourceStart
) -> EvolutionTask:
    if isinstance(network, Schedule):
        if network.smooth:
            raise MethodError(
                "Heat over time needs pieces of constant networks, and this schedule changes "
                "smoothly. Give it as pieces."
            )
        if times[-1] > network.duration:
            allowed = f"at most {network.duration:g}, the duration of the schedule"
            checks.fail("times", allowed, float(times[-1]))
        pieces = network.in_steps(times)
    else:
        if not isinstance(network, Network):
            checks.fail("network", "a thermalent Network or Schedule", network)
        pieces = (Piece(network),)
    task = EvolutionTask(
        pieces=pieces,
        times=times,
        initial=initial,
        source=checks.source_start("source", source),
    )
    modes = len(task.network.modes)
    mismatch = mismatched_start(source, modes) if not isinstance(source, str) else None
    if mismatch is not None:
        raise MethodError(f"Heat over time: {mismatch}")
    return task


def _refuse(network: Network, rtol: float) -> None:
    method = ContinuedFraction(rtol=rtol)
    several = len(network.modes) > 1
    refusal = None if several else method.one_mode_refusal(network)  # chains are refused together
    if refusal is not None:
        raise MethodError(f"Heat currents come from the continued fraction: {refusal}")
    refuse_classical_fields(network)


def _scales(task: EvolutionTask) -> np.ndarray:
    """The sizes of the three currents and of the quanta that their errors are relative to, (4,)."""
    quanta = max(sum(mode.n_th for mode in one.modes) for one in task.networks)
    amplitudes = start_amplitudes(task.source, len(task.network.modes))
    quanta += float(np.sum(np.abs(amplitudes) ** 2))
    quanta += float(np.max(excitation_numbers(task.network), initial=0.0))
    port = max(mode.bath_rate for one in task.networks for mode in one.modes)
    rate = max(port, *(float(np.abs(one.couplings.decay).max()) for one in task.networks))
    return np.array([max(port, 1e-3 * rate) * quanta, rate * quanta, rate * quanta, quanta])


def _rows(
    network: Network, channels: HeatChannels, tiers: ScheduleTiers, stretch: SourceStretch
) -> np.ndarray:
    """What gives currents and quanta when it multiplies the lowest tiers of a stretch, (4, n)."""
    chain = tiers.first
    # The tiers are those relative to the Gaussian of the stretch, in its scale.
    (own,) = tiers.pieces[stretch.piece].modes
    h = replace(tiers.pieces[stretch.piece], modes=(replace(own, variance=stretch.reference),))
    scale = TierOperators(h, 0, np.zeros((1, 1, 1))).scale
    factors = (np.sqrt(stretch.size) / scale) ** np.arange(_READ + 1)
    (mode,), (port,) = network.modes, network.mode_indices
    size = int(offsets(chain, _READ)[-1])
    rows = np.zeros((4, size))
    for i in range(size):
        unit = np.zeros(size)
        unit[i] = 1.0
        low = TierOperators(h, 0, factors[:, None, None] * tier_matrices(chain, unit, _READ))
        normal, reversed_ = node_means(network, low)
        state = low.matrices[0]
        stored = normal[port, port] + np.sum(np.asarray(h.numbers) * np.diag(state))
        rows[0, i] = mode.bath_rate * (mode.n_th * np.trace(state) - normal[port, port]).real
        for k, (decay, absorption) in enumerate((channels.output, channels.elsewhere), start=1):
            rows[k, i] = float(np.sum(decay * normal.T - absorption * reversed_.T).real)
        rows[3, i] = float(stored.real)
    return rows
