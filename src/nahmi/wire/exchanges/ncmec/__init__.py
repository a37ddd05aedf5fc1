# SPDX-License-Identifier: Apache-2.0
"""NCMEC hash sharing, version 2: fingerprints with votes from members, as XML."""

from base64 import b64encode
from typing import Any

import msgspec

from nahmi.operate.delivery import Delivery
from nahmi.operate.opinions import Saying
from nahmi.wire.exchanges.kind import Opened, pair_of
from nahmi.wire.exchanges.ncmec.environments import Environment, address_of
from nahmi.wire.exchanges.ncmec.feedback import say
from nahmi.wire.exchanges.ncmec.session import NcmecSession

__all__ = ["Ncmec", "NcmecOptions"]


class NcmecOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the operator sets of NCMEC.

    Attributes:
        environment: Which holdings.
        test: The environment to try things out in, not the real one.
    """

    environment: Environment = Environment.INDUSTRY
    test: bool = False


class Ncmec:
    """See `Kind`."""

    name = "ncmec"
    options: type[Any] = NcmecOptions
    is_reviewed = True
    takes_opinions = True
    needs_reason = True

    def base_url(self, options: NcmecOptions) -> str:
        """See `Kind.base_url`."""
        return address_of(options.environment, is_test=options.test)

    def credentials(self, text: str) -> tuple[str, str]:
        """See `Kind.credentials`."""
        return pair_of(text)

    def session(self, opened: Opened) -> NcmecSession:
        """See `Kind.session`."""
        return NcmecSession(opened.talk, _headers(opened), known=opened.known, clock=opened.clock)

    def say(self, opened: Opened, saying: Saying) -> Delivery:
        """See `Kind.say`."""
        return say(opened.talk, _headers(opened), saying, opened.clock())


def _headers(opened: Opened) -> dict[str, str]:
    word = b64encode(":".join(opened.credentials).encode()).decode()
    return {"Authorization": f"Basic {word}"}
