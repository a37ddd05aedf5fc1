# SPDX-License-Identifier: Apache-2.0
"""How two people compare a key, by telephone or on paper, in either script.

Letters are easily misheard and turn direction between Arabic words, so there is a form of digits
only. Both forms hold the same 128 bits.
"""

from typing import Final

from nahmi.partner.keys import PublicKey

_ARABIC_DIGITS: Final = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_GROUP_DIGITS: Final = 4


def hex_groups(key: PublicKey) -> tuple[str, ...]:
    """Eight groups of four hexadecimal digits: the key's name, in pieces."""
    kid = key.kid
    return tuple(kid[at : at + _GROUP_DIGITS] for at in range(0, len(kid), _GROUP_DIGITS))


def digit_groups(key: PublicKey) -> tuple[str, ...]:
    """Eight groups of five decimal digits, each the number of the same group of `hex_groups`."""
    return tuple(f"{int(group, 16):05d}" for group in hex_groups(key))


def arabic_groups(key: PublicKey) -> tuple[str, ...]:
    """`digit_groups` in the digits that the Arabic East writes."""
    return tuple(group.translate(_ARABIC_DIGITS) for group in digit_groups(key))


def is_fingerprint_of(key: PublicKey, typed: str) -> bool:
    """Whether what a person typed is the key's fingerprint, in any of the forms.

    Args:
        key: Whose fingerprint it should be.
        typed: All groups in order; blanks and hyphens between them do not matter.
    """
    plain = "".join(typed.replace("-", " ").split()).lower()
    return plain in {"".join(form(key)) for form in (hex_groups, digit_groups, arabic_groups)}
