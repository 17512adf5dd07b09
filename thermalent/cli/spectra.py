"""`thermalent spectrum` and `thermalent coherence`: the field that a thermal link radiates."""

from __future__ import annotations

from typing import Any

import click

from thermalent.cli.deliver import Column, deliver, result_options, take_wanted
from thermalent.cli.errors import arguments, solving
from thermalent.cli.grids import GridType
from thermalent.cli.options import build_network, combined, network_options
from thermalent.cli.parameter_types import NUMBER

field_options = combined(
    click.option(
        "--of",
        default="output",
        help="Which field: the output of the line, or what one node radiates (source, q1, ...).",
    ),
    click.option(
        "--rtol",
        type=NUMBER,
        help="Relative accuracy.  [default: 1e-8, or behind several poles the best that half a "
        "minute affords]",
    ),
)


@click.command("spectrum", short_help="Emission spectrum of a thermal link.")
@network_options
@click.option(
    "--frequencies",
    type=GridType("frequencies", "linear"),
    required=True,
    help="Angular frequencies from that of the filter, unit of rate.",
)
@field_options
@result_options
def spectrum_command(
    frequencies: tuple[float, ...], of: str, rtol: float | None, **options: Any
) -> None:
    """Emission spectrum of a field in the steady state, in quanta per time and frequency.

    \b
    Examples:
      thermalent spectrum --n-th 40 --kappa 0.02 --frequencies -3:3:61
      thermalent spectrum --n-th 40 --kappa 0.02 --frequencies -3:3:61 --of q1 --plot q1.png
      thermalent spectrum --n-th 40 --kappa 0.02 --frequencies 1e-3:10:25:log -o output.csv
    """
    wanted = take_wanted(options)
    described = build_network(**options)
    with arguments(), solving():
        from thermalent.analysis.radiation.spectra import spectrum as solve

        found = solve(described, frequencies, of, rtol=rtol)
    columns = {
        "frequency": Column(found.frequencies, "{:.6g}"),
        "spectrum": Column(found.values, "{:.8g}"),
        "error": Column(found.error, "{:.1e}"),
    }
    _deliver_field(wanted, found, columns, {"network": options, "of": of})


@click.command("coherence", short_help="Coherence functions of the light of a thermal link.")
@network_options
@click.option(
    "--delays", type=GridType("delays", "log"), required=True, help="Delays, inverse unit of rate."
)
@click.option("--order", type=click.IntRange(1, 2), default=1, help="1 is g1(tau), 2 is g2(tau).")
@field_options
@result_options
def coherence_command(
    delays: tuple[float, ...], order: int, of: str, rtol: float | None, **options: Any
) -> None:
    """First- or second-order coherence function of a field in the steady state.

    \b
    Examples:
      thermalent coherence --n-th 40 --kappa 0.02 --delays 0.1:100:13 --order 2
      thermalent coherence --n-th 40 --kappa 0.02 --delays 0:50:26:linear --plot g1.png
    """
    wanted = take_wanted(options)
    described = build_network(**options)
    with arguments(), solving():
        from thermalent.analysis.radiation.spectra import coherence as solve

        found = solve(described, delays, of, order=order, rtol=rtol)
    columns = {"delay": Column(found.delays, "{:.6g}")}
    if order == 1:
        columns["re g1"] = Column(found.values.real, "{:.8f}")
        columns["im g1"] = Column(found.values.imag, "{:.8f}")
    else:
        columns["g2"] = Column(found.values, "{:.8f}")
    columns["error"] = Column(found.error, "{:.1e}")
    _deliver_field(wanted, found, columns, {"network": options, "of": of, "order": order})


def _deliver_field(wanted: Any, found: Any, columns: Any, data: dict[str, Any]) -> None:
    flux = found.flux
    facts = {"flux": f"{float(flux):.10g}", "error of flux": f"{flux.error:.1e}"}
    known = {**data, "flux": float(flux), "error of flux": flux.error, "error_origin": found.how}
    deliver(wanted, found, columns, facts=facts, data=known)
