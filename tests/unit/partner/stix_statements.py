# SPDX-License-Identifier: Apache-2.0
"""Statements for tests of their objects."""

from typing import Any

from nahmi.core.bank import Category
from nahmi.core.signal import Signal
from nahmi.partner.circles.members import CircleMember, CircleRole, Sector
from nahmi.partner.circles.roster import Home, Roster
from nahmi.partner.circles.rules import Marking, Rules
from nahmi.partner.naming import (
    assertion_id,
    opinion_id,
    redaction_id,
    sighting_id,
)
from nahmi.partner.statements.kinds import (
    Assert,
    Basis,
    Opinion,
    Redact,
    Retract,
    RetractReason,
    ReviewMethod,
    Revise,
    Sighting,
)
from nahmi.partner.stix.markings import marking_id
from nahmi.partner.stix.writing import Place

CIRCLE = "11111111-1111-5111-8111-111111111111"
ORG = "22222222-2222-5222-8222-222222222222"
OTHER = "33333333-3333-5333-8333-333333333333"
AT = "2026-11-27T17:00:00Z"
PLACE = Place(
    circle=CIRCLE, origin=f"nahmi/circle/{CIRCLE}", marking=marking_id(Marking.AMBER_STRICT)
)
PDQ = Signal("pdq", "c5" * 32)
ADDRESS = Signal("url", "https://harmful.example/it's\\there")


def _common(rev: int, at: str, org: str = ORG) -> dict[str, Any]:
    return {"circle": CIRCLE, "org": org, "key": "k", "rev": rev, "at": at, "salt": "A" * 22}


def asserts(signal: Signal = PDQ, *, rev: int = 1, at: str = AT, **more: object) -> Assert:
    return Assert(**(_assertion(signal, rev, at) | more))


def revises(signal: Signal = PDQ, *, rev: int = 2, at: str = AT, **more: object) -> Revise:
    return Revise(**(_assertion(signal, rev, at) | more))


def _assertion(signal: Signal, rev: int, at: str) -> dict[str, Any]:
    return {
        "id": assertion_id(CIRCLE, ORG, signal),
        "signal": signal,
        "category": Category.CSAM_A1,
        "review": ReviewMethod.HUMAN,
        **_common(rev, at),
    }


def retracts(signal: Signal = PDQ, *, rev: int = 2, at: str = AT) -> Retract:
    name = assertion_id(CIRCLE, ORG, signal)
    return Retract(id=name, reason=RetractReason.ERROR, **_common(rev, at))


def opines(value: int, *, signal: Signal = PDQ, reason: str = "") -> Opinion:
    name = assertion_id(CIRCLE, ORG, signal)
    return Opinion(
        id=opinion_id(CIRCLE, OTHER, name),
        assertion=name,
        value=value,
        basis=Basis.HUMAN_REVIEW,
        reason=reason,
        **_common(1, AT, OTHER),
    )


def saw(count: int, *, day: str = "2026-11-27", signal: Signal = PDQ) -> Sighting:
    name = assertion_id(CIRCLE, ORG, signal)
    return Sighting(
        id=sighting_id(CIRCLE, OTHER, name, day),
        assertion=name,
        day=day,
        count=count,
        **_common(1, AT, OTHER),
    )


def redacts(*seqs: int, signal: Signal = PDQ, org: str = ORG) -> Redact:
    name = assertion_id(CIRCLE, ORG, signal)
    return Redact(
        id=redaction_id(CIRCLE, name),
        target=name,
        seqs=seqs,
        reason=RetractReason.COURT,
        **_common(1, "2026-11-28T09:00:00Z", org),
    )


def roster(*names: str, version: int = 1, at: str = AT) -> Roster:
    members = tuple(
        CircleMember(
            org=f"{number:08x}-0000-5000-8000-000000000000",
            name=name,
            sector=Sector.HOTLINE,
            country="BR",
            roles=(CircleRole.READ,),
            keys=(),
        )
        for number, name in enumerate(names)
    )
    return Roster(
        circle=CIRCLE,
        version=version,
        previous="",
        name="A circle",
        home=Home(org=ORG, url="https://home.example", log="a log", log_key=""),
        members=members,
        rules=Rules(signal_types=("pdq",), categories=(Category.CSAM_A1,)),
        made_at=at,
    )
