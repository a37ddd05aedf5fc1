# SPDX-License-Identifier: Apache-2.0
"""Every page of the console in a real browser, in both languages."""

from collections.abc import Iterator

import pytest
from inspecting import NARROW, WIDE, barriers, faint, opened, overflow, walk
from loopback import serving
from playwright.sync_api import Browser, Locator, Page
from samples import ALONE, PAGES, chrome

from nahmi.web.render import render
from nahmi.web.views.base import View
from nahmi.web.words import LANGUAGES, Language

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

EACH_PAGE = pytest.mark.parametrize("name", PAGES)
IN_BOTH = pytest.mark.parametrize("language", LANGUAGES)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    def page(path: str) -> str | None:
        _, language, name = path.split("/", 2)
        spoken: Language = "ar" if language == "ar" else "en"
        return render(PAGES[name](spoken), chrome(name, spoken)) if name in PAGES else None

    with serving(page) as at:
        yield at


def test_every_page_has_a_sample() -> None:
    shown = {type(sample("en")) for sample in PAGES.values()}
    assert shown == {kind for kind in View.__subclasses__() if kind.__module__.startswith("nahmi")}


def left_edge(one: Locator) -> float:
    box = one.bounding_box()
    assert box is not None
    return box["x"]


@IN_BOTH
@EACH_PAGE
def test_a_page_has_no_barriers(
    browser: Browser, address: str, name: str, language: Language
) -> None:
    with opened(browser, f"{address}/{language}/{name}") as page:
        html = page.locator("html")
        assert html.get_attribute("lang") == language
        direction = "rtl" if language == "ar" else "ltr"
        assert page.evaluate("getComputedStyle(document.body).direction") == direction
        assert page.locator("h1").count() == 1
        assert overflow(page, NARROW) == 0
        assert barriers(page) == ""
        assert overflow(page, WIDE) == 0
        page.emulate_media(color_scheme="dark")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 23, 29)"
        assert faint(page) == ""
        if language == "ar":
            check_keyboard(page)


def check_keyboard(page: Page) -> None:
    """A page can be walked with the keyboard."""
    page.emulate_media(color_scheme="light")
    stops, expected = walk(page)
    assert len(stops) == expected, "every stop is reached, and none holds the keyboard"
    order = [stop["index"] for stop in stops]
    assert order == sorted(order), "the order of the keyboard is that of the page"
    assert 'class="skip"' in str(stops[0]["name"])
    assert [stop["name"] for stop in stops if stop["covered"]] == []
    assert [stop["name"] for stop in stops if not stop["outline"]] == []


def test_every_page_is_complete_without_scripts(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}/ar/banks", scripts=False) as page:
        for name in PAGES:
            page.goto(f"{address}/ar/{name}")
            assert page.locator("main h1").is_visible(), name
            buttons = page.locator("button[data-copy]")
            assert not any(buttons.nth(at).is_visible() for at in range(buttons.count())), name


def test_text_may_be_twice_as_large(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}/ar/dashboard") as page:
        page.set_viewport_size({"width": 2 * NARROW, "height": 900})
        page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
        assert page.evaluate("document.documentElement.scrollWidth") <= 2 * NARROW


def test_the_skip_link_leads_past_the_menu(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}/en/banks") as page:
        page.keyboard.press("Tab")
        assert page.locator(".skip").evaluate("one => one.getBoundingClientRect().top") >= 0
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_mistakes_get_the_focus_and_lead_to_their_field(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}/ar/bank-new") as page:
        assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
        field = page.locator("#name")
        assert field.get_attribute("aria-invalid") == "true"
        described = (field.get_attribute("aria-describedby") or "").split()
        assert [page.locator(f"#{one}").count() for one in described] == [1, 1]
        page.locator(".notice.error a").click()
        assert page.evaluate("document.activeElement.id") == "name"


def test_a_secret_is_copied_with_one_press(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}/en/key-made") as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.locator("button[data-copy]").click()
        page.locator("button[data-copy]", has_text="Copied").wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == "nahmi_abcdefg2_" + "x" * 43


def test_charts_run_in_the_direction_of_reading(browser: Browser, address: str) -> None:
    from_left = {}
    for language in LANGUAGES:
        with opened(browser, f"{address}/{language}/dashboard") as page:
            bars = page.locator("svg.chart rect")
            labels = page.locator("figure.chart .span").first.locator("span")
            from_left[language] = [
                left_edge(pair.first) < left_edge(pair.last) for pair in (bars, labels)
            ]
    assert from_left == {"en": [True, True], "ar": [False, False]}


def test_the_menu_stands_where_reading_starts(browser: Browser, address: str) -> None:
    sides = {}
    for language in LANGUAGES:
        with opened(browser, f"{address}/{language}/banks") as page:
            sides[language] = left_edge(page.locator("nav.menu")) < WIDE / 2
    assert sides == {"en": True, "ar": False}


@pytest.mark.parametrize("name", sorted(ALONE))
def test_pages_before_signing_in_tell_nothing_of_the_node(
    browser: Browser, address: str, name: str
) -> None:
    with opened(browser, f"{address}/en/{name}") as page:
        assert page.locator("nav.menu").count() == 0


def test_codes_and_passwords_may_be_pasted(browser: Browser, address: str) -> None:
    for name, field in {"second-factor": "#code", "set-password": "#password"}.items():
        with opened(browser, f"{address}/en/{name}") as page:
            page.context.grant_permissions(["clipboard-read", "clipboard-write"])
            page.evaluate("navigator.clipboard.writeText('123456')")
            page.locator(field).focus()
            page.keyboard.press("Control+V")
            assert page.locator(field).input_value() == "123456"
