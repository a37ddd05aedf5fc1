# SPDX-License-Identifier: Apache-2.0
"""Where it is noted that a request was served, so that nobody has it served again."""

from typing import Protocol


class NonceStore(Protocol):
    """Remembers the nonces of requests for as long as their signatures are good.

    All processes of a node share one. When it cannot be asked, the request is refused.
    """

    def use(self, kid: str, nonce: str, *, until_s: int) -> bool:
        """Note that a nonce was used; of two calls at once, one comes first.

        Args:
            kid: Of the key that signed; nonces of different keys have nothing to do with one
                another.
            nonce: Of the request.
            until_s: From when on it may be forgotten, seconds since 1970.

        Returns:
            Whether this is the first time.

        Raises:
            StoreError: It cannot be noted.
        """
        ...

    def forget(self, *, now_s: int) -> int:
        """Drop what may be forgotten; how many.

        Args:
            now_s: The moment, seconds since 1970.
        """
        ...
