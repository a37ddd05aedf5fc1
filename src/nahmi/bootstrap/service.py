# SPDX-License-Identifier: Apache-2.0
"""A node that serves: everything that its requests work with, opened and closed together."""

import os
import time
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Final, Self

import numpy as np

from nahmi.access.audit import AuditEvent
from nahmi.access.identity import Principal
from nahmi.access.walks import WalkDetector
from nahmi.bootstrap.access import Access, open_access
from nahmi.bootstrap.clock import now
from nahmi.bootstrap.media import make_fingerprinter
from nahmi.bootstrap.node import Node, open_node
from nahmi.flows.asking import Asking
from nahmi.flows.authenticating import KeyRing
from nahmi.flows.budgeting import BudgetLeases
from nahmi.flows.match import Matcher
from nahmi.flows.uploads import Decoders
from nahmi.operate.settings import Settings
from nahmi.store.caching import CachedReader

_NOTHING: Final = np.empty((0, 32), np.uint8)


class Service:
    """A node, opened to serve.

    Args:
        folder: The node's folder.
        settings: What its operator set.
    """

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.settings = settings
        self.clock = now
        self._open = ExitStack()
        try:
            self.node: Node = self._open.enter_context(open_node(folder))
            self.access: Access = self._open.enter_context(open_access(folder))
            decoders = settings.limits.decoders or os.cpu_count() or 1
            fingerprinter = self._open.enter_context(make_fingerprinter(workers=decoders))
            self.decoders = Decoders(
                fingerprinter, workers=decoders, waiting=settings.limits.waiting
            )
            self._open.callback(self.decoders.close)
        except BaseException:
            self._open.close()
            raise
        self.keys = KeyRing(self.access.keys, clock=now, monotonic=time.monotonic)
        self.asking = Asking(
            matcher=Matcher(
                reader=CachedReader(self.node.store, self._revision),
                index=self.node.index,
                clock=now,
            ),
            budgets=BudgetLeases(self.access.keys.take_budget),
            walks=WalkDetector(),
            on_walk=self._note_walk,
            clock=now,
        )

    def probe(self) -> None:
        """Ask store and index something.

        Raises:
            StoreError: The store does not answer.
            SignalIndexError: The index does not answer.
        """
        self.node.store.banks()
        self.node.index.search(_NOTHING, limit_bits=0)

    def _note_walk(self, principal: Principal, at: datetime) -> None:
        self.access.audit.append(
            AuditEvent(
                at=at, member_id=principal.member_id, actor=principal.name, event="query:walk"
            )
        )

    def _revision(self) -> int:
        return self.node.index.watermark

    def close(self) -> None:
        """Close everything, last opened first."""
        self._open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
