r"""From kelvin, hertz and quality factors to a dimensionless network.

$$n_\mathrm{th} = \frac{1}{e^{\hbar\omega/k_B T} - 1}, \qquad 2\kappa = \omega_c / Q$$

A laboratory number is a string with its unit ("5GHz", "20us", "20degC"), a pint quantity, or a
plain number in SI (kelvin, hertz, second). Frequencies, gamma and detunings are *ordinary*
frequencies nu and mean the angular frequency omega = 2 pi nu: "10MHz" is gamma/2pi = 10 MHz. An
angular frequency is written in rad/s; per second alone could mean either and is refused. Times are
not multiplied by anything: a dephasing time T_phi is the rate gamma_phi = 1/T_phi.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, expm1, floor, isfinite, log10, pi
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple

from thermalent import checks
from thermalent.models.thermal_link import thermal_link

if TYPE_CHECKING:
    from thermalent.network import Network

# Exact by definition of the SI units (2019).
PLANCK = 6.62607015e-34  # J s
BOLTZMANN = 1.380649e-23  # J / K

# A number and a unit, at most a quotient or product of two. pint would evaluate any arithmetic.
_NUMBER_AND_UNIT = re.compile(
    r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([^\W\d]+|°\w+|[^\W\d]+\s*[/*]\s*[^\W\d]+)\s*"
)
_PREFIXES = {-15: "f", -12: "p", -9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T"}

Units = Mapping[str, Any]  # unit name -> its power


def thermal_occupation(temperature: Any, frequency: Any) -> float:
    r"""Mean number of quanta of a mode in thermal equilibrium.

    $$n_\mathrm{th} = \frac{1}{e^{h\nu/k_B T} - 1}$$

    Args:
        temperature: T, such as "293K"; a plain number is in kelvin. >= 0.
        frequency: Ordinary frequency nu = omega/2pi, such as "5GHz"; a plain number is in hertz.
            > 0.

    Returns:
        n_th >= 0, dimensionless, to a few roundings; 0 at T = 0 and where it underflows.

    Raises:
        ValueError: an argument has another unit, none, or is out of range.

    Source: THERMAL, Sec. V A.
    """
    kelvin = _read("temperature", temperature, _TEMPERATURE, checks.nonnegative)
    hertz = _read("frequency", frequency, _FREQUENCY, checks.positive)
    # Divided in this order neither product can underflow, and x may be infinite.
    x = hertz / (BOLTZMANN / PLANCK * kelvin) if kelvin > 0 else float("inf")
    return exp(-x) / -expm1(-x)


class Row(NamedTuple):
    """A line of a table: a quantity, its symbol, its value in the laboratory and in the network."""

    quantity: str
    symbol: str
    laboratory: str
    network: str


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """A dimensionless network, and the laboratory numbers that it stands for.

    Args:
        network: What the methods solve. Its unit of rate is the decay rate of the first qubit.
        rate_unit: That unit, rad/s.
        temperature: Of the source, K.
        frequency: Of the filter, omega_c/2pi, Hz.
        quality: Q of the filter.
        n_th: Thermal occupation of the source at that frequency.
        kappa: Decay rate of the filter through each port, rate unit.
        gamma: Decay rate of each qubit, rate unit.
        detuning: Qubit minus filter frequency of each qubit, rate unit.
        dephasing: Pure dephasing rate of each qubit, rate unit.
        loss: Power loss of each stretch between successive qubits.
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

    @property
    def time_unit(self) -> float:
        """The network's unit of time, s."""
        return 1 / self.rate_unit

    @property
    def flux(self) -> float:
        """Photons per second from the filter into the waveguide, Phi = kappa n_th/2."""
        return self.kappa * self.rate_unit * self.n_th / 2

    @property
    def power(self) -> float:
        """Power from the filter into the waveguide, W."""
        return PLANCK * self.frequency * self.flux

    def rows(self) -> list[Row]:
        """The numbers as lines of a table; what is zero is left out."""
        rows = [
            Row("source temperature", "T", _si(self.temperature, "K"), ""),
            Row("thermal occupation", "n_th", "", f"{self.n_th:.6g}"),
            Row("filter frequency", "omega_c/2pi", _si(self.frequency, "Hz"), ""),
            Row("quality factor", "Q", "", f"{self.quality:.6g}"),
            self._rate("filter decay per port", "kappa", self.kappa),
        ]
        for i, name in enumerate(self.network.emitter_names):
            rows.append(self._rate(f"decay of {name}", "gamma", self.gamma[i]))
            if self.detuning[i]:
                rows.append(self._rate(f"detuning of {name}", "Delta", self.detuning[i]))
            if rate := self.dephasing[i]:
                time = _si(self.time_unit / rate, "s")
                rows.append(Row(f"dephasing time of {name}", "T_phi", time, f"{1 / rate:.6g}"))
        names = self.network.emitter_names
        for behind, ahead, loss in zip(names, names[1:], self.loss, strict=False):
            if loss:
                rows.append(Row(f"loss {behind} to {ahead}", "p", f"{100 * loss:g} %", f"{loss:g}"))
        flux = f"{self.kappa * self.n_th / 2:.6g}"
        return [
            *rows,
            Row("photon flux", "Phi", f"{self.flux:.4g} / s", flux),
            Row("power into the waveguide", "P", _si(self.power, "W"), ""),
            Row("unit of time", "1/gamma", _si(self.time_unit, "s"), "1"),
        ]

    def _rate(self, quantity: str, symbol: str, value: float) -> Row:
        ordinary = _si(value * self.rate_unit / (2 * pi), "Hz")
        return Row(quantity, f"{symbol}/2pi", ordinary, f"{value:.6g}")


def superconducting_link(
    temperature: Any = "293K",
    frequency: Any = "5GHz",
    quality: float = 2.5e5,
    gamma: Any = "10MHz",
    *,
    detuning: Any = 0.0,
    dephasing_time: Any = None,
    loss: float | Sequence[float] = 0.0,
    qubits: int = 2,
) -> Hardware:
    r"""Superconducting qubits on a cold waveguide, driven by a resistor through a filter cavity.

    $$n_\mathrm{th} = \frac{1}{e^{\hbar\omega_c/k_B T} - 1}, \qquad
      \frac{\kappa}{\gamma} = \frac{\nu_c}{2 Q\,\nu_\gamma}, \qquad
      \frac{\gamma_\phi}{\gamma} = \frac{1}{2\pi\nu_\gamma T_\phi}$$

    The waveguide itself is at zero temperature, and both ports of the filter are equal. The
    defaults are the room temperature source of the paper: n_th = 1220, kappa/gamma = 1e-3.

    Args:
        temperature: Of the resistor, such as "293K"; a plain number is in kelvin. >= 0.
        frequency: Of the filter, nu_c = omega_c/2pi, such as "5GHz"; a plain number is in hertz.
        quality: Q of the filter, 2 kappa = omega_c/Q, > 0.
        gamma: Decay of the qubits into the waveguide, nu_gamma = gamma/2pi, such as "10MHz"; one
            for all, or one per qubit, > 0. That of the first qubit is the network's unit of rate.
        detuning: Qubit minus filter frequency, as an ordinary frequency; one, or one per qubit.
        dephasing_time: T_phi = 1/gamma_phi, such as "20us"; a plain number is in seconds. One, or
            one per qubit; None is no dephasing.
        loss: Power loss of each stretch between successive qubits, in [0, 1]; one number, or one
            per stretch.
        qubits: Number of qubits, >= 1.

    Returns:
        The network with the laboratory numbers that it stands for.

    Raises:
        ValueError: an argument has another unit, none, is out of range or of the wrong length.

    Source: THERMAL, Sec. V A.
    """
    checks.integer("qubits", qubits, 1)
    kelvin = _read("temperature", temperature, _TEMPERATURE, checks.nonnegative)
    nu_c = _read("frequency", frequency, _FREQUENCY, checks.positive)
    q = checks.positive("quality", quality)
    decays = [
        _read("gamma", item, _FREQUENCY, checks.positive)
        for item in checks.per_item("gamma", gamma, qubits, "qubit")
    ]
    detunings = [
        _read("detuning", item, _FREQUENCY, checks.real)
        for item in checks.per_item("detuning", detuning, qubits, "qubit")
    ]
    times = [
        None if item is None else _read("dephasing_time", item, _TIME, checks.positive)
        for item in checks.per_item("dephasing_time", dephasing_time, qubits, "qubit")
    ]
    unit = decays[0]  # Hz; the factors 2 pi of ratios of frequencies cancel
    n_th = thermal_occupation(kelvin, nu_c)
    kappa = nu_c / (2 * q * unit)
    rates = tuple(nu / unit for nu in decays)
    deltas = tuple(nu / unit for nu in detunings)
    dephasing = tuple(0.0 if time is None else 1 / (2 * pi * unit * time) for time in times)
    stretches = "stretch between successive qubits"
    losses = tuple(
        checks.within("loss", p, 0.0, 1.0)
        for p in checks.per_item("loss", loss, qubits - 1, stretches)
    )
    return Hardware(
        network=thermal_link(
            n_th, kappa, rates, detuning=deltas, dephasing=dephasing, loss=losses, qubits=qubits
        ),
        rate_unit=2 * pi * unit,
        temperature=kelvin,
        frequency=nu_c,
        quality=q,
        n_th=n_th,
        kappa=kappa,
        gamma=rates,
        detuning=deltas,
        dephasing=dephasing,
        loss=losses,
    )


class _Kind(NamedTuple):
    """What a laboratory number may be, and its SI value from a magnitude in root units."""

    words: str
    to_si: Callable[[float, Units, Units], float | None]


def _kelvin(magnitude: float, root: Units, given: Units) -> float | None:
    return magnitude if root == {"kelvin": 1} else None


def _second(magnitude: float, root: Units, given: Units) -> float | None:
    return magnitude if root == {"second": 1} else None


def _hertz(magnitude: float, root: Units, given: Units) -> float | None:
    # To pint both Hz and rad/s are 1/s, and a factor 2 pi would be lost without a word.
    if root == {"radian": 1, "second": -1}:
        return magnitude / (2 * pi)
    named = any(name.endswith("hertz") for name in given)
    return magnitude if named and root == {"second": -1} else None


_TEMPERATURE = _Kind("a temperature such as '293K'", _kelvin)
_FREQUENCY = _Kind("a frequency such as '5GHz' (or an angular one in rad/s)", _hertz)
_TIME = _Kind("a time such as '20us'", _second)


def _read(name: str, value: Any, kind: _Kind, check: Callable[[str, Any], float]) -> float:
    """The value in K, Hz or s."""
    if isinstance(value, Real):
        return check(name, value)
    number = _si_value(value, kind)
    if number is None or not isfinite(number):
        checks.fail(name, kind.words, value if isinstance(value, str) else checks.Words(value))
    try:
        return check(name, number)
    except ValueError as error:  # name the value as it was given, with its unit
        raise ValueError(str(error).replace(repr(number), repr(str(value)))) from None


def _si_value(value: Any, kind: _Kind) -> float | None:
    """The value in SI, or None if it is not of this kind."""
    quantity = _parsed(value) if isinstance(value, str) else value
    if not hasattr(quantity, "to_root_units"):
        return None
    root = quantity.to_root_units()
    try:
        magnitude = float(root.magnitude)
    except TypeError:  # an array
        return None
    return kind.to_si(magnitude, dict(root.unit_items()), dict(quantity.unit_items()))


def _parsed(text: str) -> Any:
    """The pint quantity of a number with a unit; None if it is none."""
    match = _NUMBER_AND_UNIT.fullmatch(text)
    if match is None:
        return None
    from pint.errors import PintError

    try:
        return _registry().Quantity(float(match[1]), match[2])
    except PintError:
        return None


@functools.cache
def _registry() -> Any:
    import pint

    return pint.UnitRegistry()


def _si(value: float, unit: str) -> str:
    """A value with its SI prefix: 10 kHz."""
    power = 3 * floor(log10(abs(value)) / 3 + 1e-9) if value else 0
    power = min(max(power, min(_PREFIXES)), max(_PREFIXES))
    return f"{value / 10.0**power:.6g} {_PREFIXES[power]}{unit}"
