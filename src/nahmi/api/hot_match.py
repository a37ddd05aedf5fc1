# SPDX-License-Identifier: Apache-2.0
"""The hottest call, `POST /api/v1/match`, without a framework between socket and index.

A platform makes this call for every upload. Litestar's routing, dependency injection and response
classes would cost as much as the search itself (docs/adr/0009), so this route speaks ASGI. It is
described in the interface's schema like every other, and answers with the same words.
"""

import asyncio
import logging
from functools import partial
from time import monotonic
from typing import Final

import msgspec
from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import HTTPScope, Receive, Scope, Send

from nahmi.access.identity import Principal
from nahmi.access.roles import Permission
from nahmi.api.authentication import check
from nahmi.api.bare import send_json, send_problem
from nahmi.api.bodies import decoded, json_too_large
from nahmi.api.problems import Problem, problem_of, unforeseen
from nahmi.api.replies import AnswerReply, answer_reply
from nahmi.bootstrap.request_ids import next_request_id
from nahmi.bootstrap.requests import Attended, RequestLog, Served
from nahmi.bootstrap.service import Service
from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, NahmiError, RequestError
from nahmi.flows.asking import Answered, AskedSignals, Unanswered
from nahmi.protect.signals.registry import signal_types

PATH: Final = "/api/v1/match"
CHANNEL: Final = "api"
_log = logging.getLogger("nahmi.api")


class SignalBody(msgspec.Struct, frozen=True):
    """A signal in a request.

    Attributes:
        type: Such as `pdq`, `sha256` or `url`.
        value: In any spelling that its type accepts.
    """

    type: str
    value: str


class MatchBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked about one item of content.

    Attributes:
        signals: Everything that was computed from it, at least one, at most 100.
        banks: Ask these banks only; all that the key may ask when empty.
        reference: Your own name for the item, for the match log; never personal data.
    """

    signals: list[SignalBody]
    banks: list[str] = []
    reference: str = ""


_decode = msgspec.json.Decoder(MatchBody).decode
MOST_SIGNALS: Final = 100


class HotMatch:
    """Serves the hot route and passes everything else on.

    Args:
        app: Everything else.
        requests: Takes note of requests.
    """

    def __init__(self, app: Litestar, requests: RequestLog) -> None:
        self.app = app
        self.requests = requests
        self.service: Service | None = None
        self._rest = Attended(app, requests)
        self._calm_s = requests.calm_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, as ASGI has it."""
        if (
            self.service is None
            or scope["type"] != ScopeType.HTTP
            or scope["path"] != PATH
            or scope["method"] != "POST"
        ):
            await self._rest(scope, receive, send)
            return
        began = monotonic()
        request_id = next_request_id()
        principal: Principal | None = None
        problem: Problem | None = None
        try:
            principal = self.service.keys.principal(_authorization(scope))
            reply = await _answer(self.service, principal, receive)
            await send_json(send, reply, request_id)
        except NahmiError as error:
            problem = problem_of(error, request_id)
            await send_problem(send, problem)
        except Exception:  # noqa: BLE001 - whatever fails, the caller gets an answer
            _log.exception("request:fail", extra={"request_id": request_id})
            problem = unforeseen(request_id)
            await send_problem(send, problem)
        took_s = monotonic() - began
        if problem is not None or took_s >= self._calm_s:
            self._note(request_id, principal, problem, took_s)

    def _note(
        self, request_id: str, principal: Principal | None, problem: Problem | None, took_s: float
    ) -> None:
        self.requests.note(
            Served(
                request_id=request_id,
                method="POST",
                route=PATH,
                status=200 if problem is None else problem.status,
                took_s=took_s,
                principal=principal,
                code="" if problem is None else problem.code,
            )
        )


async def _answer(service: Service, principal: Principal, receive: Receive) -> AnswerReply:
    check(principal, Permission.PROTECT_CONTENT_MATCH)
    body = await _body(receive, service.settings.limits.json_bytes)
    try:
        asked = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        asked = decoded(body, MatchBody)  # says what is wrong
    return await answer(service, principal, asked)


async def answer(service: Service, principal: Principal, asked: MatchBody) -> AnswerReply:
    """The answer to one request.

    Raises:
        InputError: A signal is invalid.
        RequestError: There are no signals, or too many.
        AccessError: BUDGET_SPENT.
        StoreError: The store could not be asked.
        SignalIndexError: The index could not be searched.
    """
    begin = partial(
        service.asking.begin,
        principal,
        [asked_of(asked)],
        channel=CHANNEL,
        banks=asked.banks,
    )
    kinds = signal_types()
    is_prompt = all(kinds.get(signal.type).is_prompt for signal in asked.signals)
    begun = begin() if is_prompt else await asyncio.to_thread(begin)
    answered = await asyncio.to_thread(begun.finish) if isinstance(begun, Unanswered) else begun
    [reply] = await replies(service, principal, answered)
    return reply


async def replies(service: Service, principal: Principal, answered: Answered) -> list[AnswerReply]:
    """What the caller is told, once what must be written is on disk.

    Raises:
        StoreError: A match could not be logged, so nobody may be told of it.
    """
    if answered.record is not None:
        await service.recorder.record(answered.record)
    if answered.delay_s:
        await asyncio.sleep(answered.delay_s)
    return [answer_reply(answer, principal) for answer in answered.answers]


def asked_of(body: MatchBody) -> AskedSignals:
    """What a request asks about.

    Raises:
        RequestError: REQUEST_MALFORMED: no signal or too many.
    """
    if not 1 <= len(body.signals) <= MOST_SIGNALS:
        raise RequestError(
            ErrorCode.REQUEST_MALFORMED,
            f"One request asks about 1 to {MOST_SIGNALS} signals of one item of content.",
            hint="Ask about many items with /api/v1/match/batch.",
        )
    return AskedSignals([Signal(item.type, item.value) for item in body.signals], body.reference)


def _authorization(scope: HTTPScope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"authorization":
            return value.decode("latin-1")
    return None


async def _body(receive: Receive, most_bytes: int) -> bytes:
    parts: list[bytes] = []
    total = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise RequestError(ErrorCode.REQUEST_MALFORMED, "The caller went away.")
        part = message["body"]
        total += len(part)
        if total > most_bytes:
            raise json_too_large(most_bytes)
        parts.append(part)
        if not message["more_body"]:
            return parts[0] if len(parts) == 1 else b"".join(parts)
