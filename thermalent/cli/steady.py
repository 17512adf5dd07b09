"""`thermalent steady`: the steady state of a thermal link."""

from __future__ import annotations

from typing import Any

import click

from thermalent.cli.deliver import estimates, result_options, take_wanted, write_and_draw
from thermalent.cli.errors import kept, solving
from thermalent.cli.options import (
    build_method,
    build_network,
    method_options,
    network_options,
)
from thermalent.cli.output import (
    all_numbers,
    note_status,
    print_json,
    print_table,
    result_data,
    result_rows,
)


@click.command(short_help="Steady state of a thermal link.")
@network_options
@method_options
@result_options
def steady(method: str | None, **network: Any) -> None:
    """Steady state of qubits on a waveguide behind a filtered thermal source.

    Rates share one unit, by default the decay rate of a qubit. Lists are separated by commas.

    \b
    Examples:
      thermalent steady --n-th 1220 --kappa 1e-3
      thermalent steady --n-th 1220 --kappa 1e-3 --gamma 1,0.9 --detuning 0.1,-0.1
      thermalent steady --n-th 40 --kappa 0.02 --qubits 4
      thermalent steady --n-th 0.5 --filter butterworth:2 --fwhm 1
      thermalent steady --n-th 2 --kappa 0.1 --method fock --cutoff 40
      thermalent steady --n-th 1220 --kappa 1e-3 --json | jq .concurrence
      thermalent steady --n-th 1220 --kappa 1e-3 -o state.npz --plot state.png
    """
    wanted = take_wanted(network)
    chosen = build_method(method, network)
    described = build_network(**network)
    with solving():
        from thermalent.solving.solve import steady_state

        result, interrupted = kept(lambda: steady_state(described, chosen))
    write_and_draw(wanted, result, estimates(all_numbers(result)), result.plot)
    if wanted.as_json:
        print_json({"network": network, **result_data(result)})
    else:
        print_table(("", ""), result_rows(result), right=1)
        note_status(result)
    if interrupted is not None:
        raise interrupted
