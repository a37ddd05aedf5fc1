# SPDX-License-Identifier: Apache-2.0
"""`POST /api/v1/match`: what it takes, and what it answers, by whichever way it was asked."""

import asyncio
from functools import partial
from typing import Final

import msgspec
from litestar.types import Receive

from nahmi.access.identity import Principal
from nahmi.api.bodies import decoded, json_body
from nahmi.api.replies import AnswerReply, answer_reply
from nahmi.bootstrap.service import Service
from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, RequestError
from nahmi.flows.asking import Answered, Unanswered
from nahmi.protect.signals.registry import signal_types

CHANNEL: Final = "api"


class SignalBody(Signal, frozen=True, rename={"signal_type": "type"}):
    """A signal in a request.

    Attributes:
        type: Such as `pdq`, `sha256` or `url`.
        value: In any spelling that its type accepts.
    """

    signal_type: str  # declared anew, or it would not be renamed
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


_decode: Final = msgspec.json.Decoder(MatchBody).decode
MOST_SIGNALS: Final = 100


async def reply(service: Service, principal: Principal, receive: Receive) -> AnswerReply:
    """The answer to one request.

    Raises:
        RequestError, InputError: It is not what is asked for.
        AccessError, StoreError, SignalIndexError: As `answer`.
    """
    body = await json_body(receive, most_bytes=service.settings.limits.json_bytes)
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
    check_count(asked)
    begin = partial(service.asking.begin, principal, [asked], channel=CHANNEL, banks=asked.banks)
    kinds = signal_types()
    is_prompt = all(kinds.get(signal.signal_type).is_prompt for signal in asked.signals)
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


def check_count(body: MatchBody) -> None:
    """Refuse a request without signals, or with too many.

    Raises:
        RequestError: REQUEST_MALFORMED.
    """
    if not 1 <= len(body.signals) <= MOST_SIGNALS:
        raise RequestError(
            ErrorCode.REQUEST_MALFORMED,
            f"One request asks about 1 to {MOST_SIGNALS} signals of one item of content.",
            hint="Ask about many items with /api/v1/match/batch.",
        )
