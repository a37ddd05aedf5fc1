# SPDX-License-Identifier: Apache-2.0
"""The audit log: who did what, in a chain that shows what was altered."""

from datetime import UTC, datetime

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency

from nahmi.access.audit import AuditRecord
from nahmi.access.roles import Permission
from nahmi.api.callers import Caller
from nahmi.api.describing import Sample
from nahmi.api.operations import operation
from nahmi.api.paging import Cursor, Limit, Page, page, place


class AuditReply(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was done.

    Attributes:
        sequence: Its place in the chain.
        at: When.
        member_id: In whose area.
        actor: Who, such as `person:3`, `key:7` or `local`.
        event: What, as subject:verb.
        object: To what; empty when to nothing.
        detail: More, by name.
        hash: SHA-256 of the record and the one before, hexadecimal.
    """

    sequence: int
    at: datetime
    member_id: int
    actor: str
    event: str
    object: str
    detail: dict[str, str | int | bool]
    hash: str


class AuditPage(Page[AuditReply], frozen=True):
    """A part of the list of what was done."""


class AuditStateReply(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the chain holds.

    Attributes:
        is_whole: No record is wrong or missing.
        first_broken: The number of the first one that is; null when none is.
    """

    is_whole: bool
    first_broken: int | None


def _reply(record: AuditRecord) -> AuditReply:
    event = record.event
    return AuditReply(
        sequence=record.sequence,
        at=event.at,
        member_id=event.member_id,
        actor=event.actor,
        event=event.event,
        object=event.object,
        detail=event.detail,
        hash=record.hash.hex(),
    )


@operation(
    get,
    "/",
    permission=Permission.ACCESS_AUDIT_READ,
    summary="List what was done",
    sample=Sample(
        reply=AuditPage(
            [
                AuditReply(
                    sequence=1204,
                    at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
                    member_id=1,
                    actor="person:3",
                    event="bank:create",
                    object="bank:3",
                    detail={},
                    hash="9f" * 32,
                )
            ],
            "MTIwNA==",
        )
    ),
)
def list_audit(
    caller: NamedDependency[Caller], *, cursor: Cursor = None, limit: Limit = 100
) -> AuditPage:
    """What was done, newest first: everything for the member that runs the node.

    Other members see what was done in their own area.
    """
    found = caller.journeys.auditing.newest(caller.principal, before=place(cursor), limit=limit + 1)
    return page(AuditPage, found, limit, number=lambda record: record.sequence, reply=_reply)


@operation(
    get,
    "/verify",
    permission=Permission.ACCESS_AUDIT_READ,
    summary="Check the audit log",
    sample=Sample(reply=AuditStateReply(is_whole=True, first_broken=None)),
)
def verify_audit(caller: NamedDependency[Caller]) -> AuditStateReply:
    """Whether every record is as it was written and none is missing. It reads all of them."""
    broken = caller.journeys.auditing.first_broken(caller.principal)
    return AuditStateReply(is_whole=broken is None, first_broken=broken)


routes = Router("/audit", route_handlers=[list_audit, verify_audit], tags=["audit"])
