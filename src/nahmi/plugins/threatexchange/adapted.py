# SPDX-License-Identifier: Apache-2.0
"""A signal type of `threatexchange`, asked the way nahmi asks. Runs in the plug-ins' process.

Whatever a class of a third party raises becomes one `PluginError` that repeats nothing of it: such
texts often hold the very signal.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import combinations
from typing import Any, Final

from nahmi.errors import ErrorCode, PluginError
from nahmi.plugins.threatexchange.loading import invalid
from nahmi.plugins.threatexchange.messages import TypeDescription
from nahmi.protect.signal_type import Comparison, ContentType, IndexKind

LONGEST: Final = 100_000
"""Characters of a signal, or of a text that is asked about, at most."""

_CONTENT_TYPES: Final = {
    "photo": ContentType.PICTURE,
    "video": ContentType.VIDEO,
    "text": ContentType.TEXT,
    "url": ContentType.URL,
}
_MOST_EXAMPLES = 8
_SAMPLE = b"The quick brown fox jumps over the lazy dog, again and again and again."


class AdaptedType:
    """One signal type.

    Args:
        name: Under which nahmi knows it.
        kind: The class.
    """

    def __init__(self, name: str, kind: type[Any]) -> None:
        base = import_module("threatexchange.signal_type.signal_base")
        self.name = name
        self._kind = kind
        self.is_sought_in_text = issubclass(kind, base.MatchesStr)
        self.hashes_text = issubclass(kind, base.TextHasher)
        self.hashes_bytes = issubclass(kind, base.BytesHasher)
        with failing(name):
            self.index_class = kind.get_index_cls()
        is_dictionary = _is_exactly(self.index_class, base.TrivialSignalTypeIndex)
        self.index_kind = IndexKind.EXACT if is_dictionary else IndexKind.COMPARED
        linear = (base.TrivialLinearSearchHashIndex, base.TrivialLinearSearchMatchIndex)
        self.has_own_index = not is_dictionary and not issubclass(self.index_class, linear)
        self._rule: Callable[[str, str], Any]
        if self.is_sought_in_text:
            self._rule = kind.matches_str
        elif hasattr(kind, "compare_hash"):
            self._rule = kind.compare_hash
        else:
            raise invalid(name, "it has neither compare_hash nor matches_str")

    def validate(self, text: str) -> str | None:
        """The canonical form; None for a text that is refused."""
        if not text.strip() or len(text) > LONGEST:
            return None
        try:
            canonical = self._kind.validate_signal_str(text)
            is_stable = self._kind.validate_signal_str(canonical) == canonical
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - authors raise what they like to refuse a text
            return None
        is_usable = isinstance(canonical, str) and 0 < len(canonical) <= LONGEST
        return canonical if is_usable and is_stable and "\0" not in canonical else None

    def compare(self, signal: str, question: str) -> Comparison:
        """Whether a signal matches what is asked.

        Raises:
            PluginError: PLUGIN_FAILED.
        """
        if self.index_kind is IndexKind.EXACT:
            return Comparison(distance=int(signal != question), is_match=signal == question)
        with failing(self.name):
            found = self._rule(signal, question)
            return Comparison(distance=_distance(found.distance), is_match=bool(found.match))

    def hash_text(self, text: str) -> str | None:
        """The canonical signal of a text; None where it has none.

        Raises:
            PluginError: PLUGIN_FAILED.
        """
        with failing(self.name):
            return self._hashed(self._kind.hash_from_str(text))

    def hash_bytes(self, content: bytes) -> str | None:
        """The canonical signal of a file; None where it has none.

        Raises:
            PluginError: PLUGIN_FAILED.
        """
        with failing(self.name):
            return self._hashed(self._kind.hash_from_bytes(content))

    def _hashed(self, signal: str) -> str | None:
        if not signal:
            return None
        canonical = self.validate(signal)
        if canonical is None:
            raise ValueError("a hash that the type itself refuses")
        return canonical

    def describe(self) -> TypeDescription:
        """What the node must know of it.

        Raises:
            InputError: PLUGIN_INVALID: it contradicts itself.
            PluginError: PLUGIN_FAILED: it raises where it should answer.
        """
        with failing(self.name):
            shown = [str(text) for text in self._kind.get_examples()][:_MOST_EXAMPLES]
            contents = {self._content_type(kind) for kind in self._kind.get_content_types()}
        pairs = [(text, self.validate(text)) for text in shown]
        valid = tuple((text, canonical) for text, canonical in pairs if canonical is not None)
        if len(valid) < len(pairs):
            raise invalid(self.name, "it refuses one of its own examples")
        texts = list(dict.fromkeys(canonical for _, canonical in valid))
        same = [(a, a) for a in texts if self.compare(a, a).is_match]
        return TypeDescription(
            name=self.name,
            content_types=tuple(sorted(contents)),
            index_kind=self.index_kind,
            is_sought_in_text=self.is_sought_in_text and self.index_kind is IndexKind.COMPARED,
            hashes_text=self.hashes_text,
            hashes_bytes=self.hashes_bytes,
            examples=valid,
            similar=tuple(same),
            different=tuple(
                pair for pair in combinations(texts, 2) if not self.compare(*pair).is_match
            ),
            hashed=tuple(self._sample(self.hashes_bytes, self.hash_bytes, _SAMPLE)),
            hashed_text=tuple(self._sample(self.hashes_text, self.hash_text, _SAMPLE.decode())),
        )

    @staticmethod
    def _content_type(kind: Any) -> ContentType:  # noqa: ANN401 - a class of the library
        return _CONTENT_TYPES.get(kind.get_name(), ContentType.FILE)

    @staticmethod
    def _sample(
        is_offered: bool,  # noqa: FBT001 - says whether the next argument can be used
        hasher: Callable[[Any], str | None],
        content: Any,  # noqa: ANN401 - text or bytes
    ) -> Iterator[tuple[Any, str]]:
        """An example of hashing, where the sample is something that the type can hash."""
        try:
            signal = hasher(content) if is_offered else None
        except PluginError:
            return
        if signal is not None:
            yield content, signal


@contextmanager
def failing(name: str) -> Iterator[None]:
    """What a plug-in raises in the block, as one error.

    Raises:
        PluginError: PLUGIN_FAILED.
    """
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - a plug-in may fail in any way
        raise PluginError(
            ErrorCode.PLUGIN_FAILED, f"The plug-in {name!r} failed ({type(error).__name__})."
        ) from None


def _distance(found: Any) -> int:  # noqa: ANN401 - what the library calls similarity
    """A type's own measure as a whole number, 0 where it has none."""
    measure = getattr(found, "distance", 0)
    if isinstance(measure, bool) or not isinstance(measure, int | float):
        return 0
    return max(0, math.ceil(measure)) if math.isfinite(measure) else 0


def _is_exactly(kind: type[Any], base: type[Any]) -> bool:
    """Whether a class answers queries as its base does."""
    return issubclass(kind, base) and kind.query is base.query and kind.add is base.add
