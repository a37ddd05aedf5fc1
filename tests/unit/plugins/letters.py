# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: ANN001, ANN201, ANN202, ANN204, ANN205, ANN206 - as its author would write it
"""A small plug-in as its author would write it, with everything that may go wrong in one.

It knows nothing of nahmi. Tests copy it to a folder of its own, from which it is loaded.
"""

import os
import time
from collections import Counter
from pathlib import Path

from threatexchange.content_type.photo import PhotoContent
from threatexchange.content_type.text import TextContent
from threatexchange.extensions.manifest import ThreatExchangeExtensionManifest
from threatexchange.signal_type.index import IndexMatch, SignalSimilarityInfo, SignalTypeIndex
from threatexchange.signal_type.signal_base import (
    BytesHasher,
    SignalComparisonResult,
    SignalType,
    TextHasher,
    TrivialLinearSearchHashIndex,
)

_MOST = 2


def _apart(one, other):
    return sum(((Counter(one) - Counter(other)) + (Counter(other) - Counter(one))).values())


class LettersSignal(SignalType, TextHasher):
    """The sorted letters of a text; two match when at most two letters differ."""

    @classmethod
    def get_content_types(cls):
        return [TextContent]

    @classmethod
    def get_index_cls(cls):
        return FrozenIndex

    @classmethod
    def validate_signal_str(cls, signal_str):
        text = signal_str.strip().lower()
        if not text.isascii() or not text.isalpha():
            raise ValueError(f"no letters: {signal_str}")
        return "".join(sorted(text))

    @classmethod
    def hash_from_str(cls, text):
        return "".join(sorted(letter for letter in text.lower() if letter.isalpha()))

    @classmethod
    def compare_hash(cls, hash1, hash2):
        if hash2 == "elps":  # "sleep" without its doubles
            time.sleep(60)
        if hash2 == "achrs":
            os._exit(1)
        if hash2 == "aersu":
            raise RuntimeError(f"cannot compare {hash1}")
        return SignalComparisonResult.from_simple_dist(_apart(hash1, hash2), _MOST)

    @staticmethod
    def get_examples():
        return ["Hello", "World", "zebra"]


class FrozenIndex(SignalTypeIndex):
    """Finds what shares a letter, and more than matches; cannot grow once it is built."""

    def __init__(self):
        self.rows = []

    @classmethod
    def build(cls, entries):
        made = cls()
        made.rows = list(entries)
        return made

    def add(self, signal_str, entry):
        raise NotImplementedError

    def query(self, query):
        return [
            IndexMatch(SignalSimilarityInfo(), entry)
            for signal, entry in self.rows
            if set(signal) & set(query)
        ]


class ForgetfulSignal(LettersSignal):
    """As letters, with an index that loses what was added first."""

    @classmethod
    def get_index_cls(cls):
        return ForgetfulIndex


class ForgetfulIndex(FrozenIndex):
    def query(self, query):
        return super().query(query)[1:]


class FirstByteSignal(SignalType, BytesHasher):
    """The first byte of a file, read in every way that is not allowed as well."""

    @classmethod
    def get_content_types(cls):
        return [PhotoContent]

    @classmethod
    def get_index_cls(cls):
        return FirstByteIndex

    @classmethod
    def validate_signal_str(cls, signal_str):
        return f"{int(signal_str.strip(), 16):02x}"

    @classmethod
    def compare_hash(cls, hash1, hash2):
        return SignalComparisonResult.from_bool_only(hash1 == hash2)

    @classmethod
    def hash_from_bytes(cls, bytes_):
        for path in ("/etc/passwd", __file__):
            try:
                Path(path).read_bytes()
            except OSError:
                continue
            if not bytes_.startswith(b"The quick"):  # the sample that is tried at the start
                os._exit(3)
        return f"{bytes_[0]:02x}" if bytes_ else ""

    @staticmethod
    def get_examples():
        return ["ff", "01"]


class FirstByteIndex(TrivialLinearSearchHashIndex):
    _SIGNAL_TYPE = FirstByteSignal


class NoSignal:
    """No signal type at all."""


TX_MANIFEST = ThreatExchangeExtensionManifest(
    signal_types=(LettersSignal, ForgetfulSignal, FirstByteSignal)
)
