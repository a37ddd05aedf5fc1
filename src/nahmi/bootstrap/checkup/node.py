# SPDX-License-Identifier: Apache-2.0
"""A node: its settings, its key, its store and its index."""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from typing import Final

from nahmi.access.identity import ApiKey, Person
from nahmi.access.roles import Role
from nahmi.bootstrap.access import Access
from nahmi.bootstrap.checkup.check import Check, State, counted, failed, tried
from nahmi.bootstrap.clock import now
from nahmi.bootstrap.exchanges import check_exchanges
from nahmi.bootstrap.node import Node, node_settings, open_node
from nahmi.bootstrap.place import NodePlace, placed
from nahmi.bootstrap.schema import check_schema
from nahmi.bootstrap.secret import node_key_file, open_node_key
from nahmi.core.member import OWN_MEMBER
from nahmi.errors import ErrorCode, NahmiError
from nahmi.store.node import open_node as open_folder
from nahmi.store.sql.opening import open_database
from nahmi.store.sql.standing import Standing, standing_of

_APART: Final = timedelta(seconds=5)
"""By how much clocks may differ: answers of second factors hold for half a minute."""
_SOON: Final = timedelta(days=14)


def node_checks(place: NodePlace) -> Iterator[Check]:
    """Everything about a node.

    Args:
        place: Where it is.
    """
    place = placed(place)
    try:
        open_folder(place.folder)
    except NahmiError as error:
        is_missing = error.code is ErrorCode.STORE_MISSING
        state = State.NOTE if is_missing else State.BAD
        yield Check("node", state, error.detail, error.hint)
        return
    settings = tried("settings", lambda: _settings(place))
    yield settings
    yield _rights(place)
    yield _key(place)
    try:
        schema = check_schema(place)
    except NahmiError as error:
        yield failed("database", error)
        return
    if schema.is_behind:
        yield Check(
            "database",
            State.BAD,
            f"The store has the older schema {schema.before}; this nahmi needs {schema.newest}.",
            "Stop the node, back it up and run `nahmi migrate`.",
        )
        return
    yield from _store(place)
    if settings.state is State.OK:
        yield from _opened(place)


def _settings(place: NodePlace) -> str:
    check_exchanges(node_settings(place))
    return "node.toml can be used"


def _key(place: NodePlace) -> Check:
    check = tried("node key", lambda: _read_key(place))
    file = node_key_file(place)
    if check.state is State.OK or not file.exists() or os.access(file, os.R_OK):
        return check
    # Whoever only asks about content needs no key.
    hint = "Run this as the user that serves, too."
    return Check(check.name, State.NOTE, "there, and you may not read it", hint)


def _read_key(place: NodePlace) -> str:
    open_node_key(place)
    return "there, and only its owner may read it"


def _rights(place: NodePlace) -> Check:
    if place.folder.stat().st_mode & 0o077:
        hint = "Fingerprints are sensitive: chmod 700 the folder."
        return Check("rights", State.NOTE, "others may read the folder", hint)
    return Check("rights", State.OK, "only you may read the folder")


def _store(place: NodePlace) -> Iterator[Check]:
    try:
        where = place.store_of(open_folder(place.folder))
        with closing(open_database(where, read_only=True)) as database:
            standing = standing_of(database)
            access = Access(database)
            people = access.people.people(OWN_MEMBER)
            keys = access.keys.keys(OWN_MEMBER)
            noted = [record.event.at for record in access.audit.newest(limit=1)]
    except NahmiError as error:
        yield failed("database", error)
        return
    yield Check("database", State.OK, standing.software)
    yield _clocks(standing, noted)
    yield _administrators([person for person in people if person.role is Role.ADMIN])
    yield _keys(keys)


def _clocks(standing: Standing, noted: list[datetime]) -> Check:
    moment = now()
    name = "clocks"
    if standing.moment is not None and abs(moment - standing.moment) > _APART:
        seconds = (moment - standing.moment).total_seconds()
        return Check(
            name,
            State.BAD,
            f"This machine's clock differs from the database's by {seconds:+.0f} s.",
            "Let both be set by NTP, such as systemd-timesyncd or chrony.",
        )
    if any(at > moment + _APART for at in noted):
        return Check(
            name,
            State.BAD,
            "The newest record of the audit log is from the future: this clock went back.",
            "Let it be set by NTP, such as systemd-timesyncd or chrony.",
        )
    return Check(name, State.OK, "agree with the store")


def _keys(found: Sequence[ApiKey]) -> Check:
    moment = now()
    valid = [key for key in found if key.is_valid(moment)]
    detail = f"{counted(len(valid), 'key is', 'keys are')} good"
    soon = ", ".join(str(key.key_id) for key in valid if key.expires_at - moment < _SOON)
    if not soon:
        return Check("keys", State.OK, detail)
    return Check(
        "keys",
        State.NOTE,
        f"{detail}, those with the number {soon} for less than {_SOON.days} days",
        "Replace them in time, such as with `nahmi key rotate`: docs/how-to/keys.md.",
    )


def _administrators(found: list[Person]) -> Check:
    able = sum(person.is_enabled for person in found)
    if able:
        words = counted(able, "administrator", "administrators")
        return Check("people", State.OK, f"{words} may sign in")
    return Check(
        "people",
        State.NOTE,
        "Nobody may sign in to the console as its administrator.",
        "If you want one: nahmi person add EMAIL NAME --role admin.",
    )


def _opened(place: NodePlace) -> Iterator[Check]:
    try:
        with open_node(place, read_only=True) as node:
            yield from _index(node)
    except NahmiError as error:
        yield failed("node", error)


def _index(node: Node) -> list[Check]:
    node.index.verify()
    signals = counted(node.index.status().signals, "signal", "signals")
    banks = node.store.banks()
    entries = sum(node.store.count_entries(bank.bank_id) for bank in banks)
    held = f"{counted(len(banks), 'bank', 'banks')}, {counted(entries, 'entry', 'entries')}"
    index = Check("index", State.OK, signals)
    if node.is_behind():
        hint = "A node that serves follows in a moment; else the next command that writes does."
        index = Check("index", State.NOTE, f"{signals}, behind the banks", hint)
    plugins = node.plugins.names
    return [
        Check("node", State.OK, held),
        index,
        *([Check("plug-ins", State.OK, ", ".join(plugins))] if plugins else []),
    ]
