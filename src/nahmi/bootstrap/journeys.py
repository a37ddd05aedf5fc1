# SPDX-License-Identifier: Apache-2.0
"""What a serving node does for whoever asks, joined to its stores."""

import secrets
from collections.abc import Callable
from contextlib import suppress

from nahmi.bootstrap.access import Access
from nahmi.bootstrap.clock import now
from nahmi.bootstrap.node import Node
from nahmi.errors import NahmiError
from nahmi.flows.account import OwnAccount
from nahmi.flows.auditing import Auditing
from nahmi.flows.curating import Curating
from nahmi.flows.granting.keys import Keys
from nahmi.flows.granting.members import Members
from nahmi.flows.granting.people import People
from nahmi.flows.ledger import Ledger
from nahmi.flows.signing_in import SigningIn
from nahmi.operate.node_key import NodeKey


class Journeys:
    """What people and machines may do on a node, beyond asking.

    Args:
        node: Its banks.
        access: Who may do what.
        node_key: From which second factors are derived.
        look: Brings this process to where the store is.
    """

    def __init__(
        self, node: Node, access: Access, node_key: NodeKey, look: Callable[[], None]
    ) -> None:
        self._look = look
        self.ledger = Ledger(begin=access.writing, audit=access.audit, clock=now)
        self.curating = Curating(store=node.store, ledger=self.ledger, follow=self._follow)
        self.keys = Keys(store=access.keys, ledger=self.ledger, random=secrets.token_bytes)
        self.people = People(
            store=access.people,
            links=access.sessions,
            ledger=self.ledger,
            random=secrets.token_bytes,
        )
        self.members = Members(store=access.people, people=self.people, ledger=self.ledger)
        self.signing_in = SigningIn(
            logins=access.logins,
            sessions=access.sessions,
            ledger=self.ledger,
            node_key=node_key,
            clock=now,
            random=secrets.token_bytes,
        )
        self.account = OwnAccount(
            logins=access.logins,
            sessions=access.sessions,
            people=access.people,
            ledger=self.ledger,
            node_key=node_key,
            clock=now,
            random=secrets.token_bytes,
        )
        self.auditing = Auditing(reader=access.audit, ledger=self.ledger)

    def _follow(self) -> None:
        # What was changed is kept by now. If it cannot be seen here yet, the follower goes on
        # trying, and the node says that it is not ready.
        with suppress(NahmiError):
            self._look()
