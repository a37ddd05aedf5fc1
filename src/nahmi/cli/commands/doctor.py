# SPDX-License-Identifier: Apache-2.0
"""`nahmi doctor`."""

import msgspec
import typer

from nahmi.bootstrap.checkup import Check, State, check_up
from nahmi.cli.exits import ERROR, OK
from nahmi.cli.options import Json, emit, table

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog="\b\nExample:\n  nahmi --node /srv/nahmi doctor --json")
def doctor(ctx: typer.Context, *, as_json: Json = False) -> int:
    """Check that everything nahmi needs is there and works. Changes nothing.

    Looks at the machine, at the node, and at what matters once it serves. Each check is ok, a
    note (nothing is wrong, but you may want to know) or bad, and says what to do. The exit code
    is 2 when something is bad. Run it as the user that serves: rights and limits are its own.
    """
    checks = check_up(ctx.obj)
    if as_json:
        emit("doctor/1", {"checks": [msgspec.to_builtins(check) for check in checks]})
    else:
        table([(check.state.upper(), check.name, _sentence(check)) for check in checks])
    return ERROR if any(check.state is State.BAD for check in checks) else OK


def _sentence(check: Check) -> str:
    return f"{check.detail.removesuffix('.')}. {check.hint}" if check.hint else check.detail
