# SPDX-License-Identifier: Apache-2.0
"""Writing a courier file, line by line, however long the log is."""

from collections.abc import Iterable, Iterator
from hashlib import sha256

from nahmi.errors import ErrorCode, InputError
from nahmi.partner.base64_texts import write_base64
from nahmi.partner.courier.head import PURPOSE, CourierHead, Seal, write_head, write_seal
from nahmi.partner.keys import SigningKey
from nahmi.partner.pages import Page, write_line, write_trailer


def write_courier(head: CourierHead, pages: Iterable[Page], key: SigningKey) -> Iterator[bytes]:
    """The lines of a courier file, each with its line break.

    Args:
        head: What the file is.
        pages: Of the log, the first from where `head.before` ends, all under one checkpoint
            and each of at most 64 MiB.
        key: Of the sender, whom the head names.

    Raises:
        InputError: KEY_INVALID: the head names another sender.
    """
    if key.public.kid != head.sender:
        raise InputError(ErrorCode.KEY_INVALID, "A courier file names another key than it has.")
    digest = sha256()
    for line in _lines(head, pages):
        digest.update(line)
        yield line
    signature = write_base64(key.sign(PURPOSE, digest.digest()))
    yield write_seal(Seal(digest.hexdigest(), signature))


def _lines(head: CourierHead, pages: Iterable[Page]) -> Iterator[bytes]:
    yield write_head(head)
    for page in pages:
        yield from map(write_line, page.lines)
        yield write_trailer(page.trailer)
