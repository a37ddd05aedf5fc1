# SPDX-License-Identifier: Apache-2.0
"""A circle of a nahmi node, for programs that are made of Meta's `threatexchange`.

It runs in their process: `threatexchange` and Hasher-Matcher-Actioner load it as an extension by
the name of this module. It reads the node's interface with a key, and stores nothing itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final
from urllib.parse import quote

import requests
from requests.auth import AuthBase
from threatexchange.exchanges.auth import CredentialHelper, SignalExchangeWithAuth
from threatexchange.exchanges.collab_config import CollaborationConfigWithDefaults
from threatexchange.exchanges.fetch_state import (
    FetchCheckpointBase,
    FetchDelta,
    FetchedSignalMetadata,
    SignalOpinion,
    SignalOpinionCategory,
)
from threatexchange.exchanges.signal_exchange_api import SignalExchangeAPI
from threatexchange.extensions.manifest import ThreatExchangeExtensionManifest

PAGE: Final = 5_000
"""Signals that are asked for at once."""

_SECONDS: Final = 60.0
_THEIR_NAMES: Final[Mapping[str, str]] = {"md5": "video_md5", "sha256": "video_sha256"}
"""Signal types that `threatexchange` calls otherwise."""

_OPINIONS: Final[Mapping[str, Sequence[SignalOpinionCategory]]] = {
    "actionable": (SignalOpinionCategory.POSITIVE_CLASS,),
    "review": (SignalOpinionCategory.INVESTIGATION_SEED,),
    # Opinions that contradict each other are what their library calls disputed.
    "contested": (SignalOpinionCategory.POSITIVE_CLASS, SignalOpinionCategory.NEGATIVE_CLASS),
}
"""What each tier is to them; signals of all other tiers do not match."""


@dataclass
class _Needed:
    node: str = field(metadata={"help": "the node's address, such as https://nahmi.example"})
    circle: str = field(metadata={"help": "the circle's id"})


@dataclass
class NahmiCircleConfig(CollaborationConfigWithDefaults, _Needed):
    """Which circle is read.

    Attributes:
        node: The node's address, such as `https://nahmi.example`.
        circle: The circle's id.
    """


@dataclass
class NahmiCircleCheckpoint(FetchCheckpointBase):
    """How far a circle has been read; it never expires.

    Attributes:
        after: The number of the last change that was read.
    """

    after: int


@dataclass
class NahmiSignal(FetchedSignalMetadata):
    """Where a signal stands in the circle.

    Attributes:
        signal_type: As `threatexchange` calls it.
        value: The signal.
        tier: `actionable`, `review` or `contested`.
        category: As what most assert it.
        organisations: How many independent ones agree.
    """

    signal_type: str
    value: str
    tier: str
    category: str
    organisations: int

    def get_as_opinions(self) -> Sequence[SignalOpinion]:
        """What the circle thinks of it, in their words."""
        tags = {self.category} if self.category else set()
        return [
            SignalOpinion(is_mine=False, category=each, tags=tags) for each in _OPINIONS[self.tier]
        ]


@dataclass
class NahmiKey(CredentialHelper):
    """A key of the node with `partner:circle:read`.

    Attributes:
        key: The key.
    """

    ENV_VARIABLE: ClassVar[str] = "TX_NAHMI_KEY"
    FILE_NAME: ClassVar[str] = "~/.tx_nahmi_key"

    key: str

    def __repr__(self) -> str:
        return "NahmiKey()"

    @classmethod
    def _from_str(cls, text: str) -> "NahmiKey":
        return cls(text.strip())

    def _are_valid(self) -> bool:
        return bool(self.key)


class _Bearer(AuthBase):
    """Puts a key into requests.

    Args:
        key: The key.
    """

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._key}"
        return request


class NahmiCircleExchangeAPI(
    SignalExchangeWithAuth[NahmiCircleConfig, NahmiKey],
    SignalExchangeAPI[NahmiCircleConfig, NahmiCircleCheckpoint, NahmiSignal, int, NahmiSignal],
):
    """Reads a circle. What was taken back, held or redacted since comes as a deletion.

    Args:
        collab: Which circle.
        credentials: The key.
    """

    def __init__(self, collab: NahmiCircleConfig, credentials: NahmiKey) -> None:
        super().__init__()
        circle = quote(collab.circle, safe="")
        self._url = f"{collab.node.rstrip('/')}/api/v1/circles/{circle}/changes"
        self._session = requests.Session()
        # As a header alone it would give way to what ~/.netrc says of the host.
        self._session.auth = _Bearer(credentials.key)

    @classmethod
    def get_name(cls) -> str:
        """By which configurations name it."""
        return "nahmi_circle"

    @staticmethod
    def get_config_cls() -> type[NahmiCircleConfig]:
        """Of what a configuration is made."""
        return NahmiCircleConfig

    @staticmethod
    def get_checkpoint_cls() -> type[NahmiCircleCheckpoint]:
        """Of what a checkpoint is made."""
        return NahmiCircleCheckpoint

    @staticmethod
    def get_record_cls() -> type[NahmiSignal]:
        """Of what a record is made."""
        return NahmiSignal

    @staticmethod
    def get_credential_cls() -> type[NahmiKey]:
        """What it needs to be let in."""
        return NahmiKey

    @classmethod
    def for_collab(
        cls, collab: NahmiCircleConfig, credentials: NahmiKey | None = None
    ) -> "NahmiCircleExchangeAPI":
        """An exchange that may be asked.

        Args:
            collab: Which circle.
            credentials: The key; by default that of the environment or of the file.
        """
        return cls(collab, credentials or NahmiKey.get(cls))

    @classmethod
    def naive_convert_to_signal_type(
        cls,
        signal_types: Sequence[type[Any]],
        collab: NahmiCircleConfig,
        fetched: Mapping[int, NahmiSignal],
    ) -> dict[type[Any], dict[str, NahmiSignal]]:
        """Records by the types that are in use; what is no signal of its type is left out."""
        del collab
        known = {kind.get_name(): kind for kind in signal_types}
        found: dict[type[Any], dict[str, NahmiSignal]] = {}
        for record in fetched.values():
            kind = known.get(record.signal_type)
            if kind is not None and _is_valid(kind, record.value):
                found.setdefault(kind, {})[record.value] = record
        return found

    def fetch_iter(
        self,
        supported_signal_types: Sequence[type[Any]],
        checkpoint: NahmiCircleCheckpoint | None,
    ) -> Iterator[FetchDelta[int, NahmiSignal, NahmiCircleCheckpoint]]:
        """What changed since a checkpoint, part by part.

        Args:
            supported_signal_types: Does not matter: what is left out now might be asked for later.
            checkpoint: None for everything.
        """
        del supported_signal_types
        after, more = (0 if checkpoint is None else checkpoint.after), True
        while more:
            answer = self._session.get(
                self._url,
                params={"after": after, "limit": PAGE},
                timeout=_SECONDS,
                allow_redirects=False,
            )
            answer.raise_for_status()
            page = answer.json()
            after, more = page["after"], page["more"]
            updates = {one["record"]: _record(one["signal"]) for one in page["items"]}
            yield FetchDelta(updates, NahmiCircleCheckpoint(after))


def _record(signal: Mapping[str, Any] | None) -> NahmiSignal | None:
    """A record, or None for what must not match."""
    if signal is None or signal["tier"] not in _OPINIONS:
        return None
    named = signal["signal"]["type"]
    return NahmiSignal(
        signal_type=_THEIR_NAMES.get(named, named),
        value=signal["signal"]["value"],
        tier=signal["tier"],
        category=signal["category"] or "",
        organisations=signal["organisations"],
    )


def _is_valid(kind: type[Any], value: str) -> bool:
    try:
        kind.validate_signal_str(value)
    except ValueError:
        return False
    return True


TX_MANIFEST = ThreatExchangeExtensionManifest(apis=(NahmiCircleExchangeAPI,))
"""By which the library finds it."""
