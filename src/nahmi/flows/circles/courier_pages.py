# SPDX-License-Identifier: Apache-2.0
"""A courier file that is read as if it were the node from which a log is read."""

from collections.abc import Callable, Iterator, Sequence

from nahmi.errors import ErrorCode, PartnerError
from nahmi.partner.pages import Page, write_line, write_trailer


class CourierPages:
    """`nahmi.partner.upstream.LogSource` over the pages of a file that was checked.

    To be used by one thread at a time.

    Args:
        pages: The pages from the first on; called once, and again where somebody goes back.
    """

    def __init__(self, pages: Callable[[], Iterator[Page]]) -> None:
        self._pages = pages
        self._rest = pages()
        self._end = 0

    def page(self, *, after: int, limit: int, wait_s: float) -> bytes:
        """See `LogSource.page`; what the reader has of a page already is left out.

        Raises:
            PartnerError: LOG_INVALID: the file does not go so far.
        """
        del limit, wait_s  # the pages are as whoever packed them cut them
        if after < self._end:
            self._rest = self._pages()
        for page in self._rest:
            self._end = page.trailer.end
            if after < self._end:
                return _from(page, after)
        raise PartnerError(ErrorCode.LOG_INVALID, "The courier file does not go so far.")

    def consistency(self, old_size: int, new_size: int) -> Sequence[bytes]:
        """See `LogSource.consistency`; a file offers nothing beyond its own pages."""
        del old_size, new_size
        return ()


def _from(page: Page, after: int) -> bytes:
    """The lines of a page from a place on, and its trailer, which holds for any part of its end."""
    lines = [line for line in page.lines if line.seq >= after]
    return b"".join([*map(write_line, lines), write_trailer(page.trailer)])
