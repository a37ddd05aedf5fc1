# SPDX-License-Identifier: Apache-2.0
"""Every operation, parameter and field of the HTTP API has its place in the reference."""

import sys

import pytest
from pages import DOCS, ROOT, text

sys.path.insert(0, str(ROOT / "scripts"))

import api_reference

PAGE = text(DOCS / "reference" / "api.md")
OPERATIONS = {
    f"{method} {path}": operation
    for method, path, operation in api_reference.operations(api_reference.description())
}


def test_the_page_is_made_from_the_interface() -> None:
    assert api_reference.page() in PAGE


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_has_its_section(name: str) -> None:
    assert PAGE.count(f"\n### {name}\n") == 1


@pytest.mark.parametrize("name", OPERATIONS)
def test_its_parameters_are_explained(name: str) -> None:
    parameters = OPERATIONS[name].get("parameters", [])
    assert not [found["name"] for found in parameters if not found.get("description")]
