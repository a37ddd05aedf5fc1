# SPDX-License-Identifier: Apache-2.0
from datetime import timedelta

from nahmi.core.bank import Entry, EntryDraft
from nahmi.testing.bank_store import NOW, pdq

TICK = timedelta(microseconds=1)


def test_entry_is_active_from_disabled_until_to_expiry() -> None:
    draft = EntryDraft(signal=pdq(1), disabled_until=NOW, expires_at=NOW + TICK)
    entry = Entry(entry_id=1, bank_id=1, draft=draft, added_at=NOW)
    active = [entry.is_active(NOW + step * TICK) for step in (-1, 0, 1)]
    assert active == [False, True, False]


def test_deleted_entry_is_never_active() -> None:
    entry = Entry(
        entry_id=1, bank_id=1, draft=EntryDraft(signal=pdq(1)), added_at=NOW, deleted_at=NOW
    )
    assert not entry.is_active(NOW)
