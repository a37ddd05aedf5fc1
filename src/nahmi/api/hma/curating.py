# SPDX-License-Identifier: Apache-2.0
"""`/c/bank/NAME/content` and `/signal`: what is in a bank.

There, one content has one number and several signals. Here each signal is an entry, and entries of
one item of content carry one `content_ref`. The number of a content is that of the entry with its
unaltered perceptual signal; the number of any of its entries names it as well.
"""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO, Final

import msgspec
from litestar import Request, Router, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from nahmi.access.identity import Principal
from nahmi.access.roles import Permission
from nahmi.api.authentication import requires
from nahmi.api.hma import names
from nahmi.api.hma.banks import bank_named, config_of
from nahmi.api.hma.contents import fetched, fingerprints, signals_of, uploaded
from nahmi.api.services import services_of
from nahmi.bootstrap.service import Service
from nahmi.core.bank import Bank, Entry, EntryDraft
from nahmi.core.signal import ORIGINAL, Signal
from nahmi.errors import ErrorCode, InputError, StoreError
from nahmi.flows.curating import EntryFilter
from nahmi.flows.enrol import signal_drafts
from nahmi.protect.enrolment import Attribution, drafts, plan_for
from nahmi.protect.ports import EntryChanges

AnyRequest = Request[Any, Any, Any]
_READ = requires(Permission.PROTECT_ENTRY_READ)
_WRITE = requires(Permission.PROTECT_ENTRY_WRITE)
SOURCE: Final = "hma"
_LONGEST_NOTE: Final = 255
_NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
_OFF, _ON = 0, 1
_LONGEST: Final = timedelta(days=5 * 366)
_PAGE: Final = 1000


class ContentChange(msgspec.Struct, frozen=True):
    """What is to change of a content; fields as there."""

    disable_until_ts: int | None = None
    note: str | None = None


@post("/bank/{name:str}/content", status_code=200, guards=[_WRITE], summary="Add content")
async def add_content(  # noqa: PLR0913, PLR0917 - the query of the other service
    request: AnyRequest,
    name: FromPath[str],
    url: FromQuery[str | None] = None,
    content_type: FromQuery[str] = "photo",
    types: FromQuery[str | None] = None,
    note: FromQuery[str] = "",
) -> dict[str, Any]:
    """Add the signals of an uploaded or fetched file; the file is kept nowhere."""
    _check_note(note)
    service = services_of(request.app)
    bank = await asyncio.to_thread(bank_named, service, request.user, name)
    if url is None:
        content_type, content = await uploaded(request)
    else:
        content = await fetched(request, url)
    prepared = await _drafts(request, bank, content_type, content, types, note)
    return await _add(request, bank, prepared)


@post("/bank/{name:str}/signal", status_code=200, guards=[_WRITE], summary="Add signals")
async def add_signals(
    request: AnyRequest, name: FromPath[str], data: JSONBody[dict[str, str]]
) -> dict[str, Any]:
    """Add the signals of one content, by type; `note` among them is a note."""
    service = services_of(request.app)
    asked = dict(data)
    note = asked.pop("note", "")
    _check_note(note)
    if not asked:
        raise InputError(ErrorCode.INPUT_INVALID, "At least one signal is needed.")
    bank = await asyncio.to_thread(bank_named, service, request.user, name)
    signals = [Signal(names.ours(kind), value) for kind, value in asked.items()]
    prepared = signal_drafts(signals, Attribution(source=SOURCE, note=note))
    return await _add(request, bank, _tied(prepared))


@get("/bank/{name:str}/content/{content_id:int}", guards=[_READ], sync_to_thread=True)
def show_content(
    request: AnyRequest,
    name: FromPath[str],
    content_id: FromPath[int],
    *,
    include_signals: FromQuery[bool] = False,
) -> dict[str, Any]:
    """One content; its signals when they are asked for."""
    service = services_of(request.app)
    bank, entries = _content(service, request.user, name, content_id)
    return _shown(bank, entries, include_signals=include_signals)


@put("/bank/{name:str}/content/{content_id:int}", guards=[_WRITE], sync_to_thread=True)
def change_content(
    request: AnyRequest,
    name: FromPath[str],
    content_id: FromPath[int],
    data: JSONBody[ContentChange],
) -> dict[str, Any]:
    """Disable a content for a while, for good, or no more; or change its note."""
    service = services_of(request.app)
    if data.note is not None:
        _check_note(data.note)
    changes = EntryChanges(
        note=msgspec.UNSET if data.note is None else data.note,
        disabled_until=_disabled_until(data.disable_until_ts, service.clock()),
    )
    return _change(service, request.user, name, content_id, changes)


@delete(
    "/bank/{name:str}/content/{content_id:int}",
    guards=[_WRITE],
    status_code=200,
    sync_to_thread=True,
)
def delete_content(
    request: AnyRequest, name: FromPath[str], content_id: FromPath[int]
) -> dict[str, int]:
    """Delete a content with all its signals; they stop matching at once."""
    service = services_of(request.app)
    try:
        _, entries = _content(service, request.user, name, content_id)
    except StoreError as error:
        if error.code is not ErrorCode.ENTRY_MISSING:
            raise
        return {"deleted": 0}
    service.journeys.curating.delete_entries(request.user, [e.entry_id for e in entries])
    return {"deleted": 1}


async def _drafts(  # noqa: PLR0913, PLR0917 - what content becomes depends on all of it
    request: AnyRequest,
    bank: Bank,
    content_type: str,
    content: BinaryIO,
    types: str | None,
    note: str,
) -> tuple[EntryDraft, ...]:
    said = Attribution(source=SOURCE, note=note)
    if content_type == "photo":
        try:
            names.wanted_types(content_type, types)
        except InputError:
            content.close()
            raise
        return drafts(await fingerprints(request, content, plan_for(bank)), bank, said)
    found = await signals_of(request, content_type, content, types)
    signals = [Signal(names.ours(kind), value) for kind, value in found.items()]
    return _tied(signal_drafts(signals, said))


def _tied(prepared: list[EntryDraft]) -> tuple[EntryDraft, ...]:
    """Entries of one content, tied together by its first signal."""
    first = prepared[0].signal
    reference = f"{first.signal_type}:{first.value}"[:200]
    return tuple(msgspec.structs.replace(draft, content_ref=reference) for draft in prepared)


async def _add(request: AnyRequest, bank: Bank, prepared: tuple[EntryDraft, ...]) -> dict[str, Any]:
    service = services_of(request.app)
    curating = service.journeys.curating
    await asyncio.to_thread(curating.add, request.user, bank.bank_id, prepared)
    number = await asyncio.to_thread(_number, service, bank, prepared)
    return {"id": number, "signals": _signals(draft.signal for draft in prepared)}


def _number(service: Service, bank: Bank, prepared: tuple[EntryDraft, ...]) -> int:
    """The number of a content, whose signals are in the bank by now."""
    found = service.node.store.entries_by_signal([draft.signal for draft in prepared])
    return first_entry(entry for entry in found if entry.bank_id == bank.bank_id).entry_id


def first_entry(entries: Iterable[Entry]) -> Entry:
    """The entry that stands for a content: its unaltered perceptual signal, else its first one."""
    return min(
        entries,
        key=lambda entry: (
            entry.draft.canon is None or entry.draft.variant != ORIGINAL,
            entry.entry_id,
        ),
    )


def _content(
    service: Service, principal: Principal, name: str, content_id: int
) -> tuple[Bank, list[Entry]]:
    """A bank, and the live entries of one of its contents in order.

    Raises:
        StoreError: BANK_MISSING, or ENTRY_MISSING: not in this bank.
    """
    bank = bank_named(service, principal, name)
    entry = service.journeys.curating.entry(principal, content_id)
    if entry.bank_id != bank.bank_id or entry.deleted_at is not None:
        raise StoreError(ErrorCode.ENTRY_MISSING, f"content {content_id} not found")
    reference = entry.draft.content_ref
    if not reference:
        return bank, [entry]
    found = service.journeys.curating.entries(
        principal, bank.bank_id, EntryFilter(content_ref=reference), after=0, limit=_PAGE
    )
    return bank, list(found)


def _change(
    service: Service, principal: Principal, name: str, content_id: int, changes: EntryChanges
) -> dict[str, Any]:
    bank, entries = _content(service, principal, name, content_id)
    changed = [
        service.journeys.curating.change_entry(principal, entry.entry_id, changes)
        for entry in entries
    ]
    return _shown(bank, changed, include_signals=False)


def _shown(bank: Bank, entries: list[Entry], *, include_signals: bool) -> dict[str, Any]:
    first = first_entry(entries)
    until = first.draft.disabled_until
    shown: dict[str, Any] = {
        "id": first.entry_id,
        "bank": config_of(bank),
        "disable_until_ts": 0
        if until is None
        else _ON
        if until >= _NEVER
        else int(until.timestamp()),
        "note": first.draft.note or None,
        "original_media_uri": None,
        "collab_metadata": {},
        "user_metadata": None,
    }
    if include_signals:
        shown["signals"] = _signals(entry.draft.signal for entry in entries)
    return shown


def _signals(signals: Any) -> dict[str, str]:  # noqa: ANN401 - any iterable of signals
    """Signals by the caller's names; of several of one type the first, which is the original."""
    theirs = {ours: name for name, ours in names.SIGNAL_TYPES.items()}
    found: dict[str, str] = {}
    for signal in signals:
        found.setdefault(theirs.get(signal.signal_type, signal.signal_type), signal.value)
    return found


def _disabled_until(timestamp: int | None, now: datetime) -> datetime | msgspec.UnsetType | None:
    """0 enables, 1 disables for good, anything else is a moment up to five years from now."""
    if timestamp is None:
        return msgspec.UNSET
    if timestamp == _OFF:
        return None
    if timestamp == _ON:
        return _NEVER
    try:
        moment = datetime.fromtimestamp(timestamp, UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise InputError(ErrorCode.INPUT_INVALID, "disable_until_ts is no moment.") from error
    if not now < moment <= now + _LONGEST:
        raise InputError(
            ErrorCode.INPUT_INVALID, "disable_until_ts must lie within the next five years."
        )
    return moment


def _check_note(note: str) -> None:
    if len(note) > _LONGEST_NOTE:
        raise InputError(ErrorCode.INPUT_INVALID, f"A note has at most {_LONGEST_NOTE} characters.")


routes = Router(
    "/c",
    route_handlers=[add_content, add_signals, show_content, change_content, delete_content],
)
