# SPDX-License-Identifier: Apache-2.0
"""Banks and their entries."""

from datetime import timedelta
from typing import Any, Final

import anyio.to_thread
from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath

from nahmi.access.roles import Permission
from nahmi.core.bank import (
    DEFAULT_LIMIT_BITS,
    MAX_LIMIT_BITS,
    Action,
    Bank,
    Category,
    CropPolicy,
    Entry,
)
from nahmi.core.signal import Signal
from nahmi.errors import NahmiError
from nahmi.flows.curating import EntryFilter
from nahmi.flows.enrol import signal_drafts
from nahmi.partner.naming import signal_key
from nahmi.protect.enrolment import Attribution, drafts, plan_for
from nahmi.protect.ports import BankChanges, BankDraft, EntryChanges
from nahmi.protect.signals.registry import signal_types
from nahmi.web.chrome import Notice
from nahmi.web.notices import NoticeKey
from nahmi.web.paths import to
from nahmi.web.routes.gates import action, page
from nahmi.web.routes.matches import spooled
from nahmi.web.typed import Typed
from nahmi.web.views import banks as shown
from nahmi.web.views.base import Form, Paging
from nahmi.web.visits import Visit
from nahmi.web.writing import whole_number

PAGE: Final = 50
_BEGINS: Final = 10
_SIGHTINGS: Final = timedelta(days=30)
_READ, _WRITE = Permission.PROTECT_BANK_READ, Permission.PROTECT_BANK_WRITE
_ENTRY_READ, _ENTRY_WRITE = Permission.PROTECT_ENTRY_READ, Permission.PROTECT_ENTRY_WRITE


@page("/banks", _READ)
def list_banks(visit: NamedDependency[Visit]) -> Response[str]:
    """All banks."""
    curating = visit.journeys.curating
    rows = tuple(
        shown.BankRow(bank=bank, entries=curating.count(visit.principal, bank.bank_id))
        for bank in curating.banks(visit.principal)
    )
    return visit.show(shown.BankList(rows=rows))


@page("/banks/{bank_id:int}", _READ)
def show_bank(visit: NamedDependency[Visit], bank_id: FromPath[int]) -> Response[str]:
    """A bank with its entries."""
    curating, who = visit.journeys.curating, visit.principal
    bank = curating.live_bank(who, bank_id)
    given = visit.request.query_params
    filters = shown.EntryFilter(
        text=given.get("text", "").strip(),
        signal_type=given.get("signal_type", ""),
        with_deleted=given.get("deleted") == "yes",
    )
    after = whole_number(given.get("after", "")) or 0
    entries, following = None, ""
    if who.may(_ENTRY_READ):
        wanted = EntryFilter(
            signal_type=filters.signal_type or None,
            text=filters.text or None,
            include_deleted=filters.with_deleted,
        )
        found = curating.entries(who, bank_id, wanted, after=after, limit=PAGE + 1)
        entries = tuple(_row(visit, entry) for entry in found[:PAGE])
        following = str(found[PAGE - 1].entry_id) if len(found) > PAGE else ""
    return visit.show(
        shown.BankPage(
            row=shown.BankRow(bank=bank, entries=curating.count(who, bank_id)),
            filters=filters,
            signal_types=_types(),
            entries=entries,
            paging=Paging(following=following, is_first=after == 0),
            fed_by=_fed_by(visit, bank_id),
        )
    )


@page("/banks/new", _WRITE)
def show_new_bank(visit: NamedDependency[Visit]) -> Response[str]:
    """A form for a new bank."""
    form = Form(
        values={"limit_bits": str(DEFAULT_LIMIT_BITS), "is_enabled": "yes"},
        chosen={"actions": frozenset({Action.REVIEW.value})},
    )
    return visit.show(_form(form, None))


@action("/banks/new", _WRITE)
def create_bank(visit: NamedDependency[Visit], typed: NamedDependency[Typed]) -> Response[str]:
    """Make a bank."""
    draft = BankDraft(**_fields(typed))
    if not typed.is_right:
        return visit.again(_form(typed.form(), None))
    try:
        made = visit.journeys.curating.create_bank(visit.principal, draft)
    except NahmiError as error:
        return visit.again(_form(typed.form(error, field="name"), None))
    return visit.done(to("banks", made.bank_id), NoticeKey.BANK_CREATED, bank=made.name)


@page("/banks/{bank_id:int}/edit", _WRITE)
def show_edit_bank(visit: NamedDependency[Visit], bank_id: FromPath[int]) -> Response[str]:
    """A form for a bank's properties."""
    bank = visit.journeys.curating.live_bank(visit.principal, bank_id)
    form = Form(
        values={
            "name": bank.name,
            "category": bank.category,
            "limit_bits": str(bank.limit_bits),
            "crops": bank.crops,
            "labels": ", ".join(bank.labels),
            "is_enabled": "yes" if bank.is_enabled else "",
            "is_shared": "yes" if bank.is_shared else "",
        },
        chosen={"actions": frozenset(one.value for one in bank.actions)},
    )
    return visit.show(_form(form, bank))


@action("/banks/{bank_id:int}/edit", _WRITE)
def edit_bank(
    visit: NamedDependency[Visit], typed: NamedDependency[Typed], bank_id: FromPath[int]
) -> Response[str]:
    """Change a bank."""
    curating = visit.journeys.curating
    bank = curating.live_bank(visit.principal, bank_id)
    changes = BankChanges(**_fields(typed))
    if not typed.is_right:
        return visit.again(_form(typed.form(), bank))
    try:
        curating.change_bank(visit.principal, bank_id, changes)
    except NahmiError as error:
        return visit.again(_form(typed.form(error, field="name"), bank))
    return visit.done(to("banks", bank_id), NoticeKey.SAVED)


@action("/banks/{bank_id:int}/delete", _WRITE)
def delete_bank(
    visit: NamedDependency[Visit], typed: NamedDependency[Typed], bank_id: FromPath[int]
) -> Response[str]:
    """Delete a bank; the next page offers to undo it."""
    del typed  # asked for so that the form is checked
    gone = visit.journeys.curating.delete_bank(visit.principal, bank_id)
    notice = Notice(
        key=NoticeKey.BANK_DELETED,
        values={"bank": gone.name},
        undo_path=to("banks", bank_id, "restore"),
    )
    return visit.go(to("banks"), notice)


@action("/banks/{bank_id:int}/restore", _WRITE)
def restore_bank(
    visit: NamedDependency[Visit], typed: NamedDependency[Typed], bank_id: FromPath[int]
) -> Response[str]:
    """Undo the deletion of a bank."""
    del typed  # asked for so that the form is checked
    back = visit.journeys.curating.restore_bank(visit.principal, bank_id)
    return visit.done(to("banks", bank_id), NoticeKey.BANK_RESTORED, bank=back.name)


@page("/banks/{bank_id:int}/upload", _ENTRY_WRITE)
def show_upload(visit: NamedDependency[Visit], bank_id: FromPath[int]) -> Response[str]:
    """A form for a picture."""
    bank = visit.journeys.curating.live_bank(visit.principal, bank_id)
    return visit.show(_upload(visit, bank, Form()))


@action("/banks/{bank_id:int}/upload", _ENTRY_WRITE, is_async=True)
async def add_upload(
    visit: NamedDependency[Visit], typed: NamedDependency[Typed], bank_id: FromPath[int]
) -> Response[str]:
    """Add the fingerprints of a picture; the picture itself is kept nowhere."""
    curating, who = visit.journeys.curating, visit.principal
    bank = await anyio.to_thread.run_sync(curating.live_bank, who, bank_id)
    file, said = typed.file("file"), _attribution(typed)
    if file is None or not typed.is_right:
        return visit.again(_upload(visit, bank, typed.form()))
    try:
        content = await visit.service.decoders.fingerprint(await spooled(file), plan_for(bank))
        prepared = drafts(content, bank, said)
        added = await anyio.to_thread.run_sync(curating.add, who, bank_id, prepared)
    except NahmiError as error:
        return visit.again(_upload(visit, bank, typed.form(error, field="file")))
    return visit.done(
        to("banks", bank_id),
        NoticeKey.ENTRIES_ADDED,
        added=len(added.entry_ids),
        known=added.known,
    )


@page("/banks/{bank_id:int}/signal", _ENTRY_WRITE)
def show_signal(visit: NamedDependency[Visit], bank_id: FromPath[int]) -> Response[str]:
    """A form for a signal."""
    bank = visit.journeys.curating.live_bank(visit.principal, bank_id)
    return visit.show(shown.AddSignal(bank=bank, signal_types=_types()))


@action("/banks/{bank_id:int}/signal", _ENTRY_WRITE)
def add_signal(
    visit: NamedDependency[Visit], typed: NamedDependency[Typed], bank_id: FromPath[int]
) -> Response[str]:
    """Add a signal that is known already."""
    curating, who = visit.journeys.curating, visit.principal
    bank = curating.live_bank(who, bank_id)
    kind = typed.one_of("signal_type", _types())
    value, said = typed.text("value", is_required=True), _attribution(typed)
    if not typed.is_right:
        return visit.again(_signal(bank, typed.form()))
    try:
        added = curating.add(who, bank_id, signal_drafts([Signal(kind, value)], said))
    except NahmiError as error:
        return visit.again(_signal(bank, typed.form(error, field="value")))
    return visit.done(
        to("banks", bank_id),
        NoticeKey.ENTRIES_ADDED,
        added=len(added.entry_ids),
        known=added.known,
    )


@page("/entries/{entry_id:int}", _ENTRY_READ)
def show_entry(visit: NamedDependency[Visit], entry_id: FromPath[int]) -> Response[str]:
    """One entry."""
    entry = visit.journeys.curating.entry(visit.principal, entry_id)
    draft = entry.draft
    moments = {"expires_at": draft.expires_at, "disabled_until": draft.disabled_until}
    form = Form(
        values={
            "source": draft.source,
            "provenance": draft.provenance,
            "note": draft.note,
            **{name: f"{at:%Y-%m-%dT%H:%M}" for name, at in moments.items() if at is not None},
        }
    )
    return visit.show(_entry(visit, entry, form))


@action("/entries/{entry_id:int}", _ENTRY_WRITE)
def edit_entry(
    visit: NamedDependency[Visit], typed: NamedDependency[Typed], entry_id: FromPath[int]
) -> Response[str]:
    """Change what is said of an entry."""
    changes = EntryChanges(
        source=typed.text("source"),
        provenance=typed.text("provenance"),
        note=typed.text("note"),
        expires_at=typed.moment("expires_at"),
        disabled_until=typed.moment("disabled_until"),
    )
    curating, who = visit.journeys.curating, visit.principal
    if not typed.is_right:
        return visit.again(_entry(visit, curating.entry(who, entry_id), typed.form()))
    curating.change_entry(who, entry_id, changes)
    return visit.done(to("entries", entry_id), NoticeKey.SAVED)


@action("/entries/{entry_id:int}/delete", _ENTRY_WRITE)
def delete_entry(
    visit: NamedDependency[Visit], typed: NamedDependency[Typed], entry_id: FromPath[int]
) -> Response[str]:
    """Delete an entry; the next page offers to undo it."""
    del typed  # asked for so that the form is checked
    curating, who = visit.journeys.curating, visit.principal
    bank_id = curating.entry(who, entry_id).bank_id
    curating.delete_entry(who, entry_id)
    notice = Notice(
        key=NoticeKey.ENTRY_DELETED,
        values={"entry": entry_id},
        undo_path=to("entries", entry_id, "restore"),
    )
    return visit.go(to("banks", bank_id), notice)


@action("/entries/{entry_id:int}/restore", _ENTRY_WRITE)
def restore_entry(
    visit: NamedDependency[Visit], typed: NamedDependency[Typed], entry_id: FromPath[int]
) -> Response[str]:
    """Undo the deletion of an entry."""
    del typed  # asked for so that the form is checked
    curating, who = visit.journeys.curating, visit.principal
    bank_id = curating.entry(who, entry_id).bank_id
    curating.restore_entries(who, [entry_id])
    return visit.done(to("banks", bank_id), NoticeKey.ENTRY_RESTORED, entry=entry_id)


def _fields(typed: Typed) -> dict[str, Any]:
    return {
        "name": typed.text("name", is_required=True),
        "category": typed.choice("category", Category),
        "actions": typed.choices("actions", Action),
        "limit_bits": typed.number("limit_bits", least=0, most=MAX_LIMIT_BITS),
        "crops": typed.choice("crops", CropPolicy),
        "labels": typed.texts("labels"),
        "is_enabled": typed.is_checked("is_enabled"),
        "is_shared": typed.is_checked("is_shared"),
    }


def _attribution(typed: Typed) -> Attribution:
    return Attribution(
        source=typed.text("source"), provenance=typed.text("provenance"), note=typed.text("note")
    )


def _types() -> tuple[str, ...]:
    return tuple(sorted(signal_types().names()))


def _form(form: Form, bank: Bank | None) -> shown.BankForm:
    return shown.BankForm(form=form, bank=bank, most_bits=MAX_LIMIT_BITS)


def _upload(visit: Visit, bank: Bank, form: Form) -> shown.AddUpload:
    most = visit.service.settings.limits.upload_bytes
    return shown.AddUpload(bank=bank, most_bytes=most, form=form)


def _signal(bank: Bank, form: Form) -> shown.AddSignal:
    return shown.AddSignal(bank=bank, signal_types=_types(), form=form)


def _row(visit: Visit, entry: Entry) -> shown.EntryRow:
    return shown.EntryRow(
        entry=entry,
        state=shown.entry_state(entry, visit.service.clock()),
        begins=entry.draft.signal.value[:_BEGINS],
    )


def _entry(visit: Visit, entry: Entry, form: Form) -> shown.EntryPage:
    bank = visit.journeys.curating.bank(visit.principal, entry.bank_id)
    today = visit.service.clock().date()
    seen = visit.service.match_log.sightings(
        entry.entry_id, since=today - _SIGHTINGS, until=today + timedelta(days=1)
    )
    return shown.EntryPage(
        bank=bank,
        row=_row(visit, entry),
        form=form,
        sightings=sum(one.count for one in seen),
        from_circle=_from_circle(visit, entry),
    )


def _fed_by(visit: Visit, bank_id: int) -> shown.CircleLink | None:
    if not visit.principal.may(Permission.PARTNER_CIRCLE_READ):
        return None
    circle = visit.circles.looking.of_bank(visit.principal, bank_id)
    if circle is None:
        return None
    return shown.CircleLink(circle_id=circle.circle_id, name=circle.roster.roster.name)


def _from_circle(visit: Visit, entry: Entry) -> shown.CircleLink | None:
    if not visit.principal.may(Permission.PARTNER_CIRCLE_READ):
        return None
    looking, who = visit.circles.looking, visit.principal
    found = looking.of_entry(who, entry.entry_id)
    if found is None:
        return None
    circle_id, signal = found
    return shown.CircleLink(
        circle_id=circle_id,
        name=looking.own(who, circle_id).roster.roster.name,
        signal_key=signal_key(signal).hex(),
    )


ROUTES = [
    list_banks,
    show_bank,
    show_new_bank,
    create_bank,
    show_edit_bank,
    edit_bank,
    delete_bank,
    restore_bank,
    show_upload,
    add_upload,
    show_signal,
    add_signal,
    show_entry,
    edit_entry,
    delete_entry,
    restore_entry,
]
