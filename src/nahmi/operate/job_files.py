# SPDX-License-Identifier: Apache-2.0
"""What jobs read and write beside their progress: uploads, refused rows, how far they came.

They lie in the store in pieces, so that any process of any machine can take a job up, and none
holds a file whole.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, Protocol

PIECE_BYTES: Final = 256 * 1024
"""Bytes of one piece at most."""

INPUT: Final = "input"
"""The part that holds what was uploaded."""


class JobFiles(Protocol):
    """Keeps files of jobs, in pieces. A file is named by a random text and has parts."""

    def append(
        self,
        name: str,
        part: str,
        content: bytes,
        *,
        now: datetime,
        within: Any = None,  # noqa: ANN401 - the store's own transaction
    ) -> None:
        """Add a piece at the end of a part.

        Args:
            name: Of the file.
            part: Such as `input`.
            content: The piece.
            now: The moment.
            within: A writing transaction to take part in.
        """
        ...

    def replace(
        self,
        name: str,
        part: str,
        content: bytes,
        *,
        now: datetime,
        within: Any = None,  # noqa: ANN401 - the store's own transaction
    ) -> None:
        """Make a part hold one piece and nothing else."""
        ...

    def pieces(self, name: str, part: str) -> Iterator[bytes]:
        """The pieces of a part in order, without holding them all; none when there is none."""
        ...

    def drop(self, name: str, part: str) -> None:
        """Forget a part."""
        ...

    def forget(self, *, until: datetime) -> int:
        """Forget every piece that was added before a moment; how many."""
        ...
