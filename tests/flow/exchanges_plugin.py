# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: ANN001, ANN201, ANN202, ANN204, ANN205, ANN206, ARG002, ARG003 - as its author would write it
"""A small exchange as its author would write it. It knows nothing of nahmi.

Its partner is a file with a list of steps, each a page of the feed or something that goes wrong.
Tests copy this module to a folder of its own, from which it is loaded.
"""

import json
import os
import time
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from threatexchange.exchanges import auth, fetch_state
from threatexchange.exchanges.collab_config import CollaborationConfigWithDefaults
from threatexchange.exchanges.signal_exchange_api import (
    SignalExchangeAPI,
    SignalExchangeAPIWithSimpleUpdates,
)
from threatexchange.extensions.manifest import ThreatExchangeExtensionManifest


class Colour(Enum):
    RED = "#f00"
    BLUE = "#00f"


@dataclass
class _Needed:
    feed: str


@dataclass
class FeedConfig(CollaborationConfigWithDefaults, _Needed):
    colour: Colour = Colour.RED
    only: set = field(default_factory=set)


@dataclass
class FeedCheckpoint(fetch_state.FetchCheckpointBase):
    page: int
    stale: bool = False

    def is_stale(self):
        return self.stale

    def get_progress_timestamp(self):
        return 1_700_000_000 + self.page


@dataclass
class FeedOpinion(fetch_state.SignalOpinion):
    owner_id: int


@dataclass
class FeedRecord(fetch_state.FetchedSignalMetadata):
    opinions: list

    def get_as_opinions(self):
        return self.opinions


@dataclass
class FeedKey(auth.CredentialHelper):
    key: str

    @classmethod
    def _from_str(cls, s):
        return cls(s)

    def _are_valid(self):
        return self.key == "open sesame"


def _record(opinions):
    if opinions is None:
        return None
    return FeedRecord(
        [
            FeedOpinion(
                bool(mine), fetch_state.SignalOpinionCategory(category), {f"by-{owner}"}, owner
            )
            for owner, category, mine in opinions
        ]
    )


class FeedExchange(
    auth.SignalExchangeWithAuth,
    SignalExchangeAPIWithSimpleUpdates,
):
    """Pages of (type, value) with opinions; goes on from a page's number."""

    def __init__(self, collab):
        self.collab = collab

    @classmethod
    def get_name(cls):
        return "feed"

    @staticmethod
    def get_config_cls():
        return FeedConfig

    @staticmethod
    def get_checkpoint_cls():
        return FeedCheckpoint

    @staticmethod
    def get_record_cls():
        return FeedRecord

    @staticmethod
    def get_credential_cls():
        return FeedKey

    @classmethod
    def for_collab(cls, collab, credentials=None):
        if not isinstance(collab.colour, Colour) or not isinstance(collab.only, set):
            raise TypeError("not what was configured")
        return cls(collab)

    def fetch_iter(self, supported_signal_types, checkpoint):
        steps = json.loads(Path(self.collab.feed).read_text())
        done = 0 if checkpoint is None else checkpoint.page
        for number, step in enumerate(steps, 1):
            if number <= done:
                continue
            if "fail" in step:
                raise ConnectionError(f"secret address {self.collab.feed}")
            if "crash" in step:
                os._exit(1)
            if "sleep" in step:
                time.sleep(60)
            updates = {(kind, value): _record(said) for kind, value, said in step["page"]}
            yield fetch_state.FetchDelta(updates, FeedCheckpoint(number, step.get("stale", False)))


@dataclass
class Change:
    words: dict
    at: tuple = ()


class ChangesExchange(SignalExchangeAPI):
    """Records under numbers that hold several signals, sent as changes to what was sent before."""

    def __init__(self, collab):
        self.collab = collab

    get_config_cls = staticmethod(lambda: FeedConfig)
    get_checkpoint_cls = staticmethod(lambda: FeedCheckpoint)
    get_record_cls = staticmethod(lambda: fetch_state.FetchedSignalMetadata)

    @classmethod
    def for_collab(cls, collab):
        return cls(collab)

    @classmethod
    def fetch_value_merge(cls, old, new):
        if new is None:
            return None
        words = {**(old.words if old else {}), **new.words}
        return Change({word: kind for word, kind in words.items() if kind}, new.at)

    @classmethod
    def naive_convert_to_signal_type(cls, signal_types, collab, fetched):
        by_name = {kind.get_name(): kind for kind in signal_types}
        found = {}
        for record in fetched.values():
            for word, kind in record.words.items():
                if kind == "broken":
                    raise RuntimeError(f"cannot read {word}")
                if kind in by_name:
                    held = found.setdefault(by_name[kind], {})
                    held[word] = fetch_state.FetchedSignalMetadata()
        return found

    def fetch_iter(self, supported_signal_types, checkpoint):
        done = 0 if checkpoint is None else checkpoint.page
        for number, step in enumerate(json.loads(Path(self.collab.feed).read_text()), 1):
            if number > done:
                updates = {
                    int(key): None if words is None else Change(words, (number, "x"))
                    for key, words in step.items()
                }
                yield fetch_state.FetchDelta(updates, FeedCheckpoint(number))


TX_MANIFEST = ThreatExchangeExtensionManifest(apis=(FeedExchange, ChangesExchange))
