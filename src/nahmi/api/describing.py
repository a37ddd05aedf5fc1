# SPDX-License-Identifier: Apache-2.0
"""What the interface's description says of an operation, beyond the types of its handler."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import (
    Example,
    OpenAPIMediaType,
    OpenAPIType,
    Operation,
    Parameter,
    Schema,
)
from litestar.openapi.spec.header import OpenAPIHeader
from litestar.openapi.spec.request_body import RequestBody
from litestar.openapi.spec.response import OpenAPIResponse

from nahmi.access.roles import Permission
from nahmi.api.problems import MEDIA_TYPE, Problem, problem_of, status_of
from nahmi.errors import ErrorCode, NahmiError

_HEADERS = {
    "Idempotency-Key": "The caller's own name for this request: sent again, it is done once.",
    "If-Match": "Change the object only if it still has this ETag.",
    "If-None-Match": "Send the object only if it no longer has this ETag.",
}


class RawBody(msgspec.Struct, frozen=True):
    """A body that is no JSON object.

    Attributes:
        media_types: What it may be.
        example: A short one, as text.
    """

    media_types: tuple[str, ...]
    example: str


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """An example of an operation.

    Attributes:
        request: The body as a value, or a `RawBody`; None when there is none.
        reply: The answer as a value, or a text for answers that are no JSON; None when it has no
            body.
    """

    request: Any = None
    reply: Any = None


def failures(codes: Sequence[ErrorCode]) -> Mapping[int, ResponseSpec]:
    """How an operation can fail, by status, with an example of each failure."""
    by_status: dict[int, list[ErrorCode]] = {}
    for code in codes:
        by_status.setdefault(status_of(code), []).append(code)
    return {
        status: ResponseSpec(
            Problem,
            generate_examples=False,
            description=", ".join(f"`{code}`" for code in found),
            media_type=MEDIA_TYPE,
            examples=[_example(code) for code in found],
        )
        for status, found in sorted(by_status.items())
    }


def _example(code: ErrorCode) -> Example:
    problem = problem_of(NahmiError(code, "What happened this time."), "6b0d2f5a9c31e874")
    return Example(id=str(code), value=msgspec.to_builtins(problem))


def described(
    sample: Sample, *, permission: Permission | None, is_tagged: bool, is_change: bool
) -> type[Operation]:
    """A class of operations that carry an example and the headers of one operation.

    Args:
        sample: The example.
        permission: Who may ask; None for everyone who is let in.
        is_tagged: Its answer carries an ETag.
        is_change: It takes idempotency keys.
    """

    @dataclass
    class Described(Operation):
        def __post_init__(self) -> None:
            _drop_foreign(self)
            if isinstance(sample.request, RawBody):
                self.request_body = _raw(sample.request)
            if is_tagged:
                success = _success(self)
                tag = {"etag": _header("Of the object's state.")}
                success.headers = {**(success.headers or {}), **tag}
            names = ["Idempotency-Key"] if is_change else []
            if is_tagged:
                names.append("If-Match" if is_change else "If-None-Match")
            self.parameters = [*(self.parameters or []), *map(_parameter, names)]
            if is_tagged and not is_change and self.responses is not None:
                self.responses["304"] = OpenAPIResponse(description="It is as the caller knows it.")

        def to_schema(self) -> dict[str, Any]:
            schema = super().to_schema()
            _add_examples(schema, sample)
            return schema if permission is None else {**schema, "x-permission": str(permission)}

    return Described


def _drop_foreign(operation: Operation) -> None:
    """Litestar says 400 for what this interface answers with 422."""
    responses = operation.responses or {}
    found = responses.get("400")
    if isinstance(found, OpenAPIResponse) and MEDIA_TYPE not in (found.content or {}):
        del responses["400"]


def _add_examples(schema: dict[str, Any], sample: Sample) -> None:
    """Put the examples in, null values included, which Litestar would leave out."""
    request = sample.request.example if isinstance(sample.request, RawBody) else sample.request
    for content in schema.get("requestBody", {}).get("content", {}).values():
        content["examples"] = {"example": {"value": _plain(request)}}
    for status, response in schema["responses"].items():
        for content in response.get("content", {}).values():
            if status.startswith("2") and sample.reply is not None:
                content["examples"] = {"example": {"value": _plain(sample.reply)}}
            for example in content.get("examples", {}).values():
                example.pop("id", None)


def _success(operation: Operation) -> OpenAPIResponse:
    for status, response in (operation.responses or {}).items():
        if status.startswith("2") and isinstance(response, OpenAPIResponse):
            return response
    raise AssertionError("an operation has an answer")


def _raw(body: RawBody) -> RequestBody:
    text = Schema(type=OpenAPIType.STRING)
    content = {media_type: OpenAPIMediaType(schema=text) for media_type in body.media_types}
    return RequestBody(required=True, content=content)


def _header(description: str) -> OpenAPIHeader:
    return OpenAPIHeader(schema=Schema(type=OpenAPIType.STRING), description=description)


def _plain(value: Any) -> Any:  # noqa: ANN401 - any value of JSON
    return msgspec.to_builtins(value, str_keys=True)


def _parameter(name: str) -> Parameter:
    return Parameter(
        name=name,
        param_in="header",
        schema=Schema(type=OpenAPIType.STRING),
        description=_HEADERS[name],
    )
