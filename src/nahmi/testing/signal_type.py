# SPDX-License-Identifier: Apache-2.0
"""The contract of signal types as a test class that plug-ins subclass.

Example:
    A plug-in's whole test file::

        from nahmi.testing.signal_type import SignalTypeContract
        from my_plugin import MyType

        class TestMyType(SignalTypeContract):
            signal_type = MyType()
"""

import io
import re
from collections.abc import Iterator
from itertools import product
from typing import ClassVar

from nahmi.errors import ErrorCode, InputError
from nahmi.protect.signal_type import (
    HAMMING_BITS,
    Examples,
    HashesBytes,
    HashesText,
    IndexKind,
    SignalType,
)

HOSTILE = (
    "",
    " ",
    "\x00",
    "\ud800",
    "٣٤٥",
    "%s%n{0}",
    "../..",
    "'; --",
    "\u202eabc",
    "a" * 100_000,
    "0" * 100_000,
    "https://[",
    "\U0001f4a9",
)
"""Texts that must be refused or accepted, but never break a type."""


class ContractError(AssertionError):
    """A signal type breaks its contract."""


class SignalTypeContract:
    """Subclass it as `Test…` and set `signal_type`; pytest runs each check by itself.

    The checks need nothing but the type and its examples: no network, no files, no fixtures.

    Attributes:
        signal_type: The type under test.
    """

    signal_type: ClassVar[SignalType]

    def test_is_described(self) -> None:
        """Name, content types and limit are well formed, and no kind of example is missing."""
        kind = self.signal_type
        _demand(re.fullmatch(r"[a-z][a-z0-9_]*", kind.name) is not None, "the name is malformed")
        _demand(bool(kind.content_types), "it names no content type")
        has_limit = kind.index_kind is IndexKind.HAMMING256
        allowed = range(HAMMING_BITS) if has_limit else range(1)
        _demand(kind.default_limit_bits in allowed, "the default limit is out of range")
        shown = self._examples
        _demand(bool(shown.valid and shown.invalid), "it lacks valid or invalid texts")
        _demand(bool(shown.similar and shown.different), "it lacks similar or different pairs")

    def test_valid_texts_become_canonical(self) -> None:
        """Each valid text has the canonical form stated."""
        for number, (text, canonical) in enumerate(self._examples.valid):
            _demand(self.signal_type.validate(text) == canonical, f"valid example {number} differs")

    def test_canonical_form_is_a_fixed_point(self) -> None:
        """Validating a canonical form gives it back, and compared texts are canonical."""
        for canonical in self._canonical():
            again = self.signal_type.validate(canonical)
            _demand(again == canonical, "a canonical form changes when it is validated again")

    def test_invalid_texts_are_refused_with_a_reason(self) -> None:
        """SIGNAL_INVALID, with a sentence that does not repeat the text."""
        for number, text in enumerate(self._examples.invalid):
            error = self._refusal(text)
            if error is None:
                raise ContractError(f"invalid example {number} is accepted")
            self._check_refusal(error, text)

    def test_hostile_texts_never_break_it(self) -> None:
        """Any text at all is either refused properly or has a stable canonical form."""
        for text in HOSTILE:
            error = self._refusal(text)
            if error is None:
                canonical = self.signal_type.validate(text)
                _demand(self.signal_type.validate(canonical) == canonical, "no stable form")
            else:
                self._check_refusal(error, text)

    def test_many_texts_are_validated_as_each_one(self) -> None:
        """`validate_all` says of every text what `validate` says of it, whatever it comes with."""
        shown = self._examples
        valid = [text for text, _ in shown.valid]
        canonical = [canonical for _, canonical in shown.valid]
        for texts in (valid, canonical, [*valid, *shown.invalid, *HOSTILE], []):
            found = self.signal_type.validate_all(texts)
            _demand(len(found) == len(texts), "it does not answer for each text")
            for text, answer in zip(texts, found, strict=True):
                error = self._refusal(text)
                if isinstance(answer, str):
                    is_same = error is None and self.signal_type.validate(text) == answer
                    _demand(is_same, "validate_all takes what validate takes otherwise")
                else:
                    _demand(error is not None, "validate_all refuses what validate takes")
                    self._check_refusal(answer, text)

    def test_many_rows_are_those_of_each_text(self) -> None:
        """`rows` says what `validate_all` and `parse` say together, whatever stands beside it."""
        shown = self._examples
        valid = [text for text, _ in shown.valid]
        canonical = [canonical for _, canonical in shown.valid]
        gaps = [f" {text[1:]}" for text in canonical]  # as long, and not the same
        for texts in (valid, canonical, gaps, [*valid, *shown.invalid, *HOSTILE], []):
            rows = self.signal_type.rows(texts)
            _demand(len(rows) == len(texts), "rows does not answer for each text")
            for row, checked in zip(rows, self.signal_type.validate_all(texts), strict=True):
                if isinstance(checked, str):
                    _demand(row == self.signal_type.parse(checked), "a row is not its signal's")
                else:
                    _demand(not isinstance(row, bytes), "rows takes what validate refuses")

    def test_parse_has_the_width_of_its_index(self) -> None:
        """32 bytes for 256-bit types; equal bytes for equal texts only."""
        parsed = {text: self.signal_type.parse(text) for text in self._canonical()}
        if self.signal_type.index_kind is IndexKind.HAMMING256:
            _demand(
                {len(value) for value in parsed.values()} == {HAMMING_BITS // 8}, "not 32 bytes"
            )
        _demand(len(set(parsed.values())) == len(parsed), "two signals parse to the same bytes")

    def test_similar_pairs_match_and_different_ones_do_not(self) -> None:
        """The examples hold at the default limit."""
        for pairs, wanted in ((self._examples.similar, True), (self._examples.different, False)):
            for number, (a, b) in enumerate(pairs):
                found = self.signal_type.compare(a, b).is_match
                _demand(found is wanted, f"pair {number}: is_match is {found}")

    def test_comparison_is_a_metric(self) -> None:
        """Zero for equal signals only, symmetric, and no detour is shorter.

        The rule of a compared type need only say the same every time.
        """
        if self.signal_type.index_kind is IndexKind.COMPARED:
            self._check_own_rule()
            return
        texts = tuple(self._canonical())
        distance = {
            (a, b): self.signal_type.compare(a, b).distance for a, b in product(texts, repeat=2)
        }
        for (a, b), direct in distance.items():
            _demand((direct == 0) is (a == b), "distance 0 must mean equal, and only that")
            _demand(direct == distance[b, a], "the distance depends on the order")
            for c in texts:
                shorter = distance[a, c] + distance[c, b] < direct
                _demand(not shorter, "the triangle inequality does not hold")

    def test_the_limit_is_inclusive(self) -> None:
        """A limit of exactly the distance matches, one bit less does not; exact types ignore it."""
        compare = self.signal_type.compare
        for a, b in product(self._canonical(), repeat=2):
            distance = compare(a, b).distance
            at, below = compare(a, b, limit_bits=distance), compare(a, b, limit_bits=distance - 1)
            if self.signal_type.index_kind is IndexKind.COMPARED:
                _demand(at == below, "a compared type used a limit")
            elif self.signal_type.index_kind is IndexKind.EXACT:
                _demand(at.is_match is below.is_match is (a == b), "an exact type used a limit")
            else:
                _demand(at.is_match and not below.is_match, "the limit is not inclusive")

    def test_comparison_agrees_with_the_index(self) -> None:
        """Comparing one by one finds what the index of its kind would find by bytes."""
        if self.signal_type.index_kind is IndexKind.COMPARED:
            return  # its own rule is what is searched by
        texts = tuple(self._canonical())
        for query, banked in product(texts, repeat=2):
            a, b = self.signal_type.parse(query), self.signal_type.parse(banked)
            bits = (int.from_bytes(a) ^ int.from_bytes(b)).bit_count() if a != b else 0
            is_exact = self.signal_type.index_kind is IndexKind.EXACT
            indexed = a == b if is_exact else bits <= self.signal_type.default_limit_bits
            _demand(
                self.signal_type.compare(query, banked).is_match is indexed,
                "comparison and index disagree",
            )

    def test_lookups_start_with_the_signal_itself(self) -> None:
        """The first lookup is the signal; none comes twice."""
        for canonical in self._canonical():
            lookups = self.signal_type.lookups(canonical)
            first = (lookups[0].signal_type, lookups[0].value)
            _demand(first == (self.signal_type.name, canonical), "it does not look itself up first")
            _demand(len(set(lookups)) == len(lookups), "a lookup comes twice")

    def test_hashing_gives_the_signals_stated(self) -> None:
        """Every hash is canonical, the same each time, and the same for a stream in pieces."""
        kind, shown = self.signal_type, self._examples
        if isinstance(kind, HashesBytes):
            _demand(bool(shown.hashed), "it hashes bytes but shows no example")
            for content, signal in shown.hashed:
                whole = kind.hash_bytes(io.BytesIO(content))
                pieces = kind.hash_bytes(_Trickle(content))
                _demand(whole == pieces == signal == kind.validate(signal), "a hash differs")
        if isinstance(kind, HashesText):
            _demand(bool(shown.hashed_text), "it hashes text but shows no example")
            for text, signal in shown.hashed_text:
                _demand(kind.hash_text(text) == signal == kind.validate(signal), "a hash differs")

    def _check_own_rule(self) -> None:
        compare = self.signal_type.compare
        for a, b in product(tuple(self._canonical()), repeat=2):
            _demand(compare(a, b) == compare(a, b), "the rule changes its mind")
            _demand(compare(a, b, limit_bits=0) == compare(a, b), "the rule used a limit")
            _demand(compare(a, b).distance >= 0, "a distance is negative")

    @property
    def _examples(self) -> Examples:
        return self.signal_type.examples()

    def _canonical(self) -> Iterator[str]:
        """Every canonical form among the examples, once, in a set order."""
        shown = self._examples
        texts = [canonical for _, canonical in shown.valid]
        texts += [text for pair in (*shown.similar, *shown.different) for text in pair]
        texts += [signal for _, signal in (*shown.hashed, *shown.hashed_text)]
        yield from dict.fromkeys(texts)

    def _refusal(self, text: str) -> Exception | None:
        try:
            self.signal_type.validate(text)
        except Exception as error:  # noqa: BLE001 - which error it is gets checked by the caller
            return error
        return None

    def _check_refusal(self, error: Exception, text: str) -> None:
        if not isinstance(error, InputError):
            raise ContractError(f"{type(error).__name__} instead of InputError") from error
        _demand(error.code is ErrorCode.SIGNAL_INVALID, "the code is not SIGNAL_INVALID")
        _demand(bool(error.detail), "the refusal gives no reason")
        shown = " ".join(_messages(error))
        telling = len(text.strip()) >= _TELLING
        _demand(not (telling and text.strip() in shown), "the refusal repeats the text")


_TELLING = 4
"""Shorter texts occur in ordinary sentences by chance."""


class _Trickle(io.BytesIO):
    """A stream that gives one byte a time, as sockets and pipes may."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(0 if size == 0 else 1)


def _messages(error: BaseException) -> Iterator[str]:
    """What a traceback of the error would say, causes included: logs print them too."""
    following: BaseException | None = error
    while following is not None:
        yield str(following)
        hidden = following.__suppress_context__
        following = following.__cause__ or (None if hidden else following.__context__)


def _demand(condition: bool, complaint: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not condition:
        raise ContractError(complaint)
