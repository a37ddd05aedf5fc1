# SPDX-License-Identifier: Apache-2.0
"""Reading a courier file: nothing of it counts before all of it was checked once.

Read the file twice: first `verify_courier`, then `courier_pages` to take the pages over.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import chain
from typing import Final

import msgspec

from nahmi.errors import AccessError, ErrorCode
from nahmi.partner.base64_texts import read_base64
from nahmi.partner.checkpoint import Checkpoint, SignedCheckpoint, open_checkpoint
from nahmi.partner.courier.head import (
    LONGEST_PAGE,
    PURPOSE,
    CourierHead,
    no_courier_file,
    read_head,
    read_seal,
)
from nahmi.partner.keys import PublicKey
from nahmi.partner.merkle.frontier import Frontier
from nahmi.partner.merkle.hashing import leaf_hash
from nahmi.partner.merkle.verifying import verify_consistency
from nahmi.partner.note_keys import NoteKey
from nahmi.partner.pages import Line, Page, read_page

_TRAILER: Final = b'{"checkpoint":'
"""How the line begins that ends a page; no other line of a page does."""


class Courier(msgspec.Struct, frozen=True, kw_only=True):
    """A courier file that was checked.

    Attributes:
        head: What it is.
        after: The tree behind its last statement.
        checkpoint: What the log signed, under which all of the file stands.
    """

    head: CourierHead
    after: Frontier
    checkpoint: SignedCheckpoint


def courier_pages(lines: Iterable[bytes]) -> Iterator[Page]:
    """The pages of a courier file, in order.

    Args:
        lines: Of the file, each with its line break.

    Raises:
        InputError: DOCUMENT_INVALID: this is no courier file, or it was cut off.
        PartnerError: LOG_INVALID: a page cannot be read, or has a gap.
    """
    rest = iter(lines)
    at = read_head(next(rest, b"")).before.size
    for page in _pages(rest):
        read = read_page(page, first=at)
        at = read.trailer.end
        yield read


def verify_courier(
    lines: Iterable[bytes],
    *,
    log_keys: Sequence[NoteKey],
    find_sender: Callable[[str], PublicKey | None],
    origin: str,
) -> Courier:
    """Check a whole courier file, without the log and without its sender.

    Args:
        lines: Of the file, each with its line break.
        log_keys: The log's own.
        find_sender: The key of a name, when it is one of a member; else None.
        origin: The log's name.

    Raises:
        InputError: DOCUMENT_INVALID: this is no courier file, or it was cut off or altered.
        PartnerError: LOG_INVALID: a page cannot be read, or has a gap.
        AccessError: KEY_UNKNOWN: the sender is no member.
        TrustError: NOTE_INVALID, SIGNATURE_INVALID or PROOF_INVALID: it is not part of the log, or
            the sender did not seal it.
    """
    sealed = _Sealed(lines)
    first, rest = sealed.head()
    head = read_head(first)
    pages = courier_pages(chain([first], rest))
    page = next(pages, None)
    if page is None or head.origin != origin:
        raise no_courier_file()
    note = page.trailer.checkpoint
    checkpoint = open_checkpoint(note.encode(), log_keys, origin=origin)
    after = _through(head.before, chain([page], pages), note, checkpoint.checkpoint)
    sealed.require_sender(head, find_sender)
    return Courier(head=head, after=after, checkpoint=checkpoint)


class _Sealed:
    """The lines of a file, with their digest up to the seal."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = iter(lines)
        self._digest = sha256()
        self._last = b""

    def head(self) -> tuple[bytes, Iterator[bytes]]:
        """The first line, and all others."""
        first = next(self._lines, b"")
        self._digest.update(first)
        return first, self._others()

    def require_sender(self, head: CourierHead, find: Callable[[str], PublicKey | None]) -> None:
        """Check the seal, once all lines were read."""
        seal = read_seal(self._last)
        if seal.digest != self._digest.hexdigest():
            raise no_courier_file()
        key = find(head.sender)
        if key is None:
            raise AccessError(
                ErrorCode.KEY_UNKNOWN, "A courier file is sealed by somebody who is no member."
            )
        key.verify(PURPOSE, self._digest.digest(), read_base64(seal.signature) or b"")

    def _others(self) -> Iterator[bytes]:
        for line in self._lines:
            self._digest.update(self._last)
            self._last = line
            yield line


def _pages(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The pages, each with its trailer, up to the seal, which is one line."""
    held: list[bytes] = []
    size = 0
    for line in lines:
        held.append(line)
        size += len(line)
        if size > LONGEST_PAGE:
            raise no_courier_file()
        if line.startswith(_TRAILER):
            yield b"".join(held)
            held, size = [], 0
    if len(held) != 1 or not held[0].endswith(b"\n"):
        raise no_courier_file()


def _through(before: Frontier, pages: Iterable[Page], note: str, log: Checkpoint) -> Frontier:
    """The tree behind all pages, each of which is shown to be part of the log."""
    tree = before
    for page in pages:
        tree = tree.append_all([_leaf(line) for line in page.lines])
        if page.trailer.checkpoint != note:
            raise no_courier_file()
        verify_consistency(
            tree.size, tree.root(), size=log.size, root=log.root, proof=page.trailer.hashes()
        )
    return tree


def _leaf(line: Line) -> bytes:
    return line.leaf if line.statement is None else leaf_hash(line.statement)
