"""`python -m figures.gallery`: pictures and data for the gallery, from those of all figures.

Pictures become small ones of 256 colours, and numbers keep eight digits, so that both can stand in
the repository and the documentation is built without all their computing.
"""

from __future__ import annotations

import csv
from pathlib import Path

import click
import numpy as np
from PIL import Image

from figures.common import FOLDER

DOCS = Path(__file__).resolve().parent.parent / "docs"
PICTURES = DOCS / "images" / "gallery"
DATA = DOCS / "gallery" / "data"
# Two and a half times the width of a card, and enough to read the labels of a page.
WIDTH = 1000
COLOURS = 256
ALMOST_WHITE = 244
# Larger tables, maps of whole planes, are left to the command that writes them.
LARGEST = 200_000


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), default=FOLDER, show_default="output")
def collect(folder: Path) -> None:
    """Take every picture and table in FOLDER into the documentation."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    DATA.mkdir(parents=True, exist_ok=True)
    pictures, tables = sorted(folder.glob("*.png")), sorted(folder.glob("*.csv"))
    for path in pictures:
        shrink(path, PICTURES / path.name)
    for path in tables:
        shorten(path, DATA / path.name)
        if (DATA / path.name).stat().st_size > LARGEST:
            (DATA / path.name).unlink()
    click.echo(f"{len(pictures)} pictures and their tables taken from {folder}")


def shrink(source: Path, target: Path) -> None:
    """The picture in at most WIDTH by any height, with a palette."""
    with Image.open(source) as picture:
        small = picture.convert("RGB")
        height = round(small.height * WIDTH / small.width)
        if small.width > WIDTH:
            small = small.resize((WIDTH, height), Image.Resampling.LANCZOS)
        _few_colours(small).save(target, optimize=True)


def _few_colours(picture: Image.Image) -> Image.Image:
    """With a palette in which thin lines keep their colours, and maps mixed from its colours."""
    few = picture.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, kmeans=2)
    palette = np.array(few.getpalette()).reshape(-1, 3)
    palette[np.all(palette > ALMOST_WHITE, axis=1)] = 255  # the mean of a group around the ground
    few.putpalette(palette.ravel().tolist())
    return picture.quantize(palette=few, dither=Image.Dither.FLOYDSTEINBERG)


def shorten(source: Path, target: Path) -> None:
    """The table with eight digits of every number that is no integer."""
    with source.open(newline="") as file:
        rows = list(csv.reader(file))
    with target.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([_short(cell) for cell in row] for row in rows)


def _short(cell: str) -> str:
    try:
        int(cell)
    except ValueError:
        pass
    else:
        return cell
    try:
        return f"{float(cell):.8g}"
    except ValueError:
        return cell


if __name__ == "__main__":
    collect()
