# SPDX-License-Identifier: Apache-2.0
"""Templates say of every text what it is; the rules of headers and links hold."""

import re
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest

import nahmi.web
from nahmi.web.charts import bars
from nahmi.web.chrome import Chrome
from nahmi.web.headers import CONTENT_SECURITY_POLICY
from nahmi.web.render import _deliberate, render
from nahmi.web.views.dashboard import queries_chart
from nahmi.web.views.operations import Confirm, Problem, Question
from nahmi.web.words import words_of
from nahmi.web.writing import Writing

FOLDER = files(nahmi.web).joinpath("templates")


def templates() -> list[Path]:
    assert isinstance(FOLDER, Path)
    return sorted(FOLDER.glob("*.j2"))


def test_a_bare_text_is_refused() -> None:
    with pytest.raises(TypeError):
        _deliberate("text")
    assert _deliberate(3) == 3


@pytest.mark.parametrize("template", templates(), ids=lambda path: path.name)
def test_templates_hold_no_script_style_or_foreign_address(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert not re.search(r"\son\w+=|\sstyle=|<style|javascript:|https?://|\|safe\b", text)
    assert not re.search(r"<script(?! type=\"module\" src=)", text)


@pytest.mark.parametrize("template", templates(), ids=lambda path: path.name)
def test_every_form_that_changes_something_carries_its_token(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    for form in re.findall(r'<form[^>]*method="post".*?</form>', text, re.DOTALL):
        assert "csrf()" in form


def test_a_page_sends_nobody_away() -> None:
    view = Confirm(
        question=Question.KEY_REVOKE,
        subject="a key",
        action_path="https://example.org/",
        back_path="javascript:alert(1)",
    )
    page = render(view, Chrome(language="en", path="/console"))
    assert "example.org" not in page
    assert "javascript" not in page


def test_nobody_signed_in_sees_no_menu_and_may_do_nothing() -> None:
    chrome = Chrome(language="en", path="/console")
    assert not chrome.may("protect:bank:read")
    assert "<nav" not in render(Problem(status=404), chrome)


def test_the_policy_allows_nothing_inline_and_nothing_foreign() -> None:
    rules = dict(rule.split(" ", 1) for rule in CONTENT_SECURITY_POLICY.split("; "))
    assert rules["default-src"] == "'none'"
    assert set(rules.values()) <= {"'none'", "'self'", "'script'"}


def test_our_own_isolates_are_not_written_out() -> None:
    words, writes = words_of("ar"), Writing("ar")
    days = [date(2026, 11, at) for at in range(1, 15)]
    chart = queries_chart(days, [1] * 14, words, writes)
    assert "U+20" not in bars(chart, "rtl")
    assert "\u206814\u2069" in bars(chart, "rtl")
