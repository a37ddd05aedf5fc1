# SPDX-License-Identifier: Apache-2.0
"""Every failure leaves the node in one shape: RFC 9457 problem details."""

from collections.abc import Mapping
from typing import Final

import msgspec

from nahmi.errors import ErrorCode, NahmiError

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_S: Final = 1
"""What a caller who met a busy node is told to wait, seconds."""


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """A failure, as its JSON.

    Attributes:
        type: `urn:nahmi:error:` and the code.
        title: The code in words; the same for every failure of its kind.
        status: The HTTP status.
        detail: What happened this time.
        code: The stable name that scripts compare.
        request_id: To be quoted to whoever runs the node.
        hint: What to do about it.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str = ""
    hint: str = ""


_STATUS: Final[Mapping[ErrorCode, int]] = {
    ErrorCode.CREDENTIAL_INVALID: 401,
    ErrorCode.KEY_UNKNOWN: 401,
    ErrorCode.REQUEST_UNSIGNED: 401,
    ErrorCode.REQUEST_EXPIRED: 401,
    ErrorCode.REQUEST_ALTERED: 401,
    ErrorCode.REQUEST_REPLAYED: 401,
    ErrorCode.PERMISSION_DENIED: 403,
    ErrorCode.FETCH_DISABLED: 403,
    ErrorCode.FETCH_REFUSED: 403,
    ErrorCode.FETCH_FAILED: 502,
    ErrorCode.FETCH_TIMEOUT: 504,
    ErrorCode.FETCH_TOO_LARGE: 413,
    ErrorCode.EXCHANGE_MISSING: 404,
    ErrorCode.EXCHANGE_REFUSED: 502,
    ErrorCode.EXCHANGE_MALFORMED: 502,
    ErrorCode.BANK_MISSING: 404,
    ErrorCode.ENTRY_MISSING: 404,
    ErrorCode.ACCESS_MISSING: 404,
    ErrorCode.JOB_MISSING: 404,
    ErrorCode.MATCH_MISSING: 404,
    ErrorCode.MESSAGE_MISSING: 404,
    ErrorCode.RULE_MISSING: 404,
    ErrorCode.WEBHOOK_MISSING: 404,
    ErrorCode.ROUTE_MISSING: 404,
    ErrorCode.METHOD_REFUSED: 405,
    ErrorCode.BANK_EXISTS: 409,
    ErrorCode.ACCESS_EXISTS: 409,
    ErrorCode.ADMINISTRATOR_LAST: 409,
    ErrorCode.REQUEST_CONFLICT: 409,
    ErrorCode.REQUEST_IN_PROGRESS: 409,
    ErrorCode.REQUEST_UNACCEPTABLE: 406,
    ErrorCode.REQUEST_TIMEOUT: 408,
    ErrorCode.PRECONDITION_FAILED: 412,
    ErrorCode.MEDIA_TOO_LARGE: 413,
    ErrorCode.REQUEST_TOO_LARGE: 413,
    ErrorCode.MEDIA_UNSUPPORTED: 415,
    ErrorCode.REQUEST_MALFORMED: 400,
    ErrorCode.INPUT_INVALID: 422,
    ErrorCode.SHAPE_INVALID: 422,
    ErrorCode.SIGNAL_INVALID: 422,
    ErrorCode.SIGNAL_TYPE_UNKNOWN: 422,
    ErrorCode.NAME_INVALID: 422,
    ErrorCode.LIMIT_INVALID: 422,
    ErrorCode.DOCUMENT_INVALID: 422,
    ErrorCode.KEY_INVALID: 422,
    ErrorCode.SIGNATURE_INVALID: 422,
    ErrorCode.PROOF_INVALID: 422,
    ErrorCode.NOTE_INVALID: 422,
    ErrorCode.FILE_MISSING: 422,
    ErrorCode.FILE_UNREADABLE: 422,
    ErrorCode.MEDIA_EMPTY: 422,
    ErrorCode.MEDIA_MALFORMED: 422,
    ErrorCode.MEDIA_TIMEOUT: 422,
    ErrorCode.MEDIA_MEMORY: 422,
    ErrorCode.MEDIA_CRASHED: 422,
    ErrorCode.FINGERPRINT_UNUSABLE: 422,
    ErrorCode.FETCH_REFUSED: 422,
    ErrorCode.BUDGET_SPENT: 429,
    ErrorCode.CIRCLE_MISSING: 404,
    ErrorCode.MEMBER_MISSING: 404,
    ErrorCode.SIGNAL_MISSING: 404,
    ErrorCode.STATEMENT_MISSING: 404,
    ErrorCode.CIRCLE_EXISTS: 409,
    ErrorCode.CIRCLE_DENIED: 403,
    ErrorCode.CIRCLE_STOPPED: 409,
    ErrorCode.ROSTER_INVALID: 422,
    ErrorCode.STATEMENT_INVALID: 422,
    ErrorCode.STATEMENT_REFUSED: 403,
    ErrorCode.STATEMENT_BEHIND: 409,
    ErrorCode.LOG_INVALID: 502,
    ErrorCode.LOG_CONTRADICTED: 409,
    ErrorCode.QUOTA_SPENT: 429,
    ErrorCode.INVITATION_INVALID: 422,
    ErrorCode.STORE_BUSY: 503,
    ErrorCode.INDEX_BUSY: 503,
    ErrorCode.INDEX_BEHIND: 503,
    ErrorCode.SERVICE_BUSY: 503,
    ErrorCode.STORE_MISSING: 503,
    ErrorCode.INDEX_MISSING: 503,
    ErrorCode.STORAGE_FULL: 507,
}


def status_of(code: ErrorCode) -> int:
    """The HTTP status of a failure; 500 for those that no caller can help."""
    return _STATUS.get(code, 500)


def problem_of(error: NahmiError, request_id: str = "") -> Problem:
    """A failure as problem details."""
    return Problem(
        type=f"urn:nahmi:error:{error.code}",
        title=error.code.replace("_", " ").capitalize(),
        status=status_of(error.code),
        detail=error.detail,
        code=str(error.code),
        request_id=request_id,
        hint=error.hint,
    )


def headers_of(problem: Problem) -> dict[str, str]:
    """The headers that go with a problem."""
    if problem.status == 401:  # noqa: PLR2004 - RFC 9110, 15.5.2
        return {"www-authenticate": 'Bearer realm="nahmi"'}
    if problem.status == 408:  # noqa: PLR2004 - RFC 9110, 15.5.9
        return {"connection": "close"}
    if problem.status in (429, 503) or problem.code == ErrorCode.REQUEST_IN_PROGRESS:
        return {"retry-after": str(RETRY_AFTER_S)}
    return {}


INTERNAL: Final = "The node failed to serve this request."
"""What is said of a failure that nobody foresaw; the log has the rest under the request's id."""


def unforeseen(request_id: str) -> Problem:
    """A failure that nobody foresaw: nothing of it leaves the node."""
    return Problem(
        type="urn:nahmi:error:internal",
        title="Internal error",
        status=500,
        detail=INTERNAL,
        code="internal",
        request_id=request_id,
        hint="Quote the request's id to whoever runs the node.",
    )
