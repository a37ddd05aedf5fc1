# SPDX-License-Identifier: Apache-2.0
"""Courier files are checked without any network, and every alteration is found."""

from collections.abc import Sequence
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nahmi.errors import ErrorCode, InputError, NahmiError
from nahmi.partner.checkpoint import Checkpoint, write_checkpoint
from nahmi.partner.courier.head import CourierHead, read_head, write_head
from nahmi.partner.courier.reading import courier_pages, verify_courier
from nahmi.partner.courier.writing import write_courier
from nahmi.partner.keys import PublicKey, SigningKey
from nahmi.partner.merkle.frontier import Frontier
from nahmi.partner.merkle.hashing import leaf_hash, root_of
from nahmi.partner.merkle.nodes import TreeReader
from nahmi.partner.merkle.proofs import prove_consistency
from nahmi.partner.note_keys import SignatureKind, make_note_key
from nahmi.partner.note_signing import sign_note
from nahmi.partner.notes import Note, write_note
from nahmi.partner.pages import Line, Page, Trailer

ORIGIN = "node.example.org/circle"
LOG_KEY = SigningKey(bytes(range(32)))
LOG = make_note_key(ORIGIN, SignatureKind.NOTE, LOG_KEY.public)
SENDER = SigningKey(bytes(32))
MEMBERS: dict[str, PublicKey] = {SENDER.public.kid: SENDER.public}
STATEMENTS = [b'{"n":%d}' % number for number in range(30)]


class Tiles:
    """A small tree: one tile."""

    def __init__(self, hashes: Sequence[bytes]) -> None:
        self._hashes = hashes

    def tile(self, level: int, number: int) -> bytes:
        return b"" if level or number else b"".join(self._hashes)


def line(seq: int, *, is_destroyed: bool = False) -> Line:
    if is_destroyed:
        return Line(seq=seq, leaf=leaf_hash(STATEMENTS[seq]))
    return Line(seq=seq, statement=STATEMENTS[seq], proof=b'{"sig":"x"}')


def courier(
    cuts: Sequence[int],
    *,
    size: int = 30,
    destroyed: Sequence[int] = (),
    key: SigningKey = SENDER,
    log_key: SigningKey = LOG_KEY,
) -> list[bytes]:
    """The lines of a file whose pages begin and end at some places of the log."""
    hashes = [leaf_hash(statement) for statement in STATEMENTS]
    text = write_checkpoint(Checkpoint(ORIGIN, size, root_of(hashes[:size])))
    note = write_note(Note(text, (sign_note(text, ORIGIN, log_key),))).decode()
    tree = TreeReader(Tiles(hashes), size)
    pages = [
        Page(
            lines=tuple(line(seq, is_destroyed=seq in destroyed) for seq in range(start, end)),
            trailer=Trailer(
                checkpoint=note,
                end=end,
                consistency=tuple(item.hex() for item in prove_consistency(tree, end)),
            ),
        )
        for start, end in pairwise(cuts)
    ]
    head = CourierHead(
        circle="circle",
        origin=ORIGIN,
        before=Frontier().append_all(hashes[: cuts[0]]),
        made_at="2026-11-27T17:00:00Z",
        sender=key.public.kid,
    )
    return list(write_courier(head, pages, key))


def refused(lines: Sequence[bytes]) -> ErrorCode:
    with pytest.raises(NahmiError) as error:
        verify_courier(lines, log_keys=[LOG], find_sender=MEMBERS.get, origin=ORIGIN)
    return error.value.code


@given(
    st.lists(st.integers(0, 30), min_size=2, max_size=5).map(sorted),
    st.sets(st.integers(0, 29), max_size=4),
)
def test_part_of_a_log_is_known_again(cuts: list[int], destroyed: set[int]) -> None:
    lines = courier(cuts, destroyed=sorted(destroyed))
    found = verify_courier(lines, log_keys=[LOG], find_sender=MEMBERS.get, origin=ORIGIN)
    assert found.head.before.size == cuts[0]
    hashes = [leaf_hash(statement) for statement in STATEMENTS[: cuts[-1]]]
    assert found.after == Frontier().append_all(hashes)
    assert found.checkpoint.checkpoint.size == 30
    seqs = [item.seq for page in courier_pages(lines) for item in page.lines]
    assert seqs == list(range(cuts[0], cuts[-1]))


FILE = courier([7, 15, 23])


@given(st.integers(0, sum(map(len, FILE)) - 1), st.integers(1, 255))
def test_no_byte_can_be_changed(place: int, change: int) -> None:
    data = bytearray(b"".join(FILE))
    data[place] ^= change
    assert refused(bytes(data).splitlines(keepends=True))


@given(st.integers(0, sum(map(len, FILE)) - 1))
def test_a_file_that_was_cut_off_is_refused(length: int) -> None:
    assert refused(b"".join(FILE)[:length].splitlines(keepends=True))


@given(st.integers(0, len(FILE) - 1), st.integers(0, len(FILE) - 1))
def test_no_line_can_be_left_out_doubled_or_moved(one: int, other: int) -> None:
    assert refused([*FILE[:one], *FILE[one + 1 :]])
    assert refused([*FILE[:one], FILE[one], *FILE[one:]])
    if one != other:
        swapped = list(FILE)
        swapped[one], swapped[other] = swapped[other], swapped[one]
        assert refused(swapped)


def test_what_the_log_did_not_sign_is_refused_whoever_sealed_it() -> None:
    assert refused(courier([7, 15], log_key=SENDER)) is ErrorCode.SIGNATURE_INVALID
    lines = courier([7, 15])
    assert verify_courier(lines, log_keys=[LOG], find_sender=MEMBERS.get, origin=ORIGIN)
    altered = [item.replace(b'{"n":8}', b'{"n":9}') for item in lines[:-1]]
    assert altered != lines[:-1]
    assert refused(reseal(altered)) is ErrorCode.PROOF_INVALID


def reseal(lines: Sequence[bytes]) -> list[bytes]:
    """Lines of which some were altered by the sender, who can seal them again."""
    head = read_head(lines[0])
    pages = list(courier_pages([*lines, b"{}\n"]))
    return list(write_courier(head, pages, SENDER))


def test_pages_of_two_checkpoints_are_refused() -> None:
    one, other = courier([7, 15]), courier([15, 23], size=28)
    assert refused(reseal([*one[:-1], *other[1:-1]])) is ErrorCode.DOCUMENT_INVALID


def test_a_sender_who_is_no_member_is_refused() -> None:
    assert refused(courier([7, 15], key=SigningKey(b"x" * 32))) is ErrorCode.KEY_UNKNOWN


def test_another_log_is_refused() -> None:
    with pytest.raises(InputError):
        verify_courier(FILE, log_keys=[LOG], find_sender=MEMBERS.get, origin="other")


def test_a_file_without_pages_is_refused() -> None:
    assert refused(list(write_courier(read_head(FILE[0]), [], SENDER))) is (
        ErrorCode.DOCUMENT_INVALID
    )


def test_a_head_that_names_another_key_is_not_sealed() -> None:
    with pytest.raises(InputError):
        list(write_courier(read_head(FILE[0]), [], SigningKey(b"x" * 32)))


@pytest.mark.parametrize(
    "change",
    [
        {"format": "nahmi-courier/2"},
        {"first": -1},
        {"first": 8},
        {"before": ["AAAA"]},
        {"before": []},
        {"more": 1},
        {"sender": 1},
    ],
)
def test_heads_of_another_form_are_refused(change: dict[str, object]) -> None:
    value = msgspec.json.decode(FILE[0])
    other = msgspec.json.encode(value | change, order="sorted") + b"\n"
    with pytest.raises(InputError):
        read_head(other)
    assert write_head(read_head(FILE[0])) == FILE[0]


@given(st.lists(st.binary(max_size=30), max_size=4))
def test_readers_of_files_raise_only_what_they_say(lines: list[bytes]) -> None:
    assert refused(lines)
    assert refused([FILE[0], *lines])
