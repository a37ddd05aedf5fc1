# SPDX-License-Identifier: Apache-2.0
"""A plug-in's signal type as the rest of nahmi sees it: a name, and questions to its process."""

from collections.abc import Sequence
from typing import BinaryIO, ClassVar

from nahmi.errors import ErrorCode, InputError, MediaError
from nahmi.media.limits import MediaLimits
from nahmi.media.pool import as_descriptor
from nahmi.plugins.threatexchange.adapted import LONGEST
from nahmi.plugins.threatexchange.host import PluginHost
from nahmi.plugins.threatexchange.messages import (
    Compare,
    Comparisons,
    Hashed,
    HashFile,
    HashText,
    TypeDescription,
    Validate,
    Validated,
)
from nahmi.protect.signal_type import (
    Comparison,
    Examples,
    HashesBytes,
    HashesText,
    SignalType,
    invalid_signal,
)

_AT_ONCE = 1_000


class PluginSignalType(SignalType):
    """A signal type that lives in the plug-ins' process.

    Args:
        host: Its process.
        description: What it is.
    """

    is_prompt = False
    description: ClassVar[TypeDescription]
    host: ClassVar[PluginHost]

    def validate(self, text: str) -> str:
        """See `SignalType.validate`.

        Raises:
            InputError: SIGNAL_INVALID.
            PluginError: PLUGIN_FAILED.
        """
        [found] = self.validate_all([text])
        if isinstance(found, InputError):
            raise found
        return found

    def validate_all(self, texts: Sequence[str]) -> list[str | InputError]:
        """See `SignalType.validate_all`."""
        found: list[str | InputError] = []
        for start in range(0, len(texts), _AT_ONCE):
            part = [_readable(text) for text in texts[start : start + _AT_ONCE]]
            asked = tuple(text for text in part if text is not None)
            reply = self.host.ask(Validate(self.name, asked), Validated)
            answers = iter(reply.canonical)
            found += [
                (None if text is None else next(answers)) or self._refusal(text) for text in part
            ]
        return found

    def _refusal(self, text: str | None) -> InputError:
        reason = "it is too long or no text" if text is None else "its plug-in refuses it"
        return invalid_signal(self.name, reason)

    def question(self, text: str) -> str:
        """See `SignalType.question`."""
        if not self.description.is_sought_in_text:
            return self.validate(text)
        if _readable(text) is None or not text.strip():
            raise invalid_signal(self.name, f"a text has 1 to {LONGEST:,} characters")
        return text

    def compare(self, a: str, b: str, *, limit_bits: int | None = None) -> Comparison:
        """See `SignalType.compare`; there is no limit but the type's own."""
        del limit_bits
        found = self.host.ask(Compare(self.name, a, b), Comparisons)
        return Comparison(distance=found.distance, is_match=found.is_match)

    def examples(self) -> Examples:
        """See `SignalType.examples`."""
        shown = self.description
        return Examples(
            valid=shown.examples,
            invalid=("", " \n"),
            similar=shown.similar,
            different=shown.different,
            hashed=shown.hashed,
            hashed_text=shown.hashed_text,
        )


class TextHashingType(PluginSignalType, HashesText):
    """A plug-in's signal type that is computed from text."""

    def hash_text(self, text: str) -> str:
        """See `HashesText.hash_text`.

        Raises:
            InputError: SIGNAL_INVALID: the text has no signal of this type.
            PluginError: PLUGIN_FAILED.
        """
        if _readable(text) is None:
            raise self._refusal(None)
        found = self.host.ask(HashText(self.name, text), Hashed).signals.get(self.name)
        if found is None:
            raise invalid_signal(self.name, "the text has none")
        return found


class BytesHashingType(PluginSignalType, HashesBytes):
    """A plug-in's signal type that is computed from the bytes of a file."""

    def hash_bytes(self, stream: BinaryIO) -> str:
        """See `HashesBytes.hash_bytes`.

        Raises:
            MediaError: FINGERPRINT_UNUSABLE: the file has no signal of this type; or it is too
                large.
            PluginError: PLUGIN_FAILED.
        """
        limits = MediaLimits()
        with as_descriptor(stream, limits) as descriptor:
            asked = HashFile((self.name,), limits.file_bytes)
            found = self.host.ask(asked, Hashed, descriptor).signals.get(self.name)
        if found is None:
            raise MediaError(
                ErrorCode.FINGERPRINT_UNUSABLE, f"The file has no {self.name} fingerprint."
            )
        return found


class _BothHashingType(TextHashingType, BytesHashingType):
    """A plug-in's signal type that is computed from either."""


def signal_type_of(host: PluginHost, description: TypeDescription) -> PluginSignalType:
    """The signal type that a description stands for."""
    base: type[PluginSignalType] = {
        (False, False): PluginSignalType,
        (True, False): TextHashingType,
        (False, True): BytesHashingType,
        (True, True): _BothHashingType,
    }[description.hashes_text, description.hashes_bytes]
    attributes = {
        "name": description.name,
        "content_types": description.content_types,
        "index_kind": description.index_kind,
        "description": description,
        "host": host,
    }
    kind: type[PluginSignalType] = type(f"Plugin_{description.name}", (base,), attributes)
    return kind()


def _readable(text: str) -> str | None:
    """A text that can be sent; None for one that is too long or no Unicode."""
    if len(text) > LONGEST:
        return None
    try:
        text.encode()
    except UnicodeEncodeError:
        return None
    return text
