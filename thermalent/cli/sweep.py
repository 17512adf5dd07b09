"""`thermalent sweep`: steady states on a grid that a TOML file describes."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from thermalent.cli.errors import Failure, InterruptedCommand, arguments, solving
from thermalent.cli.show import failures, summary


def _print_schema(ctx: click.Context, option: click.Parameter, wanted: bool) -> None:
    if wanted:
        from thermalent.sweeping.study.schema import SCHEMA_FILE

        click.echo(SCHEMA_FILE.read_text(encoding="utf-8"), nl=False)
        ctx.exit()


@click.command("sweep", short_help="Steady states on a grid of parameters.")
@click.argument("study", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder for the data, such as study.zarr; the same command goes on where it ended.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    help="Number of processes.  [default: all cores, unless it is a matter of seconds]",
)
@click.option("--dask", metavar="ADDRESS", help="Address of a Dask scheduler, instead.")
@click.option(
    "--accept",
    multiple=True,
    type=click.Choice(("grid", "method", "version", "code")),
    help="Go on although this differs from the stored study; may be given several times.",
)
@click.option(
    "--schema",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_schema,
    help="Print the JSON schema of study files, for editors, and exit.",
)
@click.option("--retry", is_flag=True, help="Compute the points that failed once more.")
def sweep_command(
    study: Path,
    output: Path,
    workers: int | None,
    dask: str | None,
    accept: tuple[str, ...],
    retry: bool,
) -> None:
    """Compute a study, block by block, into a Zarr folder.

    Interrupt it whenever you like: what is finished is on the disk, and the same command goes on.

    \b
    Examples:
      thermalent sweep study.toml -o study.zarr
      thermalent sweep study.toml -o study.zarr --workers 8
      thermalent sweep study.toml -o study.zarr --dask tcp://10.0.0.1:8786
      thermalent show study.zarr --plot study.png
    """
    if workers is not None and dask is not None:
        raise click.UsageError("Options --workers and --dask exclude each other.")
    from thermalent.sweeping.run import sweep as run
    from thermalent.sweeping.study.file import explained_by, read_study

    with _failing(), arguments():
        described = read_study(study)
    began = time.monotonic()
    with _log_lines(), _executor(workers, dask) as executor, _failing(), arguments(), solving():
        again = "failed" if retry else None
        with explained_by(study), _kept_in(output):
            data = run(**described, store=output, accept=accept, retry=again, executor=executor)
        click.echo(f"{summary(data)}; {time.monotonic() - began:.1f} s")
        failed = failures(data)
        if not (data["status"] == 1).any():
            raise Failure(f"no point was solved. {failed[0]}")
        for line in failed:
            click.echo(line)


@contextmanager
def _kept_in(store: Path) -> Iterator[None]:
    """Say of an interrupted sweep where what is finished stands."""
    try:
        yield
    except KeyboardInterrupt:
        said = f"interrupted. What is finished is in {str(store)!r}; the same command goes on."
        raise InterruptedCommand(said if store.exists() else "interrupted") from None


@contextmanager
def _failing() -> Iterator[None]:
    """Report errors that end a sweep as one line."""
    from thermalent.sweeping.failures import ExecutorError, StoreError

    try:
        yield
    except (ExecutorError, StoreError) as problem:
        raise Failure(str(problem)) from problem
    except ImportError as problem:
        raise Failure(str(problem)) from problem


@contextmanager
def _executor(workers: int | None, dask: str | None) -> Iterator[Any]:
    """A number of processes, or the client of a cluster."""
    if dask is None:
        yield workers
        return
    try:
        from distributed import Client
    except ImportError:
        raise Failure("--dask needs pip install 'thermalent[dask]'.") from None
    try:
        client = Client(dask, timeout="10s")
    except (OSError, ValueError) as problem:
        raise Failure(f"no Dask scheduler answers at {dask}: {problem}") from problem
    with client:
        yield client


@contextmanager
def _log_lines() -> Iterator[None]:
    """Print lines of progress on stderr, where there is no terminal for a bar."""
    if sys.stderr.isatty():
        yield
        return
    log, handler = logging.getLogger("thermalent.sweep"), logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
