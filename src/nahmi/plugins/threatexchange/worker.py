# SPDX-License-Identifier: Apache-2.0
"""The process in which signal types of third parties live.

1. Import what the operator named, and try it on its own examples.
2. Lock in as decoders do: no file, socket or process can be opened from then on.
3. Hold the banked signals of these types, and answer what is asked, one request after the other.
   What crashes, hangs or takes too much ends this process and no other.
"""

import gc
import socket
import sys
from contextlib import suppress

from nahmi.errors import ErrorCode, NahmiError
from nahmi.media.locking_in import lock_in, read_whole, renew_cpu_time
from nahmi.media.protocol import receive, send
from nahmi.plugins.threatexchange.adapted import AdaptedType
from nahmi.plugins.threatexchange.collection import Collection
from nahmi.plugins.threatexchange.loading import signal_type_classes
from nahmi.plugins.threatexchange.messages import (
    Add,
    Compare,
    Comparisons,
    Done,
    Failed,
    Find,
    Forget,
    Found,
    Hashed,
    HashFile,
    HashText,
    Load,
    Loaded,
    Reply,
    Request,
    Validate,
    Validated,
    decode_request,
)


def main() -> None:
    """Serve one socket."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    seconds = float(sys.argv[2])
    serving: _Serving | None = None
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            body, descriptor = receive(channel)
            request = decode_request(body)
            if serving is None:
                serving, reply = _start(request)
            else:
                renew_cpu_time(seconds)
                reply = serving.answer(request, descriptor)
            send(channel, reply)
            if isinstance(reply, Failed) and reply.code == ErrorCode.PLUGIN_FAILED:
                return  # what a failure leaves behind is not worth trusting


class _Serving:
    """The loaded types and the signals that they hold."""

    def __init__(self, types: dict[str, AdaptedType]) -> None:
        self._types = types
        self._held: dict[int, dict[str, Collection]] = {}

    def answer(self, request: Request, descriptor: int | None) -> Reply:
        try:
            return self._answer(request, descriptor)
        except NahmiError as error:
            return Failed(error.code, error.detail, error.hint)
        except MemoryError:
            return Failed(ErrorCode.PLUGIN_FAILED, "A plug-in needs more memory than is allowed.")
        except Exception as error:  # noqa: BLE001 - whatever fails, the node gets an answer
            detail = f"A plug-in failed ({type(error).__name__})."
            return Failed(ErrorCode.PLUGIN_FAILED, detail)

    def _answer(self, request: Request, descriptor: int | None) -> Reply:  # noqa: PLR0911 - one for each request
        match request:
            case Validate():
                kind = self._types[request.name]
                return Validated(tuple(kind.validate(text) for text in request.texts))
            case Compare():
                found = self._types[request.name].compare(request.signal, request.question)
                return Comparisons(found.is_match, found.distance)
            case HashText():
                return _hashed({request.name: self._types[request.name].hash_text(request.text)})
            case HashFile():
                if descriptor is None:
                    raise EOFError
                content = read_whole(descriptor, request.most_bytes)
                return _hashed({n: self._types[n].hash_bytes(content) for n in request.names})
            case Add():
                self._collection(request.collection, request.name).add(request.pairs)
                return Done()
            case Find():
                asked = [
                    (self._collection(request.collection, name), text)
                    for name, text in request.questions
                ]
                return Found(tuple(tuple(held.find(text)) for held, text in asked))
            case Forget():
                self._held.pop(request.collection, None)
                return Done()
            case Load():
                raise AssertionError("what is loaded is said once")

    def _collection(self, number: int, name: str) -> Collection:
        held = self._held.setdefault(number, {})
        if name not in held:
            held[name] = Collection(self._types[name])
        return held[name]


def _hashed(signals: dict[str, str | None]) -> Hashed:
    return Hashed({name: signal for name, signal in signals.items() if signal is not None})


def _start(request: Request) -> tuple[_Serving | None, Reply]:
    if not isinstance(request, Load):
        raise EOFError  # noqa: TRY004 - whoever says something else first is not the node
    sys.path[:] = request.path
    try:
        classes = signal_type_classes(request.manifests, request.signal_types)
        types = {name: AdaptedType(name, kind) for name, kind in classes.items()}
        described = tuple(kind.describe() for kind in types.values())
        _warm_up(types)
    except NahmiError as error:
        # The same failure would come back with every start, so it is the plug-in's fault.
        return None, Failed(ErrorCode.PLUGIN_INVALID, error.detail, error.hint)
    gc.freeze()
    gc.enable()
    return _Serving(types), Loaded(described, lock_in(request.memory_bytes))


def _warm_up(types: dict[str, AdaptedType]) -> None:
    """Let types import now what they import late: afterwards no file can be opened."""
    for kind in types.values():
        trial = Collection(kind)
        canonical = [canonical for _, canonical in kind.describe().examples]
        trial.add(list(enumerate(canonical)))
        for text in canonical:
            trial.find(text)
