"""Errors as one line on stderr, and an exit code.

0: it worked; 1: the solve failed; 2: an option or argument is wrong; 130: interrupted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

SOLVE_FAILED = 1
INTERRUPTED = 130
_ARGUMENT = re.compile(r"Argument `(\w+)`")
_NAMED = re.compile(r"`(\w+)=?([^`\s]*)`")  # `rtol`, or `digits=30`
_MISSING = re.compile(r"Missing (?:option|argument) '([^' ]+)'")
_TOO_MUCH = "Got unexpected extra argument"
_EXAMPLE = re.compile(r"^ *(thermalent .*\S)", re.MULTILINE)  # a line of a help text


class Failure(click.ClickException):
    """The arguments are valid, but the solve failed."""

    exit_code = SOLVE_FAILED


class InterruptedCommand(click.ClickException):
    """The command was interrupted by Ctrl-C."""

    exit_code = INTERRUPTED


class OneLineGroup(click.Group):
    """A group whose errors are one line, "thermalent: ..."."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; interrupted, it ends without the traceback."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            command = self.get_command(ctx, ctx.invoked_subcommand or "")
            raise click.UsageError(_with_example(error.format_message(), command)) from error
        except KeyboardInterrupt:
            raise InterruptedCommand("interrupted") from None

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run, and leave with the exit code."""
        kwargs["standalone_mode"] = False
        try:
            # Commands return nothing; an integer is the code of click's ctx.exit().
            code = super().main(*args, **kwargs)
        except click.ClickException as error:
            click.echo(f"thermalent: {' '.join(error.format_message().split())}", err=True)
            raise SystemExit(error.exit_code) from None
        raise SystemExit(code or 0)


def _with_example(message: str, command: click.Command | None) -> str:
    """The message, and where something is missing or too much, a line of the help as an example."""
    missing = _MISSING.match(message)
    if command is None or not (missing or message.startswith(_TOO_MUCH)):
        return message
    examples = _EXAMPLE.findall(command.help or "")
    if missing and missing[1].startswith("-"):
        examples = [line for line in examples if f" {missing[1]} " in f"{line} "]
    said = message if missing else f"{message}. Lists are separated by commas, without spaces."
    return f"{said} For example: {examples[0]}" if examples else said


Kept = TypeVar("Kept")


def kept(solve: Callable[[], Kept]) -> tuple[Kept, InterruptedCommand | None]:
    """A result, or after Ctrl-C the partial result and the error to raise once it is written.

    Raises:
        KeyboardInterrupt: nothing was done yet.
    """
    try:
        return solve(), None
    except KeyboardInterrupt as interrupt:
        partial = getattr(interrupt, "partial", None)
        if partial is None:
            raise
        return partial, InterruptedCommand(
            f"interrupted. The result is partial. {partial.status.message}"
        )


@contextmanager
def arguments() -> Iterator[None]:
    """Report a ValueError of the library as that of an option: "Argument `n_th`" becomes --n-th."""
    try:
        yield
    except ValueError as error:
        raise click.UsageError(as_options(str(error))) from error


@contextmanager
def solving() -> Iterator[None]:
    """Report a method that does not apply as a wrong option, and a failed solve as a failure."""
    from thermalent.solution.errors import SolveError
    from thermalent.solution.method import MethodError

    try:
        yield
    except MethodError as error:
        raise click.UsageError(str(error)) from error
    except SolveError as error:
        raise Failure(as_options(str(error))) from error
    except MemoryError as error:
        raise Failure(f"{error} Ask for a smaller truncation.") from error


def as_options(message: str) -> str:
    """The message with "Option --n-th" for "Argument `n_th`", and "--rtol 1e-9" for `rtol=1e-9`.

    What the command has no option for stays as it is.
    """
    known = {param.name: _long(param) for param in click.get_current_context().command.params}

    def option(match: re.Match[str]) -> str:
        return f"Option {known[match[1]]}" if match[1] in known else match[0]

    def named(match: re.Match[str]) -> str:
        return f"{known[match[1]]}{' ' if match[2] else ''}{match[2]}"

    with_options = _ARGUMENT.sub(option, message)
    return _NAMED.sub(lambda match: named(match) if match[1] in known else match[0], with_options)


def _long(param: click.Parameter) -> str:
    """The long option of a parameter: "--target-concurrence" for one that is called `target`."""
    long = (name for name in param.opts if name.startswith("--"))
    return next(long, f"--{(param.name or '').replace('_', '-')}")
