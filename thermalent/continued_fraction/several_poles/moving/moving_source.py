r"""The Gaussian state of a source that does not start in its stationary state.

The amplitudes u of a source in the vacuum or in a coherent state are Gaussian at all times. With
the drift H and the stationary covariance V of the chain, mean and covariance are

$$m(t) = e^{-Ht}\, m(0), \qquad V(t) = V - e^{-Ht}\, V\, e^{-H^\dagger t}$$

The hierarchy is exact relative to any Gaussian that moves as the source does. Relative to this one
V(t) takes the place of V in the terms from the tier below, and the mean drives the emitters,
\(\dot X \ni \eta m_1 L_+ X + \eta m_1^* L_- X\). All tiers but the lowest are then empty at the
start, as for a stationary source, and no more quanta are needed than for the steady state. In
return the generator depends on time, and steps replace contours until the source is stationary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from thermalent.continued_fraction.several_poles.chain.coordinates import SourceChain
from thermalent.continued_fraction.several_poles.chain.tiers import BlockEntries, Tiers
from thermalent.numerics.matrix_exponential import matrix_exponential

# Marks between which exp(-H t) is a Taylor series, in units of 1/|H|, and its terms: 0.25^12/12!
# is 1e-16.
_MARK, _TERMS = 0.25, 11
# Sparse products take so much longer than the dense ones in which work is granted.
_SPARSE = 15.0
_STAGES = 12.0  # products with the generator in a step
_STEP = 3.0  # its length in units of the inverse norm of the generator, about


class MovingSource:
    """Mean and covariance of the amplitudes over time.

    Args:
        chain: Emitters and source.
        amplitudes: Of the modes' coherent states at the start, (modes,); zeros: empty.
        begin: The covariance at the start, (m, m); zero if not given.
    """

    def __init__(
        self, chain: SourceChain, amplitudes: np.ndarray, begin: np.ndarray | None = None
    ) -> None:
        self.chain = chain
        self._beyond = (0.0 if begin is None else begin) - chain.covariance
        self.mean = chain_amplitudes(chain, amplitudes)
        self.apart = _MARK / float(np.linalg.norm(chain.drift, 2))
        self.marks: dict[int, np.ndarray] = {}  # exp(-H t) at some times

    def at(self, time: float) -> tuple[np.ndarray, complex]:
        """V_1j(t) - V_1j, (m,), and the field eta m_1(t) that drives the emitters."""
        row = self._propagator(time)[0]
        lacking = row @ self._beyond @ self._propagator(time).conj().T
        return lacking, complex(self.chain.scale * (row @ self.mean))

    def covariance(self, time: float) -> np.ndarray:
        """V(t), (m, m)."""
        over = self._propagator(time)
        found = self.chain.covariance + over @ self._beyond @ over.conj().T
        return np.asarray(0.5 * (found + found.conj().T))

    def mean_at(self, time: float) -> np.ndarray:
        """The mean m(t), (m,)."""
        return np.asarray(self._propagator(time) @ self.mean)

    def settled(self, rest: float) -> float:
        """When mean and covariance are stationary but for this part of the covariance."""
        drift = self.chain.drift
        width = max(1.0, float(np.sqrt(abs(self.chain.covariance[0, 0]))))
        mean = float(np.linalg.norm(self.mean)) / width
        step = 1.0 / float(np.min(np.linalg.eigvals(drift).real))
        over, time = matrix_exponential(-drift * step), step
        left = over
        while max(np.linalg.norm(left, 2) ** 2, mean * np.linalg.norm(left, 2)) > rest:
            left, time = left @ over, time + step
        return time

    def _propagator(self, time: float) -> np.ndarray:
        """exp(-H t), from that at a mark before t by Taylor's series."""
        drift, apart = self.chain.drift, self.apart
        mark = int(time / apart)
        if mark not in self.marks:
            self.marks[mark] = matrix_exponential(-drift * (mark * apart))
        step = -drift * (time - mark * apart)
        found = identity = np.eye(len(drift))
        for n in range(_TERMS, 0, -1):
            found = identity + (step @ found) / n
        return np.asarray(found @ self.marks[mark])


def chain_amplitudes(chain: SourceChain, amplitudes: np.ndarray) -> np.ndarray:
    """The amplitudes u of the chain, (m,), where those of the modes are given, (modes,)."""
    # The chain holds the conjugates of modes whose quanta count as negative charge.
    own = np.where(chain.members % 2 == 1, np.conj(amplitudes), amplitudes)
    return np.asarray(chain.transform @ own)


def covariance_changes(
    chain: SourceChain, *, any_start: bool = False
) -> list[tuple[SourceChain, np.ndarray]]:
    """What a change of each V_1j by 1 and by i adds to the chain, for `tiers_with_changes`.

    Where nothing turns the amplitudes, V stays real, and what i adds is left out, unless V may be
    complex at the start (`any_start`).
    """
    nowhere = np.zeros(chain.length)
    units = (1.0,) if _stays_real(chain) and not any_start else (1.0, 1j)
    return [
        (_with_covariance_alone(chain, j, unit), nowhere)
        for j in range(chain.length)
        for unit in units
    ]


def sizes_of_changes(chain: SourceChain, lacking: np.ndarray) -> list[float]:
    """The weights of `covariance_changes` where the V_1j are changed by this, (m,)."""
    if _stays_real(chain):
        return [float(x) for x in lacking.real]
    return [float(x) for x in np.column_stack([lacking.real, lacking.imag]).ravel()]


def _stays_real(chain: SourceChain) -> bool:
    return not (np.any(chain.drift.imag) or np.any(chain.covariance.imag))


def up_alone(chain: Tiers) -> Tiers:
    """The terms from the tier below alone."""

    def without(pair: tuple[BlockEntries, BlockEntries]) -> tuple[BlockEntries, BlockEntries]:
        even, odd = pair
        return even._replace(value=0 * even.value), odd._replace(value=0 * odd.value)

    return replace(chain, within=without(chain.within), down=without(chain.down))


def explicit_work(entries: int, norm: float, time: float) -> float:
    """Multiplications of `steps_to` up to a time, about, in those of dense matrices.

    Args:
        entries: Nonzero elements of the generator.
        norm: Its norm, about.
        time: Time.
    """
    return _SPARSE * _STAGES * entries * (1 + time * norm / _STEP)


def steps_to(
    slope: Callable[[float, np.ndarray], np.ndarray],
    start: np.ndarray,
    times: list[float],
    tolerance: float,
    report: Callable[[str], None],
) -> Iterator[np.ndarray]:
    """The solution of y' = slope(t, y) at increasing times >= 0, from `start` at zero."""
    y, now = start, 0.0
    for time in times:
        if time > now:
            y, now = _stepped(slope, now, time, y, tolerance), time
            report(f"t = {now:.3g}")
        yield y


def _stepped(
    slope: Callable[[float, np.ndarray], np.ndarray],
    now: float,
    time: float,
    y: np.ndarray,
    tolerance: float,
) -> np.ndarray:
    """The solution of y' = slope(t, y) at a later time."""
    from scipy.integrate import DOP853  # late: most calls need none of scipy.integrate

    steps = DOP853(slope, now, y, time, rtol=tolerance, atol=tolerance)
    while steps.status == "running":
        message = steps.step()
        if message is not None:  # the step fell below the spacing of the numbers
            raise np.linalg.LinAlgError(message)
    return np.asarray(steps.y)


def _with_covariance_alone(chain: SourceChain, j: int, unit: complex) -> SourceChain:
    """The chain whose only terms are those of the covariance of u_1 and u_j."""
    nothing = (0 * chain.drive,) * chain.length
    covariance = np.zeros((chain.length, chain.length), dtype=complex)
    covariance[0, j] = unit
    return replace(
        chain,
        liouvillian=0 * chain.liouvillian,
        drift=np.zeros_like(chain.drift),
        covariance=covariance,
        backaction=nothing,
        backaction_conj=nothing,
    )
