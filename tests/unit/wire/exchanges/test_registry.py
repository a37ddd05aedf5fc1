# SPDX-License-Identifier: Apache-2.0
"""Kinds of exchanges: our own, those of other packages, and what the operator may set of each."""

from pathlib import Path

import pytest

from nahmi.errors import ErrorCode, InputError
from nahmi.operate.exchange_settings import DirectExchangeSettings
from nahmi.wire.exchanges.ncmec.environments import Environment, address_of
from nahmi.wire.exchanges.registry import check_exchange, kind_names, kind_of

FOREIGN = """
class Options:
    pass

class Foreign:
    name = "foreign"
    options = dict
    is_reviewed = True
    takes_opinions = False
    needs_reason = False
    def base_url(self, options):
        return ""

def broken():
    raise RuntimeError("secret")
"""


def settings(kind: str, **more: object) -> DirectExchangeSettings:
    return DirectExchangeSettings(name="x", kind=kind, bank="A", **more)  # type: ignore[arg-type]


def test_our_own_kinds_are_there() -> None:
    assert set(kind_names()) >= {"ncmec", "stopncii", "tat", "threatexchange"}
    for name in ("ncmec", "stopncii", "tat"):
        kind = check_exchange(settings(name))
        assert kind.name == name
        assert kind.base_url(kind.options()).startswith("https://")
    group = {"privacy_group": "12"}
    assert check_exchange(settings("threatexchange", options=group)).name == "threatexchange"


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("", {}),
        ("unknown", {}),
        ("ncmec", {"environment": "Unknown"}),
        ("ncmec", {"tests": True}),
        ("stopncii", {"own_source": 7}),
        ("threatexchange", {}),
        ("threatexchange", {"privacy_group": "12/../34"}),
        ("tat", {"anything": 1}),
    ],
)
def test_what_a_kind_does_not_take_is_refused(kind: str, options: dict[str, object]) -> None:
    with pytest.raises(InputError) as refused:
        check_exchange(settings(kind, options=options))
    assert refused.value.code is ErrorCode.INPUT_INVALID
    assert "'x'" in refused.value.detail


SECRETS = {
    "ncmec": (["zq:zx", "zq:zx:zy"], ["", "zq", "zq:", ":zx", "zq:zx\ny"]),
    "tat": (["zq@example.org:zx"], ["", "zq"]),
    "stopncii": (
        ["abcdefghij1,abcdefghij2", '{"subscription": "abcdefghij", "fetch": "b"}'],
        ["", "zq", "zq,zx,zy", '{"subscription": "zq"}', '{"subscription": "zq", "x": 1}', "{zq"],
    ),
    "threatexchange": (
        ["12345678|abcdefghijklmnopqrst", "12345678%7Cabcdefghij_klmnopq-rst"],
        ["", "1|short", "12345678", "12345678|abcdefghijklmnopqrst\nx", "x|abcdefghijklmnopqrst"],
    ),
}


@pytest.mark.parametrize("kind", SECRETS)
def test_credentials_have_one_form_and_are_never_shown(kind: str) -> None:
    right, wrong = SECRETS[kind]
    for text in right:
        found = kind_of(settings(kind)).credentials(text)
        assert "abcdefghij" not in repr(found)
    for text in wrong:
        with pytest.raises(InputError) as refused:
            kind_of(settings(kind)).credentials(text)
        assert not text or text not in refused.value.diagnostics()


def test_every_environment_has_two_places() -> None:
    places = {
        address_of(environment, is_test=is_test)
        for environment in Environment
        for is_test in (False, True)
    }
    assert len(places) == 14
    assert "https://report.cybertip.org/hashsharing" in places
    assert "https://betalesp.ncmec.org/csam-hashsharing" in places
    assert "https://hashsharing-test.ncmec.org/npo" in places


def test_another_package_can_offer_a_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "foreign_kind.py").write_text(FOREIGN)
    told = tmp_path / "foreign_kind-1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: foreign_kind\nVersion: 1.0\n")
    points = (
        "foreign = foreign_kind:Foreign\nbad = foreign_kind:broken\nncmec = foreign_kind:Foreign"
    )
    (told / "entry_points.txt").write_text(f"[nahmi.exchanges]\n{points}\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert "foreign" in kind_names()
    assert kind_of(settings("foreign")).name == "foreign"
    assert kind_of(settings("ncmec")).name == "ncmec", "nobody replaces our own"
    with pytest.raises(InputError) as broken:
        kind_of(settings("bad"))
    assert broken.value.code is ErrorCode.PLUGIN_INVALID
    assert "secret" not in broken.value.detail
    with pytest.raises(InputError) as homeless:
        check_exchange(settings("foreign"))
    assert "base_url" in homeless.value.detail
