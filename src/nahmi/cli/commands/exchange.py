# SPDX-License-Identifier: Apache-2.0
"""`nahmi exchange`: what others share comes into banks, and our opinions of it go back."""

import typer

from nahmi.cli.commands.exchanging import fetching, opinions

__all__ = ["app"]

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Fetch what others share into a bank, and tell them what you think of it. The exchanges "
    "stand in node.toml.",
    epilog="""\b
Examples:
  nahmi exchange fetch partners
  nahmi exchange say partners 4711 --disagree --reason "Does not meet the definition\"""",
)
for part in (fetching, opinions):
    for function, name in part.COMMANDS:
        app.command(name)(function)
