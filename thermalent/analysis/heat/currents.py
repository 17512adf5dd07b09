r"""Heat currents of a steady state, their balance, and the entropy that they produce.

All nodes share one frequency omega, so that a current of heat is one of quanta times omega. The
network takes quanta from its modes' own ports and gives them to what its nodes radiate into,

$$J_\mathrm{port} = k\,(n_\mathrm{th} - \langle a^\dagger a\rangle), \qquad
  J_R = \sum_{jl} \big( G^R_{jl} \langle c_l^\dagger c_j\rangle
        - U^R_{jl} \langle c_l c_j^\dagger\rangle \big)$$

First law: what comes in goes out, \(\sum J_\mathrm{port} = \sum J_R\). Second law: the entropy that
baths of occupation n gain and lose, in units of k_B,

$$\sigma = \sum_R J_R \ln\frac{n_R + 1}{n_R}
  - \sum J_\mathrm{port} \ln\frac{n_\mathrm{th} + 1}{n_\mathrm{th}} \ge 0$$
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from thermalent.analysis.radiation.field import chosen_steady_state, require_one_mode
from thermalent.analysis.radiation.several_poles import HOW_BEHIND_POLES, flux_behind_poles
from thermalent.continued_fraction import memory
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.chain.tier_operators import Field, TierOperators, steady_tiers
from thermalent.continued_fraction.dynamics.evolution import needed_depth
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.display import plots
from thermalent.display.table import html_table, with_error
from thermalent.networks.liouvillian import lowering_operators
from thermalent.networks.network import Network
from thermalent.networks.nodes import Qubit
from thermalent.networks.symmetry import excitation_numbers
from thermalent.operators.estimates import Estimate, Estimates
from thermalent.operators.superoperators import dense
from thermalent.solution.errors import require_memory
from thermalent.solution.evolution import Evolution
from thermalent.solution.method import MethodError
from thermalent.solution.result import SteadyState
from thermalent.support import checks
from thermalent.support.by_value import ByValue
from thermalent.support.calls import ExplainedClass, with_explained_calls
from thermalent.support.machine.one_thread import one_thread

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DEFAULT_RTOL, _SEVERAL_MODES_RTOL = 1e-8, 1e-6
_HOW = "change with a quarter more tiers and with disturbed generators, and rounding"
_SAFETY = 2.0  # on the largest of these changes
_DRAWS = 2  # disturbed generators
_LOW_TIERS = 4  # tiers on which a mean of two operators depends, and one more
_ROUNDING = 1e-12  # couplings below this part of the largest are rounding of the geometry


@dataclass(frozen=True, kw_only=True, eq=False)
class HeatCurrents(ByValue, metaclass=ExplainedClass):
    r"""Currents of quanta in a steady state, per unit time in the network's unit of rate.

    $$J_\mathrm{hot} = J_\mathrm{output} + J_\mathrm{elsewhere}, \qquad \sigma \ge 0$$

    Args:
        hot: From the modes' own ports into the network.
        output: Net current into the channel of the last node: the waveguide of a cascade. What the
            last node loses by itself counts to it, unless `intrinsic_decay` was given.
        elsewhere: Into all other channels: individual decay and lossy stretches.
        entropy_production: sigma in units of k_B per unit time; None where heat flows into a bath
            at zero temperature, whose entropy grows without bound.
    """

    hot: Estimate
    output: Estimate
    elsewhere: Estimate
    entropy_production: Estimate | None

    @property
    def balance(self) -> Estimate:
        """What comes in minus what goes out: zero within its error, by the first law."""
        error = self.hot.error + self.output.error + self.elsewhere.error
        return Estimate(float(self.hot) - float(self.output) - float(self.elsewhere), error, _HOW)

    def _flows(self) -> dict[str, Estimate]:
        return {
            "from the hot port": self.hot,
            "into the line's output": self.output,
            "elsewhere": self.elsewhere,
            "balance": self.balance,
        }

    def _repr_html_(self) -> str:
        flows = self._flows()
        if self.entropy_production is not None:
            flows["entropy production, k_B per time"] = self.entropy_production
        rows = [(name, with_error(float(each), each.error)) for name, each in flows.items()]
        return html_table(rows, title="Heat currents", head=("", "quanta per time"))

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the currents as bars, with their errors.

        Args:
            axes: Where to draw; a new figure if not given.
        """
        axes = plots.axes_or_new(axes, 5.0, 2.4)
        flows = self._flows()
        values = [float(flow) for flow in flows.values()]
        plots.bars(axes, list(flows), values, [flow.error for flow in flows.values()])
        axes.set(xlabel="quanta per time")
        return axes


class HeatChannels(NamedTuple):
    """G and U of the output and of everything else, (n, n) each, and the output's occupation."""

    output: tuple[np.ndarray, np.ndarray]
    elsewhere: tuple[np.ndarray, np.ndarray]
    occupation: float


@with_explained_calls
@one_thread()
def heat_currents(
    network: Network,
    *,
    rtol: float | None = None,
    initial: Any = None,
    intrinsic_decay: float | Sequence[float] = 0.0,
) -> HeatCurrents:
    r"""The heat currents of the steady state and the entropy that they produce.

    $$J_\mathrm{hot} = J_\mathrm{output} + J_\mathrm{elsewhere}, \qquad \sigma \ge 0$$

    Args:
        network: Emitters behind one mode, or behind several that pass light on to each other;
            excitation number conserved up to decay. Behind one mode the waveguide may be warm, all
            other channels are cold.
        rtol: Accuracy that sets the number of tiers, from 1e-12 to 0.1; if not given, 1e-8 behind
            one mode and 1e-6 behind several.
        initial: Where the steady state is not unique: the state from which it is reached, as for
            `te.steady_state`.
        intrinsic_decay: Rates at which emitters lose quanta into channels of their own, as the
            network was built with; one number, or one per emitter. They tell the output from what
            the last node loses by itself, which the decay matrix alone does not.

    Returns:
        Currents in quanta per unit time, each with its error, and the entropy production. A
        `Hardware` turns currents into watts.

    Raises:
        ValueError: an argument is out of range.
        MethodError: the network is not one for the continued fraction, a mode is a classical field,
            or baths beside the waveguide are warm.
        SolveError: the steady state is not unique and no `initial` is given, or it did not
            converge.

    Source: local detailed balance of the baths in the master equation of `te.Network`.
    """
    default = _DEFAULT_RTOL if len(network.modes) < 2 else _SEVERAL_MODES_RTOL
    aimed = default if rtol is None else checks.within("rtol", rtol, 1e-12, 0.1)
    refuse_classical_fields(network)
    channels = heat_channels(network, intrinsic_decay)
    if len(network.modes) > 1:
        return _behind_several_modes(network, channels, aimed, initial)
    solves = list(_solves(network, aimed, initial))
    (port,) = network.mode_indices
    mode = network.modes[0]
    currents = []
    for normal, reversed_ in solves:
        taken = mode.bath_rate * (mode.n_th - normal[port, port].real)
        given = [
            float(np.sum(decay * normal.T - absorption * reversed_.T).real)
            for decay, absorption in (channels.output, channels.elsewhere)
        ]
        currents.append([taken, *given])
    values = np.array(currents)
    found = values[1]  # the deeper of two that are not disturbed
    largest = np.max(np.abs(values - found), axis=0)
    scale = mode.bath_rate * mode.n_th + float(np.abs(network.decay).max())
    errors = _SAFETY * largest + _ROUNDING * scale
    hot, output, elsewhere = (
        Estimate(float(value), float(error), _HOW)
        for value, error in zip(found, errors, strict=True)
    )
    return HeatCurrents(
        hot=hot,
        output=output,
        elsewhere=elsewhere,
        entropy_production=_entropy(hot, output, elsewhere, mode.n_th, channels.occupation),
    )


def refuse_classical_fields(network: Network) -> None:
    """Refuse modes on which the emitters do not act back.

    Raises:
        MethodError: a mode is a classical field.
    """
    if not all(mode.backaction for mode in network.modes):
        raise MethodError(
            "Heat currents need modes on which the emitters act back: a classical field "
            "(backaction=False) gives and takes energy without losing any. Use backaction=True."
        )


def heat_channels(network: Network, intrinsic_decay: Any) -> HeatChannels:
    """The output, whose amplitudes the last column of the passive decay holds, and the rest."""
    decay, absorption = network.couplings.decay, network.couplings.absorption
    size = float(np.abs(decay).max())
    own = np.zeros(len(decay))
    own[list(network.emitter_indices)] = [
        checks.nonnegative("intrinsic_decay", rate)
        for rate in checks.per_item(
            "intrinsic_decay", intrinsic_decay, len(network.emitters), "emitter"
        )
    ]
    lost = np.diag(decay - absorption.conj()).real
    if np.any(lost < -_ROUNDING * size):
        name = network.nodes[int(np.argmin(lost))].name
        raise MethodError(
            "Heat currents need baths that have a temperature, and what the node "
            f"{name!r} absorbs is more than it loses: its bath is inverted. Take a smaller "
            "`absorption`."
        )
    passive = decay - absorption.conj() - np.diag(own)
    if np.any(np.diag(passive).real < -_ROUNDING * size):
        checks.fail("intrinsic_decay", "at most the decay of each emitter", intrinsic_decay)
    last, warm = passive[-1, -1].real, absorption[-1, -1].real
    occupation = float(warm / last) if last > _ROUNDING * size else 0.0
    weights = passive[:, -1] / np.sqrt(last) if last > _ROUNDING * size else 0 * passive[:, -1]
    channel = np.outer(weights, weights.conj())
    of_output = (occupation + 1) * channel, occupation * channel.conj()
    rest = decay - of_output[0], absorption - of_output[1]
    if np.max(np.abs(rest[1])) > _ROUNDING * max(size, warm):
        raise MethodError(
            "Heat currents need one warm channel, that of the last node, and this network has more."
        )
    cold = np.where(np.abs(rest[0]) > _ROUNDING * size, rest[0], 0.0)
    return HeatChannels(of_output, (cold, 0 * cold), occupation)


def _solves(network: Network, rtol: float, initial: Any) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The means <c_l^+ c_j> and <c_l c_j^+> of all nodes, [l, j], from several solves.

    The first has fewer tiers, the second more, and the others have disturbed generators.
    """
    method = ContinuedFraction(rtol=rtol)
    require_one_mode(method, network, "Heat currents")
    needed = memory.regression_bytes(network, excitation_numbers(network), rtol)
    require_memory("Heat currents", needed, "Use fewer emitters, or a larger rtol.")
    reached, _ = chosen_steady_state(method, network, initial)
    h, rng = hierarchy(network), np.random.default_rng(0)
    depth = needed_depth(h, rtol)
    more = depth + depth // 4 + 2
    for last in (depth, more):
        yield node_means(network, steady_tiers(h, last, reached)[0])
    for _ in range(_DRAWS):
        yield node_means(network, steady_tiers(h, more, reached, rng)[0])


def node_means(network: Network, tiers: TierOperators) -> tuple[np.ndarray, np.ndarray]:
    """The means <c_l^+ c_j> and <c_l c_j^+> of all nodes, [l, j], from the lowest tiers."""
    low = TierOperators(tiers.h, tiers.charge, tiers.matrices[: _LOW_TIERS + 1])
    fields = [Field(0.0, np.zeros_like(low.matrices[0]))] * len(network.nodes)
    lowering = [dense(c) for c in lowering_operators(network)]
    for index, c in zip(network.emitter_indices, lowering, strict=True):
        fields[index] = Field(0.0, c)
    for index in network.mode_indices:
        fields[index] = Field(1.0, np.zeros_like(low.matrices[0]))
    acted = [low.times_field(field, conjugate=False) for field in fields]
    normal = np.array(
        [[right.times_field(field, conjugate=True).trace() for right in acted] for field in fields]
    )
    reversed_ = normal.T.copy()  # operators of different nodes commute
    state = low.matrices[0]
    for index in network.mode_indices:
        reversed_[index, index] = normal[index, index] + np.trace(state)
    for index, c in zip(network.emitter_indices, lowering, strict=True):
        reversed_[index, index] = np.trace(c @ c.conj().T @ state)
    return normal, reversed_


def _entropy(
    hot: Estimate, output: Estimate, elsewhere: Estimate, n_th: float, occupation: float
) -> Estimate | None:
    """sigma, or None if it is infinite; a current that is zero within its error flows nowhere."""
    total = error = 0.0
    for current, quanta, sign in ((output, occupation, 1), (elsewhere, 0.0, 1), (hot, n_th, -1)):
        if abs(current) <= current.error:
            if quanta > 0:
                error += current.error * float(np.log1p(1 / quanta))
            continue
        if quanta == 0.0:
            return None
        weight = sign * float(np.log1p(1 / quanta))
        total, error = total + weight * float(current), error + abs(weight) * current.error
    return Estimate(total, error, _HOW)


def _behind_several_modes(
    network: Network, channels: HeatChannels, rtol: float, initial: Any
) -> HeatCurrents:
    """The currents as sums of fluxes <O^+ O>, one for each field that carries quanta away."""

    def flux(weights: np.ndarray) -> Estimate:
        given = dict(zip((node.name for node in network.nodes), weights.tolist(), strict=True))
        return flux_behind_poles(network, given, rtol, initial)

    def total(fluxes: list[Estimate]) -> Estimate:
        return Estimate(sum(map(float, fluxes)), sum(one.error for one in fluxes), HOW_BEHIND_POLES)

    def of_channel(decay: np.ndarray) -> Estimate:
        """A decay matrix is that of its eigenvectors, each of them a field."""
        rates, fields = np.linalg.eigh(decay)
        used = rates > _ROUNDING * float(np.abs(network.decay).max())
        return total([flux(np.sqrt(rates[i]) * fields[:, i]) for i in np.flatnonzero(used)])

    taken, error = 0.0, 0.0
    for index, mode in zip(network.mode_indices, network.modes, strict=True):
        if mode.bath_rate > 0:
            quanta = flux(np.eye(len(network.nodes))[index])
            taken += mode.bath_rate * (mode.n_th - float(quanta))
            error += mode.bath_rate * quanta.error
    hot = Estimate(taken, error, HOW_BEHIND_POLES)
    output, elsewhere = of_channel(channels.output[0]), of_channel(channels.elsewhere[0])
    # All other baths are cold: what flows into them produces entropy without bound.
    hottest = max(mode.n_th for mode in network.modes)
    return HeatCurrents(
        hot=hot,
        output=output,
        elsewhere=elsewhere,
        entropy_production=_entropy(hot, output, elsewhere, hottest, 0.0),
    )


@with_explained_calls
def dissipation(result: SteadyState | Evolution) -> Estimate | Estimates:
    r"""Quanta per unit time that emitters without a source give to their reservoirs.

    $$-\frac{d}{dt}\Big\langle \sum_j N_j \Big\rangle
      = \sum_{jl} G_{jl} \langle c_l^\dagger c_j\rangle - U_{jl} \langle c_l c_j^\dagger\rangle$$

    Times the frequency of the emitters this is the dissipated power, and over the temperature of
    the reservoir the entropy that it gains.

    Args:
        result: A steady state, or an evolution, of a network without modes and pumps whose emitters
            have no jumps of their own.

    Returns:
        The rate, of an evolution at each time, (t,), with its error: that of the state times the
        sum of the elements of the operator.

    Raises:
        ValueError: not a result of this kind.

    Source: COOPERATIVE, "least dissipation": the state that is reached dissipates nothing.
    """
    allowed = "a steady state or an evolution of a network without modes"
    network = result.network
    lossy = any(not isinstance(e, Qubit) and e.collapse_operators for e in network.emitters)
    if network.modes or network.pumped or lossy:
        checks.fail("result", allowed, checks.Words("one of another network"))
    lowering = [dense(c) for c in lowering_operators(network)]
    operator = np.zeros_like(lowering[0], dtype=complex)
    for j, c in enumerate(lowering):
        for l, other in enumerate(lowering):
            operator += network.couplings.decay[j, l] * other.conj().T @ c
            operator -= network.couplings.absorption[j, l] * other @ c.conj().T
    weight = float(np.abs(operator).sum())
    how = "error of the state times the sum of the elements of the operator"
    if isinstance(result, SteadyState):
        rate = float(np.trace(operator @ result.state).real)
        return Estimate(rate, weight * float(result.error), how)
    rates = np.einsum("ij,tji->t", operator, result.states).real
    return Estimates(rates, weight * np.asarray(result.error), how)
