# SPDX-License-Identifier: Apache-2.0
"""Signatures of whole pages, checked apart from what the pages mean."""

import msgspec

from nahmi.core.bank import Category
from nahmi.core.signal import Signal
from nahmi.partner.checking import unchecked
from nahmi.partner.keys import SigningKey
from nahmi.partner.pages import Line
from nahmi.partner.statements.signing import Verifier, sign, sign_all
from nahmi.partner.statements.text import write
from nahmi.partner.voice import AssertionDraft, Voice
from nahmi.testing.circles import START

KEY, OTHER = SigningKey(b"1" * 32), SigningKey(b"2" * 32)
KEYS = {one.public.kid: one.public.raw for one in (KEY, OTHER)}


def statements(count: int, key: SigningKey = KEY) -> list[bytes]:
    voice = Voice(circle="c", org="o", key=key, at=START, random=bytes)
    return [
        write(
            voice.asserts(
                AssertionDraft(signal=Signal("md5", f"{place:032x}"), category=Category.TEST),
                rev=1,
                is_revision=False,
            )
        )
        for place in range(count)
    ]


def lines(texts: list[bytes], key: SigningKey = KEY, *, is_batch: bool = True) -> list[Line]:
    proofs = sign_all(texts, key) if is_batch else [sign(text, key) for text in texts]
    return [
        Line(seq=0, statement=text, proof=msgspec.json.encode(proof))
        for text, proof in zip(texts, proofs, strict=True)
    ]


def test_what_is_signed_leaves_nothing_open() -> None:
    for is_batch in (True, False):
        page = lines(statements(20), is_batch=is_batch)
        assert unchecked(page, KEYS, Verifier()) == []


def test_what_is_not_signed_so_is_named_by_its_place() -> None:
    page = lines(statements(20))
    altered = (page[3].statement or b"").replace(b"test", b"ncii")
    page[3] = msgspec.structs.replace(page[3], statement=altered)
    page[7] = lines(statements(8), OTHER, is_batch=False)[7]
    page[9] = msgspec.structs.replace(page[9], proof=page[8].proof)
    page[11] = msgspec.structs.replace(page[11], proof=b"{}")
    page[13] = msgspec.structs.replace(page[13], statement=b"[]")
    page[15] = Line(seq=0, leaf=b"0" * 32)
    assert unchecked(page, KEYS, Verifier(), first=100) == [103, 107, 109, 111, 113]


def test_a_key_that_is_not_known_leaves_its_statements_open() -> None:
    page = lines(statements(3)) + lines(statements(2, OTHER), OTHER)
    known = {KEY.public.kid: KEY.public.raw}
    assert unchecked(page, known, Verifier()) == [3, 4]
