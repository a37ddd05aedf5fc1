# SPDX-License-Identifier: Apache-2.0
"""What a node and the process of its plug-ins say to each other."""

import msgspec

from nahmi.protect.signal_type import ContentType, IndexKind


class TypeDescription(msgspec.Struct, frozen=True, kw_only=True):
    """What the node must know of a signal type.

    Attributes:
        name: As stored with every signal.
        content_types: What it can be computed from.
        index_kind: EXACT where equality decides, COMPARED otherwise.
        is_sought_in_text: Its signals are looked for in texts, so a question is any text.
        hashes_text: It is computed from text.
        hashes_bytes: It is computed from the bytes of a file.
        examples: Signals as its author wrote them, with their canonical forms.
        similar: Pairs of canonical forms that match.
        different: Pairs of canonical forms that do not.
        hashed: Bytes and their signal, where it hashes bytes.
        hashed_text: A text and its signal, where it hashes text.
    """

    name: str
    content_types: tuple[ContentType, ...]
    index_kind: IndexKind
    is_sought_in_text: bool
    hashes_text: bool
    hashes_bytes: bool
    examples: tuple[tuple[str, str], ...]
    similar: tuple[tuple[str, str], ...]
    different: tuple[tuple[str, str], ...]
    hashed: tuple[tuple[bytes, str], ...] = ()
    hashed_text: tuple[tuple[str, str], ...] = ()


class Load(msgspec.Struct, frozen=True, tag=True):
    """The first request: which plug-ins to load, before the process locks itself in.

    Attributes:
        manifests: Modules with a `TX_MANIFEST`.
        signal_types: Single classes as `module:Class` or `name=module:Class`.
        path: Where modules are looked for.
        memory_bytes: What the process may take beyond that.
    """

    manifests: tuple[str, ...]
    signal_types: tuple[str, ...]
    path: tuple[str, ...]
    memory_bytes: int


class Validate(msgspec.Struct, frozen=True, tag=True):
    """Texts that may be signals of a type."""

    name: str
    texts: tuple[str, ...]


class Compare(msgspec.Struct, frozen=True, tag=True):
    """A signal and what is asked about it."""

    name: str
    signal: str
    question: str


class HashText(msgspec.Struct, frozen=True, tag=True):
    """A text to be hashed."""

    name: str
    text: str


class HashFile(msgspec.Struct, frozen=True, tag=True):
    """The open file that comes along is to be hashed by these types."""

    names: tuple[str, ...]
    most_bytes: int


class Add(msgspec.Struct, frozen=True, tag=True):
    """Banked signals of a type, with their entries; added to what a collection holds of it."""

    collection: int
    name: str
    pairs: tuple[tuple[int, str], ...]


class Find(msgspec.Struct, frozen=True, tag=True):
    """Questions to a collection, as pairs of type and text."""

    collection: int
    questions: tuple[tuple[str, str], ...]


class Forget(msgspec.Struct, frozen=True, tag=True):
    """A collection is needed no more."""

    collection: int


class Loaded(msgspec.Struct, frozen=True, tag=True):
    """The types that were loaded, and the layers that hold the process in."""

    types: tuple[TypeDescription, ...]
    layers: tuple[str, ...]


class Validated(msgspec.Struct, frozen=True, tag=True):
    """The canonical form of each text; None for one that is refused."""

    canonical: tuple[str | None, ...]


class Comparisons(msgspec.Struct, frozen=True, tag=True):
    """Whether and how two of a type match."""

    is_match: bool
    distance: int


class Hashed(msgspec.Struct, frozen=True, tag=True):
    """The signals, by type; types that could not compute one are left out."""

    signals: dict[str, str]


class Done(msgspec.Struct, frozen=True, tag=True):
    """It was done."""


class Found(msgspec.Struct, frozen=True, tag=True):
    """For each question the entries that match, each with its distance."""

    hits: tuple[tuple[tuple[int, int], ...], ...]


class Failed(msgspec.Struct, frozen=True, tag=True):
    """It was not done.

    Attributes:
        code: An `ErrorCode`.
        detail: Why, without anything that was asked about.
        hint: What to do about it.
    """

    code: str
    detail: str
    hint: str = ""


Request = Load | Validate | Compare | HashText | HashFile | Add | Find | Forget
Reply = Loaded | Validated | Comparisons | Hashed | Done | Found | Failed

decode_request = msgspec.msgpack.Decoder(Request).decode
decode_reply = msgspec.msgpack.Decoder(Reply).decode
