# SPDX-License-Identifier: Apache-2.0
"""Which requests get a line in the log."""

import pytest

from nahmi.operate.request_lines import MOST_A_SECOND, Keeps, RequestLines

SLOW_S = 1.0


@pytest.mark.parametrize(
    ("status", "took_s", "is_change", "expected"),
    [
        (200, 0.001, False, False),
        (304, 0.001, False, False),
        (201, 0.001, True, True),
        (400, 0.001, False, True),
        (503, 0.001, True, True),
        (200, SLOW_S, False, True),
        (0, 0.001, False, True),  # the caller went away
    ],
)
def test_changes_failures_and_slow_requests_get_a_line(
    status: int, took_s: float, *, is_change: bool, expected: bool
) -> None:
    for keeps, wanted in (
        (Keeps.CHANGES_AND_FAILURES, expected),
        (Keeps.ALL, True),
        (Keeps.NONE, False),
    ):
        lines = RequestLines(keeps, SLOW_S)
        assert lines.wants(1, status=status, took_s=took_s, is_change=is_change) is wanted


def test_who_fails_on_purpose_does_not_fill_the_disk() -> None:
    lines = RequestLines(Keeps.CHANGES_AND_FAILURES, SLOW_S)

    def fails(moment: float) -> bool:
        return lines.wants(moment, status=401, took_s=0.001, is_change=True)

    written = sum(fails(10 + at / 1000) for at in range(1000))
    assert written == MOST_A_SECOND
    assert lines.wants(10.9, status=200, took_s=0.001, is_change=True), "changes get theirs"
    assert lines.take_left_out() == 1000 - MOST_A_SECOND
    assert lines.take_left_out() == 0
    assert fails(11.1)


def test_who_wants_all_lines_gets_them_all() -> None:
    lines = RequestLines(Keeps.ALL, SLOW_S)
    assert all(lines.wants(1, status=401, took_s=0, is_change=False) for _ in range(1000))
    assert lines.take_left_out() == 0
