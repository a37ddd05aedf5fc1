# SPDX-License-Identifier: Apache-2.0
"""What a signal type is: one kind of fingerprint or indicator, and how two of them compare.

A third party adds a type by subclassing `SignalType`, naming the class under the entry-point group
`nahmi.signal_types` and running `nahmi.testing.signal_type.SignalTypeContract` over it.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from enum import StrEnum
from typing import BinaryIO, ClassVar

import msgspec

from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, InputError

HAMMING_BITS = 256
"""Width of the signals that the radius index holds."""


class IndexKind(StrEnum):
    """Which search answers "what is near this signal?"."""

    HAMMING256 = "hamming256"
    """256-bit signals, compared by Hamming distance, searched in the radius index."""
    EXACT = "exact"
    """Signals are the same or not; the store's own index answers."""
    COMPARED = "compared"
    """The type's own rule decides; all banked signals of the type are gone through in memory."""


class ContentType(StrEnum):
    """What a signal type can be computed from."""

    PICTURE = "picture"
    VIDEO = "video"
    FILE = "file"
    URL = "url"
    TEXT = "text"


class Comparison(msgspec.Struct, frozen=True):
    """How two signals of one type relate.

    Attributes:
        distance: Hamming distance in bits; for exact types 0 (the same) or 1 (not the same); for
            compared types the type's own measure, rounded up, 0 where it has none.
        is_match: Whether the distance lies within the limit that applied.
    """

    distance: int
    is_match: bool


class Examples(msgspec.Struct, frozen=True, kw_only=True):
    """Evidence for the contract kit and for people; nothing in it may come from real cases.

    Attributes:
        valid: Pairs of text as people write it and its canonical form.
        invalid: Texts that `validate` must refuse.
        similar: Pairs of canonical forms that match at the default limit.
        different: Pairs of canonical forms that do not.
        hashed: Pairs of content and its signal, for types that hash bytes.
        hashed_text: Pairs of text content and its signal, for types that hash text.
    """

    valid: tuple[tuple[str, str], ...]
    invalid: tuple[str, ...]
    similar: tuple[tuple[str, str], ...]
    different: tuple[tuple[str, str], ...]
    hashed: tuple[tuple[bytes, str], ...] = ()
    hashed_text: tuple[tuple[str, str], ...] = ()


class SignalType(ABC):
    """One kind of signal. Instances hold no state; one serves all threads.

    The texts that `parse`, `compare` and `lookups` take are canonical forms: what `validate`
    returned. They need not check them again.

    Attributes:
        name: Lower-case identifier, `[a-z][a-z0-9_]*`, also the entry point's name.
        content_types: What the signal can be computed from.
        index_kind: Which search finds its neighbours.
        default_limit_bits: Distance up to which two signals match unless a bank says otherwise;
            0 for exact types.
        is_prompt: Whether it answers by itself at once. One that has to wait for another process
            must not be asked on an event loop.
    """

    name: ClassVar[str]
    content_types: ClassVar[tuple[ContentType, ...]]
    index_kind: ClassVar[IndexKind] = IndexKind.EXACT
    default_limit_bits: ClassVar[int] = 0
    is_prompt: ClassVar[bool] = True

    @abstractmethod
    def validate(self, text: str) -> str:
        """The canonical form of a signal that came from outside; canonical texts stay as they are.

        Args:
            text: Any text at all, surrounding white space included.

        Raises:
            InputError: SIGNAL_INVALID with the reason and position, never with the text itself.
        """

    def validate_all(self, texts: Sequence[str]) -> list[str | InputError]:
        """For each text what `validate` returns or raises; a type that can, does it faster."""
        return [self._validated(text) for text in texts]

    def _validated(self, text: str) -> str | InputError:
        try:
            return self.validate(text)
        except InputError as error:
            return error

    def rows(self, texts: Sequence[str]) -> list[bytes | InputError]:
        """For each text its signal as `parse` gives it, or what `validate` raises."""
        return [
            checked if isinstance(checked, InputError) else self.parse(checked)
            for checked in self.validate_all(texts)
        ]

    def question(self, text: str) -> str:
        """What is compared with banked signals when somebody asks about this text.

        A signal of the same type, unless the type's signals are looked for in texts.

        Raises:
            InputError: SIGNAL_INVALID.
        """
        return self.validate(text)

    @abstractmethod
    def examples(self) -> Examples:
        """Examples for the contract kit and the documentation."""

    def parse(self, canonical: str) -> bytes:
        """The signal as bytes: 32 of them for HAMMING256 types, in the order of the hex text."""
        return canonical.encode()

    def compare(self, a: str, b: str, *, limit_bits: int | None = None) -> Comparison:
        """How two signals relate: symmetric, distance 0 for equal ones, the same as the index says.

        Args:
            a: Canonical form.
            b: Canonical form.
            limit_bits: Inclusive limit instead of the type's default; exact types ignore it.

        Compared types bring their own rule, which may depend on the order: `a` is the banked
        signal, `b` what `question` made of what is asked about.
        """
        if self.index_kind is IndexKind.COMPARED:
            raise AssertionError("a compared type brings its own rule")
        if self.index_kind is IndexKind.EXACT:
            return Comparison(distance=int(a != b), is_match=a == b)
        limit = self.default_limit_bits if limit_bits is None else limit_bits
        distance = _hamming(self.parse(a), self.parse(b))
        return Comparison(distance=distance, is_match=distance <= limit)

    def lookups(self, canonical: str) -> tuple[Signal, ...]:
        """The signals to look up exactly when content carries this one; itself first.

        A URL, for example, also asks for its host and the parent domains.
        """
        return (Signal(self.name, canonical),)


class HashesBytes(ABC):
    """Mixed into a signal type that can be computed from the bytes of a file."""

    @abstractmethod
    def hash_bytes(self, stream: BinaryIO) -> str:
        """The canonical signal of a file, read once from its current position to its end."""


class HashesText(ABC):
    """Mixed into a signal type that can be computed from text."""

    @abstractmethod
    def hash_text(self, text: str) -> str:
        """The canonical signal of a text."""


def invalid_signal(name: str, reason: str, position: int | None = None) -> InputError:
    """The error that `SignalType.validate` raises.

    Args:
        name: The signal type's name.
        reason: What is wrong, without the text that is wrong.
        position: Where, in characters from 0 after surrounding white space; None where the whole
            text is meant.
    """
    where = "" if position is None else f" at position {position}"
    return InputError(ErrorCode.SIGNAL_INVALID, f"Not a {name} signal: {reason}{where}.")


def _hamming(a: bytes, b: bytes) -> int:
    return (int.from_bytes(a) ^ int.from_bytes(b)).bit_count()
