# SPDX-License-Identifier: Apache-2.0
"""What a node and the process of an exchange say to each other."""

from typing import Any

import msgspec

from nahmi.operate.exchanges import Checkpoint, Fetched
from nahmi.plugins.threatexchange.messages import Done, Failed


class Open(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The first request: which exchange to load.

    Attributes:
        name: The node's own name of it.
        api: Its class as `module:Class`, or a name.
        config: Fields of its configuration.
        credentials: What it signs in with; None for nothing.
        manifests: Modules with a `TX_MANIFEST`.
        signal_types: Single classes of signal types.
        path: Where modules are looked for.
        memory_bytes: What the process may take beyond its own start.
        files: What it may read beside its own packages.
    """

    name: str
    api: str
    config: dict[str, Any]
    credentials: str | None
    manifests: tuple[str, ...]
    signal_types: tuple[str, ...]
    path: tuple[str, ...]
    memory_bytes: int
    files: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Open(name={self.name!r})"


class IsStale(msgspec.Struct, frozen=True, tag=True):
    """Whether the exchange cannot go on from a checkpoint any more."""

    checkpoint: str


class Begin(msgspec.Struct, frozen=True, tag=True):
    """Fetch what there is after a checkpoint; None for everything."""

    checkpoint: str | None


class Next(msgspec.Struct, frozen=True, tag=True):
    """The next part."""


class Merge(msgspec.Struct, frozen=True, tag=True):
    """The records that the node has under the keys that were asked for."""

    bodies: dict[str, str]


class Opened(msgspec.Struct, frozen=True, tag=True):
    """The exchange is loaded.

    Attributes:
        types: The signal types that it is asked for, by our names.
        layers: What confines the process.
    """

    types: tuple[str, ...]
    layers: tuple[str, ...]


class Stale(msgspec.Struct, frozen=True, tag=True):
    """Whether it is."""

    is_stale: bool


class Wanted(msgspec.Struct, frozen=True, tag=True):
    """The exchange sends changes: `Merge` must say what the node has under these keys."""

    keys: tuple[str, ...]


class Brought(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Records; see `nahmi.operate.exchanges.Part`.

    Attributes:
        records: Some.
        checkpoint: From where the exchange goes on after these.
        is_end: There is no more for now.
        is_open: What follows belongs to these: they must be kept together or not at all.
    """

    records: tuple[Fetched, ...] = ()
    checkpoint: Checkpoint | None = None
    is_end: bool = False
    is_open: bool = False


Request = Open | IsStale | Begin | Next | Merge
Reply = Opened | Stale | Done | Wanted | Brought | Failed

decode_request = msgspec.msgpack.Decoder(Request).decode
decode_reply = msgspec.msgpack.Decoder(Reply).decode
