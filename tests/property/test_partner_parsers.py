# SPDX-License-Identifier: Apache-2.0
"""Whatever another node sends, only nahmi's own errors come of it, and what is right is kept."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nahmi.core.bank import Category
from nahmi.core.signal import Signal
from nahmi.errors import NahmiError
from nahmi.flows.circles.founding import Organisation, approve, member_of
from nahmi.partner.admission import Known, admit
from nahmi.partner.base64_texts import write_base64
from nahmi.partner.checkpoint import Checkpoint, write_checkpoint
from nahmi.partner.circles.members import CircleRole, Sector
from nahmi.partner.circles.roster import (
    Home,
    Roster,
    SignedRoster,
    check_genesis,
    check_successor,
    found,
)
from nahmi.partner.circles.rules import Rules
from nahmi.partner.equivocation import Contradiction, Evidence, Place
from nahmi.partner.evidence_files import read_evidence, write_evidence
from nahmi.partner.invitations import Application, Invitation, digest_of
from nahmi.partner.keys import SigningKey
from nahmi.partner.naming import assertion_id, organisation_id
from nahmi.partner.node_interface import (
    read_hashes,
    read_taken,
    read_withdrawals,
    write_hashes,
    write_withdrawals,
)
from nahmi.partner.note_signing import sign_note
from nahmi.partner.notes import Note
from nahmi.partner.pages import (
    Line,
    Trailer,
    read_line,
    read_lines,
    read_page,
    write_line,
    write_trailer,
)
from nahmi.partner.receipts import Receipt, SignedReceipt
from nahmi.partner.statements.kinds import Basis, Ground, RetractReason, Statement
from nahmi.partner.statements.signing import Verifier, read_proof, sign, sign_all
from nahmi.partner.statements.text import read, write
from nahmi.partner.upstream import Ahead, Taken, Withdrawals
from nahmi.partner.voice import AssertionDraft, Voice

AT = datetime(2026, 11, 27, 17, tzinfo=UTC)
KEY = SigningKey(bytes(range(32)))
ORG = organisation_id(KEY.public.raw)
SIGNAL = Signal("pdq", "0f" * 32)


def _roster() -> SignedRoster:
    founder = Organisation(name="Home", sector=Sector.HOTLINE, country="AE")
    draft = Roster(
        circle="",
        version=1,
        previous="",
        name="Gulf",
        home=Home(
            org=ORG, url="https://home.example", log="1", log_key=write_base64(KEY.public.raw)
        ),
        members=(member_of(founder, ORG, [KEY.public], tuple(CircleRole)),),
        rules=Rules(signal_types=("pdq",), categories=(Category.TEST,), weights={ORG: 50}),
        made_at="2026-11-27T17:00:00Z",
    )
    made = found(draft)
    return SignedRoster(roster=made, approvals=(approve(made, ORG, KEY),))


GENESIS = _roster()
CIRCLE = GENESIS.roster.circle
VOICE = Voice(circle=CIRCLE, org=ORG, key=KEY, at=AT, random=bytes)
ABOUT = assertion_id(CIRCLE, ORG, SIGNAL)
STATEMENTS: list[Statement] = [
    VOICE.asserts(
        AssertionDraft(
            signal=SIGNAL,
            category=Category.TEST,
            quality=90,
            grounds=(Ground(jurisdiction="AE", law="a law"),),
            expires_at=AT,
        ),
        rev=1,
        is_revision=False,
    ),
    VOICE.retracts(ABOUT, RetractReason.ERROR, rev=2),
    VOICE.opines(ABOUT, -100, Basis.HUMAN_REVIEW, "no", rev=1),
    VOICE.saw(ABOUT, "2026-11-27", 3, rev=1),
    VOICE.changes_roster(GENESIS),
    VOICE.redacts(ABOUT, (1, 2), RetractReason.COURT),
]
TEXTS = [write(one) for one in STATEMENTS]
PROOFS = [msgspec.json.encode(one) for one in (sign(TEXTS[0], KEY), *sign_all(TEXTS[1:], KEY))]
LINES = [
    Line(seq=seq, statement=text, proof=proof)
    for seq, (text, proof) in enumerate(zip(TEXTS, PROOFS, strict=True))
]
LINES.append(Line(seq=len(LINES), leaf=bytes(32)))
NOTE_TEXT = write_checkpoint(Checkpoint(GENESIS.roster.origin, 7, bytes(32)))
NOTE = Note(NOTE_TEXT, (sign_note(NOTE_TEXT, GENESIS.roster.origin, KEY),))
TRAILER = Trailer(checkpoint="a note", end=len(LINES), consistency=(bytes(32).hex(),))
PAGE = b"".join(map(write_line, LINES)) + write_trailer(TRAILER)
RECEIPT = SignedReceipt.make(
    Receipt(
        circle=CIRCLE,
        org=ORG,
        key=KEY.public.kid,
        size=3,
        root=bytes(32).hex(),
        fold=bytes(32).hex(),
        withdrawn_to=3,
        at="2026-11-27T17:00:00Z",
    ),
    KEY,
)
INVITATION = Invitation(
    circle=CIRCLE,
    name="Gulf",
    home="https://home.example",
    token=write_base64(bytes(32)),
    expires="2026-12-04T17:00:00Z",
)
APPLICATION = Application(
    circle=CIRCLE,
    token=write_base64(bytes(32)),
    org=ORG,
    public=write_base64(KEY.public.raw),
    name="Home",
    sector=Sector.HOTLINE,
    country="AE",
).signed(KEY)
WITHDRAWALS = Withdrawals(
    checkpoint="a note", upto=9, found=(Ahead(line=LINES[1], proof=(bytes(32), bytes(32))),)
)
TAKEN = (Taken(seq=3), Taken(code="statement_refused", detail="No."))
EVIDENCE = Evidence(
    contradiction=next(iter(Contradiction)),
    older=NOTE,
    newer=NOTE,
    consistency=(bytes(32),),
    places=(Place(1, bytes(32), (bytes(32),)),),
)


def _take_statement(data: bytes) -> None:
    said = read(data)
    admit(said, GENESIS.roster, Known())
    admit(said, GENESIS.roster, Known(rev=1, is_live=True, said_by=ORG, seqs=(1, 2)))


def _take_line(data: bytes) -> None:
    line = read_line(data)
    if line.statement is not None:
        read(line.statement)
        Verifier().check(line.statement, read_proof(line.proof or b""), KEY.public)


def _take_roster(data: bytes) -> None:
    signed = SignedRoster.read(data)
    for check in (check_genesis, lambda one: check_successor(GENESIS.roster, one)):
        with suppress(NahmiError):
            check(signed)


def _take_receipt(data: bytes) -> None:
    SignedReceipt.read(data).check(GENESIS.roster)


def _take_application(data: bytes) -> None:
    try:
        application = msgspec.json.decode(data, type=Application)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return  # the HTTP interface answers for those
    digest_of(application.token)
    application.check()


def _take_invitation(data: bytes) -> None:
    digest_of(Invitation.read(data.decode("latin-1")).token)


READERS: dict[str, tuple[Callable[[bytes], object], bytes]] = {
    **{f"statement {place}": (_take_statement, text) for place, text in enumerate(TEXTS)},
    "proof": (read_proof, PROOFS[1]),
    "line": (_take_line, write_line(LINES[0])),
    "line of a batch": (_take_line, write_line(LINES[1])),
    "lines": (
        lambda data: read_lines(data.splitlines()),
        b"".join(map(write_line, LINES[:2])),
    ),
    "page": (lambda data: read_page(data, first=0).trailer.hashes(), PAGE),
    "roster": (_take_roster, msgspec.json.encode(GENESIS)),
    "receipt": (_take_receipt, msgspec.json.encode(RECEIPT)),
    "application": (_take_application, msgspec.json.encode(APPLICATION)),
    "invitation": (_take_invitation, INVITATION.write().encode()),
    "withdrawals": (read_withdrawals, write_withdrawals(WITHDRAWALS)),
    "hashes": (read_hashes, write_hashes((bytes(32),))),
    "taken": (lambda data: read_taken(data, 2), msgspec.json.encode(TAKEN)),
    "evidence": (read_evidence, write_evidence(EVIDENCE)),
}
NAMES = st.sampled_from(list(READERS))
ODD: list[Any] = [
    None,
    True,
    -1,
    0,
    2**31,
    2**53,
    2**63,
    2**64,
    2**70,
    1.5,
    "",
    "\ud800",
    "\x00",
    "\u202e",
    "x" * 70_000,
    [],
    [[]],
    {},
]


def only_known_errors(name: str, data: bytes) -> None:
    reader, _ = READERS[name]
    with suppress(NahmiError):
        reader(data)


@pytest.mark.parametrize("name", [name for name in READERS if not name.startswith("statement")])
def test_what_was_written_is_read(name: str) -> None:
    reader, valid = READERS[name]
    reader(valid)


@given(
    name=NAMES,
    data=st.binary(max_size=120) | st.text('[]{}",:\\u01-eE.', max_size=60).map(str.encode),
)
@example(name="taken", data=b'[{"code":"\xff"},{}]')
def test_noise_is_refused(name: str, data: bytes) -> None:
    only_known_errors(name, data)


@given(name=NAMES, depth=st.sampled_from([10, 1_500, 100_000]), is_inside=st.booleans())
def test_depth_is_refused(name: str, depth: int, *, is_inside: bool) -> None:
    deep = b"[" * depth + b"]" * depth
    _, valid = READERS[name]
    only_known_errors(
        name, valid.replace(b'"', b'"deep":' + deep + b',"', 1) if is_inside else deep
    )


@given(name=NAMES, data=st.data())
def test_bytes_that_are_changed_lost_or_doubled_do_no_harm(name: str, data: st.DataObject) -> None:
    _, valid = READERS[name]
    changed = bytearray(valid)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(changed)))
        end = min(len(changed), place + data.draw(st.integers(0, 8)))
        changed[place:end] = data.draw(st.binary(max_size=3)) + changed[place:end] * data.draw(
            st.integers(0, 2)
        )
    only_known_errors(name, bytes(changed))


@given(name=NAMES, data=st.data(), odd=st.sampled_from(ODD))
def test_odd_values_do_no_harm(name: str, data: st.DataObject, odd: object) -> None:
    """One value of a document is another; the rest is as it must be."""
    _, valid = READERS[name]
    lines = valid.split(b"\n")
    place = data.draw(st.integers(0, len(lines) - 1))
    try:
        document = json.loads(lines[place])
    except ValueError:
        return
    lines[place] = json.dumps(
        _replaced(document, data, odd), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode("utf-8", "surrogatepass")
    only_known_errors(name, b"\n".join(lines))
    lines[place] = lines[place].replace(b"\xed\xa0\x80", b"\\ud800")
    only_known_errors(name, b"\n".join(lines))


def _replaced(value: Any, data: st.DataObject, odd: object) -> Any:  # noqa: ANN401 - any JSON
    """The same with one value inside it replaced."""
    if isinstance(value, dict) and value:
        key = data.draw(st.sampled_from(sorted(value)))
        return {**value, key: _replaced(value[key], data, odd)}
    if isinstance(value, list) and value:
        place = data.draw(st.integers(0, len(value) - 1))
        return [*value[:place], _replaced(value[place], data, odd), *value[place + 1 :]]
    return odd


def test_all_that_is_written_comes_back_as_it_was() -> None:
    for said, text in zip(STATEMENTS, TEXTS, strict=True):
        assert read(text) == said
        assert write(read(text)) == text
    page = read_page(PAGE, first=0)
    assert page.trailer == TRAILER
    assert list(page.lines) == LINES
    assert b"".join(map(write_line, page.lines)) + write_trailer(page.trailer) == PAGE
    assert SignedRoster.read(msgspec.json.encode(GENESIS)) == GENESIS
    assert SignedReceipt.read(msgspec.json.encode(RECEIPT)) == RECEIPT
    assert Invitation.read(INVITATION.write()) == INVITATION
    wrapped = "\n".join(INVITATION.write()[at : at + 60] for at in range(0, 999, 60))
    assert Invitation.read(f"  {wrapped}\n") == INVITATION
    assert read_withdrawals(write_withdrawals(WITHDRAWALS)) == WITHDRAWALS
    assert read_taken(msgspec.json.encode(TAKEN), 2) == TAKEN
    assert read_evidence(write_evidence(EVIDENCE)) == EVIDENCE
