# SPDX-License-Identifier: Apache-2.0
"""Encrypted files are opened by their receivers and by nobody else."""

from io import BytesIO

import pytest
from pyrage import x25519

from nahmi.errors import ErrorCode, InputError
from nahmi.store.age_files import decrypt_file, encrypt_file

DATA = b"a line\n" * 20_000
ONE, OTHER = x25519.Identity.generate(), x25519.Identity.generate()


def sealed(*recipients: str) -> bytes:
    target = BytesIO()
    encrypt_file(BytesIO(DATA), target, recipients)
    return target.getvalue()


def refused(data: bytes, identity: str) -> bool:
    with pytest.raises(InputError) as error:
        decrypt_file(BytesIO(data), BytesIO(), identity)
    return error.value.code is ErrorCode.KEY_INVALID


def test_each_receiver_opens_a_file() -> None:
    data = sealed(str(ONE.to_public()), str(OTHER.to_public()))
    assert DATA not in data
    for identity in (ONE, OTHER):
        target = BytesIO()
        decrypt_file(BytesIO(data), target, str(identity))
        assert target.getvalue() == DATA


def test_nobody_else_opens_it() -> None:
    data = sealed(str(ONE.to_public()))
    assert refused(data, str(OTHER))
    assert refused(data, "AGE-SECRET-KEY-1")
    assert refused(data[:-1], str(ONE))
    assert refused(data[:-9] + bytes(9), str(ONE))
    assert refused(b"", str(ONE))


@pytest.mark.parametrize("recipients", [[], ["age1"], [str(ONE)]])
def test_only_public_keys_are_receivers(recipients: list[str]) -> None:
    with pytest.raises(InputError) as error:
        sealed(*recipients)
    assert error.value.code is ErrorCode.KEY_INVALID
    assert str(ONE) not in error.value.diagnostics()
