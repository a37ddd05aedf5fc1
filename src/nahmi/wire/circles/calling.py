# SPDX-License-Identifier: Apache-2.0
"""One signed request to another node: resolved once, pinned, under one deadline, and capped."""

import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec
import zstandard

from nahmi.errors import ErrorCode, InputError, PartnerError, WireError
from nahmi.partner.keys import SigningKey
from nahmi.partner.node_interface import PREFIX
from nahmi.partner.unreadable import UNREADABLE
from nahmi.wire.call import Answer, Caller
from nahmi.wire.deadline import Deadline
from nahmi.wire.hosts import HostRule, rule_for
from nahmi.wire.signed import RequestSigner
from nahmi.wire.target import Target, parse_target

MOST_BYTES: Final = 256 << 20
"""Most that an answer may hold once it is unpacked."""

SECONDS: Final = 60.0
"""How long one request may take, beside what it asks the other node to wait."""

_OK: Final = 200


class _Problem(msgspec.Struct):
    """What is read of another node's problem details."""

    code: str = ""
    detail: str = ""
    hint: str = ""


class NodeCaller:
    """Calls other nodes in the name of a member of this one. Safe to use from many threads.

    Args:
        rules: The exceptions that the operator made for nodes inside the network.
        nonce: Gives 128 random bits or more in base 64 for URLs, new ones each time.
        clock: Seconds since 1970.
        caller: How to call.
    """

    def __init__(
        self,
        *,
        rules: Sequence[HostRule],
        nonce: Callable[[], str],
        clock: Callable[[], float],
        caller: Caller | None = None,
    ) -> None:
        self._rules = tuple(rules)
        self._nonce = nonce
        self._clock = clock
        self._caller = caller or Caller()

    def get(self, url: str, key: SigningKey, *, wait_s: float = 0.0) -> bytes:
        """What another node answers.

        Args:
            url: Of what is asked for.
            key: With which the request is signed.
            wait_s: How long the other node was asked to wait.

        Raises:
            WireError: It cannot be reached or must not be called, or its answer cannot be used.
            PartnerError: It refuses; with its own code.
        """
        return self._call("GET", url, key, b"", wait_s)

    def post(self, url: str, key: SigningKey, body: bytes) -> bytes:
        """What another node answers to what is handed in; otherwise as `get`."""
        return self._call("POST", url, key, body, 0.0)

    def ask_witness(self, url: str, body: bytes) -> tuple[int, bytes]:
        """What a witness answers, whatever it is; the request bears no signature of ours.

        Args:
            url: Of its node.
            body: A submission.

        Raises:
            WireError: It cannot be reached or must not be called, or its answer is too long.
        """
        target = parse_target(f"{url.rstrip('/')}{PREFIX}/witness/add-checkpoint")
        deadline = Deadline(SECONDS)
        addresses = self._caller.pin(target, self._rule(target), deadline)
        with self._caller.call(
            target, addresses, deadline, method="POST", headers={}, body=body
        ) as answer:
            return answer.status, _read(answer)

    def check(self, url: str) -> None:
        """Refuse an address that no node of a circle may have.

        Raises:
            InputError: INPUT_INVALID: malformed, or http without a rule.
            WireError: FETCH_REFUSED: the host is an address that must not be called.
        """
        target = parse_target(url)
        rule = self._rule(target)
        if target.address is not None:
            self._caller.pin(target, rule, Deadline(SECONDS))

    def _call(self, method: str, url: str, key: SigningKey, body: bytes, wait_s: float) -> bytes:
        target = parse_target(url)
        deadline = Deadline(SECONDS + wait_s)
        addresses = self._caller.pin(target, self._rule(target), deadline)
        signer = RequestSigner(key, nonce=self._nonce, clock=self._clock)
        headers = {
            "Accept-Encoding": "zstd, gzip",
            **({"Content-Type": "application/json"} if body else {}),
            **signer.headers(target, method=method, body=body),
        }
        with self._caller.call(
            target,
            addresses,
            deadline,
            method=method,
            headers=headers,
            body=body if method == "POST" else None,
        ) as answer:
            data = _read(answer)
            if answer.status != _OK:
                raise _refusal(answer.status, data)
            return data

    def _rule(self, target: Target) -> HostRule:
        rule = rule_for(target, self._rules)
        if rule is None and target.scheme != "https":
            raise InputError(
                ErrorCode.INPUT_INVALID,
                "The address of another node begins with https://.",
                hint="Name nodes inside your network under circles.private_hosts in node.toml.",
            )
        return rule or HostRule(scheme=target.scheme, host=target.host, port=target.port)


def _read(answer: Answer) -> bytes:
    """An answer's body, unpacked, as far as the cap allows."""
    total = bytearray()
    for part in _unpacked(answer):
        total += part
        if len(total) > MOST_BYTES:
            raise WireError(ErrorCode.FETCH_TOO_LARGE, "The other node's answer is too large.")
    return bytes(total)


def _unpacked(answer: Answer) -> Iterator[bytes]:
    encoding = answer.header("content-encoding").strip().lower()
    if encoding in {"", "identity"}:
        yield from answer.parts()
        return
    if encoding not in {"zstd", "gzip"}:
        raise _unusable()
    packed = bytearray()
    for part in answer.parts():
        packed += part
        if len(packed) > MOST_BYTES:
            raise WireError(ErrorCode.FETCH_TOO_LARGE, "The other node's answer is too large.")
    try:
        yield _unzstd(bytes(packed)) if encoding == "zstd" else _gunzip(bytes(packed))
    except (zlib.error, zstandard.ZstdError) as error:
        raise _unusable() from error


def _unzstd(packed: bytes) -> bytes:
    # Never more than the bound: a small answer may unpack to whatever its sender likes.
    with zstandard.ZstdDecompressor().stream_reader(packed) as reader:
        data = reader.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise WireError(ErrorCode.FETCH_TOO_LARGE, "The other node's answer is too large.")
    return data


def _gunzip(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    data = unpacker.decompress(packed, MOST_BYTES + 1)
    if not unpacker.eof:
        raise _unusable()
    return data


def _refusal(status: int, data: bytes) -> PartnerError | WireError:
    """What another node's refusal is here: its own code where it is one of ours."""
    try:
        problem = msgspec.json.decode(data, type=_Problem)
        code = ErrorCode(problem.code)
    except (*UNREADABLE, ValueError):
        return WireError(
            ErrorCode.FETCH_FAILED, f"The other node answered {status} and does not say why."
        )
    return PartnerError(code, f"The other node says: {problem.detail}", hint=problem.hint)


def _unusable() -> WireError:
    return WireError(ErrorCode.FETCH_FAILED, "The other node's answer cannot be unpacked.")
