r"""Steady states in more digits than doubles have, with a proven error where there is a proof.

The hierarchy is assembled in balls from the network's own doubles, its tiers are eliminated with
many digits and checked by their residual (`dual`), and tier 0 is solved in balls. Precision
and depth grow until the radius of the state is below what is wanted. Derivations: docs/errors.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from flint import acb_mat, arb, arb_mat

from thermalent.continued_fraction.more_digits.assembly import BallCouplings, ball_network
from thermalent.continued_fraction.more_digits.balls import (
    at_most,
    frobenius,
    precision,
    row_norms,
)
from thermalent.continued_fraction.more_digits.chain import BallChain
from thermalent.continued_fraction.more_digits.dual import DualFold
from thermalent.continued_fraction.more_digits.memory_of_balls import (
    BALL_BUDGET,
    bytes_of_a_tier,
    cost_of_a_tier,
    first_bits,
)
from thermalent.networks.network import Network
from thermalent.numerics.natural_unit import natural_unit
from thermalent.support import memory_limit
from thermalent.support.progress import working

MOST_BITS = 512  # beyond those of the accuracy; a rate of 1e-100 of the largest is still resolved
_LOOK = 4e7  # bytes of tiers after which the memory that is free is looked at
_FIRST_GOAL = 1e-4  # of |y_N C_N| over the largest rate, for a first estimate of the conditioning
_DEEPER = 1e-4  # on the goal, where the tiers left out could make the equation singular
_MARGIN = 16  # factor on the estimated size of the tiers left out, where nothing is proven


@dataclass(frozen=True, kw_only=True, eq=False)
class Extended:
    """A steady state in balls.

    Args:
        outcome: "converged", "singular" (to all the bits tried), "budget" or "memory".
        state: Its density matrix, (d, d) of balls that hold the state and its error; or None.
        error: Radius of the largest element's ball, the largest of all.
        scale: The largest element.
        tiers: Highest tier kept.
        bits: Precision.
        proven: Whether the error is a proof; otherwise the tiers left out are estimated.
        condition: How much a relative change of the equation at tier 0 can be enlarged.
        sizes: Unknowns of even and odd tiers.
    """

    outcome: str
    state: acb_mat | None
    error: float
    scale: float
    tiers: int
    bits: int
    proven: bool
    condition: float
    sizes: tuple[int, int]

    def doubles(self) -> np.ndarray:
        """The state's midpoints, (d, d) complex; nan if there is none."""
        if self.state is None:
            return np.full((1, 1), np.nan + 0j)
        return np.array([[complex(value.mid()) for value in row] for row in self.state.tolist()])


def solve(
    network: Network,
    rtol: float,
    *,
    digits: int | None = None,
    couplings: Callable[[], BallCouplings] | None = None,
    budget: float = BALL_BUDGET,
    most_bits: int = MOST_BITS,
    numbers: np.ndarray | None = None,
) -> Extended:
    """The steady state to a relative accuracy, or to a number of digits.

    Args:
        network: One mode, excitations conserved.
        rtol: Allowed error relative to the largest element.
        digits: Instead, decimal digits.
        couplings: Makes the matrices to be used instead of the network's own, in balls.
        budget: Multiplications to spend.
        most_bits: Precision beyond which nothing is tried.
        numbers: Excitation numbers of the emitters' states, if they are known already.
    """
    wanted = digits if digits is not None else -math.log10(rtol)
    bits = first_bits(wanted)
    most = max(most_bits, bits)
    spent = 0.0
    singular: Extended | None = None
    with working("more digits") as report:
        while True:
            with precision(bits):
                attempt = _Attempt(network, couplings, numbers, wanted, report)
                extended = attempt.run(budget - spent)
            spent += attempt.spent
            if extended.outcome in ("budget", "memory") and singular is not None:
                return singular  # to fewer bits, but no more can be afforded
            if extended.outcome in ("converged", "budget", "memory") or 2 * bits > most:
                return extended
            singular = extended if extended.outcome == "singular" else None
            bits *= 2


class _Attempt:
    """An attempt at one precision: tiers are added until the state or the precision decides."""

    def __init__(
        self,
        network: Network,
        couplings: Callable[[], BallCouplings] | None,
        numbers: np.ndarray | None,
        wanted: float,
        report: Callable[[str], None],
    ) -> None:
        from flint import ctx

        self.bits = int(ctx.prec)
        self.report = report
        self.wanted = wanted
        self.tolerance = arb(10) ** arb(-wanted)
        given = None if couplings is None else couplings()
        self.chain = BallChain(ball_network(network, given, numbers))
        self.proven = self.chain.classical or self.chain.undriven
        self.fold = DualFold(self.chain)
        self.spent = 0.0
        sizes = [self.chain.size(n) for n in (40, 41)]
        self._cost = cost_of_a_tier(sizes, self.bits)
        each = bytes_of_a_tier(sizes, self.chain.tier0_size, self.bits)
        self._stretch = max(1, math.ceil(_LOOK / each))  # tiers
        self._needed = 2 * self._stretch * each  # and as much on the way back
        self._a0 = self.chain.a(0)
        self._unit = max(at_most(value) for value in self._a0.entries()) + float(self.chain.rate)

    def run(self, budget: float) -> Extended:
        """Add tiers until the error is small enough, or the bits or the budget are used up."""
        if self.chain.undriven:
            return self._solved(arb_mat(self.chain.tier0_size, self.chain.tier0_size), None)
        goal = _FIRST_GOAL * self._unit
        floor = self._unit * 2.0 ** min(-self.bits, 1000)
        extended = None
        while True:
            try:
                ended = self._deepen(goal, budget)
                k, rho, left = self.fold.finished()
            except ZeroDivisionError:
                return self._failed("precision")
            self.spent += 0.6 * self.fold.tier * self._cost
            extended = self._solved(k, (rho, left[0]))
            self.report(
                f"{self.fold.tier} tiers, {self.bits} bits, error {extended.error:.0e} "
                f"(wanted 1e-{self.wanted:.0f})"
            )
            if extended.outcome == "converged":
                return extended
            if ended is not None:
                return self._as(extended, ended)
            if self._arithmetic or goal < floor:
                return extended
            if extended.outcome == "singular":
                floor = self._unit * 2.0 ** (-self.bits / 2)
                goal = floor if extended.state is None else max(goal * _DEEPER, floor)
                continue
            excess = (
                extended.error / (float(self.tolerance) * extended.scale)
                if extended.scale
                else math.inf
            )
            if not excess < math.inf:
                excess = 1e10
            goal = min(goal, self.fold.size_left()) / max(10.0, 4 * excess)

    def _deepen(self, goal: float, budget: float) -> str | None:
        """Tiers until |y_N C_N| is below the goal; "budget" or "memory" if that ends before."""
        first = self.fold.tier
        while self.fold.tier < max(4, first + 2, self.chain.highest_charge + 2) or (
            self.fold.size_left() > goal
        ):
            if self.fold.tier > 0:  # without a tier there is nothing to state
                if self.spent > budget:
                    return "budget"
                if self.fold.tier % self._stretch == 0 and not memory_limit.fits(self._needed):
                    return "memory"
            self.fold.advance()
            self.spent += self._cost
        return None

    def _solved(self, k: arb_mat, residuals: tuple[list[arb_mat], arb_mat] | None) -> Extended:
        """The solution at tier 0 with K, and a bound of the terms that its equation lacks."""
        chain = self.chain
        populations = chain.populations()
        equations = (self._a0 + k).tolist()
        pinned = populations[0]
        unit = arb(natural_unit(self._unit))  # of the trace, which stands among rates
        equations[pinned] = [unit * int(i in populations) for i in range(chain.tier0_size)]
        try:
            inverse = arb_mat(equations).inv()
        except ZeroDivisionError:
            self._arithmetic = self._tail_is_rounding
            return self._failed("singular")
        x = [inverse[i, pinned] * unit for i in range(chain.tier0_size)]
        missing = [0.0] * chain.tier0_size if residuals is None else self._missing(x, *residuals)
        regular = residuals is None or self._regular(inverse, pinned, residuals)
        missing[pinned] = 0.0
        table = inverse.tolist()
        enclosed = []
        for value, row in zip(x, table, strict=True):
            spread = sum(
                (
                    abs(weight).upper() * arb(size)
                    for weight, size in zip(row, missing, strict=True)
                ),
                arb(0),
            )
            enclosed.append(value + arb(0, spread.upper()))
        exact = chain.matrix(x)
        state = chain.matrix(enclosed)
        scale = max(float(abs(value.mid()).mid()) for value in state.entries())
        rounding = max(_radius(value) for value in exact.entries())
        error = max(_radius(value) for value in state.entries())
        if regular:
            self._arithmetic = not rounding <= 0.1 * float(self.tolerance) * scale
        else:
            self._arithmetic = self._tail_is_rounding
        size = max(at_most(value) for row in equations for value in row)
        condition = max(at_most(value) for value in inverse.entries()) * size
        ok = error <= float(self.tolerance) * scale and math.isfinite(error)
        return Extended(
            outcome="singular" if not regular else "converged" if ok else "precision",
            state=state if math.isfinite(error) else None,
            error=error,
            scale=scale,
            tiers=self.fold.tier,
            bits=self.bits,
            proven=self.proven,
            condition=condition,
            sizes=self._sizes,
        )

    @property
    def _tail_is_rounding(self) -> bool:
        """Whether more tiers could not tell a singular equation from a regular one."""
        return self.fold.size_left() <= self._unit * 2.0 ** (-self.bits / 2)

    def _regular(
        self, inverse: arb_mat, pinned: int, residuals: tuple[list[arb_mat], arb_mat]
    ) -> bool:
        """Whether what K lacks is too small to make the equation at tier 0 singular.

        The error of a solution does not tell: K acts on it alone, and a state that no tier above
        zero has a part in (the emitters dark) solves the equation with any K, beside others or not.
        """
        size = self.chain.tier0_size
        # Generic: square roots of different integers, so that no term of K cancels by a symmetry.
        generic = [arb(2 + i).sqrt() for i in range(size)]
        missing = self._missing(generic, *residuals)
        missing[pinned] = 0.0  # the row of the trace lacks nothing
        return math.hypot(*missing) * math.sqrt(size) * frobenius(inverse) < 1

    def _missing(self, x: list[arb], rho: list[arb_mat], left: arb_mat) -> list[float]:
        """Bounds of the terms of residuals and truncated tiers in each equation of tier 0."""
        weights = [1.0] * (len(rho) + 1)  # bounds of |x_n|, n = 1 ... N + 1
        total = [0.0] * self.chain.tier0_size
        if not self.proven:
            sizes = self.fold.sizes(x)
            weights = [_MARGIN * size for size in sizes]
            weights.append(_MARGIN * max(sizes[-2:]))
        for matrix, weight in zip([*rho, left], weights, strict=True):
            for i, norm in enumerate(row_norms(matrix)):
                total[i] = math.hypot(total[i], norm * weight)
        return [value * (1 + 1e-9) for value in total]

    @property
    def _sizes(self) -> tuple[int, int]:
        n = 2 * self.chain.highest_charge + 2
        return self.chain.size(n), self.chain.size(n + 1)

    def _failed(self, outcome: str) -> Extended:
        return Extended(
            outcome=outcome,
            state=None,
            error=math.inf,
            scale=math.nan,
            tiers=self.fold.tier,
            bits=self.bits,
            proven=self.proven,
            condition=math.inf,
            sizes=self._sizes,
        )

    @staticmethod
    def _as(extended: Extended, outcome: str) -> Extended:
        from dataclasses import replace

        return replace(extended, outcome=outcome)


def _radius(value) -> float:  # type: ignore[no-untyped-def]
    """Radius of a complex ball."""
    return math.hypot(at_most(value.real.rad()), at_most(value.imag.rad()))
