# SPDX-License-Identifier: Apache-2.0
"""Names become addresses once; each address is judged before any is connected to."""

import ipaddress
import queue
import socket
import threading
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import Final, Protocol

from nahmi.wire.addresses import reach
from nahmi.wire.deadline import Deadline
from nahmi.wire.hosts import HostRule
from nahmi.wire.target import Target

Address = IPv4Address | IPv6Address

_LOOKUPS: Final = 32


class Resolver(Protocol):
    """Finds the addresses of a name."""

    def resolve(self, name: str, deadline: Deadline) -> Sequence[Address]:
        """All addresses of a name, those to try first in front; empty when it has none.

        Raises:
            TimeoutError: The deadline passed.
        """
        ...


class SystemResolver:
    """Asks as the system is set up to; safe to use from many threads.

    The system's own call cannot be interrupted, so it runs in a thread that is left behind when
    it takes too long. There are never more than 32 of them.
    """

    def __init__(self) -> None:
        self._places = threading.BoundedSemaphore(_LOOKUPS)

    def resolve(self, name: str, deadline: Deadline) -> Sequence[Address]:
        """As `Resolver.resolve`."""
        if not self._places.acquire(timeout=deadline.left_s()):
            raise TimeoutError
        answers: queue.SimpleQueue[Sequence[Address]] = queue.SimpleQueue()
        lookup = threading.Thread(
            target=self._look_up, args=(name, answers), name="nahmi-resolve", daemon=True
        )
        try:
            lookup.start()
        except RuntimeError:  # the system gives no more threads
            self._places.release()
            raise TimeoutError from None
        try:
            return answers.get(timeout=deadline.left_s())
        except queue.Empty:
            raise TimeoutError from None

    def _look_up(self, name: str, answers: queue.SimpleQueue[Sequence[Address]]) -> None:
        try:
            found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
            answers.put([_address(sockaddr) for *_, sockaddr in found])
        except (OSError, ValueError):  # UnicodeError is one: the name is too long for DNS
            answers.put([])
        finally:
            self._places.release()


def pinned_addresses(
    target: Target, rule: HostRule, resolver: Resolver, deadline: Deadline
) -> Sequence[Address] | None:
    """The addresses that may be connected to for this target, from one look-up.

    One address that is not allowed spoils all: whoever answers for the name is not to be trusted
    with the choice.

    Args:
        target: Covered by `rule`.
        rule: Whether internal addresses are allowed.
        resolver: Asked once at most.
        deadline: For the look-up.

    Returns:
        Empty when the name has no address; None when one of them is not allowed.

    Raises:
        TimeoutError: The deadline passed.
    """
    literal = target.address
    found = resolver.resolve(target.host, deadline) if literal is None else [literal]
    is_allowed = all(rule.allows(reach(address)) for address in found)
    return found if is_allowed else None


def _address(sockaddr: tuple[object, ...]) -> Address:
    address = ipaddress.ip_address(str(sockaddr[0]))
    scope = sockaddr[3] if len(sockaddr) > 3 else 0  # noqa: PLR2004 - IPv6 has four parts
    if scope and isinstance(address, IPv6Address) and address.scope_id is None:
        return IPv6Address(f"{address}%{scope}")
    return address
