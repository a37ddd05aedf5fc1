# SPDX-License-Identifier: Apache-2.0
"""Types of fingerprints at NCMEC, which writes each in three ways: `<md5>`, `Md5` and `MD5`."""

import re
from typing import Final

SIGNAL_TYPES: Final = {
    "MD5": "md5",
    "SHA1": "sha1",
    "PDNA": "photodna",
    "PDQ": "pdq",
    "NETCLEAN": "netclean",
    "VIDENTIFIER": "videntifier",
    "TMK_PDQF": "tmk_pdqf",
    "SSVH_PDNA": "ssvh_pdna",
    "SSVH_SAFER_HASH": "ssvh_safer_hash",
}
"""Our names of the types that are known; whether the node has such a type is another question."""

_KNOWN: Final = {name.replace("_", ""): name for name in SIGNAL_TYPES}
_PLAIN: Final = re.compile(r"[^A-Z0-9]+")


def type_of(text: str) -> str:
    """The one spelling of a type, which is that of paths; those that are not known have one too.

    Args:
        text: A tag, an attribute or a part of a path.
    """
    upper = _PLAIN.sub("_", text.strip().upper()).strip("_")
    return _KNOWN.get(upper.replace("_", ""), upper)
