# SPDX-License-Identifier: Apache-2.0
"""TAXII 2.1: a collection of STIX objects on somebody else's server."""

from base64 import b64encode
from typing import Annotated, Any

import msgspec

from nahmi.operate.delivery import Delivery, Outcome
from nahmi.operate.opinions import Saying
from nahmi.wire.exchanges.kind import Opened, wrong_credentials
from nahmi.wire.exchanges.taxii.session import TaxiiSession

__all__ = ["Taxii", "TaxiiOptions"]


class TaxiiOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the operator sets of a collection.

    Attributes:
        page_size: Objects of a page.
    """

    page_size: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1_000


class Taxii:
    """See `Kind`."""

    name = "taxii"
    options: type[Any] = TaxiiOptions
    is_reviewed = False
    takes_opinions = False
    needs_reason = False

    def base_url(self, _: TaxiiOptions) -> str:
        """See `Kind.base_url`."""
        return ""

    def credentials(self, text: str) -> dict[str, str]:
        """See `Kind.credentials`: `user:password`, a token, or nothing.

        Raises:
            InputError: INPUT_INVALID.
        """
        if not text:
            return {}
        if not (text.isprintable() and text.isascii()):
            raise wrong_credentials("user:password, or a token")
        if ":" in text:
            return {"Authorization": f"Basic {b64encode(text.encode()).decode()}"}
        return {"Authorization": f"Bearer {text}"}

    def session(self, opened: Opened) -> TaxiiSession:
        """See `Kind.session`."""
        return TaxiiSession(
            opened.talk,
            opened.credentials,
            known=opened.known,
            page_size=opened.options.page_size,
        )

    def say(self, _: Opened, __: Saying) -> Delivery:
        """See `Kind.say`; it takes none."""
        return Delivery(outcome=Outcome.REFUSED, error="This exchange takes no opinions.")
