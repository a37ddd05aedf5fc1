# SPDX-License-Identifier: Apache-2.0
"""Third parties' signal types as nahmi's: loaded, locked in, asked."""

import hashlib
import io
import json

import pytest

from nahmi.bootstrap.plugins import Plugins
from nahmi.errors import ErrorCode, InputError, MediaError, NahmiError, PluginError
from nahmi.media import SandboxedFingerprinter
from nahmi.operate.settings import ThreatExchangeSettings
from nahmi.protect.plan import FingerprintPlan
from nahmi.protect.signal_type import (
    ContentType,
    HashesBytes,
    HashesText,
    IndexKind,
    SignalType,
)
from nahmi.protect.signals.registry import signal_types
from nahmi.testing.media import as_jpeg, scene
from nahmi.testing.signal_type import SignalTypeContract

QUERY = json.dumps({"and": [{"or": ["play", "regex-/ba+ll/"]}], "not": ["chess"]})
NAMES = (
    "letters",
    "forgetful",
    "first_byte",
    "raw_text",
    "trend_query",
    "video_md5",
    "tx_url",
    "tx_pdq",
)


def named(name: str) -> SignalType:
    return signal_types().get(name)


def test_types_are_known_while_the_plugins_are_loaded(plugins: Plugins) -> None:
    assert set(NAMES) <= set(signal_types().names())
    assert named("raw_text").content_types == (ContentType.TEXT,)
    assert named("video_md5").content_types == (ContentType.VIDEO,)
    kinds = {name: named(name).index_kind for name in NAMES}
    exact = {name for name, kind in kinds.items() if kind is IndexKind.EXACT}
    assert exact == {"video_md5", "tx_url"}
    assert set(kinds.values()) == {IndexKind.EXACT, IndexKind.COMPARED}
    hashing = {
        name: (isinstance(named(name), HashesText), isinstance(named(name), HashesBytes))
        for name in ("letters", "first_byte", "raw_text", "video_md5")
    }
    assert hashing == {
        "letters": (True, False),
        "first_byte": (False, True),
        "raw_text": (False, False),
        "video_md5": (False, True),
    }
    assert plugins.search(None) is not None  # type: ignore[arg-type]  # nothing is read yet


@pytest.mark.usefixtures("plugins")
@pytest.mark.parametrize("name", ["letters", "video_md5"])
def test_a_type_keeps_the_contract_that_nahmi_relies_on(name: str) -> None:
    kit = type("Kit", (SignalTypeContract,), {"signal_type": named(name)})()
    for check in (check for check in dir(kit) if check.startswith("test_")):
        getattr(kit, check)()


@pytest.mark.usefixtures("plugins")
def test_signals_are_brought_into_the_form_of_their_type() -> None:
    assert named("letters").validate(" Hello\n") == "ehllo"
    assert named("video_md5").validate("D41D8CD98F00B204E9800998ECF8427E".lower().upper()) == (
        "d41d8cd98f00b204e9800998ecf8427e"
    )
    answers = named("letters").validate_all(["abc", "12345678", "", "cba", "x" * 100_001, "\ud800"])
    assert answers[0] == answers[3] == "abc"
    for refused in (answers[1], answers[2], answers[4], answers[5]):
        assert isinstance(refused, InputError)
        assert refused.code is ErrorCode.SIGNAL_INVALID
        assert "12345678" not in str(refused)


@pytest.mark.usefixtures("plugins")
def test_the_type_decides_what_matches() -> None:
    near, far = (named("letters").compare("abcdef", text) for text in ("abcdeg", "uvwxyz"))
    assert (near.is_match, near.distance) == (True, 2)
    assert (far.is_match, far.distance) == (False, 12)
    text = named("raw_text")
    banked = text.validate("The quick brown fox jumps over the lazy dog")
    assert text.compare(
        banked, text.question("the quick brown fox jumps over the lazy dogs")
    ).is_match
    assert not text.compare(banked, text.question("something else entirely")).is_match


@pytest.mark.usefixtures("plugins")
def test_a_query_over_texts_is_no_text_itself() -> None:
    trend = named("trend_query")
    assert trend.validate(QUERY) == QUERY
    with pytest.raises(InputError) as refused:
        trend.validate("play baaall tonight")
    assert refused.value.code is ErrorCode.SIGNAL_INVALID
    answers = [
        trend.compare(QUERY, trend.question(text)).is_match
        for text in ("play tonight", "a baaall", "play chess", "nothing")
    ]
    assert answers == [True, True, False, False]
    for nothing in ("", "  ", "x" * 100_001):
        with pytest.raises(InputError):
            trend.question(nothing)


@pytest.mark.usefixtures("plugins")
def test_text_and_files_are_hashed_in_the_process_of_the_plugins() -> None:
    letters, digest, first = (named(name) for name in ("letters", "video_md5", "first_byte"))
    assert isinstance(letters, HashesText)
    assert isinstance(digest, HashesBytes)
    assert isinstance(first, HashesBytes)
    assert letters.hash_text("Oh, hello!") == "ehhlloo"
    with pytest.raises(InputError):
        letters.hash_text("12345")
    content = b"\x00\x01harmless"
    assert digest.hash_bytes(io.BytesIO(content)) == hashlib.md5(content).hexdigest()  # noqa: S324
    assert first.hash_bytes(io.BytesIO(content)) == "00"
    with pytest.raises(MediaError) as refused:
        first.hash_bytes(io.BytesIO(b""))
    assert refused.value.code is ErrorCode.FINGERPRINT_UNUSABLE


def test_files_get_the_fingerprints_of_plugins_beside_nahmis_own(plugins: Plugins) -> None:
    picture, video = as_jpeg(scene(1)), b"\x00\x00\x00\x18ftypmp42 no picture"
    with SandboxedFingerprinter() as own:
        both = plugins.beside(own)
        found = {
            f.signal_type: f.value
            for f in both.fingerprint(picture, FingerprintPlan()).fingerprints
        }
        assert found["first_byte"] == "ff"
        assert found["tx_pdq"]
        assert "video_md5" not in found
        other = both.fingerprint(io.BytesIO(video), FingerprintPlan())
        with pytest.raises(MediaError) as refused:
            both.fingerprint(b"\xff\xd8\xff broken", FingerprintPlan())
    assert [f.signal_type for f in other.fingerprints] == ["video_md5"]
    assert (other.size_bytes, bool(other.unusable)) == (len(video), True)
    assert refused.value.code is ErrorCode.MEDIA_MALFORMED


@pytest.mark.usefixtures("plugins")
@pytest.mark.parametrize("fatal", ["elps", "achrs", "aersu"], ids=["hangs", "crashes", "raises"])
def test_a_type_that_fails_costs_its_process_and_no_more(fatal: str) -> None:
    letters = named("letters")
    with pytest.raises(PluginError) as failed:
        letters.compare("abcdef", fatal)
    assert failed.value.code is ErrorCode.PLUGIN_FAILED
    assert "abcdef" not in failed.value.diagnostics()
    assert letters.compare("abc", "abc").is_match


def load(**settings: object) -> NahmiError | None:
    try:
        Plugins(ThreatExchangeSettings(**settings)).close()  # type: ignore[arg-type]  # as given
    except NahmiError as error:
        return error
    return None


@pytest.mark.usefixtures("found")
@pytest.mark.parametrize(
    "settings",
    [
        {"manifests": ("tx_missing",)},
        {"manifests": ("json",)},
        {"signal_types": ("tx_letters:Missing",)},
        {"signal_types": ("tx_letters:NoSignal",)},
        {"signal_types": ("tx_letters",)},
        {"signal_types": ("Bad Name=tx_letters:LettersSignal",)},
        {"signal_types": ("one=tx_letters:LettersSignal", "one=tx_letters:FirstByteSignal")},
        {"signal_types": ("threatexchange.signal_type.url:URLSignal",)},
    ],
    ids=["no module", "no manifest", "no class", "no type", "no name", "bad name", "twice", "ours"],
)
def test_what_cannot_be_loaded_is_refused_and_leaves_nothing(settings: dict[str, object]) -> None:
    before = signal_types().names()
    refused = load(**settings)
    assert refused is not None
    assert refused.code is ErrorCode.PLUGIN_INVALID
    assert signal_types().names() == before


@pytest.mark.usefixtures("found")
def test_nodes_with_the_same_plugins_share_them_until_the_last_is_closed() -> None:
    settings = ThreatExchangeSettings(signal_types=("shared=tx_letters:LettersSignal",))
    with Plugins(settings):
        with Plugins(settings):
            assert "shared" in signal_types().names()
        assert named("shared").validate("ba") == "ab"
    assert "shared" not in signal_types().names()
