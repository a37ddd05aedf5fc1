# SPDX-License-Identifier: Apache-2.0
"""What a witness answers, how many witnesses are enough, and logs that contradict themselves."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nahmi.errors import ErrorCode, InputError, NahmiError, TrustError
from nahmi.partner import canonical
from nahmi.partner.checkpoint import Checkpoint, SignedCheckpoint, write_checkpoint
from nahmi.partner.equivocation import (
    Contradiction,
    Evidence,
    Place,
    convict,
    find_contradiction,
    verify_evidence,
)
from nahmi.partner.evidence_files import read_evidence, write_evidence
from nahmi.partner.keys import SigningKey
from nahmi.partner.merkle.hashing import EMPTY_ROOT, root_of
from nahmi.partner.merkle.nodes import TreeReader
from nahmi.partner.merkle.proofs import prove_consistency, prove_inclusion
from nahmi.partner.note_keys import SignatureKind, make_note_key
from nahmi.partner.note_signing import cosign, sign_note, verify_note
from nahmi.partner.notes import Note
from nahmi.partner.submission import (
    LONGEST_PROOF,
    Submission,
    read_submission,
    write_submission,
)
from nahmi.partner.witness import Seen, Verdict, judge
from nahmi.partner.witness_policy import is_witnessed, make_witness_policy, witnesses_of

NAME = "node.example.org/circle"
LOG_KEY = SigningKey(bytes(range(32)))
LOG = make_note_key(NAME, SignatureKind.NOTE, LOG_KEY.public)
HASHES = [sha256(str(number).encode()).digest() for number in range(40)]
FORKED = [*HASHES[:10], sha256(b"other").digest(), *HASHES[11:]]


class Tiles:
    """A small tree: one tile."""

    def __init__(self, hashes: Sequence[bytes]) -> None:
        self._hashes = hashes

    def tile(self, level: int, number: int) -> bytes:
        return b"" if level or number else b"".join(self._hashes)


def signed(hashes: Sequence[bytes], size: int, *, origin: str = NAME) -> SignedCheckpoint:
    checkpoint = Checkpoint(origin, size, root_of(hashes[:size]))
    text = write_checkpoint(checkpoint)
    return SignedCheckpoint(checkpoint, Note(text, (sign_note(text, NAME, LOG_KEY),)))


def proof(hashes: Sequence[bytes], old: int, size: int) -> tuple[bytes, ...]:
    return prove_consistency(TreeReader(Tiles(hashes), size), old)


def place(hashes: Sequence[bytes], index: int, size: int) -> Place:
    return Place(index, hashes[index], prove_inclusion(TreeReader(Tiles(hashes), size), index))


def asked(
    hashes: Sequence[bytes], old: int, size: int, *, shown: tuple[bytes, ...] | None = None
) -> Submission:
    shown = proof(hashes, old, size) if shown is None else shown
    head = signed(hashes, size)
    return read_submission(write_submission(old, shown, head.note))


def seen(size: int) -> Seen:
    return Seen(size, root_of(HASHES[:size]))


@given(st.integers(0, 40), st.integers(0, 40))
def test_a_log_that_only_grew_is_cosigned(one: int, other: int) -> None:
    old, size = sorted((one, other))
    judgement = judge(asked(HASHES, old, size), [LOG], seen(old))
    assert (judgement.verdict, judgement.seen) == (Verdict.COSIGN, seen(size))
    assert not judgement.is_split


def test_the_first_checkpoint_needs_no_proof() -> None:
    assert Seen() == Seen(0, EMPTY_ROOT)
    judgement = judge(asked(HASHES, 0, 20, shown=()), [LOG], Seen())
    assert judgement.verdict is Verdict.COSIGN
    more = judge(asked(HASHES, 0, 20, shown=(HASHES[0],)), [LOG], Seen())
    assert more.verdict is Verdict.UNPROVEN


STRANGER = make_note_key(NAME, SignatureKind.NOTE, SigningKey(bytes(32)).public)


@pytest.mark.parametrize(
    ("submission", "keys", "known", "verdict", "is_split"),
    [
        (asked(HASHES, 10, 20), [], seen(10), Verdict.UNKNOWN, False),
        (asked(HASHES, 10, 20), [STRANGER], seen(10), Verdict.UNSIGNED, False),
        (asked(HASHES, 10, 20), [LOG], seen(12), Verdict.CONFLICT, False),
        (asked(HASHES, 10, 20), [LOG], Seen(), Verdict.CONFLICT, False),
        (asked(HASHES, 0, 20, shown=()), [LOG], seen(20), Verdict.CONFLICT, False),
        (asked(FORKED, 20, 20), [LOG], seen(20), Verdict.CONFLICT, True),
        (asked(FORKED, 10, 20), [LOG], seen(20), Verdict.CONFLICT, True),
        (asked(FORKED, 12, 20), [LOG], seen(12), Verdict.UNPROVEN, False),
        (asked(HASHES, 10, 20, shown=()), [LOG], seen(10), Verdict.UNPROVEN, False),
        (asked(HASHES, 21, 20, shown=()), [LOG], seen(21), Verdict.MALFORMED, False),
    ],
)
def test_whatever_else_is_asked_is_refused(
    submission: Submission,
    keys: list[object],
    known: Seen,
    verdict: Verdict,
    is_split: bool,  # noqa: FBT001 - an expected value
) -> None:
    judgement = judge(submission, keys, known)
    assert (judgement.verdict, judgement.seen) == (verdict, known)
    assert judgement.is_split == is_split


def test_a_forged_signature_is_no_signature() -> None:
    submission = asked(HASHES, 10, 20)
    other = signed(HASHES, 21).note.signatures
    forged = msgspec.structs.replace(submission, note=Note(submission.note.text, other))
    assert judge(forged, [LOG], seen(10)).verdict is Verdict.UNSIGNED


def test_the_statuses_are_those_of_the_specification() -> None:
    numbers = [Verdict.COSIGN, Verdict.MALFORMED, Verdict.UNSIGNED, Verdict.UNKNOWN]
    assert numbers == [200, 400, 403, 404]
    assert [Verdict.CONFLICT, Verdict.UNPROVEN] == [409, 422]


def test_the_published_request_is_read() -> None:
    # C2SP tlog-witness; its keys are not published, its form is.
    body = Path(__file__).with_name("published").joinpath("add-checkpoint.txt").read_bytes()
    submission = read_submission(body)
    assert (submission.old_size, len(submission.proof)) == (20_852_014, 4)
    assert submission.checkpoint.size == 20_852_163
    assert write_submission(20_852_014, submission.proof, submission.note) == body


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"old 10\n", b"old 010\n"),
        (b"old 10\n", b"old  10\n"),
        (b"old 10\n", b"old -1\n"),
        (b"old 10\n", b"new 10\n"),
        (b"old 10\n", b""),
        (b"old 10\n", b"old 9223372036854775808\n"),
        (b"old 10\n", b"old 10\nAAAA\n"),
        (b"old 10\n", b"old 10\n" + b"A" * 43 + b"=\n" * (LONGEST_PROOF + 1)),
        (b"old 10\n", b"old 10\r\n"),
        (b"old 10\n", b"old 10\n\xff\n"),
        (b"\n20\n", b"\n020\n"),
        (b"\n\n", b"\n"),
    ],
)
def test_malformed_requests_are_refused(before: bytes, after: bytes) -> None:
    body = write_submission(10, proof(HASHES, 10, 20), signed(HASHES, 20).note)
    assert before in body
    with pytest.raises(TrustError) as refused:
        read_submission(body.replace(before, after))
    assert refused.value.code is ErrorCode.NOTE_INVALID


@given(st.binary(max_size=60))
def test_readers_of_requests_raise_only_what_they_say(data: bytes) -> None:
    for body in (data, b"old 1\n\n" + data):
        with pytest.raises(TrustError):
            read_submission(body)


WITNESS_KEYS = [SigningKey(bytes([number]) * 32) for number in range(1, 5)]
WITNESSES = tuple(
    make_note_key(f"witness{number}.example.org", SignatureKind.COSIGNATURE, key.public)
    for number, key in enumerate(WITNESS_KEYS)
)


@given(st.sets(st.integers(0, 3)), st.integers(1, 4))
def test_k_of_n_witnesses_are_enough(who: set[int], least: int) -> None:
    head = signed(HASHES, 20).note
    lines = [
        cosign(head.text, WITNESSES[number].name, WITNESS_KEYS[number], at_s=1) for number in who
    ]
    cosigned = Note(head.text, (*head.signatures, *lines, *lines))
    policy = make_witness_policy(WITNESSES, least)
    assert is_witnessed(cosigned, policy) == (len(who) >= least)
    assert set(witnesses_of(cosigned, policy)) == {WITNESSES[number] for number in who}


def test_one_key_under_two_names_is_one_witness() -> None:
    head = signed(HASHES, 20).note
    twice = tuple(
        make_note_key(name, SignatureKind.COSIGNATURE, WITNESS_KEYS[0].public) for name in "ab"
    )
    lines = tuple(cosign(head.text, name, WITNESS_KEYS[0], at_s=1) for name in "ab")
    cosigned = Note(head.text, lines)
    assert verify_note(cosigned, twice) == twice
    assert not is_witnessed(cosigned, make_witness_policy((*twice, WITNESSES[1]), 2))
    with pytest.raises(InputError):
        make_witness_policy(twice, 2)


@pytest.mark.parametrize(
    ("witnesses", "least"), [(WITNESSES, 0), (WITNESSES, -1), (WITNESSES, 5), ((), 0), ((LOG,), 1)]
)
def test_a_policy_that_asks_for_nothing_is_refused(
    witnesses: tuple[object, ...], least: int
) -> None:
    with pytest.raises(InputError):
        make_witness_policy(witnesses, least)


def test_a_forged_cosignature_is_an_error() -> None:
    head, other = signed(HASHES, 20).note, signed(HASHES, 21).note
    line = cosign(other.text, WITNESSES[0].name, WITNESS_KEYS[0], at_s=1)
    with pytest.raises(TrustError):
        is_witnessed(Note(head.text, (line,)), make_witness_policy(WITNESSES, 1))


@given(st.integers(1, 40), st.integers(1, 40))
def test_logs_that_only_grew_do_not_contradict_themselves(one: int, other: int) -> None:
    old, size = sorted((one, other))
    heads = (signed(HASHES, one), signed(HASHES, other))
    assert find_contradiction(*heads, proof(HASHES, old, size)) is None


def brought(evidence: Evidence) -> Evidence:
    return read_evidence(write_evidence(evidence))


def test_two_roots_of_one_size_convict_a_log() -> None:
    evidence = find_contradiction(signed(HASHES, 20), signed(FORKED, 20), ())
    assert evidence is not None
    assert evidence.contradiction is Contradiction.TWO_ROOTS
    assert evidence.is_proof
    assert verify_evidence(brought(evidence), [LOG]).size == 20


@pytest.mark.parametrize("is_swapped", [True, False])
def test_a_fork_is_suspected_and_then_shown(is_swapped: bool) -> None:  # noqa: FBT001
    heads = [signed(HASHES, 15), signed(FORKED, 20)]
    offered = proof(FORKED, 15, 20)
    suspicion = find_contradiction(*(heads[::-1] if is_swapped else heads), offered)
    assert suspicion is not None
    assert suspicion.contradiction is Contradiction.UNPROVEN
    assert not suspicion.is_proof
    assert verify_evidence(brought(suspicion), [LOG]).size == 20
    shown = convict(suspicion, place(HASHES, 10, 15), place(FORKED, 10, 20))
    assert shown.is_proof
    assert brought(shown) == shown
    assert verify_evidence(brought(shown), [LOG]).size == 20


def test_nobody_is_convicted_by_evidence_that_does_not_hold() -> None:
    older, newer, other = signed(HASHES, 15), signed(FORKED, 20), signed(HASHES, 20)
    fork = find_contradiction(older, newer, ())
    split = find_contradiction(newer, other, ())
    assert fork is not None
    assert split is not None
    honest = msgspec.structs.replace(fork, newer=other.note, consistency=proof(HASHES, 15, 20))
    here, there = place(HASHES, 10, 15), place(FORKED, 10, 20)
    for wrong, code in (
        (honest, ErrorCode.PROOF_INVALID),
        (msgspec.structs.replace(split, older=other.note), ErrorCode.PROOF_INVALID),
        (
            msgspec.structs.replace(split, contradiction=Contradiction.UNPROVEN),
            ErrorCode.PROOF_INVALID,
        ),
        (
            msgspec.structs.replace(fork, contradiction=Contradiction.TWO_ROOTS),
            ErrorCode.PROOF_INVALID,
        ),
        (msgspec.structs.replace(fork, older=newer.note, newer=older.note), ErrorCode.NOTE_INVALID),
        (
            msgspec.structs.replace(split, newer=signed(HASHES, 20, origin="x").note),
            ErrorCode.NOTE_INVALID,
        ),
        (convict(honest, here, place(HASHES, 10, 20)), ErrorCode.PROOF_INVALID),
        (convict(fork, here, place(FORKED, 9, 20)), ErrorCode.NOTE_INVALID),
        (convict(fork, here, place(FORKED, 10, 19)), ErrorCode.PROOF_INVALID),
        (convict(fork, there, here), ErrorCode.PROOF_INVALID),
        (
            msgspec.structs.replace(convict(fork, here, there), places=(here,)),
            ErrorCode.NOTE_INVALID,
        ),
    ):
        with pytest.raises(TrustError) as refused:
            verify_evidence(wrong, [LOG])
        assert refused.value.code is code
    with pytest.raises(TrustError) as refused:
        verify_evidence(split, [STRANGER])
    assert refused.value.code is ErrorCode.SIGNATURE_INVALID


def test_checkpoints_of_two_logs_are_not_compared() -> None:
    with pytest.raises(TrustError):
        find_contradiction(signed(HASHES, 20), signed(FORKED, 20, origin="other"), ())


def test_files_that_hold_no_evidence_are_refused() -> None:
    evidence = find_contradiction(signed(HASHES, 15), signed(FORKED, 20), (bytes(32),))
    assert evidence is not None
    value = canonical.read(write_evidence(evidence))
    assert isinstance(value, dict)
    for change in (
        {"format": "nahmi-evidence/2"},
        {"contradiction": "other"},
        {"more": 1},
        {"older": 1},
        {"older": "x"},
        {"consistency": ["x"]},
        {"places": [{"index": 1, "leaf_hash": "?", "proof": []}]},
    ):
        with pytest.raises(NahmiError) as refused:
            read_evidence(canonical.write(value | change))
        assert refused.value.code in {ErrorCode.DOCUMENT_INVALID, ErrorCode.NOTE_INVALID}
    with pytest.raises(InputError):
        read_evidence(b"{}")
