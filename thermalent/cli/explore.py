"""`thermalent explore`: the explorer, a page in the browser."""

from __future__ import annotations

import click

from thermalent.cli.errors import Failure


@click.command("explore", short_help="Sliders and live pictures in the browser.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8642,
    help="Port of this machine; 0 takes any that is free.",
)
@click.option("--no-browser", is_flag=True, help="Print the address and open no browser.")
def explore_command(port: int, no_browser: bool) -> None:
    """Show in the browser what a laboratory's numbers give, while sliders move them.

    The page is served to this machine alone (127.0.0.1) and loads nothing from other hosts. Ctrl-C
    ends it.

    \b
    Examples:
      thermalent explore
      thermalent explore --port 9000 --no-browser
    """
    from thermalent.explore import ExplorerServer

    try:
        server = ExplorerServer(port)
    except OSError as problem:
        raise Failure(
            f"port {port} cannot be used ({problem.strerror}); --port 0 takes one that is free."
        ) from problem
    with server:
        server.reply("/api/state")  # loads the kernels, so that the first picture is there at once
        click.echo(f"thermalent explore: {server.url} (Ctrl-C ends it)")
        if not no_browser:
            import webbrowser

            webbrowser.open(server.url)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo("ended", err=True)
