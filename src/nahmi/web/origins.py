# SPDX-License-Identifier: Apache-2.0
"""Whether a page of this node sent a form: browsers say so, and no page makes them lie."""

from collections.abc import Mapping
from urllib.parse import urlsplit


def is_same_origin(headers: Mapping[str, str]) -> bool:
    """Whether the browser says that a page of this node sent the request.

    Args:
        headers: Of the request, with names in lower case.

    Returns:
        False also when the browser says nothing: those that send forms all do.
    """
    site = headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return False
    origin = headers.get("origin")
    if origin is None:
        return site == "same-origin"
    host = headers.get("host", "")
    return bool(host) and urlsplit(origin).netloc.lower() == host.lower()
