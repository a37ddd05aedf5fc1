# SPDX-License-Identifier: Apache-2.0
"""`POST /api/v1/match/batch`: what it takes, and what it answers, by whichever way it was asked."""

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec
from litestar.types import Receive

from nahmi.access.identity import Principal
from nahmi.api.bodies import decoded, json_body
from nahmi.api.hot_match import CHANNEL, MatchBody, check_count, replies
from nahmi.api.replies import AnswerReply
from nahmi.bootstrap.service import Service
from nahmi.errors import ErrorCode, RequestError
from nahmi.flows.asking import Answered


class BatchBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked about many items of content.

    Attributes:
        items: Each as in a single request; at most `limits.batch` of them, 10,000 by default.
    """

    items: list[MatchBody]


class BatchReply(msgspec.Struct, frozen=True):
    """The answers, one for each item, in order."""

    answers: list[AnswerReply]


_decode: Final = msgspec.json.Decoder(BatchBody).decode
_Places = Sequence[int]
"""Numbers of items that ask the same banks."""


async def reply(service: Service, principal: Principal, receive: Receive) -> BatchReply:
    """The answers to one request.

    Raises:
        RequestError, InputError: It is not what is asked for.
        AccessError, StoreError, SignalIndexError: As `answer`.
    """
    body = await json_body(receive, most_bytes=service.settings.limits.json_bytes)

    # A batch is work for tens of milliseconds, from its first byte on: none for the event loop.
    def ask() -> tuple[int, list[tuple[_Places, Answered]]]:
        try:
            batch = _decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            batch = decoded(body, BatchBody)  # says what is wrong
        return len(batch.items), _ask(service, principal, batch)

    loop = asyncio.get_running_loop()
    count, answered = await loop.run_in_executor(service.batches, ask)
    return await _reply(service, principal, count, answered)


async def answer(service: Service, principal: Principal, batch: BatchBody) -> BatchReply:
    """The answers to one request; it is answered whole or not at all.

    Raises:
        RequestError: There are too many items, or one has no signals or too many.
        InputError: A signal is invalid; nothing was spent.
        AccessError: BUDGET_SPENT.
        StoreError: The store could not be asked, or a match could not be logged.
        SignalIndexError: The index could not be searched.
    """
    loop = asyncio.get_running_loop()
    answered = await loop.run_in_executor(service.batches, _ask, service, principal, batch)
    return await _reply(service, principal, len(batch.items), answered)


def _ask(
    service: Service, principal: Principal, batch: BatchBody
) -> list[tuple[_Places, Answered]]:
    """Items that ask the same banks are searched together."""
    most = service.settings.limits.batch
    if len(batch.items) > most:
        raise RequestError(
            ErrorCode.REQUEST_TOO_LARGE,
            f"A batch has at most {most} items.",
            hint="Send several batches.",
        )
    groups: dict[tuple[str, ...], list[int]] = {}
    for at, item in enumerate(batch.items):
        check_count(item)
        groups.setdefault(tuple(item.banks), []).append(at)
    if len(groups) > 1:
        service.asking.check(batch.items)
    return [
        (
            places,
            service.asking.ask_signals(
                principal, [batch.items[at] for at in places], channel=CHANNEL, banks=banks
            ),
        )
        for banks, places in groups.items()
    ]


async def _reply(
    service: Service,
    principal: Principal,
    count: int,
    answered: Sequence[tuple[_Places, Answered]],
) -> BatchReply:
    if len(answered) == 1:
        return BatchReply(await replies(service, principal, answered[0][1]))
    answers: dict[int, AnswerReply] = {}
    for places, group in answered:
        found = await replies(service, principal, group)
        answers.update(zip(places, found, strict=True))
    return BatchReply([answers[at] for at in range(count)])
