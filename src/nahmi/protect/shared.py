# SPDX-License-Identifier: Apache-2.0
"""What an entry says of a signal that came from an exchange."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from nahmi.core.bank import EntryDraft
from nahmi.core.opinion import Opinion, Standing, standing_of
from nahmi.core.signal import Signal
from nahmi.protect.ports import EntryChanges

NEVER_AGAIN: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""Until when an entry is disabled that nobody is expected to enable again."""

PROVENANCE: Final = "exchange:"
"""What the provenance of such an entry begins with; the exchange's name follows."""

_MOST = 20
_LONGEST_WORD = 200


class Said(msgspec.Struct, frozen=True):
    """What an exchange makes an entry say.

    Attributes:
        source: Whose opinions there are; the exchange itself where they have no owner.
        note: Where opinions leave the signal, and which tags it has.
        is_disabled: Whether the entry does not match.
    """

    source: str
    note: str
    is_disabled: bool

    def write(self) -> str:
        """As text, to be compared with a later one."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def read(cls, text: str) -> "Said":
        """From what `write` made."""
        return msgspec.json.decode(text, type=cls)


def said_of(name: str, opinions: Sequence[Opinion], *, disables_contested: bool) -> Said:
    """What an exchange makes an entry say.

    Args:
        name: The exchange's.
        opinions: Of its signal, at least one.
        disables_contested: Whether a signal on which opinions differ does not match.
    """
    standing = standing_of(opinions)
    tags = _some(tag for opinion in opinions for tag in opinion.tags)
    owners = _some(opinion.owner for opinion in opinions)
    return Said(
        source=owners or name,
        note=f"{standing}; tags: {tags}" if tags else standing.value,
        is_disabled=standing is Standing.REJECTED
        or (standing is Standing.CONTESTED and disables_contested),
    )


def draft_of(name: str, signal: Signal, said: Said) -> EntryDraft:
    """The entry of a signal that an exchange asserts."""
    return EntryDraft(
        signal=signal,
        source=said.source,
        provenance=f"{PROVENANCE}{name}",
        note=said.note,
        disabled_until=NEVER_AGAIN if said.is_disabled else None,
    )


def changes_of(before: Said, after: Said) -> EntryChanges:
    """What to change of an entry of which an exchange says something else now.

    Whether it matches is left as it is, perhaps as a curator wants it, unless that is what the
    exchange changes its mind about.
    """
    if before.is_disabled == after.is_disabled:
        return EntryChanges(source=after.source, note=after.note)
    return EntryChanges(
        source=after.source,
        note=after.note,
        disabled_until=NEVER_AGAIN if after.is_disabled else None,
    )


def _some(words: Iterable[str]) -> str:
    """Each word once, sorted; how many more there are than can be shown."""
    every = sorted(set(map(_tidy, words)) - {""})
    more = [f"and {len(every) - _MOST} more"] if len(every) > _MOST else []
    return ", ".join([*every[:_MOST], *more])


def _tidy(word: str) -> str:
    """A name or tag on one line; it comes from anybody."""
    text = "".join(char if char.isprintable() else " " for char in word[:_LONGEST_WORD])
    return " ".join(text.split())
