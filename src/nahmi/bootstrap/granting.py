# SPDX-License-Identifier: Apache-2.0
"""Who is let in, with which rights: the journeys, joined to a node's store."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from nahmi.bootstrap.access import Access, open_access
from nahmi.bootstrap.clock import now
from nahmi.bootstrap.place import NodePlace
from nahmi.flows.granting.keys import Keys
from nahmi.flows.granting.members import Members
from nahmi.flows.granting.people import People
from nahmi.flows.ledger import Ledger


class Granting:
    """Keys, people and members of a node.

    Args:
        access: Keeps them.
        ledger: Makes the changes.
    """

    def __init__(self, access: Access, ledger: Ledger) -> None:
        self.keys = Keys(store=access.keys, ledger=ledger, random=secrets.token_bytes)
        self.people = People(
            store=access.people,
            links=access.sessions,
            ledger=ledger,
            random=secrets.token_bytes,
        )
        self.members = Members(store=access.people, people=self.people, ledger=ledger)


@contextmanager
def open_granting(place: NodePlace) -> Iterator[Granting]:
    """Open who is let in on a node.

    Raises:
        StoreError: As `open_access`.
    """
    with open_access(place) as access:
        ledger = Ledger(begin=access.writing, audit=access.audit, clock=now)
        yield Granting(access, ledger)
