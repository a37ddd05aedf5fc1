# SPDX-License-Identifier: Apache-2.0
"""Have we seen this?"""

from typing import Annotated, Any

from litestar import Request, Router, post
from litestar.params import JSONBody, QueryParameter

from nahmi.access.roles import Permission
from nahmi.api import hot_batch, hot_content, hot_match
from nahmi.api.contents import CONTENT, CONTENT_PROBLEMS, read_content
from nahmi.api.describing import Sample
from nahmi.api.fields import Fast, Variants
from nahmi.api.hot_batch import BatchBody, BatchReply
from nahmi.api.hot_content import ContentQuestion
from nahmi.api.hot_match import MatchBody, SignalBody
from nahmi.api.operations import operation
from nahmi.api.replies import AnswerReply, MatchReply
from nahmi.api.services import services_of
from nahmi.core.bank import Action
from nahmi.core.match import Verdict
from nahmi.errors import ErrorCode
from nahmi.protect.match_log import LONGEST_REFERENCE

AnyRequest = Request[Any, Any, Any]
_Reference = Annotated[
    str,
    QueryParameter(
        name="reference",
        max_length=LONGEST_REFERENCE,
        description="Your own name for the content, as it will stand in the match log.",
    ),
]
_OnlyBanks = Annotated[
    list[str] | None,
    QueryParameter(
        name="bank", description="Ask this bank only, by name; may be given several times."
    ),
]


_PDQ = SignalBody("pdq", "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22")
_ASKED = MatchBody([_PDQ], reference="upload-20260301-17")
_ANSWER = AnswerReply(
    Verdict.MATCH,
    Action.REVIEW,
    (MatchReply("HOTLINE_2026", "csam_ungraded", "pdq", 48_213, 12, 31, "original"),),
)
_PROBLEMS = (
    ErrorCode.BANK_MISSING,
    ErrorCode.SIGNAL_INVALID,
    ErrorCode.SIGNAL_TYPE_UNKNOWN,
    ErrorCode.BUDGET_SPENT,
    ErrorCode.INDEX_MISSING,
)


@operation(
    post,
    "/",
    permission=Permission.PROTECT_CONTENT_MATCH,
    summary="Match the signals of one item",
    sample=Sample(request=_ASKED, reply=_ANSWER),
    problems=_PROBLEMS,
    status=200,
)
async def match(request: AnyRequest, data: JSONBody[MatchBody]) -> AnswerReply:
    """Say whether one item of content is known, by the signals that you computed from it.

    A running node serves this route by a shorter way; both give the same answers.
    """
    return await hot_match.answer(services_of(request.app), request.user, data)


@operation(
    post,
    "/batch",
    permission=Permission.PROTECT_CONTENT_MATCH,
    summary="Match the signals of many items",
    sample=Sample(
        request=BatchBody([_ASKED, _ASKED]),
        reply=BatchReply([_ANSWER, AnswerReply(Verdict.NO_MATCH)]),
    ),
    problems=_PROBLEMS,
    status=200,
)
async def match_batch(request: AnyRequest, data: JSONBody[BatchBody]) -> BatchReply:
    """Say for each of many items of content whether it is known.

    The whole request is refused when one of its signals is invalid; nothing is spent then. A
    running node serves this route by a shorter way; both give the same answers.
    """
    return await hot_batch.answer(services_of(request.app), request.user, data)


@operation(
    post,
    "/content",
    permission=Permission.PROTECT_CONTENT_MATCH,
    summary="Match a file",
    sample=Sample(request=CONTENT, reply=_ANSWER),
    problems=(
        ErrorCode.BANK_MISSING,
        ErrorCode.BUDGET_SPENT,
        ErrorCode.INDEX_MISSING,
        *CONTENT_PROBLEMS,
    ),
    status=200,
)
async def match_content(
    request: AnyRequest,
    *,
    fast: Fast = False,
    variants: Variants = True,
    reference: _Reference = "",
    bank: _OnlyBanks = None,
) -> AnswerReply:
    """Say whether a file is known.

    Send it as the body, or as the one file of a multipart form. It is decoded in a sandboxed
    process and kept nowhere. A running node serves the first by a shorter way; both give the same
    answers.
    """
    service = services_of(request.app)
    content = await read_content(request, most_bytes=service.settings.limits.upload_bytes)
    question = ContentQuestion(
        fast=fast, variants=variants, reference=reference, banks=tuple(bank or ())
    )
    return await hot_content.answer(service, request.user, content, question)


routes = Router("/match", route_handlers=[match, match_batch, match_content], tags=["match"])
