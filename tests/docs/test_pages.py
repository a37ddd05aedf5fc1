# SPDX-License-Identifier: Apache-2.0
"""Links lead somewhere, and no page promises what cannot be kept."""

import re
from pathlib import Path

import pytest
from pages import DOCS, PAGES, ROOT, anchors, links, name, prose, text

OVERCLAIMS = [
    r"(cannot|can't|can not|impossible to) be (reversed|inverted)",
    r"\birreversible (hash|fingerprint)",
    r"\bone-way (hash|fingerprint)",
    r"(?<!not )(?<!never )(?<!no )\brobust (against|to) (adversar|attack|evasion|people who)",
    r"\b(tamper|evasion|attack|bullet)-?proof\b",
    r"\b(unbreakable|military-grade|100 ?% (safe|secure|accurate))\b",
]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_to_files_and_headings_that_exist(page: Path) -> None:
    broken = []
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=name)
@pytest.mark.parametrize("claim", OVERCLAIMS)
def test_no_page_claims_what_fingerprints_cannot_do(page: Path, claim: str) -> None:
    assert not re.search(claim, prose(page), re.IGNORECASE)


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached = {ROOT / "README.md"}
    todo = list(reached)
    while todo:
        page = todo.pop()
        for link in links(page):
            target = (page.parent / link.partition("#")[0]).resolve()
            if target.suffix == ".md" and target.exists() and target not in reached:
                reached.add(target)
                todo.append(target)
    assert not {name(page) for page in PAGES} - {name(page) for page in reached}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_make_targets_that_pages_name_exist(page: Path) -> None:
    makefile = text(ROOT / "Makefile")
    named = set(re.findall(r"(?:`|\$ )make ([a-z]+)", text(page)))
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in named)


def test_decisions_are_numbered_and_say_context_choice_and_price() -> None:
    decisions = sorted(DOCS.glob("adr/0*.md"))
    index = text(DOCS / "adr" / "README.md")
    for number, page in enumerate(decisions, start=1):
        assert page.name.startswith(f"{number:04d}-")
        assert text(page).startswith(f"# {number:04d} · ")
        assert f"[{number:04d}]({page.name})" in index
        assert all(f"**{part}.**" in text(page) for part in ("Context", "Choice", "Price"))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_no_page_invents_an_address_of_a_person(page: Path) -> None:
    assert not re.search(r"[\w.+-]+@[\w-]+\.[a-z]{2,}", prose(page))
