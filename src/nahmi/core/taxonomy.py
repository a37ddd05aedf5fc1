# SPDX-License-Identifier: Apache-2.0
"""What categories are called, and which code of other organisations' schemes they carry."""

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
