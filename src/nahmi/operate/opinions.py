# SPDX-License-Identifier: Apache-2.0
"""Our own opinions of what an exchange shares: kept in the outbox until the exchange has them.

A message says which record is meant and what we think of it. It holds no fingerprint: what the
exchange wants to be told of that is looked up when the message is sent.
"""

from typing import Final, Protocol

import msgspec

from nahmi.operate.delivery import Delivery
from nahmi.operate.exchange_settings import DirectExchangeSettings
from nahmi.operate.exchanges import Shared

OPINION_KIND: Final = "opinion"
"""The kind of messages in the outbox that tell exchanges of our opinions."""

LONGEST_REASON: Final = 200
"""Characters of a reason."""


class OpinionMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What the outbox keeps of an opinion.

    Attributes:
        record: A digest of the record's key, hexadecimal.
        signal: A digest of the signal, hexadecimal.
        agrees: Agreement or disagreement.
        reason: Why we disagree, as the exchange names or numbers it.
    """

    record: str
    signal: str
    agrees: bool
    reason: str = ""

    def write(self) -> str:
        """As the body of a message."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def read(cls, body: str) -> "OpinionMessage":
        """From what `write` made."""
        return msgspec.json.decode(body, type=cls)


def topic_of(record: str, signal: str) -> str:
    """What the keys of all messages on one signal in one record begin with.

    Args:
        record: As in `OpinionMessage`.
        signal: As in `OpinionMessage`.
    """
    return f"{record}-{signal}-"


class Saying(msgspec.Struct, frozen=True, kw_only=True):
    """An opinion as an exchange is told of it.

    Attributes:
        shared: Of what.
        agrees: Agreement or disagreement.
        reason: Why we disagree.
    """

    shared: Shared
    agrees: bool
    reason: str = ""


class OpinionSender(Protocol):
    """Tells exchanges of our opinions."""

    def check(self, exchange: DirectExchangeSettings, *, agrees: bool, reason: str) -> None:
        """Refuse an opinion that the exchange would not take.

        Raises:
            InputError: INPUT_INVALID.
        """
        ...

    def send(self, exchange: DirectExchangeSettings, saying: Saying) -> Delivery:
        """Try once. What goes wrong is in the answer, not raised."""
        ...
