# SPDX-License-Identifier: Apache-2.0
"""Whatever kind of file a picture comes in, the same picture has the same canonical pixels."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from nahmi import kernels
from nahmi.errors import ErrorCode, MediaError
from nahmi.media import decoding
from nahmi.media.canon import CANON, CANON_FAST
from nahmi.media.fingerprints import fingerprints_of
from nahmi.media.formats import media_type_of
from nahmi.media.limits import MediaLimits
from nahmi.protect.plan import FingerprintPlan, Mode
from nahmi.testing.media import scene

LIMITS = MediaLimits()
PICTURE = scene(5, width=320, height=240)
PIXELS = np.asarray(PICTURE)


@pytest.fixture(scope="module", autouse=True)
def _decoders() -> None:
    decoding.prepare()


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def canonical(data: bytes, *, step: int | None = None) -> list[np.ndarray]:
    found = decoding.frames(data, media_type_of(data), LIMITS, step=step)
    return [pixels for _, pixels in found]


def bits_apart(a: np.ndarray, b: np.ndarray) -> int:
    first, second = (int.from_bytes(kernels.pdq(np.ascontiguousarray(p))[0]) for p in (a, b))
    return (first ^ second).bit_count()


def fingerprint(data: bytes, **plan: object) -> dict[str, str]:
    content = fingerprints_of(data, FingerprintPlan(digests=(), **plan), LIMITS)  # type: ignore[arg-type]
    return {f.variant: f.value for f in content.fingerprints}


def pdq(pixels: np.ndarray) -> str:
    return kernels.pdq(np.ascontiguousarray(pixels))[0].hex()


# ---- kinds of pixels ----------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["PNG", "TIFF", "BMP", "WEBP"])
def test_lossless_formats_keep_every_pixel(form: str) -> None:
    options = {"lossless": True} if form == "WEBP" else {}
    assert (canonical(encoded(PICTURE, form, **options))[0] == PIXELS).all()


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "AVIF", "HEIF"])
def test_lossy_formats_stay_near(form: str) -> None:
    pixels = canonical(encoded(PICTURE, form, quality=90))[0]
    assert pixels.shape == PIXELS.shape
    assert bits_apart(pixels, PIXELS) <= 10


def test_grey_is_the_same_in_one_channel_and_in_three() -> None:
    grey = PICTURE.convert("L")
    three = np.asarray(grey.convert("RGB"))
    for data in (encoded(grey, "PNG"), encoded(grey, "BMP"), encoded(grey, "TIFF")):
        assert (canonical(data)[0] == three).all()
    jpeg = encoded(grey, "JPEG", quality=95)
    assert (canonical(jpeg)[0] == np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB"))).all()


def test_one_bit_pictures_are_black_and_white() -> None:
    bits = PICTURE.convert("1")
    expected = np.asarray(bits.convert("RGB"))
    assert set(np.unique(expected)) == {0, 255}
    assert (canonical(encoded(bits, "PNG"))[0] == expected).all()
    assert (canonical(encoded(bits, "TIFF", compression="group4"))[0] == expected).all()


def test_palettes_are_looked_up() -> None:
    """Hashing palette indices, as is common, is 36 to 218 bits off."""
    palette = PICTURE.quantize(200)
    expected = np.asarray(palette.convert("RGB"))
    for form in ("PNG", "GIF", "BMP", "TIFF"):
        pixels = canonical(encoded(palette, form))[0]
        assert bits_apart(pixels, expected) == 0
    assert bits_apart(expected, PIXELS) <= 16


def test_cmyk_is_not_taken_for_rgb() -> None:
    """Reading C, M, Y as R, G, B inverts every bit."""
    cmyk = PICTURE.convert("CMYK")
    for data in (encoded(cmyk, "JPEG", quality=95), encoded(cmyk, "TIFF")):
        assert bits_apart(canonical(data)[0], PIXELS) <= 8


def test_an_inverted_cmyk_jpeg_is_turned_over() -> None:
    """Adobe programs store CMYK inverted and say so in a marker of their own."""
    data = encoded(PICTURE.convert("CMYK"), "JPEG", quality=95)
    assert b"Adobe" in data
    assert bits_apart(canonical(data)[0], PIXELS) <= 8


def test_sixteen_bit_grey_is_scaled_not_clipped() -> None:
    grey = np.asarray(PICTURE.convert("L"))
    sixteen = Image.fromarray(grey.astype(np.uint16) * 257)
    expected = np.repeat(grey[:, :, None], 3, axis=2)
    for form in ("PNG", "TIFF"):
        data = encoded(sixteen, form)
        assert Image.open(io.BytesIO(data)).mode.startswith("I;16")
        assert (canonical(data)[0] == expected).all()


def test_sixteen_bit_colour_keeps_the_high_byte() -> None:
    height, width, _ = PIXELS.shape
    rows = (PIXELS.astype(">u2") * 257).tobytes()
    stride = width * 6
    raw = b"".join(b"\0" + rows[y * stride : (y + 1) * stride] for y in range(height))

    def chunk(kind: bytes, body: bytes) -> bytes:
        checksum = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    data += chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")
    assert (canonical(data)[0] == PIXELS).all()


def test_transparency_is_flattened_on_white() -> None:
    rgba = PICTURE.convert("RGBA")
    alpha = np.tile(np.linspace(0, 255, 320).astype(np.uint8), (240, 1))
    rgba.putalpha(Image.fromarray(alpha))
    wide = alpha[:, :, None].astype(int)
    expected = (PIXELS.astype(int) * wide + 255 * (255 - wide) + 127) // 255
    for form, options in (("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True, "exact": True})):
        assert (canonical(encoded(rgba, form, **options))[0] == expected).all()


def test_transparent_grey_and_transparent_palette() -> None:
    grey = PICTURE.convert("LA")
    grey.putalpha(Image.new("L", grey.size, 0))
    assert (canonical(encoded(grey, "PNG"))[0] == 255).all()
    palette = PICTURE.quantize(64)
    clear = int(np.bincount(np.asarray(palette).ravel()).argmax())
    for form in ("PNG", "GIF"):
        pixels = canonical(encoded(palette, form, transparency=clear))[0]
        hidden = np.asarray(palette) == clear
        assert (pixels[hidden] == 255).all()
        assert (pixels[~hidden] == np.asarray(palette.convert("RGB"))[~hidden]).all()


def test_a_colour_profile_changes_nothing() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    for form in ("PNG", "TIFF"):
        data = encoded(PICTURE, form, icc_profile=profile)
        assert Image.open(io.BytesIO(data)).info["icc_profile"]
        assert (canonical(data)[0] == PIXELS).all()
    with_profile = encoded(PICTURE, "JPEG", quality=95, icc_profile=profile)
    assert (canonical(with_profile)[0] == canonical(encoded(PICTURE, "JPEG", quality=95))[0]).all()


def test_floating_point_pixels_are_refused() -> None:
    data = encoded(PICTURE.convert("F"), "TIFF")
    with pytest.raises(MediaError) as caught:
        canonical(data)
    assert caught.value.code == ErrorCode.MEDIA_UNSUPPORTED


# ---- orientation --------------------------------------------------------------------------------

_AS_STORED = {
    1: PIXELS,
    2: PIXELS[:, ::-1],
    3: PIXELS[::-1, ::-1],
    4: PIXELS[::-1],
    5: PIXELS.transpose(1, 0, 2),
    6: np.rot90(PIXELS, 1),
    7: PIXELS[::-1, ::-1].transpose(1, 0, 2),
    8: np.rot90(PIXELS, -1),
}
"""The picture as a camera stores it under each EXIF orientation."""


@pytest.mark.parametrize("orientation", _AS_STORED)
@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP", "JPEG"])
def test_exif_orientation_is_applied(form: str, orientation: int) -> None:
    stored = Image.fromarray(np.ascontiguousarray(_AS_STORED[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"WEBP": {"lossless": True}, "JPEG": {"quality": 95}}.get(form, {})
    pixels = canonical(encoded(stored, form, exif=exif, **options))[0]
    assert pixels.shape == PIXELS.shape
    if form == "JPEG":
        assert bits_apart(pixels, PIXELS) <= 6
    else:
        assert (pixels == PIXELS).all()


@pytest.mark.parametrize("before", [0, 1, 4])
def test_exif_is_found_behind_other_segments(before: int) -> None:
    stored = Image.fromarray(np.ascontiguousarray(_AS_STORED[6]))
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(stored, "JPEG", exif=exif, quality=95)
    comment = b"\xff\xfe" + (60_000).to_bytes(2) + bytes(59_998)
    assert decoding.jpeg_orientation(data[:2] + comment * before + data[2:]) == 6


def test_a_jpeg_without_exif_is_upright_whatever_its_segments() -> None:
    data = encoded(Image.fromarray(np.ascontiguousarray(_AS_STORED[1])), "JPEG")
    empty = b"\xff\xe0\x00\x02"
    for odd in (data, data[:2] + empty * 2_000 + data[2:], data[:2], b"\xff\xd8\xff\xff\xff\xff"):
        assert decoding.jpeg_orientation(odd) == 1


@pytest.mark.parametrize("orientation", _AS_STORED)
def test_fast_mode_applies_orientation(orientation: int) -> None:
    large = scene(6, width=1600, height=1200)
    exif = Image.Exif()
    exif[0x0112] = orientation
    undo = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    stored = large if undo is None else large.transpose(undo)
    data = encoded(stored, "JPEG", quality=90, exif=exif)
    exact = fingerprints_of(data, FingerprintPlan(digests=()), LIMITS)
    fast = fingerprints_of(data, FingerprintPlan(digests=(), mode=Mode.FAST), LIMITS)
    assert (fast.width, fast.height) == (exact.width, exact.height) == (1600, 1200)
    assert [f.canon for f in (*exact.fingerprints, *fast.fingerprints)] == [CANON, CANON_FAST]
    first, second = (int(c.fingerprints[0].value, 16) for c in (exact, fast))
    assert (first ^ second).bit_count() <= 8


# ---- frames -------------------------------------------------------------------------------------

FRAMES = [scene(seed, width=200, height=160) for seed in range(20, 26)]


@pytest.mark.parametrize(
    ("form", "options"),
    [("WEBP", {"lossless": True}), ("PNG", {}), ("GIF", {}), ("TIFF", {})],
)
def test_animations_give_their_first_frame_or_every_nth(
    form: str, options: dict[str, object]
) -> None:
    first, *rest = FRAMES
    data = encoded(first, form, save_all=True, append_images=rest, **options)
    assert len(canonical(data)) == 1
    assert len(canonical(data, step=1)) == 6
    chosen = canonical(data, step=2)
    assert len(chosen) == 3
    for pixels, expected in zip(chosen, FRAMES[::2], strict=True):
        assert bits_apart(pixels, np.asarray(expected)) <= (24 if form == "GIF" else 0)
    content = fingerprints_of(data, FingerprintPlan(frame_step=2), LIMITS)
    assert {f.frame for f in content.fingerprints if f.signal_type == "pdq"} == {0, 2, 4}


def test_frames_are_composited_not_read_as_patches() -> None:
    """A later frame may hold only what changed; what is hashed is what a viewer shows."""
    patch = PICTURE.copy()
    patch.paste((255, 0, 0), (10, 10, 40, 40))
    data = encoded(PICTURE.quantize(128), "GIF", save_all=True, append_images=[patch.quantize(128)])
    frames = canonical(data, step=1)
    assert frames[1].shape == frames[0].shape
    assert bits_apart(frames[1], np.asarray(patch)) <= 31


def test_frames_are_capped() -> None:
    data = encoded(FRAMES[0], "PNG", save_all=True, append_images=FRAMES[1:])
    found = decoding.frames(data, "image/png", MediaLimits(frames=4), step=1)
    assert [number for number, _ in found] == [0, 1, 2, 3]


# ---- variants -----------------------------------------------------------------------------------

ORIGINAL = pdq(PIXELS)


def distance(a: str, b: str) -> int:
    return (int(a, 16) ^ int(b, 16)).bit_count()


def framed(colour: str, share: float) -> Image.Image:
    edge = round(320 * share)
    out = Image.new("RGB", (320 + 2 * edge, 240 + 2 * edge), colour)
    out.paste(PICTURE, (edge, edge))
    return out


@pytest.mark.parametrize("colour", ["black", "white", "#335577"])
@pytest.mark.parametrize("share", [0.05, 0.2])
def test_borders_are_trimmed(colour: str, share: float) -> None:
    found = fingerprint(encoded(framed(colour, share), "JPEG", quality=70), trims=True)
    assert distance(found["original"], ORIGINAL) > 31
    assert min(distance(value, ORIGINAL) for value in found.values()) <= 20


def test_frames_within_frames_are_trimmed() -> None:
    inner = framed("black", 0.1)
    outer = Image.new("RGB", (inner.width + 60, inner.height + 90), "white")
    outer.paste(inner, (30, 45))
    found = fingerprint(encoded(outer, "JPEG", quality=60), trims=True)
    assert distance(found["trim-inner"], ORIGINAL) <= 20


def test_plain_and_dark_pictures_are_not_trimmed_away() -> None:
    night = Image.new("RGB", (320, 240), (3, 3, 5))
    night.paste((250, 240, 200), (150, 100, 170, 120))
    content = fingerprints_of(encoded(night, "PNG"), FingerprintPlan(trims=True), LIMITS)
    assert all(f.variant == "original" for f in content.fingerprints)


def test_turned_copies_hit_under_the_name_of_the_turn() -> None:
    for name, turned in {
        "rotate90": np.rot90(PIXELS, 1),
        "rotate180": np.rot90(PIXELS, 2),
        "rotate270": np.rot90(PIXELS, -1),
        "flip_x": PIXELS[:, ::-1],
        "flip_y": PIXELS[::-1],
        "transpose": PIXELS.transpose(1, 0, 2),
        "transverse": PIXELS[::-1, ::-1].transpose(1, 0, 2),
    }.items():
        data = encoded(Image.fromarray(np.ascontiguousarray(turned)), "PNG")
        found = fingerprint(data, orientations=True)
        assert distance(found[name], ORIGINAL) <= 4


def test_crops_are_those_of_the_cut_pixels() -> None:
    found = fingerprint(
        encoded(PICTURE, "PNG"), crops=("crop:centre:5", "crop:top-left:10", "crop:left:10")
    )
    assert found["crop:centre:5"] == pdq(PIXELS[12:228, 16:304])
    assert found["crop:top-left:10"] == pdq(PIXELS[:216, :288])
    assert found["crop:left:10"] == pdq(PIXELS[:, 32:])


@pytest.mark.parametrize("colour", ["black", "white", "#777777"])
def test_blank_pictures_have_no_usable_fingerprint_but_digests(colour: str) -> None:
    data = encoded(Image.new("RGB", (300, 200), colour), "PNG")
    content = fingerprints_of(data, FingerprintPlan(orientations=True, trims=True), LIMITS)
    assert [f.signal_type for f in content.fingerprints] == ["sha256", "sha1", "md5"]
    assert "too little detail" in content.unusable
