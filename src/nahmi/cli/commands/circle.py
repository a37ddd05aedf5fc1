# SPDX-License-Identifier: Apache-2.0
"""`nahmi circle`."""

from typing import Final

import typer

from nahmi.cli.circles import carrying, feeding, keeping, looking, membership, saying
from nahmi.cli.circles.arguments import Command

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Share signals with other organisations: circles, members, and what they say.",
    epilog='\b\nExample:\n  nahmi circle found "Gulf alliance" --organisation "Hotline" '
    "--sector hotline --country AE",
)

_COMMANDS: Final[dict[str, Command]] = {
    **membership.COMMANDS,
    **saying.COMMANDS,
    **looking.COMMANDS,
    **keeping.COMMANDS,
    **feeding.COMMANDS,
    **carrying.COMMANDS,
}

for _name, _command in _COMMANDS.items():
    app.command(_name)(_command)
