"""Commands run in this process, and what they say on stderr but for what depends on the time."""

import re

from click.testing import CliRunner

from thermalent.cli import main

# The line of progress after 10, 20, 40 s, and the notice that kernels are compiled.
_SLOW = re.compile(r"thermalent: (.* after \d+ s: .*|compiling the numerical kernels .*)\n")


def complaints(stderr: str) -> str:
    """The lines of stderr that a fast machine would print as well."""
    return _SLOW.sub("", stderr)


def run(*args):
    """The result of the command with these words."""
    return CliRunner().invoke(main, [str(arg) for arg in args])
