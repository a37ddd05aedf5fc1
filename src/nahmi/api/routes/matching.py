# SPDX-License-Identifier: Apache-2.0
"""Have we seen this?"""

import asyncio
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Router, post
from litestar.params import FromQuery, JSONBody, QueryParameter

from nahmi.access.identity import Principal
from nahmi.access.roles import Permission
from nahmi.api import hot_match
from nahmi.api.authentication import requires
from nahmi.api.bodies import read_json
from nahmi.api.contents import read_content
from nahmi.api.hot_match import MatchBody
from nahmi.api.replies import AnswerReply
from nahmi.api.services import services_of
from nahmi.bootstrap.service import Service
from nahmi.errors import ErrorCode, RequestError
from nahmi.flows.asking import Asked
from nahmi.protect.plan import FingerprintPlan, Mode

AnyRequest = Request[Any, Any, Any]
_MATCH: Final = requires(Permission.PROTECT_CONTENT_MATCH)


class BatchBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked about many items of content.

    Attributes:
        items: Each as in a single request; at most `limits.batch` of them, 10,000 by default.
    """

    items: list[MatchBody]


class BatchReply(msgspec.Struct, frozen=True):
    """The answers, one for each item, in order."""

    answers: list[AnswerReply]


@post("/", status_code=200, guards=[_MATCH], summary="Match the signals of one item")
async def match(request: AnyRequest, data: JSONBody[MatchBody]) -> AnswerReply:
    """Say whether one item of content is known, by the signals that you computed from it.

    A running node serves this route by a shorter way; both give the same answers.
    """
    return await hot_match.answer(services_of(request.app), request.user, data)


@post("/batch", status_code=200, guards=[_MATCH], summary="Match the signals of many items")
async def match_batch(request: AnyRequest) -> BatchReply:
    """Say for each of many items of content whether it is known.

    The whole request is refused when one of its signals is invalid; nothing is spent then.
    """
    service = services_of(request.app)
    body = await read_json(request, BatchBody, most_bytes=service.settings.limits.json_bytes)
    most = service.settings.limits.batch
    if len(body.items) > most:
        raise RequestError(
            ErrorCode.REQUEST_TOO_LARGE,
            f"A batch has at most {most} items.",
            hint="Send several batches.",
        )
    return BatchReply(await _answers(service, request.user, body.items))


@post("/content", status_code=200, guards=[_MATCH], summary="Match a file")
async def match_content(
    request: AnyRequest,
    *,
    fast: FromQuery[bool] = False,
    variants: FromQuery[bool] = True,
    reference: FromQuery[str] = "",
    bank: Annotated[list[str] | None, QueryParameter(name="bank")] = None,
) -> AnswerReply:
    """Say whether a file is known.

    Send it as the body, or as the one file of a multipart form. It is decoded in a sandboxed
    process and kept nowhere.
    """
    service = services_of(request.app)
    content = await read_content(request, most_bytes=service.settings.limits.upload_bytes)
    plan = FingerprintPlan(
        mode=Mode.FAST if fast else Mode.EXACT, orientations=variants, trims=variants
    )
    fingerprints = await service.decoders.fingerprint(content, plan)
    answered = await asyncio.to_thread(
        service.asking.ask,
        request.user,
        [Asked(fingerprints, reference)],
        channel=hot_match.CHANNEL,
        banks=bank or [],
    )
    [reply] = await hot_match.replies(service, request.user, answered)
    return reply


async def _answers(
    service: Service, principal: Principal, items: list[MatchBody]
) -> list[AnswerReply]:
    """Answers in order; items that ask the same banks are searched together."""
    asked = [hot_match.asked_of(item) for item in items]
    groups: dict[tuple[str, ...], list[int]] = {}
    for at, item in enumerate(items):
        groups.setdefault(tuple(item.banks), []).append(at)
    answers: dict[int, AnswerReply] = {}
    for banks, places in groups.items():
        answered = await asyncio.to_thread(
            service.asking.ask_signals,
            principal,
            [asked[at] for at in places],
            channel=hot_match.CHANNEL,
            banks=banks,
        )
        found = await hot_match.replies(service, principal, answered)
        answers.update(zip(places, found, strict=True))
    return [answers[at] for at in range(len(items))]


routes = Router("/match", route_handlers=[match, match_batch, match_content], tags=["match"])
