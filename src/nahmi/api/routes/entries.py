# SPDX-License-Identifier: Apache-2.0
"""Entries: the signals of a bank."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final

import anyio.to_thread
import msgspec
from litestar import Request, Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter

from nahmi.access.roles import Permission
from nahmi.api.callers import Caller
from nahmi.api.contents import CONTENT, CONTENT_PROBLEMS, read_content
from nahmi.api.describing import Sample
from nahmi.api.fields import Id, IdField, Moment, Text
from nahmi.api.hot_match import SignalBody
from nahmi.api.operations import operation
from nahmi.api.paging import Cursor, Limit, Page, page, place
from nahmi.core.bank import Entry
from nahmi.core.signal import ORIGINAL
from nahmi.errors import ErrorCode
from nahmi.flows.curating import EntryFilter
from nahmi.flows.enrol import Enrolled, signal_drafts
from nahmi.protect.enrolment import Attribution, drafts, plan_for
from nahmi.protect.ports import EntryChanges

AnyRequest = Request[Any, Any, Any]
MOST_AT_ONCE: Final = 10_000
"""Entries that one request may add, delete or bring back."""

_Ids = Annotated[list[IdField], msgspec.Meta(min_length=1, max_length=MOST_AT_ONCE)]
_Signals = Annotated[list[SignalBody], msgspec.Meta(min_length=1, max_length=MOST_AT_ONCE)]
_TextFilter = Annotated[
    str | None,
    QueryParameter(
        name="text",
        max_length=200,
        pattern="^[^\\x00]*$",
        description="In source, provenance, note or content_ref, or the start of the signal.",
    ),
]
_TypeFilter = Annotated[
    str | None,
    QueryParameter(
        name="signal_type",
        max_length=64,
        pattern="^[a-z][a-z0-9_]*$",
        description="Of this type only.",
    ),
]
_Deleted = Annotated[bool, QueryParameter(name="deleted", description="Deleted ones too.")]
_Said = Annotated[
    str,
    QueryParameter(max_length=2000, pattern="^[^\\x00]*$", description="As of an entry."),
]


class EntryReply(msgspec.Struct, frozen=True, kw_only=True):
    """An entry: personal data, handle it as such.

    Attributes:
        entry_id: Its number, never reused.
        bank_id: The bank that it is in.
        signal_type: Such as `pdq`.
        value: The signal in canonical form.
        content_ref: Ties the entries of one item of content together.
        variant: Which variant of the content it was computed from.
        quality: 0..100 for types that grade themselves.
        canon: Version of the canonical form that it was computed on.
        source: Who contributed it.
        provenance: How it came here.
        note: Free text.
        expires_at: From then on it no longer matches; null for never.
        disabled_until: Until then it does not match; null when it is enabled.
        added_at: When it was added.
        deleted_at: When it was deleted; null when it is not.
    """

    entry_id: int
    bank_id: int
    signal_type: str
    value: str
    content_ref: str
    variant: str
    quality: int | None
    canon: str | None
    source: str
    provenance: str
    note: str
    expires_at: datetime | None
    disabled_until: datetime | None
    added_at: datetime
    deleted_at: datetime | None

    def __repr__(self) -> str:
        """Without the signal."""
        return f"EntryReply(entry_id={self.entry_id})"


class EntryPage(Page[EntryReply], frozen=True):
    """A part of the list of entries."""


class NewEntriesBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Signals that are to become entries of a bank; all of them or none.

    Attributes:
        signals: 1 to 10,000, in any spelling that their types accept.
        content_ref: Ties them together as signals of one item of content.
        source: Who contributed them.
        provenance: How they came here.
        note: Free text.
        expires_at: From then on they no longer match.
        disabled_until: Until then they do not match.
    """

    signals: _Signals
    content_ref: Text = ""
    source: Text = ""
    provenance: Text = ""
    note: Text = ""
    expires_at: Moment | None = None
    disabled_until: Moment | None = None


class EntryChangesBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change of an entry; what is left out stays, and null takes a time away.

    Attributes:
        source: Who contributed it.
        provenance: How it came here.
        note: Free text.
        expires_at: From then on it no longer matches.
        disabled_until: Until then it does not match.
    """

    source: Text | msgspec.UnsetType = msgspec.UNSET
    provenance: Text | msgspec.UnsetType = msgspec.UNSET
    note: Text | msgspec.UnsetType = msgspec.UNSET
    expires_at: Moment | msgspec.UnsetType | None = msgspec.UNSET
    disabled_until: Moment | msgspec.UnsetType | None = msgspec.UNSET


class AddedReply(msgspec.Struct, frozen=True):
    """What became of signals or of a file.

    Attributes:
        entry_ids: The new entries; they match from now on.
        known: How many of the signals the bank had already.
    """

    entry_ids: tuple[int, ...]
    known: int


class EntryIdsBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which entries, of whatever banks.

    Attributes:
        entry_ids: 1 to 10,000 numbers.
    """

    entry_ids: _Ids


class ChangedReply(msgspec.Struct, frozen=True):
    """How many entries were changed.

    Attributes:
        changed: Others were so already, or are none of your member's.
    """

    changed: int


def entry_reply(entry: Entry) -> EntryReply:
    """An entry as callers see it."""
    draft = entry.draft
    return EntryReply(
        entry_id=entry.entry_id,
        bank_id=entry.bank_id,
        signal_type=draft.signal.signal_type,
        value=draft.signal.value,
        content_ref=draft.content_ref,
        variant=draft.variant,
        quality=draft.quality,
        canon=draft.canon,
        source=draft.source,
        provenance=draft.provenance,
        note=draft.note,
        expires_at=draft.expires_at,
        disabled_until=draft.disabled_until,
        added_at=entry.added_at,
        deleted_at=entry.deleted_at,
    )


_ENTRY = EntryReply(
    entry_id=48_213,
    bank_id=3,
    signal_type="pdq",
    value="f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22",
    content_ref="",
    variant=ORIGINAL,
    quality=None,
    canon=None,
    source="Hotline X",
    provenance="",
    note="",
    expires_at=None,
    disabled_until=None,
    added_at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
    deleted_at=None,
)
_ADDED = AddedReply((48_213,), 0)
_IDS = EntryIdsBody([48_213, 48_214])
_CHANGED = ChangedReply(2)
_SIGNAL_PROBLEMS = (
    ErrorCode.BANK_MISSING,
    ErrorCode.SIGNAL_INVALID,
    ErrorCode.SIGNAL_TYPE_UNKNOWN,
)


@operation(
    get,
    "/banks/{bank_id:int}/entries",
    permission=Permission.PROTECT_ENTRY_READ,
    summary="List a bank's entries",
    sample=Sample(reply=EntryPage([_ENTRY], "NDgyMTM=")),
    problems=(ErrorCode.BANK_MISSING,),
)
def list_entries(  # noqa: PLR0913 - each is a filter of its own
    caller: NamedDependency[Caller],
    bank_id: Id,
    *,
    cursor: Cursor = None,
    limit: Limit = 100,
    signal_type: _TypeFilter = None,
    text: _TextFilter = None,
    deleted: _Deleted = False,
) -> EntryPage:
    """A bank's entries in the order in which they were added. The audit log notes who looked."""
    wanted = EntryFilter(signal_type=signal_type, text=text, include_deleted=deleted)
    found = caller.journeys.curating.entries(
        caller.principal, bank_id, wanted, after=place(cursor) or 0, limit=limit + 1
    )
    return page(EntryPage, found, limit, number=lambda entry: entry.entry_id, reply=entry_reply)


@operation(
    post,
    "/banks/{bank_id:int}/entries",
    permission=Permission.PROTECT_ENTRY_WRITE,
    summary="Add signals to a bank",
    sample=Sample(
        request=NewEntriesBody(signals=[SignalBody("pdq", _ENTRY.value)], source="Hotline X"),
        reply=_ADDED,
    ),
    problems=_SIGNAL_PROBLEMS,
    is_change=True,
)
def add_signals(
    caller: NamedDependency[Caller], bank_id: Id, data: JSONBody[NewEntriesBody]
) -> AddedReply:
    """Add signals to a bank, all of them or none. They match as soon as you have the answer."""
    said = Attribution(
        content_ref=data.content_ref,
        source=data.source,
        provenance=data.provenance,
        note=data.note,
        expires_at=data.expires_at,
        disabled_until=data.disabled_until,
    )
    prepared = signal_drafts(data.signals, said)
    return _added(caller.journeys.curating.add(caller.principal, bank_id, prepared))


@operation(
    post,
    "/banks/{bank_id:int}/contents",
    permission=Permission.PROTECT_ENTRY_WRITE,
    summary="Add a file to a bank",
    sample=Sample(
        request=CONTENT,
        reply=_ADDED,
    ),
    problems=(ErrorCode.BANK_MISSING, ErrorCode.FINGERPRINT_UNUSABLE, *CONTENT_PROBLEMS),
    is_change=True,
)
async def add_content(  # noqa: PLR0913 - each is a fact of its own
    request: AnyRequest,
    caller: NamedDependency[Caller],
    bank_id: Id,
    *,
    source: _Said = "",
    provenance: _Said = "",
    note: _Said = "",
) -> AddedReply:
    """Add the fingerprints of a file to a bank; the file itself is kept nowhere.

    Send it as the body, or as the one file of a multipart form. It is decoded in a sandboxed
    process. The bank's crops decide which variants are added beside the original.
    """
    service, curating = caller.service, caller.journeys.curating
    bank = await anyio.to_thread.run_sync(curating.live_bank, caller.principal, bank_id)
    content = await read_content(request, most_bytes=service.settings.limits.upload_bytes)
    found = await service.decoders.fingerprint(content, plan_for(bank))
    said = Attribution(source=source, provenance=provenance, note=note)
    prepared = drafts(found, bank, said)
    return _added(await anyio.to_thread.run_sync(curating.add, caller.principal, bank_id, prepared))


@operation(
    get,
    "/entries/{entry_id:int}",
    permission=Permission.PROTECT_ENTRY_READ,
    summary="Read an entry",
    sample=Sample(reply=_ENTRY),
    problems=(ErrorCode.ENTRY_MISSING,),
    is_tagged=True,
)
def read_entry(caller: NamedDependency[Caller], entry_id: Id) -> EntryReply:
    """One entry, deleted or not. The audit log notes who looked."""
    return entry_reply(caller.journeys.curating.entry(caller.principal, entry_id))


@operation(
    patch,
    "/entries/{entry_id:int}",
    permission=Permission.PROTECT_ENTRY_WRITE,
    summary="Change an entry",
    sample=Sample(
        request=EntryChangesBody(disabled_until=datetime(2026, 4, 1, tzinfo=UTC)), reply=_ENTRY
    ),
    problems=(ErrorCode.ENTRY_MISSING,),
    is_tagged=True,
    is_change=True,
)
def change_entry(
    caller: NamedDependency[Caller], entry_id: Id, data: JSONBody[EntryChangesBody]
) -> EntryReply:
    """Change what is said of an entry, or when it matches. Its signal never changes."""
    changes = EntryChanges(**msgspec.structs.asdict(data))
    return entry_reply(
        caller.journeys.curating.change_entry(
            caller.principal,
            entry_id,
            changes,
            check=lambda entry: caller.check_unchanged(entry_reply(entry)),
        )
    )


@operation(
    delete,
    "/entries/{entry_id:int}",
    permission=Permission.PROTECT_ENTRY_WRITE,
    summary="Delete an entry",
    sample=Sample(reply=ChangedReply(1)),
    problems=(ErrorCode.ENTRY_MISSING, ErrorCode.PRECONDITION_FAILED),
    status=200,
    is_change=True,
)
def delete_entry(caller: NamedDependency[Caller], entry_id: Id) -> ChangedReply:
    """Delete an entry: it stops matching at once. It can be brought back."""
    return ChangedReply(
        caller.journeys.curating.delete_entry(
            caller.principal,
            entry_id,
            check=lambda entry: caller.check_unchanged(entry_reply(entry)),
        )
    )


@operation(
    post,
    "/entries/delete",
    permission=Permission.PROTECT_ENTRY_WRITE,
    summary="Delete many entries",
    sample=Sample(request=_IDS, reply=_CHANGED),
    status=200,
    is_change=True,
)
def delete_entries(caller: NamedDependency[Caller], data: JSONBody[EntryIdsBody]) -> ChangedReply:
    """Delete entries: they stop matching at once. They can be brought back."""
    return ChangedReply(caller.journeys.curating.delete_entries(caller.principal, data.entry_ids))


@operation(
    post,
    "/entries/restore",
    permission=Permission.PROTECT_ENTRY_WRITE,
    summary="Bring many entries back",
    sample=Sample(request=_IDS, reply=_CHANGED),
    status=200,
    is_change=True,
)
def restore_entries(caller: NamedDependency[Caller], data: JSONBody[EntryIdsBody]) -> ChangedReply:
    """Undo deletions of entries: they match again at once."""
    return ChangedReply(caller.journeys.curating.restore_entries(caller.principal, data.entry_ids))


def _added(enrolled: Enrolled) -> AddedReply:
    return AddedReply(enrolled.entry_ids, enrolled.known)


routes = Router(
    "/",
    route_handlers=[
        list_entries,
        add_signals,
        add_content,
        read_entry,
        change_entry,
        delete_entry,
        delete_entries,
        restore_entries,
    ],
    tags=["entries"],
)
