# SPDX-License-Identifier: Apache-2.0
"""The kinds of statements in a circle's log.

A statement is canonical JSON (RFC 8785). Its `id` names what it is about and its `rev` rises each
time that its organisation says something else about it, so a statement that arrives twice is the
same one. Its `salt` makes the digest of its bytes tell nothing about what it says.
"""

from enum import StrEnum
from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta

from nahmi.core.bank import Category
from nahmi.core.signal import Signal
from nahmi.partner.circles.roster import SignedRoster

SALT_BYTES: Final = 16
"""Random bytes in each statement; base64url without padding in its text."""

MOST_BYTES: Final = 65_536
"""Longest statement, rosters excepted."""

MOST_ROSTER_BYTES: Final = 16 << 20
"""Longest roster: thousands of members with their keys."""


_LARGEST: Final = 2**53 - 1
MOST_SIGNAL: Final = 8_192
"""Longest value of a signal, in characters."""
_MOST_WORDS: Final = 500

Revision: TypeAlias = Annotated[int, Meta(ge=1, le=_LARGEST)]
Count: TypeAlias = Annotated[int, Meta(ge=0, le=_LARGEST)]
Percent: TypeAlias = Annotated[int, Meta(ge=0, le=100)]
Agreement: TypeAlias = Annotated[int, Meta(ge=-100, le=100)]
Words: TypeAlias = Annotated[str, Meta(max_length=_MOST_WORDS)]


class RetractReason(StrEnum):
    """Why an assertion is taken back."""

    ERROR = "error"
    WITHDRAWN_BY_SUBJECT = "withdrawn_by_subject"
    COURT = "court"
    EXPIRED = "expired"
    DUPLICATE = "duplicate"
    POLICY = "policy"


class ReviewMethod(StrEnum):
    """Who looked before something was asserted."""

    HUMAN = "human"
    AUTOMATIC = "automatic"
    NONE = "none"


class Basis(StrEnum):
    """What an opinion rests on."""

    HUMAN_REVIEW = "human_review"
    AUTOMATIC = "automatic"
    APPEAL = "appeal"


class Ground(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Under which law something is asserted.

    Attributes:
        jurisdiction: Country, ISO 3166-1 alpha-2, or `XI`.
        law: The law or decision in a few words; empty when not said.
        grade: How that jurisdiction grades it, such as `A`; empty when not said.
    """

    jurisdiction: Words
    law: Words = ""
    grade: Words = ""


class Statement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind"):
    """What every statement has.

    Attributes:
        circle: In which circle it is said; it cannot be moved to another, for it is signed.
        org: Who says it.
        key: With which key it is signed.
        id: What it is about, see `nahmi.partner.naming`.
        rev: From 1, rising by one for the same id.
        at: When it was said, such as `2026-11-27T17:00:00Z`.
        salt: 16 random bytes, base64url.
    """

    circle: str
    org: str
    key: str
    id: str
    rev: Revision
    at: str
    salt: str

    def __repr__(self) -> str:
        # Statements hold fingerprints, which stay out of logs and tracebacks.
        return f"{type(self).__name__}(id={self.id!r}, rev={self.rev})"


class Assertion(Statement, frozen=True, kw_only=True, omit_defaults=True):
    """A signal stands for content of a category, says a member.

    Attributes:
        signal: The signal in canonical form.
        category: Of which category its content is.
        review: Who looked.
        reviewers: How many people looked, 0 or more.
        quality: Of the fingerprint, 0..100, for types that have one.
        media: What the content is, such as `image` or `video`; empty when not said.
        grounds: Under which laws.
        expires: From then on it does not count, as `at`; empty for what the circle's rules say.
    """

    signal: Signal
    category: Category
    review: ReviewMethod
    reviewers: Count = 0
    quality: Percent | None = None
    media: Words = ""
    grounds: tuple[Ground, ...] = ()
    expires: str = ""


class Assert(Assertion, frozen=True, kw_only=True, omit_defaults=True, tag="assert"):
    """A member says it for the first time, or again after taking it back."""


class Revise(Assertion, frozen=True, kw_only=True, omit_defaults=True, tag="revise"):
    """A member says something else of a signal than before."""


class Retract(Statement, frozen=True, kw_only=True, omit_defaults=True, tag="retract"):
    """A member takes an assertion back; `id` is the assertion's.

    Attributes:
        reason: Why.
    """

    reason: RetractReason


class Opinion(Statement, frozen=True, kw_only=True, omit_defaults=True, tag="opinion"):
    """A member agrees or disagrees with what another asserts.

    Attributes:
        assertion: The id of the assertion.
        value: -100 for full disagreement to 100 for full agreement.
        basis: What it rests on.
        reason: In a few words without any personal data; empty when not said.
    """

    assertion: str
    value: Agreement
    basis: Basis
    reason: Words = ""


class Sighting(Statement, frozen=True, kw_only=True, omit_defaults=True, tag="sighting"):
    """A member saw what an assertion is about.

    Attributes:
        assertion: The id of the assertion.
        day: On which day, UTC, such as `2026-11-27`.
        count: How often on that day; a later revision replaces it.
    """

    assertion: str
    day: str
    count: Count


class RosterChange(Statement, frozen=True, kw_only=True, omit_defaults=True, tag="roster"):
    """The stewards change the circle; `id` is the circle's and `rev` the roster's version.

    Attributes:
        signed: The roster with the stewards' signatures.
    """

    signed: SignedRoster


class Redact(Statement, frozen=True, kw_only=True, omit_defaults=True, tag="redact"):
    """All that was said under an id is destroyed, and nothing is said under it again.

    Attributes:
        target: The id.
        seqs: Where in the log the statements of that id stand, ascending; their hashes stay.
        reason: Why.
    """

    target: str
    seqs: tuple[Count, ...]
    reason: RetractReason


AnyStatement: TypeAlias = Assert | Revise | Retract | Opinion | Sighting | RosterChange | Redact
"""One of all kinds."""


def kind_of(statement: Statement) -> str:
    """The kind as its text says it, such as `assert`."""
    return str(statement.__struct_config__.tag)
