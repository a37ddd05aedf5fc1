# SPDX-License-Identifier: Apache-2.0
"""`nahmi person`."""

from typing import Annotated

import typer

from nahmi.access.identity import LOCAL
from nahmi.access.roles import Role
from nahmi.bootstrap import node_settings
from nahmi.bootstrap.granting import open_granting
from nahmi.cli.options import choice, table
from nahmi.flows.granting.people import NewPerson
from nahmi.web.paths import to

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Let people sign in.",
    epilog="\b\nExample:\n  nahmi person add laila@example.org Laila --role admin",
)
PersonId = Annotated[int, typer.Argument(metavar="PERSON", help="The person's number.")]
_ROLES = "One of: " + ", ".join(Role) + "."


@app.command()
def add(
    ctx: typer.Context,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The address to sign in with.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="As others see it.")],
    *,
    role: Annotated[str, typer.Option(help=_ROLES)] = "viewer",
) -> None:
    """Add a person."""
    new = NewPerson(email=email, name=name, role=choice(role, Role, "The role"))
    with open_granting(ctx.obj) as node:
        made = node.people.invite(LOCAL, new).person
    typer.echo(f"Person {made.person_id}. Next: nahmi person login-link {made.person_id}")


@app.command("list")
def list_(ctx: typer.Context) -> None:
    """List the people."""
    with open_granting(ctx.obj) as node:
        people = node.people.people(LOCAL)
    rows = [(p.person_id, p.name, p.role, "on" if p.is_enabled else "off") for p in people]
    table([("PERSON", "NAME", "ROLE", "STATE"), *rows])


@app.command("login-link")
def login_link(ctx: typer.Context, person: PersonId) -> None:
    """Print an address that signs a person in once, within 15 minutes."""
    address = node_settings(ctx.obj).serve.address
    with open_granting(ctx.obj) as node:
        token = node.people.new_link(LOCAL, person).token
    typer.echo(address + to("enter", token))


@app.command("role")
def role_(
    ctx: typer.Context,
    person: PersonId,
    role: Annotated[str, typer.Argument(metavar="ROLE", help=_ROLES)],
) -> None:
    """Give a person another role, from their next request on."""
    wanted = choice(role, Role, "The role")
    with open_granting(ctx.obj) as node:
        node.people.change_person(LOCAL, person, role=wanted)
    typer.echo(f"Person {person} is {wanted} from now on.")


@app.command()
def disable(ctx: typer.Context, person: PersonId) -> None:
    """Let a person in no more and end their sessions.

    The last administrator stays: let another one in first.
    """
    with open_granting(ctx.obj) as node:
        node.people.change_person(LOCAL, person, is_enabled=False)
    typer.echo(f"Person {person} is let in no more.")


@app.command()
def enable(ctx: typer.Context, person: PersonId) -> None:
    """Let a person in again; they sign in anew."""
    with open_granting(ctx.obj) as node:
        node.people.change_person(LOCAL, person, is_enabled=True)
    typer.echo(f"Person {person} is let in again.")
