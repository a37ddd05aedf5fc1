# SPDX-License-Identifier: Apache-2.0
"""`nahmi person`."""

import secrets
from typing import Annotated

import typer

from nahmi.access.audit import AuditEvent
from nahmi.access.roles import Role
from nahmi.access.sessions import TOKEN_BYTES, make_token
from nahmi.bootstrap import Access, node_settings, open_access
from nahmi.cli.options import choice, now, table
from nahmi.core.member import OWN_MEMBER
from nahmi.web.paths import to

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Let people sign in.",
    epilog="\b\nExample:\n  nahmi person add laila@example.org Laila --role admin",
)
PersonId = Annotated[int, typer.Argument(metavar="PERSON", help="The person's number.")]


@app.command()
def add(
    ctx: typer.Context,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The address to sign in with.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="As others see it.")],
    *,
    role: Annotated[str, typer.Option(help="One of: " + ", ".join(Role) + ".")] = "viewer",
) -> None:
    """Add a person."""
    with open_access(ctx.obj) as access:
        made = access.people.add_person(
            member_id=OWN_MEMBER,
            email=email,
            name=name,
            role=choice(role, Role, "The role"),
            language="en",
            now=now(),
        )
        _note(access, "person:create", made.person_id)
    typer.echo(f"Person {made.person_id}. Next: nahmi person login-link {made.person_id}")


@app.command("list")
def list_(ctx: typer.Context) -> None:
    """List the people."""
    with open_access(ctx.obj) as access:
        people = access.people.people(OWN_MEMBER)
    rows = [(p.person_id, p.name, p.role, "on" if p.is_enabled else "off") for p in people]
    table([("PERSON", "NAME", "ROLE", "STATE"), *rows])


@app.command("login-link")
def login_link(ctx: typer.Context, person: PersonId) -> None:
    """Print an address that signs a person in once, within 15 minutes."""
    address = node_settings(ctx.obj).serve.address
    token = make_token(secrets.token_bytes(TOKEN_BYTES))
    with open_access(ctx.obj) as access:
        access.sessions.add_link(token, person, now=now())
        _note(access, "person:link", person)
    typer.echo(address + to("enter", token))


@app.command()
def disable(ctx: typer.Context, person: PersonId) -> None:
    """Let a person in no more and end their sessions."""
    with open_access(ctx.obj) as access:
        access.people.disable_person(person, member_id=OWN_MEMBER)
        _note(access, "person:disable", person)
    typer.echo(f"Person {person} is let in no more.")


def _note(access: Access, event: str, person_id: int) -> None:
    event_ = AuditEvent(
        at=now(), member_id=OWN_MEMBER, actor="local", event=event, object=f"person:{person_id}"
    )
    access.audit.append(event_)
