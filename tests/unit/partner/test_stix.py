# SPDX-License-Identifier: Apache-2.0
"""Objects that others' own tools accept, versions that rise, and what comes back from objects."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import stix2
from hypothesis import given
from hypothesis import strategies as st
from stix2validator import ValidationOptions, validate_string

sys.path.insert(0, str(Path(__file__).parent))  # makes `stix_statements` importable

from stix_statements import (
    ADDRESS,
    ORG,
    PDQ,
    PLACE,
    asserts,
    opines,
    redacts,
    retracts,
    revises,
    roster,
    saw,
)

from nahmi.core.bank import Category
from nahmi.core.signal import Signal
from nahmi.partner.circles.members import Membership
from nahmi.partner.circles.rules import Marking
from nahmi.partner.naming import short_of
from nahmi.partner.statements.kinds import AnyStatement, Ground
from nahmi.partner.stix.extension import EXTENSION_ID, extension_object, project_object
from nahmi.partner.stix.markings import marking_id, marking_object, marking_of
from nahmi.partner.stix.moments import read_moment, stix_moment, taxii_moment
from nahmi.partner.stix.patterns import Pattern, pattern_of, signals_in
from nahmi.partner.stix.preface import Preface
from nahmi.partner.stix.reading import Judgement, Reported, Seen, read_object, read_objects
from nahmi.partner.stix.versions import Version, version_of
from nahmi.partner.stix.writing import object_of, step_of

SIGNALS = [
    PDQ,
    ADDRESS,
    Signal("md5", "ab" * 16),
    Signal("sha1", "ab" * 20),
    Signal("sha256", "ab" * 32),
    Signal("url_host", "harmful.example"),
]
_ADVICE_NOT_TAKEN = "103,245"
"""Ids should be random, and pattern types from a list: ours follow from what they name, and no list
has a word for perceptual fingerprints."""


def _version(said: AnyStatement, seq: int = 3, before: Version | None = None) -> Version:
    found = version_of(said, seq, before)
    assert found is not None
    return found


def _objects() -> dict[str, dict[str, Any]]:
    said = asserts(
        quality=88,
        media="image",
        reviewers=2,
        grounds=(Ground(jurisdiction="BR", law="a law", grade="A"),),
        expires="2031-01-01T00:00:00Z",
    )
    first = _version(said)
    gone = _version(retracts(), 4, first)
    made = {
        "indicator": object_of(said, first, PLACE),
        "retracted": object_of(retracts(), gone, PLACE, source=said),
        "redacted": object_of(redacts(3, 4), _version(redacts(3, 4), 5, gone), PLACE, org=ORG),
        "opinion": object_of(
            opines(-100, reason="a flower"), _version(opines(-100)), PLACE, target=first.name
        ),
        "sighting": object_of(saw(4), _version(saw(4)), PLACE, target=first.name),
        "project": project_object(),
        "extension": extension_object(),
    }
    made |= {
        signal.signal_type: object_of(said_, _version(said_), PLACE)
        for signal in SIGNALS
        if (said_ := asserts(signal))
    }
    made |= {marking.value: marking_object(marking) for marking in Marking}
    preface = Preface(roster("Hotline of a country"), 0)
    return made | {"member": preface.objects[-1].stix}


@pytest.mark.parametrize("name", sorted(_objects()))
def test_others_own_tools_accept_every_object(name: str) -> None:
    made = _objects()[name]
    stix2.parse(made, allow_custom=False, version="2.1")
    options = ValidationOptions(version="2.1", strict=True, disabled=_ADVICE_NOT_TAKEN)
    found = validate_string(json.dumps(made), options)
    assert found.is_valid, [str(error) for error in found.errors]


def test_the_extension_says_what_its_schema_knows() -> None:
    schema = json.loads(Path("docs/reference/stix/media-signal.json").read_text(encoding="utf-8"))
    said = {
        field
        for made in _objects().values()
        for field in made.get("extensions", {}).get(EXTENSION_ID, {})
    }
    assert said == set(schema["properties"])
    assert EXTENSION_ID in Path("docs/reference/stix.md").read_text(encoding="utf-8")
    assert set(schema["properties"]["harm_class"]["enum"]) == {
        category.value for category in Category if category is not Category.MUST_NOT_MATCH
    }


@pytest.mark.parametrize("marking", Marking)
def test_a_marking_is_known_by_its_published_id(marking: Marking) -> None:
    assert marking_of(marking_id(marking)) is marking


def test_the_published_marking_that_many_get_wrong() -> None:
    assert marking_object(Marking.AMBER_STRICT) == {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
        "created": "2022-10-01T00:00:00.000Z",
        "name": "TLP:AMBER+STRICT",
        "extensions": {
            "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d": {
                "extension_type": "property-extension",
                "tlp_2_0": "amber+strict",
            }
        },
    }


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda one: one.signal_type)
def test_a_signal_comes_back_from_its_object(signal: Signal) -> None:
    said = asserts(signal, quality=70)
    found = read_object(object_of(said, _version(said), PLACE))
    assert isinstance(found, Reported)
    assert (found.signals, found.category, found.quality) == ((signal,), Category.CSAM_A1, 70)
    assert (found.is_revoked, found.marking) == (False, Marking.AMBER_STRICT)


@given(st.text())
def test_any_address_comes_back_from_its_pattern(text: str) -> None:
    assert signals_in(pattern_of(Signal("url", text))) == [Signal("url", text)]


@given(st.text(), st.sampled_from(["stix", "pdq", "yara"]))
def test_any_text_can_be_read_as_a_pattern(text: str, kind: str) -> None:
    found = signals_in(Pattern(text, kind))
    assert found is None or all(isinstance(signal, Signal) for signal in found)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("[file:hashes.MD5 = 'aa'] OR [file:hashes.'SHA-1' = 'bb']", ["md5", "sha1"]),
        ("[file:hashes.\"SHA-256\"='aa']", ["sha256"]),
        ("[file:hashes.x_pdq = 'aa']", ["pdq"]),
        ("[domain-name:value = 'a.example']", ["url_host"]),
        ("[file:hashes.MD5 = 'aa' AND file:size = 3]", None),
        ("[file:hashes.MD5 != 'aa']", None),
        ("[file:hashes.MD5 = 'aa'] AND [file:hashes.MD5 = 'bb']", None),
        ("[file:hashes.SSDEEP = 'aa']", None),
        ("[ipv4-addr:value = '192.0.2.1']", None),
        ("[file:hashes.MD5 = 'aa'] FOLLOWEDBY [url:value = 'x']", None),
    ],
)
def test_patterns_of_others_mean_no_more_than_they_say(
    pattern: str, expected: list[str] | None
) -> None:
    found = signals_in(Pattern(pattern, "stix"))
    assert (None if found is None else [one.signal_type for one in found]) == expected


def test_what_is_not_understood_is_counted() -> None:
    objects = [
        {"type": "file", "id": "file--1", "hashes": {"MD5": "aa", "x_pdq": "bb", "TLSH": "cc"}},
        {"type": "url", "id": "url--1", "value": "https://harmful.example/"},
        {"type": "malware", "id": "malware--1"},
        {"type": "indicator", "id": "indicator--1", "pattern": "rule x", "pattern_type": "yara"},
        {"type": "indicator", "id": "indicator--2", "revoked": True},
        {"type": "identity", "id": "identity--1"},
        {"type": "opinion", "id": "opinion--1", "opinion": "disagree", "object_refs": ["x--1"]},
        {"type": "opinion", "id": "opinion--2", "opinion": "perhaps", "object_refs": ["x--1"]},
        "no object",
        {"id": "file--2"},
    ]
    found = read_objects(objects)
    assert [one.object_id for one in found.reported] == ["file--1", "url--1", "indicator--2"]
    assert [one.signal_type for one in found.reported[0].signals] == ["md5", "pdq"]
    assert [(one.about, one.value) for one in found.judgements] == [(("x--1",), -50)]
    assert found.unknown == {"malware": 1, "indicator": 1, "opinion": 1, "other": 2}


def test_an_opinion_of_ours_keeps_its_value() -> None:
    found = read_object(object_of(opines(-73), _version(opines(-73)), PLACE, target=b"\1" * 16))
    assert isinstance(found, Judgement)
    assert found.value == -73


@pytest.mark.parametrize(
    ("value", "step"),
    [
        (-100, "strongly-disagree"),
        (-60, "disagree"),
        (0, "neutral"),
        (20, "agree"),
        (100, "strongly-agree"),
    ],
)
def test_opinions_have_five_steps(value: int, step: str) -> None:
    assert step_of(value) == step


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "id",
                    "pattern",
                    "pattern_type",
                    "hashes",
                    "extensions",
                    EXTENSION_ID,
                    "value",
                    "media_hashes",
                    "harm_class",
                    "quality",
                    "object_refs",
                    "opinion",
                    "modified",
                ]
            ),
            inner
            | st.sampled_from(["indicator", "file", "opinion", "url", "stix", "agree", "csam_a1"]),
            max_size=8,
        )
    ),
    max_leaves=20,
)


@given(json_values)
def test_any_json_can_be_read(value: object) -> None:
    found = read_object(value)
    assert found is None or isinstance(found, Reported | Judgement | Seen | str)


@given(st.lists(st.integers(0, 4_000_000_000), min_size=1, max_size=8))
def test_versions_rise_whatever_clocks_show(clocks: list[int]) -> None:
    moments = [stix_moment(second * 1_000_000)[:19] + "Z" for second in clocks]
    version = _version(asserts(at=moments[0]), 0)
    for seq, at in enumerate(moments[1:], 1):
        later = _version(revises(rev=seq + 1, at=at), seq, version)
        assert stix_moment(later.modified_us) > stix_moment(version.modified_us)
        assert (later.name, later.created_us) == (version.name, version.created_us)
        version = later


def test_what_is_asserted_again_is_another_object() -> None:
    first = _version(asserts())
    gone = _version(retracts(), 4, first)
    again = _version(asserts(rev=3), 5, gone)
    assert (gone.name, gone.before) == (first.name, 3)
    assert again.name not in {first.name, short_of(asserts(rev=3).id)}
    assert (again.about, again.before, again.first) == (first.about, None, 5)
    assert _version(asserts(rev=3), 5, gone).name == again.name


def test_a_later_version_is_shown_wherever_an_earlier_one_was() -> None:
    first = _version(asserts())
    later = _version(revises(category=Category.NCII), 4, first)
    assert later.categories == {Category.CSAM_A1, Category.NCII}
    assert _version(retracts(rev=3), 5, later).categories == later.categories


def test_nothing_of_a_signal_is_left_in_what_was_redacted() -> None:
    gone = _version(redacts(3), 4, _version(asserts()))
    made = object_of(redacts(3), gone, PLACE, org=ORG)
    assert PDQ.value not in json.dumps(made)
    assert (made["revoked"], made["created_by_ref"]) == (True, f"identity--{ORG}")


def test_moments_have_the_digits_that_each_format_asks_for() -> None:
    us = 1_795_800_000_123_456
    assert stix_moment(us) == "2026-11-27T17:20:00.123Z"
    assert taxii_moment(us) == "2026-11-27T17:20:00.123456Z"
    assert read_moment(taxii_moment(us)) == us
    assert [read_moment(text) for text in ("2026-11-27", "2026-11-27T17:20:00+01:00", "")] == [
        None
    ] * 3


def _dates(preface: Preface, logged: list[int]) -> list[int]:
    return [preface.added_us(seq, us) for seq, us in enumerate(logged)]


@given(st.data())
def test_what_rosters_add_and_what_is_said_have_one_order(data: st.DataObject) -> None:
    steps = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=30))
    logged = [1_000 + sum(steps[:number]) for number in range(len(steps))]
    at = sorted(data.draw(st.sets(st.integers(0, len(steps) - 1), max_size=3)))
    preface = Preface(roster("A", "B"), logged[0])
    for number, seq in enumerate(at, 2):
        names = [f"{name}{number}" for name in "ABCDE"[:number]]
        preface.extend([(seq, logged[seq], roster(*names, version=number))], size=seq + 1)
    said = [(us, seq) for seq, us in enumerate(_dates(preface, logged)) if seq not in at]
    order = sorted([*said, *((one.added_us, -1) for one in preface.objects)])
    moments = [us for us, _ in order]
    assert len(set(moments)) == len(moments)
    for after in range(moments[0] - 2, moments[-1] + 2):
        seq, later_than = preface.start(after)
        rows = [one for one in said if one[1] >= seq and logged[one[1]] > later_than]
        assert rows == [one for one in said if one[0] > after]


def test_a_roster_adds_whom_it_names_otherwise() -> None:
    preface = Preface(roster("A", "B"), 0)
    types = [one.stix["type"] for one in preface.objects]
    assert types == ["identity", "extension-definition", "marking-definition", *["identity"] * 2]
    preface.extend([(7, 9, roster("A", "C", version=2, at="2026-11-28T00:00:00Z"))], size=8)
    [changed] = preface.objects[5:]
    assert (changed.stix["name"], changed.stix["modified"]) == ("C", "2026-11-28T00:00:00.000Z")
    assert changed.stix["created"] == preface.objects[4].stix["created"]
    assert changed.stix["extensions"][EXTENSION_ID]["membership"] == Membership.ACTIVE
