# SPDX-License-Identifier: Apache-2.0
"""`nahmi serve`."""

from typing import Annotated

import msgspec
import typer

from nahmi.bootstrap import node_settings

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(
    epilog="\b\nExamples:\n  nahmi serve\n  nahmi --node /srv/nahmi serve --workers 4\n"
    "  curl -H 'Authorization: Bearer nahmi_...' --data-binary @picture.jpg \\\n"
    "    http://127.0.0.1:8410/api/v1/match/content"
)
def serve(
    ctx: typer.Context,
    *,
    host: Annotated[str | None, typer.Option(help="Address to listen at.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen at.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Server processes.")] = None,
) -> None:
    """Serve the node over HTTP.

    What is not given here comes from node.toml. Everything but the health checks needs an API
    key: `nahmi key create`. Listen at another address than 127.0.0.1 only behind a proxy that
    speaks TLS.
    """
    from nahmi.serving.running import run  # noqa: PLC0415 - slow, and needed only here

    settings = node_settings(ctx.obj)
    given = {"host": host, "port": port, "workers": workers}
    chosen = {name: value for name, value in given.items() if value is not None}
    serving = msgspec.structs.replace(settings.serve, **chosen)
    run(ctx.obj, msgspec.structs.replace(settings, serve=serving))
