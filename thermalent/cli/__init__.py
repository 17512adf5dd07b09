"""The command `thermalent`: parse, call the library, print.

Heavy modules are imported by the command that needs them, so that `--help` is quick.
"""

from thermalent.cli.group import main as main

__all__ = ["main"]
