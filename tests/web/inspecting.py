# SPDX-License-Identifier: Apache-2.0
"""What a person without sight, mouse or patience would find wrong with a page."""

from collections.abc import Iterator
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]
NARROW, WIDE = 320, 1280
PARTS_OF_A_FIELD = 6
"""Stops inside one field for a date and a time."""

REFUSAL = "the server responded with a status of 4"
"""What Chromium notes of a page that says what was wrong with a form: no fault of the page."""

AXE = Axe()

TOO_WIDE = """
() => document.documentElement.scrollWidth - document.documentElement.clientWidth
"""

FOCUSED = """
() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const box = one.getBoundingClientRect();
  const middle = (from, to, edge) => (Math.max(from, 0) + Math.min(to, edge)) / 2;
  const over = document.elementFromPoint(
    middle(box.left, box.right, innerWidth), middle(box.top, box.bottom, innerHeight));
  const style = getComputedStyle(one);
  return {
    name: one.outerHTML.slice(0, 90),
    index: [...document.querySelectorAll("*")].indexOf(one),
    covered: !(over && (one.contains(over) || over.contains(one) || one.type === "file")),
    outline: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
  };
}
"""

STOPS = """
() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea,'
  + ' summary, [tabindex="0"]')]
  .filter((one) => one.tabIndex >= 0 && one.checkVisibility({visibilityProperty: true})).length
"""


@contextmanager
def opened(
    browser: Browser, address: str, *, scripts: bool = True, locale: str = "en"
) -> Iterator[Page]:
    """A page in a browser of its own; nothing may be loaded from elsewhere or complained about."""
    context = browser.new_context(
        viewport={"width": WIDE, "height": 900},
        java_script_enabled=scripts,
        color_scheme="light",
        locale=locale,
        service_workers="block",
    )
    complaints: list[str] = []
    page = context.new_page()
    page.on(
        "console",
        lambda message: None if REFUSAL in message.text else complaints.append(message.text),
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: (complaints.append("a dialog"), dialog.dismiss()))
    origin = "/".join(address.split("/")[:3])
    page.on(
        "request",
        lambda one: complaints.append(one.url) if not one.url.startswith(origin) else None,
    )
    page.goto(address)
    yield page
    context.close()
    assert not complaints, complaints


def barriers(page: Page) -> str:
    """What axe-core finds; empty when it finds nothing."""
    return _found(page, {"type": "tag", "values": RULES})


def faint(page: Page) -> str:
    """What has too little contrast in the colours of the moment."""
    return _found(page, {"type": "rule", "values": COLOURS})


def _found(page: Page, rules: dict[str, object]) -> str:
    found = AXE.run(page, options={"runOnly": rules, "resultTypes": ["violations"]})
    return found.generate_report() if found.violations_count else ""


def overflow(page: Page, width: int) -> int:
    """Pixels by which the page is wider than a screen."""
    page.set_viewport_size({"width": width, "height": 900})
    return int(page.evaluate(TOO_WIDE))


def walk(page: Page) -> tuple[list[dict[str, object]], int]:
    """Every stop of the Tab key from the top of the page, and how many there should be."""
    expected: int = page.evaluate(STOPS)
    page.locator(".skip").focus()
    stops = [page.evaluate(FOCUSED)]
    for _ in range(expected * PARTS_OF_A_FIELD):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if stop is None or stop["index"] == stops[0]["index"]:
            break
        if stop["index"] != stops[-1]["index"]:
            stops.append(stop)
    return stops, expected
