# SPDX-License-Identifier: Apache-2.0
"""Assets are named after their content and load nothing from elsewhere."""

import re
from hashlib import sha256

import pytest

from nahmi.web.assets import ASSETS, BY_ADDRESS, asset_address


@pytest.mark.parametrize("name", ASSETS)
def test_a_name_changes_with_the_content(name: str) -> None:
    asset = ASSETS[name]
    assert sha256(asset.content).hexdigest()[:12] in asset_address(name)
    assert BY_ADDRESS[asset.address] is asset


@pytest.mark.parametrize("name", ASSETS)
def test_nothing_is_loaded_from_elsewhere(name: str) -> None:
    text = ASSETS[name].content.decode().replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|url\(|@import|//[\w-]+\.\w", text)


def test_the_style_sheet_knows_no_left_and_right() -> None:
    css = re.sub(r"/\*.*?\*/", "", ASSETS["console.css"].content.decode(), flags=re.DOTALL)
    physical = (
        r"(?<![-\w])(left|right|(margin|padding|border)-(left|right|top|bottom)|top|bottom)\s*:"
    )
    assert re.findall(physical, css) == []
    assert re.findall(
        r"text-align:\s*(left|right)|float:|(?<![-\w])(min-|max-)?width\s*:", css
    ) == [
        ("", "min-"),
        ("", "max-"),
    ], "only the conditions of media queries"


def test_an_unknown_file_is_an_error() -> None:
    with pytest.raises(KeyError):
        asset_address("other.css")
