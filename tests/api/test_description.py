# SPDX-License-Identifier: Apache-2.0
"""The published description is complete: examples that fit, and how each operation can fail."""

from typing import Any

import jsonschema_rs
import pytest
from operations import DESCRIPTION, ROUTES, Route, described


def check(example: object, schema: dict[str, Any]) -> None:
    rooted = {**schema, "components": DESCRIPTION["components"]}
    jsonschema_rs.Draft202012Validator(rooted).validate(example)


def test_every_route_is_described() -> None:
    paths = DESCRIPTION["paths"]
    assert all(route.method.lower() in paths[route.path] for route in ROUTES)


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_an_operation_has_words_and_a_name_of_its_own(route: Route) -> None:
    operation = described(route)
    assert operation["summary"]
    assert operation["description"]
    assert operation["tags"]
    names = [described(other)["operationId"] for other in ROUTES]
    assert names.count(operation["operationId"]) == 1
    assert operation.get("x-permission") == (
        None if route.permission is None else str(route.permission)
    )


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_its_examples_fit_their_schemas(route: Route) -> None:
    operation = described(route)
    contents = list(operation.get("requestBody", {}).get("content", {}).values())
    success = [r for status, r in operation["responses"].items() if status.startswith("2")]
    assert len(success) == 1
    contents += success[0].get("content", {}).values()
    assert contents
    for content in contents:
        check(content["examples"]["example"]["value"], content["schema"])


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_it_says_how_it_fails(route: Route) -> None:
    responses = described(route)["responses"]
    failures = {status: found for status, found in responses.items() if status >= "400"}
    assert {"401", "422", "503"} <= set(failures)
    assert ("403" in failures) == (route.permission is not None)
    if "{" in route.path and "{name}" not in route.path:
        assert "404" in failures
    for status, found in failures.items():
        [(media_type, content)] = found["content"].items()
        assert media_type == "application/problem+json"
        assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
        for code, example in content["examples"].items():
            check(example["value"], content["schema"])
            assert example["value"]["code"] == code
            assert example["value"]["status"] == int(status)


def test_no_schema_is_named_after_a_module() -> None:
    assert not [name for name in DESCRIPTION["components"]["schemas"] if "." in name]
