r"""Functions of time from their Laplace transforms, for a window of times, with an error.

$$f(t) = \frac{1}{2\pi i} \int e^{zt} F(z)\, dz \approx \sum_k f_k\, e^{z_k t}$$

on a hyperbola around the origin and, where poles near the imaginary axis lie outside it, on one
more around each of them. The error is the difference of two sums with other numbers of nodes, other
depths of the hierarchy and other roundings of its entries.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from thermalent.numerics.inverse_laplace import encloses, hyperbola

SPAN = 10.0  # a contour serves the times from T to this times T
NARROW = 2.5  # span of a contour where poles lie close to it
_MORE_NODES = 1.35
_MOST_NODES = 54  # in the upper half plane; more would lose digits to exp(Re z t)
_PROBES = 5  # times at which two sums are compared
_ROUNDING = 1e-13
_LOST = 30.0  # rounding error of a sum, in units of that of its terms
_EPS = float(np.finfo(float).eps)

# The Laplace transform at z with the tiers up to a depth, (n,).
Transform = Callable[[complex, int], np.ndarray]


@dataclass(frozen=True, kw_only=True, eq=False)
class Response:
    """A function of time by its Laplace transform.

    Args:
        transform: The transform at z with tiers up to a depth, (n,).
        redrawn: The same from entries rounded differently; if not given, that rounding is not
            looked at.
        limit: What the function tends to, from a depth; None where that is not known.
        redrawn_limit: The same from entries rounded differently.
        poles: Weakly damped oscillations, from a depth, (p,); of a real function the upper ones.
        work: Multiplications of a transform, where they are known to be many.
        seeds: Frequencies on a line that a similar function needed (see `line`).
        more_with_tiers: Whether a line with more tiers may show more: not where the vector that it
            begins with was worked out with so many.
    """

    transform: Transform
    redrawn: Transform | None = None
    limit: Callable[[int], np.ndarray | None] = lambda depth: None
    redrawn_limit: Callable[[int], np.ndarray | None] = lambda depth: None
    poles: Callable[[int], np.ndarray] = lambda depth: np.zeros(0, dtype=complex)
    work: float = 0.0
    seeds: np.ndarray = field(default_factory=lambda: np.zeros(0))
    more_with_tiers: bool = True


@dataclass(frozen=True, eq=False)
class ExponentialSum:
    """sum_k f_k exp(z_k t)."""

    nodes: np.ndarray  # (k,)
    factors: np.ndarray  # (k, n)
    real: bool

    def at(self, times: np.ndarray) -> np.ndarray:
        """Values at times, (t, n)."""
        values = np.exp(np.multiply.outer(times, self.nodes)) @ self.factors
        return values.real if self.real else values

    def rounding(self, times: np.ndarray) -> float:
        """Rounding error of the terms and of the phases z t, the largest element."""
        phases = np.multiply.outer(times, self.nodes)
        size = np.abs(np.exp(phases)) * (1 + np.abs(phases))
        return _EPS * float(np.max(size @ np.abs(self.factors), initial=0.0))


@dataclass(frozen=True, eq=False)
class Window:
    """An exponential sum that is valid for a window of times.

    Args:
        sum: The sum.
        error: Its error, the largest element at any time of the window.
        rounding: The part of the error that no other contour would avoid.
        span: Its last time over its first.
    """

    sum: ExponentialSum
    error: float
    rounding: float
    span: float


@dataclass(eq=False)
class Inverter:
    """Inverse Laplace transforms with an error from other nodes, depths and roundings."""

    response: Response
    depth: int
    tolerance: float
    real: bool
    poles: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=complex))
    looked: bool = False  # whether poles were searched
    fewest: int = 0  # nodes that were too few, by a little, for the last window

    def look_for_poles(self) -> bool:
        """Search weakly damped oscillations; returns whether there are new ones."""
        if self.looked:
            return False
        self.looked = True
        self.poles = self.response.poles(self.deeper)
        return self.poles.size > 0

    def limit(self) -> tuple[np.ndarray, float] | None:
        """The limit of the function for long times and its error, if it is known."""
        limit = self.response.limit(self.deeper)
        other = self.response.redrawn_limit(self.depth)
        if limit is None or other is None:
            return None
        limit, other = (limit.real, other.real) if self.real else (limit, other)
        return limit, float(np.max(np.abs(limit - other), initial=0.0)) + _ROUNDING

    def window(self, first: float) -> Window:
        """Contours for the times from `first` on, up to `SPAN` times that if possible."""
        wide = self._window(first, SPAN)
        if not self.poles.size or wide.error <= max(self.tolerance, _LOST * wide.rounding):
            return wide
        narrow = self._window(first, NARROW)
        return narrow if narrow.error < wide.error / 4 else wide

    def _window(self, first: float, span: float) -> Window:
        # The midpoint rule gains about one digit in 2.3 nodes.
        count = self.fewest or max(8, int(np.ceil(-np.log(self.tolerance))))
        probe = first * np.geomspace(1.0, span, _PROBES)
        other = self.response.redrawn or self.response.transform
        before = self._sum(other, first, span, count, self.depth)
        error, difference, refined = np.inf, np.inf, 0
        window = before
        while count < _MOST_NODES:
            self.fewest, count, refined = count, int(np.ceil(_MORE_NODES * count)), refined + 1
            # More nodes, more tiers and another rounding at once: the difference shows all three.
            window = self._sum(self.response.transform, first, span, count, self.deeper)
            difference, error = error, _distance(window, before, probe)
            enough = self.tolerance / 4
            if window is not None:
                # More nodes would only enlarge the rounding error.
                enough = max(enough, _LOST * window.rounding(probe))
            if error <= enough or error > difference / 4:
                break
            before = window
        if error > self.tolerance / 4:
            self.fewest = 0
        if window is None:
            return Window(_nothing(self.real), np.inf, 0.0, span)
        rounding = window.rounding(probe)
        if (error > self.tolerance / 4 or refined > 1) and self.response.redrawn is not None:
            again = self._sum(self.response.redrawn, first, span, count, self.deeper)
            rounding += _distance(window, again, probe)
        return Window(window, max(error, rounding) + _ROUNDING, rounding, span)

    @property
    def deeper(self) -> int:
        """More tiers, whose difference shows what the others leave out."""
        return self.depth + self.depth // 4 + 2

    def _sum(
        self, transform: Transform, first: float, span: float, count: int, depth: int
    ) -> ExponentialSum | None:
        """The sum, or None if a pole would be counted twice."""
        centres = self._centres(first, span, count)
        if centres is None:
            return None
        contour = hyperbola(first, span * first, count)
        weights = contour.weights[:, None] / 2j

        def around(centre: complex) -> tuple[list[np.ndarray], list[np.ndarray]]:
            """Both halves of the hyperbola shifted by a centre."""
            both = contour.nodes + centre, contour.nodes.conj() + centre
            values = [at_nodes(transform, half, depth) for half in both]
            return list(both), [weights * values[0], weights.conj() * values[1]]

        if self.real:
            upper = at_nodes(transform, contour.nodes, depth)
            nodes, factors = [contour.nodes], [2 * weights * upper]  # of which the real part
        else:
            nodes, factors = around(complex(centres[0]))
        for centre in centres[1:]:
            more, values = around(complex(centre))
            nodes.extend(more)
            factors.extend(2 * value if self.real else value for value in values)
        return ExponentialSum(np.concatenate(nodes), np.concatenate(factors), self.real)

    def _centres(self, first: float, span: float, count: int) -> np.ndarray | None:
        """Centres of the hyperbolas that are needed; None if a pole would be in two of them.

        The first is around the origin, or, of a function without a limit, around the least damped
        pole.
        """
        lasting = self.poles[self.poles.real * first > np.log(self.tolerance) - 5]
        lasting = lasting[np.argsort(-lasting.real, kind="stable")]
        centres = [0j if self.real or not lasting.size else 1j * lasting[0].imag]
        times = np.where(encloses(first, span * first, count, lasting - centres[0]), 1, 0)
        for i, pole in enumerate(lasting):
            if times[i] == 0:
                centres.append(1j * pole.imag)
                times += encloses(first, span * first, count, lasting - centres[-1])
        return None if np.any(times > 1) else np.array(centres)


def _nothing(real: bool) -> ExponentialSum:
    return ExponentialSum(np.zeros(0, dtype=complex), np.zeros((0, 1), dtype=complex), real)


def at_nodes(transform: Transform, nodes: np.ndarray, depth: int) -> np.ndarray:
    """The transform at several z, (k, n); some give all of them in one call."""
    together = getattr(transform, "at_nodes", None)
    if together is not None:
        return np.asarray(together(nodes, depth))
    return np.array([transform(complex(z), depth) for z in nodes])


def _distance(
    first: ExponentialSum | None, second: ExponentialSum | None, times: np.ndarray
) -> float:
    """Largest difference of two exponential sums at some times."""
    if first is None or second is None:
        return np.inf
    return float(np.max(np.abs(first.at(times) - second.at(times)), initial=0.0))
