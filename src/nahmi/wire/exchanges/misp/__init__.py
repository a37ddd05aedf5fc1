# SPDX-License-Identifier: Apache-2.0
"""MISP: feeds, and the interface of a MISP itself."""

from base64 import b64encode
from typing import Annotated, Any

import msgspec

from nahmi.operate.delivery import Delivery, Outcome
from nahmi.operate.exchanges import ExchangeSession
from nahmi.operate.opinions import Saying
from nahmi.wire.exchanges.kind import Opened, wrong_credentials
from nahmi.wire.exchanges.misp.feed import MispFeedSession
from nahmi.wire.exchanges.misp.search import MispSearchSession

__all__ = ["Misp", "MispFeed", "MispFeedOptions", "MispOptions"]


class MispFeedOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the operator sets of a feed: nothing."""


class MispOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the operator sets of a MISP.

    Attributes:
        tags: Only attributes with one of these tags are fetched; none for all.
        overlap_minutes: By how much each fetch begins earlier than the last one ended, for what
            others feed into that MISP with timestamps of before.
    """

    tags: tuple[str, ...] = ()
    overlap_minutes: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 60


class _Silent:
    """Takes no opinions."""

    is_reviewed = False
    takes_opinions = False
    needs_reason = False

    def base_url(self, _: object) -> str:
        """See `Kind.base_url`."""
        return ""

    def say(self, _: Opened, __: Saying) -> Delivery:
        """See `Kind.say`; it takes none."""
        return Delivery(outcome=Outcome.REFUSED, error="This exchange takes no opinions.")


class MispFeed(_Silent):
    """See `Kind`."""

    name = "misp-feed"
    options: type[Any] = MispFeedOptions

    def credentials(self, text: str) -> dict[str, str]:
        """See `Kind.credentials`: `user:password`, or nothing.

        Raises:
            InputError: INPUT_INVALID.
        """
        if not text:
            return {}
        if ":" not in text or not (text.isprintable() and text.isascii()):
            raise wrong_credentials("user:password")
        return {"Authorization": f"Basic {b64encode(text.encode()).decode()}"}

    def session(self, opened: Opened) -> ExchangeSession:
        """See `Kind.session`."""
        return MispFeedSession(opened.talk, opened.credentials, known=opened.known)


class Misp(_Silent):
    """See `Kind`."""

    name = "misp"
    options: type[Any] = MispOptions

    def credentials(self, text: str) -> dict[str, str]:
        """See `Kind.credentials`: the key of a user of that MISP.

        Raises:
            InputError: INPUT_INVALID.
        """
        if not text or not (text.isalnum() and text.isascii()):
            raise wrong_credentials("the authentication key of a user")
        return {"Authorization": text}

    def session(self, opened: Opened) -> ExchangeSession:
        """See `Kind.session`."""
        return MispSearchSession(
            opened.talk,
            opened.credentials,
            known=opened.known,
            tags=opened.options.tags,
            overlap_s=opened.options.overlap_minutes * 60,
            clock=opened.clock,
        )
