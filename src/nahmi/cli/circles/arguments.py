# SPDX-License-Identifier: Apache-2.0
"""What the commands of `nahmi circle` share."""

from collections.abc import Callable
from typing import Annotated, Any, Final

import typer

from nahmi.access.identity import LOCAL
from nahmi.bootstrap.circles import Circles
from nahmi.cli.options import choice
from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, PartnerError
from nahmi.flows.circles.founding import Organisation
from nahmi.partner.circles.members import CircleRole, Sector
from nahmi.partner.fingerprints import hex_groups
from nahmi.partner.keys import PublicKey
from nahmi.partner.ports.circle import Circle
from nahmi.protect.signals.registry import signal_types

Command = Callable[..., Any]
"""A command of `nahmi circle`."""

CircleName = Annotated[
    str,
    typer.Argument(metavar="CIRCLE", help="Its name, its id, or the beginning of the id."),
]
OrganisationName = Annotated[
    str, typer.Option("--organisation", help="How others see your organisation.")
]
SectorName = Annotated[
    str, typer.Option("--sector", help=f"One of {', '.join(Sector)}.", metavar="SECTOR")
]
Country = Annotated[
    str, typer.Option("--country", help="Two letters, such as AE; XI for none.", metavar="COUNTRY")
]
Group = Annotated[
    str,
    typer.Option("--group", help="Names organisations that belong together; they count as one."),
]

_LEAST_BEGINNING: Final = 4


def find_circle(circles: Circles, text: str) -> Circle:
    """The circle of this organisation that a person means.

    Raises:
        PartnerError: CIRCLE_MISSING: there is none, or several.
    """
    found = [
        one
        for one in circles.circles.circles(member_id=LOCAL.member_id)
        if text in {one.circle_id, one.roster.roster.name}
        or (len(text) >= _LEAST_BEGINNING and one.circle_id.startswith(text))
    ]
    if len(found) != 1:
        raise PartnerError(
            ErrorCode.CIRCLE_MISSING,
            "Several circles begin so." if found else "There is no such circle here.",
            hint="`nahmi circle list` shows their names and ids.",
        )
    return found[0]


def organisation(name: str, sector: str, country: str, group: str) -> Organisation:
    """An organisation from options.

    Raises:
        InputError: INPUT_INVALID.
    """
    return Organisation(
        name=name,
        sector=choice(sector, Sector, "A sector"),
        country=country.upper(),
        group=group,
    )


def roles(texts: list[str]) -> list[CircleRole]:
    """Roles from options.

    Raises:
        InputError: INPUT_INVALID.
    """
    return [choice(text, CircleRole, "A role") for text in texts]


def fingerprint(key: PublicKey) -> str:
    """A key's fingerprint as people compare it."""
    return " ".join(hex_groups(key))


def canonical_signal(signal: Signal) -> Signal:
    """A signal in its one spelling.

    Raises:
        InputError: SIGNAL_INVALID or SIGNAL_TYPE_UNKNOWN.
    """
    kind = signal_types().get(signal.signal_type)
    return Signal(signal.signal_type, kind.validate(signal.value))
