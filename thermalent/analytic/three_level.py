r"""The three-level approximation of the thermal link, solved as recurrences in the mode number n.

$$a_n \mu^n + b_n \mu^{n-1} + c_n \mu^{n+1} = y_n, \qquad n = 0, 1, 2, \dots$$

Without |11> the state expands in operators mu^n on |00>, |S>, |T>, and mu^0 is the state of the
qubits. The same recurrence three times: between whole operators, between their five elements that
do not vanish, and between the populations alone to lowest order in kappa.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np

from thermalent.analytic.populations import Populations
from thermalent.support import checks
from thermalent.support.closed_form import closed_form
from thermalent.support.errors import NotConvergedError

_FIRST_DEPTH = 16
_MOST_DEPTH = 1 << 17


class _Recurrence(NamedTuple):
    """Coefficients for n = 0 .. depth - 1."""

    within: np.ndarray  # a_n (depth, m, m)
    below: np.ndarray  # b_n (depth, m, m)
    above: np.ndarray  # c_n (depth, m, m)
    source: np.ndarray  # y_n (depth, m)


@closed_form
def three_level_populations(
    n_th: float, kappa: float, gamma: float = 1.0, *, atol: float = 1e-10
) -> Populations:
    r"""Steady state without |11>, to all orders in kappa, as a matrix continued fraction.

    $$\Big[a_0 - c_0 \frac{1}{a_1 - c_1 \frac{1}{a_2 - \dots} b_2} b_1\Big]\mu^0 = 0$$
    $$a_n = 2\kappa n - \mathcal{L}_q
        - \tfrac{n_\mathrm{th}}{2}[(n+1)\Gamma_+(n) + n\Gamma_-(n)], \quad
      b_n = \tfrac{n_\mathrm{th}}{2} n \Gamma_-(n), \quad
      c_n = \tfrac{n_\mathrm{th}}{2}(n+1)\Gamma_+(n)$$
    $$\Gamma_\pm(n) = \mathcal{L}_+[\kappa(2n\pm1) - \mathcal{L}_q]^{-1}\mathcal{L}_-
      + \mathcal{L}_-[\kappa(2n\pm1) - \mathcal{L}_q]^{-1}\mathcal{L}_+$$

    For kappa << gamma and n_th up to about gamma^2/(12 kappa^2).

    Args:
        n_th: Thermal occupation, dimensionless, >= 0.
        kappa: Decay rate of the source per port, so that its energy decays at 2 kappa; rate
            unit, > 0.
        gamma: Decay rate of the qubits, rate unit, > 0.
        atol: Allowed change of any population when the depth of the fraction is doubled, > 0.

    Returns:
        The populations, the excited one zero.

    Raises:
        ValueError: an argument is outside its domain.
        NotConvergedError: not converged at depth 131072.

    Source: THERMAL, Eqs. (B14) to (B18).
    """
    n_th, k = _arguments(n_th, kappa, gamma)
    ground, _, _, _, singlet, _, _, _, triplet = _converged(
        lambda depth: _operator_recurrence(n_th, k, depth), atol
    )
    return Populations(ground=ground, singlet=singlet, triplet=triplet, excited=0.0)


@closed_form
def three_level_from_elements(
    n_th: float, kappa: float, gamma: float = 1.0, *, atol: float = 1e-10
) -> Populations:
    r"""The steady state without |11> from the equations of its elements.

    $$(2\gamma+2\kappa n)\mu_T^n = \tfrac{\gamma}{2}\chi_{ST}^n
      - \sqrt{2\gamma\Phi}\,(\sqrt{n+1}\,\chi_{0T}^n - \sqrt{n}\,\chi_{0T}^{n-1}), \quad \dots$$

    with the ground-state population eliminated by the trace, mu_00^n = delta_n0 - mu_S^n - mu_T^n.
    Agrees with `three_level_populations` to rounding at every depth.

    Args:
        n_th: Thermal occupation, dimensionless, >= 0.
        kappa: Decay rate of the source per port, so that its energy decays at 2 kappa; rate
            unit, > 0.
        gamma: Decay rate of the qubits, rate unit, > 0.
        atol: Allowed change of any population when the depth of the fraction is doubled, > 0.

    Returns:
        The populations, the excited one zero.

    Raises:
        ValueError: an argument is outside its domain.
        NotConvergedError: not converged at depth 131072.

    Source: THERMAL, Eqs. (B19a) to (B19e).
    """
    n_th, k = _arguments(n_th, kappa, gamma)
    triplet, singlet, *_ = _converged(lambda depth: _element_recurrence(n_th, k, depth), atol)
    return _normalised(singlet, triplet)


@closed_form
def three_level_lowest_order(
    phi: float,
    kappa: float,
    gamma: float = 1.0,
    *,
    level_terms: Literal["dropped", "printed", "complete"] = "dropped",
    atol: float = 1e-10,
) -> Populations:
    r"""Steady state without |11>, from recurrences of the populations to lowest order in kappa.

    $$A_n = \begin{pmatrix} \gamma - 16\Phi(2n+1) & -\gamma - 8\Phi(2n+1) \\
        2\gamma + 32\Phi\kappa/\gamma + 4\mathcal{E}_n & 16\Phi\kappa/\gamma + \mathcal{E}_n
      \end{pmatrix}, \qquad \mathcal{E}_n = 16\Phi\kappa(n+2n^2)/\gamma$$

    At fixed flux the triplet population is right to O(kappa), the singlet one to O(1), with an
    error of O(kappa). The terms E_n are of one order with neighbours that couple the lower row to
    n - 1 and n + 1 and that the paper leaves out; E_n and its neighbours cancel where the
    populations vary slowly with n, which is why E_n may be dropped. As kappa -> 0 at Phi = gamma
    the error of the singlet population is -1.2 kappa/gamma without E_n, 50 kappa/gamma with E_n as
    printed, 2.0 kappa/gamma with the neighbours too. The closed forms in `strong_driving` are the
    exact solution without E_n.

    Args:
        phi: Photon flux Phi = kappa n_th / 2, rate unit, >= 0.
        kappa: Decay rate of the source per port, so that its energy decays at 2 kappa; rate
            unit, >= 0.
        gamma: Decay rate of the qubits, rate unit, > 0.
        level_terms: "dropped" sets E_n = 0, "printed" keeps it, "complete" adds its neighbours
            and the term 2 kappa n of Eq. (B19b).
        atol: Allowed change of any population when the depth is doubled, > 0.

    Returns:
        The populations, the excited one zero.

    Raises:
        ValueError: an argument is outside its domain.
        NotConvergedError: not converged at depth 131072.

    Source: THERMAL, Eqs. (B20) to (B23); the neighbours from Eq. (B19).
    """
    if level_terms not in ("dropped", "printed", "complete"):
        checks.fail("level_terms", "'dropped', 'printed' or 'complete'", level_terms)
    gamma = checks.positive("gamma", gamma)
    f, k = checks.nonnegative("phi", phi) / gamma, checks.nonnegative("kappa", kappa) / gamma
    triplet, singlet = _converged(
        lambda depth: _lowest_order_recurrence(f, k, depth, level_terms), atol
    )
    return _normalised(singlet, triplet)


def _arguments(n_th: float, kappa: float, gamma: float) -> tuple[float, float]:
    n_th, kappa = checks.nonnegative("n_th", n_th), checks.positive("kappa", kappa)
    return n_th, kappa / checks.positive("gamma", gamma)


def _normalised(singlet: float, triplet: float) -> Populations:
    return Populations(ground=1 - singlet - triplet, singlet=singlet, triplet=triplet, excited=0.0)


def _converged(build: Callable[[int], _Recurrence], atol: float) -> np.ndarray:
    """The state mu^0 at a depth that is doubled until the result has converged."""
    atol = checks.positive("atol", atol)
    depth = _FIRST_DEPTH
    before = _first(build(depth))
    while depth < _MOST_DEPTH:
        depth *= 2
        now = _first(build(depth))
        if np.max(np.abs(now - before)) <= atol:
            return now
        before = now
    raise NotConvergedError(
        f"The recurrence is not converged to {atol:g} at a depth of {depth}. Allow a larger "
        "`atol`, or use the closed forms in `strong_driving`."
    )


def _first(recurrence: _Recurrence) -> np.ndarray:
    """The state mu^0 by elimination from the last n, where mu^n = ratio mu^(n-1) + offset."""
    m = recurrence.source.shape[1]
    rights = np.concatenate([-recurrence.below, recurrence.source[..., None]], axis=2)
    solved = np.zeros((m, m + 1))  # the ratio, and beside it the offset
    backwards = (part[::-1] for part in (recurrence.within, recurrence.above, rights))
    for within, above, right in zip(*backwards, strict=True):
        moved = above @ solved
        right[:, m] -= moved[:, m]
        solved = np.linalg.solve(within + moved[:, :m], right)
    return solved[:, m]


def _operator_recurrence(n_th: float, k: float, depth: int) -> _Recurrence:
    """(B14) to (B18) on row-major vectors of the basis |00>, |S>, |T>; gamma = 1, all real."""
    identity = np.eye(3)
    lower = np.zeros((3, 3))  # S^- without |11>
    lower[0, 2] = np.sqrt(2)
    exchange = np.zeros((3, 3))  # -i H_casc = (|T><S| - |S><T|)/2
    exchange[2, 1], exchange[1, 2] = 0.5, -0.5
    decay = lower.T @ lower / 2
    outward = exchange - decay
    free = np.kron(outward, identity) + np.kron(identity, outward) + np.kron(lower, lower)
    plus = np.sqrt(k) * (np.kron(identity, lower) - np.kron(lower.T, identity))
    minus = np.sqrt(k) * (np.kron(lower, identity) - np.kron(identity, lower.T))
    n = np.arange(depth)[:, None, None]
    resolvent = np.linalg.inv(k * (2 * n + 1) * np.eye(9) - free)
    upward = n_th / 2 * (n + 1) * (plus @ resolvent @ minus + minus @ resolvent @ plus)
    downward = np.concatenate([np.zeros((1, 9, 9)), upward[:-1]])  # n Gamma_-(n): that of n - 1
    within = 2 * k * n * np.eye(9) - free - upward - downward
    source = np.zeros((depth, 9))
    within[0, 0], upward[0, 0], source[0, 0] = identity.ravel(), 0.0, 1.0  # the trace of mu^0
    return _Recurrence(within, downward, upward, source)


def _element_recurrence(n_th: float, k: float, depth: int) -> _Recurrence:
    """(B19) for (mu_T, mu_S, chi_ST, chi_0S, chi_0T) with gamma = 1."""
    n = np.arange(depth)
    up, down = np.sqrt(k * n_th * (n + 1)), np.sqrt(k * n_th * n)  # with sqrt(2 gamma Phi)
    within, below, above = (np.zeros((depth, 5, 5)) for _ in range(3))
    source = np.zeros((depth, 5))
    within[:, 0, 0], within[:, 0, 2], within[:, 0, 4], below[:, 0, 4] = (
        2 + 2 * k * n,
        -0.5,
        up,
        -down,
    )
    within[:, 1, 1], within[:, 1, 2] = 2 * k * n, 0.5
    within[:, 2, 0], within[:, 2, 1], within[:, 2, 2] = 1.0, -1.0, 1 + 2 * k * n
    within[:, 2, 3], below[:, 2, 3] = up, -down
    within[:, 3, 2], within[:, 3, 3], within[:, 3, 4] = -up, k * (2 * n + 1), 0.5
    above[:, 3, 2] = up
    within[:, 4, 0], within[:, 4, 1], within[:, 4, 3] = -4 * up, -2 * up, -0.5
    within[:, 4, 4] = 1 + k * (2 * n + 1)
    above[:, 4, 0], above[:, 4, 1] = 4 * up, 2 * up
    source[0, 4] = -2 * up[0]
    return _Recurrence(within, below, above, source)


def _lowest_order_recurrence(f: float, k: float, depth: int, level_terms: str) -> _Recurrence:
    """(B21) to (B23) for (mu_T, mu_S) with gamma = 1; `complete` adds what E_n belongs to."""
    n = np.arange(depth)
    within, below, above = (np.zeros((depth, 2, 2)) for _ in range(3))
    source = np.zeros((depth, 2))
    level = np.zeros(depth) if level_terms == "dropped" else 16 * f * k * (n + 2 * n**2)
    within[:, 0, 0], within[:, 0, 1] = 1 - 16 * f * (2 * n + 1), -1 - 8 * f * (2 * n + 1)
    within[:, 1, 0], within[:, 1, 1] = 2 + 32 * f * k + 4 * level, 16 * f * k + level
    below[:, 0, 0], below[:, 0, 1] = 16 * f * n, 8 * f * n
    above[:, 0, 0], above[:, 0, 1] = 16 * f * (n + 1), 8 * f * (n + 1)
    if level_terms == "complete":
        within[:, 1, 1] += 2 * k * n
        below[:, 1, 0], below[:, 1, 1] = -32 * f * k * n * (2 * n - 1), -16 * f * k * n**2
        above[:, 1, 0] = -32 * f * k * (n + 1) * (2 * n + 1)
        above[:, 1, 1] = -16 * f * k * n * (n + 1)
    source[0] = -8 * f, 16 * f * k
    if depth > 1:
        source[1] = -source[0]
    return _Recurrence(within, below, above, source)
