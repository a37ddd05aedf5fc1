# SPDX-License-Identifier: Apache-2.0
import pytest

from nahmi.core.bank import Category
from nahmi.core.taxonomy import UcsLabel, UcsSection
from nahmi.errors import InputError
from nahmi.protect.bank_rules import tidy_labels, ucs_labels
from nahmi.protect.category_rules import CategoryRules

MAPPING = """
ucs_version = "3.1"
[categories]
csam_ungraded = [["categorisation:first"]]
csam_b2 = [["categorisation:first", "demographic:older"], ["categorisation:second"]]
csam_a2 = [["categorisation:first", "demographic:younger"]]
"""


def labels(*codes: str, version: str = "3.1") -> list[UcsLabel]:
    parsed = [UcsLabel.parse(f"ucs:{version}:{code}") for code in codes]
    return [label for label in parsed if label is not None]


def test_a_label_is_written_and_read() -> None:
    label = UcsLabel.parse(" UCS:3.1:Demographic:Some_Label ")
    assert label == UcsLabel("3.1", UcsSection.DEMOGRAPHIC, "some_label")
    assert str(label) == "ucs:3.1:demographic:some_label"
    assert UcsLabel.parse(str(label)) == label


@pytest.mark.parametrize(
    "text", ["", "ucs", "ucs:3:demographic:x", "ucs:3.1:other:x", "ucs:3.1:demographic:", "x:3.1"]
)
def test_other_text_is_no_label(text: str) -> None:
    assert UcsLabel.parse(text) is None


def test_a_bank_keeps_free_words_and_refuses_half_labels() -> None:
    tidy = tidy_labels(["UCS:3.1:categorisation:First", " hotline ", "hotline", ""])
    assert tidy == ("hotline", "ucs:3.1:categorisation:first")
    assert ucs_labels(tidy) == tuple(labels("categorisation:first"))
    with pytest.raises(InputError, match="is written as"):
        tidy_labels(["ucs:categorisation:first"])


@pytest.mark.parametrize(
    ("given", "category"),
    [
        (["categorisation:first"], Category.CSAM_UNGRADED),
        (["categorisation:first", "demographic:older"], Category.CSAM_B2),
        (["categorisation:first", "demographic:younger", "investigative:any"], Category.CSAM_A2),
        (["categorisation:second"], Category.CSAM_B2),
    ],
)
def test_the_rule_with_most_labels_decides(given: list[str], category: Category) -> None:
    assert CategoryRules.parse(MAPPING).category_of(labels(*given)) is category


@pytest.mark.parametrize(
    "given",
    [
        [],
        ["demographic:older"],
        ["categorisation:first", "demographic:older", "demographic:younger"],
    ],
)
def test_silence_and_contradiction_are_refused(given: list[str]) -> None:
    rules = CategoryRules.parse(MAPPING)
    assert rules.meaning(labels(*given)) is None
    with pytest.raises(InputError):
        rules.category_of(labels(*given))


def test_another_version_means_nothing() -> None:
    rules = CategoryRules.parse(MAPPING)
    assert rules.meaning(labels("categorisation:first", version="3.0")) is None


def test_labels_lead_back_from_the_category() -> None:
    assert CategoryRules.parse(MAPPING).labels_of(Category.CSAM_B2) == (
        ("ucs:3.1:categorisation:first", "ucs:3.1:demographic:older"),
        ("ucs:3.1:categorisation:second",),
    )
    assert CategoryRules.parse(MAPPING).labels_of(Category.TEST) == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ucs_version", "not TOML"),
        ('ucs_version = "3.1"', "categories"),
        ('ucs_version = "3.1"\nmore = 1\n[categories]', "more"),
        ('ucs_version = "3.1"\n[categories]\nother = []', "other"),
        ('ucs_version = "3.1"\n[categories]\ntest = [[]]', "names no label"),
        ('ucs_version = "3.1"\n[categories]\ntest = [["x"]]', "not a label"),
        ('ucs_version = "three"\n[categories]\ntest = [["categorisation:x"]]', "not a label"),
        (
            'ucs_version = "3.1"\ncategories={test=[["demographic:x"]],ncii=[["demographic:x"]]}',
            "claim the same",
        ),
    ],
)
def test_a_broken_mapping_says_what_is_wrong(text: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        CategoryRules.parse(text)


def test_a_mapping_has_an_end() -> None:
    sets = ", ".join(f'["categorisation:c{number}"]' for number in range(1_001))
    with pytest.raises(InputError, match="more than"):
        CategoryRules.parse(f'ucs_version = "3.1"\n[categories]\ntest = [{sets}]')
