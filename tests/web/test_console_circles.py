# SPDX-License-Identifier: Apache-2.0
"""A circle in the console, from its founding to a withdrawal that everybody has acknowledged."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from house import House
from inspecting import barriers, opened
from playwright.sync_api import Browser, Page, expect
from samples import chrome
from samples_circles import QUIET_PAGES
from test_console_flow import come_in, follow, make_bank, press

from nahmi.bootstrap.circles import Circles
from nahmi.bootstrap.open_circles import open_circles
from nahmi.core.signal import Signal
from nahmi.partner.statement_proofs import StatementProof
from nahmi.testing.circle_guests import Guest
from nahmi.web.render import render
from nahmi.web.words import LANGUAGES, Language, words_of


@contextmanager
def beside(house: House) -> Iterator[Circles]:
    """The node's circles, opened beside the node that serves."""
    with open_circles(house.folder) as (_, circles):
        yield circles


def found(page: Page, name: str, language: Language) -> str:
    """A new circle's id."""
    t = words_of(language).text
    follow(page, t("section-circles"))
    follow(page, t("circle-new"))
    page.locator("#name").fill(name)
    page.locator("#organisation").fill("خط المساعدة")
    page.locator("#sector").select_option("hotline")
    page.locator("#country").fill("ae")
    page.locator("#jurisdictions").fill("٣")
    press(page, t("circle-found-do"))
    expect(page.locator("[role=alert]")).to_contain_text(t("error-input_invalid"))
    page.locator("#jurisdictions").fill("٢" if language == "ar" else "2")
    press(page, t("circle-found-do"))
    expect(page.locator(".notice.done")).to_contain_text(name)
    assert barriers(page) == ""
    return page.url.rpartition("/")[2]


def invite_and_admit(page: Page, guest: Guest, language: Language) -> None:
    t = words_of(language).text
    follow(page, t("invitations"))
    page.locator("#note").fill("Charity Y")
    press(page, t("invite-do"))
    text = page.locator("#made").input_value()
    with page.expect_download() as started:
        press(page, t("invitation-download"))
    assert started.value.path().read_text(encoding="utf-8") == f"{text}\n"
    number = guest.applies("Charity Y")
    page.goto(page.url)
    expect(page.locator("#made")).to_have_count(0)
    row = page.locator("tbody tr", has_text=t("invited-applied"))
    fingerprint = " ".join(guest.kid[at : at + 4] for at in range(0, 32, 4))
    expect(row).to_contain_text(fingerprint)
    row.get_by_role("link", name=str(number)).first.click()
    expect(page.locator("main")).to_contain_text(fingerprint)
    press(page, t("circle-admit"))
    expect(page.locator(".notice.done")).to_have_count(1)
    expect(page.locator("tbody")).to_contain_text(guest.name)


def share_a_bank(page: Page, bank: str, name: str, language: Language) -> str:
    """A signal that is shared then."""
    t = words_of(language).text
    value = sha256(bank.encode()).hexdigest()
    make_bank(page, bank, language)
    follow(page, t("add-signal"))
    page.locator("#signal_type").select_option("pdq")
    page.locator("#value").fill(value)
    press(page, t("add-signal-do"))
    follow(page, t("bank-share"))
    page.locator("#circle").select_option(label=name)
    press(page, t("share-do"))
    expect(page.locator("[class*=job-done]")).to_be_visible(timeout=30_000)
    expect(page.locator(".facts")).to_contain_text(f"{bank}, {name}")
    expect(page.locator(".facts")).to_contain_text(t("result-said"))
    return value


def dispute_and_withdraw(page: Page, guest: Guest, value: str, language: Language) -> None:
    t = words_of(language).text
    follow(page, t("attention"))
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody")).to_contain_text(t("tier-contested"))
    page.locator("tbody th a").click()
    expect(page.locator("#value")).to_have_value(value)
    expect(page.locator("main")).to_contain_text("A widely known picture.")
    assert barriers(page) == ""
    page.locator("#why").select_option("error")
    press(page, t("take-back-ask"))
    press(page, t("circle-withdraw"))
    expect(page.locator(".notice.done")).to_be_visible()
    expect(page.locator("main")).to_contain_text(t("retract-error"))
    page.goto(page.url.rpartition("/signals/")[0])
    follow(page, t("withdrawals"))
    expect(page.locator("tbody tr")).to_contain_text(guest.name)
    expect(page.locator("tbody .badge.good")).to_have_count(0)
    guest.acknowledges()
    page.reload()
    expect(page.locator("tbody .badge.good")).to_have_text(t("nobody-missing"))


def prove(page: Page, folder: Path, language: Language) -> None:
    t = words_of(language).text
    follow(page, t("circle-log"))
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(4)
    expect(rows.first).to_contain_text(t("said-retract"))
    rows.first.get_by_role("link").click()
    expect(page.locator(".notice.done")).to_contain_text(t("proof-holds"))
    with page.expect_download() as started:
        follow(page, t("proof-download"))
    kept = folder / "proof.json"
    started.value.save_as(kept)
    assert StatementProof.read(kept.read_bytes()).check().size == 4
    assert json.loads(kept.read_bytes())["place"] == 3


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.browser
@pytest.mark.enable_socket
def test_a_circle_lives(browser: Browser, house: House, tmp_path: Path, language: Language) -> None:
    t = words_of(language).text
    name = "تحالف الخليج" if language == "ar" else "Gulf alliance"
    with (
        beside(house) as circles,
        opened(browser, f"{house.address}/console/sign-in", locale=language) as page,
    ):
        come_in(page, house, f"circle-{language}@example.org", language)
        circle_id = found(page, name, language)
        guest = Guest(circles, circle_id, "Charity Y", "GB")
        invite_and_admit(page, guest, language)
        value = share_a_bank(page, f"SHARED_{language.upper()}", name, language)
        own = circles.circles.circle(circle_id).own_org
        guest.opines(own, Signal("pdq", value), -100, "A widely known picture.")
        follow(page, t("section-circles"))
        follow(page, name)
        dispute_and_withdraw(page, guest, value, language)
        prove(page, tmp_path, language)


@pytest.mark.browser
@pytest.mark.enable_socket
def test_members_are_changed_and_keys_undone(browser: Browser, house: House) -> None:
    t = words_of("en").text
    with (
        beside(house) as circles,
        opened(browser, f"{house.address}/console/sign-in", locale="en") as page,
    ):
        come_in(page, house, "stewarding@example.org", "en")
        circle_id = found(page, "Stewards", "en")
        guest = Guest(circles, circle_id, "Charity Y", "GB").joins()
        signal = Signal("pdq", sha256(b"said").hexdigest())
        guest.asserts(signal)
        follow(page, t("circle-members"))
        follow(page, t("circle-rotate"))
        press(page, t("circle-rotate"))
        expect(page.locator(".notice.done")).to_contain_text(t("notice-circle-key-rotated"))
        follow(page, "Charity Y")
        page.locator("input[value=opine]").uncheck()
        press(page, t("save"))
        expect(page.locator(".notice.done")).to_be_visible()
        press(page, t("undo-key-ask"))
        expect(page.locator("#from_place")).to_have_attribute("aria-invalid", "true")
        page.locator("#from_place").fill("0")
        press(page, t("undo-key-ask"))
        expect(page.locator("main")).to_contain_text(guest.kid)
        press(page, t("circle-undo"))
        expect(page.locator("main")).to_contain_text(t("keystate-distrusted"))
        follow(page, t("circle-expel"))
        press(page, t("circle-expel"))
        expect(page.locator("main")).to_contain_text(t("membership-expelled"))
        page.goto(f"{house.address}/console/circles/{circle_id}")
        press(page, t("circle-verify"))
        expect(page.locator("[class*=job-done]")).to_be_visible(timeout=30_000)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", QUIET_PAGES)
def test_a_page_with_little_on_it_is_complete(name: str, language: Language) -> None:
    page = render(QUIET_PAGES[name](language), chrome(name, language))
    assert page.count("<h1") == 1
    assert page.rstrip().endswith("</html>")
