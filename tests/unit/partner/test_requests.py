# SPDX-License-Identifier: Apache-2.0
"""Signed requests: the vectors of RFC 9421 and RFC 9530, and everything that is refused."""

from base64 import b64decode, urlsafe_b64decode
from collections.abc import Callable
from hashlib import sha256

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nahmi.errors import AccessError, ErrorCode, StoreError
from nahmi.partner.keys import PublicKey, SigningKey
from nahmi.partner.requests.fields import (
    SignatureInput,
    digest_of,
    read_digest,
    read_inputs,
    read_signature,
    write_digest,
    write_input,
)
from nahmi.partner.requests.head import RequestHead, signed_text
from nahmi.partner.requests.signing import LIFETIME_S, sign_request
from nahmi.partner.requests.verifying import SKEW_S, RequestVerifier
from nahmi.store.memory.nonces import MemoryNonceStore

# RFC 9421, B.1.4, B.2 and B.2.6.
RFC_KEY = SigningKey(urlsafe_b64decode("n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU="))
RFC_PUBLIC = urlsafe_b64decode("JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs=")
RFC_HEAD = RequestHead(
    method="POST",
    authority="example.com",
    target="/foo?param=Value&Pet=dog",
    headers=(
        ("host", "example.com"),
        ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("content-type", "application/json"),
        ("content-length", "18"),
    ),
)
RFC_INPUT = (
    'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length")'
    ';created=1618884473;keyid="test-key-ed25519"'
)
RFC_SIGNATURE = (
    "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKR"
    "Cw==:"
)

KEY = SigningKey(bytes(range(32)))
NOW = 1_900_000_000
NONCE = "abcdefghijklmnopqrstuv"
BODY = b'{"after":7}'
HEAD = RequestHead(
    method="POST",
    authority="node.example.org",
    target="/api/v1/circles/c/log?after=7&limit=9",
    headers=(("host", "node.example.org"), ("content-type", "application/json")),
)


def verifier(*, authorities: tuple[str, ...] = ("node.example.org",)) -> RequestVerifier:
    keys: dict[str, PublicKey] = {KEY.public.kid: KEY.public}
    return RequestVerifier(keys.get, MemoryNonceStore(), authorities=authorities)


def signed(
    head: RequestHead = HEAD, body: bytes = BODY, *, nonce: str = NONCE, key: SigningKey = KEY
) -> RequestHead:
    headers = sign_request(key, head, body, nonce=nonce, now_s=NOW)
    return msgspec.structs.replace(head, headers=(*head.headers, *headers.items()))


def refused(code: ErrorCode, head: RequestHead, body: bytes = BODY, *, now_s: int = NOW) -> bool:
    with pytest.raises(AccessError) as error:
        verifier().verify(head, body, now_s=now_s)
    return error.value.code is code


def test_the_vector_of_the_rfc() -> None:
    assert RFC_KEY.public.raw == RFC_PUBLIC
    (over,) = read_inputs(RFC_INPUT)
    assert over.parameters == {"created": 1618884473, "keyid": "test-key-ed25519"}
    assert write_input(over.components, over.parameters) == over.text
    text = signed_text(RFC_HEAD, over)
    signature = read_signature(RFC_SIGNATURE, over.label)
    assert RFC_KEY.sign_raw(text) == signature
    RFC_KEY.public.verify_raw(text, signature)


def test_the_digests_of_the_rfc() -> None:
    # RFC 9530, appendices B.1 and B.2: a small body, and an empty one.
    small = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
    assert write_digest(digest_of(b'{"hello": "world"}\n')) == small
    empty = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"
    assert write_digest(digest_of(b"")) == empty
    other = "sha-512=:" + "A" * 86 + "==:"
    assert read_digest(f"{other}, {small}") == digest_of(b'{"hello": "world"}\n')


def test_a_request_is_served_once() -> None:
    head, checks = signed(), verifier()
    assert checks.verify(head, BODY, now_s=NOW) == KEY.public
    with pytest.raises(AccessError) as error:
        checks.verify(head, BODY, now_s=NOW + 1)
    assert error.value.code is ErrorCode.REQUEST_REPLAYED
    assert checks.verify(signed(nonce=NONCE + "x"), BODY, now_s=NOW) == KEY.public


@pytest.mark.parametrize(
    ("now_s", "is_fresh"),
    [
        (NOW - SKEW_S - 1, False),
        (NOW - SKEW_S, True),
        (NOW, True),
        (NOW + LIFETIME_S - 1, True),
        (NOW + LIFETIME_S, False),
        (NOW + 10**9, False),
        (0, False),
    ],
)
def test_a_request_is_good_for_minutes(now_s: int, is_fresh: bool) -> None:  # noqa: FBT001
    if is_fresh:
        assert verifier().verify(signed(), BODY, now_s=now_s) == KEY.public
    else:
        assert refused(ErrorCode.REQUEST_EXPIRED, signed(), now_s=now_s)


def resigned(change: Callable[[SignatureInput], SignatureInput]) -> RequestHead:
    """A request signed by our own key over something else than nodes sign."""
    plain = signed()
    (over,) = read_inputs(plain.field("signature-input") or "")
    other = change(over)
    other = msgspec.structs.replace(other, text=write_input(other.components, other.parameters))
    kept = [item for item in plain.headers if not item[0].startswith("signature")]
    bare = msgspec.structs.replace(plain, headers=tuple(kept))
    value = write_digest(KEY.sign_raw(signed_text(bare, other))).removeprefix("sha-256=")
    added = (("signature-input", f"sig={other.text}"), ("signature", f"sig={value}"))
    return msgspec.structs.replace(bare, headers=(*kept, *added))


def parameters(**changes: int | str | None) -> Callable[[SignatureInput], SignatureInput]:
    def change(over: SignatureInput) -> SignatureInput:
        values = over.parameters | changes
        kept = {name: value for name, value in values.items() if value is not None}
        return msgspec.structs.replace(over, parameters=kept)

    return change


def without(name: str) -> Callable[[SignatureInput], SignatureInput]:
    return lambda over: msgspec.structs.replace(
        over, components=tuple(item for item in over.components if item != name)
    )


def test_signing_something_else_works_in_these_tests() -> None:
    more = resigned(
        lambda over: msgspec.structs.replace(
            over, components=(*over.components, "content-type", "host")
        )
    )
    assert verifier().verify(more, BODY, now_s=NOW) == KEY.public
    named = resigned(parameters(alg="ed25519"))
    assert verifier().verify(named, BODY, now_s=NOW) == KEY.public


@pytest.mark.parametrize(
    ("change", "code"),
    [
        *(
            (without(name), ErrorCode.REQUEST_UNSIGNED)
            for name in ("@method", "@authority", "@path", "@query", "content-digest")
        ),
        *(
            (parameters(**{name: None}), ErrorCode.REQUEST_UNSIGNED)
            for name in ("created", "expires", "nonce", "keyid", "tag")
        ),
        (parameters(tag="other"), ErrorCode.REQUEST_UNSIGNED),
        (parameters(alg="hmac-sha256"), ErrorCode.REQUEST_UNSIGNED),
        (parameters(alg=1), ErrorCode.REQUEST_UNSIGNED),
        (parameters(nonce="short"), ErrorCode.REQUEST_UNSIGNED),
        (parameters(nonce=7), ErrorCode.REQUEST_UNSIGNED),
        (parameters(keyid=7), ErrorCode.REQUEST_UNSIGNED),
        (parameters(created="now"), ErrorCode.REQUEST_UNSIGNED),
        (parameters(keyid="0" * 32), ErrorCode.KEY_UNKNOWN),
        (parameters(expires=NOW + LIFETIME_S + 1), ErrorCode.REQUEST_EXPIRED),
        (parameters(expires=NOW), ErrorCode.REQUEST_EXPIRED),
        (parameters(expires=NOW - 1), ErrorCode.REQUEST_EXPIRED),
        (parameters(created=NOW + 61, expires=NOW + 90), ErrorCode.REQUEST_EXPIRED),
        (parameters(created=-1), ErrorCode.REQUEST_EXPIRED),
    ],
)
def test_signatures_that_nodes_do_not_make_are_refused(
    change: Callable[[SignatureInput], SignatureInput], code: ErrorCode
) -> None:
    assert refused(code, resigned(change))


@pytest.mark.parametrize(
    "change",
    [
        {"method": "PUT"},
        {"target": "/api/v1/circles/d/log?after=7&limit=9"},
        {"target": "/api/v1/circles/c/log?after=8&limit=9"},
        {"target": "/api/v1/circles/c/log"},
        {"target": "/api/v1/circles/c/log?after=7&limit=9&more"},
        {"target": "/api/v1/circles/%63/log?after=7&limit=9"},
    ],
)
def test_an_altered_request_is_refused(change: dict[str, str]) -> None:
    assert refused(ErrorCode.REQUEST_ALTERED, msgspec.structs.replace(signed(), **change))


@pytest.mark.parametrize("body", [b"", BODY + b" ", BODY[:-1]])
def test_another_body_is_refused(body: bytes) -> None:
    assert refused(ErrorCode.REQUEST_ALTERED, signed(), body)
    swapped = [
        (name, write_digest(digest_of(body)) if name == "content-digest" else value)
        for name, value in signed().headers
    ]
    other = msgspec.structs.replace(signed(), headers=tuple(swapped))
    assert refused(ErrorCode.REQUEST_ALTERED, other, body)


def test_what_was_signed_for_another_node_is_refused() -> None:
    head = signed(msgspec.structs.replace(HEAD, authority="other.example.org"))
    assert refused(ErrorCode.REQUEST_ALTERED, head)
    to_us = msgspec.structs.replace(head, authority="node.example.org")
    assert refused(ErrorCode.REQUEST_ALTERED, to_us)
    two = verifier(authorities=("node.example.org", "other.example.org"))
    assert two.verify(head, BODY, now_s=NOW) == KEY.public
    loud = signed(msgspec.structs.replace(HEAD, authority="NODE.example.org"))
    assert verifier().verify(loud, BODY, now_s=NOW) == KEY.public


def test_a_key_that_nobody_knows_is_refused() -> None:
    assert refused(ErrorCode.KEY_UNKNOWN, signed(key=SigningKey(bytes(32))))


def test_a_forger_uses_up_no_nonce() -> None:
    checks = verifier()
    wrong = msgspec.structs.replace(signed(), method="PUT")
    for head, body in ((wrong, BODY), (signed(), b"other")):
        with pytest.raises(AccessError):
            checks.verify(head, body, now_s=NOW)
    assert checks.verify(signed(), BODY, now_s=NOW) == KEY.public


class BrokenStore(MemoryNonceStore):
    """A store that cannot be reached."""

    def use(self, kid: str, nonce: str, *, until_s: int) -> bool:
        del kid, nonce, until_s
        raise StoreError(ErrorCode.STORE_BUSY, "The database cannot be reached.")


def test_a_store_that_is_down_lets_nobody_in() -> None:
    checks = RequestVerifier(lambda _: KEY.public, BrokenStore(), authorities=[HEAD.authority])
    with pytest.raises(StoreError):
        checks.verify(signed(), BODY, now_s=NOW)


def test_a_nonce_is_kept_longer_than_its_request_is_good() -> None:
    kept = []

    class Noting(MemoryNonceStore):
        def use(self, kid: str, nonce: str, *, until_s: int) -> bool:
            kept.append((kid, nonce, until_s))
            return True

    checks = RequestVerifier(lambda _: KEY.public, Noting(), authorities=[HEAD.authority])
    checks.verify(signed(), BODY, now_s=NOW)
    assert kept == [(KEY.public.kid, NONCE, NOW + LIFETIME_S + SKEW_S)]


def test_another_signature_beside_ours_does_not_matter() -> None:
    plain = signed()
    proxy = 'proxy=("@method");created=1;keyid="x", '
    headers = [
        (name, {"signature-input": proxy, "signature": "proxy=:AAAA:, "}.get(name, "") + value)
        for name, value in plain.headers
    ]
    assert verifier().verify(
        msgspec.structs.replace(plain, headers=tuple(headers)), BODY, now_s=NOW
    )
    lines = (*plain.headers, ("signature-input", proxy[:-2]), ("signature", "proxy=:AAAA:"))
    assert verifier().verify(msgspec.structs.replace(plain, headers=lines), BODY, now_s=NOW)


def changed(name: str, value: str | None) -> RequestHead:
    kept = [item for item in signed().headers if item[0] != name]
    added = [] if value is None else [(name, value)]
    return msgspec.structs.replace(signed(), headers=(*kept, *added))


INPUT = signed().field("signature-input") or ""
SIGNATURE = signed().field("signature") or ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("signature-input", None),
        ("signature-input", ""),
        ("signature-input", "sig=()"),
        ("signature-input", "sig"),
        ("signature-input", INPUT + ","),
        ("signature-input", INPUT + " x"),
        ("signature-input", INPUT + ", " + INPUT),
        ("signature-input", INPUT + ", " + INPUT.replace("sig=", "other=")),
        ("signature-input", INPUT.replace('"@method"', '"@method" "@method"')),
        ("signature-input", INPUT.replace('"@method"', '"@method";req')),
        ("signature-input", INPUT.replace('"@method"', '"@METHOD"')),
        ("signature-input", INPUT.replace('"@method" ', '"@method"  ')),
        ("signature-input", INPUT.replace(";created", "; created")),
        ("signature-input", INPUT + f";created={NOW}"),
        ("signature-input", INPUT.replace('tag="nahmi"', 'tag="na\\hmi"')),
        ("signature-input", INPUT.replace('tag="nahmi"', "tag=nahmi")),
        ("signature-input", INPUT.replace('"@query"', '"@query" "missing"')),
        ("signature-input", INPUT.replace('"@query"', '"@query" "@scheme"')),
        ("signature", None),
        ("signature", ""),
        ("signature", SIGNATURE.replace("sig", "gis")),
        ("signature", SIGNATURE.replace("==:", "=:")),
        ("signature", "sig=:AAAA:"),
        ("signature", SIGNATURE + ", " + SIGNATURE),
        ("content-digest", None),
        ("content-digest", ""),
        ("content-digest", "sha-512=:AAAA:"),
        ("content-digest", "sha-256=:AAAA:"),
        ("content-digest", "sha-256=AAAA"),
    ],
)
def test_headers_that_nodes_do_not_write_are_refused(name: str, value: str | None) -> None:
    assert refused(ErrorCode.REQUEST_UNSIGNED, changed(name, value))


def test_a_head_that_breaks_lines_is_refused() -> None:
    for change in ({"target": '/a\n"@query": ?'}, {"target": "/\u00e9"}, {"method": "A\rB"}):
        with pytest.raises(AccessError) as error:
            signed(msgspec.structs.replace(HEAD, **change))
        assert error.value.code is ErrorCode.REQUEST_UNSIGNED


def test_a_request_shows_nothing_of_what_it_asks() -> None:
    assert "after" not in repr(HEAD)


@given(st.text('()";=:,@ \\abc019-', max_size=40))
def test_readers_of_fields_raise_only_what_they_say(field: str) -> None:
    for read in (read_inputs, read_digest, lambda text: read_signature(text, "sig")):
        try:
            found = read(field)
        except AccessError:
            continue
        assert found


@given(
    st.from_regex(r"/[a-z/%0-9]{0,9}(\?[a-z=&%0-9]{0,9})?", fullmatch=True),
    st.binary(max_size=20),
    st.integers(0, 2**40),
)
def test_whatever_is_signed_is_served(target: str, body: bytes, seed: int) -> None:
    nonce = sha256(str(seed).encode()).hexdigest()
    head = signed(msgspec.structs.replace(HEAD, target=target), body, nonce=nonce)
    assert verifier().verify(head, body, now_s=NOW) == KEY.public
    assert b64decode((head.field("content-digest") or "")[9:-1]) == sha256(body).digest()
