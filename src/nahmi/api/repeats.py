# SPDX-License-Identifier: Apache-2.0
"""Requests that are sent twice: whoever names a request by an idempotency key has it done once.

1. The body is read and digested: the same key with another body is a mistake.
2. The key is claimed. Whoever finds it claimed gets the kept answer, or is told to wait.
3. The request is served as always, with the body that was read.
4. The answer is kept for a day and then given. Failures of the moment free the key; a field that is
   shown once is not kept.
"""

import secrets
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any, BinaryIO, Final

import anyio.to_thread
import msgspec
from litestar import Request
from litestar.middleware import ASGIMiddleware
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from nahmi.access.identity import Principal
from nahmi.api.bodies import spooled_body
from nahmi.api.operations import CHANGES_OPT, SECRET_OPT
from nahmi.api.services import services_of
from nahmi.bootstrap.service import Service
from nahmi.errors import ErrorCode, RequestError
from nahmi.operate.idempotency import (
    Begun,
    IdempotencyStore,
    Outcome,
    Response,
    check_key,
    fingerprint,
)

HEADER: Final = "idempotency-key"
REPLAYED: Final = "idempotency-replayed"
"""This header says that an answer was given before."""

_KEPT_HEADERS: Final = ("etag", "location")
_OF_THE_MOMENT: Final = frozenset({401, 403, 429})
_SUCCESS: Final = range(200, 300)
_CHUNK_BYTES: Final = 1 << 16


class Repeats(ASGIMiddleware):
    """Serves requests with an idempotency key once."""

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """See `litestar.middleware.ASGIMiddleware`."""
        request: Request[Any, Any, Any] = Request(scope, receive)
        key = request.headers.get(HEADER)
        options = request.route_handler.opt
        if key is None or not options.get(CHANGES_OPT):
            await next_app(scope, receive, send)
            return
        turn = _Turn(services_of(request.app), request.user, check_key(key))
        with await spooled_body(
            request.stream(), most_bytes=turn.service.settings.limits.upload_bytes
        ) as body:
            begun = await turn.begin(request, body)
            if begun.response is not None:
                await _replay(begun.response)(scope, receive, send)
                return
            answer = _Answer()
            try:
                await next_app(scope, _replayed(body), answer.send)
            except BaseException:
                await turn.abandon()
                raise
            # Kept before it is given: who has the answer gets the same one again from then on.
            await turn.complete(answer.kept(str(options.get(SECRET_OPT) or "")))
            for message in answer.messages:
                await send(message)


class _Turn:
    """One request with a key."""

    def __init__(self, service: Service, principal: Principal, key: str) -> None:
        self.service = service
        self._principal = principal
        self._key = key
        self._token = secrets.token_hex(16)
        self._store: IdempotencyStore = service.requests

    async def begin(self, request: Request[Any, Any, Any], body: BinaryIO) -> Begun:
        """Claim the key.

        Raises:
            RequestError: REQUEST_CONFLICT or REQUEST_IN_PROGRESS.
        """
        wanted = await anyio.to_thread.run_sync(self._fingerprint, request, body)
        begun = await anyio.to_thread.run_sync(self._begin, wanted)
        if begun.outcome is Outcome.CONFLICT:
            raise RequestError(
                ErrorCode.REQUEST_CONFLICT,
                "The idempotency key was used for another request.",
                hint="Use a new key for each request.",
            )
        if begun.outcome is Outcome.IN_PROGRESS:
            raise RequestError(
                ErrorCode.REQUEST_IN_PROGRESS,
                "The same request is being served.",
                hint="Send it again in a moment to get its answer.",
            )
        return begun

    async def complete(self, response: Response | None) -> None:
        """Keep the answer; None frees the key."""
        if response is None:
            await self.abandon()
            return
        await anyio.to_thread.run_sync(
            self._store.complete, self._principal.member_id, self._key, self._token, response
        )

    async def abandon(self) -> None:
        """The work was not done, or failed for the moment."""
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(
                self._store.abandon, self._principal.member_id, self._key, self._token
            )

    def _fingerprint(self, request: Request[Any, Any, Any], body: BinaryIO) -> bytes:
        digest = sha256()
        while chunk := body.read(_CHUNK_BYTES):
            digest.update(chunk)
        body.seek(0)
        path = f"{request.url.path}?{request.url.query}"
        # The content type belongs to the body: it decides how the body is read.
        kind = request.headers.get("content-type", "")
        return fingerprint(
            request.method, path, self._principal.name, kind.encode() + digest.digest()
        )

    def _begin(self, wanted: bytes) -> Begun:
        return self._store.begin(
            self._principal.member_id,
            self._key,
            wanted,
            now=self.service.clock(),
            token=self._token,
        )


class _Answer:
    """Holds an answer back; those of changes are short."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def send(self, message: Message) -> None:
        self.messages.append(message)

    def kept(self, secret: str) -> Response | None:
        """What is kept of it; None when it must not be given again."""
        start = self.messages[0] if self.messages else None
        if start is None or start["type"] != "http.response.start":
            return None
        status = start["status"]
        if status in _OF_THE_MOMENT:
            return None
        headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}
        body = b"".join(
            part["body"] for part in self.messages[1:] if part["type"] == "http.response.body"
        )
        return Response(
            status=status,
            media_type=headers.get("content-type", ""),
            body=_without(body, secret) if secret and status in _SUCCESS else body,
            headers={name: headers[name] for name in _KEPT_HEADERS if name in headers},
        )


def _without(body: bytes, secret: str) -> bytes:
    fields: dict[str, object] = msgspec.json.decode(body)
    return msgspec.json.encode({**fields, secret: None})


def _replay(response: Response) -> ASGIResponse:
    return ASGIResponse(
        body=response.body,
        status_code=response.status,
        media_type=response.media_type,
        headers={**response.headers, REPLAYED: "true"},
    )


def _replayed(body: BinaryIO) -> Receive:
    """The body that was read, as the server would hand it over."""
    chunks = _chunks(body)

    async def receive() -> Any:  # noqa: ANN401 - an ASGI message
        return await anext(chunks, {"type": "http.disconnect"})

    return receive


async def _chunks(body: BinaryIO) -> AsyncIterator[dict[str, object]]:
    more = True
    while more:
        chunk = body.read(_CHUNK_BYTES)
        more = len(chunk) == _CHUNK_BYTES
        yield {"type": "http.request", "body": chunk, "more_body": more}
