# SPDX-License-Identifier: Apache-2.0
"""Take the screenshots of the documentation: a node with made-up pictures, in both languages.

    .venv/bin/python scripts/screenshots.py

It writes docs/images/console-<page>-<language>.png. It needs Chromium, and fonts with Arabic.
"""

import io
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "web"))

from house import House, opened_house  # noqa: E402 - found by the line above

from nahmi.access.identity import LOCAL  # noqa: E402 - the same
from nahmi.access.roles import Role  # noqa: E402 - the same
from nahmi.bootstrap import now  # noqa: E402 - the same
from nahmi.bootstrap.open_circles import open_circles  # noqa: E402 - the same
from nahmi.bootstrap.operation import open_operation  # noqa: E402 - the same
from nahmi.core.bank import Action, Category  # noqa: E402 - the same
from nahmi.core.match import Verdict  # noqa: E402 - the same
from nahmi.flows.circles.founding import NewCircle, Organisation  # noqa: E402 - the same
from nahmi.library import Bank  # noqa: E402 - the same
from nahmi.partner.circles.members import Sector  # noqa: E402 - the same
from nahmi.partner.circles.rules import Rules  # noqa: E402 - the same
from nahmi.partner.voice import AssertionDraft  # noqa: E402 - the same
from nahmi.protect.match_log import LoggedHit, MatchEvent, QueryCount  # noqa: E402 - the same
from nahmi.testing.circle_guests import Guest  # noqa: E402 - the same
from nahmi.testing.circles import signal  # noqa: E402 - the same
from nahmi.testing.media import as_jpeg, scene  # noqa: E402 - the same

OUT = ROOT / "docs" / "images"
WIDTH, HEIGHT = 1280, 860
COLOURS = 96
DAYS = 14
PASSWORD = "a few words of my own"  # noqa: S105 - of nobody
SOURCES = ("Example Hotline", "خط المساعدة", "Partner platform")


def fill(folder: Path) -> None:
    """Two banks with pictures, and two weeks of questions and matches."""
    chance = random.Random(7)  # noqa: S311 - figures for a picture
    for name, count in (("HOTLINE_2026", 9), ("HOLIDAY_PHOTOS", 3)):
        with Bank.open(folder, name, category=Category.TEST) as bank:
            for at in range(count):
                bank.add(as_jpeg(scene(at)), source=SOURCES[at % 3], note="")
    with open_operation(folder) as node:
        moment = now()
        for ago in range(DAYS):
            day = moment - timedelta(days=ago)
            hour = day.replace(minute=0, second=0, microsecond=0)
            asked = QueryCount(
                hour=hour,
                member_id=1,
                principal="key:1",
                verdict=Verdict.NO_MATCH,
                count=chance.randint(8_000, 19_000),
            )
            events = [event(day, at, chance) for at in range(chance.randint(4, 18))]
            node.match_writer.record(events, [asked], [], now=day)


def event(day: object, at: int, chance: random.Random) -> MatchEvent:
    """A match of a day."""
    return MatchEvent(
        at=day - timedelta(minutes=at * 11),  # type: ignore[operator]  # a moment
        member_id=1,
        principal=f"key:{1 + at % 3}",
        reference=f"upload-{chance.randrange(16**6):06x}",
        channel="api",
        action=chance.choice((Action.REVIEW, Action.REVIEW, Action.HOLD, Action.LOG)),
        hits=(
            LoggedHit(
                bank_id=1,
                category=Category.TEST,
                entry_id=1 + at % 9,
                signal_type="pdq",
                distance=2 * (at % 12),
                limit_bits=31,
                variant="original",
                frame=0,
            ),
        ),
    )


def fill_circle(folder: Path) -> str:
    """A circle of four with signals of every standing; its id."""
    with open_circles(folder) as (_, circles):
        new = NewCircle(
            name="Gulf alliance · تحالف الخليج",
            description="Hotlines and platforms of the region, to act together.",
            url="https://hotline.example",
            organisation=Organisation(name="Example Hotline", sector=Sector.HOTLINE, country="AE"),
            rules=Rules(signal_types=("pdq", "sha256"), categories=(Category.TEST,)),
        )
        circle = circles.founding.found(LOCAL, new)
        guests = [
            Guest(circles, circle.circle_id, name, country).joins()
            for name, country in (("خط المساعدة", "JO"), ("Charity Y", "GB"), ("Agency Z", "KE"))
        ]
        drafts = [AssertionDraft(signal=signal(at), category=Category.TEST) for at in range(60)]
        circles.speaking.share(LOCAL, circle.circle_id, drafts)
        for at in range(40):
            guests[at % 3].opines(circle.own_org, signal(at), 100 if at > 4 else -100)  # noqa: PLR2004 - some
        for at in range(100, 112):
            guests[at % 3].asserts(signal(at))
        guests[0].acknowledges()
        guests[1].acknowledges()
    return circle.circle_id


def sign_in(page: Page, house: House, language: str) -> None:
    """By a one-time link, with a password."""
    page.goto(
        house.link(house.person(f"lina-{language}@example.org", Role.ADMIN, language=language))
    )
    page.locator("main button").click()
    page.locator("#password").fill(PASSWORD)
    page.locator("#again").fill(PASSWORD)
    page.locator("main form button").click()


def keep(page: Page, name: str, language: str) -> None:
    """Write what is seen, in few colours: text stays sharp and the file small."""
    page.evaluate("document.activeElement?.blur()")
    shot = Image.open(io.BytesIO(page.screenshot()))
    path = OUT / f"console-{name}-{language}.png"
    shot.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} KiB")


@contextmanager
def pages(language: str) -> Iterator[Page]:
    """A browser in a language."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("NAHMI_CHROMIUM") or shutil.which("chromium"),
            args=["--no-sandbox"],
        )
        yield browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, locale=language)
        browser.close()


def main() -> None:
    """Take all of them."""
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name, opened_house(Path(name) / "node") as house:
        fill(house.folder)
        circle = f"/circles/{fill_circle(house.folder)}"
        copy = Path(name) / "beach-copy.jpg"
        scene(3).rotate(90, expand=True).resize((420, 560)).save(copy, quality=60)
        for language in ("en", "ar"):
            with pages(language) as page:
                sign_in(page, house, language)
                for place, shot in (
                    ("", "dashboard"),
                    ("/banks/1", "bank"),
                    ("/matches", "log"),
                    (circle, "circle"),
                    (f"{circle}/attention", "attention"),
                ):
                    page.goto(f"{house.address}/console{place}")
                    keep(page, shot, language)
                page.goto(f"{house.address}/console/try")
                page.locator("#file").set_input_files(copy)
                page.locator("main form button").click()
                keep(page, "try", language)


if __name__ == "__main__":
    main()
