# SPDX-License-Identifier: Apache-2.0
"""What is kept of an attribute or object of MISP."""

from collections.abc import Iterable, Mapping

import msgspec

from nahmi.core.opinion import Opinion, Stance
from nahmi.core.signal import Signal
from nahmi.operate.exchanges import Assertion, Fetched
from nahmi.partner.misp.reading import Held
from nahmi.wire.exchanges.plain_json import is_sendable, word, write


class Kept(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is kept of an attribute or object.

    Attributes:
        uuid: Its.
        changed_s: When it was changed last, seconds since 1970.
        kind: Of its signal; empty where nothing is left of it.
        value: Of its signal, as it came.
        org: Who made it.
        labels: Words that are put on it.
        is_gone: It was taken back.
    """

    uuid: str
    changed_s: int
    kind: str = ""
    value: str = ""
    org: str = ""
    labels: tuple[str, ...] = ()
    is_gone: bool = False

    @property
    def key(self) -> str:
        """What it is known by: an attribute may hold several signals, each of its own type."""
        return write([self.uuid, self.kind])

    def __repr__(self) -> str:
        return f"Kept(uuid={self.uuid!r}, is_gone={self.is_gone})"


def kept_of(held: Iterable[Held]) -> list[Kept]:
    """What is to be kept of attributes as they came."""
    return [
        Kept(
            uuid=one.uuid,
            changed_s=one.changed_s,
            kind="" if one.signal is None else one.signal.signal_type,
            value="" if one.signal is None else one.signal.value,
            org=word(one.org),
            labels=() if one.category is None else (one.category.value,),
            is_gone=one.is_deleted,
        )
        for one in held
        if one.signal is None or is_sendable(one.signal.value)
    ]


def kept_from(_: str, body: str) -> Kept | None:
    """What was kept, from its body; None where something else was kept."""
    try:
        return msgspec.json.decode(body, type=Kept)
    except msgspec.MsgspecError:
        return None


def fetched(kept: Kept, known: frozenset[str]) -> Fetched:
    """The record of what is kept.

    Args:
        kept: What is kept.
        known: The signal types that the node has.
    """
    body = write(msgspec.to_builtins(kept))
    if kept.is_gone:
        return Fetched(key=kept.key, body=body, is_withdrawn=True)
    if kept.kind not in known:
        return Fetched(key=kept.key, body=body, unknown_type=kept.kind)
    opinion = Opinion(stance=Stance.AGREES, owner=kept.org, tags=kept.labels)
    signal = Signal(kept.kind, kept.value)
    return Fetched(key=kept.key, body=body, assertions=(Assertion(signal, (opinion,)),))


def odd(unknown: Mapping[str, int], name: str) -> list[Fetched]:
    """That attributes were met that say nothing that is known.

    Args:
        unknown: How many, by type.
        name: Where.
    """
    return [
        Fetched(
            key=write({"unknown": [name, kind]}), body=write(count), also_unknown=(kind,) * count
        )
        for kind, count in sorted(unknown.items())
    ]
