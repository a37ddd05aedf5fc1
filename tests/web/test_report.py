# SPDX-License-Identifier: Apache-2.0
"""The report in a real browser: direction, blur, width, and nothing loaded from anywhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from nahmi.cli.report import Report, write_report
from nahmi.flows.scan import MatchRecord, Outcome, Record, Summary
from nahmi.media import SandboxedFingerprinter
from nahmi.testing.media import as_jpeg, scene

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]


def match(variant: str, provenance: str, source: str = "") -> MatchRecord:
    return MatchRecord(
        bank="KNOWN",
        category="test",
        entry_id=1,
        entry_variant="original",
        signal_type="pdq",
        distance=12,
        limit_bits=31,
        variant=variant,
        frame=0,
        index_version=1,
        source=source,
        provenance=provenance,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    (folder / "bank").mkdir()
    (folder / "bank" / "a.jpg").write_bytes(as_jpeg(scene(1, width=400, height=300)))
    found = folder / "صورة <b>bold & x.jpg"
    found.write_bytes(as_jpeg(scene(1, width=400, height=300)))
    long = "x" * 300 + ".jpg"
    hostile = "<script>alert(1)</script><img src=https://example.org/x>"
    records = [
        Record(name=str(found), outcome=Outcome.MATCH, matches=(match("rotate90", "file:a.jpg"),)),
        Record(name=long, outcome=Outcome.MATCH, matches=(match("trim", "file:../../x", hostile),)),
        Record(name=hostile, outcome=Outcome.UNREADABLE, code="x", reason=hostile),
    ]
    with SandboxedFingerprinter() as fingerprinter:
        for language in ("en", "ar"):
            report = Report(records, Summary.of(records), language, folder / "bank")
            write_report(report, folder / f"{language}.html", fingerprinter)
    return folder


@pytest.fixture(params=["en", "ar"])
def page(browser: Browser, folder: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 360, "height": 800})
    opened = context.new_page()
    asked: list[str] = []
    opened.on("request", lambda one: asked.append(one.url))
    opened.on("console", lambda message: asked.append(message.text))
    opened.goto((folder / f"{request.param}.html").as_uri())
    yield opened
    rest = [url for url in asked if not url.startswith(("file:", "data:image/jpeg"))]
    context.close()
    assert rest == [], "the report asked for something, or the browser complained"


def test_it_reads_in_its_own_direction(page: Page) -> None:
    language = page.locator("html").get_attribute("lang")
    direction = page.evaluate("getComputedStyle(document.body).direction")
    assert direction == ("rtl" if language == "ar" else "ltr")
    heading = page.locator("h1").bounding_box()
    assert heading is not None
    assert page.evaluate("getComputedStyle(document.querySelector('th')).textAlign") == "start"


def test_it_fits_a_telephone(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_pictures_are_blurred_until_somebody_asks(page: Page) -> None:
    style = "e => getComputedStyle(e).filter"
    pictures = page.locator("img")
    assert pictures.count() == 2
    assert all("blur" in pictures.nth(i).evaluate(style) for i in range(2))
    pictures.first.hover()
    assert "blur" in pictures.first.evaluate(style)
    page.locator("label").first.click()
    assert pictures.first.evaluate(style) == "none"
    assert "blur" in pictures.nth(1).evaluate(style)
    page.locator("input").nth(1).focus()
    page.keyboard.press("Space")
    assert pictures.nth(1).evaluate(style) == "none"


def test_hostile_text_stays_text(page: Page) -> None:
    assert page.locator("script").count() == 0
    assert page.locator("b", has_text="bold").count() == 0
    assert "<script>alert(1)</script>" in page.locator("table").inner_text()
    assert page.evaluate("document.images.length") == 2


def test_names_are_isolated_from_the_direction_of_the_page(page: Page) -> None:
    names = page.locator("h3 bdi, td:first-child bdi")
    assert names.count() == 3
    assert page.locator(".empty").count() == 2
