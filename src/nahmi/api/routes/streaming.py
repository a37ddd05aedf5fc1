# SPDX-License-Identifier: Apache-2.0
"""Many items, one line each: asked and answered while they come."""

from collections.abc import Sequence
from typing import Any, Final

import anyio.to_thread
import msgspec
from litestar import Request, Response, Router, post

from nahmi.access.identity import Principal
from nahmi.access.roles import Permission
from nahmi.api import hot_match
from nahmi.api.bodies import decoded, json_too_large
from nahmi.api.describing import RawBody, Sample
from nahmi.api.duplex import LONGEST_LINE, LinesResponse
from nahmi.api.hot_match import MatchBody, SignalBody
from nahmi.api.operations import operation
from nahmi.api.problems import Problem, problem_of
from nahmi.api.replies import AnswerReply
from nahmi.api.routes.jobs import NDJSON
from nahmi.api.services import services_of
from nahmi.bootstrap.service import Service
from nahmi.core.match import Verdict
from nahmi.errors import ErrorCode, NahmiError

AnyRequest = Request[Any, Any, Any]


class LineReply(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer to one line.

    Attributes:
        line: Its number, from 1.
        answer: On the item, as in a single request; left out when there is a problem.
        problem: Why the line was not answered; the others are.
    """

    line: int
    answer: AnswerReply | None = None
    problem: Problem | None = None


_OF_ONE_LINE: Final = frozenset(
    {
        ErrorCode.REQUEST_MALFORMED,
        ErrorCode.SIGNAL_INVALID,
        ErrorCode.SIGNAL_TYPE_UNKNOWN,
        ErrorCode.INPUT_INVALID,
        ErrorCode.PLUGIN_FAILED,
    }
)
_Result = AnswerReply | Problem
_encode: Final = msgspec.json.Encoder().encode
_SIGNAL = SignalBody("sha256", "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f98f7c1a5")
_LINE = _encode(MatchBody([_SIGNAL], reference="a-17")).decode()
_REPLY = _encode(LineReply(1, AnswerReply(Verdict.NO_MATCH))).decode()


@operation(
    post,
    "/stream",
    permission=Permission.PROTECT_CONTENT_MATCH,
    summary="Match many items as a stream",
    sample=Sample(request=RawBody((NDJSON,), _LINE + "\n"), reply=_REPLY + "\n"),
    status=200,
    media_type=NDJSON,
)
async def match_stream(request: AnyRequest) -> Response[str]:
    """Send items as NDJSON, each line as in a single request, and read their answers meanwhile.

    Each line is answered by one line, in order. A line that cannot be answered says why in its
    place, and the others are answered nevertheless. The stream may be of any length.
    """
    return LinesResponse(_Lines(services_of(request.app), request.user), media_type=NDJSON)


class _Lines:
    """Answers the lines of one request."""

    def __init__(self, service: Service, principal: Principal) -> None:
        self._service = service
        self._principal = principal
        self._line = 0

    async def __call__(self, lines: Sequence[bytes]) -> bytes:
        results: list[_Result | MatchBody | None] = [_parsed(line) for line in lines]
        groups: dict[tuple[str, ...], list[int]] = {}
        for at, body in enumerate(results):
            if isinstance(body, MatchBody):
                groups.setdefault(tuple(body.banks), []).append(at)
        for banks, places in groups.items():
            asked = [body for at in places if isinstance(body := results[at], MatchBody)]
            answers = await self._ask(asked, banks)
            for at, answer in zip(places, answers, strict=True):
                results[at] = answer
        return b"".join(self._replies(results))

    def _replies(self, results: Sequence[_Result | MatchBody | None]) -> list[bytes]:
        replies = []
        for result in results:
            self._line += 1
            if isinstance(result, AnswerReply):
                replies.append(_encode(LineReply(self._line, result)) + b"\n")
            elif isinstance(result, Problem):
                replies.append(_encode(LineReply(self._line, problem=result)) + b"\n")
        return replies

    async def _ask(self, bodies: Sequence[MatchBody], banks: Sequence[str]) -> list[_Result]:
        """An answer or a problem for each; what one got wrong is no other's problem."""
        try:
            for body in bodies:
                hot_match.check_count(body)
            answered = await anyio.to_thread.run_sync(
                lambda: self._service.asking.ask_signals(
                    self._principal, bodies, channel=hot_match.CHANNEL, banks=banks
                )
            )
            return [*await hot_match.replies(self._service, self._principal, answered)]
        except NahmiError as error:
            if len(bodies) > 1 and error.code in _OF_ONE_LINE:
                return [result for body in bodies for result in await self._ask([body], banks)]
            return [problem_of(error) for _ in bodies]


def _parsed(line: bytes) -> MatchBody | Problem | None:
    """What a line asks; None for an empty one, which is not answered."""
    if not line.strip():
        return None
    try:
        if len(line) > LONGEST_LINE:
            raise json_too_large(LONGEST_LINE)
        body: MatchBody = decoded(line, MatchBody)
    except NahmiError as error:
        return problem_of(error)
    return body


routes = Router("/match", route_handlers=[match_stream], tags=["match"])
