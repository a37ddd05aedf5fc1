# SPDX-License-Identifier: Apache-2.0
"""Where time goes: what journeys tell whoever draws it, never what was asked about.

Nothing here is in the way of a node without traces: it uses the classes that these extend.
"""

from contextlib import AbstractContextManager
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from nahmi.core.match import MatchAnswer
from nahmi.core.signal import ContentFingerprints
from nahmi.flows.match import Matcher
from nahmi.flows.record import Record, Recorder
from nahmi.flows.uploads import Decoders
from nahmi.operate.log_fields import LogValue
from nahmi.protect.plan import FingerprintPlan


class Span(Protocol):
    """Something that takes time."""

    def note(self, **fields: LogValue) -> None:
        """Say more about it; only fields of the log, in their shapes, are kept."""
        ...


class Tracing(Protocol):
    """Takes note of how long things took, one within the other."""

    def inner(self, name: str, **fields: LogValue) -> AbstractContextManager[Span]:
        """A part of what is traced already; of nothing when nothing is.

        Args:
            name: Such as `match`.
            fields: Said of it from the beginning.
        """
        ...


class TracedMatcher(Matcher):
    """A matcher whose answers are traced.

    Args:
        tracing: Takes note.
        parts: As for `Matcher`.
    """

    def __init__(self, tracing: Tracing, **parts: Any) -> None:  # noqa: ANN401 - passed on
        super().__init__(**parts)
        self._tracing = tracing

    def match(self, contents: Any, **more: Any) -> list[MatchAnswer]:  # noqa: ANN401 - passed on
        """See `Matcher.match`."""
        with self._tracing.inner("match", count=len(contents)) as span:
            answers = super().match(contents, **more)
            span.note(depth=sum(len(answer.matches) for answer in answers))
        return answers

    def seen(self, rows: NDArray[np.uint8], **more: Any) -> list[int]:  # noqa: ANN401 - passed on
        """See `Matcher.seen`."""
        with self._tracing.inner("search", count=len(rows)) as span:
            found = super().seen(rows, **more)
            span.note(depth=len(found))
        return found


class TracedDecoders(Decoders):
    """Decoders whose work is traced, the wait for it included.

    Args:
        tracing: Takes note.
        fingerprinter: Its workers decode.
        parts: As for `Decoders`.
    """

    def __init__(self, tracing: Tracing, fingerprinter: Any, **parts: Any) -> None:  # noqa: ANN401 - passed on
        super().__init__(fingerprinter, **parts)
        self._tracing = tracing

    async def fingerprint(self, content: BinaryIO, plan: FingerprintPlan) -> ContentFingerprints:
        """See `Decoders.fingerprint`."""
        with self._tracing.inner("decode", depth=self.under_way) as span:
            found = await super().fingerprint(content, plan)
            span.note(bytes=found.size_bytes, count=len(found.fingerprints))
        return found


class TracedRecorder(Recorder):
    """A recorder for which it is traced how long somebody waits for it.

    Args:
        tracing: Takes note.
        writer: Where to.
        parts: As for `Recorder`.
    """

    def __init__(self, tracing: Tracing, writer: Any, **parts: Any) -> None:  # noqa: ANN401 - passed on
        super().__init__(writer, **parts)
        self._tracing = tracing

    async def record(self, record: Record) -> None:
        """See `Recorder.record`."""
        with self._tracing.inner("record", depth=self.depth):
            await super().record(record)
