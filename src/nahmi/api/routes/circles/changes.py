# SPDX-License-Identifier: Apache-2.0
"""What changed of where a circle's signals stand, for machines that keep a copy."""

from typing import Annotated, Final

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from nahmi.access.roles import Permission
from nahmi.api.callers import Caller
from nahmi.api.describing import Sample
from nahmi.api.fields import LARGEST
from nahmi.api.operations import operation
from nahmi.api.routes.circles.fields import ALWAYS, CircleId
from nahmi.api.routes.circles.signals import SIGNAL, CircleSignalReply, signal_reply
from nahmi.partner.ports.fold import ChangedSignal

MOST: Final = 5_000
"""Changes of one answer at most."""

_After = Annotated[
    int, QueryParameter(ge=0, le=LARGEST, description="The last change that the caller has.")
]
_Limit = Annotated[int, QueryParameter(ge=1, le=MOST, description="Changes at most.")]


class ChangedSignalReply(msgspec.Struct, frozen=True, kw_only=True):
    """Where a signal stands since it was judged last.

    Attributes:
        change: The number of the judgement, rising.
        record: Names the signal on this node for ever, and tells nothing of it.
        signal: Where it stands; null once all that was said of it is destroyed: drop it.
    """

    change: int
    record: int
    signal: CircleSignalReply | None


class ChangesReply(msgspec.Struct, frozen=True, kw_only=True):
    """What changed.

    Attributes:
        items: In the order of the changes; each signal once.
        after: What to ask for the next time.
        more: There is more already.
    """

    items: list[ChangedSignalReply]
    after: int
    more: bool


@operation(
    get,
    "/changes",
    permission=Permission.PARTNER_CIRCLE_READ,
    summary="Read what changed of a circle's signals",
    sample=Sample(
        reply=ChangesReply(
            items=[ChangedSignalReply(change=2_004, record=17, signal=SIGNAL)],
            after=2_004,
            more=False,
        )
    ),
    problems=ALWAYS,
)
def list_circle_changes(
    caller: NamedDependency[Caller],
    circle_id: CircleId,
    *,
    after: _After = 0,
    limit: _Limit = 1_000,
) -> ChangesReply:
    """Where signals stand that were judged since: also because time passed or a rule changed.

    A place in this order never expires, and nothing is added before one that was given out.
    """
    found = caller.circles.looking.changed(
        caller.principal, circle_id, after=after, limit=limit + 1
    )
    shown = found[:limit]
    return ChangesReply(
        items=[_reply(one) for one in shown],
        after=shown[-1].change if shown else after,
        more=len(found) > limit,
    )


def _reply(one: ChangedSignal) -> ChangedSignalReply:
    return ChangedSignalReply(
        change=one.change,
        record=one.record,
        signal=None if one.held is None else signal_reply(one.held),
    )


routes = Router(
    "/circles/{circle_id:str}", route_handlers=[list_circle_changes], tags=["circle signals"]
)
