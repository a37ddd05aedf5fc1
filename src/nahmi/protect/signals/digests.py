# SPDX-License-Identifier: Apache-2.0
"""Cryptographic digests of a file's bytes: exact, and blind to the slightest edit.

SHA-256 is proof of equality. MD5 and SHA-1 are carried because partners' lists hold them; both can
be made to collide on purpose, so a match by them alone is weaker evidence (see
`nahmi.protect.matching.is_weak_digest_contradicted`).
"""

import hashlib
import io
from collections.abc import Sequence
from typing import BinaryIO, ClassVar

from nahmi.core.signal import Fingerprint
from nahmi.errors import InputError
from nahmi.protect.signal_type import ContentType, Examples, HashesBytes, SignalType
from nahmi.protect.signals.hexadecimal import all_hex_signals, hex_signal

DIGEST_NAMES = ("sha256", "sha1", "md5")
"""The digests of `digest_all`, strongest first."""

WEAK_DIGESTS = frozenset({"sha1", "md5"})
"""Digests for which two different files with one value can be made on purpose."""

_CHUNK_BYTES = 1 << 20  # large enough for hashlib to release the GIL, small enough for the cache


def digest_all(
    content: BinaryIO | bytes, names: tuple[str, ...] = DIGEST_NAMES
) -> tuple[Fingerprint, ...]:
    """Digests of content in one pass over its bytes.

    Args:
        content: The bytes, or a stream that is read from its current position to its end.
        names: Which digests, of `DIGEST_NAMES`.

    Returns:
        One fingerprint a name, in the order of `names`.
    """
    stream = io.BytesIO(content) if isinstance(content, bytes) else content
    # Identification, not secrecy: without the flag a FIPS build refuses MD5 and SHA-1.
    running = [hashlib.new(name, usedforsecurity=False) for name in names]
    while chunk := stream.read(_CHUNK_BYTES):
        for digest in running:
            digest.update(chunk)
    return tuple(Fingerprint(digest.name, digest.hexdigest()) for digest in running)


class _Digest(SignalType, HashesBytes):
    content_types = (ContentType.FILE, ContentType.PICTURE, ContentType.VIDEO)
    digits: ClassVar[int]
    of_nothing: ClassVar[str]
    of_abc: ClassVar[str]

    def validate(self, text: str) -> str:
        """Lower-case hexadecimal digits.

        Raises:
            InputError: SIGNAL_INVALID.
        """
        return hex_signal(self.name, text, digits=self.digits)

    def validate_all(self, texts: Sequence[str]) -> list[str | InputError]:
        """For each text what `validate` returns or raises."""
        return [*(all_hex_signals(texts, digits=self.digits) or super().validate_all(texts))]

    def parse(self, canonical: str) -> bytes:
        """The digest's bytes."""
        return bytes.fromhex(canonical)

    def hash_bytes(self, stream: BinaryIO) -> str:
        """The digest of everything from the stream's position to its end."""
        return digest_all(stream, (self.name,))[0].value

    def examples(self) -> Examples:
        """The published vectors for the empty message and for `abc`."""
        return Examples(
            valid=((self.of_abc, self.of_abc), (f"\t{self.of_abc.upper()} ", self.of_abc)),
            invalid=("", self.of_abc[:-1], self.of_abc + "0", "z" + self.of_abc[1:]),
            similar=((self.of_abc, self.of_abc),),
            different=((self.of_abc, self.of_nothing),),
            hashed=((b"", self.of_nothing), (b"abc", self.of_abc)),
        )


class Sha256(_Digest):
    """SHA-256: 64 hexadecimal digits. Source of the examples: NIST FIPS 180-4 test vectors."""

    name = "sha256"
    digits = 64
    of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


class Sha1(_Digest):
    """SHA-1: 40 hexadecimal digits. Source of the examples: NIST FIPS 180-4 test vectors."""

    name = "sha1"
    digits = 40
    of_nothing = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
    of_abc = "a9993e364706816aba3e25717850c26c9cd0d89d"


class Md5(_Digest):
    """MD5: 32 hexadecimal digits. Source of the examples: RFC 1321, appendix A.5."""

    name = "md5"
    digits = 32
    of_nothing = "d41d8cd98f00b204e9800998ecf8427e"
    of_abc = "900150983cd24fb0d6963f7d28e17f72"
