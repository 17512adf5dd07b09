"""Two rails of qubits fed by the correlated output of a nondegenerate parametric amplifier."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from thermalent.models.line import PerQubit
from thermalent.models.rails import per_pair, rail_detunings, rail_names
from thermalent.networks.geometry import Cascade
from thermalent.networks.network import Network
from thermalent.networks.nodes import Mode, Qubit
from thermalent.support import checks
from thermalent.support.calls import with_explained_calls
from thermalent.support.deprecation import renamed_arguments

PerPair = float | Sequence[float]

_STRONGEST = 15.0  # exp(2 r) = 1e13


@renamed_arguments(decay="gamma", imbalance="bandwidths", other_decay="intrinsic_decay")
@with_explained_calls
def dual_rail(
    pairs: int,
    squeezing: float | None = None,
    *,
    detuning: PerPair = 0.0,
    permutation: Sequence[int] | str | None = None,
    detuning_b: PerPair | None = None,
    bandwidth: float | None = None,
    bandwidths: Sequence[float] | None = None,
    gain: float | None = None,
    gamma: float = 1.0,
    dephasing: PerQubit = 0.0,
    intrinsic_decay: PerQubit = 0.0,
    loss: float | Sequence[float] = 0.0,
) -> Network:
    r"""N pairs of qubits, one of each on rail A and on rail B, under two-mode squeezed light.

    Broadband source (no bandwidth), with \(L_\eta = \sum_i \sigma^-_{\eta,i}\):

    $$\dot\rho = -i[H_\mathrm{casc}, \rho] + \gamma\,\mathcal{D}[\cosh r\, L_A - \sinh r\,
      L_B^\dagger]\rho + \gamma\,\mathcal{D}[\cosh r\, L_B - \sinh r\, L_A^\dagger]\rho$$

    Finite bandwidth: two amplifier modes with \(H = i g (a_A^\dagger a_B^\dagger - a_A a_B)\),
    energy decay kappa each into its rail, and the qubits behind them in a cascade;
    \(r = 2\,\mathrm{artanh}(2g/\sqrt{\kappa_A \kappa_B})\).

    Args:
        pairs: Number N of pairs, >= 1.
        squeezing: r >= 0. Or give `gain`.
        detuning: delta_A, qubit minus source frequency, rate unit; one number, or one per pair.
        permutation: P of delta_B,i = -delta_A,P(i): the numbers 0 to N - 1 in some order,
            "reverse", or None for the order of rail A.
        detuning_b: delta_B instead of what the permutation makes of delta_A.
        bandwidth: Energy decay rate kappa of both amplifier modes, rate unit, > 0; None for a
            broadband source.
        bandwidths: (kappa_A, kappa_B) instead of `bandwidth`.
        gain: g, rate unit, >= 0, instead of `squeezing`; below the threshold
            2g = sqrt(kappa_A kappa_B).
        gamma: Decay rate of each qubit into its rail, rate unit, > 0.
        dephasing: Pure dephasing rate, rate unit; one number, or one per qubit (A1, B1, A2, ...).
        intrinsic_decay: Decay rate into other, empty channels, rate unit; one number, or one per
            qubit.
        loss: Power loss, in [0, 1], of each stretch between successive pairs, on both rails; one
            number, or one per stretch.

    Returns:
        The network, qubits named "A1", "B1", "A2", ...; with finite bandwidth the modes "a_A" and
        "a_B" come first.

    Raises:
        ValueError: an argument is out of range or of the wrong length, the amplifier is at or above
            its threshold, or arguments exclude each other.

    Source: DUALRAIL, Eqs. (1) to (4) and (11); loss as in `Cascade`.
    """
    pairs = checks.node_count("pairs", pairs)
    gamma = checks.positive_rate("gamma", gamma)
    rates = _bandwidths(bandwidth, bandwidths)
    r = _squeezing(squeezing, gain, rates)
    delta_a, delta_b = rail_detunings(detuning, permutation, pairs)
    if detuning_b is not None:
        if permutation is not None:
            checks.fail("permutation", "left out where `detuning_b` is given", permutation)
        delta_b = per_pair("detuning_b", detuning_b, pairs)
    if pairs == 1 and np.any(np.asarray(loss) != 0.0):
        checks.fail("loss", "0 for one pair, behind which there is no stretch", loss)
    losses = checks.per_item("loss", loss, pairs - 1, "stretch between successive pairs")
    names = rail_names(pairs)
    phases = checks.per_item("dephasing", dephasing, 2 * pairs, "qubit")
    lost = checks.per_item("intrinsic_decay", intrinsic_decay, 2 * pairs, "qubit")
    elsewhere = [checks.rate("intrinsic_decay", value) for value in lost]
    qubits = tuple(Qubit(name=n, dephasing=p) for n, p in zip(names, phases, strict=True))
    detunings = np.column_stack([delta_a, delta_b]).ravel()
    if rates is None:
        return _broadband(qubits, detunings, elsewhere, gamma, r, losses)
    return _filtered(qubits, detunings, elsewhere, gamma, r, losses, rates)


def _broadband(
    qubits: Sequence[Qubit],
    detunings: np.ndarray,
    elsewhere: Sequence[float],
    gamma: float,
    r: float,
    losses: Sequence[float],
) -> Network:
    pairs = len(qubits) // 2
    rail = Cascade(rates=(gamma,) * pairs, loss=losses).coupling()
    # What the source adds to the vacuum is attenuated with the rest of the light.
    passed = np.sqrt(np.cumprod([1.0, *(1 - np.asarray(losses, dtype=float))]))
    added = gamma * np.outer(passed, passed)
    same_rail, across = np.eye(2), np.array([[0, 1], [1, 0]])
    return Network(
        nodes=tuple(qubits),
        exchange=np.kron(rail.exchange, same_rail) + np.diag(detunings),
        decay=np.kron(rail.decay + np.sinh(r) ** 2 * added, same_rail) + np.diag(elsewhere),
        absorption=np.kron(np.sinh(r) ** 2 * added, same_rail),
        anomalous=np.kron(-np.cosh(r) * np.sinh(r) * added, across),
        label="dual rail",
    )


def _filtered(
    qubits: Sequence[Qubit],
    detunings: np.ndarray,
    elsewhere: Sequence[float],
    gamma: float,
    r: float,
    losses: Sequence[float],
    rates: tuple[float, float],
) -> Network:
    pairs = len(qubits) // 2
    n = 2 * (pairs + 1)
    exchange, decay = np.zeros((n, n), dtype=complex), np.zeros((n, n), dtype=complex)
    for rail, kappa in enumerate(rates):
        line = np.ix_(range(rail, n, 2), range(rail, n, 2))
        cascade = Cascade(rates=(kappa, *(gamma,) * pairs), loss=(0.0, *losses)).coupling()
        exchange[line], decay[line] = cascade
    pumping = np.zeros((n, n), dtype=complex)
    pumping[0, 1] = pumping[1, 0] = 0.5j * np.sqrt(rates[0] * rates[1]) * np.tanh(r / 2)
    return Network(
        nodes=(Mode(name="a_A"), Mode(name="a_B"), *qubits),
        exchange=exchange + np.diag([0.0, 0.0, *detunings]),
        decay=decay + np.diag([0.0, 0.0, *elsewhere]),
        pumping=pumping,
        label="dual rail",
    )


def _bandwidths(
    bandwidth: float | None, bandwidths: Sequence[float] | None
) -> tuple[float, float] | None:
    if bandwidths is None:
        if bandwidth is None:
            return None
        kappa = checks.positive_rate("bandwidth", bandwidth)
        return kappa, kappa
    if bandwidth is not None:
        checks.fail("bandwidth", "left out where `bandwidths` gives both rates", bandwidth)
    if not isinstance(bandwidths, (Sequence, np.ndarray)) or len(bandwidths) != 2:
        checks.fail("bandwidths", "two rates (kappa_A, kappa_B)", bandwidths)
    kappa_a, kappa_b = (checks.positive_rate("bandwidths", rate) for rate in bandwidths)
    return kappa_a, kappa_b


def _squeezing(
    squeezing: float | None, gain: float | None, rates: tuple[float, float] | None
) -> float:
    if gain is None:
        if squeezing is None:
            checks.fail("squeezing", "given, or `gain` instead", squeezing)
        r = checks.nonnegative("squeezing", squeezing)
        if r > _STRONGEST:
            allowed = f"at most {_STRONGEST:g}, beyond which double precision holds no state"
            checks.fail("squeezing", allowed, squeezing)
        return r
    if squeezing is not None:
        checks.fail("gain", "left out where `squeezing` is given", gain)
    if rates is None:
        checks.fail("gain", "given together with a finite `bandwidth`", gain)
    gain = checks.nonnegative("gain", gain)
    threshold = 0.5 * float(np.sqrt(rates[0] * rates[1]))
    if not gain < threshold:
        allowed = f"below the parametric threshold sqrt(kappa_A kappa_B)/2 = {threshold:g}"
        checks.fail("gain", allowed, gain)
    return 2 * float(np.arctanh(gain / threshold))
