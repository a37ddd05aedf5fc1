# SPDX-License-Identifier: Apache-2.0
"""Circles as objects, joined to their stores."""

from nahmi.bootstrap.clock import now
from nahmi.flows.circles.contributing import Contributing, Speaker
from nahmi.flows.circles.misp_feed import MispFeed
from nahmi.flows.circles.objects import Objects
from nahmi.flows.circles.statuses import Statuses
from nahmi.flows.circles.viewing import Viewing
from nahmi.store.sql.circle_folds import SqlFoldStore
from nahmi.store.sql.circle_objects import SqlViewStore
from nahmi.store.sql.circles import SqlCircleStore
from nahmi.store.sql.database import Database
from nahmi.store.sql.store import INDEXED_TYPES
from nahmi.store.sql.taxii_statuses import SqlStatusStore


class CircleObjects:
    """What reads circles as objects, and takes objects in. Safe to share between threads.

    Args:
        database: The node's store.
        speaker: Says in circles what objects say.

    Attributes:
        objects: Reads circles as objects.
        viewing: Prepares their logs.
        statuses: Takes objects in.
        misp_feed: Writes circles as feeds of MISP.
    """

    def __init__(self, database: Database, speaker: Speaker) -> None:
        circles, views = SqlCircleStore(database), SqlViewStore(database)
        self.viewing = Viewing(
            views=views, circles=circles, folds=SqlFoldStore(INDEXED_TYPES), begin=database.writing
        )
        self.objects = Objects(circles=circles, views=views, viewing=self.viewing)
        self.misp_feed = MispFeed(views=views, viewing=self.viewing)
        self.statuses = Statuses(
            contributing=Contributing(speaker=speaker, views=views),
            store=SqlStatusStore(database),
            clock=now,
        )
