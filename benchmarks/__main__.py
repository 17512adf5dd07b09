"""`python -m benchmarks`: every benchmark, one thread, one table and output/benchmarks.json."""

from __future__ import annotations

import sys
import time

import click

NAMES = (
    "formulation",
    "qutip",
    "growth",
    "hot",
    "tier",
    "startup",
    "first call",
    "heom",
    "links",
    "several poles",
    "dynamics",
    "rates",
    "radiation",
    "trajectories",
    "rings",
    "dual rail",
    "sweeps",
    "following",
    "batch",
)


@click.command()
@click.option("--only", multiple=True, type=click.Choice(NAMES), help="Run these alone.")
@click.option("--quick", is_flag=True, help="Fewer points and repeats.")
def main(only: tuple[str, ...], quick: bool) -> None:
    """Time thermalent beside its peers, in one run on one thread.

    Exits with status 1 if a stated minimum is missed.
    """
    from benchmarks import threads

    threads.use_one()
    from benchmarks import (
        batch,
        dual_rail,
        dynamics,
        following,
        growth,
        links,
        peers,
        radiation,
        rates,
        report,
        rings,
        several_poles,
        startup,
        strong_noise,
        sweeps,
        tier,
        trajectories,
    )
    from benchmarks.timing import ROOT

    benchmarks = {
        "formulation": peers.versus_formulation,
        "qutip": peers.versus_qutip,
        "growth": growth.with_temperature,
        "hot": growth.beyond_tiers,
        "tier": tier.per_tier,
        "startup": startup.command_line,
        "first call": startup.first_call,
        "heom": strong_noise.versus_heom,
        "links": links.against_limits,
        "several poles": several_poles.against_limits,
        "dynamics": dynamics.versus_dop853,
        "rates": rates.against_solvers,
        "radiation": radiation.against_factorisations,
        "trajectories": trajectories.run,
        "batch": batch.side_by_side,
        "sweeps": sweeps.run,
        "following": following.run,
        "rings": rings.run,
        "dual rail": dual_rail.run,
    }
    rows: list[report.Row] = []
    for name in only or NAMES:
        began = time.perf_counter()
        click.echo(f"{name} ... ", nl=False, err=True)
        try:
            rows.extend(benchmarks[name](quick))
        except Exception as error:  # one that cannot run must not hide the others
            rows.append(report.failed(name, error))
        click.echo(f"{time.perf_counter() - began:.1f} s", err=True)
    about = report.environment()
    report.show(rows, about)
    path = ROOT / "output" / "benchmarks.json"
    report.write(rows, about, path)
    click.echo(f"written: {path.relative_to(ROOT)}")
    if any(row.passed is False for row in rows):
        sys.exit(1)


if __name__ == "__main__":
    main()
