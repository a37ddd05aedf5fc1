# SPDX-License-Identifier: Apache-2.0
"""Meta's ThreatExchange: what the members of a privacy group share, over the Graph API."""

import re
from typing import Annotated, Any, Final

import msgspec

from nahmi.operate.delivery import Delivery
from nahmi.operate.opinions import Saying
from nahmi.wire.exchanges.kind import Opened, wrong_credentials
from nahmi.wire.exchanges.threatexchange.reactions import say
from nahmi.wire.exchanges.threatexchange.session import ThreatExchangeSession

__all__ = ["ThreatExchange", "ThreatExchangeOptions", "ThreatExchangeToken"]

_TOKEN: Final = re.compile(r"([0-9]{8,})(?:%7C|%7c|\|)([A-Za-z0-9_-]{20,})", re.ASCII)


class ThreatExchangeOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the operator sets of ThreatExchange.

    Attributes:
        privacy_group: The number of the group whose members share.
    """

    privacy_group: Annotated[str, msgspec.Meta(pattern="^[0-9]{1,32}$")]


class ThreatExchangeToken(msgspec.Struct, frozen=True):
    """What the node signs in with.

    Attributes:
        app_id: Our own number as a member.
        secret: Known to us and Meta.
    """

    app_id: str
    secret: str

    def __repr__(self) -> str:
        return "ThreatExchangeToken(<withheld>)"

    @property
    def headers(self) -> dict[str, str]:
        """The token as a header, where logs of addresses do not show it."""
        return {"Authorization": f"Bearer {self.app_id}|{self.secret}"}


class ThreatExchange:
    """See `Kind`."""

    name = "threatexchange"
    options: type[Any] = ThreatExchangeOptions
    is_reviewed = True
    takes_opinions = True
    needs_reason = False

    def base_url(self, _: ThreatExchangeOptions) -> str:
        """See `Kind.base_url`."""
        return "https://graph.facebook.com/v21.0"

    def credentials(self, text: str) -> ThreatExchangeToken:
        """See `Kind.credentials`; `app_id|secret`, the bar also as `%7C`."""
        found = _TOKEN.fullmatch(text)
        if found is None:
            raise wrong_credentials("app_id|secret")
        return ThreatExchangeToken(found[1], found[2])

    def session(self, opened: Opened) -> ThreatExchangeSession:
        """See `Kind.session`."""
        return ThreatExchangeSession(
            opened.talk,
            opened.credentials.headers,
            group=opened.options.privacy_group,
            known=opened.known,
            own_id=opened.credentials.app_id,
            clock=opened.clock,
        )

    def say(self, opened: Opened, saying: Saying) -> Delivery:
        """See `Kind.say`."""
        return say(
            opened.talk,
            opened.credentials.headers,
            opened.credentials.app_id,
            saying,
            opened.clock(),
        )
