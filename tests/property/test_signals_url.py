# SPDX-License-Identifier: Apache-2.0
"""Canonical URLs: stable under every spelling, and never a foreign exception."""

import contextlib
from collections.abc import Callable

from hypothesis import example, given
from hypothesis import strategies as st

from nahmi.errors import ErrorCode, InputError
from nahmi.protect.signal_type import SignalType
from nahmi.protect.signals.url import Url, UrlHost, url_lookups

URL = Url()
HOSTS = st.sampled_from(
    [
        "example.org",
        "a_b.example",
        "مثال.إختبار",
        "موقع.وزارة-الأتصالات.مصر",
        "مدرسة١.مثال",
        "نامه‌ای.example",
        "bücher.example",
        "straße.example",
        "日本語.example",
        "i❤.example",
        "xn--mgbh0fb.xn--kgbechtv",
        "127.0.0.1",
        "[2001:db8::1]",
    ]
)
SCHEMES = st.sampled_from(["http", "https"])
PATHS = st.lists(st.text("abz09-._~%2eF é/؟:@", max_size=6), max_size=4).map("/".join)
QUERIES = st.lists(
    st.text(st.characters(exclude_characters="#", exclude_categories=["Cs"]), max_size=8),
    max_size=3,
).map("&".join)
URL_LIKE = st.from_regex(
    r"\A(https?|HTTP|ftp)?:?[/\\]{0,3}([^/?#\ud800-\udfff]{0,12}@)?[^/]{0,20}(:[0-9]{0,6})?(/.{0,20})?",
)


def validated(kind: SignalType, text: str) -> str | None:
    """The canonical form; None when the text is refused as it should be."""
    try:
        return kind.validate(text)
    except InputError as error:
        return None if error.code is ErrorCode.SIGNAL_INVALID else str(error)


@given(st.text() | URL_LIKE | st.text().map("https://".__add__) | HOSTS.map("http://".__add__))
@example("http://%")
@example("http://" + "é" * 4000 + ".example")
@example("http://xn--" + "a" * 59)
@example("http://xn--99999999999999.example")
@example("http://0x" + "f" * 8000)
@example("http://[::%eth0]/")
@example("http://a:" + "9" * 5000)
def test_any_text_is_refused_or_has_one_stable_form(text: str) -> None:
    canonical = validated(URL, text)
    if canonical is not None:
        assert canonical.isascii()
        assert URL.validate(canonical) == canonical


@given(st.text() | HOSTS | st.text(max_size=20).map("xn--".__add__))
def test_any_host_is_refused_or_has_one_stable_form(text: str) -> None:
    canonical = validated(UrlHost(), text)
    if canonical is not None:
        assert canonical.isascii()
        assert UrlHost().validate(canonical) == canonical


@given(SCHEMES, HOSTS, PATHS, QUERIES, st.sampled_from([str.upper, str.lower]))
def test_spelling_does_not_matter(
    scheme: str, host: str, path: str, query: str, cased: Callable[[str], str]
) -> None:
    plain = f"{scheme}://{host}/{path}?{query}&z"
    port = {"http": ":080", "https": ":443"}[scheme]
    dot = "" if host.startswith("[") else "."
    shown = cased(host) if host.isascii() else host
    other = (
        f" {cased(scheme)}:\\\\me:pw@{shown}{dot}{port}/x/../{path}"
        f"?utm_source=a&{query}&FBCLID=b&&utm%5fMedium&z#frag\n"
    )
    assert URL.validate(other) == URL.validate(plain)


@given(SCHEMES, HOSTS)
def test_lookups_climb_from_the_page_to_the_domains(scheme: str, host: str) -> None:
    page, twin, *hosts = url_lookups(f"{scheme}://{host}/a?b")
    assert {page.value.partition(":")[0], twin.value.partition(":")[0]} == {"http", "https"}
    assert page.value.partition(":")[2] == twin.value.partition(":")[2]
    values = [signal.value for signal in hosts]
    assert values[0] in page.value
    assert all(values[0].endswith(value) for value in values)
    for value in values:
        with contextlib.suppress(InputError):
            assert UrlHost().validate(value) == value
