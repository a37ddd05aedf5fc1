# SPDX-License-Identifier: Apache-2.0
"""Tech Against Terrorism: digests of terrorist content that the organisation verified."""

from typing import Any

import msgspec

from nahmi.operate.delivery import Delivery, Outcome
from nahmi.operate.opinions import Saying
from nahmi.wire.exchanges.kind import Opened, pair_of
from nahmi.wire.exchanges.tat.session import TatSession

__all__ = ["Tat", "TatOptions"]


class TatOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the operator sets of Tech Against Terrorism: nothing."""


class Tat:
    """See `Kind`."""

    name = "tat"
    options: type[Any] = TatOptions
    is_reviewed = True
    takes_opinions = False
    needs_reason = False

    def base_url(self, _: TatOptions) -> str:
        """See `Kind.base_url`."""
        return "https://app.terrorismanalytics.org"

    def credentials(self, text: str) -> tuple[str, str]:
        """See `Kind.credentials`."""
        return pair_of(text)

    def session(self, opened: Opened) -> TatSession:
        """See `Kind.session`."""
        user, password = opened.credentials
        return TatSession(opened.talk, user, password, known=opened.known)

    def say(self, _: Opened, __: Saying) -> Delivery:
        """See `Kind.say`; the program takes no opinions."""
        return Delivery(outcome=Outcome.REFUSED, error="This exchange takes no opinions.")
