# SPDX-License-Identifier: Apache-2.0
"""The hosts that the operator named, one rule a host."""

from collections.abc import Iterable
from typing import Final, Self

import msgspec

from nahmi.errors import ErrorCode, InputError
from nahmi.protect.signals.addresses.ip import ends_in_number
from nahmi.wire.addresses import INTERNAL, Reach
from nahmi.wire.target import Target, parse_target

_INTERNAL_WORD: Final = "internal"


class HostRule(msgspec.Struct, frozen=True, kw_only=True):
    """One host, or all names below one, at one port of one scheme.

    Attributes:
        scheme: `http` or `https`.
        host: As in `Target`.
        port: 1..65535.
        is_suffix: The rule is for names below `host`, not for `host` itself.
        is_internal: The host may be on this machine or in a private network.
    """

    scheme: str
    host: str
    port: int
    is_suffix: bool = False
    is_internal: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """A rule from the operator's settings.

        Args:
            text: `[scheme://][.]host[:port][ internal]`; the scheme is https unless written, the
                port the scheme's own. A leading dot means every name below the host. ` internal`
                lets it have an address of this machine or of a private network.

        Raises:
            InputError: INPUT_INVALID: it is malformed, a leading dot stands before an address or
                a top-level domain, or ` internal` after a rule for many names.
        """
        place, _, word = text.strip().partition(" ")
        scheme, divider, rest = place.rpartition("://")
        is_suffix = rest.startswith(".")
        target = parse_target(f"{scheme if divider else 'https'}://{rest.removeprefix('.')}")
        rule = cls(
            scheme=target.scheme,
            host=target.host,
            port=target.port,
            is_suffix=is_suffix,
            is_internal=word.strip() == _INTERNAL_WORD,
        )
        too_wide = is_suffix and (target.address or "." not in target.host or rule.is_internal)
        if target.path != "/" or too_wide or (word.strip() and not rule.is_internal):
            raise InputError(
                ErrorCode.INPUT_INVALID,
                "A rule for a host is malformed or too wide.",
                hint="Write it like images.example.org, .example.org, http://10.0.0.7:80 internal.",
            )
        return rule

    def covers(self, target: Target) -> bool:
        """Whether the rule is for this target; scheme and port must be the rule's own."""
        if (target.scheme, target.port) != (self.scheme, self.port):
            return False
        if self.is_suffix:
            return not _is_address(target.host) and target.host.endswith(f".{self.host}")
        return target.host == self.host

    def allows(self, reach: Reach) -> bool:
        """Whether the host may be at an address that reaches this far."""
        return reach is Reach.PUBLIC or (self.is_internal and reach in INTERNAL)


def rule_for(target: Target, rules: Iterable[HostRule]) -> HostRule | None:
    """The first rule that covers a target; None where none does."""
    return next((rule for rule in rules if rule.covers(target)), None)


def _is_address(host: str) -> bool:
    return host.startswith("[") or ends_in_number(host)
