# SPDX-License-Identifier: Apache-2.0
"""Which files are pictures that nahmi decodes: judged by their first bytes, never by their name."""

from nahmi.errors import ErrorCode, MediaError

PILLOW_FORMATS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/avif": "AVIF",
    "image/heic": "HEIF",
    "image/tiff": "TIFF",
    "image/bmp": "BMP",
}
"""The allow-list: media types and the one Pillow decoder that each may use."""

_STARTS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"II+\0", "image/tiff"),
    (b"MM\0+", "image/tiff"),
    (b"BM", "image/bmp"),
)
_AVIF_BRANDS = {b"avif", b"avis"}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}


def media_type_of(data: bytes) -> str:
    """The media type of a file.

    Raises:
        MediaError: MEDIA_EMPTY, or MEDIA_UNSUPPORTED when it is none of the allowed formats.
    """
    if not data:
        raise MediaError(ErrorCode.MEDIA_EMPTY, "The file is empty.")
    for start, media_type in _STARTS:
        if data.startswith(start):
            return media_type
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:8] == b"ftyp":
        return _iso_media_type(data)
    raise MediaError(
        ErrorCode.MEDIA_UNSUPPORTED,
        "The file is not a picture in a supported format.",
        hint="Supported are JPEG, PNG, GIF, WebP, AVIF, HEIC, TIFF and BMP.",
    )


def _iso_media_type(data: bytes) -> str:
    """AVIF and HEIC share a container; its brands tell them apart, the major one first."""
    end = min(int.from_bytes(data[:4], "big"), 256)
    brands = [data[8:12], *(data[i : i + 4] for i in range(16, end - 3, 4))]
    if _AVIF_BRANDS.intersection(brands):
        return "image/avif"
    if _HEIC_BRANDS.intersection(brands):
        return "image/heic"
    raise MediaError(
        ErrorCode.MEDIA_UNSUPPORTED,
        "The file is a film or a picture in an unsupported format.",
        hint="Supported are JPEG, PNG, GIF, WebP, AVIF, HEIC, TIFF and BMP.",
    )
