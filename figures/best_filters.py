"""The long campaign behind `filter_shapes`: the best filter of each order, from fifty starts.

`python -m figures.best_filters` climbs again, for hours, and writes best_filters.json beside this
file; the figure reads it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import numpy as np

import thermalent as te

FOUND = Path(__file__).with_name("best_filters.json")
N_TH = 1221.0  # 293 K at 5 GHz
STARTS = 50
ORDERS = (1, 2, 3, 4, 5, 6)


def campaign(order: int, starts: int = STARTS) -> dict[str, Any]:
    """What is put on record of one order."""
    found = te.best_filter(N_TH, order, starts=starts)
    return {
        "order": order,
        "n_th": N_TH,
        "starts": starts,
        "agreeing": found.agreeing,
        "quanta": found.quanta,
        "tiers": found.tiers,
        "concurrence": float(found.concurrence),
        "error": found.concurrence.error,
        "gradient": float(np.max(np.abs(found.gradient))),
        "unit": found.unit,
        "reflection": found.reflection.tolist(),
        "numerator": found.numerator.tolist(),
        "ends": [round(end, 6) for end in found.ends.tolist()],
    }


@click.command()
@click.argument("orders", type=int, nargs=-1)
def write(orders: tuple[int, ...]) -> None:
    """Climb for these orders (all if none is named) and put them on record."""
    known = json.loads(FOUND.read_text()) if FOUND.exists() else []
    for order in orders or ORDERS:
        known = [entry for entry in known if entry["order"] != order] + [campaign(order)]
        known.sort(key=lambda entry: int(entry["order"]))
        lines = ",\n".join(f"  {json.dumps(entry)}" for entry in known)
        FOUND.write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    write()
