# SPDX-License-Identifier: Apache-2.0
"""Plug-ins: found by entry points, loaded late, and never able to take the others down."""

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from nahmi.errors import ErrorCode, InputError
from nahmi.protect.signal_type import Examples, IndexKind, SignalType
from nahmi.protect.signals.pdq import Pdq
from nahmi.protect.signals.registry import GROUP, Registry, signal_types


def offer(name: str, value: str) -> EntryPoint:
    return EntryPoint(name=name, value=value, group=GROUP)


OWN = offer("pdq", "nahmi.protect.signals.pdq:Pdq")
MD5 = offer("md5", "nahmi.protect.signals.digests:Md5")


class Word(SignalType):
    name = "word"
    content_types = ()

    def validate(self, text: str) -> str:
        return text.strip()

    def examples(self) -> Examples:
        return Examples(valid=(), invalid=(), similar=(), different=())


def test_the_built_in_types_are_installed_entry_points() -> None:
    assert {"pdq", "sha256", "sha1", "md5"} <= set(signal_types().names())
    assert signal_types().index_kind("pdq") is IndexKind.HAMMING256
    assert signal_types().get("md5") is signal_types().get("md5")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("absent", "no_such_package.module:Type"),
        ("missing", "nahmi.protect.signals.pdq:Absent"),
        ("raising", "builtins:int.from_bytes"),
        ("alien", "builtins:dict"),
        ("renamed", "nahmi.protect.signals.pdq:Pdq"),
        ("abstract", "nahmi.protect.signal_type:SignalType"),
    ],
)
def test_a_bad_plugin_is_named_and_harms_nobody(name: str, value: str) -> None:
    registry = Registry([OWN, offer(name, value), MD5])
    assert [kind.name for kind in registry.types()] == ["md5", "pdq"]
    (problem,) = registry.problems()
    assert problem.code is ErrorCode.PLUGIN_INVALID
    assert name in problem.detail
    with pytest.raises(InputError, match=name):
        registry.get(name)


def test_a_plugin_that_exits_is_a_bad_plugin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "leaving_plugin.py").write_text("raise SystemExit(3)", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    (problem,) = Registry([offer("leaving", "leaving_plugin:Type")]).problems()
    assert "SystemExit" in problem.detail


def test_nahmis_own_type_wins_over_an_impostor() -> None:
    registry = Registry([offer("pdq", "builtins:dict"), OWN])
    assert isinstance(registry.get("pdq"), Pdq)


def test_two_strangers_with_one_name_both_lose() -> None:
    registry = Registry([offer("word", "a:A"), offer("word", "b:B")])
    with pytest.raises(InputError, match="several packages"):
        registry.get("word")


def test_an_unknown_type_names_the_known_ones() -> None:
    with pytest.raises(InputError) as caught:
        Registry([OWN]).get("pqd")
    assert caught.value.code is ErrorCode.SIGNAL_TYPE_UNKNOWN
    assert "pdq" in caught.value.hint


def test_types_can_be_registered_once() -> None:
    registry = Registry([OWN])
    registry.register(Word())
    assert registry.get("word").compare("a", "b").distance == 1
    with pytest.raises(InputError, match="taken"):
        registry.register(Word())
    with pytest.raises(InputError, match="taken"):
        registry.register(Pdq())


def test_listing_names_imports_no_type() -> None:
    script = (
        "import sys; from nahmi.protect.signals.registry import signal_types as s; s().names();"
        "sys.exit('nahmi.protect.signals.url' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
