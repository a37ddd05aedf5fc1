# SPDX-License-Identifier: Apache-2.0
"""One request to one target: resolved once, pinned, under one deadline, and nothing kept.

httpcore is used without httpx on top, because nothing of what httpx adds is wanted here: proxies
from the environment, cookies, redirects, decoding of what is compressed, connections kept open.
"""

import logging
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import httpcore
import msgspec

from nahmi.errors import ErrorCode, WireError
from nahmi.wire.deadline import Deadline
from nahmi.wire.hosts import HostRule
from nahmi.wire.resolving import Address, Resolver, SystemResolver, pinned_addresses
from nahmi.wire.stream import Dial, PinnedBackend, dial
from nahmi.wire.target import Target

# httpcore tells its debug log hosts, headers and bodies. Set here and not where logs are set up,
# so that no set-up can forget it; loggers below this one inherit it.
logging.getLogger("httpcore").setLevel(logging.CRITICAL)

_AGENT: Final = "nahmi"


class Answer:
    """What a peer said: the status, the headers, and the body as it arrives."""

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response
        self.status = response.status

    def header(self, name: str) -> str:
        """A header's value; empty where it is missing. Several are joined by a comma."""
        wanted = name.lower().encode()
        values = [value for key, value in self._response.headers if key.lower() == wanted]
        return b", ".join(values).decode("latin-1")

    def parts(self) -> Iterator[bytes]:
        """The body.

        Raises:
            WireError: FETCH_FAILED: it broke off. FETCH_TIMEOUT.
        """
        stream = iter(self._response.iter_stream())
        while True:
            with _told_apart():
                part = next(stream, None)
            if part is None:
                return
            yield part


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """What every call needs.

    Attributes:
        tls: Checks certificates; by default against the authorities that the system trusts.
        resolver: Finds addresses.
        connect: Opens connections.
    """

    tls: ssl.SSLContext = msgspec.field(default_factory=ssl.create_default_context)
    resolver: Resolver = msgspec.field(default_factory=SystemResolver)
    connect: Dial = dial

    def pin(self, target: Target, rule: HostRule, deadline: Deadline) -> list[Address]:
        """The judged addresses of a target, from one look-up.

        Raises:
            WireError: FETCH_REFUSED: one of them may not be connected to. FETCH_FAILED: there is
                none. FETCH_TIMEOUT.
        """
        with _told_apart():
            found = pinned_addresses(target, rule, self.resolver, deadline)
        if found is None:
            raise WireError(
                ErrorCode.FETCH_REFUSED, "The host has an address that must not be called."
            )
        if not found:
            raise WireError(ErrorCode.FETCH_FAILED, "The host's name has no address.")
        return list(found)

    @contextmanager
    def call(  # noqa: PLR0913 - each is a part of its own
        self,
        target: Target,
        addresses: list[Address],
        deadline: Deadline,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Iterator[Answer]:
        """Send a request and read the answer's head; the connection is closed at the end.

        Args:
            target: What to ask for.
            addresses: From `pin`.
            deadline: For everything up to the last byte of the body.
            method: GET or POST.
            headers: Beside Host, User-Agent, Accept-Encoding and Connection.
            body: Sent with its length.

        Raises:
            WireError: FETCH_FAILED: there is no answer. FETCH_TIMEOUT.
        """
        connection = httpcore.HTTPConnection(
            httpcore.Origin(target.scheme.encode(), _bare(target).encode(), target.port),
            ssl_context=self.tls,
            network_backend=PinnedBackend(addresses, deadline, self.connect),
        )
        request = httpcore.Request(
            method,
            httpcore.URL(
                scheme=target.scheme, host=_bare(target), port=target.port, target=target.path
            ),
            headers=_headers(target, headers or {}, body),
            content=body,
        )
        try:
            with _told_apart():
                response = connection.handle_request(request)
            yield Answer(response)
        finally:
            connection.close()


def _bare(target: Target) -> str:
    return target.host.removeprefix("[").removesuffix("]")


def _headers(target: Target, more: Mapping[str, str], body: bytes | None) -> list[tuple[str, str]]:
    fixed = {
        "Host": target.authority,
        "User-Agent": _AGENT,
        "Accept-Encoding": "identity",
        "Connection": "close",
    }
    length = {} if body is None else {"Content-Length": str(len(body))}
    return list({**fixed, **length, **more}.items())


@contextmanager
def _told_apart() -> Iterator[None]:
    """Turn what sockets, TLS and httpcore raise into our own, which quotes none of them.

    A peer's words may hold anything, and those of the TLS library hold the host.
    """
    code, why = ErrorCode.FETCH_FAILED, ""
    try:
        yield
    except TimeoutError:
        code, why = ErrorCode.FETCH_TIMEOUT, "The host did not answer in full in time."
    except ssl.SSLCertVerificationError:
        why = "The host's certificate is not trusted or is for another name."
    except ssl.SSLError:
        why = "The host does not speak TLS as it should."
    except (ConnectionError, httpcore.NetworkError):
        why = "The connection to the host was refused or broke."
    except httpcore.ProtocolError:
        why = "The host does not speak HTTP as it should."
    except (OSError, ValueError):
        why = "The host could not be reached."
    if why:
        raise WireError(code, why) from None
