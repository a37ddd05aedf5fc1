# SPDX-License-Identifier: Apache-2.0
"""`/m`: the matcher."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from litestar import Request, Router, get, post
from litestar.params import FromQuery, JSONBody

from nahmi.access.roles import Permission
from nahmi.api.authentication import requires
from nahmi.api.hma import names
from nahmi.api.hma.contents import fetched, signals_of, uploaded
from nahmi.api.services import services_of
from nahmi.bootstrap.requests import ASKS_OPT
from nahmi.core.match import Match
from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, InputError
from nahmi.protect.signal_type import IndexKind
from nahmi.protect.signals.registry import signal_types

AnyRequest = Request[Any, Any, Any]
Found = dict[str, list[dict[str, Any]]]
CHANNEL = "hma"
_MATCH = requires(Permission.PROTECT_CONTENT_MATCH)
_COMPARED = 2


class _Asked(msgspec.Struct, frozen=True):
    """As `nahmi.flows.asking.AskedSignals`; nobody there says what it is about."""

    signals: Sequence[Signal]
    reference: str = ""


@get("/lookup", guards=[_MATCH], summary="Look up a signal, or content at an address")
async def lookup(  # noqa: PLR0913, PLR0917 - the query of the other service
    request: AnyRequest,
    signal: FromQuery[str | None] = None,
    signal_type: FromQuery[str | None] = None,
    url: FromQuery[str | None] = None,
    content_type: FromQuery[str] = "photo",
    types: FromQuery[str | None] = None,
    banks: FromQuery[str | None] = None,
) -> dict[str, Any]:
    """What matches, by bank; for an address by signal type and bank."""
    if url is not None:
        found = await signals_of(request, content_type, await fetched(request, url), types)
        return await _by_type(request, found, banks)
    if signal is None or signal_type is None:
        raise InputError(
            ErrorCode.INPUT_INVALID, "Either url, or signal and signal_type is needed."
        )
    return _by_bank(request, await _matches(request, signal_type, signal, banks))


@post("/lookup", status_code=200, guards=[_MATCH], summary="Look up a file")
async def lookup_file(
    request: AnyRequest,
    types: FromQuery[str | None] = None,
    banks: FromQuery[str | None] = None,
) -> dict[str, Found]:
    """What the one file of a form matches, by signal type and bank."""
    content_type, content = await uploaded(request)
    return await _by_type(request, await signals_of(request, content_type, content, types), banks)


@get("/raw_lookup", guards=[_MATCH], summary="Look up a signal, without banks")
async def raw_lookup(
    request: AnyRequest,
    signal: FromQuery[str],
    signal_type: FromQuery[str],
    *,
    banks: FromQuery[str | None] = None,
    include_distance: FromQuery[bool] = False,
) -> dict[str, Any]:
    """The numbers of what matches; deleted and disabled content never does."""
    found = await _matches(request, signal_type, signal, banks)
    if include_distance:
        return {"matches": [_content(request, match) for match in found]}
    return {"matches": [match.entry.entry_id for match in found]}


@get("/index/status", guards=[_MATCH], sync_to_thread=True, summary="Status of the index")
def index_status(request: AnyRequest, signal_type: FromQuery[str | None] = None) -> dict[str, Any]:
    """Whether the index is there, up to which change, and how large it is."""
    status = services_of(request.app).node.index.status()
    every = {"pdq": {"present": True, "built_to": status.watermark, "size": status.signals}}
    return {
        name: every.get(name, {"present": True, "built_to": -1, "size": 0})
        for name in ([signal_type] if signal_type else every)
    }


@post(
    "/compare",
    status_code=200,
    guards=[_MATCH],
    sync_to_thread=True,
    summary="Compare two signals",
)
def compare(data: JSONBody[dict[str, list[str]]]) -> dict[str, Any]:
    """For each type whether its two signals count as the same, and how far apart they are."""
    return {name: _compared(name, pair) for name, pair in data.items()}


def _compared(name: str, pair: list[str]) -> list[Any]:
    if len(pair) != _COMPARED:
        raise InputError(ErrorCode.INPUT_INVALID, "Two signals are compared.")
    kind = signal_types().get(names.ours(name))
    found = kind.compare(kind.validate(pair[0]), kind.question(pair[1]))
    return [found.is_match, {"distance": found.distance}]


async def _by_type(
    request: AnyRequest, signals: dict[str, str], banks: str | None
) -> dict[str, Found]:
    """Signals that could not be computed match nothing, as there."""
    return {
        name: _by_bank(request, await _matches(request, name, value, banks)) if value else {}
        for name, value in signals.items()
    }


async def _matches(
    request: AnyRequest, signal_type: str, value: str, banks: str | None
) -> tuple[Match, ...]:
    service = services_of(request.app)
    asked = _Asked([Signal(names.ours(signal_type), value)])
    answered = await asyncio.to_thread(
        service.asking.ask_signals,
        request.user,
        [asked],
        channel=CHANNEL,
        banks=names.listed(banks),
    )
    if answered.record is not None:
        await service.recorder.record(answered.record)
    if answered.delay_s:
        await asyncio.sleep(answered.delay_s)
    return answered.answers[0].found.matches


def _by_bank(request: AnyRequest, matches: Iterable[Match]) -> Found:
    found: Found = {}
    for match in matches:
        found.setdefault(match.bank.name, []).append(_content(request, match))
    return found


def _content(request: AnyRequest, match: Match) -> dict[str, Any]:
    """One match; who may not see distances is shown none."""
    is_exact = signal_types().index_kind(match.signal_type) is IndexKind.EXACT
    may_see = request.user.may(Permission.PROTECT_DISTANCE_READ) and not is_exact
    distance = str(match.distance) if may_see else "-"
    return {"bank_content_id": match.entry.entry_id, "distance": distance}


routes = Router(
    "/m",
    route_handlers=[lookup, lookup_file, raw_lookup, index_status, compare],
    opt={ASKS_OPT: True},
)
