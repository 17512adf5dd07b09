"""The system as a schematic drawing in SVG, with the numbers that are set.

What is hot is orange, cavities are green, emitters blue and waveguides grey, as in the drawings of
the documentation.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from math import pi

from thermalent.display.drawing import CAVITY, EMITTER, HOT, INK
from thermalent.hardware.description import Hardware
from thermalent.hardware.units import with_prefix

_GUIDE = "#c4cad0"
_WIDTH, _HEIGHT, _LINE = 560, 168, 56  # of the drawing, and height of the waveguide
_LEVELS = (270, 430)  # places of the qubits
_ROW = 17  # between lines of text


def schematic_svg(lab: Hardware) -> str:
    """The source, its filter, the waveguide and two qubits.

    Args:
        lab: A line with a thermal source and two qubits, one-way or in front of a mirror.
    """
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        'aria-label="the system" font-family="sans-serif" font-size="14">',
        '<defs><marker id="head" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="6" '
        'markerHeight="6" orient="auto-start-reverse">'
        f'<path d="M0 0L10 5L0 10z" fill="{INK}"/></marker></defs>',
    ]
    source = (with_prefix(lab.temperature, "K"), f"n = {lab.n_th:.4g}")
    cavity = (with_prefix(lab.frequency, "Hz"), f"Q = {lab.quality:.4g}")
    if lab.wavelengths is None:
        parts += [_guide(162), _resistor(12), _cavity(135, CAVITY)]
        parts += [_arrow(76, 108), _texts(42, source, HOT), _texts(138, cavity, CAVITY)]
    else:
        parts += [
            _guide(24),
            f'<rect x="12" y="{_LINE - 32}" width="10" height="64" fill="{INK}"/>',
        ]
        parts += [_cavity(90, HOT), _texts(92, (*source, *cavity), HOT)]
    order = (0, 1) if lab.wavelengths is None else sorted((0, 1), key=lab.wavelengths.__getitem__)
    parts += [_qubit(lab, i, x) for i, x in zip(order, _LEVELS, strict=True)]
    if lab.filter is not None:
        parts.append(_text(138, _LINE - 34, lab.filter.label, INK))
    parts += _between(lab)
    return "".join([*parts, "</svg>"])


def _between(lab: Hardware) -> list[str]:
    """Arrows along the waveguide, what a stretch loses, and what the waveguide itself holds."""
    begin = 162 if lab.wavelengths is None else 92
    stretches = [(begin, _LEVELS[0]), _LEVELS]
    both = lab.wavelengths is not None
    whole = (*stretches, (_LEVELS[1], 545))
    parts = [_arrow(start + 28, end - 26, both) for start, end in whole]
    losing = stretches if both else stretches[1:]
    for (start, end), loss in zip(losing, lab.loss, strict=True):
        if loss:
            words = f"{100 * loss:.3g} % lost"
            parts.append(_text((start + end) / 2, _LINE - 22, words, INK))
    if lab.base_temperature:
        words = f"at {with_prefix(lab.base_temperature, 'K')}"
        parts.append(_text(505, _LINE - 22, words, INK))
    return parts


def _qubit(lab: Hardware, i: int, x: float) -> str:
    """A qubit with its rates."""
    hertz = lab.rate_unit / (2 * pi)
    lines = [f"γ/2π = {with_prefix(lab.gamma[i] * hertz, 'Hz')}"]
    if lab.detuning[i]:
        lines.append(f"Δ/2π = {with_prefix(lab.detuning[i] * hertz, 'Hz')}")
    if lab.dephasing[i]:
        lines.append(f"Tφ = {with_prefix(lab.time_unit / lab.dephasing[i], 's')}")
    if lab.wavelengths is not None:
        lines.append(f"at {lab.wavelengths[i]:.6g} λ")
    levels = "".join(
        f'<path d="M{x - 9} {_LINE + y}h18" stroke="{EMITTER}" stroke-width="2.4"/>'
        for y in (-7, 7)
    )
    circle = (
        f'<circle cx="{x}" cy="{_LINE}" r="20" fill="white" stroke="{EMITTER}" stroke-width="2.5"/>'
    )
    name = _text(x, _LINE - 28, f"qubit {i + 1}", EMITTER)
    return circle + levels + name + _texts(x, lines, EMITTER)


def _guide(start: float) -> str:
    return (
        f'<rect x="{start}" y="{_LINE - 6}" width="{548 - start}" height="12" fill="{_GUIDE}" '
        'opacity="0.6"/>'
    )


def _resistor(x: float) -> str:
    zigzag = "l5 13l10 -26l10 26l10 -26l10 26l10 -26l5 13"
    return f'<path d="M{x} {_LINE}{zigzag}" fill="none" stroke="{HOT}" stroke-width="2.5"/>'


def _cavity(x: float, colour: str) -> str:
    sides = "".join(
        f'<rect x="{x + side}" y="{_LINE - 23}" width="5" height="46" fill="{colour}"/>'
        for side in (-25, 20)
    )
    inside = f'<rect x="{x - 20}" y="{_LINE - 12}" width="40" height="24" fill="{colour}" '
    return f'{sides}{inside}opacity="0.35"/>'


def _arrow(start: float, end: float, both: bool = False) -> str:
    back = ' marker-start="url(#head)"' if both else ""
    return (
        f'<path d="M{start} {_LINE}H{end}" stroke="{INK}" stroke-width="1.5" '
        f'marker-end="url(#head)"{back}/>'
    )


def _texts(x: float, lines: Iterable[str], colour: str) -> str:
    """Lines of text below the waveguide."""
    return "".join(
        _text(x, _LINE + 44 + _ROW * row, line, colour) for row, line in enumerate(lines)
    )


def _text(x: float, y: float, words: str, colour: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="middle" fill="{colour}">{escape(words)}</text>'
