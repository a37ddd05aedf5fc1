# SPDX-License-Identifier: Apache-2.0
"""Revisions in SQL: they rise in the transaction of the change, which also wakes who listens."""

from sqlalchemy import Connection, func, select, update

from nahmi.operate.changes import Topic
from nahmi.store.sql.database import Database
from nahmi.store.sql.tables import revision

CHANNEL = "nahmi_change"
"""The name under which PostgreSQL notifies of changes."""

_SELECT = f"SELECT {revision.c.topic.name}, {revision.c.value.name} FROM {revision.name}"  # noqa: S608 - names from our own table


class SqlRevisionReader:
    """Reads revisions.

    Args:
        database: An opened store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def revisions(self) -> dict[Topic, int]:
        """See `nahmi.operate.changes.RevisionReader`."""
        # Asked after every commit, whatever it was about.
        with self._database.looking_up() as cursor:
            cursor.execute(_SELECT)
            found = dict(cursor.fetchall())
        return {topic: found.get(topic.value, 0) for topic in Topic}


def note_change(connection: Connection, topic: Topic) -> None:
    """Raise a topic's revision, in the transaction that makes the change.

    Call it last: in PostgreSQL whoever changes the same topic waits for this transaction.
    """
    risen = update(revision).where(revision.c.topic == topic.value)
    connection.execute(risen.values(value=revision.c.value + 1))
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_notify(CHANNEL, topic.value)))
