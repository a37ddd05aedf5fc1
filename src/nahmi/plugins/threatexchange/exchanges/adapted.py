# SPDX-License-Identifier: Apache-2.0
"""An exchange of `threatexchange`, asked the way nahmi asks. Runs in the exchange's process."""

from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib import import_module
from itertools import islice
from typing import Any, Final

from nahmi.core.opinion import Opinion, Stance
from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, NahmiError, PluginError
from nahmi.operate.exchanges import Assertion, Checkpoint, Fetched
from nahmi.plugins.threatexchange.adapted import LONGEST
from nahmi.plugins.threatexchange.exchanges import as_json
from nahmi.plugins.threatexchange.exchanges.messages import Brought, Wanted

MOST_RECORDS: Final = 1_000
"""Records of one message."""

MOST_BYTES: Final = 8 << 20
"""Bytes of one message, unless a single record has more."""

LONGEST_RECORD: Final = 32 << 20
"""Bytes of one record."""

_MOST_OPINIONS = 100
_LONGEST_WORD = 200
_OWNERS = ("owner", "owner_id", "owner_app_id", "esp_id", "member_id")
"""Where opinions keep whose they are; the library has no common name for it."""


class AdaptedExchange:
    """One exchange.

    Args:
        name: The node's own name of it.
        exchange: An object of its class that has signed in.
        collab: Its configuration.
        types: The signal types that it is asked for, by our names.
    """

    def __init__(
        self,
        name: str,
        exchange: Any,  # noqa: ANN401 - of a third party
        collab: Any,  # noqa: ANN401 - the same
        types: Mapping[str, type[Any]],
    ) -> None:
        base = import_module("threatexchange.exchanges.signal_exchange_api")
        self._name = name
        self._exchange = exchange
        self._collab = collab
        self._kind = type(exchange)
        self._types = list(types.values())
        self._names = {kind: our_name for our_name, kind in types.items()}
        self._known = {kind.get_name() for kind in types.values()}
        self._is_keyed_by_type = issubclass(self._kind, base.SignalExchangeAPIWithSimpleUpdates)
        own_merge = self._kind.fetch_value_merge.__func__
        self._merges = own_merge is not base.SignalExchangeAPI.fetch_value_merge.__func__

    def is_stale(self, checkpoint: str) -> bool:
        """Whether it cannot go on from a checkpoint any more.

        Raises:
            PluginError: PLUGIN_FAILED.
        """
        try:
            known = as_json.read(checkpoint)
        except (TypeError, ValueError, KeyError, AttributeError):
            return True  # its class has changed
        with failing(self._name):
            is_one = isinstance(known, self._kind.get_checkpoint_cls())
            return not is_one or bool(known.is_stale())

    def parts(self, checkpoint: str | None) -> Generator[Brought | Wanted, Mapping[str, str], None]:
        """What there is after a checkpoint.

        Yields:
            Records, and when all of what belongs together was handed over, a message that leads on
            from there. Classes that send changes ask first for what the node has; then the bodies
            under these keys are to be sent in.

        Raises:
            PluginError: PLUGIN_FAILED.
        """
        known = None if checkpoint is None else as_json.read(checkpoint)
        for delta in self._exchange.fetch_iter(self._types, known):
            updates = iter(delta.updates.items())
            while some := [
                (_key_of(key), key, value) for key, value in islice(updates, MOST_RECORDS)
            ]:
                bodies: Mapping[str, str] = {}
                if self._merges:
                    bodies = yield Wanted(tuple(text for text, _, _ in some))
                yield from self._brought(some, bodies)
            yield Brought(checkpoint=_checkpoint_of(delta.checkpoint))
        yield Brought(is_end=True)

    def _brought(
        self, updates: Iterable[tuple[str, Any, Any]], bodies: Mapping[str, str]
    ) -> Iterator[Brought]:
        records: list[Fetched] = []
        size = 0
        for text, key, new in updates:
            value = new
            if self._merges:
                old = as_json.read(bodies[text]) if text in bodies else None
                value = self._kind.fetch_value_merge(old, new)
            records.append(self._fetched(text, key, value))
            size += len(records[-1].body or "")
            if size >= MOST_BYTES:
                yield Brought(records=tuple(records), is_open=True)
                records, size = [], 0
        if records:
            yield Brought(records=tuple(records), is_open=True)

    def _fetched(self, text: str, key: Any, value: Any) -> Fetched:  # noqa: ANN401 - of a third party
        if value is None:
            return Fetched(key=text, body=None)
        body = as_json.write(value)
        if len(body) > LONGEST_RECORD:
            raise PluginError(ErrorCode.PLUGIN_FAILED, "A record of the exchange is too large.")
        said = key[0] if self._is_keyed_by_type and isinstance(key, tuple) and key else ""
        try:
            assertions = tuple(self._assertions(key, value))
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - one record that its class cannot read stops no other
            return Fetched(key=text, body=body, is_refused=True)
        if assertions or said in self._known:
            return Fetched(key=text, body=body, assertions=assertions, is_refused=not assertions)
        return Fetched(key=text, body=body, unknown_type=_word(said))

    def _assertions(self, key: Any, value: Any) -> Iterator[Assertion]:  # noqa: ANN401 - the same
        """The signals of one record.

        Each record is converted by itself, so that it is known which signals go when it goes.
        """
        converted = self._kind.naive_convert_to_signal_type(self._types, self._collab, {key: value})
        for kind, signals in converted.items():
            name = self._names.get(kind)
            for text, metadata in signals.items():
                if name is not None and _is_sendable(text):
                    given = list(metadata.get_as_opinions())[:_MOST_OPINIONS]
                    yield Assertion(Signal(name, text), tuple(map(_opinion, given)))


@contextmanager
def failing(name: str) -> Iterator[None]:
    """What an exchange raises in the block, as one error.

    Raises:
        PluginError: PLUGIN_FAILED.
    """
    try:
        yield
    except (MemoryError, NahmiError):
        raise
    except Exception as error:  # noqa: BLE001 - a plug-in may fail in any way
        raise PluginError(
            ErrorCode.PLUGIN_FAILED, f"The exchange {name!r} failed ({_described(error)})."
        ) from None


def _described(error: Exception) -> str:
    """The kind of an error and its HTTP status. Its text may hold addresses with secrets."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    return type(error).__name__ + (f" {status}" if isinstance(status, int) else "")


def _opinion(given: Any) -> Opinion:  # noqa: ANN401 - of a third party
    stances = {0: Stance.DISAGREES, 2: Stance.AGREES}
    owner = next((getattr(given, name) for name in _OWNERS if hasattr(given, name)), "")
    return Opinion(
        stance=stances.get(int(given.category), Stance.UNSURE),
        owner=_word(owner),
        is_own=bool(given.is_mine),
        tags=tuple(sorted({_word(tag) for tag in given.tags} - {""})),
    )


def _is_sendable(text: object) -> bool:
    """Whether it is a text of a sensible length without halves of characters."""
    if not (isinstance(text, str) and 0 < len(text) <= LONGEST):
        return False
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def _word(value: object) -> str:
    """A name or tag on one line."""
    text = "".join(char if char.isprintable() else " " for char in str(value)[:_LONGEST_WORD])
    return " ".join(text.split())


def _key_of(key: Any) -> str:  # noqa: ANN401 - of a third party
    return as_json.write(list(key) if isinstance(key, tuple) else key)


def _checkpoint_of(found: Any) -> Checkpoint | None:  # noqa: ANN401 - of a third party
    if found is None:  # it stays where it was
        return None
    seconds = found.get_progress_timestamp()
    reached_at = None
    if isinstance(seconds, int | float):
        with suppress(OverflowError, OSError, ValueError):
            reached_at = datetime.fromtimestamp(seconds, UTC)
    return Checkpoint(as_json.write(found), reached_at)
