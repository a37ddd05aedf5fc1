# SPDX-License-Identifier: Apache-2.0
from collections.abc import Sequence

import pytest

from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, InputError
from nahmi.protect.formats import BadLine, Format, detect_format, read_entries, read_runs


def validate(signal_type: str, texts: Sequence[str]) -> list[str | InputError]:
    if signal_type not in ("pdq", "md5"):
        raise InputError(ErrorCode.SIGNAL_TYPE_UNKNOWN, "No such type.")
    refusal = InputError(ErrorCode.SIGNAL_INVALID, "Not a signal.")
    return [refusal if "!" in text else text.strip().lower() for text in texts]


@pytest.mark.parametrize(
    ("name", "line", "form"),
    [
        ("a.csv", "signal_type,value\r\n", Format.CSV),
        ("a.csv.gz", "signal_type,signal_str,collab,category,tags", Format.THREATEXCHANGE_CSV),
        ("-", '\ufeff{"signal_type": "pdq"}', Format.JSONL),
        ("a.JSONL.gz", "", Format.JSONL),
        ("a.txt", "pdq 00ff", Format.THREATEXCHANGE),
    ],
)
def test_format_is_detected(name: str, line: str, form: Format) -> None:
    assert detect_format(name, line) is form


@pytest.mark.parametrize(
    ("form", "lines", "numbers"),
    [
        (
            Format.CSV,
            ["\ufeffsignal_type,value,quality\n", "pdq,A,\n", "pdq,b,x\n", "no,b,1\n", "pdq,b\n"],
            [3, 4, 5],
        ),
        (
            Format.JSONL,
            ['{"signal_type":"pdq","value":"A"}\n', "\n", "[]\n", '{"value":1}\n', "{\n"],
            [3, 4, 5],
        ),
        (Format.THREATEXCHANGE, ["pdq A\n", "\n", "pdq\n", "no b\n"], [3, 4]),
        (
            Format.THREATEXCHANGE_CSV,
            [
                "signal_type,signal_str,collab,category,tags\n",
                "pdq,A,,POSITIVE_CLASS,\n",
                "pdq,b,,NEGATIVE_CLASS,\n",
            ],
            [3],
        ),
    ],
)
def test_bad_lines_are_reported_and_the_rest_is_read(
    form: Format, lines: list[str], numbers: list[int]
) -> None:
    bad: list[BadLine] = []
    drafts = list(read_entries(lines, form, validate=validate, on_bad=bad.append))
    assert [draft.signal for draft in drafts] == [Signal("pdq", "a")]
    assert [line.number for line in bad] == numbers
    with pytest.raises(InputError, match=f"Line {numbers[0]}: "):
        list(read_entries(lines, form, validate=validate))


def test_header_without_signal_is_refused() -> None:
    with pytest.raises(InputError, match="header"):
        list(read_entries(["a,b\n"], Format.CSV, validate=validate, on_bad=print))


def test_type_names_of_metas_tool_are_understood() -> None:
    (draft,) = read_entries(["video_md5 FF\n"], Format.THREATEXCHANGE, validate=validate)
    assert draft.signal == Signal("md5", "ff")


def test_what_differs_in_the_value_only_is_one_run() -> None:
    lines = ["signal_type,value,note\n", "pdq,A,x\n", "pdq,b,x\n", "pdq,c,y\n", "pdq,d,x\n"]
    runs = list(read_runs(lines, Format.CSV, validate=validate))
    assert [(run.like.note, run.values) for run in runs] == [
        ("x", ("a", "b")),
        ("y", ("c",)),
        ("x", ("d",)),
    ]


def test_bad_lines_inside_a_run_come_in_their_order() -> None:
    bad: list[BadLine] = []
    lines = ["pdq a\n", "pdq !\n", "pdq b\n", "no\n", "pdq !\n", "pdq c\n"]
    runs = list(read_runs(lines, Format.THREATEXCHANGE, validate=validate, on_bad=bad.append))
    assert [run.values for run in runs] == [("a", "b"), ("c",)]
    assert [line.number for line in bad] == [2, 4, 5]


@pytest.mark.parametrize("cell", ["caf\udce9", "a\0b"])
def test_a_cell_that_no_store_can_keep_is_a_bad_line(cell: str) -> None:
    bad: list[BadLine] = []
    lines = ["signal_type,value,note\n", f"pdq,a,{cell}\n", "pdq,b,\n"]
    drafts = list(read_entries(lines, Format.CSV, validate=validate, on_bad=bad.append))
    assert [draft.signal.value for draft in drafts] == ["b"]
    assert [line.number for line in bad] == [2]
