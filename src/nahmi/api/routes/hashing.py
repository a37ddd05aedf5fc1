# SPDX-License-Identifier: Apache-2.0
"""Fingerprints of a file, for callers who do not compute them themselves."""

from typing import Any

import msgspec
from litestar import Request, Router, post

from nahmi.access.roles import Permission
from nahmi.api.contents import CONTENT, CONTENT_PROBLEMS, read_content
from nahmi.api.describing import Sample
from nahmi.api.fields import Fast, Variants
from nahmi.api.operations import operation
from nahmi.api.services import services_of
from nahmi.core.signal import ContentFingerprints
from nahmi.protect.plan import FingerprintPlan, Mode

AnyRequest = Request[Any, Any, Any]


class FingerprintReply(msgspec.Struct, frozen=True, omit_defaults=True):
    """One fingerprint.

    Attributes:
        signal_type: Such as `pdq` or `sha256`.
        value: Its canonical text.
        quality: 0..100 for types that grade themselves.
        canon: Version of the canonical form that it was computed on.
        variant: How the content was altered before.
        frame: Which frame of animated content.
    """

    signal_type: str
    value: str
    quality: int | None = None
    canon: str | None = None
    variant: str = "original"
    frame: int = 0


class HashReply(msgspec.Struct, frozen=True):
    """The fingerprints of a file.

    Attributes:
        media_type: Sniffed from the bytes.
        width: Pixels, after orientation.
        height: Pixels.
        frame_count: 1 for still pictures.
        size_bytes: Length of the file.
        fingerprints: Those that can be used.
        unusable: Why a perceptual fingerprint is missing; empty when none is.
    """

    media_type: str
    width: int
    height: int
    frame_count: int
    size_bytes: int
    fingerprints: tuple[FingerprintReply, ...]
    unusable: str = ""


@operation(
    post,
    "/",
    permission=Permission.PROTECT_CONTENT_HASH,
    summary="Fingerprint a file",
    sample=Sample(
        request=CONTENT,
        reply=HashReply(
            media_type="image/jpeg",
            width=1600,
            height=1200,
            frame_count=1,
            size_bytes=412_806,
            fingerprints=(
                FingerprintReply(
                    "pdq",
                    "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22",
                    100,
                    "pdq-canon-v1",
                ),
            ),
        ),
    ),
    problems=CONTENT_PROBLEMS,
    status=200,
)
async def hash_content(
    request: AnyRequest, *, variants: Variants = False, fast: Fast = False
) -> HashReply:
    """Compute the fingerprints of a file.

    Send it as the body, or as the one file of a multipart form. It is decoded in a sandboxed
    process and kept nowhere.
    """
    service = services_of(request.app)
    content = await read_content(request, most_bytes=service.settings.limits.upload_bytes)
    plan = FingerprintPlan(
        mode=Mode.FAST if fast else Mode.EXACT, orientations=variants, trims=variants
    )
    return _reply(await service.decoders.fingerprint(content, plan))


def _reply(found: ContentFingerprints) -> HashReply:
    return HashReply(
        media_type=found.media_type,
        width=found.width,
        height=found.height,
        frame_count=found.frame_count,
        size_bytes=found.size_bytes,
        fingerprints=tuple(
            FingerprintReply(f.signal_type, f.value, f.quality, f.canon, f.variant, f.frame)
            for f in found.fingerprints
        ),
        unusable=found.unusable,
    )


routes = Router("/hash", route_handlers=[hash_content], tags=["hash"])
