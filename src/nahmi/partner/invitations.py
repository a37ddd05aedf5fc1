# SPDX-License-Identifier: Apache-2.0
"""Invitations to a circle, and applications that answer them.

An invitation says which circle is meant by the circle's id, which follows from its first roster. So
whoever has it from a trusted hand cannot be led into another circle, whatever the network does. The
application comes back with a key, whose fingerprint the steward compares with the applicant.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Final, Self

import msgspec

from nahmi.errors import ErrorCode, PartnerError
from nahmi.partner import canonical
from nahmi.partner.base64_texts import read_base64, write_base64
from nahmi.partner.circles.members import CircleRole, Sector
from nahmi.partner.circles.roster import read_key
from nahmi.partner.keys import SigningKey
from nahmi.partner.naming import organisation_id
from nahmi.partner.unreadable import UNREADABLE

TOKEN_BYTES: Final = 32
SIGNED_AS: Final = "application"
"""What a signature under an application is made for."""

_MARK: Final = "nahmi-invitation."
_LONGEST: Final = 4_096


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """What a steward hands to an organisation that shall join.

    Attributes:
        circle: The circle's id.
        name: What people call it.
        home: How its home is reached.
        token: Shows that whoever applies was invited, base64; used once.
        expires: Until when, such as `2026-12-04T17:00:00Z`.
    """

    circle: str
    name: str
    home: str
    token: str
    expires: str

    def __repr__(self) -> str:
        return f"Invitation(circle={self.circle!r})"

    def write(self) -> str:
        """As a text that is sent in a message or a file."""
        body = urlsafe_b64encode(canonical.write_struct(self)).rstrip(b"=").decode()
        return f"{_MARK}{body}"

    @classmethod
    def read(cls, text: str) -> Self:
        """From such a text; blanks and line breaks in it do not count.

        Raises:
            PartnerError: INVITATION_INVALID.
        """
        packed = "".join(text.split())
        body = packed.removeprefix(_MARK)
        if body == packed or len(packed) > _LONGEST:
            raise invalid("It is no invitation.")
        try:
            data = urlsafe_b64decode(body + "=" * (-len(body) % 4))
            return msgspec.json.decode(data, type=cls)
        except (*UNREADABLE, ValueError) as error:
            raise invalid("It is no invitation, or was cut off.") from error


def digest_of(token: str) -> bytes:
    """What a home keeps of a token, 32 bytes.

    Raises:
        PartnerError: INVITATION_INVALID: it is none.
    """
    raw = read_base64(token) or b""
    if len(raw) != TOKEN_BYTES:
        raise invalid("Its token is damaged.")
    return sha256(raw).digest()


class Application(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An organisation that wants to join.

    Attributes:
        circle: Which circle.
        token: From the invitation.
        org: Its id, which follows from its key.
        public: With which it will sign: 32 bytes, base64.
        name: As others see it.
        sector: What kind it is.
        country: ISO 3166-1 alpha-2, or `XI`.
        group: Names organisations that belong together; empty for none.
        sig: The signature over all the rest, base64.
    """

    circle: str
    token: str
    org: str
    public: str
    name: str
    sector: Sector
    country: str
    group: str = ""
    sig: str = ""

    def __repr__(self) -> str:
        return f"Application(org={self.org!r})"

    @classmethod
    def read(cls, data: bytes) -> Self:
        """From JSON.

        Raises:
            PartnerError: INVITATION_INVALID: it is none.
        """
        try:
            return msgspec.json.decode(data, type=cls)
        except UNREADABLE as error:
            raise invalid("The application cannot be read.") from error

    def signed(self, key: SigningKey) -> Self:
        """The same with its signature."""
        blank = msgspec.structs.replace(self, sig="")
        sig = write_base64(key.sign(SIGNED_AS, canonical.write_struct(blank)))
        return msgspec.structs.replace(self, sig=sig)

    def check(self) -> None:
        """Make sure that the key signed it, and that the id follows from the key.

        Raises:
            PartnerError: INVITATION_INVALID: the id is of another key.
            TrustError: SIGNATURE_INVALID.
            InputError: KEY_INVALID.
        """
        key = read_key(self.public)
        blank = msgspec.structs.replace(self, sig="")
        key.verify(SIGNED_AS, canonical.write_struct(blank), read_base64(self.sig) or b"")
        if not hmac.compare_digest(self.org, organisation_id(key.raw)):
            raise invalid("The organisation's id does not follow from its key.")


class Invited(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation as its home keeps it.

    Attributes:
        number: Of the invitation on this node.
        circle: The circle's number on this node.
        roles: What whoever joins by it may do.
        note: For whom it is, in the steward's words.
        made_at_us: When it was made, microseconds since 1970.
        expires_us: Until when it holds.
        state: `open`, `applied`, `admitted`, `refused` or `withdrawn`.
        application: What came back; None so far.
    """

    number: int
    circle: int
    roles: tuple[CircleRole, ...]
    note: str
    made_at_us: int
    expires_us: int
    state: str
    application: Application | None = None


def invalid(why: str) -> PartnerError:
    """What is raised of an invitation that cannot be used."""
    return PartnerError(
        ErrorCode.INVITATION_INVALID,
        f"The invitation cannot be used. {why}",
        hint="Ask the circle's steward for a new one.",
    )
