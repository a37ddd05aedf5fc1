# SPDX-License-Identifier: Apache-2.0
"""Signal types: which there are, what they look like, and whether a text is one."""

from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.params import JSONBody, PathParameter

from nahmi.access.roles import Permission
from nahmi.api.describing import Sample
from nahmi.api.fields import Text
from nahmi.api.operations import operation
from nahmi.errors import ErrorCode
from nahmi.protect.signal_type import ContentType, IndexKind, SignalType
from nahmi.protect.signals.registry import signal_types

_SHOWN = 3
_Name = Annotated[str, PathParameter(description="Of the signal type.")]


class SpellingReply(msgspec.Struct, frozen=True):
    """A signal as people write it.

    Attributes:
        text: As written.
        value: In canonical form.
    """

    text: str
    value: str


class SignalTypeReply(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of signal.

    Attributes:
        name: As in requests.
        content_types: What it can be computed from.
        index_kind: `hamming256` for those that are compared by distance, `compared` for those of
            plug-ins with a rule of their own, else `exact`.
        default_limit_bits: Distance up to which two of them match, unless a bank says otherwise.
        examples: A few, made up.
    """

    name: str
    content_types: tuple[ContentType, ...]
    index_kind: IndexKind
    default_limit_bits: int
    examples: tuple[SpellingReply, ...]


class SignalTypesReply(msgspec.Struct, frozen=True):
    """All kinds of signals that this node knows."""

    items: tuple[SignalTypeReply, ...]


class ValidationBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text that may be a signal.

    Attributes:
        value: In any spelling.
    """

    value: Text


class ValidationReply(msgspec.Struct, frozen=True):
    """A text that is a signal.

    Attributes:
        value: In canonical form.
    """

    value: str


def _reply(kind: SignalType) -> SignalTypeReply:
    return SignalTypeReply(
        name=kind.name,
        content_types=kind.content_types,
        index_kind=kind.index_kind,
        default_limit_bits=kind.default_limit_bits,
        examples=tuple(SpellingReply(*pair) for pair in kind.examples().valid[:_SHOWN]),
    )


_DIGEST = "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f98f7c1a5"
_TYPE = SignalTypeReply(
    name="sha256",
    content_types=(ContentType.FILE,),
    index_kind=IndexKind.EXACT,
    default_limit_bits=0,
    examples=(SpellingReply(_DIGEST.upper(), _DIGEST),),
)


@operation(
    get,
    "/",
    permission=None,
    summary="List the signal types",
    sample=Sample(reply=SignalTypesReply((_TYPE,))),
)
def list_signal_types() -> SignalTypesReply:
    """The kinds of signals that this node knows, those of plug-ins included."""
    return SignalTypesReply(tuple(map(_reply, signal_types().types())))


@operation(
    get,
    "/{name:str}",
    permission=None,
    summary="Read a signal type",
    sample=Sample(reply=_TYPE),
    problems=(ErrorCode.SIGNAL_TYPE_UNKNOWN,),
    is_tagged=True,
)
def read_signal_type(name: _Name) -> SignalTypeReply:
    """One kind of signal."""
    return _reply(signal_types().get(name))


@operation(
    post,
    "/{name:str}/validate",
    permission=Permission.PROTECT_CONTENT_MATCH,
    summary="Check a signal",
    sample=Sample(request=ValidationBody(_DIGEST.upper()), reply=ValidationReply(_DIGEST)),
    problems=(ErrorCode.SIGNAL_TYPE_UNKNOWN, ErrorCode.SIGNAL_INVALID),
    status=200,
)
def validate_signal(name: _Name, data: JSONBody[ValidationBody]) -> ValidationReply:
    """The canonical form of a signal. Nothing is asked about it and nothing is noted."""
    return ValidationReply(signal_types().get(name).validate(data.value))


routes = Router(
    "/signal-types",
    route_handlers=[list_signal_types, read_signal_type, validate_signal],
    tags=["signal types"],
)
