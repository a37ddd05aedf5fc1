# SPDX-License-Identifier: Apache-2.0
"""What nobody may do, whatever else they may: grant what they do not hold."""

from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from nahmi.access.identity import Principal
from nahmi.access.roles import Permission, may_grant
from nahmi.core.member import OWN_MEMBER
from nahmi.errors import AccessError, ErrorCode

T = TypeVar("T")


def check_grant(principal: Principal, wanted: Collection[Permission]) -> None:
    """Refuse to give, or to change someone who has, what a principal does not hold.

    Raises:
        AccessError: PERMISSION_DENIED.
    """
    if not may_grant(principal.permissions, wanted):
        raise AccessError(
            ErrorCode.PERMISSION_DENIED,
            "This would grant what you may not do yourself.",
            hint="Ask someone who may do all of it.",
        )


def check_runs_node(principal: Principal) -> None:
    """Refuse what only the node's own member may do.

    Raises:
        AccessError: PERMISSION_DENIED.
    """
    if principal.member_id != OWN_MEMBER:
        raise AccessError(
            ErrorCode.PERMISSION_DENIED, "Only the member that runs the node may do this."
        )


def one_of(found: Sequence[T], is_it: Callable[[T], bool]) -> T:
    """The one that is it.

    Raises:
        AccessError: ACCESS_MISSING.
    """
    for item in found:
        if is_it(item):
            return item
    raise missing()


def missing() -> AccessError:
    """The same words for what is not there and for what is another member's."""
    return AccessError(
        ErrorCode.ACCESS_MISSING, "There is no such thing.", hint="List those that there are."
    )
