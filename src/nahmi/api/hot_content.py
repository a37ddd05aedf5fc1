# SPDX-License-Identifier: Apache-2.0
"""`POST /api/v1/match/content`: what is asked, and what is answered, by whichever way it came."""

import asyncio
from typing import BinaryIO, Final
from urllib.parse import parse_qsl

import msgspec
from litestar.types import HTTPScope, Receive

from nahmi.access.identity import Principal
from nahmi.api.bodies import body_parts, spooled
from nahmi.api.hot_match import CHANNEL, replies
from nahmi.api.replies import AnswerReply
from nahmi.bootstrap.service import Service
from nahmi.flows.asking import Asked
from nahmi.protect.match_log import LONGEST_REFERENCE
from nahmi.protect.plan import FingerprintPlan, Mode

_BOOLEANS: Final = {"true": True, "false": False}
_MOST_FIELDS: Final = 100


class ContentQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """How content is asked about.

    Attributes:
        fast: Decode JPEG at reduced scale.
        variants: Also turned, mirrored and without its borders.
        reference: The caller's own name for the content.
        banks: Ask these banks only; all when empty.
    """

    fast: bool = False
    variants: bool = True
    reference: str = ""
    banks: tuple[str, ...] = ()


def plain_question(scope: HTTPScope) -> ContentQuestion | None:
    """What a request asks whose body is the content itself; None of one that needs a closer look.

    A form does, and so does a query string that is not as simple as can be: the framework reads it,
    and says what is wrong with it.
    """
    for name, value in scope["headers"]:
        if name == b"content-type" and b"multipart" in value.lower():
            return None
    query = scope["query_string"]
    if not query:
        return ContentQuestion()
    try:
        pairs = parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError:
        return None
    banks = tuple(value for name, value in pairs if name == "bank")
    single = {name: value for name, value in pairs if name != "bank"}
    flags = {
        name: _BOOLEANS.get(single.pop(name)) for name in ("fast", "variants") if name in single
    }
    reference = single.pop("reference", "")
    is_plain = (
        not single
        and len(pairs) == len(banks) + len(flags) + ("reference" in dict(pairs))
        and None not in flags.values()
        and len(reference) <= LONGEST_REFERENCE
    )
    if not is_plain:
        return None
    return ContentQuestion(
        fast=bool(flags.get("fast", False)),
        variants=bool(flags.get("variants", True)),
        reference=reference,
        banks=banks,
    )


async def reply(
    service: Service, principal: Principal, receive: Receive, question: ContentQuestion
) -> AnswerReply:
    """The answer to one request whose body is the content.

    Raises:
        MediaError: MEDIA_TOO_LARGE or MEDIA_EMPTY.
        RequestError: The caller went away.
        MediaError, RequestError, AccessError, StoreError, SignalIndexError: As `answer`.
    """
    most = service.settings.limits.upload_bytes
    content = await spooled(body_parts(receive), most_bytes=most)
    return await answer(service, principal, content, question)


async def answer(
    service: Service, principal: Principal, content: BinaryIO, question: ContentQuestion
) -> AnswerReply:
    """Say whether content is known.

    Args:
        service: The node.
        principal: Who asks.
        content: Closed at the end.
        question: How.

    Raises:
        MediaError: It cannot be decoded within its limits.
        RequestError: SERVICE_BUSY: too many wait for a decoder.
        AccessError: BUDGET_SPENT.
        StoreError: The store could not be asked, or a match could not be logged.
        SignalIndexError: The index could not be searched.
    """
    try:
        digests = service.asking.digests_wanted()
    except BaseException:
        content.close()
        raise
    plan = FingerprintPlan(
        mode=Mode.FAST if question.fast else Mode.EXACT,
        orientations=question.variants,
        trims=question.variants,
        digests=digests,
    )
    fingerprints = await service.decoders.fingerprint(content, plan)
    answered = await asyncio.to_thread(
        service.asking.ask,
        principal,
        [Asked(fingerprints, question.reference)],
        channel=CHANNEL,
        banks=question.banks,
    )
    [found] = await replies(service, principal, answered)
    return found
