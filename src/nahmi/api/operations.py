# SPDX-License-Identifier: Apache-2.0
"""One way to declare an operation: who may ask, an example of it, and how it can fail.

Whatever is declared here is enforced and described from the same words: the permission becomes a
guard, the example and the failures become a part of the interface's description.
"""

from collections.abc import Callable, Sequence
from inspect import iscoroutinefunction
from typing import Any, Final

from litestar.handlers import HTTPRouteHandler

from nahmi.access.roles import Permission
from nahmi.api.authentication import PERMISSION_OPT, requires
from nahmi.api.describing import RawBody, Sample, described, failures
from nahmi.api.entity_tags import TaggedResponse
from nahmi.api.limits import JSON_OPT
from nahmi.bootstrap.requests import ASKS_OPT
from nahmi.errors import ErrorCode

CHANGES_OPT: Final = "nahmi_changes"
"""Routes with this option may be asked twice under one idempotency key."""

SECRET_OPT: Final = "nahmi_secret"  # noqa: S105 - the name of an option
"""Names the field of the answer that is shown once and never kept."""

_ASKING: Final = frozenset({Permission.PROTECT_CONTENT_HASH, Permission.PROTECT_CONTENT_MATCH})
"""What these allow changes nothing."""

_ALWAYS: Final = (
    ErrorCode.CREDENTIAL_INVALID,
    ErrorCode.INPUT_INVALID,
    ErrorCode.STORE_BUSY,
    ErrorCode.SERVICE_BUSY,
)
_WITH_BODY: Final = (
    ErrorCode.REQUEST_MALFORMED,
    ErrorCode.REQUEST_TOO_LARGE,
    ErrorCode.REQUEST_TIMEOUT,
)
_WITH_KEY: Final = (ErrorCode.REQUEST_CONFLICT, ErrorCode.REQUEST_IN_PROGRESS)


Method = Callable[..., HTTPRouteHandler]
"""`litestar.get` and its like."""


def operation(  # noqa: PLR0913 - each is a fact of its own
    kind: Method,
    path: str,
    *,
    permission: Permission | None,
    summary: str,
    sample: Sample,
    problems: Sequence[ErrorCode] = (),
    status: int | None = None,
    is_tagged: bool = False,
    is_change: bool = False,
    secret: str = "",
    media_type: str | None = None,
) -> Callable[[Callable[..., Any]], HTTPRouteHandler]:
    """Declare an operation.

    Args:
        kind: Its method.
        path: Below its router.
        permission: Who may ask; None for everyone who is let in.
        summary: A few words.
        sample: An example.
        problems: How it can fail, beyond what every operation has in common.
        status: Of success, when it is not the method's usual one.
        is_tagged: It is about one object, and its answer carries an ETag.
        is_change: It takes idempotency keys.
        secret: The field of the answer that is shown once.
        media_type: Of the answer, when it is no JSON.
    """
    codes = dict.fromkeys(
        (
            *_ALWAYS,
            *(() if permission is None else (ErrorCode.PERMISSION_DENIED,)),
            *(_WITH_BODY if sample.request is not None else ()),
            *(_WITH_KEY if is_change else ()),
            *((ErrorCode.PRECONDITION_FAILED,) if is_change and is_tagged else ()),
            *problems,
        )
    )

    def declare(function: Callable[..., Any]) -> HTTPRouteHandler:
        return kind(
            path,
            guards=[] if permission is None else [requires(permission)],
            opt={
                PERMISSION_OPT: permission,
                CHANGES_OPT: is_change,
                SECRET_OPT: secret,
                ASKS_OPT: permission in _ASKING,
                JSON_OPT: not isinstance(sample.request, RawBody | None),
            },
            summary=summary,
            status_code=status,
            sync_to_thread=None if iscoroutinefunction(function) else True,
            response_class=TaggedResponse if is_tagged else None,
            responses=failures(tuple(codes)),
            operation_class=described(
                sample, permission=permission, is_tagged=is_tagged, is_change=is_change
            ),
            operation_id=function.__name__,
            media_type=media_type,
        )(function)

    return declare
