# SPDX-License-Identifier: Apache-2.0
"""The node from which a circle's log is read, over HTTP."""

from collections.abc import Callable, Sequence
from contextlib import suppress

import msgspec

from nahmi.errors import ErrorCode, PartnerError
from nahmi.partner.circles.roster import SignedRoster
from nahmi.partner.invitations import Application
from nahmi.partner.keys import SigningKey
from nahmi.partner.node_interface import (
    circle_path,
    read_hashes,
    read_taken,
    read_withdrawals,
    write_lines,
)
from nahmi.partner.pages import Line
from nahmi.partner.receipts import SignedReceipt
from nahmi.partner.upstream import Taken, Withdrawals
from nahmi.wire.circles.calling import NodeCaller


class HttpUpstream:
    """`nahmi.partner.upstream.Upstream` over HTTP. Safe to use from many threads.

    Args:
        caller: Calls other nodes.
        url: Of the node.
        circle_id: Of which circle.
        key: The key with which requests are signed now.
        spares: The keys to try where that one is refused, which a steward may have done.
    """

    def __init__(
        self,
        caller: NodeCaller,
        url: str,
        circle_id: str,
        key: Callable[[], SigningKey],
        *,
        spares: Callable[[], Sequence[SigningKey]] = tuple,
    ) -> None:
        self._caller = caller
        self._url = url.rstrip("/")
        self._circle_id = circle_id
        self._key = key
        self._spares = spares

    def page(self, *, after: int, limit: int, wait_s: float) -> bytes:
        """See `Upstream.page`."""
        query = f"log?after={after}&limit={limit}&wait={int(wait_s)}"
        return self._signed(lambda key: self._caller.get(self._at(query), key, wait_s=wait_s))

    def consistency(self, old_size: int, new_size: int) -> Sequence[bytes]:
        """See `Upstream.consistency`."""
        return read_hashes(self._get(f"consistency?old={old_size}&new={new_size}"))

    def withdrawals(self, *, after: int, limit: int) -> Withdrawals:
        """See `Upstream.withdrawals`."""
        return read_withdrawals(self._get(f"withdrawals?after={after}&limit={limit}"))

    def submit(self, lines: Sequence[Line]) -> Sequence[Taken]:
        """See `Upstream.submit`."""
        return read_taken(self._post("statements", write_lines(list(lines))), len(lines))

    def receive(self, receipt: SignedReceipt) -> None:
        """See `Upstream.receive`."""
        self._post("receipts", msgspec.json.encode(receipt))

    def genesis(self, token: str) -> SignedRoster:
        """The circle's first roster, for whoever was invited.

        Raises:
            PartnerError: INVITATION_INVALID or ROSTER_INVALID.
            WireError: The node could not be asked.
        """
        body = msgspec.json.encode({"token": token})
        return SignedRoster.read(self._post("genesis", body))

    def apply(self, application: Application) -> None:
        """Ask to join.

        Raises:
            PartnerError: INVITATION_INVALID.
            WireError: The node could not be asked.
        """
        self._post("applications", msgspec.json.encode(application))

    def _get(self, query: str) -> bytes:
        return self._signed(lambda key: self._caller.get(self._at(query), key))

    def _post(self, what: str, body: bytes) -> bytes:
        return self._signed(lambda key: self._caller.post(self._at(what), key, body))

    def _signed(self, ask: Callable[[SigningKey], bytes]) -> bytes:
        """An answer to a request that is signed with the key that the other node takes."""
        try:
            return ask(self._key())
        except PartnerError as error:
            if error.code is not ErrorCode.CIRCLE_DENIED:
                raise
            for key in self._spares():
                with suppress(PartnerError):
                    return ask(key)
            raise

    def _at(self, what: str) -> str:
        return f"{self._url}{circle_path(self._circle_id, what)}"
