"""The exact method: the matrix continued fraction of the phase-space hierarchy."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from thermalent import checks
from thermalent.charges import SymmetryError, excitation_numbers
from thermalent.continued_fraction.fraction import Fraction, evaluate
from thermalent.continued_fraction.hierarchy import hierarchy
from thermalent.continued_fraction.levels import Levels, levels
from thermalent.method import Claim, Method
from thermalent.network import Network
from thermalent.result import ErrorEstimate, Outcome, Status, SteadyState

SMALLEST_RTOL = 1e-13


@dataclass(frozen=True, kw_only=True)
class ContinuedFraction(Method):
    """Exact steady states at any temperature, back-action included.

    Args:
        rtol: Allowed error of the state relative to its largest element, from 1e-13 to 0.1; the
            number of levels follows from it.
        n_max: Instead, keep the levels k + l <= 2 n_max; the error that this leaves is measured.

    Raises:
        ValueError: rtol is below what double precision can give, or n_max is below 1.

    Source: THERMAL, Sec. IV C and Appendix B; back-action and charge sectors are ours.
    """

    rtol: float = 1e-9
    n_max: int | None = None

    claim: ClassVar[Claim] = Claim.EXACT
    domain: ClassVar[str] = "one thermal mode, excitation number conserved up to decay"

    def __post_init__(self) -> None:
        checks.within("rtol", self.rtol, SMALLEST_RTOL, 0.1)
        if self.n_max is not None:
            checks.integer("n_max", self.n_max, 1)

    def refusal(self, network: Network) -> str | None:
        """Why not: no mode or several, or no U(1) symmetry."""
        count = len(network.modes)
        if count != 1:
            return (
                f"the continued fraction needs exactly one boson mode, but the network has "
                f"{count}. Use te.Fock(...)."
            )
        try:
            excitation_numbers(network)
        except SymmetryError as error:
            return str(error)
        return None

    def steady_state(self, network: Network) -> SteadyState:
        """The steady state, its truncation and rounding errors measured."""
        began = time.perf_counter()
        chain = levels(hierarchy(network))
        pinned = _Pinned(chain)
        fraction = evaluate(
            chain,
            pinned.solve,
            rtol=self.rtol,
            last=None if self.n_max is None else 2 * self.n_max,
        )
        return SteadyState(
            network=network,
            method=self,
            state=pinned.matrix(fraction.x),
            error=ErrorEstimate(
                fraction.truncation + fraction.rounding,
                "truncation from the increments of the fraction's levels, plus rounding from two "
                "orders of its evaluation",
            ),
            status=self._status(fraction, pinned),
            stats={
                "n_max": (fraction.levels + 1) // 2,
                "levels": fraction.levels,
                "unknowns_per_level": tuple(block.shape[0] for block in chain.a),
                "truncation": fraction.truncation,
                "rounding": fraction.rounding,
                "residual": fraction.residual,
                "seconds": time.perf_counter() - began,
            },
        )

    def _status(self, fraction: Fraction, pinned: _Pinned) -> Status:
        if pinned.null_dimension(fraction) > 1:
            return Status(
                outcome=Outcome.NOT_UNIQUE,
                message=(
                    "The steady state is not unique: the emitters have "
                    f"{pinned.null_dimension(fraction)} independent stationary states (a dark "
                    "state, or an emitter that nothing damps). Break the symmetry (detuning, "
                    "position, dephasing, decay)."
                ),
            )
        if not fraction.converged:
            return Status(
                outcome=Outcome.NOT_CONVERGED,
                message=(
                    f"The continued fraction did not converge in {fraction.levels} levels: its "
                    f"truncation error is still {fraction.truncation:.1e}. Ask for a larger rtol, "
                    "or check the rates: n_th may be beyond what a single mode can hold."
                ),
            )
        if self.n_max is None and fraction.rounding > self.rtol * fraction.scale:
            return Status(
                outcome=Outcome.INACCURATE,
                message=(
                    f"Argument `rtol` = {self.rtol:.1e} is below what double precision can give "
                    f"for this network: the rounding error is about {fraction.rounding:.1e}. Ask "
                    f"for rtol >= {10 * fraction.rounding / fraction.scale:.1e}."
                ),
            )
        return Status()


class _Pinned:
    """The emitters' effective generator A_0 + K with one row replaced by trace = 1."""

    def __init__(self, chain: Levels) -> None:
        ground = chain.ground
        self.a = chain.a[0][:ground, :ground]
        self.basis = chain.basis[0][:, :ground]
        self.d = round(np.sqrt(self.basis.shape[0]))
        diagonal = np.arange(self.d) * (self.d + 1)
        self.trace = np.asarray(self.basis[diagonal].sum(axis=0)).real.ravel()
        self.row = int(np.argmax(self.trace))

    def solve(self, k: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The normalised null vector of A_0 + K, and d(x) / d(K x).

        Raises:
            numpy.linalg.LinAlgError: singular to working precision.
        """
        pinned = self.a + k
        pinned[self.row] = self.trace
        inverse = np.linalg.inv(pinned)
        condition = np.linalg.norm(pinned, 1) * np.linalg.norm(inverse, 1)
        if not condition < 0.1 / np.finfo(float).eps:
            raise np.linalg.LinAlgError("singular to working precision")
        x = inverse[:, self.row].copy()
        inverse[:, self.row] = 0.0
        return x, -inverse

    def null_dimension(self, fraction: Fraction) -> int:
        """Number of singular values of A_0 + K that its own uncertainty cannot tell from zero."""
        values = np.linalg.svd(self.a + fraction.k, compute_uv=False)
        uncertain = fraction.uncertainty + 10 * np.finfo(float).eps * values[0]
        return int(np.count_nonzero(values <= uncertain))

    def matrix(self, x: np.ndarray) -> np.ndarray:
        """The density matrix of the solution x."""
        return (self.basis @ x).reshape(self.d, self.d)
