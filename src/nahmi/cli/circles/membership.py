# SPDX-License-Identifier: Apache-2.0
"""Circles are founded and joined; members come, change and go."""

from pathlib import Path
from typing import Annotated, Final

import typer

from nahmi.access.identity import LOCAL
from nahmi.bootstrap.circles import Circles
from nahmi.bootstrap.open_circles import open_circles
from nahmi.cli.circles.arguments import (
    CircleName,
    Command,
    Country,
    Group,
    OrganisationName,
    SectorName,
    find_circle,
    fingerprint,
    organisation,
    roles,
)
from nahmi.cli.circles.carried_files import CarriedHome
from nahmi.cli.options import Json, choice, emit, table
from nahmi.core.bank import Category
from nahmi.errors import ErrorCode, InputError
from nahmi.flows.circles.founding import NewCircle
from nahmi.flows.circles.stewarding import adds_key, distrusts, gives_roles, leaves, names_witness
from nahmi.partner.base64_texts import write_base64
from nahmi.partner.circles.members import MemberKey, Sector
from nahmi.partner.circles.roster import WitnessKey, read_key
from nahmi.partner.circles.rules import Marking, Onward, Quorum, Rules
from nahmi.partner.note_keys import read_note_key, write_note_key

MemberName = Annotated[
    str, typer.Argument(metavar="MEMBER", help="The member's name or id in the circle.")
]


def found(  # noqa: PLR0913 - each is an option of its own
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What people call the circle.")],
    *,
    org: OrganisationName,
    sector: SectorName,
    country: Country,
    group: Group = "",
    description: Annotated[str, typer.Option(help="What the circle is for.")] = "",
    signal_type: Annotated[
        list[str] | None, typer.Option(help="What may be shared. Repeatable; pdq and digests.")
    ] = None,
    category: Annotated[
        list[str] | None,
        typer.Option(help="As what. Repeatable; by default all but self_reported."),
    ] = None,
    quorum: Annotated[int, typer.Option(min=1, help="Organisations that must agree.")] = 2,
    jurisdictions: Annotated[int, typer.Option(min=1, help="Countries they come from.")] = 2,
    exclude_sector: Annotated[
        list[str] | None, typer.Option(help="Who may not contribute. Repeatable.")
    ] = None,
    marking: Annotated[
        str, typer.Option(help="TLP 2.0: clear, green, amber, amber+strict, red.")
    ] = (Marking.AMBER_STRICT.value),
    relay: Annotated[bool, typer.Option(help="Members may pass on the log to members.")] = True,
    daily_quota: Annotated[int, typer.Option(min=1, help="Assertions of one key a day.")] = 100_000,
    as_json: Json = False,
) -> None:
    """Found a circle. Its log is kept on this node, and you are its first steward."""
    rules = Rules(
        signal_types=tuple(sorted(signal_type or ("md5", "pdq", "sha1", "sha256"))),
        categories=tuple(sorted(_categories(category))),
        quorum=Quorum(organisations=quorum, jurisdictions=jurisdictions),
        marking=choice(marking, Marking, "A marking"),
        onward=Onward.MEMBERS if relay else Onward.NOBODY,
        excluded_sectors=tuple(
            sorted(choice(one, Sector, "A sector") for one in exclude_sector or ())
        ),
        daily_quota=daily_quota,
    )
    founder = organisation(org, sector, country, group)
    with open_circles(ctx.obj) as (_, circles):
        new = NewCircle(
            name=name,
            description=description,
            url=circles.url,
            organisation=founder,
            rules=rules,
        )
        made = circles.founding.found(LOCAL, new)
    if as_json:
        emit("circle/1", {"circle": made.circle_id, "name": name})
        return
    typer.echo(f"Founded {name}: {made.circle_id}")
    typer.echo("Invite others with `nahmi circle invite`.")


def invite(  # noqa: PLR0913 - each is an option of its own
    ctx: typer.Context,
    circle: CircleName,
    *,
    role: Annotated[
        list[str] | None,
        typer.Option(help="What they may do: contribute, opine, read, steward, witness."),
    ] = None,
    note: Annotated[str, typer.Option(help="For whom it is, for your own list.")] = "",
    days: Annotated[int, typer.Option(min=1, max=365, help="Days for which it holds.")] = 14,
    as_json: Json = False,
) -> None:
    """Make an invitation and show it, this once. Send it to one organisation."""
    with open_circles(ctx.obj) as (_, circles):
        found_ = find_circle(circles, circle)
        made = circles.stewarding.invite(
            LOCAL,
            found_.circle_id,
            roles=roles(role or ["contribute", "opine", "read"]),
            note=note,
            days=days,
        )
    if as_json:
        emit("invitation/1", {"invitation": made.write(), "expires": made.expires})
        return
    typer.echo(made.write())
    typer.echo(f"It holds until {made.expires} and can be used once.", err=True)


def join(  # noqa: PLR0913 - each is an option of its own
    ctx: typer.Context,
    invitation: Annotated[
        str, typer.Argument(metavar="INVITATION", help="The text, or a file that holds it.")
    ],
    *,
    org: OrganisationName,
    sector: SectorName,
    country: Country,
    group: Group = "",
    upstream: Annotated[
        str, typer.Option(help="Read the log from this member's node instead of the home.")
    ] = "",
    genesis: Annotated[
        Path | None,
        typer.Option(help="Without a network: what `circle genesis` wrote at the home."),
    ] = None,
    application: Annotated[
        Path | None,
        typer.Option(help="Without a network: write the application here, for the home."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Answer an invitation. A steward compares your key's fingerprint and admits you."""
    joining = organisation(org, sector, country, group)
    by_hand = _by_hand(genesis, application)
    with open_circles(ctx.obj) as (_, circles):
        applied = circles.joining.join(
            LOCAL, _text(invitation), joining, upstream=upstream, by_hand=by_hand
        )
    key = fingerprint(applied.key)
    if as_json:
        emit("joining/1", {"circle": applied.circle.circle_id, "fingerprint": key})
        return
    typer.echo(f"Applied to join {applied.circle.roster.roster.name}.")
    typer.echo("Read this fingerprint to the steward, by telephone or in person:")
    typer.echo(f"  {key}")


def invitations(ctx: typer.Context, circle: CircleName, *, as_json: Json = False) -> None:
    """List invitations, and who has applied, with the fingerprints to compare."""
    with open_circles(ctx.obj) as (_, circles):
        found_ = find_circle(circles, circle)
        listed = circles.stewarding.invitations(LOCAL, found_.circle_id)
    rows = [
        (
            one.number,
            one.state,
            one.note,
            one.application.name if one.application else "",
            fingerprint(read_key(one.application.public)) if one.application else "",
        )
        for one in listed
    ]
    if as_json:
        names = ("number", "state", "note", "applicant", "fingerprint")
        emit("invitations/1", {"invitations": [dict(zip(names, row, strict=True)) for row in rows]})
        return
    table([("NO", "STATE", "NOTE", "APPLICANT", "FINGERPRINT"), *rows])


def admit(
    ctx: typer.Context,
    circle: CircleName,
    number: Annotated[int, typer.Argument(metavar="NO", help="The invitation's number.")],
) -> None:
    """Let whoever applied join. Compare the fingerprint with them first."""
    with open_circles(ctx.obj) as (_, circles):
        circles.stewarding.admit(LOCAL, find_circle(circles, circle).circle_id, number)
    typer.echo("Admitted.")


def refuse(
    ctx: typer.Context,
    circle: CircleName,
    number: Annotated[int, typer.Argument(metavar="NO", help="The invitation's number.")],
) -> None:
    """Do not let whoever applied join, or take an invitation back."""
    with open_circles(ctx.obj) as (_, circles):
        circles.stewarding.refuse(LOCAL, find_circle(circles, circle).circle_id, number)
    typer.echo("Refused.")


def roles_(
    ctx: typer.Context,
    circle: CircleName,
    member: MemberName,
    role: Annotated[list[str], typer.Argument(metavar="ROLE...", help="All that it may do.")],
) -> None:
    """Say what a member may do."""
    given = roles(role)
    with open_circles(ctx.obj) as (_, circles):
        found_ = find_circle(circles, circle)
        org = _member(circles, found_.circle_id, member)
        circles.stewarding.change(
            LOCAL, found_.circle_id, lambda roster: gives_roles(roster, org, given)
        )
    typer.echo("Changed.")


def remove(
    ctx: typer.Context,
    circle: CircleName,
    member: MemberName,
    *,
    expel: Annotated[
        bool, typer.Option("--expel", help="Let nothing count that it ever said.")
    ] = False,
) -> None:
    """Let a member take part no longer. What it said goes on counting, unless you expel it."""
    with open_circles(ctx.obj) as (_, circles):
        found_ = find_circle(circles, circle)
        org = _member(circles, found_.circle_id, member)
        circles.stewarding.change(
            LOCAL, found_.circle_id, lambda roster: leaves(roster, org, is_expelled=expel)
        )
        circles.keeping_up.rejudge(found_.circle_id)
    typer.echo("Removed.")


def undo(
    ctx: typer.Context,
    circle: CircleName,
    kid: Annotated[str, typer.Argument(metavar="KEY", help="The key's name, 32 digits.")],
    *,
    since: Annotated[
        int, typer.Option(min=0, help="From this place in the log on; `circle log` shows them.")
    ] = 0,
) -> None:
    """Let nothing count that a key said since some place in the log, and refuse it from now on."""
    with open_circles(ctx.obj) as (_, circles):
        found_ = find_circle(circles, circle)
        circles.stewarding.change(
            LOCAL, found_.circle_id, lambda roster: distrusts(roster, kid, from_seq=since)
        )
        count = circles.keeping_up.rejudge(found_.circle_id)
    typer.echo(f"Undone. {count} signals were judged anew.")


def witness(  # noqa: PLR0913 - each is a fact of its own
    ctx: typer.Context,
    circle: CircleName,
    key: Annotated[
        str, typer.Argument(metavar="[KEY]", help="Of a witness, as its node shows it.")
    ] = "",
    *,
    url: Annotated[str, typer.Option(help="How the witness's node is reached.")] = "",
    threshold: Annotated[
        int, typer.Option(min=0, help="Witnesses that must confirm each checkpoint.")
    ] = 1,
    as_json: Json = False,
) -> None:
    """Show the key with which this node confirms a log, or name a witness of a circle."""
    with open_circles(ctx.obj) as (_, circles):
        found_ = find_circle(circles, circle)
        if key:
            named = read_note_key(key)
            one = WitnessKey(name=named.name, public=write_base64(named.key.raw), url=url)
            circles.stewarding.change(
                LOCAL,
                found_.circle_id,
                lambda before: names_witness(before, one, threshold=threshold),
            )
        own = write_note_key(circles.witnessing.key(found_))
    if as_json:
        emit("witness/1", {"key": key or own})
    else:
        typer.echo("Named." if key else own)


def rotate(ctx: typer.Context, circle: CircleName) -> None:
    """Speak with a new key from now on. A steward does this; others ask one to add their key."""
    with open_circles(ctx.obj) as (_, circles):
        found_ = find_circle(circles, circle)
        roster = found_.roster.roster
        version = circles.keys.next_version(roster, found_.own_org, found_.member_id)
        key = circles.keys.speaking(found_.member_id, version).public
        new = MemberKey(kid=key.kid, public=write_base64(key.raw))
        circles.stewarding.change(
            LOCAL, found_.circle_id, lambda before: adds_key(before, found_.own_org, new)
        )
    typer.echo(f"The circle knows the new key {key.kid}.")


def _categories(texts: list[str] | None) -> list[Category]:
    if texts:
        return [choice(text, Category, "A category") for text in texts]
    return [one for one in Category if one not in {Category.MUST_NOT_MATCH, Category.SELF_REPORTED}]


def _member(circles: Circles, circle_id: str, text: str) -> str:
    roster = circles.circles.circle(circle_id).roster.roster
    named = [one.org for one in roster.members if text in {one.org, one.name}]
    return named[0] if len(named) == 1 else text


def _by_hand(genesis: Path | None, application: Path | None) -> CarriedHome | None:
    if genesis is None and application is None:
        return None
    if genesis is None or application is None:
        raise InputError(
            ErrorCode.INPUT_INVALID, "Without a network, give both --genesis and --application."
        )
    return CarriedHome(genesis, application)


def _text(invitation: str) -> str:
    """An invitation's text, from a file where one of that name is there."""
    try:
        return Path(invitation).read_text(encoding="utf-8")
    except OSError:
        return invitation


COMMANDS: Final[dict[str, Command]] = {
    "found": found,
    "invite": invite,
    "join": join,
    "invitations": invitations,
    "admit": admit,
    "refuse": refuse,
    "roles": roles_,
    "remove": remove,
    "undo": undo,
    "rotate": rotate,
    "witness": witness,
}
"""The commands by name."""
