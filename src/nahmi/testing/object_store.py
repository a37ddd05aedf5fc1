# SPDX-License-Identifier: Apache-2.0
"""A small S3 server on the loopback interface: lists, gets, and checks every signature.

It keeps to the parts of the protocol that a reader meets: ListObjectsV2 in pages of at most 1,000
keys, GetObject, Signature Version 4, and the errors that Amazon documents for them.

Source:
    Amazon S3 API Reference: ListObjectsV2, GetObject, Error Responses, "Authenticating Requests:
    Using the Authorization Header (AWS Signature Version 4)".

Example:
    In a test that may use sockets::

        with ObjectStore("uploads", {"2026/a.jpg": picture}) as store:
            monkeypatch.setenv(...)  # each of store.environment()
            read_source("s3://uploads/2026", ...)
"""

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from io import BufferedIOBase
from typing import Final, Self
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import escape

from nahmi.testing.loopback import Asked, LoopbackServer, reply

PAGE: Final = 1000
"""Keys in one answer at most, as with Amazon."""

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<scope>[^,]+), ?"
    r"SignedHeaders=(?P<headers>[^,]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)
_WHEN = "2026-01-02T03:04:05.000Z"
_STATUS: Final = {
    "AccessDenied": 403,
    "InvalidAccessKeyId": 403,
    "SignatureDoesNotMatch": 403,
    "NoSuchBucket": 404,
    "NoSuchKey": 404,
}


class ObjectStore:
    """One bucket, from its making to its closing.

    Args:
        bucket: Its name.
        objects: Contents by key; may be changed at any time through the attribute.
        key_id: Whose signatures it takes.
        secret: Their key; may be changed at any time through the attribute.

    Attributes:
        refuse_after_pages: From then on no listing is allowed any more; None for never.
        fetched: Keys that were asked for, in order, also those that are not there.
        pages: How many pages were listed.
    """

    def __init__(
        self,
        bucket: str,
        objects: dict[str, bytes],
        *,
        key_id: str = "READER",
        secret: str = "a benign secret",  # noqa: S107 - of a server that lives as long as a test
    ) -> None:
        self.bucket = bucket
        self.objects = objects
        self.fetched: list[str] = []
        self.pages = 0
        self.refuse_after_pages: int | None = None
        self._key_id = key_id
        self.secret = secret
        self._server = LoopbackServer(self._answer)

    def environment(self) -> dict[str, str]:
        """The environment variables with which a client finds it and is let in."""
        return {
            "AWS_ENDPOINT_URL": self._server.url("").rstrip("/"),
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": self._key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret,
        }

    def close(self) -> None:
        """Listen no more."""
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _answer(self, asked: Asked, answer: BufferedIOBase) -> None:
        problem = self._problem_with(asked)
        where = urlsplit(asked.path)
        body: bytes | tuple[int, str]
        bucket, _, key = where.path.removeprefix("/").partition("/")
        if problem:
            body = _error(problem)
        elif unquote(bucket) != self.bucket:
            body = _error("NoSuchBucket")
        elif key:
            body = self._get(unquote(key))
        else:
            body = self._list(dict(parse_qsl(where.query, keep_blank_values=True)))
        if isinstance(body, bytes):
            reply(200, body, last_modified="Fri, 02 Jan 2026 03:04:05 GMT", etag='"0"')(
                asked, answer
            )
        else:
            status, text = body
            reply(status, text.encode(), content_type="application/xml")(asked, answer)

    def _get(self, key: str) -> bytes | tuple[int, str]:
        self.fetched.append(key)
        content = self.objects.get(key)
        return _error("NoSuchKey") if content is None else content

    def _list(self, query: dict[str, str]) -> tuple[int, str]:
        if self.refuse_after_pages is not None and self.pages >= self.refuse_after_pages:
            return _error("AccessDenied")
        self.pages += 1
        after = urlsafe_b64decode(query.get("continuation-token", "")).decode()
        after = max(after, query.get("start-after", ""))
        keys = sorted(self.objects, key=str.encode)  # Amazon lists in the order of UTF-8
        wanted = [
            key
            for key in keys
            if key.startswith(query.get("prefix", "")) and key.encode() > after.encode()
        ]
        shown = wanted[: min(PAGE, int(query.get("max-keys", PAGE)))]
        is_cut = len(shown) < len(wanted)
        encode = quote if query.get("encoding-type") == "url" else escape
        parts = [
            f"<Contents><Key>{encode(key)}</Key><LastModified>{_WHEN}</LastModified>"
            f"<ETag>&quot;0&quot;</ETag><Size>{len(self.objects[key])}</Size>"
            "<StorageClass>STANDARD</StorageClass></Contents>"
            for key in shown
        ]
        if is_cut:
            token = urlsafe_b64encode(shown[-1].encode()).decode()
            parts.append(f"<NextContinuationToken>{token}</NextContinuationToken>")
        return 200, (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<Name>{self.bucket}</Name><KeyCount>{len(shown)}</KeyCount><MaxKeys>{PAGE}</MaxKeys>"
            f"<IsTruncated>{str(is_cut).lower()}</IsTruncated>{''.join(parts)}</ListBucketResult>"
        )

    def _problem_with(self, asked: Asked) -> str:
        """Why a request is refused, empty when its signature is right."""
        found = _AUTHORIZATION.fullmatch(asked.headers.get("authorization", ""))
        if found is None:
            return "AccessDenied"
        if found["key"] != self._key_id:
            return "InvalidAccessKeyId"
        expected = self._sign(asked, found["scope"], found["headers"])
        return "" if hmac.compare_digest(expected, found["signature"]) else "SignatureDoesNotMatch"

    def _sign(self, asked: Asked, scope: str, signed: str) -> str:
        where = urlsplit(asked.path)
        pairs = sorted(
            (quote(name, safe="-_.~"), quote(value, safe="-_.~"))
            for name, value in parse_qsl(where.query, keep_blank_values=True)
        )
        headers = "".join(
            f"{name}:{' '.join(asked.headers.get(name, '').split())}\n"
            for name in signed.split(";")
        )
        request = "\n".join(
            (
                asked.method,
                where.path,
                "&".join(f"{name}={value}" for name, value in pairs),
                headers,
                signed,
                asked.headers.get("x-amz-content-sha256", ""),
            )
        )
        text = "\n".join(
            (
                "AWS4-HMAC-SHA256",
                asked.headers.get("x-amz-date", ""),
                scope,
                hashlib.sha256(request.encode()).hexdigest(),
            )
        )
        key = f"AWS4{self.secret}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.digest(key, text.encode(), "sha256").hex()


def _error(code: str) -> tuple[int, str]:
    return _STATUS[code], f"<Error><Code>{code}</Code><Message>{code}</Message></Error>"
