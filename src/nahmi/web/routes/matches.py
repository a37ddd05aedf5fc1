# SPDX-License-Identifier: Apache-2.0
"""Trying a file, and the match log."""

import io
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import anyio
import anyio.to_thread
from litestar import Response
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath

from nahmi.access.roles import Permission
from nahmi.core.bank import Action, Bank
from nahmi.core.match import Match
from nahmi.core.signal import ContentFingerprints
from nahmi.errors import ErrorCode, MediaError, NahmiError
from nahmi.flows.asking import Answer, Asked
from nahmi.protect.match_log import LoggedHit, LoggedMatch, MatchFilter
from nahmi.protect.plan import FingerprintPlan, Mode
from nahmi.web.routes.gates import action, page
from nahmi.web.typed import Typed
from nahmi.web.views import matches as shown
from nahmi.web.views.base import Form, Paging
from nahmi.web.visits import Visit
from nahmi.web.writing import whole_number

CHANNEL: Final = "console"
PAGE: Final = 50
_REFERENCE: Final = 200


@page("/try", Permission.PROTECT_CONTENT_MATCH)
def show_try(visit: NamedDependency[Visit]) -> Response[str]:
    """A form for a file."""
    return visit.show(_view(visit))


@action("/try", Permission.PROTECT_CONTENT_MATCH, is_async=True)
async def try_file(visit: NamedDependency[Visit], typed: NamedDependency[Typed]) -> Response[str]:
    """Whether a file matches. It is decoded in a sandboxed process and kept nowhere."""
    file = typed.file("file")
    if file is None:
        return visit.again(_view(visit, typed.form()))
    try:
        began = time.monotonic()
        content, answer = await _ask(visit, file)
    except NahmiError as error:
        return visit.again(_view(visit, typed.form(error, field="file")))
    took_ms = round(1000 * (time.monotonic() - began))
    return visit.show(_view(visit, result=_result(visit, file, content, answer, took_ms)))


async def _ask(visit: Visit, file: UploadFile) -> tuple[ContentFingerprints, Answer]:
    service = visit.service
    plan = FingerprintPlan(mode=Mode.EXACT, orientations=True, trims=True)
    content = await service.decoders.fingerprint(await spooled(file), plan)
    reference = printable(file.filename)[:_REFERENCE]
    answered = await anyio.to_thread.run_sync(
        lambda: service.asking.ask(visit.principal, [Asked(content, reference)], channel=CHANNEL)
    )
    if answered.record is not None:
        await service.recorder.record(answered.record)
    if answered.delay_s:
        await anyio.sleep(answered.delay_s)
    return content, answered.answers[0]


async def spooled(file: UploadFile) -> io.BytesIO:
    """An uploaded file in memory; it was measured before it was read.

    Raises:
        MediaError: MEDIA_EMPTY.
    """
    content = await file.read()
    await file.close()
    if not content:
        raise MediaError(ErrorCode.MEDIA_EMPTY, "The file is empty.")
    return io.BytesIO(content)


def printable(text: str) -> str:
    """A text without control characters, such as a file's name may hold."""
    return "".join(one for one in text if one.isprintable())


def _result(
    visit: Visit, file: UploadFile, content: ContentFingerprints, answer: Answer, took_ms: int
) -> shown.TryResult:
    grades = [one.quality for one in content.fingerprints if one.quality is not None]
    return shown.TryResult(
        file_name=file.filename,
        size_bytes=content.size_bytes,
        media_type=content.media_type,
        width=content.width,
        height=content.height,
        frame_count=content.frame_count,
        quality=max(grades, default=None),
        verdict=answer.found.verdict,
        action=answer.decision.action,
        hits=tuple(_hit(visit, one) for one in answer.found.matches),
        took_ms=took_ms,
    )


def _hit(visit: Visit, match: Match) -> shown.HitRow:
    who = visit.principal
    is_own = match.bank.member_id == who.member_id
    may_see_entry = is_own and who.may(Permission.PROTECT_ENTRY_READ)
    return shown.HitRow(
        bank=match.bank.name,
        bank_id=match.bank.bank_id if is_own else None,
        category=match.bank.category,
        entry_id=match.entry.entry_id if may_see_entry else None,
        signal_type=match.signal_type,
        distance=match.distance if who.may(Permission.PROTECT_DISTANCE_READ) else None,
        limit_bits=match.limit_bits,
        variant=match.variant,
        frame=match.frame,
        source=match.entry.draft.source if may_see_entry else "",
    )


def _view(
    visit: Visit, form: Form | None = None, result: shown.TryResult | None = None
) -> shown.TryFile:
    most = visit.service.settings.limits.upload_bytes
    return shown.TryFile(form=form or Form(), result=result, most_bytes=most)


@page("/matches", Permission.PROTECT_MATCH_READ)
def list_matches(visit: NamedDependency[Visit]) -> Response[str]:
    """The match log, newest first."""
    given = visit.request.query_params
    names = ("bank", "action", "principal", "reference", "since", "until")
    filters = shown.MatchFilter(**{name: given.get(name, "").strip() for name in names})
    before = whole_number(given.get("after", ""))
    found = visit.service.match_log.matches(
        visit.principal.member_id, _wanted(filters), before=before, limit=PAGE + 1
    )
    banks = banks_of(visit)
    rows = found[:PAGE]
    return visit.show(
        shown.MatchLog(
            filters=filters,
            banks=tuple(banks.values()),
            rows=tuple(match_row(one, bank_names(visit)) for one in rows),
            paging=Paging(
                following=str(rows[-1].match_id) if len(found) > PAGE else "",
                is_first=before is None,
            ),
        )
    )


@page("/matches/{match_id:int}", Permission.PROTECT_MATCH_READ)
def show_match(visit: NamedDependency[Visit], match_id: FromPath[int]) -> Response[str]:
    """One match with its evidence."""
    found = visit.service.match_log.match(match_id, member_id=visit.principal.member_id)
    banks = banks_of(visit)
    return visit.show(
        shown.MatchPage(
            row=match_row(found, {number: bank.name for number, bank in banks.items()}),
            channel=found.event.channel,
            hits=tuple(_logged(visit, hit, banks) for hit in found.event.hits),
        )
    )


def _wanted(filters: shown.MatchFilter) -> MatchFilter:
    return MatchFilter(
        since=moment(filters.since),
        until=moment(filters.until),
        bank_id=whole_number(filters.bank),
        action=next((one for one in Action if one.value == filters.action), None),
        principal=filters.principal or None,
        reference=filters.reference or None,
    )


def moment(text: str) -> datetime | None:
    """A moment of a filter; None when it is none."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
    except ValueError:
        return None


def banks_of(visit: Visit) -> dict[int, Bank]:
    """The member's banks by number, deleted ones too."""
    found = visit.journeys.curating.banks(visit.principal, include_deleted=True)
    return {bank.bank_id: bank for bank in found}


def bank_names(visit: Visit) -> dict[int, str]:
    """The names of the member's banks by number."""
    return {number: bank.name for number, bank in banks_of(visit).items()}


def match_row(match: LoggedMatch, names: Mapping[int, str]) -> shown.MatchRow:
    """A match in the log; a bank of another member is shown by its number."""
    numbers = dict.fromkeys(hit.bank_id for hit in match.event.hits)
    return shown.MatchRow(
        event_id=match.match_id,
        at=match.event.at,
        banks=tuple(names.get(number, f"#{number}") for number in numbers),
        action=match.event.action,
        principal=match.event.principal,
        reference=match.event.reference,
        hits=len(match.event.hits),
    )


def _logged(visit: Visit, hit: LoggedHit, banks: Mapping[int, Bank]) -> shown.HitRow:
    who = visit.principal
    bank = banks.get(hit.bank_id)
    may_see_entry = bank is not None and who.may(Permission.PROTECT_ENTRY_READ)
    return shown.HitRow(
        bank=bank.name if bank else f"#{hit.bank_id}",
        bank_id=bank.bank_id if bank else None,
        category=hit.category,
        entry_id=hit.entry_id if may_see_entry else None,
        signal_type=hit.signal_type,
        distance=hit.distance if who.may(Permission.PROTECT_DISTANCE_READ) else None,
        limit_bits=hit.limit_bits,
        variant=hit.variant,
        frame=hit.frame,
    )


ROUTES = [show_try, try_file, list_matches, show_match]
