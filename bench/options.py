# SPDX-License-Identifier: Apache-2.0
"""What the caller asked for."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

T = TypeVar("T")


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Command line of `python -m bench`.

    Attributes:
        quick: Small samples, about a minute a section.
        corpus: Folder of JPEG files; None for pictures made from shipped photographs.
        sizes_asked: Index sizes; empty for each section's own.
        alone: Leave the peers out of the index section.
        realtime: Time searches at real-time priority, so that other work does not interrupt them.
    """

    quick: bool = False
    corpus: Path | None = None
    sizes_asked: tuple[int, ...] = ()
    alone: bool = False
    realtime: bool = False

    def pick(self, full: T, quick: T) -> T:
        return quick if self.quick else full

    def sizes(self, full: Sequence[int], *, quick: Sequence[int]) -> Sequence[int]:
        return self.sizes_asked or self.pick(full, quick)
