"""A dimensionless network together with the laboratory numbers that it stands for."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from itertools import islice, pairwise
from math import pi
from typing import TYPE_CHECKING, NamedTuple

from thermalent.display.table import html_table, text_table
from thermalent.hardware.occupation import PLANCK
from thermalent.hardware.units import with_prefix
from thermalent.operators.estimates import Estimate
from thermalent.support import checks
from thermalent.support.calls import ExplainedClass, explained_record

if TYPE_CHECKING:
    from thermalent.filters.filter import Filter
    from thermalent.networks.network import Network

_SHOWN = 5  # quantities in one line, the first of the table


@explained_record
class QuantityRow(NamedTuple):
    """A line of a table: a quantity, its symbol, its value in the laboratory and in the network."""

    quantity: str
    symbol: str
    laboratory: str
    network: str


class InLaboratory(metaclass=ExplainedClass):
    """What has a network, the unit of its rates, and rows that say what both are made of."""

    network: Network
    rate_unit: float

    def __repr__(self) -> str:
        shown = (
            f"{row.symbol} = {row.laboratory or row.network}" for row in self.rows() if row.symbol
        )
        numbers = ", ".join(islice(shown, _SHOWN))
        return f"<{type(self).__name__}: {self.network.label}, {numbers}>"

    def _repr_html_(self) -> str:
        head = ("quantity", "symbol", "laboratory", "network")
        return html_table(self.rows(), title=self.network.label, head=head)

    def __str__(self) -> str:
        head = ("quantity", "symbol", "laboratory", "network")
        return text_table(self.rows(), head=head, right=2)

    @property
    def time_unit(self) -> float:
        """The network's unit of time, s."""
        return 1 / self.rate_unit

    @abstractmethod
    def rows(self) -> list[QuantityRow]:
        """The numbers as lines of a table."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Hardware(InLaboratory):
    """A dimensionless network, and the laboratory numbers that it stands for.

    Args:
        network: What the methods solve. Its unit of rate is the decay rate of the first qubit.
        rate_unit: That unit, rad/s.
        temperature: Of the source, K.
        frequency: Of the filter, omega_c/2pi, Hz.
        quality: Q of the filter.
        n_th: Thermal occupation of the source at that frequency.
        kappa: Decay rate of the filter per port, so that its mode's energy decays at 2 kappa, rate
            unit; half of its full width at half
            maximum, if it is no single cavity.
        gamma: Decay rate of each qubit, rate unit.
        detuning: Qubit minus filter frequency of each qubit, rate unit.
        dephasing: Pure dephasing rate of each qubit, rate unit.
        loss: Power loss of each stretch: between successive qubits, or from the mirror outwards.
        base_temperature: Of the waveguide, K.
        waveguide_occupation: Thermal occupation of the waveguide at the filter's frequency.
        wavelengths: Distance of each qubit from the mirror, if there is one.
        filter: The filter in units of the network, if it is no single cavity.
        quanta: What travels, "photon" or "phonon".
    """

    network: Network
    rate_unit: float
    temperature: float
    frequency: float
    quality: float
    n_th: float
    kappa: float
    gamma: tuple[float, ...]
    detuning: tuple[float, ...]
    dephasing: tuple[float, ...]
    loss: tuple[float, ...]
    base_temperature: float = 0.0
    waveguide_occupation: float = 0.0
    wavelengths: tuple[float, ...] | None = None
    filter: Filter | None = None
    quanta: str = "photon"

    @property
    def flux(self) -> float:
        """Hot quanta per second from the filter into the waveguide; kappa n_th/2 for one cavity."""
        return self._flux * self.rate_unit

    @property
    def _flux(self) -> float:
        if self.filter is None:
            return self.kappa * self.n_th / 2
        return self.filter.noise_bandwidth * self.n_th

    @property
    def power(self) -> float:
        """Power from the filter into the waveguide, W."""
        return PLANCK * self.frequency * self.flux

    def watts(self, current: float) -> Estimate:
        """The power of a current of quanta, W, with the error of the current.

        Args:
            current: Quanta per unit time in the network's unit of rate, as of `te.heat_currents`.
        """
        quantum = PLANCK * self.frequency * self.rate_unit
        error = quantum * float(getattr(current, "error", 0.0))
        return Estimate(quantum * checks.real("current", current), error, "that of the current")

    def rows(self) -> list[QuantityRow]:
        """The numbers as lines of a table; what is zero is left out."""
        return [
            *self._source(),
            *(row for i in range(len(self.network.emitter_names)) for row in self._qubit(i)),
            *self._losses(),
            QuantityRow(
                f"{self.quanta} flux",
                "Phi",
                f"{self.flux:.4g} / s",
                f"{self._flux:.6g}",
            ),
            QuantityRow("power into the waveguide", "P", with_prefix(self.power, "W"), ""),
            QuantityRow("unit of time", "1/gamma", with_prefix(self.time_unit, "s"), "1"),
        ]

    def _source(self) -> list[QuantityRow]:
        rows = [
            QuantityRow("source temperature", "T", with_prefix(self.temperature, "K"), ""),
            QuantityRow("thermal occupation", "n_th", "", f"{self.n_th:.6g}"),
        ]
        if self.base_temperature:
            kelvin = with_prefix(self.base_temperature, "K")
            rows.append(QuantityRow("waveguide temperature", "T_0", kelvin, ""))
            rows.append(
                QuantityRow("waveguide occupation", "n_0", "", f"{self.waveguide_occupation:.6g}")
            )
        return [
            *rows,
            QuantityRow("filter frequency", "omega_c/2pi", with_prefix(self.frequency, "Hz"), ""),
            QuantityRow("quality factor", "Q", "", f"{self.quality:.6g}"),
            *self._filter(),
        ]

    def _filter(self) -> list[QuantityRow]:
        if self.filter is None:
            return [self._rate("filter decay per port", "kappa", self.kappa)]
        return [
            QuantityRow("filter", "", self.filter.label, ""),
            self._rate("filter width at half maximum", "", 2 * self.kappa),
            QuantityRow(
                "filter transmission at its peak", "", f"{100 * self.filter.peak:.4g} %", ""
            ),
        ]

    def _qubit(self, i: int) -> list[QuantityRow]:
        name = self.network.emitter_names[i]
        rows = []
        if self.wavelengths is not None:
            z = self.wavelengths[i]
            rows.append(
                QuantityRow(f"position of {name}", "k_0 z", f"{z:g} wavelengths", f"{z:g} x 2 pi")
            )
        rows.append(self._rate(f"decay of {name}", "gamma", self.gamma[i]))
        if self.detuning[i]:
            rows.append(self._rate(f"detuning of {name}", "Delta", self.detuning[i]))
        if rate := self.dephasing[i]:
            time = with_prefix(self.time_unit / rate, "s")
            rows.append(QuantityRow(f"dephasing time of {name}", "T_phi", time, f"{1 / rate:.6g}"))
        return rows

    def _losses(self) -> list[QuantityRow]:
        names = list(self.network.emitter_names)
        if self.wavelengths is not None:
            places = dict(zip(names, self.wavelengths, strict=True))
            names = ["mirror", *sorted(names, key=places.__getitem__)]
        return [
            QuantityRow(f"loss {behind} to {ahead}", "p", f"{100 * loss:g} %", f"{loss:g}")
            for (behind, ahead), loss in zip(pairwise(names), self.loss, strict=True)
            if loss
        ]

    def _rate(self, quantity: str, symbol: str, value: float) -> QuantityRow:
        ordinary = with_prefix(value * self.rate_unit / (2 * pi), "Hz")
        return QuantityRow(quantity, f"{symbol}/2pi" if symbol else "", ordinary, f"{value:.6g}")
