# SPDX-License-Identifier: Apache-2.0
"""Fingerprints of files by plug-ins' types, beside nahmi's own."""

import io
import os
from collections.abc import Sequence
from typing import BinaryIO, cast

import msgspec

from nahmi.core.signal import ContentFingerprints, Fingerprint
from nahmi.errors import ErrorCode, MediaError
from nahmi.media.limits import MediaLimits
from nahmi.media.pool import as_descriptor
from nahmi.plugins.threatexchange.host import PluginHost
from nahmi.plugins.threatexchange.messages import Hashed, HashFile
from nahmi.protect.plan import FingerprintPlan
from nahmi.protect.ports import Fingerprinter
from nahmi.protect.signal_type import ContentType

_UNSEEN = "No picture in a supported format; only plug-ins looked at it."


class PluginFingerprinter:
    """`Fingerprinter` that asks plug-ins' types as well.

    A picture is shown to the types of pictures and files. What nahmi does not decode itself, such
    as a video, is shown to those of videos and files.

    Args:
        inner: Computes nahmi's own fingerprints.
        host: The process of the plug-ins.
        limits: What one file may ask for.
    """

    def __init__(
        self, inner: Fingerprinter, host: PluginHost, limits: MediaLimits | None = None
    ) -> None:
        self._inner = inner
        self._host = host
        self._limits = limits or MediaLimits()
        self._for_pictures = _hashers(host, ContentType.PICTURE)
        self._for_others = _hashers(host, ContentType.VIDEO)

    def fingerprint(self, content: BinaryIO | bytes, plan: FingerprintPlan) -> ContentFingerprints:
        """See `Fingerprinter.fingerprint`.

        Raises:
            MediaError: Neither nahmi nor a plug-in can read it within the limits.
            PluginError: PLUGIN_FAILED.
            RequestError: SERVICE_BUSY.
        """
        with as_descriptor(content, self._limits) as descriptor:
            try:
                own = self._inner.fingerprint(cast("BinaryIO", _Whole(descriptor)), plan)
            except MediaError as error:
                if error.code is not ErrorCode.MEDIA_UNSUPPORTED or not self._for_others:
                    raise
                added = self._hashed(descriptor, self._for_others)
                if not added:
                    raise
                return ContentFingerprints(
                    media_type="application/octet-stream",
                    width=0,
                    height=0,
                    frame_count=0,
                    size_bytes=os.fstat(descriptor).st_size,
                    fingerprints=added,
                    unusable=_UNSEEN,
                )
            added = self._hashed(descriptor, self._for_pictures)
        return msgspec.structs.replace(own, fingerprints=(*own.fingerprints, *added))

    def _hashed(self, descriptor: int, names: Sequence[str]) -> tuple[Fingerprint, ...]:
        if not names:
            return ()
        asked = HashFile(tuple(names), self._limits.file_bytes)
        signals = self._host.ask(asked, Hashed, descriptor).signals
        return tuple(Fingerprint(name, value) for name, value in signals.items() if name in names)


class _Whole(io.RawIOBase):
    """An open file for readers by position: the place where its owner reads on is left alone."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        return self._descriptor

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return 0


def hashes_files(host: PluginHost) -> bool:
    """Whether any plug-in's type is computed from files."""
    return bool(_hashers(host, ContentType.PICTURE) or _hashers(host, ContentType.VIDEO))


def _hashers(host: PluginHost, content: ContentType) -> list[str]:
    wanted = {content, ContentType.FILE}
    return [
        kind.name
        for kind in host.types
        if kind.hashes_bytes and not wanted.isdisjoint(kind.content_types)
    ]
