# SPDX-License-Identifier: Apache-2.0
"""The first page."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Final

from litestar import Response
from litestar.di import NamedDependency

from nahmi.access.roles import Permission
from nahmi.core.bank import Action
from nahmi.core.match import Verdict
from nahmi.operate.webhooks import MESSAGE_KIND
from nahmi.protect.match_log import MatchesInStep, MatchFilter, Step
from nahmi.web.routes.gates import page
from nahmi.web.routes.matches import bank_names, match_row
from nahmi.web.views.dashboard import (
    BankShare,
    Dashboard,
    Health,
    matches_chart,
    queries_chart,
)
from nahmi.web.views.matches import MatchRow
from nahmi.web.visits import Visit

DAYS: Final = 14
_RECENT: Final = 5


@page("/", Permission.NODE_STATUS_READ)
def show_dashboard(visit: NamedDependency[Visit]) -> Response[str]:
    """What was asked and found, and how the node is."""
    today = visit.service.clock().astimezone(UTC).date()
    days = [today - timedelta(days=ago) for ago in reversed(range(DAYS))]
    since = datetime.combine(days[0], time(), UTC)
    until = datetime.combine(today + timedelta(days=1), time(), UTC)
    log, member = visit.service.match_log, visit.principal.member_id
    queries = log.queries(member, since=since, until=until, step=Step.DAY)
    matched = log.matches_in_banks(member, since=since, until=until, step=Step.DAY)
    asked = Counter[int]()
    found = Counter[int]()
    for one in queries:
        at = (one.start.date() - days[0]).days
        asked[at] += one.count
        found[at] += one.count if one.verdict is Verdict.MATCH else 0
    by_action = {
        action: [_sum(matched, action, days[0] + timedelta(days=at)) for at in range(DAYS)]
        for action in Action
    }
    shares = _shares(visit, matched)
    return visit.show(
        Dashboard(
            matches_today=found[DAYS - 1],
            queries_today=asked[DAYS - 1],
            entries=sum(share.entries for share in shares),
            matches=matches_chart(days, by_action, visit.words, visit.writes),
            queries=queries_chart(
                days, [asked[at] for at in range(DAYS)], visit.words, visit.writes
            ),
            banks=shares,
            health=_health(visit),
            recent=_recent(visit),
        )
    )


def _sum(matched: Sequence[MatchesInStep], action: Action, day: object) -> int:
    return sum(one.count for one in matched if one.action is action and one.start.date() == day)


def _shares(visit: Visit, matched: Sequence[MatchesInStep]) -> tuple[BankShare, ...]:
    if not visit.principal.may(Permission.PROTECT_BANK_READ):
        return ()
    counts = Counter[int]()
    for one in matched:
        counts[one.bank_id] += one.count
    curating = visit.journeys.curating
    shares = [
        BankShare(
            bank_id=bank.bank_id,
            name=bank.name,
            category=bank.category,
            entries=curating.count(visit.principal, bank.bank_id),
            matches=counts[bank.bank_id],
            is_enabled=bank.is_enabled,
        )
        for bank in curating.banks(visit.principal)
    ]
    return tuple(sorted(shares, key=lambda share: (-share.matches, share.name)))


def _health(visit: Visit) -> Health:
    service = visit.service
    depth = service.outbox.depth(MESSAGE_KIND)
    return Health(
        index_signals=service.node.index.status().signals,
        index_age_s=service.follower.age_s,
        decoding=service.decoders.under_way,
        workers=service.decoders.workers,
        messages_waiting=depth.waiting,
        messages_dead=depth.dead,
    )


def _recent(visit: Visit) -> tuple[MatchRow, ...]:
    if not visit.principal.may(Permission.PROTECT_MATCH_READ):
        return ()
    found = visit.service.match_log.matches(visit.principal.member_id, MatchFilter(), limit=_RECENT)
    names = bank_names(visit)
    return tuple(match_row(one, names) for one in found)


ROUTES = [show_dashboard]
