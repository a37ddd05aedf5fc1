# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL's failures as nahmi's, told apart by their SQLSTATE (its manual, appendix A)."""

from typing import Final

from nahmi.errors import ErrorCode, StoreError

_AWAY: Final = (
    ErrorCode.STORE_BUSY,
    "The database cannot be reached.",
    "Check that PostgreSQL runs and that its address, user and password are right; then try again.",
)
_TURN: Final = (
    ErrorCode.STORE_BUSY,
    "Another process changed the same thing or kept the store locked for too long.",
    "Try again.",
)
_FULL: Final = (
    ErrorCode.STORAGE_FULL,
    "The database's disk is full: the store is as it was before.",
    "Free some space and try again.",
)
_DENIED: Final = (
    ErrorCode.STORAGE_DENIED,
    "The database does not let this user in, or do this.",
    "Check the user's rights, and whether the database may only be read.",
)
_MISSING: Final = (
    ErrorCode.STORE_MISSING,
    "There is no store in this database.",
    "Check its name; make a store in it with `nahmi init`.",
)
_DAMAGED: Final = (
    ErrorCode.STORE_CORRUPT,
    "The database refused a statement or is damaged.",
    "Look into PostgreSQL's own log; restore a backup if it says that data are damaged.",
)

_Rule = tuple[ErrorCode, str, str]

_RULES: Final[dict[str, _Rule]] = {
    "08": _AWAY,  # connection exception
    "57P": _AWAY,  # shut down, starting up, dropped
    "53": _AWAY,  # out of connections or memory
    "53100": _FULL,
    "58": _AWAY,  # an error of its system, such as input and output
    "40": _TURN,  # serialization failure, deadlock
    "55": _TURN,  # lock not available
    "57014": _TURN,  # a statement took too long
    "23": _TURN,  # checked before, so someone else was quicker
    "25006": _DENIED,  # read-only transaction
    "28": _DENIED,  # invalid authorization
    "42501": _DENIED,  # insufficient privilege
    "3D000": _MISSING,  # invalid catalog name
    "42P01": _MISSING,  # undefined table
}


def postgres_error(sqlstate: str | None) -> StoreError:
    """The typed error for a failure; without a state the connection was refused or lost."""
    if sqlstate is None:
        code, detail, hint = _AWAY
    else:
        parts = (sqlstate[:length] for length in (5, 3, 2))
        code, detail, hint = next((_RULES[part] for part in parts if part in _RULES), _DAMAGED)
    return StoreError(code, detail, hint=hint)


def is_unstorable(error: BaseException, sqlstate: str | None) -> bool:
    """Whether a value cannot be stored: class 22, or psycopg refused it before sending."""
    if sqlstate is not None:
        return sqlstate.startswith("22")
    return type(error).__name__ in {"DataError", "ProgrammingError"}
