# SPDX-License-Identifier: Apache-2.0
"""Every installed signal type keeps the contract, and the kit catches types that do not."""

import io
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest

from nahmi.core.signal import Signal
from nahmi.errors import InputError
from nahmi.protect.signal_type import Comparison, Examples, SignalType
from nahmi.protect.signals.digests import Md5, Sha1, Sha256, digest_all
from nahmi.protect.signals.pdq import Pdq
from nahmi.protect.signals.registry import signal_types
from nahmi.protect.signals.url import Url, UrlHost
from nahmi.store.index import Index
from nahmi.testing.signal_type import ContractError, SignalTypeContract


class TestPdq(SignalTypeContract):
    signal_type = Pdq()


class TestSha256(SignalTypeContract):
    signal_type = Sha256()


class TestSha1(SignalTypeContract):
    signal_type = Sha1()


class TestMd5(SignalTypeContract):
    signal_type = Md5()


class TestUrl(SignalTypeContract):
    signal_type = Url()


class TestUrlHost(SignalTypeContract):
    signal_type = UrlHost()


def test_every_installed_type_of_ours_is_covered() -> None:
    covered = {kit.signal_type.name for kit in SignalTypeContract.__subclasses__()}
    ours = {kind.name for kind in signal_types().types() if type(kind).__module__[:6] == "nahmi."}
    assert ours <= covered
    assert not signal_types().problems()


def test_the_search_index_agrees_with_the_comparison(tmp_path: Path) -> None:
    pdq = Pdq()
    random = np.random.default_rng(256)
    rows = random.integers(0, 256, (40, 32), dtype=np.uint8)
    flips = np.packbits(random.random((40, 256)) < 0.12, axis=1)  # about 31 bits
    queries = rows ^ flips
    with Index.create(tmp_path / "index") as index:
        index.add(np.arange(40, dtype=np.uint64), rows)
        hits = index.search(queries, limit_bits=pdq.default_limit_bits)
    found = set(zip(hits.query.tolist(), hits.key.tolist(), hits.distance.tolist(), strict=True))
    compared = {
        (q, k, pdq.compare(queries[q].tobytes().hex(), rows[k].tobytes().hex()).distance)
        for q, k in product(range(40), repeat=2)
        if pdq.compare(queries[q].tobytes().hex(), rows[k].tobytes().hex()).is_match
    }
    assert found == compared
    assert 0 < len(found) < 40


class _Echoing(Md5):
    """Repeats what it refuses, ignores the order of things, and hashes by chance."""

    def validate(self, text: str) -> str:
        if len(text) != 32:
            raise ValueError(text)
        return text

    def compare(self, a: str, b: str, *, limit_bits: int | None = None) -> Comparison:
        del limit_bits
        return Comparison(distance=int(a > b), is_match=True)

    def hash_bytes(self, stream: BinaryIO) -> str:
        return digest_all(io.BytesIO(stream.read()), ("md5",))[0].value

    def lookups(self, canonical: str) -> tuple[Signal, ...]:
        return super().lookups(canonical.upper())


class _Quoting(Md5):
    """Refuses properly, but its cause repeats the text."""

    def validate(self, text: str) -> str:
        try:
            return super().validate(text)
        except InputError as error:
            error.__cause__ = ValueError(text)
            raise


class _Blunt(Md5):
    """Parses every signal to the same bytes."""

    def parse(self, canonical: str) -> bytes:
        return canonical[:0].encode()


class _Hasty(Md5):
    """Takes whatever comes in a crowd."""

    def validate_all(self, texts: Sequence[str]) -> list[str | InputError]:
        return list(texts)


class _Sloppy(Md5):
    """Has a row for everything in a crowd."""

    def rows(self, texts: Sequence[str]) -> list[bytes | InputError]:
        return [text.encode(errors="replace") for text in texts]


class _Bare(SignalType):
    name = "Not A Name"
    content_types = ()

    def validate(self, text: str) -> str:
        return f"{text}."

    def examples(self) -> Examples:
        return Examples(valid=(("a", "b"),), invalid=("c",), similar=(), different=())


ALL_CHECKS = tuple(name for name in dir(SignalTypeContract) if name.startswith("test_"))
CAUGHT_BY: dict[type[SignalType], set[str]] = {
    _Echoing: {
        "test_valid_texts_become_canonical",
        "test_invalid_texts_are_refused_with_a_reason",
        "test_hostile_texts_never_break_it",
        "test_similar_pairs_match_and_different_ones_do_not",
        "test_comparison_is_a_metric",
        "test_the_limit_is_inclusive",
        "test_comparison_agrees_with_the_index",
        "test_lookups_start_with_the_signal_itself",
        "test_hashing_gives_the_signals_stated",
    },
    _Quoting: {"test_invalid_texts_are_refused_with_a_reason"},
    _Blunt: {"test_parse_has_the_width_of_its_index", "test_comparison_agrees_with_the_index"},
    _Hasty: {"test_many_texts_are_validated_as_each_one"},
    _Sloppy: {"test_many_rows_are_those_of_each_text"},
    _Bare: {
        "test_is_described",
        "test_canonical_form_is_a_fixed_point",
        "test_invalid_texts_are_refused_with_a_reason",
        "test_hostile_texts_never_break_it",
    },
}


@pytest.mark.parametrize(
    ("kind", "check"),
    [(kind, check) for kind, checks in CAUGHT_BY.items() for check in sorted(checks)],
)
def test_the_kit_catches_bad_types(kind: type[SignalType], check: str) -> None:
    kit = SignalTypeContract()
    kit.signal_type = kind()  # type: ignore[misc]
    with pytest.raises((ContractError, ValueError)):
        getattr(kit, check)()


def test_every_check_of_the_kit_can_fail() -> None:
    assert set().union(*CAUGHT_BY.values()) == set(ALL_CHECKS)
