# SPDX-License-Identifier: Apache-2.0
import csv
import io
from collections.abc import Sequence
from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st

from nahmi.core.bank import EntryDraft
from nahmi.core.signal import Signal
from nahmi.protect.formats import Format, read_entries, write_entries

TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8
) | st.from_regex(r"['=+@\-\t\r\n\",]{0,4}", fullmatch=True)
WORDS = st.from_regex(r"[a-z0-9:/.]{1,9}", fullmatch=True)
TIMES = st.none() | st.datetimes(timezones=st.just(UTC))
DRAFTS = st.builds(
    EntryDraft,
    signal=st.builds(Signal, st.sampled_from(["pdq", "url"]), WORDS),
    content_ref=TEXTS,
    variant=TEXTS.filter(bool),
    quality=st.none() | st.integers(0, 100),
    canon=st.none() | TEXTS.filter(bool),
    source=TEXTS,
    provenance=TEXTS,
    note=TEXTS,
    expires_at=TIMES,
    disabled_until=TIMES,
)


def as_they_are(_signal_type: str, texts: Sequence[str]) -> Sequence[str]:
    return texts


def through(drafts: list[EntryDraft], form: Format) -> list[EntryDraft]:
    text = "".join(write_entries(drafts, form))
    return list(read_entries(io.StringIO(text, newline=""), form, validate=as_they_are))


@given(st.lists(DRAFTS, max_size=4), st.sampled_from([Format.CSV, Format.JSONL]))
def test_entries_come_back_whole(drafts: list[EntryDraft], form: Format) -> None:
    assert through(drafts, form) == drafts


@given(st.lists(DRAFTS, max_size=4))
def test_signals_come_back_through_the_forms_of_metas_tool(drafts: list[EntryDraft]) -> None:
    text = through(drafts, Format.THREATEXCHANGE)
    table = through(drafts, Format.THREATEXCHANGE_CSV)
    assert [draft.signal for draft in text] == [draft.signal for draft in drafts]
    expected = [EntryDraft(signal=d.signal, source=d.source, note=d.note) for d in drafts]
    assert table == expected


@given(st.lists(DRAFTS, max_size=3))
def test_no_cell_starts_a_formula(drafts: list[EntryDraft]) -> None:
    text = "".join(write_entries(drafts, Format.CSV))
    for row in csv.reader(io.StringIO(text, newline="")):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)
