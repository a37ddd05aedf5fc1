# SPDX-License-Identifier: Apache-2.0
"""A circle's log in a file, for nodes that no network joins, and the receipt that comes back.

Whoever packs a file has read the log as far as it goes. Whoever unpacks one believes neither the
file nor who brought it: first all of it is checked against the log's own signature, then its pages
take the way that pages take which come over the network.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

import msgspec

from nahmi.errors import ErrorCode, InputError, PartnerError
from nahmi.flows.circles.courier_pages import CourierPages
from nahmi.flows.circles.following import PAGE, FollowingLog, log_keys, rosters_in
from nahmi.flows.circles.handing_out import HandingOut
from nahmi.flows.circles.keeping_up import KeepingUp
from nahmi.flows.circles.own_keys import OwnKeys
from nahmi.partner.circles.members import KeyState
from nahmi.partner.circles.roster import Roster, check_successor, read_key
from nahmi.partner.courier.head import CourierHead, read_head
from nahmi.partner.courier.reading import Courier, courier_pages, verify_courier
from nahmi.partner.courier.writing import write_courier
from nahmi.partner.keys import PublicKey
from nahmi.partner.pages import Page, read_page
from nahmi.partner.ports.circle import Circle
from nahmi.partner.ports.log import CircleStore
from nahmi.partner.ports.receipts import ReceiptStore
from nahmi.partner.receipts import SignedReceipt
from nahmi.partner.statements.text import write_moment

Lines = Callable[[], Iterable[bytes]]
"""The lines of a file from its beginning, each with its line break; called several times."""


class Unpacked(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a courier file.

    Attributes:
        circle: The circle afterwards.
        taken: How many statements were new.
        receipt: Says how far this node is; None where our organisation is no reader by then.
    """

    circle: Circle
    taken: int
    receipt: SignedReceipt | None


class Packing:
    """Writes courier files. Safe to share between threads.

    Args:
        handing_out: Reads logs for other members.
        keys: With which files are sealed.
        clock: The present moment, UTC.
    """

    def __init__(
        self, *, handing_out: HandingOut, keys: OwnKeys, clock: Callable[[], datetime]
    ) -> None:
        self._handing_out = handing_out
        self._keys = keys
        self._clock = clock

    def pack(self, circle: Circle, *, after: int = 0) -> tuple[CourierHead, Iterator[bytes]]:
        """A part of a log, up to its newest checkpoint.

        Args:
            circle: Whose log; our organisation may read it and hand it on.
            after: How many statements the reader has.

        Returns:
            What the file is, and its lines.

        Raises:
            PartnerError: CIRCLE_DENIED or CIRCLE_STOPPED. LOG_INVALID: there is nothing after that
                place here.
        """
        key = self._keys.asking(circle.roster.roster, circle.own_org, circle.member_id)
        now, _ = self._handing_out.admit(circle.circle_id, key.public.kid)
        size = self._handing_out.size(circle.circle_id)
        if after >= size:
            raise PartnerError(
                ErrorCode.LOG_INVALID,
                f"The log has {size} statements here, so there are none to pack after {after}.",
                hint="`nahmi circle show` says how many there are.",
            )
        head = CourierHead(
            circle=now.circle_id,
            origin=now.roster.roster.origin,
            before=self._handing_out.before(now, after),
            made_at=write_moment(self._clock().astimezone(UTC)),
            sender=key.public.kid,
        )
        return head, write_courier(head, self._pages(now, after), key)

    def _pages(self, circle: Circle, after: int) -> Iterator[Page]:
        at = after
        while (page := self._page(circle, at)).lines:
            at = page.trailer.end
            yield page

    def _page(self, circle: Circle, after: int) -> Page:
        lines = self._handing_out.page(circle, after=after, limit=PAGE)
        return read_page(b"".join(lines), first=after)


class Unpacking:
    """Takes courier files and receipts over. Not to be shared between threads.

    Args:
        circles: Has the circles.
        following: Reads logs.
        keeping_up: Judges anew, and makes receipts.
        receipts: Has what members acknowledged.
        follow: Brings this process to where the store is.
        clock: The present moment, UTC.
    """

    def __init__(  # noqa: PLR0913 - each is a part of its own
        self,
        *,
        circles: CircleStore,
        following: FollowingLog,
        keeping_up: KeepingUp,
        receipts: ReceiptStore,
        follow: Callable[[], object],
        clock: Callable[[], datetime],
    ) -> None:
        self._circles = circles
        self._following = following
        self._keeping_up = keeping_up
        self._receipts = receipts
        self._follow = follow
        self._clock = clock

    def unpack(
        self, lines: Lines, *, on_progress: Callable[[int], object] = lambda _: None
    ) -> Unpacked:
        """Take over what is new in a courier file.

        What was taken over before an error stands, page by page: the same file can be given again.

        Args:
            lines: Of the file.
            on_progress: Told how many statements were taken over so far.

        Raises:
            InputError: DOCUMENT_INVALID: it is no courier file, or was cut off or altered.
            PartnerError: CIRCLE_MISSING: of a circle that this node has not joined. LOG_INVALID: it
                begins further on than this node has read. As `FollowingLog.step`.
            AccessError: KEY_UNKNOWN: its sender is no member.
            TrustError: It is not part of the log, or not sealed by its sender.
        """
        circle = self._circles.circle(read_head(next(iter(lines()), b"")).circle)
        if circle.is_home:
            raise InputError(
                ErrorCode.INPUT_INVALID, "The log of this circle is kept here; nothing is unpacked."
            )
        courier = _verified(lines, circle.roster.roster)
        _require_no_gap(circle, courier)
        taken = 0
        pages = CourierPages(lambda: courier_pages(lines()))
        while self._circles.circle(circle.circle_id).size < courier.after.size:
            taken += self._following.step(circle.circle_id, pages).taken
            on_progress(taken)
        self._follow()
        self._keeping_up.rejudge(circle.circle_id)
        return Unpacked(
            circle=self._circles.circle(circle.circle_id),
            taken=taken,
            receipt=self._keeping_up.make_receipt(circle.circle_id),
        )

    def receive(self, data: bytes) -> SignedReceipt:
        """Take in a receipt that was brought back.

        Args:
            data: JSON.

        Raises:
            PartnerError: STATEMENT_INVALID, CIRCLE_MISSING, or CIRCLE_DENIED: it is of nobody who
                takes part.
            TrustError: SIGNATURE_INVALID.
        """
        receipt = SignedReceipt.read(data)
        circle = self._circles.circle(receipt.receipt.circle)
        receipt.check(circle.roster.roster)
        self._receipts.receive(circle.number, receipt, now=self._clock())
        return receipt


def _require_no_gap(circle: Circle, courier: Courier) -> None:
    first = courier.head.before.size
    if first > circle.size:
        raise PartnerError(
            ErrorCode.LOG_INVALID,
            f"The file begins after {first} statements, and this node has {circle.size}.",
            hint=f"Ask for a file that was packed with --after {circle.size}, or less.",
        )


def _verified(lines: Lines, known: Roster) -> Courier:
    """A courier file, checked with the keys of rosters that lead on from the one known here."""
    rosters = [known]
    for page in courier_pages(lines()):
        for signed in rosters_in(page.lines):
            if signed.roster.version == rosters[-1].version + 1:
                check_successor(rosters[-1], signed)
                rosters.append(signed.roster)
    return verify_courier(
        lines(),
        log_keys=log_keys(rosters),
        find_sender=lambda kid: _sender(kid, rosters[-1]),
        origin=known.origin,
    )


def _sender(kid: str, roster: Roster) -> PublicKey | None:
    member = roster.member_of_key(kid)
    key = None if member is None else member.key(kid)
    if key is None or key.state is KeyState.DISTRUSTED:
        return None
    return read_key(key.public)
