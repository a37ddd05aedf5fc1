# SPDX-License-Identifier: Apache-2.0
"""Pages of lists: a cursor names the last item of a page, so what is added moves nothing."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, Generic, TypeVar

import msgspec
from litestar.params import QueryParameter

from nahmi.errors import ErrorCode, InputError

T = TypeVar("T")
R = TypeVar("R")
P = TypeVar("P", bound="Page[Any]")

MOST: Final = 1000
"""Items of one page at most."""

_LONGEST_ID: Final = 19  # digits of a 64-bit number

Limit = Annotated[
    int, QueryParameter(name="limit", ge=1, le=MOST, description="Items of the page at most.")
]
Cursor = Annotated[
    str | None,
    QueryParameter(
        name="cursor", description="The `next` of the page before; leave it out for the first page."
    ),
]


class Page(msgspec.Struct, Generic[T], frozen=True):
    """A part of a list. Each list has its own kind, so that the description can name it.

    Attributes:
        items: In the list's order.
        next: The cursor of the page after this one; null when this is the last.
    """

    items: list[T]
    next: str | None = None


def place(cursor: str | None) -> int | None:
    """The number of the last item that the caller has; None for the first page.

    Raises:
        InputError: INPUT_INVALID: it is no cursor of ours.
    """
    if cursor is None:
        return None
    try:
        digits = urlsafe_b64decode(cursor.encode("ascii")).decode("ascii")
    except (Error, ValueError):
        digits = ""
    if not (digits.isdigit() and len(digits) <= _LONGEST_ID) or cursor != to_cursor(int(digits)):
        raise InputError(
            ErrorCode.INPUT_INVALID,
            "The cursor is not one that this interface gave.",
            hint="Send the `next` of the page before, as it was.",
        )
    return int(digits)


def to_cursor(number: int) -> str:
    """The cursor that names an item."""
    return urlsafe_b64encode(str(number).encode()).decode()


def page(
    kind: type[P],
    found: Sequence[T],
    limit: int,
    *,
    number: Callable[[T], int],
    reply: Callable[[T], R],
) -> P:
    """A page from one item more than it holds.

    Args:
        kind: Of page.
        found: At most `limit` + 1 items.
        limit: Items of the page.
        number: By which the cursor names an item.
        reply: What the caller gets of an item.
    """
    shown = found[:limit]
    after = to_cursor(number(shown[-1])) if len(found) > limit else None
    return kind([reply(item) for item in shown], after)


def slice_after(found: Sequence[T], after: int | None, *, number: Callable[[T], int]) -> list[T]:
    """The items after a cursor in a list that is short and was read whole, ascending by number."""
    return [item for item in found if after is None or number(item) > after]
