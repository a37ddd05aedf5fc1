# SPDX-License-Identifier: Apache-2.0
"""`nahmi webhook`."""

from typing import Annotated

import msgspec
import typer

from nahmi.access.identity import LOCAL
from nahmi.bootstrap.operation import open_subscribing
from nahmi.cli.exits import ERROR, OK
from nahmi.cli.options import Json, choice, emit, table
from nahmi.operate.delivery import Outcome
from nahmi.operate.webhooks import WebhookEvent

Number = Annotated[int, typer.Argument(metavar="WEBHOOK", help="The webhook's number.")]

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Tell other systems of matches and jobs, and look after what could not be delivered.",
    epilog="\b\nExample:\n"
    "  nahmi webhook add https://moderation.example.org/hook --event match.hold",
)


@app.command("list")
def list_(ctx: typer.Context, *, as_json: Json = False) -> None:
    """List the webhooks."""
    with open_subscribing(ctx.obj) as subscribing:
        webhooks = subscribing.webhooks(LOCAL)
    if as_json:
        emit("webhooks/1", {"webhooks": msgspec.to_builtins(webhooks)})
        return
    rows = [
        (hook.webhook_id, hook.url, " ".join(hook.events), "on" if hook.is_enabled else "off")
        for hook in webhooks
    ]
    table([("WEBHOOK", "ADDRESS", "EVENTS", "STATE"), *rows])


@app.command()
def add(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="Where messages go, https.")],
    *,
    event: Annotated[
        list[str],
        typer.Option("--event", help="One of: " + ", ".join(WebhookEvent) + ". Repeatable."),
    ],
) -> None:
    """Register a webhook and print the secret that its messages are signed with."""
    events = tuple(choice(text, WebhookEvent, "The event") for text in event)
    with open_subscribing(ctx.obj) as subscribing:
        webhook, secret = subscribing.add(LOCAL, url, events)
    typer.echo(f"Webhook {webhook.webhook_id} is registered. Its secret, for the receiver:")
    typer.echo(secret)


@app.command()
def rotate(ctx: typer.Context, webhook: Number) -> None:
    """Print a new secret. For a day messages are signed with the old one as well."""
    with open_subscribing(ctx.obj) as subscribing:
        _, secret = subscribing.rotate(LOCAL, webhook)
    typer.echo(f"The new secret of webhook {webhook}, for the receiver:")
    typer.echo(secret)


@app.command()
def remove(ctx: typer.Context, webhook: Number) -> None:
    """Forget a webhook; what waits for it becomes dead letters."""
    with open_subscribing(ctx.obj) as subscribing:
        subscribing.remove(LOCAL, webhook)
    typer.echo(f"Webhook {webhook} is gone.")


@app.command()
def test(ctx: typer.Context, webhook: Number) -> int:
    """Send a message that says nothing, now and once. The exit code is 2 when it fails."""
    with open_subscribing(ctx.obj) as subscribing:
        delivery = subscribing.try_out(LOCAL, webhook)
    typer.echo(f"{delivery.outcome.value} {delivery.error}".strip())
    return OK if delivery.outcome is Outcome.DELIVERED else ERROR


@app.command()
def dead(
    ctx: typer.Context,
    *,
    before: Annotated[
        int | None, typer.Option(help="Only messages with smaller numbers than this.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 100,
    as_json: Json = False,
) -> None:
    """List the messages that could not be delivered, newest first."""
    with open_subscribing(ctx.obj) as subscribing:
        letters = subscribing.dead_letters(LOCAL, before=before, limit=limit)
    if as_json:
        # Without the body: it says what matched, and belongs to its receiver.
        shown = [
            {
                "message_id": letter.message_id,
                "webhook_id": letter.target_id,
                "created_at": letter.created_at,
                "attempts": letter.attempts,
                "error": letter.last_error,
            }
            for letter in letters
        ]
        emit("dead_letters/1", {"messages": shown})
        return
    rows = [
        (one.message_id, one.target_id, f"{one.created_at:%Y-%m-%d %H:%M}", one.last_error)
        for one in letters
    ]
    table([("MESSAGE", "WEBHOOK", "PUT (UTC)", "ERROR"), *rows])


@app.command()
def retry(
    ctx: typer.Context,
    message: Annotated[int, typer.Argument(metavar="MESSAGE", help="The message's number.")],
) -> None:
    """Send a message again that could not be delivered; a serving node delivers it."""
    with open_subscribing(ctx.obj) as subscribing:
        subscribing.retry(LOCAL, message)
    typer.echo(f"Message {message} will be sent again.")
