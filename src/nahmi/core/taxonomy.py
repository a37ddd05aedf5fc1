# SPDX-License-Identifier: Apache-2.0
"""What categories are called, and how other organisations' schemes name the same."""

import re
from enum import StrEnum
from typing import Self

import msgspec

from nahmi.core.bank import Category


class CategoryInfo(msgspec.Struct, frozen=True, kw_only=True):
    """How a category is named and exchanged.

    Attributes:
        label_en: Neutral name in English.
        label_ar: Neutral name in Arabic.
        ncmec: Code in NCMEC's industry classification, `A1`, `A2`, `B1` or `B2`; None where it
            has none.
    """

    label_en: str
    label_ar: str
    ncmec: str | None = None


CATEGORIES: dict[Category, CategoryInfo] = {
    Category.CSAM_A1: CategoryInfo(label_en="Class A1", label_ar="الفئة A1", ncmec="A1"),
    Category.CSAM_A2: CategoryInfo(label_en="Class A2", label_ar="الفئة A2", ncmec="A2"),
    Category.CSAM_B1: CategoryInfo(label_en="Class B1", label_ar="الفئة B1", ncmec="B1"),
    Category.CSAM_B2: CategoryInfo(label_en="Class B2", label_ar="الفئة B2", ncmec="B2"),
    Category.CSAM_UNGRADED: CategoryInfo(label_en="Not graded", label_ar="غير مصنّف"),
    Category.NCII: CategoryInfo(
        label_en="Intimate image shared without consent", label_ar="صورة حميمة نُشرت دون موافقة"
    ),
    Category.SELF_REPORTED: CategoryInfo(
        label_en="Reported by the person shown", label_ar="أبلغ عنها صاحبها"
    ),
    Category.MUST_NOT_MATCH: CategoryInfo(label_en="Must not match", label_ar="يجب ألّا تطابق"),
    Category.TEST: CategoryInfo(label_en="Test", label_ar="اختبار"),
}
"""Every category; the classes are those of NCMEC's industry classification system."""


def category_of_ncmec(code: str) -> Category | None:
    """The category with this NCMEC code, in either case; None when the code is another."""
    wanted = code.strip().upper()
    return next((c for c, info in CATEGORIES.items() if info.ncmec == wanted), None)


class UcsSection(StrEnum):
    """A section of INHOPE's Universal Classification Schema.

    Source: universalclassificationschema.org. Version 3.1 is of 15 April 2026.
    """

    CATEGORISATION = "categorisation"
    INVESTIGATIVE = "investigative"
    DEMOGRAPHIC = "demographic"


UCS_PREFIX = "ucs:"
"""What every written label of the schema begins with; no free word may."""

_UCS = re.compile(
    r"ucs:(?P<version>[1-9][0-9]?\.[0-9]{1,2}):(?P<section>[a-z]+):(?P<code>[a-z0-9][a-z0-9_.-]{0,63})",
    re.ASCII,
)


class UcsLabel(msgspec.Struct, frozen=True, order=True):
    """One label of INHOPE's Universal Classification Schema.

    INHOPE gives the list of labels to those who ask for it and does not publish it, so which
    codes exist is for the operator's mapping to say (`nahmi.protect.category_rules`), not for
    this type.

    Attributes:
        version: Of the schema, such as `3.1`.
        section: Where in the schema the label stands.
        code: The label itself in lower case, blanks as `_`, 1..64 characters.
    """

    version: str
    section: UcsSection
    code: str

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The label that `ucs:VERSION:SECTION:CODE` writes, in either case; None for another text.

        Args:
            text: Blanks around it do not count.
        """
        found = _UCS.fullmatch(text.strip().lower())
        if found is None or found["section"] not in set(UcsSection):
            return None
        return cls(found["version"], UcsSection(found["section"]), found["code"])

    def __str__(self) -> str:
        return f"{UCS_PREFIX}{self.version}:{self.section}:{self.code}"
