"""A plain page for hardware without a thermal source: emitters at rings, qubits on two rails.

These have other numbers and another question (the largest value over time, pairs along a line), so
that they have a form of their own, which the server fills in; it needs no script.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from html import escape
from typing import Any

from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.explore.patience import within_seconds
from thermalent.hardware.laboratory import Laboratory
from thermalent.hardware.presets import PRESETS, preset
from thermalent.hardware.ring_peak import UNTIL, ring_peak
from thermalent.solving.solve import steady_state
from thermalent.support import checks
from thermalent.support.errors import ThermalentError

OTHERS = tuple(name for name, each in PRESETS.items() if "temperature" not in each.options)
# What can be set of each kind of hardware, with a unit and as plain numbers, with its label.
_WITH_UNIT = {
    "frequency": "Frequency of the resonators, ω/2π",
    "linewidth": "Decay of each emitter elsewhere, Γ/2π",
    "coupling": "Coupling of emitter and resonator, g/2π: one, or one per node",
    "gamma": "Decay rate of the qubits, γ/2π",
    "bandwidth": "Bandwidth of the amplifier, κ/2π",
    "dephasing_time": "Dephasing time of the qubits",
    "elsewhere": "Decay of each qubit elsewhere, as a frequency",
}
_PLAIN = {
    "quality": "Quality factor Q of the resonators",
    "intrinsic_quality": "Their quality factor by other losses alone",
    "chirality": "Chirality, 0 to 1",
    "squeezing": "Squeezing r",
    "loss": "Power loss of each stretch, 0 to 1",
}
_LABELS = {**_WITH_UNIT, **_PLAIN}
_SECONDS = 10.0
_RTOL = 1e-4
_LONGEST = 60
_ARGUMENT = re.compile(r"^Argument `(\w+)`")


def others_page(given: Mapping[str, str]) -> str:
    """The page of a link: the form, what its numbers give, and the code for it."""
    name = given.get("preset", OTHERS[0])
    problem = "" if name in OTHERS else f"There is no preset {name[:_LONGEST]!r} here."
    name = name if name in OTHERS else OTHERS[0]
    own = {key: _text(value) for key, value in PRESETS[name].numbers.items()}
    names = [each for each in _LABELS if each in PRESETS[name].options]
    # A form that was filled in for another preset starts from the numbers of this one.
    same = given.get("of", name) == name
    texts = {
        each: given.get(each, own.get(each, "")) if same else own.get(each, "") for each in names
    }
    result, wrong = "</section>", ""
    if not problem:
        try:
            changes = {
                each: _value(each, text.strip()) if text.strip() else _none(name, each)
                for each, text in texts.items()
                if text.strip() != own.get(each, "")
            }
            result = _result(name, changes)
        except ThermalentError as error:
            problem = str(error)
            named = _ARGUMENT.match(problem)
            wrong = named[1] if named else ""
    choices = "".join(
        f"<option{' selected' if each == name else ''}>{each}</option>" for each in OTHERS
    )
    boxes = "".join(
        _box(each, text, _empty(name, each), problem if each == wrong else "")
        for each, text in texts.items()
    )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>thermalent explore: rings and rails</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="explore.css"></head>
<body><header><h1>thermalent <span>explore</span></h1>
<p>Rings and two rails. <a href="/">Qubits driven by hot, filtered noise</a></p></header>
<main><form id="controls" class="others" action="/others" autocomplete="off">
<label class="choice">Hardware <select name="preset">{choices}</select></label>
<input type="hidden" name="of" value="{name}">
<p class="note">{escape(PRESETS[name].what)} ({escape(PRESETS[name].source)})</p>{boxes}
<p><button>Compute</button></p></form>
<div id="results"><section id="system"><p class="wrong" role="alert">{escape(problem)}</p>
{result}</div></main></body></html>
"""


def _box(name: str, text: str, empty: str, problem: str) -> str:
    """A box with its label, what it means if it is empty, and what is wrong with what is in it."""
    marked = "true" if problem else "false"
    return (
        f'<div class="control"><label for="{name}">{_LABELS[name]}</label>'
        f'<input type="text" id="{name}" name="{name}" value="{escape(text)}" '
        f'placeholder="{empty}" aria-invalid="{marked}">'
        f'<p class="wrong">{escape(problem)}</p></div>'
    )


def _default(preset_name: str, argument: str) -> Any:
    """What the function of a preset takes where it is given nothing."""
    return inspect.signature(PRESETS[preset_name].link).parameters[argument].default


def _empty(preset_name: str, argument: str) -> str:
    """What an empty box means, in a word or two."""
    default = _default(preset_name, argument)
    if argument == "coupling":
        return "the best one"
    if not default:
        return "none"
    return "a value is needed" if argument in PRESETS[preset_name].numbers else _text(default)


def _none(preset_name: str, argument: str) -> Any:
    """The value of a box that was emptied: none at all, if the hardware can be without."""
    default = _default(preset_name, argument)
    if default:
        own = _text(PRESETS[preset_name].numbers[argument])
        checks.fail(argument, f"given, such as the {own} of the preset", "")
    return default


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_text, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _value(name: str, text: str) -> Any:
    """A number or a text with a unit, or one for each node."""
    if len(text) > _LONGEST:
        checks.fail(name, f"at most {_LONGEST} characters", text[:_LONGEST])
    several = tuple(_one(name, part.strip()) for part in text.split(","))
    return several if len(several) > 1 else several[0]


def _one(name: str, text: str) -> Any:
    try:
        number = float(text)
    except ValueError:
        if name in _PLAIN:
            checks.fail(name, "a number", text)
        return text
    if name in _WITH_UNIT:
        checks.fail(name, "a number with its unit, such as '10MHz' or '2us'", text)
    return number


def _result(name: str, changes: Mapping[str, Any]) -> str:
    """What a laboratory gives, its numbers as a table, and the code, in HTML."""
    lab = preset(name, **changes)
    assert isinstance(lab, Laboratory)
    with within_seconds(_SECONDS):
        words, code = _rails(lab) if lab.initial is None else _rings(lab)
    arguments = "".join(f", {key}={value!r}" for key, value in changes.items())
    program = f"import thermalent as te\n\nlab = te.hardware.preset({name!r}{arguments})\n{code}"
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in lab.rows()
    )
    numbers = "".join(
        f'<p class="number"><span>{escape(what)}</span> <output>{number}</output></p>'
        for what, number in words
    )
    return (
        f"{numbers}</section>"
        f'<section><h2>Laboratory and network</h2><div class="scroll"><table>{rows}</table></div>'
        f'</section><section><h2>The same as code</h2><pre id="python">{escape(program)}</pre>'
        "</section>"
    )


def _rings(lab: Laboratory) -> tuple[list[tuple[str, str]], str]:
    """The largest concurrence, or fidelity of a transfer, over time."""
    peak = ring_peak(lab)
    what, call = "largest concurrence", "peak_concurrence(lab.network, lab.initial"
    if lab.target is not None:
        what, call = "largest fidelity", "peak_transfer(lab.network, lab.initial, lab.target"
    time = f"{peak.time * lab.time_unit * 1e9:.4g} ns"
    if not peak.interior:
        time += ", the end of the search"
    code = f"peak = te.{call}, until={UNTIL})\nprint(peak.value, peak.time * lab.time_unit)\n"
    return [(what, f"{peak.value:.6f}"), ("after", time)], code


def _rails(lab: Laboratory) -> tuple[list[tuple[str, str]], str]:
    """The concurrence of each pair in the steady state, with its error."""
    state = steady_state(lab.network, ContinuedFraction(rtol=_RTOL))
    names = lab.network.emitter_names
    pairs = list(zip(names[::2], names[1::2], strict=True))
    found = [(pair, state.concurrence(*pair)) for pair in pairs]
    words = [
        (f"concurrence of {first} and {second}", f"{value:.4f} ± {value.error:.0e}")
        for (first, second), value in found
    ]
    code = (
        f"state = te.steady_state(lab.network, te.ContinuedFraction(rtol={_RTOL}))\n"
        f"print(*(state.concurrence(*pair) for pair in {pairs!r}))\n"
    )
    return words, code
