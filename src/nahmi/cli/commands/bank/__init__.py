# SPDX-License-Identifier: Apache-2.0
"""`nahmi bank`: banks, their entries, and exchange with files."""

import typer

from nahmi.cli.commands.bank import banks, categories, entries, exchange

__all__ = ["app"]

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Make banks, fill them, search, export and import them.",
    epilog="""\b
Examples:
  nahmi bank create HOTLINE_2026 --category csam_ungraded --action review
  nahmi bank add HOTLINE_2026 pictures/ --source "Hotline X"
  nahmi bank import HOTLINE_2026 hashes.csv
  nahmi bank list --json""",
)
for part in (banks, categories, entries, exchange):
    for function, name, epilog in part.COMMANDS:
        app.command(name, epilog=epilog)(function)
