"""The platforms beside those of THERMAL, Sec. V: both ways, rings, rails; and what each gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.excitations.peak import Peak
from thermalent.hardware.laboratory import Laboratory
from thermalent.hardware.presets import PRESETS, preset
from thermalent.hardware.ring_peak import ring_peak
from thermalent.hardware.units import with_prefix
from thermalent.solving.solve import steady_state

_FOUR_DIGITS = ContinuedFraction(rtol=1e-4)  # of two pairs, whose concurrences then have 3e-4
_STARTS = np.array([[0.2, 0.4], [1.6, 1.4]])  # of the search for the best couplings, gamma_R
_RAILS = ("A1", "B1"), ("A2", "B2")


class PaperClaim(NamedTuple):
    """A statement of the paper, and the number that decides it.

    Args:
        preset: Which laboratory.
        quantity: The quantity, with the parameters that differ from the preset.
        paper: The statement of the paper.
        exact: The computed number, with the back-action of the qubits on the source.
        approximate: The computed number without back-action, where there is any.
    """

    preset: str
    quantity: str
    paper: str
    exact: str
    approximate: str = ""


def platform_claims() -> Iterator[PaperClaim]:
    """The claims on platforms of both directions, on rings and on rails."""
    yield from _bidirectional()
    for name in ("siv-orbital", "siv-spin"):
        yield from _other_reading(f"{name}-wide")
    yield from _caesium()
    yield from _nv()
    for name in ("ring-rubidium", "ring-photonic-crystal"):
        yield from _transported(name)
    yield from _microwave_rails()
    yield from _optical_rails()


def preset_outcome(name: str) -> str:
    """What a preset gives, in words and numbers: its entanglement, and when."""
    lab = preset(name)
    if not isinstance(lab, Laboratory):
        return f"C = {steady_state(lab.network).concurrence():.4f} in the steady state"
    if lab.initial is None:
        first, second = _two_pairs(name)
        return f"C = {first:.3f} and {second:.3f} of two pairs in the steady state"
    peak = ring_peak(lab)
    symbol = "C" if lab.target is None else "F"
    return f"{symbol} = {peak.value:.4f} after {_time(lab, peak)}"


def best_couplings(name: str, **changes: Any) -> tuple[tuple[float, float], float]:
    """Couplings g/gamma_R of both nodes for the largest concurrence, and that concurrence.

    Args:
        name: A preset of one emitter per ring.
        changes: As for `preset`.
    """
    from scipy.optimize import minimize

    unit = preset(name, **changes).rate_unit / (2 * np.pi)

    def missing(g: Any) -> float:
        coupling = tuple(float(abs(x)) * unit for x in g)
        return -float(ring_peak(preset(name, **{**changes, "coupling": coupling})).value)

    # Weak and strong couplings have a maximum each.
    ends = [
        minimize(missing, start, method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-8})
        for start in _STARTS
    ]
    best = min(ends, key=lambda end: float(end.fun))
    return (abs(float(best.x[0])), abs(float(best.x[1]))), -float(best.fun)


def _steady(name: str, **changes: Any) -> str:
    return f"{steady_state(preset(name, **changes).network).concurrence():.4f}"


def _peak(name: str, **changes: Any) -> str:
    return f"{ring_peak(preset(name, **changes)).value:.4f}"


def _time(lab: Laboratory, peak: Peak) -> str:
    return with_prefix(float(f"{peak.time * lab.time_unit:.3g}"), "s")


def _bidirectional() -> Iterator[PaperClaim]:
    name, good = "superconducting-bidirectional", ("2.5MHz", "-2.5MHz")
    yield PaperClaim(name, "C, detunings of +-gamma/2", "high", _steady(name))
    yield PaperClaim(name, "C, detunings of +-gamma/4", "high", _steady(name, detuning=good))
    yield PaperClaim(name, "C, one-way line", "(in a figure)", _steady("superconducting"))
    for percent in (0.5, 1.0, 2.0):
        places = (1 + percent / 100, 2.0)
        words = f"C, +-gamma/4, first qubit off by {percent:g} % of the wavelength"
        value = _steady(name, detuning=good, wavelengths=places)
        yield PaperClaim(name, words, "readily achieved", value)


def _other_reading(name: str) -> Iterator[PaperClaim]:
    paper = "about 0.2" if "orbital" in name else "about 0.62"
    for backaction in (True, False):
        words = "C" if backaction else "C without back-action"
        yield PaperClaim(name, words, paper, _steady(name, backaction=backaction))


def _caesium() -> Iterator[PaperClaim]:
    name, free = "ring-caesium", {"intrinsic_quality": None}
    lab = preset(name)
    gamma_r = lab.rate_unit / (2 * np.pi)
    yield PaperClaim(
        name, "gamma_R/2pi at omega = 1e7 gamma_R", "(not stated)", with_prefix(gamma_r, "Hz")
    )
    natural = 5.22e6 / gamma_r
    yield PaperClaim(name, "Gamma/gamma_R of the free atom", "below 0.1", f"{natural:.3f}")
    ideal = _peak(name, linewidth=0.0, coupling=None, **free)
    yield PaperClaim(name, "C without losses", "0.920", ideal)
    yield PaperClaim(name, "C with all losses, best couplings", "not greatly affected", _peak(name))
    weak = _peak(name, coupling=None)
    yield PaperClaim(name, "C, couplings best without losses", "drops rapidly", weak)
    yield PaperClaim(name, "C, all losses but those of Q_i = 4e8", "", _peak(name, **free))
    (g1, g2), best = best_couplings(name, linewidth="5.22MHz")
    words = f"C of the free atom's Gamma, best at g = {g1:.2f}, {g2:.2f} gamma_R"
    yield PaperClaim(name, words, "not greatly affected", f"{best:.4f}")
    for part in (0.1, 0.5):
        offsets = (part * gamma_r, -part * gamma_r)
        words = f"C, atoms detuned by +-{part:g} gamma_R"
        yield PaperClaim(name, words, "good below gamma_R", _peak(name, detuning=offsets))
    yield PaperClaim(name, "time of the peak", "(not stated)", _time(lab, ring_peak(lab)))


def _nv() -> Iterator[PaperClaim]:
    name = "ring-nv"
    lab = preset(name)
    gamma_r = lab.rate_unit / (2 * np.pi)
    yield PaperClaim(name, "Gamma/gamma_R", "(not stated)", f"{13e6 / gamma_r:.4f}")
    yield PaperClaim(name, "C", "(not stated)", _peak(name))
    (g1, g2), best = best_couplings(name)
    words = f"C, best couplings, g/2pi = {g1 * gamma_r / 1e6:.0f} and {g2 * gamma_r / 1e6:.0f} MHz"
    yield PaperClaim(name, words, "(not stated)", f"{best:.4f}")
    yield PaperClaim(name, "C at Q = 1e5", "(not stated)", _peak(name, quality=1e5))
    for part in (0.05, 0.1, 0.25):
        offsets = (part * gamma_r, -part * gamma_r)
        words = f"C, lines {2e-6 * part * gamma_r:.0f} MHz apart"
        yield PaperClaim(name, words, "(not stated)", _peak(name, detuning=offsets))


def _transported(name: str) -> Iterator[PaperClaim]:
    chirality = f"{preset_number(name, 'chirality'):.3f}"
    yield PaperClaim(name, "chirality", "(in other words)", chirality)
    ideal = _peak(name, chirality=1.0)
    yield PaperClaim(name, "F of Psi+, perfect chirality", "0.951 (root)", ideal)
    words = "F, nodes half a wavelength apart"
    yield PaperClaim(name, words, "relatively insensitive", _peak(name))
    far = _peak(name, long=True)
    yield PaperClaim(name, "F, nodes far apart", "relatively insensitive", far)
    yield PaperClaim(
        name, "F, nearby, decay of 6.07 MHz", "(in a figure)", _peak(name, linewidth="6.07MHz")
    )


def preset_number(name: str, number: str) -> float:
    """A number of a preset as it is given."""
    return float(PRESETS[name].numbers[number])


def _two_pairs(name: str, **changes: Any) -> tuple[float, float]:
    """Concurrences of the first and the second pair."""
    state = steady_state(preset(name, **changes).network, _FOUR_DIGITS)
    return float(state.concurrence(*_RAILS[0])), float(state.concurrence(*_RAILS[1]))


def _entangled_pairs(name: str, words: str, paper: str, **changes: Any) -> PaperClaim:
    """N_ent = C_11/(C_11 - C_22), the linear extrapolation of the paper, and what it is made of."""
    first, second = _two_pairs(name, **changes)
    number = first / (first - second)
    text = f"{first:.3f}, {second:.3f}, {number:.1f}"
    return PaperClaim(name, f"C_11, C_22, N_ent {words}", paper, text)


def _microwave_rails() -> Iterator[PaperClaim]:
    name, ideal = "dual-rail-microwave", "10 to 100"
    yield _entangled_pairs(name, "without imperfections", ideal, dephasing_time=None)
    yield _entangled_pairs(name, "with T_phi = 1.59 us", "limited")
    yield _entangled_pairs(name, "with T_phi = 20 us", "limited", dephasing_time="20us")
    lossy = {"dephasing_time": None, "loss": 0.02}
    yield _entangled_pairs(name, "with circulators that lose 2 %", "limited", **lossy)
    yield _entangled_pairs(name, "with this loss and T_phi = 1.59 us", "limited", loss=0.02)


def _optical_rails() -> Iterator[PaperClaim]:
    name = "dual-rail-optical"
    yield _entangled_pairs(name, "with all emission into the rail", "10 to 100", elsewhere=0.0)
    yield _entangled_pairs(name, "with 1 % beside it", "limited", elsewhere="50kHz")
    yield _entangled_pairs(name, "with 5 % beside it", "limited")
