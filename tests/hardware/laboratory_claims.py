"""The numbers of the papers for the platforms that they name, and those of their networks.

`python -m tests.hardware.laboratory_claims` prints the tables of docs/platforms.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from math import exp, log
from textwrap import fill
from typing import Any

import numpy as np

from tests.hardware.platform_claims import PaperClaim, platform_claims, preset_outcome
from thermalent.hardware.description import Hardware
from thermalent.hardware.occupation import source_temperature, thermal_occupation
from thermalent.hardware.presets import PRESETS, preset
from thermalent.solving.solve import evolve, steady_state
from thermalent.support import checks

# Q near the maximum of each phononic preset's concurrence, and Q at which it is small.
_BEST_QUALITY = {"siv-orbital": 1.4e6, "siv-spin": 8e5}
_WORST_QUALITY = {"below": 2e5, "above": 1e8}


def claims() -> list[PaperClaim]:
    """Every number of THERMAL, Sec. V, of the other platforms, and what a number can decide."""
    return list(_claims())


@cache
def _claims() -> tuple[PaperClaim, ...]:
    return (*_superconducting(), *_orbital(), *_spin(), *platform_claims())


def steady_concurrence(lab: Hardware) -> float:
    """Concurrence of the steady state of a laboratory's two qubits."""
    return steady_state(lab.network).concurrence()


def quality_for(name: str, wanted: float, side: str, **changes: Any) -> float:
    """Q of the filter cavity at which a phononic preset has a given concurrence.

    Args:
        name: "siv-orbital" or "siv-spin".
        wanted: The concurrence.
        side: "below" or "above" the Q of the largest concurrence: there are two solutions.
        changes: As for `preset`.

    Returns:
        Q, to a relative 1e-6.

    Raises:
        ValueError: no Q on that side gives this concurrence.
    """
    from scipy.optimize import brentq

    def excess(log_quality: float) -> float:
        return steady_concurrence(preset(name, quality=exp(log_quality), **changes)) - wanted

    worst, best = log(_WORST_QUALITY[side]), log(_BEST_QUALITY[name])
    low, high = excess(worst) + wanted, excess(best) + wanted
    if not low < wanted < high:
        checks.fail("wanted", f"between {low:.4f} and {high:.4f}", wanted)
    return exp(float(brentq(excess, worst, best, xtol=1e-6)))


def _superconducting() -> Iterator[PaperClaim]:
    name = "superconducting"
    lab = preset(name)
    yield PaperClaim(name, "n_th at 293 K, 5 GHz", "1220", f"{lab.n_th:.1f}")
    yield PaperClaim(name, "kappa/gamma at Q = 2.5e5", "1e-3", f"{lab.kappa:.4g}")
    yield PaperClaim(name, "C", "(in a figure)", f"{steady_concurrence(lab):.4f}")
    times = (1.0, 10.0, 100.0)
    over = evolve(lab.network, np.array(times), "00").concurrence()
    yield PaperClaim(
        name,
        "C at gamma t = 1, 10, 100, both qubits from the ground state",
        "maximum reached at about 1/gamma",
        ", ".join(f"{value:.4f}" for value in over),
    )
    for share, detuning in (("10", ("1MHz", "-1MHz")), ("2", ("5MHz", "-5MHz"))):
        detuned = steady_concurrence(preset(name, detuning=detuning))
        words = f"C, detunings of +-gamma/{share}"
        yield PaperClaim(name, words, "no significant effect", f"{detuned:.4f}")
    for percent in (2, 5, 10):
        lossy = steady_concurrence(preset(name, loss=percent / 100))
        words = "several percent still acceptable"
        yield PaperClaim(name, f"C, loss of {percent} %", words, f"{lossy:.4f}")
    for base in ("20mK", "50mK"):
        warm = preset(name, base_temperature=base)
        words = f"C, waveguide at {_spaced(base)} (n_0 = {warm.waveguide_occupation:.2g})"
        yield PaperClaim(name, words, "T_0 of 50 mK or less", f"{steady_concurrence(warm):.4f}")


def _orbital() -> Iterator[PaperClaim]:
    name = "siv-orbital"
    lab = preset(name)
    yield PaperClaim(name, "n_th at 300 K, 50 GHz", "about 100", f"{lab.n_th:.1f}")
    yield PaperClaim(name, "kappa/gamma at Q = 1e6", "(not stated)", f"{lab.kappa:.4g}")
    yield _both(name, "C", "about 0.2")
    cold = source_temperature(100, lab.frequency)
    yield _both(name, f"C at n_th = 100 ({cold:.0f} K)", "about 0.2", temperature=cold)
    yield _both(name, "C at Q = 5e5", "about 0.2", quality=5e5)
    # The other reading of Q, kappa = omega_c/Q at Q = 1e6, which the paper's number follows from.
    words = "C at Q = 5e5 and n_th = 100"
    yield _both(name, words, "about 0.2", quality=5e5, temperature=cold)
    yield _both(name, "C, twice the dephasing rate", "about 0.2", dephasing_time="5us")
    yield _both(name, "C, detunings of +-gamma/4", "about 0.2", detuning=("250kHz", "-250kHz"))
    yield _qualities(name, 0.2)
    yield _both(name, "C without dephasing", "", dephasing_time=None)
    yield _both(name, "C, waveguide at 4 K", "(cold)", base_temperature="4K")


def _spin() -> Iterator[PaperClaim]:
    name = "siv-spin"
    lab = preset(name)
    room = thermal_occupation(300, lab.frequency)
    yield PaperClaim(name, "T for n_th = 1000 at 3 GHz", "(not stated)", f"{lab.temperature:.1f} K")
    yield PaperClaim(name, "n_th at 300 K, 3 GHz", "1000 or more", f"{room:.0f}")
    yield PaperClaim(name, "kappa/gamma at Q = 1e6", "(not stated)", f"{lab.kappa:.4g}")
    for time in ("1ms", "10ms"):
        yield _both(name, f"C, T_phi = {_spaced(time)}", "about 0.62", dephasing_time=time)
        words = f"C at Q = 5e5, T_phi = {_spaced(time)}"
        yield _both(name, words, "about 0.62", dephasing_time=time, quality=5e5)
    detunings = ("62.5kHz", "-62.5kHz")
    yield _both(name, "C, detunings of +-gamma/4", "about 0.62", detuning=detunings)
    yield _qualities(name, 0.62)
    yield _both(name, "C at 300 K", "", temperature="300K")
    for base in ("20mK", "50mK", "100mK"):
        n_0 = thermal_occupation(base, lab.frequency)
        words = f"C, waveguide at {_spaced(base)} (n_0 = {n_0:.2g})"
        yield _both(name, words, "(cold)", base_temperature=base)


def _both(name: str, quantity: str, paper: str, **changes: Any) -> PaperClaim:
    """A concurrence with and without the action of the qubits on the cavity."""
    exact, approximate = (
        steady_concurrence(preset(name, backaction=backaction, **changes))
        for backaction in (True, False)
    )
    return PaperClaim(name, quantity, paper, f"{exact:.4f}", f"{approximate:.4f}")


def _qualities(name: str, wanted: float) -> PaperClaim:
    exact, approximate = (
        ", ".join(
            f"{quality_for(name, wanted, side, backaction=backaction):.2e}"
            for side in _WORST_QUALITY
        )
        for backaction in (True, False)
    )
    return PaperClaim(name, f"Q for C = {wanted:g}", "1e6 or more", exact, approximate)


def _spaced(quantity: str) -> str:
    """A quantity with a space before its unit."""
    number = quantity.rstrip("mKsu")
    return f"{number} {quantity[len(number) :]}"


def markdown() -> str:
    """The claims as Markdown: a table of all platforms, then one per platform."""
    all_claims = claims()
    sections = [_section(name, [c for c in all_claims if c.preset == name]) for name in PRESETS]
    return "\n".join([_overview(), *sections])


def _overview() -> str:
    lines = [
        _line(["preset", "platform", "source", "comes out", "verdict"]),
        _line(["---"] * 5),
        *(
            _line([f"`{name}`", entry.what, entry.source, preset_outcome(name), entry.verdict])
            for name, entry in PRESETS.items()
        ),
        "",
    ]
    return "\n".join(lines)


def _section(name: str, of_preset: Sequence[PaperClaim]) -> str:
    chosen = PRESETS[name]
    headings = ["quantity", "paper", "exact", "without back-action"]
    # Nothing travels back on a one-way waveguide.
    width = 4 if any(claim.approximate for claim in of_preset) else 3
    lines = [
        f"### `{name}`",
        "",
        fill(
            f"{chosen.what[0].upper()}{chosen.what[1:]} ({chosen.source}). "
            f"Assumed: {chosen.assumed}.",
            100,
            break_on_hyphens=False,
        ),
        "",
        fill(
            f"\u201c{chosen.quotation}\u201d",
            98,
            break_on_hyphens=False,
            initial_indent="> ",
            subsequent_indent="> ",
        ),
        "",
        _line(headings[:width]),
        _line(["---", "---", "---:", "---:"][:width]),
        *(_line(claim[1 : width + 1]) for claim in of_preset),
        "",
    ]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    print(markdown())
