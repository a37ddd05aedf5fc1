# SPDX-License-Identifier: Apache-2.0
"""What a request asks for: `added_after`, `limit`, `next` and `match[…]`."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from nahmi.errors import ErrorCode, InputError
from nahmi.partner.stix.moments import read_moment

DEFAULT_LIMIT: Final = 1_000
MOST: Final = 10_000
"""Objects of one page at most, whatever is asked for."""

FIELDS: Final = ("id", "type", "version", "spec_version")
"""What can be matched; each method allows some of them."""

SPEC_VERSIONS: Final = frozenset({"2.0", "2.1"})
OUR_SPEC_VERSION: Final = "2.1"

_MATCH: Final = re.compile(r"match\[([^\]]*)\]")
_WORDS: Final = frozenset({"first", "last", "all"})
_LARGEST: Final = 10**18


class Versions(msgspec.Struct, frozen=True, kw_only=True):
    """Which versions of objects are wanted.

    Attributes:
        all: Every one.
        first: The first of each.
        last: The last of each.
        moments: Those of these moments, microseconds since 1970.
    """

    all: bool = False
    first: bool = False
    last: bool = False
    moments: frozenset[int] = frozenset()


LAST: Final = Versions(last=True)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a request asks for.

    Attributes:
        after_us: Only what was added later than this; None for everything.
        limit: Objects at most, 1..`MOST`.
        next: Where a page before ended, as it told; empty for the first page.
        ids: Only objects with these ids; None for all.
        types: Only objects of these types; None for all.
        versions: Which versions.
        is_ours: Objects of the version of STIX that we have are wanted.
    """

    after_us: int | None = None
    limit: int = DEFAULT_LIMIT
    next: str = ""
    ids: frozenset[str] | None = None
    types: frozenset[str] | None = None
    versions: Versions = LAST
    is_ours: bool = True

    def digestible(self) -> bytes:
        """What is matched, in one spelling: the part of a query that its cursors belong to.

        Neither the limit is in it, which clients change from page to page, nor `added_after`,
        which some move along: where a page ended says more than both.
        """
        versions = self.versions
        return msgspec.json.encode(
            [
                None if self.ids is None else sorted(self.ids),
                None if self.types is None else sorted(self.types),
                [versions.all, versions.first, versions.last, sorted(versions.moments)],
                self.is_ours,
            ]
        )


def read_query(parameters: Iterable[tuple[str, str]], *, fields: Iterable[str]) -> Asked:
    """What a query asks for.

    Args:
        parameters: Names and values in their order.
        fields: What this method can match.

    Raises:
        InputError: INPUT_INVALID: it is malformed. What is not known is let pass.
    """
    plain: dict[str, str] = {}
    match: dict[str, str] = {}
    allowed = frozenset(fields)
    for name, value in parameters:
        found = _MATCH.fullmatch(name)
        into, key = (plain, name) if found is None else (match, found[1])
        if found is not None and key not in allowed:
            continue
        if key in into:
            raise _invalid(f"{name} stands there twice.")
        into[key] = value
    return Asked(
        after_us=_moment(plain["added_after"]) if "added_after" in plain else None,
        limit=_limit(plain["limit"]) if "limit" in plain else DEFAULT_LIMIT,
        next=plain.get("next", ""),
        ids=_set(match, "id"),
        types=_set(match, "type"),
        versions=_versions(match["version"]) if "version" in match else LAST,
        is_ours=_is_ours(match),
    )


def of_object(asked: Asked, object_id: str, *, versions: Versions | None = None) -> Asked:
    """What is asked for of one object.

    Args:
        asked: The rest of the query.
        object_id: The object's id.
        versions: Which versions instead of those that it names.
    """
    return msgspec.structs.replace(
        asked,
        ids=frozenset({object_id}),
        types=None,
        versions=asked.versions if versions is None else versions,
    )


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 0 < int(text[:19]) <= _LARGEST:
        raise _invalid("limit is a whole number above zero.")
    return min(int(text[:19]), MOST)


def _moment(text: str) -> int:
    found = read_moment(text)
    if found is None:
        raise _invalid("A moment is written as 2026-11-27T17:00:00.000000Z.")
    return found


def _set(match: Mapping[str, str], name: str) -> frozenset[str] | None:
    if name not in match:
        return None
    values = match[name].split(",")
    if not all(values):
        raise _invalid(f"match[{name}] names nothing.")
    return frozenset(values)


def _versions(text: str) -> Versions:
    words = text.split(",")
    if "all" in words and len(words) > 1:
        raise _invalid("match[version]=all stands alone.")
    return Versions(
        all="all" in words,
        first="first" in words,
        last="last" in words,
        moments=frozenset(_moment(word) for word in words if word not in _WORDS),
    )


def _is_ours(match: Mapping[str, str]) -> bool:
    if "spec_version" not in match:
        return True
    words = match["spec_version"].split(",")
    if not set(words) <= SPEC_VERSIONS:
        raise _invalid("match[spec_version] is 2.0 or 2.1.")
    return OUR_SPEC_VERSION in words


def _invalid(why: str) -> InputError:
    return InputError(ErrorCode.INPUT_INVALID, f"The filter cannot be used. {why}")
