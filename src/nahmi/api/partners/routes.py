# SPDX-License-Identifier: Apache-2.0
"""The routes for other nodes; `docs/reference/circles.md` describes them.

They stand apart from the interface for this organisation's own people and machines: who asks is
known by a signature, and not by an API key.
"""

from collections.abc import Callable
from typing import Annotated, Any, Final

import anyio
import anyio.to_thread
import msgspec
import zstandard
from litestar import Request, Response, Router, get, post
from litestar.params import PathParameter, QueryParameter

from nahmi.api.partners.asking import AskingNode, asking_node, asking_stranger, capped_body
from nahmi.api.services import services_of
from nahmi.errors import ErrorCode, PartnerError
from nahmi.flows.circles.handing_out import MOST_A_PAGE
from nahmi.flows.circles.looking import signed_size
from nahmi.operate.changes import Topic
from nahmi.partner.invitations import Application, digest_of, invalid
from nahmi.partner.node_interface import PREFIX, write_hashes, write_withdrawals
from nahmi.partner.notes import LARGEST_NOTE
from nahmi.partner.pages import read_lines
from nahmi.partner.ports.circle import Circle
from nahmi.partner.receipts import SignedReceipt
from nahmi.partner.unreadable import UNREADABLE

AnyRequest = Request[Any, Any, Any]

LONGEST_WAIT_S: Final = 60
_LOOKS_EVERY_S: Final = 0.05
_NDJSON: Final = "application/x-ndjson"
_JSON: Final = "application/json"
_SMALL: Final = 1_024

_Whole = Annotated[int, QueryParameter(ge=0, le=2**53 - 1)]
_Place = Annotated[int, PathParameter(ge=0, le=2**53 - 1)]
_Circle = Annotated[str, PathParameter(pattern="^[0-9a-f-]{36}$")]


@get("/circles/{circle_id:str}/log", summary="Part of a circle's log")
async def log(
    request: AnyRequest,
    circle_id: _Circle,
    after: _Whole = 0,
    limit: Annotated[int, QueryParameter(ge=1, le=MOST_A_PAGE)] = MOST_A_PAGE,
    wait: Annotated[int, QueryParameter(ge=0, le=LONGEST_WAIT_S)] = 0,
) -> Response[bytes]:
    """Statements after a place, each with its proof, and the newest checkpoint.

    With `wait` the answer comes when there is something new, or after so many seconds.
    """
    asking = await asking_node(request, circle_id)
    handing_out = asking.circles.handing_out
    circle = asking.circle
    if wait:
        await _wait_for_more(request, asking, after, wait)
        circle = await _again(asking)
    data = await anyio.to_thread.run_sync(
        lambda: b"".join(handing_out.page(circle, after=after, limit=limit))
    )
    return _packed(request, data, _NDJSON)


@get("/circles/{circle_id:str}/consistency", summary="That a log only grew")
async def consistency(
    request: AnyRequest, circle_id: _Circle, old: _Whole, new: _Whole
) -> Response[bytes]:
    """The hashes that show that the log of one size is the beginning of that of another."""
    asking = await asking_node(request, circle_id)
    return await _answered(
        lambda: write_hashes(tuple(asking.circles.handing_out.consistency(asking.circle, old, new)))
    )


@get("/circles/{circle_id:str}/inclusion", summary="That a statement is in a log")
async def inclusion(
    request: AnyRequest, circle_id: _Circle, seq: _Whole, size: _Whole
) -> Response[bytes]:
    """The hashes that lead from a statement to the root of the log of some size."""
    asking = await asking_node(request, circle_id)
    return await _answered(
        lambda: write_hashes(tuple(asking.circles.handing_out.inclusion(asking.circle, seq, size)))
    )


@get("/circles/{circle_id:str}/checkpoint", summary="A log's newest checkpoint")
async def checkpoint(request: AnyRequest, circle_id: _Circle) -> Response[bytes]:
    """A signed note (C2SP tlog-checkpoint)."""
    asking = await asking_node(request, circle_id)
    return Response(asking.circle.checkpoint.encode(), media_type="text/plain; charset=utf-8")


@get("/circles/{circle_id:str}/tile/{level:int}/{number:int}", summary="Hashes of a log's tree")
async def tile(
    request: AnyRequest, circle_id: _Circle, level: _Place, number: _Place
) -> Response[bytes]:
    """Up to 256 hashes of 32 bytes, as C2SP tlog-tiles lays them out."""
    asking = await asking_node(request, circle_id)
    data = await anyio.to_thread.run_sync(
        asking.circles.handing_out.tile, asking.circle, level, number
    )
    if not data:
        raise PartnerError(ErrorCode.LOG_INVALID, "The log's tree has no such tile.")
    return Response(data, media_type="application/octet-stream")


@get("/circles/{circle_id:str}/withdrawals", summary="What was taken back")
async def withdrawals(
    request: AnyRequest,
    circle_id: _Circle,
    after: _Whole = 0,
    limit: Annotated[int, QueryParameter(ge=1, le=1_000)] = 1_000,
) -> Response[bytes]:
    """Withdrawals from a place in the log on, each with the proof that it stands there."""
    asking = await asking_node(request, circle_id)
    return await _answered(
        lambda: write_withdrawals(
            asking.circles.handing_out.withdrawals(asking.circle, after=after, limit=limit)
        )
    )


@post("/circles/{circle_id:str}/statements", status_code=200, summary="Hand statements in")
async def statements(request: AnyRequest, circle_id: _Circle) -> Response[bytes]:
    """Lines of statements with their proofs; what became of each comes back in the same order.

    A node that only reads the log hands them on towards its home.
    """
    asking = await asking_node(request, circle_id)
    lines = read_lines(asking.body.splitlines())

    def take() -> bytes:
        if asking.circle.is_home:
            taken = asking.circles.hosting.accept(circle_id, lines)
            services_of(request.app).journeys.follow()
        else:
            taken = list(asking.circles.upstream(asking.circle).submit(lines))
        return msgspec.json.encode(taken)

    return await _answered(take)


@post("/circles/{circle_id:str}/receipts", status_code=200, summary="Hand a receipt over")
async def receipts(request: AnyRequest, circle_id: _Circle) -> Response[bytes]:
    """How far a member has read; a node that only reads the log hands it on as well."""
    asking = await asking_node(request, circle_id)
    receipt = SignedReceipt.read(asking.body)

    def take() -> bytes:
        circle, circles = asking.circle, asking.circles
        receipt.check(circle.roster.roster)
        circles.receipts.receive(circle.number, receipt, now=services_of(request.app).clock())
        if not circle.is_home:
            circles.upstream(circle).receive(receipt)
        return b"{}"

    return await _answered(take)


@get("/circles/{circle_id:str}/receipts", summary="How far members have read")
async def known_receipts(request: AnyRequest, circle_id: _Circle) -> Response[bytes]:
    """The newest receipt of each member, as they signed them."""
    asking = await asking_node(request, circle_id)
    return await _answered(
        lambda: msgspec.json.encode(asking.circles.receipts.newest(asking.circle.number))
    )


class _Invited(msgspec.Struct, forbid_unknown_fields=True):
    token: str


@post("/circles/{circle_id:str}/genesis", status_code=200, summary="A circle's first roster")
async def genesis(request: AnyRequest, circle_id: _Circle) -> Response[bytes]:
    """For whoever was invited. What it says is shown by the circle's id, which follows from it."""
    circles = services_of(request.app).circles
    try:
        asked = msgspec.json.decode(await capped_body(request), type=_Invited)
    except UNREADABLE as error:
        raise invalid("It cannot be read.") from error

    def find() -> bytes:
        circle = circles.stewarding.invited(circle_id, digest_of(asked.token))
        return msgspec.json.encode(circles.circles.genesis(circle.number))

    return await _answered(find)


@post("/circles/{circle_id:str}/applications", status_code=200, summary="Ask to join")
async def applications(request: AnyRequest, circle_id: _Circle) -> Response[bytes]:
    """An application that answers an invitation, signed with the applicant's key."""
    body = await capped_body(request)
    application = Application.read(body)
    await asking_stranger(request, application.public, body)
    circles = services_of(request.app).circles
    await anyio.to_thread.run_sync(circles.stewarding.receive, circle_id, application)
    return Response(b"{}", media_type=_JSON)


async def _wait_for_more(request: AnyRequest, asking: AskingNode, after: int, wait_s: int) -> None:
    """Wait until a log has more than the reader, for a while."""
    service = services_of(request.app)
    size, seen = signed_size(asking.circle.checkpoint), service.follower.revision(Topic.CIRCLES)
    with anyio.move_on_after(wait_s):
        while size <= after:
            await anyio.sleep(_LOOKS_EVERY_S)
            risen = service.follower.revision(Topic.CIRCLES)
            if risen != seen:
                seen = risen
                size = signed_size((await _again(asking)).checkpoint)


async def _again(asking: AskingNode) -> Circle:
    """The circle as it is now, with the member's right to read looked up anew."""
    circle, _ = await anyio.to_thread.run_sync(
        asking.circles.handing_out.admit, asking.circle.circle_id, asking.kid
    )
    return circle


async def _answered(make: Callable[[], bytes]) -> Response[bytes]:
    return Response(await anyio.to_thread.run_sync(make), media_type=_JSON)


@post("/witness/add-checkpoint", status_code=200, summary="Have a log confirmed")
async def add_checkpoint(request: AnyRequest) -> Response[bytes]:
    """For any log; its own signature shows who asks (C2SP tlog-witness)."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > 2 * LARGEST_NOTE:
            break  # what is longer is malformed
    witnessing = services_of(request.app).circles.witnessing
    answer = await anyio.to_thread.run_sync(witnessing.add_checkpoint, bytes(body))
    return Response(answer.body, status_code=answer.status, media_type=answer.media_type)


def _packed(request: AnyRequest, data: bytes, media_type: str) -> Response[bytes]:
    """An answer, compressed where the other node can unpack it and it is worth it."""
    if len(data) > _SMALL and "zstd" in request.headers.get("accept-encoding", ""):
        packed = zstandard.ZstdCompressor(level=1).compress(data)
        headers = {"content-encoding": "zstd"}
        return Response(packed, media_type=media_type, headers=headers)
    return Response(data, media_type=media_type)


def partners_router() -> Router:
    """Everything that other nodes may ask."""
    return Router(
        PREFIX,
        route_handlers=[
            log,
            consistency,
            inclusion,
            checkpoint,
            tile,
            withdrawals,
            statements,
            receipts,
            known_receipts,
            genesis,
            applications,
            add_checkpoint,
        ],
        tags=["partners"],
        include_in_schema=False,
    )
