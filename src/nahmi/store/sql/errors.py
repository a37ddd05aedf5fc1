# SPDX-License-Identifier: Apache-2.0
"""A database's failures as nahmi's."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from nahmi.errors import ErrorCode, InputError, NahmiError, StoreError
from nahmi.store.sql.postgres_errors import is_unstorable, postgres_error
from nahmi.store.sql.sqlite_errors import sqlite_error


@contextmanager
def wrapped() -> Iterator[None]:
    """Turn foreign exceptions of the block into typed ones; their own texts may quote values.

    Raises:
        StoreError: The database failed.
        InputError: INPUT_INVALID: a value cannot be stored (too large, or text with surrogates).
    """
    try:
        yield
    except NahmiError:
        raise
    except sqlite3.Error as error:
        raise sqlite_error(error) from None
    except DBAPIError as error:
        raise _typed(error.orig) from None
    except PoolTimeout:
        raise StoreError(
            ErrorCode.STORE_BUSY, "All connections to the store are in use.", hint="Try again."
        ) from None
    except (StatementError, UnicodeError, OverflowError):
        raise _unstorable() from None
    except Exception as error:
        # psycopg is imported only where PostgreSQL is used, so its classes are told by their name.
        if type(error).__module__.partition(".")[0] != "psycopg":
            raise
        raise _typed(error) from None


def _typed(cause: BaseException | None) -> NahmiError:
    if isinstance(cause, sqlite3.Error):
        return sqlite_error(cause)
    sqlstate = getattr(cause, "sqlstate", None)
    if cause is None or is_unstorable(cause, sqlstate):
        return _unstorable()
    return postgres_error(sqlstate)


def _unstorable() -> InputError:
    return InputError(ErrorCode.INPUT_INVALID, "A value is no valid text or too large a number.")
