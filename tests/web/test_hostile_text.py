# SPDX-License-Identifier: Apache-2.0
"""What others write never runs, never breaks out of its place and never turns the page around."""

from collections.abc import Iterator
from html.parser import HTMLParser

import msgspec
import pytest
from filling import filled
from inspecting import opened
from loopback import serving
from payloads import MARK, PAYLOADS
from playwright.sync_api import Browser
from samples import PAGES, READER, chrome

from nahmi.web.chrome import Chrome
from nahmi.web.render import render
from nahmi.web.words import LANGUAGES, Language

TOGETHER, ALONE = 20, 8
HARMLESS = f"a plain text {MARK}"
STEERING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

EXPOSED = """
(mark) => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.data.includes(mark)) continue;
    if (node.parentElement.closest("bdi, option, optgroup, textarea, title, desc")) continue;
    const before = node.data.slice(0, node.data.indexOf(mark));
    if (before.split("\u2068").length <= before.split("\u2069").length) found.push(node.data);
  }
  return found;
}
"""
"""Texts of others that stand in no isolate: neither in an element nor between FSI and PDI."""


class Skeleton(HTMLParser):
    """The elements of a page and the names of their attributes, without any text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.bones: list[tuple[str, ...]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.bones.append((tag, *(name for name, _ in attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.bones.append((f"/{tag}",))

    def handle_comment(self, data: str) -> None:
        self.bones.append(("comment", data))


def hostile_page(name: str, language: Language, text: str) -> str:
    view = filled(PAGES[name](language), text)
    surroundings: Chrome = msgspec.structs.replace(
        chrome(name, language), reader=filled(READER, text), request_id=text, version=text
    )
    return render(view, surroundings)


def test_there_are_two_hundred() -> None:
    assert len(PAYLOADS) == len(set(PAYLOADS)) == 200
    assert sum("\u202e" in one for one in PAYLOADS) >= 5


def payloads_for(name: str) -> Iterator[str]:
    """Every payload in the company of some others, and one in eight alone: others on each page."""
    yield from (" ".join(PAYLOADS[at : at + TOGETHER]) for at in range(0, len(PAYLOADS), TOGETHER))
    yield from PAYLOADS[sorted(PAGES).index(name) % ALONE :: ALONE]


def test_every_payload_stands_alone_on_some_page() -> None:
    alone = {one for name in PAGES for one in payloads_for(name)}
    assert set(PAYLOADS) <= alone


@pytest.mark.parametrize("name", PAGES)
def test_no_text_changes_the_structure_of_a_page(name: str) -> None:
    language = LANGUAGES[(len(name) + 1) % 2]  # the browser gets the other one
    expected = Skeleton(hostile_page(name, language, HARMLESS)).bones
    for payload in payloads_for(name):
        page = hostile_page(name, language, payload)
        assert page.encode()
        changed = Skeleton(page).bones != expected
        assert not changed, ascii(payload)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    everything = " ".join(PAYLOADS)

    def page(path: str) -> str | None:
        _, language, name = path.split("/", 2)
        spoken: Language = "ar" if language == "ar" else "en"
        if name not in PAGES:
            return None
        # A form keeps what was typed, lone surrogates too; no browser ever sends one.
        return hostile_page(name, spoken, everything.replace("\ud800", ""))

    with serving(page) as at:
        yield at


@pytest.mark.browser
@pytest.mark.enable_socket
@pytest.mark.parametrize("name", PAGES)
def test_nothing_runs_and_everything_is_isolated(browser: Browser, address: str, name: str) -> None:
    language = LANGUAGES[len(name) % 2]
    with opened(browser, f"{address}/{language}/{name}") as page:
        assert page.evaluate("window.hit") is None
        assert page.evaluate(EXPOSED, MARK) == []
        shown = page.evaluate("document.body.innerText")
        outside = "".join(one for one in shown if one in STEERING)
        assert outside.replace("\u2068", "").replace("\u2069", "") == ""
        assert outside.count("\u2068") == outside.count("\u2069")
