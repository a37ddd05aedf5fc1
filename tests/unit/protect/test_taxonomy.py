# SPDX-License-Identifier: Apache-2.0
from nahmi.core.bank import Category
from nahmi.core.taxonomy import CATEGORIES, category_of_ncmec


def test_every_category_has_its_own_labels() -> None:
    assert set(CATEGORIES) == set(Category)
    assert len({info.label_en for info in CATEGORIES.values()}) == len(Category)
    assert len({info.label_ar for info in CATEGORIES.values()}) == len(Category)


def test_ncmec_codes_lead_back() -> None:
    assert category_of_ncmec(" a1") is Category.CSAM_A1
    assert category_of_ncmec("C1") is None
    for category, info in CATEGORIES.items():
        if info.ncmec is not None:
            assert category_of_ncmec(info.ncmec) is category
