# SPDX-License-Identifier: Apache-2.0
"""Banks and their entries."""

from datetime import datetime
from typing import ClassVar, Literal

import msgspec

from nahmi.core.bank import Action, Bank, Category, CropPolicy, Entry
from nahmi.web.navigation import Section
from nahmi.web.views.base import EMPTY_FORM, WHOLE_LIST, Form, Paging, View

EntryState = Literal["active", "disabled", "expired", "deleted"]
"""Whether an entry matches, and if not, why."""


def entry_state(entry: Entry, now: datetime) -> EntryState:
    """Whether an entry matches, and if not, why."""
    if entry.deleted_at is not None:
        return "deleted"
    if entry.is_active(now):
        return "active"
    expires_at = entry.draft.expires_at
    return "expired" if expires_at is not None and expires_at <= now else "disabled"


class BankRow(msgspec.Struct, frozen=True, kw_only=True):
    """A bank in the list.

    Attributes:
        bank: The bank.
        entries: How many it holds.
    """

    bank: Bank
    entries: int


class BankList(View, frozen=True, kw_only=True):
    """All banks.

    Attributes:
        rows: By name.
    """

    template: ClassVar[str] = "banks.html.j2"
    section: ClassVar[Section | None] = Section.BANKS
    rows: tuple[BankRow, ...]


class EntryRow(msgspec.Struct, frozen=True, kw_only=True):
    """An entry in the list.

    Attributes:
        entry: The entry.
        state: Whether it matches.
        begins: How its signal begins, so that people can tell signals apart.
    """

    entry: Entry
    state: EntryState
    begins: str


class EntryFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries are shown; empty fields filter nothing.

    Attributes:
        text: Part of source, provenance or note, or how the signal begins.
        signal_type: A signal type.
        with_deleted: Deleted ones too.
    """

    text: str = ""
    signal_type: str = ""
    with_deleted: bool = False


class CircleLink(msgspec.Struct, frozen=True, kw_only=True):
    """The circle that fills a bank, or from which an entry comes.

    Attributes:
        circle_id: Its id.
        name: What people call it.
        signal_key: Stands for the entry's signal in addresses; empty for a bank.
    """

    circle_id: str
    name: str
    signal_key: str = ""


class BankPage(View, frozen=True, kw_only=True):
    """A bank with its entries.

    Attributes:
        row: The bank.
        filters: Which entries are shown.
        signal_types: To choose from.
        entries: Of this page; None when the reader may not see entries.
        paging: Where in the list.
        fed_by: The circle that fills the bank; None for a bank of our own.
    """

    template: ClassVar[str] = "bank.html.j2"
    section: ClassVar[Section | None] = Section.BANKS
    row: BankRow
    filters: EntryFilter = EntryFilter()
    signal_types: tuple[str, ...]
    entries: tuple[EntryRow, ...] | None
    paging: Paging = WHOLE_LIST
    fed_by: CircleLink | None = None


class BankForm(View, frozen=True, kw_only=True):
    """Making or changing a bank.

    Attributes:
        form: Fields `name`, `category`, `actions`, `limit_bits`, `crops`, `labels`, `is_enabled`
            and `is_shared`.
        bank: Which is changed; None for a new one.
        most_bits: Largest limit.
    """

    template: ClassVar[str] = "bank_form.html.j2"
    section: ClassVar[Section | None] = Section.BANKS
    form: Form = EMPTY_FORM
    bank: Bank | None
    most_bits: int
    categories: tuple[Category, ...] = tuple(Category)
    actions: tuple[Action, ...] = tuple(Action)
    crop_policies: tuple[CropPolicy, ...] = tuple(CropPolicy)


class EntryPage(View, frozen=True, kw_only=True):
    """One entry.

    Attributes:
        form: Fields `source`, `provenance`, `note`, `expires_at` and `disabled_until`.
        bank: Its bank.
        row: The entry.
        sightings: How often it matched in the last 30 days.
        from_circle: The circle that it comes from; None for an entry of our own.
    """

    template: ClassVar[str] = "entry.html.j2"
    section: ClassVar[Section | None] = Section.BANKS
    form: Form = EMPTY_FORM
    bank: Bank
    row: EntryRow
    sightings: int
    from_circle: CircleLink | None = None


class AddUpload(View, frozen=True, kw_only=True):
    """Adding the fingerprints of a picture.

    Attributes:
        form: Fields `file`, `source`, `provenance` and `note`.
        bank: The bank.
        most_bytes: Largest file.
    """

    template: ClassVar[str] = "add_upload.html.j2"
    section: ClassVar[Section | None] = Section.BANKS
    form: Form = EMPTY_FORM
    bank: Bank
    most_bytes: int


class AddSignal(View, frozen=True, kw_only=True):
    """Adding a signal that is known already.

    Attributes:
        form: Fields `signal_type`, `value`, `source`, `provenance` and `note`.
        bank: The bank.
        signal_types: To choose from.
    """

    template: ClassVar[str] = "add_signal.html.j2"
    section: ClassVar[Section | None] = Section.BANKS
    form: Form = EMPTY_FORM
    bank: Bank
    signal_types: tuple[str, ...]


class ImportEntries(View, frozen=True, kw_only=True):
    """Importing a file of signals as a job.

    Attributes:
        form: Fields `file`, `format` and `source`.
        bank: The bank.
        formats: To choose from.
        most_bytes: Largest file.
    """

    template: ClassVar[str] = "import.html.j2"
    section: ClassVar[Section | None] = Section.BANKS
    form: Form = EMPTY_FORM
    bank: Bank
    formats: tuple[str, ...]
    most_bytes: int


class ExportEntries(View, frozen=True, kw_only=True):
    """Exporting a bank.

    Attributes:
        bank: The bank.
        entries: How many there are.
        formats: To choose from.
    """

    template: ClassVar[str] = "export.html.j2"
    section: ClassVar[Section | None] = Section.BANKS
    bank: Bank
    entries: int
    formats: tuple[str, ...]
