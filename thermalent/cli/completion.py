"""`thermalent completion`: what a shell needs to complete commands, options and their values."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command("completion", short_help="Completion of commands and options in a shell.")
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@click.pass_context
def completion_command(ctx: click.Context, shell: str) -> None:
    """Print what makes a shell complete the commands, their options and values with Tab.

    \b
    Examples:
      thermalent completion bash >> ~/.bashrc
      thermalent completion zsh >> ~/.zshrc
      thermalent completion fish > ~/.config/fish/completions/thermalent.fish
    """
    chosen = get_completion_class(shell)
    assert chosen is not None  # click knows these three
    # The name of the variable is click's own for a program of this name.
    group = ctx.find_root().command
    click.echo(chosen(group, {}, "thermalent", "_THERMALENT_COMPLETE").source())
