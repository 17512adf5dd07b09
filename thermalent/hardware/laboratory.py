"""A dimensionless network and laboratory numbers, for hardware without a thermal source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from thermalent.hardware.description import InLaboratory, QuantityRow
from thermalent.hardware.units import with_prefix

if TYPE_CHECKING:
    from thermalent.networks.network import Network


@dataclass(frozen=True, kw_only=True, repr=False)
class Laboratory(InLaboratory):
    """A dimensionless network, and the laboratory numbers that it stands for.

    Args:
        network: What the methods solve.
        rate_unit: Its unit of rate, rad/s.
        numbers: The quantities, as lines of a table.
        initial: The state of the emitters from which it starts, as amplitudes by emitter; None
            where its steady state counts.
        target: The state that is wanted, where one is transferred; else None.
    """

    network: Network
    rate_unit: float
    numbers: tuple[QuantityRow, ...]
    initial: Mapping[str, float] | None = None
    target: Mapping[str, float] | None = None

    def rows(self) -> list[QuantityRow]:
        """The numbers as lines of a table; what is zero is left out."""
        time = with_prefix(self.time_unit, "s")
        return [*self.numbers, QuantityRow("unit of time", "1/gamma", time, "1")]


def rate_row(quantity: str, symbol: str, hertz: float, unit: float) -> QuantityRow:
    """A line for a rate, which is `hertz` times 2 pi, in a network whose unit is `unit` hertz."""
    return QuantityRow(quantity, f"{symbol}/2pi", with_prefix(hertz, "Hz"), f"{hertz / unit:.6g}")
