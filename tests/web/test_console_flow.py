# SPDX-License-Identifier: Apache-2.0
"""A new user's first day, in a real browser and both languages.

They come by a one-time link, set a password and a second factor, bank a picture, try an altered
copy, see the match in the log, delete and undo, and make a key.
"""

from pathlib import Path

import pytest
from house import House
from inspecting import barriers, opened
from playwright.sync_api import Browser, Page, expect
from pyotp import TOTP

from nahmi.access.roles import Role
from nahmi.testing.media import as_jpeg, scene
from nahmi.web.words import LANGUAGES, Language, words_of

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

PASSWORD = "a few words of my own"  # noqa: S105 - of nobody


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def follow(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).first.click()


def is_at(page: Page, path: str) -> None:
    expect(page).to_have_url(f"{'/'.join(page.url.split('/')[:3])}/console{path}")


def come_in(page: Page, house: House, email: str, language: Language) -> TOTP:
    """By a one-time link to a password and a second factor."""
    t = words_of(language).text
    person = house.person(email, Role.ADMIN, language=language)
    page.goto(house.link(person))
    press(page, t("login-link-use"))
    is_at(page, "/account/password")
    page.locator("#password").fill(PASSWORD)
    page.locator("#again").fill(PASSWORD)
    press(page, t("set-password-do"))
    is_at(page, "/account/second-factor")
    secret = TOTP(page.locator("#totp-secret").input_value().replace(" ", ""))
    assert page.locator(".qr svg path").count() >= 1
    page.locator("#code").fill(secret.now())
    press(page, t("totp-do"))
    expect(page.locator("h1")).to_have_text(t("recovery"))
    assert page.locator(".codes li").count() == 8
    assert barriers(page) == ""
    follow(page, t("recovery-kept"))
    is_at(page, "")
    return secret


def make_bank(page: Page, name: str, language: Language) -> None:
    t = words_of(language).text
    follow(page, t("section-banks"))
    follow(page, t("bank-new"))
    page.locator("#name").fill("lower case")
    page.locator("#category").select_option("test")
    press(page, t("save"))
    expect(page.locator("#name")).to_have_attribute("aria-invalid", "true")
    page.locator("#name").fill(name)
    page.locator("#limit_bits").fill("٢٩" if language == "ar" else "29")
    press(page, t("save"))
    expect(page.locator(".notice.done")).to_contain_text(name)
    expect(page.locator(".facts")).to_contain_text("29")


def bank_a_picture(page: Page, picture: Path, language: Language) -> None:
    t = words_of(language).text
    follow(page, t("add-upload"))
    page.locator("#file").set_input_files(picture)
    page.locator("#source").fill("خط المساعدة")
    press(page, t("add-upload-do"))
    expect(page.locator(".notice.done")).to_be_visible()
    expect(page.locator("tbody")).to_contain_text("خط المساعدة")


def try_a_copy(page: Page, copy: Path, bank: str, language: Language) -> None:
    t = words_of(language).text
    follow(page, t("section-try"))
    page.locator("#file").set_input_files(copy)
    press(page, t("try-do"))
    expect(page.locator("#answer")).to_have_text(t("verdict-match"))
    expect(page.locator("main")).to_contain_text(bank)
    assert barriers(page) == ""
    follow(page, t("section-matches"))
    expect(page.locator("tbody tr").first).to_contain_text(copy.name)
    page.locator("tbody a").first.click()
    expect(page.locator("main")).to_contain_text(bank)
    assert barriers(page) == ""


def delete_and_undo(page: Page, bank: str, language: Language) -> None:
    t = words_of(language).text
    follow(page, t("section-banks"))
    follow(page, bank)
    entries = page.locator("tbody tr").count()
    page.locator("tbody form button").first.click()
    expect(page.locator(".notice.done")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(entries - 1)
    press(page, t("undo"))
    expect(page.locator("tbody tr")).to_have_count(entries)
    press(page, t("bank-delete"))
    expect(page.get_by_role("link", name=bank, exact=True)).to_have_count(0)
    press(page, t("undo"))
    expect(page.locator("h1")).to_have_text(bank)


def make_replace_and_revoke_a_key(page: Page, language: Language) -> None:
    t = words_of(language).text
    follow(page, t("section-keys"))
    follow(page, t("key-new"))
    page.locator("#label").fill("خدمة الرفع")
    press(page, t("key-new"))
    assert page.locator("#key").input_value().startswith("nahmi_")
    follow(page, t("kept-it"))
    expect(page.locator("tbody th").first).to_have_text("خدمة الرفع")
    rows = page.locator("tbody tr")
    rows.first.locator("td a").first.click()
    page.locator("#hours").fill("721")
    press(page, t("key-rotate"))
    expect(page.locator("#hours")).to_have_attribute("aria-invalid", "true")
    page.locator("#hours").fill("2")
    press(page, t("key-rotate"))
    assert page.locator("#key").input_value().startswith("nahmi_")
    follow(page, t("kept-it"))
    expect(rows.nth(0)).to_contain_text(t("key-valid"))
    expect(rows.nth(1)).to_contain_text(t("key-ending"))
    rows.nth(1).locator("td a").last.click()
    press(page, t("key-revoke"))
    expect(rows.nth(1)).to_contain_text(t("key-revoked"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_first_day(browser: Browser, house: House, tmp_path: Path, language: Language) -> None:
    t = words_of(language).text
    bank = f"FIRST_DAY_{language.upper()}"
    picture, copy = tmp_path / "beach.jpg", tmp_path / "صورة.jpg"
    original = scene(40 if language == "en" else 41, width=640, height=480)
    picture.write_bytes(as_jpeg(original))
    original.resize((410, 300)).rotate(90, expand=True).save(copy, quality=60)
    with opened(browser, f"{house.address}/console/sign-in", locale=language) as page:
        come_in(page, house, f"first-{language}@example.org", language)
        assert page.locator("html").get_attribute("dir") == words_of(language).direction
        make_bank(page, bank, language)
        bank_a_picture(page, picture, language)
        try_a_copy(page, copy, bank, language)
        delete_and_undo(page, bank, language)
        make_replace_and_revoke_a_key(page, language)
        follow(page, t("section-audit"))
        press(page, t("audit-verify"))
        expect(page.locator(".notice.done")).to_contain_text(t("audit-holds"))
        follow(page, t("section-dashboard"))
        assert page.locator("svg.chart rect").count() >= 1
        assert barriers(page) == ""


def test_signing_in_needs_password_and_second_factor(browser: Browser, house: House) -> None:
    t = words_of("en").text
    with opened(browser, f"{house.address}/console/sign-in", locale="en") as page:
        secret = come_in(page, house, "returning@example.org", "en")
        press(page, t("sign-out"))
        page.goto(f"{house.address}/console/matches")
        is_at(page, "/sign-in?next=%2Fconsole%2Fmatches")
        page.locator("#email").fill("returning@example.org")
        page.locator("#password").fill("something else entirely")
        press(page, t("sign-in"))
        expect(page.locator("[role=alert]")).to_contain_text(t("mistake-credentials"))
        page.locator("#password").fill(PASSWORD)
        press(page, t("sign-in"))
        page.goto(f"{house.address}/console/banks")
        expect(page.locator("main")).to_contain_text("403")
        page.goto(f"{house.address}/console/second-factor?next=/console/matches")
        page.locator("#code").fill(secret.at(for_time=0))
        press(page, t("continue"))
        expect(page.locator("[role=alert]")).to_contain_text(t("mistake-code"))


def test_it_works_without_scripts(browser: Browser, house: House, tmp_path: Path) -> None:
    t = words_of("en").text
    picture = tmp_path / "a.jpg"
    picture.write_bytes(as_jpeg(scene(42, width=640, height=480)))
    person = house.person("plain@example.org", Role.ANALYST)
    with opened(browser, house.link(person), scripts=False, locale="en") as page:
        press(page, t("login-link-use"))
        page.locator("#password").fill(PASSWORD)
        page.locator("#again").fill(PASSWORD)
        press(page, t("set-password-do"))
        follow(page, t("totp-later"))
        follow(page, t("section-try"))
        page.locator("#file").set_input_files(picture)
        press(page, t("try-do"))
        expect(page.locator("#answer")).to_have_text(t("verdict-no_match"))
        follow(page, "العربية")
        expect(page.locator("html")).to_have_attribute("dir", "rtl")


def test_signals_go_in_and_out(browser: Browser, house: House, tmp_path: Path) -> None:
    t = words_of("en").text
    digests = [f"{at:064x}" for at in range(1, 4)]
    lines = ["signal_type,value,note", *(f"sha256,{one},imported" for one in digests), "pdq,no,"]
    listed = tmp_path / "list.csv"
    listed.write_text("\n".join(lines), encoding="utf-8")
    with opened(browser, f"{house.address}/console/sign-in", locale="en") as page:
        come_in(page, house, "exchange@example.org", "en")
        make_bank(page, "EXCHANGED", "en")
        follow(page, t("import"))
        page.locator("#file").set_input_files(listed)
        page.locator("#source").fill("Partner")
        press(page, t("import-do"))
        # The script of the page follows the job and shows the finished page by itself.
        expect(page.locator(".badge.job-done")).to_have_text(t("job-done"), timeout=30_000)
        figures = page.locator(".facts").inner_text().split("\n")
        assert dict(zip(figures[::2], figures[1::2], strict=False))[t("result-added")] == "3"
        with page.expect_download() as refused:
            follow(page, t("job-refused"))
        assert '"number"' in refused.value.path().read_text(encoding="utf-8")
        follow(page, t("section-banks"))
        follow(page, "EXCHANGED")
        expect(page.locator("tbody tr")).to_have_count(3)
        follow(page, t("export"))
        with page.expect_download() as exported:
            press(page, t("export-do"))
        assert exported.value.suggested_filename == "EXCHANGED.csv"
        text = exported.value.path().read_text(encoding="utf-8")
        assert all(one in text for one in digests)


def test_a_signal_is_added_changed_and_found(browser: Browser, house: House) -> None:
    t = words_of("ar").text
    digest = "ab" * 32
    with opened(browser, f"{house.address}/console/sign-in", locale="ar") as page:
        come_in(page, house, "signal@example.org", "ar")
        make_bank(page, "SIGNALS", "ar")
        follow(page, t("add-signal"))
        page.locator("#signal_type").select_option("sha256")
        page.locator("#value").fill("xyz")
        press(page, t("add-signal-do"))
        expect(page.locator("#value")).to_have_attribute("aria-invalid", "true")
        page.locator("#value").fill(digest.upper())
        press(page, t("add-signal-do"))
        page.locator("tbody th a").click()
        assert page.locator("#signal").input_value() == digest
        page.locator("#note").fill("ملاحظة \u202e للتجربة")
        page.locator("#disabled_until").fill("2099-01-02T03:04")
        press(page, t("save"))
        expect(page.locator(".badge.state-disabled")).to_be_visible()
        expect(page.locator(".facts")).to_contain_text("[U+202E]")
        assert page.locator("#note").input_value() == "ملاحظة \u202e للتجربة"
        page.goto(page.url.rpartition("/entries")[0] + "/banks")
        follow(page, "SIGNALS")
        page.locator("#text").fill("abababab")
        press(page, t("filter"))
        expect(page.locator("tbody tr")).to_have_count(1)
        page.locator("#text").fill("cdcd")
        press(page, t("filter"))
        expect(page.locator(".empty")).to_have_text(t("entries-none"))


def test_rules_and_webhooks(browser: Browser, house: House) -> None:
    t = words_of("en").text
    with opened(browser, f"{house.address}/console/sign-in", locale="en") as page:
        come_in(page, house, "rules@example.org", "en")
        follow(page, t("section-settings"))
        page.locator("#scope").select_option("category:ncii")
        page.locator("#action").select_option("hold")
        press(page, t("rule-new"))
        expect(page.locator(".notice.done")).to_contain_text(t("notice-rule-set"))
        page.locator("#rules ~ .wide tbody form button").first.click()
        expect(page.locator(".notice.done")).to_contain_text(t("notice-rule-removed"))
        expect(page.locator("main")).to_contain_text("limits.upload_bytes")
        follow(page, t("section-webhooks"))
        follow(page, t("webhook-new"))
        page.locator("#url").fill("https://127.0.0.1/hook")
        page.locator("input[name=events]").first.check()
        press(page, t("webhook-new"))
        expect(page.locator("#url")).to_have_attribute("aria-invalid", "true")
        page.locator("#url").fill("https://hooks.example.org/nahmi")
        press(page, t("webhook-new"))
        first = page.locator("#secret").input_value()
        press(page, t("webhook-rotate"))
        assert page.locator("#secret").input_value() not in ("", first)
        press(page, t("webhook-disable"))
        expect(page.locator(".facts")).to_contain_text(t("disabled"))
        follow(page, t("webhook-delete"))
        press(page, t("webhook-delete"))
        expect(page.locator(".empty")).to_have_text(t("webhooks-none"))


def test_people_and_members_are_let_in(browser: Browser, house: House) -> None:
    t = words_of("en").text
    with opened(browser, f"{house.address}/console/sign-in", locale="en") as page:
        come_in(page, house, "host@example.org", "en")
        follow(page, t("section-people"))
        follow(page, t("person-new"))
        page.locator("#name").fill("Sam")
        page.locator("#email").fill("sam@example.org")
        page.locator("#role").select_option("analyst")
        press(page, t("person-new-do"))
        assert "/console/enter/" in page.locator("#link").input_value()
        follow(page, t("section-people"))
        follow(page, "Sam")
        page.locator("#is_enabled").uncheck()
        press(page, t("save"))
        expect(page.locator("tbody tr", has_text="Sam")).to_contain_text(t("disabled"))
        follow(page, t("section-members"))
        page.locator("#name").fill("منصّة")
        page.locator("#admin_name").fill("Rana")
        page.locator("#admin_email").fill("rana@example.net")
        press(page, t("member-new"))
        assert "/console/enter/" in page.locator("#link").input_value()
        follow(page, t("section-members"))
        press(page, t("disable-this", name="منصّة"))
        expect(page.locator("tbody tr", has_text="منصّة")).to_contain_text(t("disabled"))
        follow(page, t("section-account"))
        page.locator("#language").select_option("ar")
        press(page, t("save"))
        expect(page.locator("html")).to_have_attribute("dir", "rtl")
