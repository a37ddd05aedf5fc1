# SPDX-License-Identifier: Apache-2.0
"""Which node asks: its request's signature, and the member that its key belongs to."""

from typing import Any

import anyio.to_thread
from litestar import Request

from nahmi.api.services import services_of
from nahmi.bootstrap.circles import Circles
from nahmi.errors import ErrorCode, PartnerError, RequestError
from nahmi.partner.base64_texts import read_base64
from nahmi.partner.circles.members import CircleMember
from nahmi.partner.keys import PublicKey, read_public_key
from nahmi.partner.ports.circle import Circle
from nahmi.partner.requests.fields import digest_of
from nahmi.partner.requests.head import RequestHead
from nahmi.partner.requests.verifying import FindKey

AnyRequest = Request[Any, Any, Any]


class AskingNode:
    """A member's node whose request is genuine.

    Attributes:
        circles: What this node does with circles.
        circle: The circle that it asks about.
        member: Who asks.
        kid: With which key.
        body: What came with the request.
    """

    def __init__(
        self, circles: Circles, circle: Circle, member: CircleMember, kid: str, body: bytes
    ) -> None:
        self.circles = circles
        self.circle = circle
        self.member = member
        self.kid = kid
        self.body = body


async def asking_node(request: AnyRequest, circle_id: str) -> AskingNode:
    """The node that asks about a circle.

    Raises:
        AccessError: The request is not signed as it must be, or was served before.
        PartnerError: CIRCLE_MISSING, CIRCLE_DENIED or CIRCLE_STOPPED.
        RequestError: REQUEST_TOO_LARGE.
    """
    circles = services_of(request.app).circles
    key, body = await _signed(request, circles, lambda kid: _member_key(circles, circle_id, kid))
    circle, member = await anyio.to_thread.run_sync(circles.handing_out.admit, circle_id, key.kid)
    return AskingNode(circles, circle, member, key.kid, body)


async def asking_stranger(request: AnyRequest, public: str, body: bytes) -> None:
    """Check a request of whoever is no member so far, signed with the key that it names.

    Args:
        request: The request.
        public: The key, base64.
        body: What came with the request.

    Raises:
        As `asking_node`.
    """
    circles = services_of(request.app).circles
    key = read_public_key(read_base64(public) or b"")
    await _signed(request, circles, lambda kid: key if kid == key.kid else None, body)


async def _signed(
    request: AnyRequest, circles: Circles, find: FindKey, body: bytes | None = None
) -> tuple[PublicKey, bytes]:
    verifier = circles.verifier(find)
    now_s = int(services_of(request.app).clock().timestamp())
    signed = await anyio.to_thread.run_sync(
        lambda: verifier.verify_head(_head(request), now_s=now_s)
    )
    if body is None:
        body = await capped_body(request)
    await anyio.to_thread.run_sync(verifier.claim, signed, digest_of(body))
    return signed.key, body


async def capped_body(request: AnyRequest) -> bytes:
    """What came with a request; it can be asked for once.

    Raises:
        RequestError: REQUEST_TOO_LARGE.
    """
    most = services_of(request.app).settings.limits.json_bytes
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            raise RequestError(
                ErrorCode.REQUEST_TOO_LARGE,
                f"The body has more than {most} bytes.",
                hint="Hand statements in in smaller parts.",
            )
    return bytes(body)


def _head(request: AnyRequest) -> RequestHead:
    scope = request.scope
    path = (scope.get("raw_path") or b"").decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    headers = tuple(
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]
    )
    authority = next((value for name, value in headers if name == "host"), "")
    target = f"{path}?{query}" if query else path
    return RequestHead(
        method=str(scope["method"]), authority=authority, target=target, headers=headers
    )


def _member_key(circles: Circles, circle_id: str, kid: str) -> PublicKey | None:
    """A key of somebody who is in the circle's roster; others are not told that it is here."""
    try:
        roster = circles.circles.circle(circle_id).roster.roster
    except PartnerError:
        return None
    member = roster.member_of_key(kid)
    key = None if member is None else member.key(kid)
    return None if key is None else read_public_key(read_base64(key.public) or b"")
