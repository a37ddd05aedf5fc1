# SPDX-License-Identifier: Apache-2.0
"""The search index: how much it holds."""

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency

from nahmi.access.roles import Permission
from nahmi.api.callers import Caller
from nahmi.api.describing import Sample
from nahmi.api.operations import operation
from nahmi.errors import ErrorCode


class IndexReply(msgspec.Struct, frozen=True, kw_only=True):
    """How the search index is in the process that answers.

    Attributes:
        signals: Signals that can be found.
        removed: Removed signals that still take up space.
        segments: Signals in each segment, oldest first.
        journal: Signals that are not yet in a segment.
        size_bytes: Length of all files.
        generation: Rises when segments are merged.
        watermark: Number of the last change of the banks that it holds.
    """

    signals: int
    removed: int
    segments: tuple[int, ...]
    journal: int
    size_bytes: int
    generation: int
    watermark: int


@operation(
    get,
    "/",
    permission=Permission.NODE_STATUS_READ,
    summary="Read how the index is",
    sample=Sample(
        reply=IndexReply(
            signals=1_048_576,
            removed=12,
            segments=(1_000_000, 48_000),
            journal=588,
            size_bytes=52_428_800,
            generation=41,
            watermark=1_048_700,
        )
    ),
    problems=(ErrorCode.INDEX_BUSY,),
)
def read_index(caller: NamedDependency[Caller]) -> IndexReply:
    """How much the search index holds. Changes of the banks are in it at once."""
    found = caller.service.node.index.status()
    return IndexReply(**msgspec.structs.asdict(found))


routes = Router("/index", route_handlers=[read_index], tags=["node"])
