# SPDX-License-Identifier: Apache-2.0
"""Where a user's programs keep what they remember between runs."""

import os
from pathlib import Path

from nahmi.errors import ErrorCode, StoreError


def user_state_folder() -> Path:
    """The folder for nahmi in the user's state folder; it need not be there.

    Source:
        XDG Base Directory Specification: `$XDG_STATE_HOME`, by default `~/.local/state`.

    Raises:
        StoreError: STORAGE_DENIED: the user has no home.
    """
    named = os.environ.get("XDG_STATE_HOME", "")
    if Path(named).is_absolute():
        return Path(named) / "nahmi"
    try:
        return Path.home() / ".local" / "state" / "nahmi"
    except RuntimeError as error:
        raise StoreError(
            ErrorCode.STORAGE_DENIED,
            "There is no folder to keep a scan's journal in: the user has no home.",
            hint="Name one with --journal.",
        ) from error
