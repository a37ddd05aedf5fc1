# SPDX-License-Identifier: Apache-2.0
"""Content that was fetched goes to the sandboxed workers as it is, without touching the disk."""

from io import BufferedIOBase

import pytest

from nahmi.bootstrap import make_fingerprinter
from nahmi.errors import ErrorCode, MediaError
from nahmi.protect.plan import FingerprintPlan
from nahmi.protect.ports import ContentFetcher
from nahmi.testing.loopback import Asked, LoopbackServer, reply
from nahmi.testing.media import as_jpeg, scene
from nahmi.wire.fetching import Fetcher
from nahmi.wire.hosts import HostRule

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

PICTURE = as_jpeg(scene(3))


def host(asked: Asked, answer: BufferedIOBase) -> None:
    known = {"/picture": PICTURE, "/page": b"<html>", "/empty": b""}
    reply(200, known[asked.path])(asked, answer)


def test_a_fetched_picture_has_the_fingerprints_of_its_bytes() -> None:
    with LoopbackServer(host) as server, make_fingerprinter(workers=1) as fingerprinter:
        fetcher: ContentFetcher = Fetcher([HostRule.parse(f"{server.url('')} internal")])
        with fetcher.fetch(server.url("/picture")) as file:
            fetched = fingerprinter.fingerprint(file, FingerprintPlan())
        assert fetched == fingerprinter.fingerprint(PICTURE, FingerprintPlan())
        for path, code in (
            ("/page", ErrorCode.MEDIA_UNSUPPORTED),
            ("/empty", ErrorCode.MEDIA_EMPTY),
        ):
            with fetcher.fetch(server.url(path)) as file, pytest.raises(MediaError) as caught:
                fingerprinter.fingerprint(file, FingerprintPlan())
            assert caught.value.code is code
