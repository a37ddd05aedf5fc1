# SPDX-License-Identifier: Apache-2.0
"""The keys with which this node speaks in circles and signs the logs that it keeps.

They are derived from the node key and never stored; which of them counts, the circle's roster says.
"""

from collections.abc import Iterator
from typing import Final

from nahmi.errors import ErrorCode, PartnerError
from nahmi.operate.node_key import NodeKey, derive
from nahmi.partner.base64_texts import write_base64
from nahmi.partner.circles.members import KeyState
from nahmi.partner.circles.roster import Roster
from nahmi.partner.keys import SigningKey

_SPARES: Final = 8
"""Keys that may have come and gone while a node was away."""

_MOST_VERSIONS: Final = 100
"""Rotations of one key; nobody comes near."""


class OwnKeys:
    """Derives keys. Safe to share between threads.

    Args:
        node_key: What they are derived from.
    """

    def __init__(self, node_key: NodeKey) -> None:
        self._node_key = node_key
        self._made: dict[str, SigningKey] = {}

    def first(self, member_id: int) -> SigningKey:
        """The first key of a member of this node, after which its organisation is named."""
        return self.speaking(member_id, 1)

    def speaking(self, member_id: int, version: int) -> SigningKey:
        """One of the keys with which a member speaks.

        Args:
            member_id: Whose.
            version: From 1, one more with each rotation.
        """
        return self._make(f"circle-member:{member_id}:{version}")

    def log(self, log: str, version: int) -> SigningKey:
        """One of the keys with which a log's checkpoints are signed.

        Args:
            log: Tells the logs of this node apart.
            version: From 1, one more with each rotation.
        """
        return self._make(f"circle-log:{log}:{version}")

    def witness(self, member_id: int) -> SigningKey:
        """The key with which a member confirms logs of others; it signs nothing else."""
        return self._make(f"circle-witness:{member_id}")

    def current(self, roster: Roster, org: str, member_id: int) -> SigningKey:
        """The key with which a member speaks in a circle now.

        Raises:
            PartnerError: CIRCLE_DENIED: the circle knows no key of it that is in use.
        """
        member = roster.member(org)
        wanted = {
            key.kid for key in (member.keys if member else ()) if key.state is KeyState.ACTIVE
        }
        found: list[SigningKey] = []
        for key in self._versions(member_id):
            if len(found) == len(wanted):
                break
            found += [key] if key.public.kid in wanted else []
        if not found:
            raise PartnerError(
                ErrorCode.CIRCLE_DENIED,
                "The circle knows no key of this node that is in use.",
                hint="Ask a steward to add the key that `nahmi circle keys` shows.",
            )
        return found[-1]

    def asking(self, roster: Roster, org: str, member_id: int) -> SigningKey:
        """The key with which requests are signed: also before the roster here names our own."""
        if roster.member(org) is None:
            return self.first(member_id)
        return self.current(roster, org, member_id)

    def spares(self, roster: Roster, org: str, member_id: int) -> list[SigningKey]:
        """With what to ask where the key that the roster here names is refused.

        A steward who distrusts our key has been told of the next one, and the roster that names it
        is among what we still have to read; it may even be the one after.
        """
        first = self.next_version(roster, org, member_id)
        return [self.speaking(member_id, version) for version in range(first, first + _SPARES)]

    def next_version(self, roster: Roster, org: str, member_id: int) -> int:
        """The version of the first key of a member that its circle has never seen."""
        member = roster.member(org)
        seen = {key.kid for key in (member.keys if member else ())}
        return next(
            version
            for version, key in enumerate(self._versions(member_id), 1)
            if key.public.kid not in seen
        )

    def log_keys(self, roster: Roster) -> list[SigningKey]:
        """The key with which a log is signed now, after all those before it.

        Raises:
            PartnerError: CIRCLE_DENIED: the roster names a key that is not of this node.
        """
        found = []
        for version in range(1, _MOST_VERSIONS + 1):
            found.append(self.log(roster.home.log, version))
            if write_base64(found[-1].public.raw) == roster.home.log_key:
                return found
        raise PartnerError(
            ErrorCode.CIRCLE_DENIED, "The log of this circle is signed with another node's key."
        )

    def _make(self, purpose: str) -> SigningKey:
        key = self._made.get(purpose)
        if key is None:
            key = self._made[purpose] = SigningKey(derive(self._node_key, purpose))
        return key

    def _versions(self, member_id: int) -> Iterator[SigningKey]:
        return (self.speaking(member_id, version) for version in range(1, _MOST_VERSIONS + 1))
