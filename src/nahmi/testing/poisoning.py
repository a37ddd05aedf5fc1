# SPDX-License-Identifier: Apache-2.0
"""A circle of 310 members, one of whom is hostile and owns several; what of it gets how far.

Everything is made from a seed. The hostile owner hands in as much as makes up a share of all that
is said, each of it through all of its organisations, so as to reach a quorum alone.
"""

import random
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from hashlib import md5, sha1, sha256
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from nahmi import kernels
from nahmi.core.bank import DEFAULT_LIMIT_BITS, Category
from nahmi.core.signal import Signal
from nahmi.flows.circles.founding import Organisation, member_of
from nahmi.partner.circles.members import CircleMember, CircleRole, Sector
from nahmi.partner.circles.rules import Quorum, Rules
from nahmi.partner.keys import SigningKey
from nahmi.partner.naming import organisation_id
from nahmi.partner.voice import AssertionDraft

MEMBERS: Final = 310
OWNED: Final = 5
"""Organisations of the hostile owner, each in a country of its own."""

SHARE: Final = 0.05
"""Of all assertions, those that are crafted."""

RULES: Final = Rules(
    signal_types=("md5", "pdq", "sha1", "sha256"),
    categories=(Category.TEST,),
    quorum=Quorum(organisations=2, jurisdictions=2),
    daily_quota=50,
)
_OWNER: Final = "One Owner"
_BENIGN: Final = 5_000
_ROLES: Final = (CircleRole.CONTRIBUTE, CircleRole.OPINE, CircleRole.READ)
_COUNTRIES: Final = tuple(f"{one}{other}" for one in "ABCDEFGH" for other in "KLMNPRST")
_FULL: Final = 100


class Kind(StrEnum):
    """What an assertion really is."""

    HONEST = "honest"
    NEAR_HARMLESS = "near a picture that the home knows to be harmless"
    UNKNOWN_HARMLESS = "a harmless picture that the home does not know"
    LOPSIDED = "a fingerprint made to match many"
    LOW_QUALITY = "a fingerprint without detail"
    COMMON = "the digest of an empty file and the like"


_CRAFTED: Final = {
    Kind.NEAR_HARMLESS: 45,
    Kind.LOPSIDED: 20,
    Kind.LOW_QUALITY: 15,
    Kind.COMMON: 10,
    Kind.UNKNOWN_HARMLESS: 10,
}


class Contributor(msgspec.Struct, frozen=True):
    """A member that says something.

    Attributes:
        organisation: Who it is.
        key: With which it signs.
    """

    organisation: Organisation
    key: SigningKey

    @property
    def org(self) -> str:
        """Its id."""
        return organisation_id(self.key.public.raw)

    def as_member(self, *, is_grouped: bool = True) -> CircleMember:
        """Itself in a roster.

        Args:
            is_grouped: The roster says to whom it belongs.
        """
        organisation = self.organisation
        if not is_grouped:
            organisation = msgspec.structs.replace(organisation, group="")
        return member_of(organisation, self.org, [self.key.public], _ROLES)


class Said(msgspec.Struct, frozen=True):
    """An assertion that somebody hands in.

    Attributes:
        by: Who.
        kind: What it really is.
        draft: What it says.
    """

    by: Contributor
    kind: Kind
    draft: AssertionDraft


class KnownHarmless:
    """A home's bank of what must not match.

    Args:
        rows: Its fingerprints.
    """

    def __init__(self, rows: NDArray[np.uint8]) -> None:
        self._rows = rows

    def near(self, signals: Sequence[Signal]) -> Sequence[int]:
        """See `nahmi.flows.circles.judging.Harmless`."""
        places = [place for place, one in enumerate(signals) if one.signal_type == "pdq"]
        if not places:
            return [0] * len(signals)
        joined = b"".join(bytes.fromhex(signals[place].value) for place in places)
        queries = np.frombuffer(joined, np.uint8).reshape(-1, 32)
        found, _, _ = kernels.scan(self._rows, queries, DEFAULT_LIMIT_BITS)
        counts = Counter(places[int(query)] for query in found)
        return [counts[place] for place in range(len(signals))]


class World:
    """Members and what they say, made from a seed.

    Args:
        seed: Of everything.
        each: How much each honest member says.
        at: The moment of all of it.
    """

    def __init__(self, seed: int, *, each: int, at: datetime) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - the same world at every run
        self.at = at
        self.known = self._rows(_BENIGN)
        self.harmless = KnownHarmless(self.known)
        self.honest = [self._honest(number) for number in range(MEMBERS - OWNED)]
        self.hostile = [self._hostile(number) for number in range(OWNED)]
        pool = self._rows(len(self.honest) * each // 4)
        said = [
            Said(one, Kind.HONEST, _draft(row, quality=90))
            for one in self.honest
            for row in pool[self._chance.sample(range(len(pool)), each)]
        ]
        count = round(len(said) * SHARE / (1 - SHARE) / OWNED)
        crafted = [self._crafted(number, count) for number in range(count)]
        said += [Said(one, kind, draft) for one in self.hostile for kind, draft in crafted]
        self._chance.shuffle(said)
        self.said = said
        self.benign = {draft.signal for _, draft in crafted}

    def random(self, size: int) -> bytes:
        """Bytes that follow from the seed."""
        return self._chance.randbytes(size)

    def disagreeing(self, share: float) -> list[tuple[Contributor, Signal]]:
        """Honest people who look at some of what was crafted, and at what."""
        seen = sorted(self.benign, key=lambda one: one.value)
        seen = self._chance.sample(seen, round(len(seen) * share))
        return [(self._chance.choice(self.honest), signal) for signal in seen]

    def _honest(self, number: int) -> Contributor:
        sectors = (Sector.HOTLINE, Sector.COMPANY, Sector.GOVERNMENT, Sector.CHARITY)
        return self._contributor(f"Member {number}", number, sectors[number % len(sectors)])

    def _hostile(self, number: int) -> Contributor:
        return self._contributor(f"Owned {number}", number, Sector.COMPANY, _OWNER)

    def _contributor(self, name: str, number: int, sector: Sector, group: str = "") -> Contributor:
        country = _COUNTRIES[number % len(_COUNTRIES)]
        organisation = Organisation(name=name, sector=sector, country=country, group=group)
        return Contributor(organisation, SigningKey(self._chance.randbytes(32)))

    def _rows(self, count: int) -> NDArray[np.uint8]:
        """Fingerprints as pictures have them: 128 of 256 bits are set."""
        places = np.random.default_rng(self._chance.randrange(2**32)).random((count, 256))
        order = places.argsort(axis=1).argsort(axis=1)
        return np.packbits(order < order.shape[1] // 2, axis=1)

    def _crafted(self, number: int, count: int) -> tuple[Kind, AssertionDraft]:
        kind = _kind_of(number, count)
        match kind:
            case Kind.NEAR_HARMLESS:
                row = self.known[self._chance.randrange(len(self.known))]
                return kind, _draft(self._bent(row, 16), quality=_FULL)
            case Kind.LOPSIDED:
                return kind, _draft(_lopsided(self._chance), quality=_FULL)
            case Kind.COMMON:
                return kind, _digest_draft(number)
            case Kind.LOW_QUALITY:
                return kind, _draft(self._rows(1)[0], quality=20)
            case _:
                return kind, _draft(self._rows(1)[0], quality=_FULL)

    def _bent(self, row: NDArray[np.uint8], bits: int) -> NDArray[np.uint8]:
        flipped = np.unpackbits(row)
        flipped[self._chance.sample(range(256), bits)] ^= 1
        return np.packbits(flipped)


def _kind_of(number: int, count: int) -> Kind:
    """The kinds in their shares, one block after another."""
    end = 0
    for kind, share in _CRAFTED.items():
        end += share
        if number * 100 < end * count:
            return kind
    return Kind.UNKNOWN_HARMLESS


def _lopsided(chance: random.Random) -> NDArray[np.uint8]:
    bits = np.zeros(256, np.uint8)
    bits[chance.sample(range(256), chance.randrange(10, 90))] = 1
    return np.packbits(bits)


def _draft(row: NDArray[np.uint8], *, quality: int) -> AssertionDraft:
    signal = Signal("pdq", row.tobytes().hex())
    return AssertionDraft(signal=signal, category=Category.TEST, quality=quality)


def _digest_draft(number: int) -> AssertionDraft:
    data = (b"", b"\0", b"\n", b"\0" * 512, b"\0" * 4096)[number // 3 % 5]
    digests = {
        "md5": md5(data, usedforsecurity=False),
        "sha1": sha1(data, usedforsecurity=False),
        "sha256": sha256(data),
    }
    name = sorted(digests)[number % 3]
    signal = Signal(name, digests[name].hexdigest())
    return AssertionDraft(signal=signal, category=Category.TEST)


def members_of(world: World, *, is_grouped: bool = True) -> Collection[CircleMember]:
    """All members, as a roster has them.

    Args:
        world: Where they live.
        is_grouped: The roster says which of them belong together.
    """
    return tuple(one.as_member(is_grouped=is_grouped) for one in (*world.honest, *world.hostile))
