"""`python -m figures.drawings`: the systems as schematic drawings, SVG files for the documentation.

The drawings follow THERMAL, Figs. 1, 2(a) and 5, TRANSPORT, Fig. 1(a), GENERATION, Fig. 1,
DUALRAIL, Figs. 1 and 2(a), and COOPERATIVE, Fig. 1, in one style: what is hot is orange, cavities
are green, emitters blue, waveguides grey.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "images" / "systems"
HOT, CAVITY, EMITTER, GUIDE, INK = "#D55E00", "#009E73", "#0072B2", "#B8B8B8", "#222222"


def thermal_link(axes: Axes) -> None:
    """A resistor, a filter cavity, and two qubits on a one-way waveguide."""
    _guide(axes, 2.7, 11.3, 0.0)
    _resistor(axes, 0.55, 0.0)
    _arrow(axes, (1.05, 0.0), (1.85, 0.0), r"$\kappa$", HOT)
    _cavity(axes, 2.3, 0.0, "filter")
    _arrow(axes, (2.8, 0.0), (3.8, 0.0), r"$\kappa$", INK)
    _noise(axes, 3.9, 4.6, 0.0)
    for x, number in ((5.5, 1), (7.5, 2)):
        _qubit(axes, x, 0.0, f"qubit {number}")
        axes.text(x + 0.42, 0.32, r"$\gamma$", fontsize=10, color=EMITTER)
    _arrow(axes, (6.0, 0.0), (6.9, 0.0), "", INK)
    _arrow(axes, (8.3, 0.0), (11.1, 0.0), "as if no qubit were there", INK)
    axes.set(xlim=(-0.1, 11.4), ylim=(-1.0, 1.0))


def phononic_link(axes: Axes) -> None:
    """A hot cavity at the mirror end of a waveguide that guides both ways."""
    _guide(axes, 0.5, 9.6, 0.0)
    axes.add_patch(Rectangle((0.3, -0.55), 0.16, 1.1, color=INK))
    axes.text(0.38, -0.85, "mirror", ha="center", fontsize=9)
    _cavity(axes, 1.5, 0.0, "hot cavity", HOT)
    _noise(axes, 2.5, 3.3, 0.0)
    for x, number in ((4.6, 1), (7.4, 2)):
        _qubit(axes, x, 0.0, f"centre {number}")
        _arrow(axes, (x + 0.4, 0.28), (x + 1.2, 0.28), "", INK)
        _arrow(axes, (x - 0.4, 0.28), (x - 1.2, 0.28), "", INK)
    axes.annotate(
        "", (7.4, -0.78), (4.6, -0.78), arrowprops={"arrowstyle": "<->", "color": INK, "lw": 0.8}
    )
    axes.text(6.0, -0.72, "whole wavelengths", ha="center", va="bottom", fontsize=9)
    axes.set(xlim=(-0.1, 9.8), ylim=(-1.05, 1.0))


def dual_rail(axes: Axes) -> None:
    """Pairs of qubits on two rails, driven by one two-mode squeezed source."""
    axes.add_patch(
        FancyBboxPatch((0.1, -0.5), 1.3, 1.0, boxstyle="round,pad=0.1", fc=CAVITY, ec=CAVITY)
    )
    axes.text(0.75, 0.0, "squeezed\nsource", ha="center", va="center", color="white", fontsize=9)
    for y, rail in ((0.8, "A"), (-0.8, "B")):
        _guide(axes, 2.1, 9.6, y)
        _arrow(axes, (1.5, y / 2.4), (2.2, y), "", INK)
        for x, number in ((3.6, 1), (5.8, 2), (8.0, 3)):
            _qubit(axes, x, y, "", f"{rail}{number}")
        _arrow(axes, (8.7, y), (9.5, y), "", INK)
    for x in (3.6, 5.8, 8.0):
        axes.plot([x, x], [-0.46, 0.46], ":", color=EMITTER, lw=1.6)
    axes.text(9.1, 0.0, "entangled\npairs", ha="center", va="center", fontsize=9, color=EMITTER)
    axes.set(xlim=(-0.1, 9.8), ylim=(-1.4, 1.4))


def ring_resonators(axes: Axes) -> None:
    """Ring resonators beside a chiral waveguide, each coupled to a qubit of its own."""
    _guide(axes, 0.3, 9.6, -0.8)
    for x, number in ((2.6, 1), (6.8, 2)):
        axes.add_patch(Circle((x, 0.0), 0.62, fill=False, ec=CAVITY, lw=3))
        axes.text(x - 0.95, 0.2, f"ring {number}", ha="right", fontsize=9, color=CAVITY)
        axes.text(x, -0.95, r"$\gamma_R$", fontsize=10, ha="center", va="top")
        _qubit(axes, x, 0.95, "", f"{number}")
        axes.text(x + 0.42, 0.72, r"$g$", fontsize=11, color=EMITTER)
    _arrow(axes, (3.6, -0.8), (5.8, -0.8), "one way", INK)
    axes.set(xlim=(-0.1, 9.8), ylim=(-1.15, 1.4))


def cooperative(axes: Axes) -> None:
    """Emitters that decay into one common reservoir, and each into one of its own."""
    axes.add_patch(
        FancyBboxPatch((2.2, -1.0), 5.2, 0.5, boxstyle="round,pad=0.1", fc=GUIDE, ec=GUIDE)
    )
    axes.text(4.8, -0.75, "common reservoir", ha="center", va="center", fontsize=9)
    for x, number in ((3.1, 1), (4.8, 2), (6.5, 3)):
        _qubit(axes, x, 0.35, "", f"{number}")
        _arrow(axes, (x, 0.0), (x, -0.4), "", INK)
        _arrow(axes, (x, 0.7), (x, 1.2), "", INK)
    axes.text(3.3, -0.25, r"$\Gamma$", fontsize=11)
    axes.text(3.3, 0.95, r"$\gamma$", fontsize=11)
    axes.text(7.2, 0.95, "reservoirs of their own", fontsize=9)
    axes.set(xlim=(-0.1, 9.8), ylim=(-1.2, 1.4))


SYSTEMS: tuple[Callable[[Axes], None], ...] = (
    thermal_link,
    phononic_link,
    dual_rail,
    ring_resonators,
    cooperative,
)


def draw(system: Callable[[Axes], None], folder: Path = FOLDER) -> Path:
    """Write the drawing of a system; the same bytes every time."""
    with matplotlib.rc_context({"svg.fonttype": "path", "svg.hashsalt": "thermalent"}):
        figure = Figure(figsize=(7.2, 1.9))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_aspect("equal")
        axes.axis("off")
        system(axes)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{system.__name__}.svg"
        # A white ground, because a page may be dark.
        figure.savefig(path, bbox_inches="tight", pad_inches=0.08, metadata={"Date": None})
    return path


def _guide(axes: Axes, start: float, end: float, y: float) -> None:
    axes.add_patch(Rectangle((start, y - 0.09), end - start, 0.18, color=GUIDE, alpha=0.55, lw=0))


def _resistor(axes: Axes, x: float, y: float) -> None:
    points = np.array([0, 0.08, 0.24, 0.4, 0.56, 0.72, 0.88, 0.96])
    heights = np.array([0, 0.22, -0.22, 0.22, -0.22, 0.22, -0.22, 0])
    axes.plot(x - 0.45 + points, y + heights, color=HOT, lw=2, solid_joinstyle="round")
    axes.text(x, y - 0.62, "hot resistor", ha="center", fontsize=9, color=HOT)
    axes.text(x, y + 0.42, r"$n_\mathrm{th}$", ha="center", fontsize=11, color=HOT)


def _cavity(axes: Axes, x: float, y: float, name: str, colour: str = CAVITY) -> None:
    for side in (-0.42, 0.34):
        axes.add_patch(Rectangle((x + side, y - 0.38), 0.08, 0.76, color=colour, lw=0))
    axes.add_patch(Rectangle((x - 0.34, y - 0.2), 0.68, 0.4, color=colour, alpha=0.35, lw=0))
    axes.text(x, y - 0.62, name, ha="center", fontsize=9, color=colour)


def _noise(axes: Axes, start: float, end: float, y: float) -> None:
    """A wave of slowly varying amplitude: narrow-band noise."""
    x = np.linspace(start, end, 200)
    phase = (x - start) / (end - start)
    envelope = 0.18 + 0.16 * np.sin(2 * np.pi * phase + 0.7)
    axes.plot(x, y + envelope * np.sin(14 * np.pi * phase), color=HOT, lw=1.0)


def _qubit(axes: Axes, x: float, y: float, name: str, inside: str = "") -> None:
    axes.add_patch(Circle((x, y), 0.33, fc="white", ec=EMITTER, lw=2, zorder=3))
    if inside:
        axes.text(x, y, inside, ha="center", va="center", fontsize=9, color=EMITTER, zorder=4)
    else:
        for height in (-0.12, 0.12):
            axes.plot([x - 0.16, x + 0.16], [y + height] * 2, color=EMITTER, lw=1.8, zorder=4)
    axes.text(x, y - 0.62, name, ha="center", fontsize=9, color=EMITTER)


def _arrow(
    axes: Axes, start: tuple[float, float], end: tuple[float, float], text: str, colour: str
) -> None:
    axes.add_patch(
        FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=11, lw=1.4, color=colour)
    )
    middle = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2 + 0.14
    axes.text(*middle, text, ha="center", va="bottom", fontsize=9, color=colour)


if __name__ == "__main__":
    for system in SYSTEMS:
        print(draw(system))
