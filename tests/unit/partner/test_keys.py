# SPDX-License-Identifier: Apache-2.0
"""Signatures: the RFC's vectors, one purpose each, and nothing secret in sight."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nahmi.errors import ErrorCode, InputError, TrustError
from nahmi.partner.curve import is_sound_point
from nahmi.partner.fingerprints import (
    arabic_groups,
    digit_groups,
    hex_groups,
    is_fingerprint_of,
)
from nahmi.partner.keys import PublicKey, SigningKey, read_public_key

# RFC 8032, section 7.1: secret key, public key, message, signature.
VECTORS = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
    (
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        (
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        ),
        (
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
            "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
        ),
    ),
]
KEY = SigningKey(bytes(range(32)))
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493
PRIME = 2**255 - 19


@pytest.mark.parametrize(("seed", "public", "message", "signature"), VECTORS)
def test_signatures_are_those_of_the_rfc(
    seed: str, public: str, message: str, signature: str
) -> None:
    key = SigningKey(bytes.fromhex(seed))
    assert key.public == read_public_key(bytes.fromhex(public))
    assert key.sign_raw(bytes.fromhex(message)).hex() == signature
    key.public.verify_raw(bytes.fromhex(message), bytes.fromhex(signature))


def refuses(public: PublicKey, purpose: str, message: bytes, signature: bytes) -> bool:
    with pytest.raises(TrustError) as refused:
        public.verify(purpose, message, signature)
    return refused.value.code is ErrorCode.SIGNATURE_INVALID


@given(st.binary(max_size=40), st.integers(0, 511), st.binary(max_size=3))
def test_a_signature_fits_one_message_and_one_key(message: bytes, bit: int, more: bytes) -> None:
    signature = KEY.sign("entry", message)
    KEY.public.verify("entry", message, signature)
    flipped = bytearray(signature)
    flipped[bit // 8] ^= 1 << bit % 8
    assert refuses(KEY.public, "entry", message, bytes(flipped))
    assert refuses(KEY.public, "entry", message + more + b".", signature)
    assert refuses(SigningKey(bytes(32)).public, "entry", message, signature)


def test_a_signature_serves_one_purpose() -> None:
    signature = KEY.sign("entry", b"x")
    assert refuses(KEY.public, "roster", b"x", signature)
    assert refuses(KEY.public, "entry/x", b"", signature)
    with pytest.raises(TrustError):
        KEY.public.verify_raw(b"x", signature)
    KEY.public.verify_raw(b"nahmi/entry\0x", signature)


@pytest.mark.parametrize("purpose", ["", "Entry", "a b", "a\0b", "/a", "a/", "é"])
def test_purposes_are_plain_words(purpose: str) -> None:
    with pytest.raises(InputError):
        KEY.sign(purpose, b"")
    with pytest.raises(InputError):
        KEY.public.verify(purpose, b"", bytes(64))


def test_nobody_can_make_a_second_signature_out_of_one() -> None:
    # RFC 8032, section 5.1.7: S must be below the order of the group.
    signature = KEY.sign("entry", b"x")
    s = int.from_bytes(signature[32:], "little") + GROUP_ORDER
    assert refuses(KEY.public, "entry", b"x", signature[:32] + s.to_bytes(32, "little"))


@pytest.mark.parametrize("length", [0, 1, 63, 65, 128])
def test_signatures_of_another_length_are_refused(length: int) -> None:
    assert refuses(KEY.public, "entry", b"x", bytes(length))


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_keys_of_another_length_are_refused(length: int) -> None:
    for make in (SigningKey, read_public_key):
        with pytest.raises(InputError) as refused:
            make(bytes(length))
        assert refused.value.code is ErrorCode.KEY_INVALID


def small_points() -> Iterator[bytes]:
    """The points of small order in each spelling, found by adding points up."""
    d = -121665 * pow(121666, -1, PRIME) % PRIME
    root = pow(2, (PRIME - 1) // 4, PRIME)

    def add(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
        cross = d * a[0] * b[0] * a[1] * b[1]
        x = (a[0] * b[1] + b[0] * a[1]) * pow(1 + cross, -1, PRIME)
        y = (a[1] * b[1] + a[0] * b[0]) * pow(1 - cross, -1, PRIME)
        return x % PRIME, y % PRIME

    def abscissa(y: int) -> int:
        square = (y * y - 1) * pow(d * y * y + 1, -1, PRIME) % PRIME
        x = pow(square, (PRIME + 3) // 8, PRIME)
        return x if x * x % PRIME == square else x * root % PRIME

    y = next(
        y
        for y in range(2, 100)
        if pow(abscissa(y), 2, PRIME) * (d * y * y + 1) % PRIME == (y * y - 1) % PRIME
    )
    point, total = (abscissa(y), y), (0, 1)
    for bit in f"{GROUP_ORDER:b}":
        total = add(total, total)
        total = add(total, point) if bit == "1" else total
    multiple = (0, 1)
    for _ in range(8):
        multiple = add(multiple, total)
        for spelled in (multiple[1], multiple[1] + PRIME):
            for sign in (0, 1):
                if spelled < 2**255:
                    yield (spelled | sign << 255).to_bytes(32, "little")
    assert multiple == (0, 1)


def test_keys_that_anybody_could_sign_for_are_refused() -> None:
    points = set(small_points())
    assert len(points) >= 14
    for raw in points:
        with pytest.raises(InputError):
            read_public_key(raw)


@given(st.binary(min_size=32, max_size=32))
def test_every_key_that_was_made_is_sound(seed: bytes) -> None:
    public = SigningKey(seed).public
    assert read_public_key(public.raw) == public


def test_bytes_off_the_curve_are_no_key() -> None:
    found = [is_sound_point(y.to_bytes(32, "little")) for y in range(2, 200)]
    assert 60 < sum(found) < 140
    assert not is_sound_point((PRIME + 3).to_bytes(32, "little"))


def test_keys_are_named_by_their_digest_and_show_no_secret() -> None:
    # SHA-256 of the first vector's public key.
    key = SigningKey(bytes.fromhex(VECTORS[0][0]))
    assert key.public.kid == "21fe31dfa154a261626bf854046fd227"
    assert repr(key) == f"SigningKey({key.public.kid})"
    assert repr(key.public) == f"PublicKey({key.public.kid})"
    assert VECTORS[0][1] not in repr(key.public)
    assert not hasattr(key, "__dict__")


def test_people_compare_the_same_bits_in_each_script() -> None:
    groups = hex_groups(KEY.public)
    assert "".join(groups) == KEY.public.kid
    assert [len(group) for group in groups] == [4] * 8
    digits = digit_groups(KEY.public)
    assert [int(group) for group in digits] == [int(group, 16) for group in groups]
    assert [len(group) for group in digits] == [5] * 8
    arabic = arabic_groups(KEY.public)
    assert set("".join(arabic)) <= set("٠١٢٣٤٥٦٧٨٩")
    assert [int(group) for group in arabic] == [int(group) for group in digits]


@pytest.mark.parametrize("form", [hex_groups, digit_groups, arabic_groups])
def test_a_typed_fingerprint_is_known_again(form: object) -> None:
    assert callable(form)
    typed = form(KEY.public)
    other = SigningKey(bytes(32)).public
    for between in (" ", "", "-", "\n", " - "):
        assert is_fingerprint_of(KEY.public, between.join(typed).upper())
        assert not is_fingerprint_of(other, between.join(typed))
    assert not is_fingerprint_of(KEY.public, "".join(typed[:-1]))
    assert not is_fingerprint_of(KEY.public, "")
