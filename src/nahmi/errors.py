# SPDX-License-Identifier: Apache-2.0
"""The one error tree of nahmi.

Every failure that a caller can meet is a `NahmiError` with a code from a closed list. Foreign
exceptions are wrapped where they enter; one that leaks is a bug.

    NahmiError
    ├── InputError            what was passed in cannot be used as it is
    │   └── ShapeError        an array has the wrong shape or type
    ├── MediaError            a file could not be turned into fingerprints
    ├── AccessError           who asks, and what they may do
    ├── RequestError          a request over HTTP cannot be served as it is
    ├── StoreError            banks and entries
    ├── SignalIndexError      the search index
    ├── PartnerError          circles, their logs and what members say in them
    ├── TrustError            what another says is not borne out by signatures and proofs
    ├── WireError             another machine was to be called
    └── PluginError           code of a third party gave no answer
"""

from enum import StrEnum


class ErrorCode(StrEnum):
    """What went wrong; stable names for scripts, interfaces and translations."""

    INPUT_INVALID = "input_invalid"
    SHAPE_INVALID = "shape_invalid"
    SIGNAL_INVALID = "signal_invalid"
    SIGNAL_TYPE_UNKNOWN = "signal_type_unknown"
    NAME_INVALID = "name_invalid"
    LIMIT_INVALID = "limit_invalid"
    DOCUMENT_INVALID = "document_invalid"

    FILE_MISSING = "file_missing"
    FILE_UNREADABLE = "file_unreadable"
    MEDIA_EMPTY = "media_empty"
    MEDIA_UNSUPPORTED = "media_unsupported"
    MEDIA_MALFORMED = "media_malformed"
    MEDIA_TOO_LARGE = "media_too_large"
    MEDIA_TIMEOUT = "media_timeout"
    MEDIA_MEMORY = "media_memory"
    MEDIA_CRASHED = "media_crashed"
    FINGERPRINT_UNUSABLE = "fingerprint_unusable"

    BANK_MISSING = "bank_missing"
    BANK_EXISTS = "bank_exists"
    ENTRY_MISSING = "entry_missing"
    STORE_MISSING = "store_missing"
    STORE_CORRUPT = "store_corrupt"
    STORE_BUSY = "store_busy"
    STORE_VERSION = "store_version"
    BACKUP_INVALID = "backup_invalid"
    NODE_KEY_MISSING = "node_key_missing"
    NODE_KEY_UNSAFE = "node_key_unsafe"
    STORAGE_FULL = "storage_full"
    STORAGE_DENIED = "storage_denied"

    ACCESS_MISSING = "access_missing"
    ACCESS_EXISTS = "access_exists"
    CREDENTIAL_INVALID = "credential_invalid"
    PERMISSION_DENIED = "permission_denied"
    ADMINISTRATOR_LAST = "administrator_last"
    BUDGET_SPENT = "budget_spent"

    REQUEST_MALFORMED = "request_malformed"
    REQUEST_TOO_LARGE = "request_too_large"
    REQUEST_UNACCEPTABLE = "request_unacceptable"
    REQUEST_TIMEOUT = "request_timeout"
    ROUTE_MISSING = "route_missing"
    METHOD_REFUSED = "method_refused"
    SERVICE_BUSY = "service_busy"
    ADDRESS_UNUSABLE = "address_unusable"
    PRECONDITION_FAILED = "precondition_failed"
    REQUEST_CONFLICT = "request_conflict"
    REQUEST_IN_PROGRESS = "request_in_progress"
    KEY_UNKNOWN = "key_unknown"
    REQUEST_UNSIGNED = "request_unsigned"
    REQUEST_EXPIRED = "request_expired"
    REQUEST_ALTERED = "request_altered"
    REQUEST_REPLAYED = "request_replayed"

    JOB_MISSING = "job_missing"
    MATCH_MISSING = "match_missing"
    MESSAGE_MISSING = "message_missing"
    RULE_MISSING = "rule_missing"
    WEBHOOK_MISSING = "webhook_missing"

    CIRCLE_MISSING = "circle_missing"
    CIRCLE_EXISTS = "circle_exists"
    CIRCLE_DENIED = "circle_denied"
    CIRCLE_STOPPED = "circle_stopped"
    ROSTER_INVALID = "roster_invalid"
    STATEMENT_INVALID = "statement_invalid"
    STATEMENT_REFUSED = "statement_refused"
    STATEMENT_BEHIND = "statement_behind"
    LOG_INVALID = "log_invalid"
    LOG_CONTRADICTED = "log_contradicted"
    QUOTA_SPENT = "quota_spent"
    INVITATION_INVALID = "invitation_invalid"
    MEMBER_MISSING = "member_missing"
    SIGNAL_MISSING = "signal_missing"
    STATEMENT_MISSING = "statement_missing"

    INDEX_MISSING = "index_missing"
    INDEX_CORRUPT = "index_corrupt"
    INDEX_BUSY = "index_busy"
    INDEX_BEHIND = "index_behind"
    INDEX_VERSION = "index_version"

    KEY_INVALID = "key_invalid"
    SIGNATURE_INVALID = "signature_invalid"
    PROOF_INVALID = "proof_invalid"
    NOTE_INVALID = "note_invalid"

    FETCH_DISABLED = "fetch_disabled"
    FETCH_REFUSED = "fetch_refused"
    FETCH_FAILED = "fetch_failed"
    FETCH_TOO_LARGE = "fetch_too_large"
    FETCH_TIMEOUT = "fetch_timeout"
    EXCHANGE_MISSING = "exchange_missing"
    EXCHANGE_REFUSED = "exchange_refused"
    EXCHANGE_MALFORMED = "exchange_malformed"

    PLUGIN_INVALID = "plugin_invalid"
    PLUGIN_FAILED = "plugin_failed"
    EXTRA_MISSING = "extra_missing"


class NahmiError(Exception):
    """A failure with a stable code, a sentence for people and, where there is one, a way out.

    Args:
        code: Which failure this is.
        detail: What happened, one sentence, without content, fingerprints or personal data.
        hint: What the caller can do about it; empty when nothing sensible can be said.
    """

    def __init__(self, code: ErrorCode, detail: str, *, hint: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        """Keep code and hint when the error travels between processes."""
        return (_rebuild, (type(self), self.code, self.detail, self.hint))

    def diagnostics(self) -> str:
        """The failure for a person: what happened and what to do."""
        return f"{self.detail} {self.hint}".strip()


def _rebuild(kind: type[NahmiError], code: ErrorCode, detail: str, hint: str) -> NahmiError:
    return kind(code, detail, hint=hint)


class InputError(NahmiError):
    """What was passed in cannot be used as it is."""


class ShapeError(InputError):
    """An array has the wrong shape or type."""


class MediaError(NahmiError):
    """A file could not be turned into fingerprints."""


class AccessError(NahmiError):
    """Whoever asks is unknown, or may not do what was asked."""


class RequestError(NahmiError):
    """A request over HTTP cannot be served as it is."""


class StoreError(NahmiError):
    """Banks and entries could not be read or written."""


class SignalIndexError(NahmiError):
    """The search index could not be read or written."""


class PartnerError(NahmiError):
    """A circle, its log, or what a member says in it cannot be used as it is."""


class TrustError(NahmiError):
    """What another says is not borne out by its signatures and proofs."""


class WireError(NahmiError):
    """Another machine could not or must not be called; never says which."""


class PluginError(NahmiError):
    """Code of a third party crashed, took too long or answered nonsense."""
