# SPDX-License-Identifier: Apache-2.0
"""nahmi: open infrastructure to protect children online together.

The public names of the library. Each is imported when it is first used, so that `import nahmi`
costs a few milliseconds.

Example:
    >>> from nahmi import Signal, signal_types, url_lookups
    >>> signal_types().get("url").validate("HTTPS://Example.ORG:443/a/../?utm_source=x#top")
    'https://example.org/'
    >>> [signal.signal_type for signal in url_lookups("https://www.example.org/page")]
    ['url', 'url', 'url_host', 'url_host']
    >>> Signal("sha256", "ba7816bf")  # fingerprints stay out of logs
    Signal(signal_type='sha256', value=<withheld>)
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nahmi.core.match import Match, MatchAnswer, Verdict
    from nahmi.core.signal import ContentFingerprints, Fingerprint, Signal
    from nahmi.errors import ErrorCode, NahmiError
    from nahmi.library import Bank, fingerprint
    from nahmi.protect.ports import Hits
    from nahmi.protect.signals.registry import signal_types
    from nahmi.protect.signals.url import url_lookups
    from nahmi.store.index import Index

__all__ = [
    "Bank",
    "ContentFingerprints",
    "ErrorCode",
    "Fingerprint",
    "Hits",
    "Index",
    "Match",
    "MatchAnswer",
    "NahmiError",
    "Signal",
    "Verdict",
    "fingerprint",
    "signal_types",
    "url_lookups",
]

_HOMES = {
    "Bank": "nahmi.library",
    "ContentFingerprints": "nahmi.core.signal",
    "ErrorCode": "nahmi.errors",
    "Fingerprint": "nahmi.core.signal",
    "Hits": "nahmi.protect.ports",
    "Index": "nahmi.store.index",
    "Match": "nahmi.core.match",
    "MatchAnswer": "nahmi.core.match",
    "NahmiError": "nahmi.errors",
    "Signal": "nahmi.core.signal",
    "Verdict": "nahmi.core.match",
    "fingerprint": "nahmi.library",
    "signal_types": "nahmi.protect.signals.registry",
    "url_lookups": "nahmi.protect.signals.url",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used (PEP 562)."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'nahmi' has no attribute {name!r}")
    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, loaded or not."""
    return sorted({*globals(), *__all__})
