# SPDX-License-Identifier: Apache-2.0
"""Passwords and the second factor."""

from base64 import b32encode

import pytest

from nahmi.access import passwords, totp
from nahmi.errors import NahmiError

SECRET = b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    "password", ["short", "a" * 300, "aaaabbbbaaaabbbb", "lailalailalaila", "Layla.Hassan1"]
)
def test_easy_passwords_are_refused(password: str) -> None:
    email = "laila@example.org" if "laila" in password else "layla.hassan@example.org"
    with pytest.raises(NahmiError):
        passwords.check_password(password, email)


def test_a_password_fits_only_itself() -> None:
    passwords.check_password("quiet river of lamps", "laila@example.org")
    kept = passwords.hash_password("quiet river of lamps", bytes(16))
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.is_password(kept, "quiet river of lamps")
    for wrong in ("quiet river of lamp", "", "x" * 10_000, "\ud800"):
        assert not passwords.is_password(kept, wrong)
    assert not passwords.is_password("", "quiet river of lamps")
    assert not passwords.is_password("é", "quiet river of lamps")


def test_what_cannot_be_kept_is_refused() -> None:
    for password, salt in (("\ud800", bytes(16)), ("quiet river", b"")):
        with pytest.raises(NahmiError):
            passwords.hash_password(password, salt)


@pytest.mark.parametrize(
    ("now_s", "code"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")]
)
def test_codes_are_those_of_rfc_6238_and_work_once(now_s: int, code: str) -> None:
    step = totp.used_step(SECRET, code, now_s=now_s, last_step=-1)
    assert step == now_s // 30
    assert totp.used_step(SECRET, code[:3] + " " + code[3:], now_s=now_s + 30, last_step=-1) == step
    assert totp.used_step(SECRET, code, now_s=now_s, last_step=step) is None
    assert totp.used_step(SECRET, code, now_s=now_s + 90, last_step=-1) is None


@pytest.mark.parametrize("code", ["", "28708", "2870822", "٢٨٧٠٨٢", "abcdef"])
def test_what_is_no_code_is_refused(code: str) -> None:
    assert totp.used_step(SECRET, code, now_s=59, last_step=-1) is None


def test_recovery_codes_may_be_typed_in_any_way() -> None:
    code = totp.recovery_code(bytes(range(10)))
    assert len(code) == 19
    typed = code.upper().replace("-", " ")
    assert totp.recovery_digest(typed) == totp.recovery_digest(code)
    assert totp.secret_text(b"12345678901234567890") == SECRET
    uri = totp.provisioning_uri(SECRET, name="laila", issuer="nahmi")
    assert uri.startswith("otpauth://totp/nahmi:laila?")
