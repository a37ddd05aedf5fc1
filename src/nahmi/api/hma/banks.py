# SPDX-License-Identifier: Apache-2.0
"""`/c/banks`: the curator's banks."""

from typing import Any

import msgspec
from litestar import Request, Router, delete, get, post, put
from litestar.params import FromPath, JSONBody

from nahmi.access.identity import Principal
from nahmi.access.roles import Permission
from nahmi.api.authentication import requires
from nahmi.api.hma import names
from nahmi.api.services import services_of
from nahmi.bootstrap.service import Service
from nahmi.core.bank import Bank, Category
from nahmi.errors import ErrorCode, InputError, StoreError
from nahmi.protect.ports import BankChanges, BankDraft

AnyRequest = Request[Any, Any, Any]
_READ = requires(Permission.PROTECT_BANK_READ)
_WRITE = requires(Permission.PROTECT_BANK_WRITE)
CATEGORY = Category.CSAM_UNGRADED
"""What a bank is that was made by a caller who knows no categories."""


class NewBank(msgspec.Struct, frozen=True):
    """A bank that is to be made; fields as there."""

    name: str
    enabled_ratio: float = 1.0
    enabled: bool | None = None


class BankChange(msgspec.Struct, frozen=True):
    """What is to change of a bank; fields as there."""

    name: str | None = None
    enabled_ratio: float | None = None
    enabled: bool | None = None


def bank_named(service: Service, principal: Principal, name: str) -> Bank:
    """A bank of the caller's member by its name.

    Raises:
        StoreError: BANK_MISSING.
    """
    for bank in service.journeys.curating.banks(principal):
        if bank.name == name:
            return bank
    raise StoreError(ErrorCode.BANK_MISSING, f"bank '{name}' not found")


def config_of(bank: Bank) -> dict[str, Any]:
    """A bank as callers know it."""
    return {"name": bank.name, "matching_enabled_ratio": 1.0 if bank.is_enabled else 0.0}


@get("/banks", guards=[_READ], sync_to_thread=True, summary="List banks")
def list_banks(request: AnyRequest) -> list[dict[str, Any]]:
    """The banks of the caller's member."""
    banks = services_of(request.app).journeys.curating.banks(request.user)
    return [config_of(bank) for bank in banks]


@post("/banks", guards=[_WRITE], sync_to_thread=True, summary="Make a bank")
def make_bank(request: AnyRequest, data: JSONBody[NewBank]) -> dict[str, Any]:
    """Make a bank of not graded content, whose matches ask for a review."""
    draft = BankDraft(
        name=names.check_bank_name(data.name),
        category=CATEGORY,
        is_enabled=_is_enabled(data.enabled, data.enabled_ratio) is not False,
    )
    return config_of(services_of(request.app).journeys.curating.create_bank(request.user, draft))


@get("/bank/{name:str}", guards=[_READ], sync_to_thread=True, summary="Show a bank")
def show_bank(request: AnyRequest, name: FromPath[str]) -> dict[str, Any]:
    """One bank."""
    return config_of(bank_named(services_of(request.app), request.user, name))


@put("/bank/{name:str}", guards=[_WRITE], sync_to_thread=True, summary="Change a bank")
def change_bank(
    request: AnyRequest, name: FromPath[str], data: JSONBody[BankChange]
) -> dict[str, Any]:
    """Rename a bank, or switch it on or off."""
    service = services_of(request.app)
    changes = BankChanges(
        name=None if data.name is None else names.check_bank_name(data.name),
        is_enabled=_is_enabled(data.enabled, data.enabled_ratio),
    )
    bank = bank_named(service, request.user, name)
    return config_of(service.journeys.curating.change_bank(request.user, bank.bank_id, changes))


@delete("/bank/{name:str}", guards=[_WRITE], status_code=200, sync_to_thread=True)
def delete_bank(request: AnyRequest, name: FromPath[str]) -> dict[str, str]:
    """Delete a bank; it stops matching at once, and can be brought back in the console."""
    service = services_of(request.app)
    bank = bank_named(service, request.user, name)
    service.journeys.curating.delete_bank(request.user, bank.bank_id)
    return {"message": "Done"}


def _is_enabled(enabled: bool | None, ratio: float | None) -> bool | None:  # noqa: FBT001 - a field of theirs
    """Whether a bank is to match; None leaves it as it is.

    Raises:
        InputError: INPUT_INVALID: a ratio between 0 and 1, which we do not have, or beyond them.
    """
    if enabled is not None:
        return enabled
    if ratio not in (None, 0, 1):
        raise InputError(
            ErrorCode.INPUT_INVALID,
            "enabled_ratio must be 0 or 1 on this node.",
            hint="Shadow a part of the traffic at the caller, or with the action log.",
        )
    return None if ratio is None else bool(ratio)


routes = Router("/c", route_handlers=[list_banks, make_bank, show_bank, change_bank, delete_bank])
