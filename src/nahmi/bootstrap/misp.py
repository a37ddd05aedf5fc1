# SPDX-License-Identifier: Apache-2.0
"""What hands events to a MISP, joined to the wire."""

from pathlib import Path

from nahmi.errors import ErrorCode, InputError
from nahmi.wire.exchanges.misp import Misp
from nahmi.wire.exchanges.misp.pushing import MispPusher
from nahmi.wire.exchanges.talk import Talk


def make_misp_pusher(url: str, key_file: Path, *, internal: bool) -> MispPusher:
    """What hands events to a MISP.

    Args:
        url: Of the MISP.
        key_file: Holds the authentication key of a user of it.
        internal: It may be on this machine or in a private network, and may speak http.

    Raises:
        InputError: FILE_UNREADABLE, or INPUT_INVALID: the address or the key has another form.
    """
    try:
        key = key_file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            ErrorCode.FILE_UNREADABLE, "The file of the key cannot be read."
        ) from error
    return MispPusher(Talk(url, internal=internal), Misp().credentials(key))
