# SPDX-License-Identifier: Apache-2.0
"""Both languages say the same things, and say all of them."""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import get_args

import pytest
from fluent.syntax import ast
from fluent.syntax.parser import FluentParser
from fluent.syntax.visitor import Visitor

import nahmi.web
from nahmi.access.roles import Permission, Role
from nahmi.core.bank import Action, CropPolicy
from nahmi.core.match import Verdict
from nahmi.errors import ErrorCode
from nahmi.flows.circles.circle_jobs import KINDS
from nahmi.operate.exchanges import FETCH_KIND, Tally
from nahmi.operate.jobs import LOST, JobState
from nahmi.partner.circles.members import CircleRole, KeyState, Membership, Sector
from nahmi.partner.circles.rules import Marking, Onward, Purpose
from nahmi.partner.fold.tiers import Tier
from nahmi.partner.gates import Gate
from nahmi.partner.ports.circle import Standing
from nahmi.partner.statements.kinds import AnyStatement, Basis, RetractReason, ReviewMethod
from nahmi.web.chrome import Tone
from nahmi.web.navigation import GROUPS, Section
from nahmi.web.notices import NoticeKey
from nahmi.web.views.base import Mistake
from nahmi.web.views.operations import Question
from nahmi.web.words import LANGUAGES, Language, sources, words_of

PLURALS = {"en": {"one", "other"}, "ar": {"zero", "one", "two", "few", "many", "other"}}
CATEGORIES = set(chain(*PLURALS.values()))
PROBLEMS = (400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 429, 500, 503)

FAMILIES: dict[str, set[str]] = {
    "action": {*Action, "none", *(f"{action}-meaning" for action in Action)},
    "basis": set(Basis),
    "circlerole": {f"{role}{rest}" for role in CircleRole for rest in ("", "-meaning")},
    "crops": {*CropPolicy, "hint"},
    "entry": {"active", "disabled", "expired", "deleted"},
    "error": {*ErrorCode, LOST},
    "gate": set(Gate),
    "invited": {"open", "applied", "admitted", "refused"},
    "job": set(JobState),
    "jobkind": {"bank_import", FETCH_KIND, *KINDS},
    "key": {"valid", "ending", "expired", "revoked"},
    "keystate": set(KeyState),
    "membership": set(Membership),
    "menu": set(GROUPS),
    "onward": set(Onward),
    "permission": {one.replace(":", "-") for one in Permission},
    "problem": {f"{status}{rest}" for status in PROBLEMS for rest in ("", "-meaning")},
    "purpose": set(Purpose),
    "result": {
        "lines",
        "known",
        "entries",
        "said",
        "statements",
        *(set(Tally.__struct_fields__) - {"job_id", "unknown"}),
    },
    "retract": set(RetractReason),
    "reviewed": set(ReviewMethod),
    "role": set(Role),
    "said": {str(kind.__struct_config__.tag) for kind in get_args(AnyStatement)},
    "section": set(Section),
    "sector": set(Sector),
    "standing": set(Standing),
    "tier": {f"{tier}{rest}" for tier in Tier for rest in ("", "-meaning")},
    "tlp": {marking.replace("+", "_") for marking in Marking},
    "tone": set(Tone),
    "verdict": {f"{verdict}{rest}" for verdict in Verdict for rest in ("", "-meaning")},
}
"""Keys that are put together of a prefix and a value, with all values."""


class Parts(Visitor):
    """The variables and the plural forms of a message."""

    def __init__(self) -> None:
        self.variables: set[str] = set()
        self.selections: list[set[str]] = []

    def visit_VariableReference(self, node: ast.VariableReference) -> None:  # noqa: N802 - of Fluent
        self.variables.add(node.id.name)

    def visit_SelectExpression(self, node: ast.SelectExpression) -> None:  # noqa: N802 - of Fluent
        keys = [variant.key for variant in node.variants]
        self.selections.append(
            {key.name if isinstance(key, ast.Identifier) else key.value for key in keys}
        )
        self.generic_visit(node)


def entries(language: Language) -> Iterator[ast.EntryType]:
    for text in sources(language).values():
        yield from FluentParser().parse(text).body


@cache
def messages(language: Language) -> dict[str, Parts]:
    found = {}
    for entry in entries(language):
        if isinstance(entry, ast.Message):
            assert entry.id.name not in found, f"{entry.id.name} is there twice"
            found[entry.id.name] = parts = Parts()
            parts.visit(entry)
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_is_understood(language: Language) -> None:
    assert not [entry for entry in entries(language) if isinstance(entry, ast.Junk)]


def test_both_languages_have_the_same_files_and_keys() -> None:
    assert sources("en").keys() == sources("ar").keys()
    for name in sources("en"):
        keys = [
            [e.id.name for e in FluentParser().parse(text[name]).body if isinstance(e, ast.Message)]
            for text in (sources("en"), sources("ar"))
        ]
        assert keys[0] == keys[1], name


def test_both_languages_use_the_same_variables() -> None:
    english, arabic = messages("en"), messages("ar")
    assert [key for key in english if english[key].variables != arabic[key].variables] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plural_has_every_form_of_its_language(language: Language) -> None:
    for key, parts in messages(language).items():
        for selection in parts.selections:
            assert selection & CATEGORIES == PLURALS[language], key


@pytest.mark.parametrize("count", [0, 1, 2, 3, 11, 100, 101, 103])
def test_arabic_counts_as_arabic_does(count: int) -> None:
    forms = {
        0: "لم يبقَ أي رمز",
        1: "رمز استرداد واحد",
        2: "رمزا استرداد",
        3: "رموز",
        11: "بقي \u206811\u2069 رمز",
        100: "رمز",
        101: "رمز",
        103: "رموز",
    }
    assert forms[count] in words_of("ar").text("recovery-left", count=count)


def used() -> set[str]:
    folder = files(nahmi.web)
    assert isinstance(folder, Path)
    text = "\n".join(
        path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.suffix in {".py", ".j2"}
    )
    literal = re.findall(
        r"""(?:\bt|words\.text|\bWordKey|\b_words)\(\s*"([a-z][\w-]*)"[,)]""", text
    )
    named = re.findall(r"""\bkey="([a-z][\w-]*)\"""", text)
    variants = {key for key in messages("en") if key.startswith("variant-")}
    asked = {f"{one}{rest}" for one in Question for rest in ("", "-question", "-consequence")}
    return {*literal, *named, *variants, *asked, *Mistake, *NoticeKey} | {
        f"{prefix}-{value}" for prefix, values in FAMILIES.items() for value in values
    }


def test_no_word_is_missing_and_none_is_left_over() -> None:
    keys = set(messages("en"))
    assert used() - keys == set(), "missing"
    # Codes of errors are added before the pillar that raises them.
    left_over = {key for key in keys - used() if not key.startswith("error-")}
    assert left_over == set(), "never used"


def test_what_is_put_into_a_sentence_is_isolated_and_cannot_steer_it() -> None:
    text = words_of("ar").text("disable-this", name="\u2069\u202eabc")
    assert "\u2068[U+2069][U+202E]abc\u2069" in text


def test_a_sentence_is_escaped_for_the_page() -> None:
    assert "<b>" not in words_of("en")("disable-this", name="<b>")


@pytest.mark.parametrize(("key", "values"), [("no-such-key", {}), ("disable-this", {})])
def test_nothing_falls_back_silently(key: str, values: dict[str, str]) -> None:
    with pytest.raises(KeyError):
        words_of("ar").text(key, **values)


def test_arabic_is_not_left_in_english() -> None:
    latin_only = {
        key: text
        for key, parts in messages("ar").items()
        if not parts.variables
        and not re.search("[\u0600-\u06ff]", text := words_of("ar").text(key))
    }
    assert latin_only == {}


def test_a_long_text_is_cut_in_a_sentence() -> None:
    text = words_of("en").text("disable-this", name="a" * 5000)
    assert text == f"Switch \u2068{'a' * 200}…\u2069 off"
