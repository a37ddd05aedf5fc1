# SPDX-License-Identifier: Apache-2.0
"""Requests to other nodes carry our signature."""

from collections.abc import Callable

from nahmi.partner.keys import SigningKey
from nahmi.partner.requests.head import RequestHead
from nahmi.partner.requests.signing import sign_request
from nahmi.wire.target import Target


class RequestSigner:
    """Signs what this node sends to others; safe to use from many threads.

    Args:
        key: Of the organisation whose node this is.
        nonce: Gives 128 random bits or more in base 64 for URLs, new ones each time.
        clock: Seconds since 1970.
    """

    def __init__(
        self, key: SigningKey, *, nonce: Callable[[], str], clock: Callable[[], float]
    ) -> None:
        self._key = key
        self._nonce = nonce
        self._clock = clock

    def headers(self, target: Target, *, method: str = "GET", body: bytes = b"") -> dict[str, str]:
        """The headers that a request is sent with beside its other ones, made anew for each try.

        Args:
            target: Where to.
            method: GET or POST.
            body: As it is sent.

        Raises:
            AccessError: REQUEST_UNSIGNED: the target has other than ASCII characters.
        """
        head = RequestHead(method=method, authority=target.authority, target=target.path)
        return sign_request(self._key, head, body, nonce=self._nonce(), now_s=int(self._clock()))
