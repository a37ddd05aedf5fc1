# SPDX-License-Identifier: Apache-2.0
"""Style sheet, scripts and pictures of the pages, named after what is in them.

A name holds the digest of its content, so a browser may keep a file for ever and still gets the new
one after an upgrade.
"""

from hashlib import sha256
from importlib.resources import files
from typing import Final

import msgspec

PREFIX: Final = "/static/"
CACHE_FOR_EVER: Final = "public, max-age=31536000, immutable"
_DIGEST_CHARACTERS = 12
_MEDIA_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


class Asset(msgspec.Struct, frozen=True):
    """A file that pages refer to.

    Attributes:
        address: Path on this node, with the digest.
        media_type: For the header.
        content: Its bytes.
    """

    address: str
    media_type: str
    content: bytes


def _read() -> dict[str, Asset]:
    folder = files("nahmi.web").joinpath("static")
    found = {}
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        stem, _, kind = file.name.rpartition(".")
        if kind not in _MEDIA_TYPES:
            continue
        content = file.read_bytes()
        digest = sha256(content).hexdigest()[:_DIGEST_CHARACTERS]
        address = f"{PREFIX}{stem}.{digest}.{kind}"
        found[file.name] = Asset(address, _MEDIA_TYPES[kind], content)
    return found


ASSETS: Final[dict[str, Asset]] = _read()
"""Every asset by its plain name."""

BY_ADDRESS: Final[dict[str, Asset]] = {asset.address: asset for asset in ASSETS.values()}
"""Every asset by the address under which it is served."""


def asset_address(name: str) -> str:
    """Where an asset is served.

    Args:
        name: Plain file name, such as `console.css`.

    Raises:
        KeyError: There is no such file.
    """
    return ASSETS[name].address
