# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: S101 - assert is how a test kit speaks
"""Contracts of what a node keeps beside a log: what waits, receipts, invitations and counts."""

from abc import abstractmethod
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from nahmi.errors import ErrorCode
from nahmi.partner.base64_texts import write_base64
from nahmi.partner.circles.members import CircleRole, Sector
from nahmi.partner.invitations import Application
from nahmi.partner.ports.outgoing import Pending
from nahmi.partner.receipts import Receipt, SignedReceipt
from nahmi.testing.circle_samples import KEY, NOW, ORG, Stores, logged, short
from nahmi.testing.refusals import refusal_of

_WORKERS = 4


def pending(place: int, about: str = "id") -> Pending:
    """A statement that waits."""
    return Pending(
        about=short(about), rev=place, kind="assert", statement=b"%d" % place, proof=b"{}"
    )


def receipt(size: int, withdrawn_to: int | None = None, org: str = ORG) -> SignedReceipt:
    """How far somebody has read."""
    said = Receipt(
        circle="circle",
        org=org,
        key=KEY.public.kid,
        size=size,
        root="",
        fold=f"{size:064x}",
        withdrawn_to=size if withdrawn_to is None else withdrawn_to,
        at="2026-01-02T03:04:05Z",
    )
    return SignedReceipt.make(said, KEY)


def application() -> Application:
    """What comes back by an invitation."""
    public = write_base64(KEY.public.raw)
    return Application(
        circle="c", token="", org=ORG, public=public, name="A", sector=Sector.CHARITY, country="AE"
    )


class RecordStoresContract:
    """What these stores must do; subclass it and say how to make empty ones."""

    @abstractmethod
    def new_stores(self) -> Stores:
        """Empty stores with the member 1, safe between threads."""

    def test_what_waits_is_sent_in_its_order(self) -> None:
        """Until the home has answered."""
        stores = self.new_stores()
        number, other = stores.circle().number, stores.circle("Other").number
        with stores.begin() as within:
            stores.outgoing.put(number, [], now=NOW, within=within)
            said = [pending(1), pending(2), pending(3, "other")]
            stores.outgoing.put(number, said, now=NOW, within=within)
            stores.outgoing.put(other, [pending(9)], now=NOW, within=within)
            newest = stores.outgoing.newest(number, [short("id"), short("unknown")], within=within)
        assert [one.rev for one in newest.values()] == [2]
        waiting = stores.outgoing.waiting(number, limit=9)
        assert [one.rev for one in waiting] == [1, 2, 3]
        assert [one.rev for one in stores.outgoing.waiting(number, limit=2)] == [1, 2]
        assert stores.outgoing.depth(number) == (3, 0)
        first, second, third = (one.number for one in waiting)
        stores.outgoing.settle(number, {first: "", second: "It was refused."})
        stores.outgoing.settle(number, {})
        assert [one.number for one in stores.outgoing.waiting(number, limit=9)] == [third]
        [refused] = stores.outgoing.refused(number, limit=9)
        assert (refused.number, refused.error) == (second, "It was refused.")
        assert stores.outgoing.depth(number) == (1, 1)
        with stores.begin() as within:
            assert stores.outgoing.newest(number, [short("id")], within=within) == {}
        assert stores.outgoing.depth(other) == (1, 0)

    def test_a_receipt_says_which_withdrawals_are_in_effect(self) -> None:
        """Each once, from the receipt on that covers it."""
        stores = self.new_stores()
        number = stores.circle().number
        said = [logged(seq, "retract" if seq in {2, 5} else "assert") for seq in range(8)]
        with stores.begin() as within:
            stores.circles.append(number, said, {}, within=within)
        later = NOW + timedelta(seconds=1)
        assert stores.receipts.receive(number, receipt(2, 3), now=NOW)
        assert stores.receipts.receive(number, receipt(2, 3), now=later)
        assert stores.receipts.acknowledgements(number, 2) == {ORG: NOW}
        assert stores.receipts.acknowledgements(number, 5) == {}
        assert stores.receipts.receive(number, receipt(8), now=later)
        assert stores.receipts.receive(number, receipt(6, org="other"), now=later)
        assert stores.receipts.acknowledgements(number, 2) == {ORG: NOW, "other": later}
        assert stores.receipts.acknowledgements(number, 5) == {ORG: later, "other": later}

    def test_receipts_never_go_back(self) -> None:
        """One that says less than what is known is not kept."""
        stores = self.new_stores()
        number = stores.circle().number
        newest = receipt(4, 6)
        assert stores.receipts.receive(number, newest, now=NOW)
        assert not stores.receipts.receive(number, receipt(3, 6), now=NOW)
        assert not stores.receipts.receive(number, receipt(4, 5), now=NOW)
        [kept] = stores.receipts.receipts(number)
        assert (kept.org, kept.size, kept.withdrawn_to, kept.at) == (ORG, 4, 6, NOW)
        assert kept.fold == newest.receipt.fold
        assert stores.receipts.newest(number) == [newest]

    def test_an_invitation_is_answered_once(self) -> None:
        """In time, and by whoever has its token."""
        stores = self.new_stores()
        number, other = stores.circle().number, stores.circle("Other").number
        until = NOW + timedelta(days=1)
        made = stores.invitations.add(
            number,
            b"digest",
            roles=[CircleRole.OPINE, CircleRole.READ],
            note="for A",
            now=NOW,
            expires_at=until,
        )
        assert (made.circle, made.roles) == (number, (CircleRole.OPINE, CircleRole.READ))
        assert (made.note, made.state, made.application) == ("for A", "open", None)
        assert stores.invitations.open(number, b"digest", now=NOW) == made
        for asked in (
            lambda: stores.invitations.open(number, b"digest", now=until),
            lambda: stores.invitations.open(number, b"another", now=NOW),
            lambda: stores.invitations.open(other, b"digest", now=NOW),
            lambda: stores.invitations.invitation(made.number + 99),
        ):
            assert refusal_of(asked) is ErrorCode.INVITATION_INVALID
        stores.invitations.apply(made.number, application())
        again = refusal_of(lambda: stores.invitations.apply(made.number, application()))
        used = refusal_of(lambda: stores.invitations.open(number, b"digest", now=NOW))
        assert again is used is ErrorCode.INVITATION_INVALID
        stores.invitations.settle(made.number, "admitted")
        kept = stores.invitations.invitation(made.number)
        assert (kept.state, kept.application) == ("admitted", application())
        assert stores.invitations.invitations(number) == [kept]
        assert stores.invitations.invitations(other) == []

    def test_what_keys_say_is_counted_by_days(self) -> None:
        """Also by many at once."""
        stores = self.new_stores()
        number, other = stores.circle().number, stores.circle("Other").number

        def count(day: str, made: int, bad: int) -> None:
            with stores.begin() as within:
                stores.circles.take(stores.circles.circles()[0].circle_id, within=within)
                stores.quotas.count(number, "key", day, made=made, bad=bad, within=within)

        with ThreadPoolExecutor(_WORKERS) as workers:
            list(workers.map(lambda _: count("2026-01-02", 2, 1), range(_WORKERS)))
        count("2026-01-01", 5, 0)
        with stores.begin() as within:
            made = stores.quotas.made
            assert made(number, "key", "2026-01-02", within=within) == 2 * _WORKERS
            assert made(number, "key", "2026-01-03", within=within) == 0
            assert made(number, "other", "2026-01-02", within=within) == 0
            since = stores.quotas.since
            assert since(number, "key", "2026-01-02", within=within) == (2 * _WORKERS, _WORKERS)
            assert since(number, "key", "2025-12-31", within=within) == (2 * _WORKERS + 5, _WORKERS)
            assert since(number, "key", "2026-01-03", within=within) == (0, 0)
            assert since(other, "key", "2025-12-31", within=within) == (0, 0)
