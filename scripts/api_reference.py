# SPDX-License-Identifier: Apache-2.0
"""Every operation of the interface as Markdown; docs/reference/api.md injects it with cog."""

import json
import re
from collections.abc import Iterator
from inspect import cleandoc
from typing import Any, NoReturn

import msgspec

from nahmi.api.app import PREFIX, make_app
from nahmi.operate.settings import Settings

_FIELD = re.compile(r"^    (\w+): (.*(?:\n {8,}.*)*)$", re.MULTILINE)

# Where the types of bodies and answers live; types elsewhere may bear the same names.
_SPOKEN = ("nahmi.api.", "nahmi.operate.settings")

METHODS = ("get", "post", "put", "patch", "delete")

Operation = dict[str, Any]


def _unopened() -> NoReturn:
    raise RuntimeError("nothing is served here")


def description() -> dict[str, Any]:
    """The interface's description."""
    described: dict[str, Any] = make_app(
        _unopened, Settings(layout=1)
    ).app.openapi_schema.to_schema()
    return described


def operations(described: dict[str, Any]) -> Iterator[tuple[str, str, Operation]]:
    """Method, path and what is said of each operation, in the order of the routes."""
    for path, item in described["paths"].items():
        if path.startswith(PREFIX):
            for method in METHODS:
                if method in item:
                    yield method.upper(), path, item[method]


def heading(method: str, path: str) -> str:
    """The heading under which an operation is documented."""
    return f"### {method} {path}"


def page() -> str:
    """All operations, those of one resource together."""
    described = description()
    by_tag: dict[str, list[str]] = {}
    for method, path, operation in operations(described):
        by_tag.setdefault(operation["tags"][0], []).append(_section(method, path, operation))
    parts = [f"## {tag.capitalize()}\n\n{''.join(found)}" for tag, found in by_tag.items()]
    return "".join([*parts, _shapes(described)]).rstrip("\n")


def _shapes(described: dict[str, Any]) -> str:
    """What each field of a body or an answer means, from the docstrings of their types."""
    kinds = {kind.__name__: kind for kind in _structs(msgspec.Struct)}
    parts = ["## Shapes\n\n"]
    for name, schema in sorted(described["components"]["schemas"].items()):
        doc = cleandoc(kinds[name].__doc__ or "") if name in kinds else ""
        head, _, fields = doc.partition("\n\nAttributes:\n")
        if not fields:
            continue
        rows = [
            f"| `{field}` | {_kind(schema['properties'][field])} | {' '.join(meaning.split())} |"
            for field, meaning in _FIELD.findall(fields)
            if field in schema["properties"]
        ]
        table = "\n".join(["| field | type | meaning |", "|---|---|---|", *rows])
        parts.append(f"### {name}\n\n{' '.join(head.split())}\n\n{table}\n\n")
    return "".join(parts)


def _structs(kind: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for below in kind.__subclasses__():
        if below.__module__.startswith(_SPOKEN):
            yield below
        yield from _structs(below)


def _section(method: str, path: str, operation: Operation) -> str:
    permission = operation.get("x-permission")
    needs = f"Needs `{permission}`." if permission else "Needs a key that is valid, no more."
    parts = [
        heading(method, path),
        f"**{operation['summary']}.** {operation['description']}",
        needs,
        _parameters(operation),
        _request(operation),
        _reply(operation),
        _failures(operation),
    ]
    return "\n\n".join(part for part in parts if part) + "\n\n"


def _parameters(operation: Operation) -> str:
    rows = [
        f"| `{found['name']}` | {found['in']} | {_kind(found['schema'])} | "
        f"{found.get('description', '')} |"
        for found in operation.get("parameters", [])
    ]
    if not rows:
        return ""
    return "\n".join(["| parameter | in | type | meaning |", "|---|---|---|---|", *rows])


def _kind(schema: dict[str, Any]) -> str:
    for word in ("oneOf", "anyOf"):
        if word in schema:
            kinds = [_kind(one) for one in schema[word] if one.get("type") != "null"]
            return ", ".join(dict.fromkeys(kinds))
    if "$ref" in schema:
        return f"`{schema['$ref'].rpartition('/')[2]}`"
    kind = schema.get("type", "any")
    words = [one for one in kind if one != "null"] if isinstance(kind, list) else [kind]
    least, most = schema.get("minimum"), schema.get("maximum")
    if schema.get("format"):
        words.append(schema["format"])
    if least is not None and most is not None and most < 10**9:
        words.append(f"{least:g}..{most:g}")
    return " ".join(words)


def _request(operation: Operation) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    if not content:
        return ""
    names = ", ".join(f"`{name}`" for name in content)
    example = next(iter(content.values()))["examples"]["example"]["value"]
    return f"Body ({names}):\n\n{_block(example)}"


def _reply(operation: Operation) -> str:
    for status, found in operation["responses"].items():
        if status.startswith("2"):
            content = found.get("content", {})
            example = next(iter(content.values()))["examples"]["example"]["value"]
            names = ", ".join(f"`{name}`" for name in content)
            return f"Answers {status} ({names}):\n\n{_block(example)}"
    raise RuntimeError("an operation without an answer")


def _block(example: object) -> str:
    if isinstance(example, str):
        return f"```text\n{example.rstrip()}\n```"
    return f"```json\n{json.dumps(example, indent=2, ensure_ascii=False)}\n```"


def _failures(operation: Operation) -> str:
    parts = [
        f"{status} {found['description']}"
        for status, found in sorted(operation["responses"].items())
        if status >= "400"
    ]
    return f"Fails with {'; '.join(parts)}."
