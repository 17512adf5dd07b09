"""What a command says on stderr, without what depends on how fast the machine is."""

import re

# The line of progress after 10, 20, 40 s, and the notice that kernels are compiled.
_SLOW = re.compile(r"thermalent: (.* after \d+ s: .*|compiling the numerical kernels .*)\n")


def complaints(stderr: str) -> str:
    """The lines of stderr that a fast machine would print as well."""
    return _SLOW.sub("", stderr)
