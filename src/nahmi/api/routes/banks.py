# SPDX-License-Identifier: Apache-2.0
"""Banks: made, changed, deleted, and brought back."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from litestar import Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter

from nahmi.access.roles import Permission
from nahmi.api.callers import Caller
from nahmi.api.describing import Sample
from nahmi.api.fields import Id
from nahmi.api.operations import operation
from nahmi.api.paging import Cursor, Limit, Page, page, place, slice_after
from nahmi.core.bank import DEFAULT_LIMIT_BITS, Action, Bank, Category, CropPolicy
from nahmi.errors import ErrorCode
from nahmi.protect.ports import BankChanges, BankDraft

Deleted = Annotated[bool, QueryParameter(name="deleted", description="Deleted ones too.")]
OnlyName = Annotated[
    str | None, QueryParameter(name="name", description="The bank of this name only.")
]


class BankReply(msgspec.Struct, frozen=True, kw_only=True):
    """A bank.

    Attributes:
        bank_id: Its number, never reused.
        name: Unique among the banks that are not deleted.
        category: What its content is.
        actions: What a match asks for, mildest first.
        limit_bits: Distance up to which perceptual signals match, 0..63.
        is_enabled: Whether it is asked at all.
        crops: Which crops of a picture are enrolled with it.
        labels: Free words.
        is_shared: Whether other members of the node may match against it.
        created_at: When it was made.
        deleted_at: When it was deleted; null when it is not.
    """

    bank_id: int
    name: str
    category: Category
    actions: tuple[Action, ...]
    limit_bits: int
    is_enabled: bool
    crops: CropPolicy
    labels: tuple[str, ...]
    is_shared: bool
    created_at: datetime
    deleted_at: datetime | None


class BankPage(Page[BankReply], frozen=True):
    """A part of the list of banks."""


class NewBankBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bank that is to be made.

    Attributes:
        name: 1 to 64 capital letters, digits and underscores.
        category: What its content is.
        actions: What a match asks for, unless an action rule says otherwise.
        limit_bits: Distance up to which perceptual signals match, 0..63.
        is_enabled: Whether it is asked at all.
        crops: Which crops of a picture are enrolled with it.
        labels: Free words.
        is_shared: Whether other members of the node may match against it.
    """

    name: str
    category: Category
    actions: tuple[Action, ...] = (Action.REVIEW,)
    limit_bits: int = DEFAULT_LIMIT_BITS
    is_enabled: bool = True
    crops: CropPolicy = CropPolicy.NONE
    labels: tuple[str, ...] = ()
    is_shared: bool = False


class BankChangesBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change of a bank; what is left out stays. Fields as of a new bank."""

    name: str | None = None
    category: Category | None = None
    actions: tuple[Action, ...] | None = None
    limit_bits: int | None = None
    is_enabled: bool | None = None
    crops: CropPolicy | None = None
    labels: tuple[str, ...] | None = None
    is_shared: bool | None = None


class CountReply(msgspec.Struct, frozen=True):
    """How many entries a bank has.

    Attributes:
        entries: That are not deleted.
    """

    entries: int


def bank_reply(bank: Bank) -> BankReply:
    """A bank as callers see it."""
    return BankReply(
        bank_id=bank.bank_id,
        name=bank.name,
        category=bank.category,
        actions=bank.actions,
        limit_bits=bank.limit_bits,
        is_enabled=bank.is_enabled,
        crops=bank.crops,
        labels=bank.labels,
        is_shared=bank.is_shared,
        created_at=bank.created_at,
        deleted_at=bank.deleted_at,
    )


_BANK = BankReply(
    bank_id=3,
    name="HOTLINE_2026",
    category=Category.CSAM_UNGRADED,
    actions=(Action.REVIEW,),
    limit_bits=31,
    is_enabled=True,
    crops=CropPolicy.CENTRE,
    labels=("attested",),
    is_shared=False,
    created_at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
    deleted_at=None,
)
_DELETED = msgspec.structs.replace(_BANK, deleted_at=datetime(2026, 3, 2, tzinfo=UTC))
_INVALID = (ErrorCode.BANK_EXISTS, ErrorCode.NAME_INVALID, ErrorCode.LIMIT_INVALID)


@operation(
    get,
    "/",
    permission=Permission.PROTECT_BANK_READ,
    summary="List the banks",
    sample=Sample(reply=BankPage([_BANK])),
)
def list_banks(
    caller: NamedDependency[Caller],
    *,
    cursor: Cursor = None,
    limit: Limit = 100,
    name: OnlyName = None,
    deleted: Deleted = False,
) -> BankPage:
    """The banks of your member, in the order in which they were made."""
    found = caller.journeys.curating.banks(caller.principal, include_deleted=deleted)
    wanted = [bank for bank in found if name is None or bank.name == name]
    rest = slice_after(wanted, place(cursor), number=_number)
    return page(BankPage, rest, limit, number=_number, reply=bank_reply)


@operation(
    post,
    "/",
    permission=Permission.PROTECT_BANK_WRITE,
    summary="Make a bank",
    sample=Sample(
        request=NewBankBody(name="HOTLINE_2026", category=Category.CSAM_UNGRADED), reply=_BANK
    ),
    problems=_INVALID,
    is_tagged=True,
    is_change=True,
)
def create_bank(caller: NamedDependency[Caller], data: JSONBody[NewBankBody]) -> BankReply:
    """Make a bank. It is asked with the next query."""
    draft = BankDraft(**msgspec.structs.asdict(data))
    return bank_reply(caller.journeys.curating.create_bank(caller.principal, draft))


@operation(
    get,
    "/{bank_id:int}",
    permission=Permission.PROTECT_BANK_READ,
    summary="Read a bank",
    sample=Sample(reply=_BANK),
    problems=(ErrorCode.BANK_MISSING,),
    is_tagged=True,
)
def read_bank(caller: NamedDependency[Caller], bank_id: Id) -> BankReply:
    """One bank, deleted or not."""
    return bank_reply(caller.journeys.curating.bank(caller.principal, bank_id))


@operation(
    get,
    "/{bank_id:int}/count",
    permission=Permission.PROTECT_BANK_READ,
    summary="Count a bank's entries",
    sample=Sample(reply=CountReply(48_213)),
    problems=(ErrorCode.BANK_MISSING,),
)
def count_bank(caller: NamedDependency[Caller], bank_id: Id) -> CountReply:
    """How many entries of a bank are not deleted. In a large bank this takes a moment."""
    return CountReply(caller.journeys.curating.count(caller.principal, bank_id))


@operation(
    patch,
    "/{bank_id:int}",
    permission=Permission.PROTECT_BANK_WRITE,
    summary="Change a bank",
    sample=Sample(request=BankChangesBody(limit_bits=24), reply=_BANK),
    problems=(ErrorCode.BANK_MISSING, *_INVALID),
    is_tagged=True,
    is_change=True,
)
def change_bank(
    caller: NamedDependency[Caller], bank_id: Id, data: JSONBody[BankChangesBody]
) -> BankReply:
    """Change a bank. The next query is answered accordingly."""
    changes = BankChanges(**msgspec.structs.asdict(data))
    return bank_reply(
        caller.journeys.curating.change_bank(
            caller.principal,
            bank_id,
            changes,
            check=lambda bank: caller.check_unchanged(bank_reply(bank)),
        )
    )


@operation(
    delete,
    "/{bank_id:int}",
    permission=Permission.PROTECT_BANK_WRITE,
    summary="Delete a bank",
    sample=Sample(reply=_DELETED),
    problems=(ErrorCode.BANK_MISSING,),
    status=200,
    is_tagged=True,
    is_change=True,
)
def delete_bank(caller: NamedDependency[Caller], bank_id: Id) -> BankReply:
    """Delete a bank: its entries stop matching at once. It can be brought back."""
    return bank_reply(
        caller.journeys.curating.delete_bank(
            caller.principal,
            bank_id,
            check=lambda bank: caller.check_unchanged(bank_reply(bank)),
        )
    )


@operation(
    post,
    "/{bank_id:int}/restore",
    permission=Permission.PROTECT_BANK_WRITE,
    summary="Bring a bank back",
    sample=Sample(reply=_BANK),
    problems=(ErrorCode.BANK_MISSING, ErrorCode.BANK_EXISTS),
    status=200,
    is_change=True,
)
def restore_bank(caller: NamedDependency[Caller], bank_id: Id) -> BankReply:
    """Undo a deletion; a bank that is not deleted is left as it is."""
    return bank_reply(caller.journeys.curating.restore_bank(caller.principal, bank_id))


def _number(bank: Bank) -> int:
    return bank.bank_id


routes = Router(
    "/banks",
    route_handlers=[
        list_banks,
        create_bank,
        read_bank,
        count_bank,
        change_bank,
        delete_bank,
        restore_bank,
    ],
    tags=["banks"],
)
