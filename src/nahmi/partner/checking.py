# SPDX-License-Identifier: Apache-2.0
"""The signatures of a whole page, checked apart from everything else.

Nothing of this depends on what the page means. So it can be done beside, while the page before is
still being applied; whether a key is one that its member may sign with is asked afterwards.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from nahmi.errors import NahmiError
from nahmi.partner.keys import PublicKey
from nahmi.partner.pages import Line
from nahmi.partner.statements.signing import Verifier, read_proof


class _Named(msgspec.Struct):
    """What is read of a statement here."""

    key: str


_decode: Final = msgspec.json.Decoder(_Named).decode


def unchecked(
    lines: Sequence[Line], keys: Mapping[str, bytes], verifier: Verifier, *, first: int = 0
) -> list[int]:
    """Which statements of a page are not shown to be signed with the key that they name.

    Args:
        lines: Of the page.
        keys: Public keys of 32 bytes by name.
        verifier: Remembers batches.
        first: The place of the first line within the page.

    Returns:
        Places within the page, from 0, ascending: of statements that are not signed so, and of
        those whose key is not among these.
    """
    known = {kid: PublicKey(raw) for kid, raw in keys.items()}
    open_ = []
    for place, line in enumerate(lines, first):
        if line.statement is None or line.proof is None:
            continue
        try:
            key = known[_decode(line.statement).key]
            verifier.check(line.statement, read_proof(line.proof), key)
        except (NahmiError, KeyError, msgspec.DecodeError, UnicodeDecodeError):
            open_.append(place)
    return open_
