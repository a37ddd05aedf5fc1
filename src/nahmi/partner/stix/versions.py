# SPDX-License-Identifier: Apache-2.0
"""Which version of which STIX object a statement is.

1. What is said first under an id makes an object of that id; what follows makes new versions of it.
2. A version is later than the one before by a millisecond at least, whatever the clocks of those
   who speak show, so a retraction is never older than what it takes back. It depends on what was
   signed alone: every node that holds the log tells the same.
3. STIX lets nothing come back that was revoked. What is asserted again after it was taken back is
   therefore an object of another id.
4. Whoever was shown an object in a category is shown all its later versions there, even if they
   are of another.
"""

from typing import Final

import msgspec

from nahmi.core.bank import Category
from nahmi.partner.naming import name_of, short_of
from nahmi.partner.statements.kinds import (
    AnyStatement,
    Assert,
    Assertion,
    Opinion,
    Redact,
    Retract,
    Sighting,
)
from nahmi.partner.statements.text import moment
from nahmi.partner.stix.moments import MILLISECOND_US, us_of

INDICATOR: Final = "indicator"
OPINION: Final = "opinion"
SIGHTING: Final = "sighting"

OBJECT_TYPES: Final = (INDICATOR, OPINION, SIGHTING)
"""Types of the objects that statements are."""


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A version of an object.

    Attributes:
        seq: Where its statement stands.
        before: Where the statement of the version before it stands; None for the first.
        about: 16 bytes of the id of the assertion, opinion or sighting.
        name: 16 bytes of the object's id.
        first: Where the statement of the object's first version stands.
        source: Where the assertion stands that says what the object is about.
        created_us: When the object was made, microseconds since 1970.
        modified_us: When this version was.
        categories: In which it is shown.
    """

    seq: int
    before: int | None = None
    about: bytes
    name: bytes
    first: int
    source: int
    created_us: int
    modified_us: int
    categories: frozenset[Category]


def type_of_kind(kind: str) -> str | None:
    """The type of the objects that statements of a kind are; None for those that are none."""
    if kind in {OPINION, SIGHTING}:
        return kind
    return INDICATOR if kind in {"assert", "revise", "retract", "redact"} else None


def version_of(
    said: AnyStatement,
    seq: int,
    before: Version | None,
    *,
    categories: frozenset[Category] = frozenset(),
) -> Version | None:
    """The version that a statement makes.

    Args:
        said: The statement.
        seq: Where it stands.
        before: The version that the statement before it of the same id, or the last of what it
            redacts, makes; None when there is none or it is unknown.
        categories: Those of what an opinion or sighting is about.

    Returns:
        None where the statement makes no object.
    """
    match said:
        case Assert() if before is not None:
            return _again(said, seq)
        case Assertion():
            return _next(said, seq, before, frozenset({said.category}), source=seq)
        case Retract() | Redact():
            source = seq if before is None else before.source
            return _next(said, seq, before, frozenset(), source=source)
        case Opinion() | Sighting():
            return _next(said, seq, before, categories, source=seq)
        case _:
            return None


def _next(
    said: AnyStatement,
    seq: int,
    before: Version | None,
    categories: frozenset[Category],
    *,
    source: int,
) -> Version:
    at = us_of(moment(said.at))
    if before is None:
        about = short_of(said.target if isinstance(said, Redact) else said.id)
        return Version(
            seq=seq,
            about=about,
            name=about,
            first=seq,
            source=source,
            created_us=at,
            modified_us=at,
            categories=categories,
        )
    return msgspec.structs.replace(
        before,
        seq=seq,
        before=before.seq,
        source=source,
        modified_us=max(before.modified_us + MILLISECOND_US, at),
        categories=before.categories | categories,
    )


def _again(said: Assert, seq: int) -> Version:
    at = us_of(moment(said.at))
    return Version(
        seq=seq,
        about=short_of(said.id),
        name=short_of(name_of(INDICATOR, said.id, str(said.rev))),
        first=seq,
        source=seq,
        created_us=at,
        modified_us=at,
        categories=frozenset({said.category}),
    )
