# SPDX-License-Identifier: Apache-2.0
"""Who the node takes the caller for."""

from typing import Literal

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency

from nahmi.access.roles import Permission
from nahmi.api.callers import Caller
from nahmi.api.describing import Sample
from nahmi.api.operations import operation


class PrincipalReply(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever asks.

    Attributes:
        kind: A person or a key.
        principal_id: Of the person or key.
        member_id: Whose objects they see.
        name: As in the audit log.
        permissions: What they may do, in alphabetical order.
        daily_budget: Queries a day; null without a limit.
    """

    kind: Literal["person", "key", "local"]
    principal_id: int
    member_id: int
    name: str
    permissions: tuple[Permission, ...]
    daily_budget: int | None


@operation(
    get,
    "/",
    permission=None,
    summary="Read who you are",
    sample=Sample(
        reply=PrincipalReply(
            kind="key",
            principal_id=7,
            member_id=1,
            name="key:7",
            permissions=(Permission.PROTECT_CONTENT_MATCH,),
            daily_budget=1_000_000,
        )
    ),
    is_tagged=True,
)
def read_me(caller: NamedDependency[Caller]) -> PrincipalReply:
    """Who the node takes you for, and what you may do."""
    who = caller.principal
    return PrincipalReply(
        kind=who.kind,
        principal_id=who.principal_id,
        member_id=who.member_id,
        name=who.name,
        permissions=tuple(sorted(who.permissions)),
        daily_budget=who.daily_budget,
    )


routes = Router("/me", route_handlers=[read_me], tags=["access"])
