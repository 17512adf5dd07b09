r"""A link's margin at a held order, less a penalty where another order says something else.

$$f = m_K - \frac{\max(0, |m_K - m_{K'}| - T)^2}{T}$$

At a held order K along the chain the truncated hierarchy is no physical model: behind filters that
change faster than the emitters follow, it can have any margin, also one above one. A climb on the
margin alone goes there. Two orders differ there, and the penalty turns the climb back; where they
agree to T the function is the margin itself.
"""

from __future__ import annotations

from thermalent.analysis.shapes.passive_spectra import ChainNumbers
from thermalent.analysis.shapes.truncated_link import MarginSlopes, TruncatedLink
from thermalent.networks.network import Network

# T. At the best filters of two to six poles at room temperature the first order is off by 0.005, at
# n_th = 10 by 0.02; ends of climbs without a penalty were off by 0.05 to 0.5.
_TOLERATED = 0.03


class GuardedLink:
    """The margin of a link behind a chain, with a penalty where the order does not suffice.

    Args:
        network: The link behind any source of one mode.
        poles: Length p of the chain.
        quanta: Order K of the margin. It is compared with K - 1, and K = 1 with K = 2.
        symmetric: Whether H is real.
    """

    def __init__(
        self, network: Network, poles: int, *, quanta: int, symmetric: bool = True
    ) -> None:
        self.link = TruncatedLink(network, poles, quanta=quanta, symmetric=symmetric)
        self.quanta = self.link.quanta
        self.other: TruncatedLink | None = None
        if self.quanta:  # one pole has no orders
            compared = quanta - 1 if quanta > 1 else 2
            self.other = TruncatedLink(network, poles, quanta=compared, symmetric=symmetric)

    def work(self, last: int) -> float:
        """Multiplications that a value with slopes takes, about."""
        return self.link.work(last) + (self.other.work(last) if self.other else 0.0)

    def tiers_for(self, numbers: ChainNumbers, tolerance: float) -> int:
        """A highest tier that changes the margin by no more than a tolerance, even."""
        return self.link.tiers_for(numbers, tolerance)

    def value(self, numbers: ChainNumbers, last: int) -> float:
        """The margin without penalty with the tiers up to `last`."""
        return self.link.value(numbers, last)

    def slopes(self, numbers: ChainNumbers, last: int) -> MarginSlopes:
        """The margin less its penalty with the tiers up to `last`, and its derivatives."""
        own = self.link.slopes(numbers, last)
        if self.other is None:
            return own
        difference = own.value - self.other.value(numbers, last)
        excess = abs(difference) - _TOLERATED
        if excess <= 0:
            return own
        other = self.other.slopes(numbers, last)
        factor = 2 * excess / _TOLERATED * (1.0 if difference > 0 else -1.0)
        return MarginSlopes(
            own.value - excess**2 / _TOLERATED,
            own.drift - factor * (own.drift - other.drift),
            own.flux - factor * (own.flux - other.flux),
        )
