# SPDX-License-Identifier: Apache-2.0
"""Signed notes, checkpoints and cosignatures: the published ones, and what is refused."""

from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nahmi.errors import ErrorCode, InputError, NahmiError, TrustError
from nahmi.partner.checkpoint import (
    Checkpoint,
    open_checkpoint,
    read_checkpoint,
    write_checkpoint,
)
from nahmi.partner.keys import SigningKey
from nahmi.partner.merkle.hashing import leaf_hash
from nahmi.partner.note_keys import (
    NoteKey,
    SignatureKind,
    make_note_key,
    read_note_key,
    write_note_key,
)
from nahmi.partner.note_signing import cosign, cosigned_at_s, sign_note, signature_of, verify_note
from nahmi.partner.notes import (
    LARGEST_NOTE,
    MOST_SIGNATURES,
    Note,
    make_note_text,
    read_note,
    read_signatures,
    write_note,
    write_signatures,
)

PUBLISHED = Path(__file__).with_name("published")

# The example of golang.org/x/mod/sumdb/note (note_test.go): two signers of one text.
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SEED = "810a1402d5146c8d84f2443330f54080ebf98ee17d9c74f6252fc5d5c7283173"
PETER_LINE = (
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngot"
    "pRZb6KE6RyyBwJnAM=\n"
)
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
ENOCH_LINE = (
    "\u2014 EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWL"
    "ox33WWd1RvMc+QQ=\n"
)

# A checkpoint of a public log (Certificate Transparency's arche2025h1 staging) with the cosignature
# of a public witness, and their published keys.
ORIGIN = "arche2025h1.staging.ct.transparency.dev"
COSIGNED = (PUBLISHED / "arche2025h1.txt").read_bytes()
LOG = f"{ORIGIN}+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
REMORA = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"

# The example of C2SP tlog-cosignature; its keys are not published, its form is.
EXAMPLE = (PUBLISHED / "tlog-cosignature.txt").read_bytes()

KEY = SigningKey(bytes(range(32)))
NAME = "node.example.org/circle"
OWN = make_note_key(NAME, SignatureKind.NOTE, KEY.public)
WITNESS = make_note_key("witness.example.org", SignatureKind.COSIGNATURE, KEY.public)


def note(*lines: str, text: str = TEXT) -> bytes:
    return f"{text}\n{''.join(lines)}".encode()


def refused(code: ErrorCode, data: bytes) -> bool:
    with pytest.raises(TrustError) as error:
        read_note(data)
    return error.value.code is code


def test_a_note_is_signed_as_published() -> None:
    signature = sign_note(TEXT, "PeterNeumann", SigningKey(bytes.fromhex(PETER_SEED)))
    assert write_note(Note(TEXT, (signature,))) == note(PETER_LINE)


def test_the_published_signers_are_known_again() -> None:
    peter, enoch = read_note_key(PETER), read_note_key(ENOCH)
    signed = read_note(note(PETER_LINE, ENOCH_LINE))
    assert signed.text == TEXT
    assert verify_note(signed, [peter]) == (peter,)
    assert verify_note(signed, [enoch, peter]) == (enoch, peter)
    assert verify_note(signed, []) == ()
    assert verify_note(read_note(note(PETER_LINE)), [enoch]) == ()


def test_a_second_signature_of_a_key_counts_for_nothing() -> None:
    enoch = read_note_key(ENOCH)
    wrong = ENOCH_LINE[:60] + "ABCD" + ENOCH_LINE[60:]
    assert verify_note(read_note(note(ENOCH_LINE, ENOCH_LINE, wrong)), [enoch]) == (enoch,)
    with pytest.raises(TrustError) as error:
        verify_note(read_note(note(wrong, ENOCH_LINE)), [enoch])
    assert error.value.code is ErrorCode.SIGNATURE_INVALID


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        note(),
        note(PETER_LINE[:-1]),
        b"\x01" + note(PETER_LINE),
        b"\xff" + note(PETER_LINE),
        note("\u2014 Bad Name" + PETER_LINE[14:]),
        note(PETER_LINE, "Unexpected line.\n"),
        note(PETER_LINE, "\n"),
        note(PETER_LINE.replace("\u2014", "-")),
        note(PETER_LINE.replace("PeterNeumann", "")),
        note(PETER_LINE.replace("PeterNeumann", "Peter+Neumann")),
        note(PETER_LINE.replace("PeterNeumann", "Peter\u00a0Neumann")),
        note("\u2014 PeterNeumann x08gow==\n"),
        note(PETER_LINE.replace("M=\n", "N=\n")),
        note(PETER_LINE.replace("=\n", "\n")),
        note(PETER_LINE, text=TEXT.replace("\n", "\r\n")),
        note(*[PETER_LINE] * (MOST_SIGNATURES + 1)),
        note(PETER_LINE, text="a" * LARGEST_NOTE + "\n"),
    ],
)
def test_what_is_no_note_is_refused(data: bytes) -> None:
    assert refused(ErrorCode.NOTE_INVALID, data)


def test_a_text_may_hold_blank_lines() -> None:
    text = "one\n\ntwo\n"
    signed = write_note(Note(text, (sign_note(text, NAME, KEY),)))
    assert read_note(signed).text == text
    assert verify_note(read_note(signed), [OWN]) == (OWN,)


@pytest.mark.parametrize("text", ["", "no line break", "a\tb\n", "a\x00\n"])
def test_not_every_text_can_be_signed(text: str) -> None:
    with pytest.raises(TrustError):
        make_note_text(text)
    with pytest.raises(TrustError):
        sign_note(text, NAME, KEY)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u2003b", "a\nb", "a\0b"])
def test_not_every_name_can_be_signed_with(name: str) -> None:
    with pytest.raises(InputError):
        sign_note(TEXT, name, KEY)


@pytest.mark.parametrize("text", [PETER, ENOCH, LOG, REMORA])
def test_published_keys_are_read_and_written(text: str) -> None:
    key = read_note_key(text)
    assert write_note_key(key) == text
    assert key.kind is (SignatureKind.COSIGNATURE if text == REMORA else SignatureKind.NOTE)


def test_keys_that_were_mistyped_are_refused() -> None:
    # As golang.org/x/mod/sumdb/note tests it: cut anywhere, or any letter the next one.
    cuts = [PETER[i:j] for i in range(len(PETER)) for j in range(i, len(PETER) + 1)]
    letters = [PETER[:i] + chr(ord(PETER[i]) + 1) + PETER[i + 1 :] for i in range(len(PETER))]
    others = [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "bananas.sigstore.dev+12344556",
        "rekor.sigstore.dev+12345678+THIS_IS_NOT_BASE64!",
        "rekor.sigstore.dev+12345678+AwEB",
        PETER.replace("c74f20a3", "C74F20A3"),
    ]
    for text in {*cuts, *letters, *others} - {PETER}:
        with pytest.raises(InputError) as error:
            read_note_key(text)
        assert error.value.code is ErrorCode.KEY_INVALID


def test_a_real_checkpoint_and_its_witness_are_known_again() -> None:
    log, remora = read_note_key(LOG), read_note_key(REMORA)
    signed = open_checkpoint(COSIGNED, [log], origin=ORIGIN)
    assert signed.checkpoint.size == 1_432_088_532
    assert verify_note(signed.note, [log, remora]) == (log, remora)
    assert write_note(signed.note) == COSIGNED
    altered = COSIGNED.replace(b"1432088532", b"1432088533")
    for key in (log, remora):
        with pytest.raises(TrustError) as error:
            verify_note(read_note(altered), [key])
        assert error.value.code is ErrorCode.SIGNATURE_INVALID


def test_the_example_of_the_specification_is_read() -> None:
    example = read_note(EXAMPLE)
    assert read_checkpoint(example.text).size == 20_852_163
    assert cosigned_at_s(example.signatures[1]) == 1_679_315_147
    assert write_note(example) == EXAMPLE


def test_a_cosignature_covers_time_and_text() -> None:
    text = write_checkpoint(Checkpoint(NAME, 1, bytes(32), ("extension",)))
    line = cosign(text, WITNESS.name, KEY, at_s=1_679_315_147)
    assert cosigned_at_s(line) == 1_679_315_147
    KEY.public.verify_raw(f"cosignature/v1\ntime 1679315147\n{text}".encode(), line.value[8:])
    cosigned = Note(text, (line,))
    assert signature_of(cosigned, WITNESS) == line
    assert verify_note(cosigned, [WITNESS]) == (WITNESS,)
    for value in (
        (1_679_315_148).to_bytes(8, "big") + line.value[8:],
        b"\x80" + line.value[1:],
        line.value[:-1],
        line.value + b"x",
        line.value[8:],
    ):
        changed = type(line)(line.name, line.key_id, value)
        with pytest.raises(TrustError):
            verify_note(Note(text, (changed,)), [WITNESS])
    with pytest.raises(TrustError):
        verify_note(Note(text.replace("extension", "extensiom"), (line,)), [WITNESS])


def test_a_witness_never_speaks_for_a_log() -> None:
    text = write_checkpoint(Checkpoint(NAME, 1, bytes(32)))
    as_witness = make_note_key(NAME, SignatureKind.COSIGNATURE, KEY.public)
    data = write_note(Note(text, (cosign(text, NAME, KEY, at_s=1),)))
    for keys in ([OWN], [as_witness], [OWN, as_witness]):
        with pytest.raises(TrustError) as error:
            open_checkpoint(data, keys, origin=NAME)
        assert error.value.code is ErrorCode.SIGNATURE_INVALID


def test_a_checkpoint_of_another_log_is_refused() -> None:
    text = write_checkpoint(Checkpoint(NAME, 1, bytes(32)))
    data = write_note(Note(text, (sign_note(text, NAME, KEY),)))
    assert open_checkpoint(data, [OWN], origin=NAME).checkpoint.size == 1
    with pytest.raises(TrustError):
        open_checkpoint(data, [OWN], origin="node.example.org/other")


def test_a_checkpoint_is_written_as_published() -> None:
    # golang.org/x/mod/sumdb/tlog, note_test.go.
    checkpoint = Checkpoint("go.sum database tree", 123_456_789_012, leaf_hash(b"hello world"))
    text = "go.sum database tree\n123456789012\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n"
    assert write_checkpoint(checkpoint) == text
    assert read_checkpoint(text) == checkpoint


ROOT = b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "o\n1\n",
        f"o\n1\n{ROOT}",
        f"\n1\n{ROOT}\n",
        f"o\n01\n{ROOT}\n",
        f"o\n-1\n{ROOT}\n",
        f"o\n+1\n{ROOT}\n",
        f"o\n0x1\n{ROOT}\n",
        f"o\n\u0661\n{ROOT}\n",
        f"o\n1 \n{ROOT}\n",
        f"o\n9223372036854775808\n{ROOT}\n",
        f"o\n99999999999999999999\n{ROOT}\n",
        f"o\n1\n{ROOT[:-1]}\n",
        "o\n1\nAAAA\n",
        f"o\n1\n{ROOT}\n\n",
        f"o\n1\n{ROOT}\na\n\nb\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(TrustError) as error:
        read_checkpoint(text)
    assert error.value.code is ErrorCode.NOTE_INVALID


LINES = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=8)
CHECKPOINTS = st.builds(
    Checkpoint,
    LINES,
    st.integers(0, 2**63 - 1),
    st.binary(min_size=32, max_size=32),
    st.lists(LINES, max_size=2).map(tuple),
)


@given(CHECKPOINTS, st.integers(0, 2**40))
def test_checkpoints_come_back_whole(checkpoint: Checkpoint, at_s: int) -> None:
    text = write_checkpoint(checkpoint)
    signatures = (sign_note(text, NAME, KEY), cosign(text, WITNESS.name, KEY, at_s=at_s))
    data = write_note(Note(text, signatures))
    signed = open_checkpoint(data, [OWN], origin=checkpoint.origin)
    assert signed.checkpoint == checkpoint
    assert verify_note(signed.note, [OWN, WITNESS]) == (OWN, WITNESS)
    assert read_signatures(write_signatures(signatures).encode()) == signatures


@given(st.binary(max_size=80) | st.text("\u2014 ab+\n=", max_size=40).map(str.encode))
def test_readers_of_notes_raise_only_what_they_say(data: bytes) -> None:
    for read in (read_note, read_signatures, lambda raw: read_note_key(raw.decode("latin-1"))):
        try:
            found = read(data)
        except NahmiError:
            continue
        assert isinstance(found, Note | tuple | NoteKey)
