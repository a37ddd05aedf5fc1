# SPDX-License-Identifier: Apache-2.0
"""What to ask index and store about content, and how their answers become candidates.

A flow asks in this order::

    asked = queries(content)
    hits = index.search(asked.rows, limit_bits=search_limit(banks))
    near = reader.entries_by_id(entry_ids(hits))
    same = reader.entries_by_signal(tuple(asked.exact))
    alike = compared.search(tuple(asked.compared))
    found = candidates(asked, hits, near=near, same=same, alike=alike, banks=banks)
    answer = judge(content, found, now=now)
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from nahmi.core.bank import Bank, Entry
from nahmi.core.signal import ContentFingerprints, Fingerprint, Signal
from nahmi.protect.matching import Candidate
from nahmi.protect.ports import Hits
from nahmi.protect.signal_type import IndexKind, SignalType
from nahmi.protect.signals.digests import DIGEST_NAMES, WEAK_DIGESTS
from nahmi.protect.signals.pdq import is_usable
from nahmi.protect.signals.registry import signal_types


class Queries(msgspec.Struct, frozen=True, kw_only=True):
    """The questions about one item of content.

    Attributes:
        near: The fingerprint behind each row; of equal ones the first, so the original.
        rows: For `SignalIndex.search`, (q, 32) uint8; q is 0 when nothing perceptual is usable.
        exact: For `BankReader.entries_by_signal`: each signal with the fingerprint behind it.
        compared: For `ComparedSearch.search`: each question with the fingerprint behind it.
    """

    near: tuple[Fingerprint, ...]
    rows: NDArray[np.uint8]
    exact: dict[Signal, Fingerprint]
    compared: dict[Signal, Fingerprint]

    def __repr__(self) -> str:
        asked = f"near={len(self.near)}, exact={len(self.exact)}, compared={len(self.compared)}"
        return f"Queries({asked})"


def queries(
    content: ContentFingerprints, *, type_of: Callable[[str], SignalType] | None = None
) -> Queries:
    """What to ask about content.

    Args:
        content: What was computed from it; low-quality fingerprints are left out.
        type_of: Finds a signal type; the registry's by default.

    Raises:
        InputError: A signal type is unknown or broken, as `Registry.get`.
    """
    find = type_of or signal_types().get
    near: dict[Signal, Fingerprint] = {}
    exact: dict[Signal, Fingerprint] = {}
    compared: dict[Signal, Fingerprint] = {}
    for fingerprint in content.fingerprints:
        kind = find(fingerprint.signal_type)
        if kind.index_kind is IndexKind.EXACT:
            for signal in kind.lookups(fingerprint.value):
                exact.setdefault(signal, fingerprint)
        elif kind.index_kind is IndexKind.COMPARED:
            compared.setdefault(fingerprint.signal, fingerprint)
        elif is_usable(fingerprint.quality):
            near.setdefault(fingerprint.signal, fingerprint)
    packed = b"".join(find(item.signal_type).parse(item.value) for item in near.values())
    rows = np.frombuffer(packed, dtype=np.uint8).reshape(len(near), 32)
    return Queries(near=tuple(near.values()), rows=rows, exact=exact, compared=compared)


def digests_to_compute(held: Collection[str]) -> tuple[str, ...]:
    """Which digests of content there is anything to ask about.

    Args:
        held: The digests that any entry has, of `DIGEST_NAMES`.

    Returns:
        In the order of `DIGEST_NAMES`. A weak digest brings SHA-256 along, which tells a file that
        was made to collide from the one that is banked.
    """
    needs_proof = not WEAK_DIGESTS.isdisjoint(held)
    return tuple(
        name for name in DIGEST_NAMES if name in held or (name == "sha256" and needs_proof)
    )


def search_limit(banks: Iterable[Bank]) -> int:
    """The limit of one search that serves all these banks, in bits; `judge` applies each bank's."""
    return max((bank.limit_bits for bank in banks), default=0)


def entry_ids(hits: Hits) -> list[int]:
    """The entries behind the hits, each once, ascending."""
    keys: list[int] = hits.key.tolist()
    return sorted(set(keys))


def candidates(  # noqa: PLR0913 - each is an answer of its own
    asked: Queries,
    hits: Hits,
    *,
    near: Iterable[Entry],
    same: Iterable[Entry],
    alike: Iterable[tuple[Signal, Entry, int]] = (),
    banks: Sequence[Bank],
) -> Iterator[Candidate]:
    """The answers of index and store as candidates for `judge`.

    Args:
        asked: What was asked.
        hits: What the index answered to `asked.rows`.
        near: The entries behind the hits; hits whose entry is not among them are left out, for
            they were deleted in between.
        same: What the store answered to `asked.exact`.
        alike: What was found for `asked.compared`: question, entry and distance.
        banks: The banks asked about; entries of others are left out.
    """
    bank_of = {bank.bank_id: bank for bank in banks}
    entry_of = {entry.entry_id: entry for entry in near}
    found = zip(hits.query.tolist(), hits.key.tolist(), hits.distance.tolist(), strict=True)
    for query, key, distance in found:
        entry = entry_of.get(key)
        if entry is not None and entry.bank_id in bank_of:
            yield Candidate(
                entry=entry,
                bank=bank_of[entry.bank_id],
                fingerprint=asked.near[query],
                distance=distance,
                index_version=hits.index_version,
            )
    for entry in same:
        fingerprint = asked.exact.get(entry.draft.signal)
        if fingerprint is not None and entry.bank_id in bank_of:
            bank = bank_of[entry.bank_id]
            yield Candidate(entry=entry, bank=bank, fingerprint=fingerprint, distance=0)
    for question, entry, distance in alike:
        if entry.bank_id in bank_of:
            yield Candidate(
                entry=entry,
                bank=bank_of[entry.bank_id],
                fingerprint=asked.compared[question],
                distance=distance,
            )
