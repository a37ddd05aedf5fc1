# SPDX-License-Identifier: Apache-2.0
"""Receipts: a member says how far it has read a log, and which withdrawals are in effect.

So whoever takes something back can see who still holds it. A receipt is signed, and names the hash
of what the log left at its reader, so that two readers whose folds differ are found out.
"""

from typing import Final, Self

import msgspec

from nahmi.errors import ErrorCode, PartnerError
from nahmi.partner import canonical
from nahmi.partner.base64_texts import read_base64, write_base64
from nahmi.partner.circles.roster import Roster, read_key
from nahmi.partner.keys import SigningKey
from nahmi.partner.unreadable import UNREADABLE

SIGNED_AS: Final = "receipt"
"""What a signature under a receipt is made for."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """How far a member has read.

    Attributes:
        circle: Of which circle.
        org: The member.
        key: With which of its keys the receipt is signed.
        size: How many statements of the log are in effect at the member.
        root: The root of their tree, hexadecimal.
        fold: The hash of what they leave, hexadecimal.
        withdrawn_to: Withdrawals before this place in the log are in effect, even where the rest
            has not been read so far.
        at: When it was written, such as `2026-11-27T17:00:00Z`.
    """

    circle: str
    org: str
    key: str
    size: int
    root: str
    fold: str
    withdrawn_to: int
    at: str

    def write(self) -> bytes:
        """Its canonical bytes, which are what is signed."""
        return canonical.write_struct(self)


class SignedReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt and its signature.

    Attributes:
        receipt: The receipt.
        sig: The signature, base64.
    """

    receipt: Receipt
    sig: str

    @classmethod
    def make(cls, receipt: Receipt, key: SigningKey) -> Self:
        """Sign a receipt."""
        return cls(receipt=receipt, sig=write_base64(key.sign(SIGNED_AS, receipt.write())))

    @classmethod
    def read(cls, data: bytes) -> Self:
        """From JSON.

        Raises:
            PartnerError: STATEMENT_INVALID: it is no receipt.
        """
        try:
            return msgspec.json.decode(data, type=cls)
        except UNREADABLE as error:
            raise PartnerError(ErrorCode.STATEMENT_INVALID, "It is no receipt.") from error

    def check(self, roster: Roster) -> None:
        """Make sure that it is of a member, about its circle, and signed by it.

        Raises:
            PartnerError: CIRCLE_DENIED: it is of nobody who takes part.
            TrustError: SIGNATURE_INVALID.
        """
        one = self.receipt
        member = roster.member(one.org)
        key = None if member is None else member.key(one.key)
        if one.circle != roster.circle or key is None or member not in roster.active:
            raise PartnerError(
                ErrorCode.CIRCLE_DENIED, "The receipt is of nobody who takes part in the circle."
            )
        read_key(key.public).verify(SIGNED_AS, one.write(), read_base64(self.sig) or b"")
