# SPDX-License-Identifier: Apache-2.0
"""What opinions make of an entry."""

import msgspec
import pytest

from nahmi.core.opinion import Opinion, Stance, Standing, standing_of
from nahmi.core.signal import Signal
from nahmi.protect.shared import NEVER_AGAIN, Said, changes_of, draft_of, said_of

YES, MAYBE, NO = (Opinion(stance=stance, owner=stance) for stance in Stance)
OWN_YES, OWN_MAYBE, OWN_NO = (Opinion(stance=stance, is_own=True) for stance in Stance)


@pytest.mark.parametrize(
    ("opinions", "standing"),
    [
        ((), Standing.UNREVIEWED),
        ((MAYBE,), Standing.UNREVIEWED),
        ((YES,), Standing.CONFIRMED),
        ((YES, MAYBE), Standing.CONFIRMED),
        ((NO,), Standing.REJECTED),
        ((NO, NO), Standing.REJECTED),
        ((NO, MAYBE), Standing.CONTESTED),
        ((NO, YES), Standing.CONTESTED),
        ((OWN_NO, YES), Standing.REJECTED),
        ((OWN_YES, NO), Standing.CONFIRMED),
        ((OWN_MAYBE, NO), Standing.CONTESTED),
        ((OWN_YES, OWN_NO, MAYBE), Standing.CONTESTED),
    ],
)
def test_opinions_leave_a_signal_somewhere(
    opinions: tuple[Opinion, ...], standing: Standing
) -> None:
    assert standing_of(opinions) is standing
    assert standing_of(reversed(opinions)) is standing


def test_an_entry_says_who_says_what() -> None:
    tagged = msgspec.structs.replace(YES, tags=("b", "a"))
    said = said_of("x", [tagged, OWN_YES], disables_contested=False)
    assert said == Said(source="agrees", note="confirmed; tags: a, b", is_disabled=False)
    assert Said.read(said.write()) == said
    draft = draft_of("x", Signal("pdq", "0f" * 32), said)
    assert (draft.source, draft.provenance, draft.disabled_until) == ("agrees", "exchange:x", None)
    assert said_of("x", [OWN_YES], disables_contested=False).source == "x"


def test_whether_it_matches_changes_when_opinions_change_that() -> None:
    on, off = (said_of("x", [one], disables_contested=True) for one in (YES, NO))
    assert changes_of(on, off).disabled_until == NEVER_AGAIN
    assert changes_of(off, on).disabled_until is None
    assert changes_of(on, on).disabled_until is msgspec.UNSET
    assert changes_of(off, off).disabled_until is msgspec.UNSET
