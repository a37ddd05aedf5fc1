# SPDX-License-Identifier: Apache-2.0
"""What attributes of MISP say, however they are written."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nahmi.core.bank import Category
from nahmi.core.signal import Signal
from nahmi.partner.circles.rules import Marking, Purpose, Rules
from nahmi.partner.misp.reading import read_event, read_search
from nahmi.partner.misp.tags import category_in, marking_in, tags_of


def event(*attributes: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"Event": {"uuid": "e", "Attribute": list(attributes), **more}}


def attribute(kind: str, value: str, **more: object) -> dict[str, Any]:
    return {"uuid": "a", "type": kind, "value": value, "timestamp": "7", **more}


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("md5", "ab", Signal("md5", "ab")),
        ("filename|sha256", "a|b.jpg|cd", Signal("sha256", "cd")),
        ("link", "https://harmful.example/", Signal("url", "https://harmful.example/")),
        ("domain", "harmful.example", Signal("url_host", "harmful.example")),
    ],
)
def test_attributes_that_are_signals(kind: str, value: str, expected: Signal) -> None:
    read = read_event(event(attribute(kind, value)))
    assert read is not None
    [held] = read.held
    assert (held.signal, held.changed_s, held.is_deleted) == (expected, 7, False)


def test_what_is_not_understood_is_counted() -> None:
    read = read_event(event(attribute("ip-dst", "192.0.2.1"), attribute("ssdeep", "x"), {}))
    assert read is not None
    assert (read.held, read.unknown) == ((), {"ip-dst": 1, "ssdeep": 1, "other": 1})


@pytest.mark.parametrize("deleted", [True, 1, "1"])
def test_what_was_deleted_need_not_be_understood(deleted: object) -> None:
    read = read_event(event(attribute("comment", "redacted", deleted=deleted)))
    assert read is not None
    assert [(one.signal, one.is_deleted) for one in read.held] == [(None, True)]


def test_a_search_tells_of_attributes_one_by_one() -> None:
    about = {"Orgc": {"name": "Hotline"}, "Tag": [{"name": "tlp:green"}]}
    found = attribute("hex", "C5" * 32, object_relation="value", Event=about, timestamp=9)
    read = read_search({"response": {"Attribute": [found, attribute("hex", "00", Event=about)]}})
    assert read is not None
    [held] = read.held
    assert held.signal == Signal("pdq", "C5" * 32)
    assert (held.org, held.marking, held.changed_s) == ("Hotline", Marking.GREEN, 9)
    assert read.unknown == {"hex": 1}


@pytest.mark.parametrize("document", [None, [], {}, {"Event": 4}, {"response": []}])
def test_what_is_no_event_is_none(document: object) -> None:
    assert read_event(document) is None
    assert read_search(document) is None


@pytest.mark.parametrize("marking", Marking)
@pytest.mark.parametrize("category", [Category.NCII, Category.CSAM_A1])
def test_tags_come_back(marking: Marking, category: Category) -> None:
    rules = Rules(
        signal_types=("pdq",),
        categories=(category,),
        purposes=(Purpose.RESEARCH,),
        marking=marking,
    )
    names = [tag["name"] for tag in tags_of(rules, category)]
    assert (marking_in(names), category_in(names)) == (marking, category)
    assert "PAP:AMBER" in names


def test_the_strictest_marking_counts() -> None:
    assert marking_in(["TLP:WHITE"]) is Marking.CLEAR
    assert marking_in(["tlp:red", "tlp:green", "tlp:ex:chr"]) is Marking.RED
    assert marking_in(["pap:red"]) is None


names = st.sampled_from(
    [
        "Event",
        "uuid",
        "Attribute",
        "Object",
        "type",
        "value",
        "name",
        "deleted",
        "timestamp",
        "Tag",
        "response",
        "object_relation",
        "Orgc",
    ]
)
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["md5", "perceptual-hash", "1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=6),
    max_leaves=20,
)


@given(documents)
def test_any_json_can_be_read(document: object) -> None:
    for read in (read_event, read_search):
        found = read(document)
        assert found is None or all(one.uuid for one in found.held)
