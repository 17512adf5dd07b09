r"""Closed forms for qubits that decay into one common reservoir.

Rates are those of `te.cooperative`: \(\Gamma\) is the decay rate of one qubit into the common
reservoir and \(\gamma\) that into its own, both with the dissipator \(\mathcal{D}\). COOPERATIVE's
\(\mathcal{L} = 2\mathcal{D}\) makes \(\Gamma = 2\kappa\) and \(\gamma = 2\alpha\). Energies are in
units of one excitation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from thermalent.analytic.cooperative.detuned_pair import mean_decay
from thermalent.analytic.populations import Populations, nonnegative_arrays
from thermalent.operators import states
from thermalent.support import checks

PAIR_STARTS = ("00", "01", "10", "S", "T", "11")


def single_excitation_amplitudes(
    t: Any, rates: Sequence[float], start: int = 0, *, individual_decay: float = 0.0
) -> np.ndarray:
    r"""Amplitudes of an excitation that starts on one of N resonant qubits.

    $$a_l(t) = e^{-\gamma t/2} \Big[\delta_{lj} - \frac{\sqrt{\Gamma_l \Gamma_j}}{\Gamma_s}
      \big(1 - e^{-\Gamma_s t/2}\big)\Big], \qquad \Gamma_s = \sum_l \Gamma_l$$

    The energy is \(\sum_l a_l^2\); the concurrence of qubits l and m is \(2 |a_l a_m|\). With equal
    rates and gamma = 0 the dark weight (N - 1)/N stays.

    Args:
        t: Time, inverse rate unit, >= 0. Any shape.
        rates: Decay rate Gamma_l of each qubit into the common reservoir, rate unit, (N,).
        start: Index j of the excited qubit.
        individual_decay: Decay rate gamma of every qubit alone, rate unit.

    Returns:
        Real amplitudes, shape of `t` and one axis more, (..., N).

    Raises:
        ValueError: an argument is out of range.

    Source: COOPERATIVE, section on three qubits, for N = 3 and gamma = 0 at late times.
    """
    (t,) = nonnegative_arrays(t=t)
    g = np.array([checks.nonnegative("rates", rate) for rate in rates])
    checks.integer("number of rates", len(g), 1)
    j = checks.integer("start", start, 0)
    if j >= len(g):
        checks.fail("start", f"an index below {len(g)}", start)
    own_rate = checks.nonnegative("individual_decay", individual_decay)
    total = float(g.sum())
    overlap = np.sqrt(g * g[j]) / (total if total > 0 else 1.0)
    lost = -np.expm1(-total * t / 2)[..., None] * overlap
    return np.exp(-own_rate * t / 2)[..., None] * (np.eye(len(g))[j] - lost)


class PairConcurrences(NamedTuple):
    """Concurrence of the initially excited qubit with another one, and of two others."""

    excited_other: float
    two_others: float


def limit_concurrences(qubits: int) -> PairConcurrences:
    r"""Concurrences of the final state of N equal qubits from |10...0>.

    $$C_{1j} = \frac{2(N - 1)}{N^2}, \qquad C_{jk} = \frac{2}{N^2}$$

    Args:
        qubits: N >= 2; of two qubits there are no two others, and C_jk is 0.

    Raises:
        ValueError: fewer than two qubits.
    """
    n = checks.integer("qubits", qubits, 2)
    return PairConcurrences(2 * (n - 1) / n**2, 2 / n**2 if n > 2 else 0.0)


def w_like_state(qubits: int, excited: int = 0) -> np.ndarray:
    r"""The dark state that |0..1..0> contains, with weight (N - 1)/N.

    $$|D_j\rangle = \frac{(N - 1)|1_j\rangle - \sum_{l \ne j} |1_l\rangle}{\sqrt{N(N - 1)}}$$

    Args:
        qubits: N >= 2. For N = 2 it is |S> up to its sign, for N = 3 COOPERATIVE's |Psi_2>.
        excited: Index j of the qubit that was excited.

    Returns:
        Ket, (2**N,).

    Raises:
        ValueError: a number is out of range.

    Source: COOPERATIVE, section on three qubits.
    """
    n, j = checks.integer("qubits", qubits, 2), checks.integer("excited", excited, 0)
    if j >= n:
        checks.fail("excited", f"an index below {n}", excited)
    ket = np.zeros(2**n, dtype=complex)
    ket[2 ** np.arange(n)] = -1.0
    ket[2 ** (n - 1 - j)] = n - 1.0
    return ket / np.sqrt(n * (n - 1.0))


def pair_populations(
    t: Any, start: str, decay: float = 1.0, individual_decay: float = 0.0
) -> Populations:
    r"""Populations of two resonant qubits over time.

    $$\dot\rho_{11} = -2(\Gamma + \gamma)\rho_{11}, \qquad
      \dot\rho_T = (2\Gamma + \gamma)(\rho_{11} - \rho_T), \qquad
      \dot\rho_S = \gamma(\rho_{11} - \rho_S)$$

    From |10>: \(\rho_S = e^{-\gamma t}/2\), \(\rho_T = e^{-(2\Gamma + \gamma)t}/2\). From |11>:
    \(\rho_T = (2\Gamma + \gamma) t\,\mathrm{e}^{-(2\Gamma + \gamma) t}\phi(\gamma t)\),
    \(\rho_S = \gamma t\,e^{-\gamma t} \phi((2\Gamma + \gamma) t)\), \(\phi(x) = (1 - e^{-x})/x\).

    Args:
        t: Time, inverse rate unit, >= 0. Any shape.
        start: "00", "01", "10", "S", "T" or "11".
        decay: Gamma, rate unit.
        individual_decay: gamma, rate unit.

    Returns:
        The populations, shape of `t`; absolute error 1e-15.

    Raises:
        ValueError: an argument is out of range, or `start` none of these.

    Source: COOPERATIVE, Eq. (3) and Figs. 2, 3(a) and 3(b).
    """
    (t,) = nonnegative_arrays(t=t)
    together = checks.nonnegative("decay", decay)
    own_rate = checks.nonnegative("individual_decay", individual_decay)
    if not isinstance(start, str) or start not in PAIR_STARTS:
        checks.fail("start", f"one of {', '.join(PAIR_STARTS)}", start)
    bright = 2 * together + own_rate
    weight = {"01": (0.5, 0.5), "10": (0.5, 0.5), "S": (1.0, 0.0), "T": (0.0, 1.0)}
    of_singlet, of_triplet = weight.get(start, (0.0, 0.0))
    singlet, triplet = of_singlet * np.exp(-own_rate * t), of_triplet * np.exp(-bright * t)
    excited = np.zeros_like(t)
    if start == "11":
        excited = np.exp(-2 * (together + own_rate) * t)
        triplet = bright * t * np.exp(-bright * t) * mean_decay(own_rate * t)
        singlet = own_rate * t * np.exp(-own_rate * t) * mean_decay(bright * t)
    return Populations(
        ground=1 - singlet - triplet - excited, singlet=singlet, triplet=triplet, excited=excited
    )


def pair_energy(t: Any, start: str, decay: float = 1.0, individual_decay: float = 0.0) -> Any:
    r"""Energy of two resonant qubits over time, \(\rho_S + \rho_T + 2\rho_{11}\).

    Without individual decay and with \(\Gamma = 2\kappa\):
    \(E_{10} = (1 + e^{-4\kappa t})/2\) and \(E_{11} = (2 + 4\kappa t)\,e^{-4\kappa t}\).

    Args:
        t: Time, inverse rate unit, >= 0. Any shape.
        start: "00", "01", "10", "S", "T" or "11".
        decay: Gamma, rate unit.
        individual_decay: gamma, rate unit.

    Returns:
        Excitations, shape of `t`.

    Raises:
        ValueError: as `pair_populations`.

    Source: COOPERATIVE, Figs. 2(a) and 3(a).
    """
    populations = pair_populations(t, start, decay, individual_decay)
    return populations.singlet + populations.triplet + 2 * populations.excited


def pair_limit(state: Any) -> np.ndarray:
    r"""Final state of two equal, resonant qubits without individual decay, from any state.

    $$\rho(\infty) = p |S\rangle\langle S| + (1 - p) |00\rangle\langle 00|
      + \big(c\,|S\rangle\langle 00| + \mathrm{h.c.}\big), \qquad
      p = \langle S|\rho|S\rangle, \quad c = \langle S|\rho|00\rangle$$

    Args:
        state: Ket, (4,), or density matrix, (4, 4).

    Returns:
        Density matrix, (4, 4).

    Raises:
        ValueError: it is not a state of two qubits.

    Source: COOPERATIVE, text below Fig. 2, for |10>; the formula is ours.
    """
    rho = states.density(state, size=4)
    singlet = states.bell("S")
    p, c = (singlet @ rho @ singlet).real, singlet @ rho[:, 0]
    limit = p * np.outer(singlet, singlet)
    limit[0, 0] = 1 - p
    limit[:, 0] += c * singlet
    limit[0, :] += np.conj(c) * singlet
    return limit


def product_limit(first: Any, second: Any) -> Populations:
    r"""Final state of two initially uncorrelated qubits without coherences.

    $$\rho_S(\infty) = \tfrac12 [p(1 - q) + q(1 - p)], \qquad \rho_{00}(\infty) = 1 - \rho_S$$

    which is also the concurrence: p(1 - p) for equal populations. It takes no difference between
    the qubits, only that they are not both in the same energy eigenstate. At the start the state is
    \(ac\,|00\rangle\langle 00| + bd\,|11\rangle\langle 11|
    + \tfrac{ad + bc}2 (|\Psi_+\rangle\langle\Psi_+| + |\Psi_-\rangle\langle\Psi_-|)
    + \tfrac{bc - ad}2 (|\Psi_+\rangle\langle\Psi_-| + \mathrm{h.c.})\) with b = 1 - a = p,
    d = 1 - c = q; COOPERATIVE prints a matrix whose trace is not one.

    Args:
        first: Excited population p of qubit 1, in [0, 1]. Any shape.
        second: Excited population q of qubit 2, in [0, 1], shape as `first` or one number.

    Returns:
        The populations in the end.

    Raises:
        ValueError: a population is out of range, or the shapes do not fit.

    Source: COOPERATIVE, text below Fig. 2, corrected.
    """
    p, q = nonnegative_arrays(first=first, second=second)
    for name, value in (("first", p), ("second", q)):
        if np.any(value > 1):
            checks.fail(name, "a number in [0, 1]", float(np.max(value)))
    if p.shape and q.shape and p.shape != q.shape:
        checks.fail("second", f"one number or of shape {p.shape}", checks.Words(f"{q.shape}"))
    singlet = (p * (1 - q) + q * (1 - p)) / 2
    zero = np.zeros_like(singlet)
    return Populations(ground=1 - singlet, singlet=singlet, triplet=zero, excited=zero)


def dark_mixture_negativity(weight: Any) -> Any:
    r"""Logarithmic negativity of p|S><S| + (1 - p)|00><00|, where the concurrence is p.

    $$E_N = \log_2\Big[1 + \frac{p^2}{1 - p + \sqrt{(1 - p)^2 + p^2}}\Big]$$

    Args:
        weight: p, in [0, 1]. Any shape.

    Returns:
        E_N, shape of `weight`; relative error 1e-15.

    Raises:
        ValueError: p is out of range.
    """
    (p,) = nonnegative_arrays(weight=weight)
    if np.any(p > 1):
        checks.fail("weight", "a number in [0, 1]", float(np.max(p)))
    return np.log1p(p**2 / (1 - p + np.hypot(1 - p, p))) / np.log(2)
