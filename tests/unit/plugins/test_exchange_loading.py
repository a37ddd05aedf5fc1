# SPDX-License-Identifier: Apache-2.0
"""What is set wrongly of an exchange is said, and what it hands over comes back from JSON."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import Enum, IntEnum
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from nahmi.errors import ErrorCode, InputError
from nahmi.plugins.threatexchange.exchanges import as_json
from nahmi.plugins.threatexchange.exchanges.loading import (
    collaboration,
    exchange_class,
    opened,
    types_of,
)
from nahmi.plugins.threatexchange.exchanges.messages import Open

LIBRARY = "threatexchange.signal_type"


@pytest.fixture(scope="module", autouse=True)
def _plugin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Makes `tx_feed` importable."""
    folder = tmp_path_factory.mktemp("feed")
    plugin = Path(__file__).parents[2] / "flow" / "exchanges_plugin.py"
    shutil.copy(plugin, folder / "tx_feed.py")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield


def opening(**changes: object) -> Open:
    right: dict[str, Any] = {
        "name": "partners",
        "api": "feed",
        "config": {"feed": "x"},
        "credentials": "open sesame\n",
        "manifests": ("tx_feed",),
        "signal_types": (),
        "path": (),
        "memory_bytes": 1,
        "files": (),
    }
    return Open(**right | changes)


def make(wanted: Open) -> object:
    kind = exchange_class(wanted)
    return opened(kind, collaboration(kind, wanted), wanted)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"api": "nowhere"}, "no such exchange"),
        ({"api": "json:loads"}, "no such exchange"),
        ({"api": "no_such_module:X"}, "while it was imported"),
        ({"manifests": ("json",)}, "no TX_MANIFEST"),
        ({"config": {}}, "lacks the field 'feed'"),
        ({"config": {"feed": 3}}, "'feed' of its config has a wrong value"),
        ({"config": {"feed": "x", "colour": "green"}}, "its config has a wrong value"),
        ({"config": {"feed": "x", "more": 1}}, "no field 'more'"),
        ({"credentials": None}, "needs credentials"),
        ({"credentials": "let me in"}, "credentials are refused"),
        ({"credentials": '{"key": "let me in"}'}, "credentials are refused"),
        ({"credentials": '{"nothing": 1}'}, "credentials are refused"),
        ({"credentials": "{"}, "credentials are refused"),
        ({"api": "tx_feed:ChangesExchange"}, "takes no credentials"),
    ],
)
def test_what_is_set_wrongly_is_said(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(InputError) as refused:
        make(opening(**changes))
    assert refused.value.code is ErrorCode.PLUGIN_INVALID
    assert reason in refused.value.detail
    assert "let me in" not in refused.value.diagnostics()


def test_what_is_set_rightly_is_made() -> None:
    wanted = opening(
        config={"feed": "x", "colour": "BLUE", "only": [1]}, credentials='{"key": "open sesame"}'
    )
    made: Any = make(wanted)
    assert (made.collab.name, made.collab.api, made.collab.colour.value) == (
        "partners",
        "feed",
        "#00f",
    )
    assert made.collab.only == {1}
    ncmec = opening(api="ncmec", config={"environment": "Industry"}, credentials="user:password")
    assert type(make(ncmec)).__name__ == "NCMECSignalExchangeAPI"


def test_exchanges_are_asked_for_the_types_that_the_node_has() -> None:
    own = {"pdq", "url", "md5", "sha256"}
    assert set(types_of(opening(manifests=()))) == own
    loaded = (f"{LIBRARY}.md5:VideoMD5Signal", f"tx_url={LIBRARY}.url:URLSignal")
    assert set(types_of(opening(manifests=(), signal_types=loaded))) == {
        "pdq",
        "sha256",
        "video_md5",
        "tx_url",
    }


class Shade(Enum):
    DARK = object()


class Level(IntEnum):
    LOW = 1


@dataclass(frozen=True)
class Inner:
    words: frozenset[str]


@dataclass
class Outer:
    inner: Inner
    shade: Shade
    more: dict[Any, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.more.setdefault("made", 0)
        self.more["made"] += 1


class Pair(NamedTuple):
    one: int


VALUES = [
    None,
    True,
    1 << 70,
    1.5,
    "text",
    ["a", ["b"]],
    {"a": 1, "$": {"of": 2}},
    {1: "a", ("b", 2): None},
    ("a", ("b",)),
    {3, 1, 2},
    b"\x00\xff",
    datetime(2026, 1, 2, tzinfo=UTC),
    date(2026, 1, 2),
    Level.LOW,
    Outer(Inner(frozenset({"x"})), Shade.DARK, {"k": (1, {"y"})}),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_what_is_handed_over_comes_back_from_json(value: object) -> None:
    text = as_json.write(value)
    found = as_json.read(text)
    assert (found, type(found)) == (value, type(value))
    assert as_json.write(found) == text


@pytest.mark.parametrize("value", [object(), Pair(1), float("nan"), len, [Outer]])
def test_what_json_cannot_carry_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        as_json.write(value)


@pytest.mark.parametrize("place", ["os:system", "builtins:dict", "nowhere:X", "json:JSONDecoder"])
@pytest.mark.parametrize("kind", ["data", "enum"])
def test_only_data_classes_and_enumerations_come_back(kind: str, place: str) -> None:
    with pytest.raises(TypeError):
        as_json.read(json.dumps({"$": kind, "as": place, "of": {} if kind == "data" else "X"}))


def test_a_class_that_has_grown_gets_its_defaults() -> None:
    text = as_json.write(Outer(Inner(frozenset()), Shade.DARK))
    held = json.loads(text)
    del held["of"]["more"]
    assert as_json.read(json.dumps(held)).more == {}
    del held["of"]["shade"]
    with pytest.raises(TypeError):
        as_json.read(json.dumps(held))
