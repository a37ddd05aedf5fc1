# SPDX-License-Identifier: Apache-2.0
"""The pages before and around signing in."""

from typing import ClassVar

from markupsafe import Markup

from nahmi.web.views.base import EMPTY_FORM, Form, View


class SignIn(View, frozen=True, kw_only=True):
    """Address and password.

    Attributes:
        form: Fields `email` and `password`.
        next_path: Where to go afterwards; empty for the dashboard.
    """

    template: ClassVar[str] = "sign_in.html.j2"
    form: Form = EMPTY_FORM
    next_path: str = ""


class SecondFactor(View, frozen=True, kw_only=True):
    """The code of the authenticator app, or a recovery code.

    Attributes:
        form: Field `code`.
        next_path: Where to go afterwards; empty for the dashboard.
    """

    template: ClassVar[str] = "second_factor.html.j2"
    form: Form = EMPTY_FORM
    next_path: str = ""


class LoginLink(View, frozen=True, kw_only=True):
    """Where a one-time link leads. Opening it uses nothing up; the button does.

    Programs that look at links in messages would otherwise use it before its reader can.

    Attributes:
        token: Of the link.
    """

    template: ClassVar[str] = "login_link.html.j2"
    token: str

    def __repr__(self) -> str:
        """Without the token."""
        return "LoginLink()"


class SetPassword(View, frozen=True, kw_only=True):
    """A new password.

    Attributes:
        form: Fields `current` (unless there is none yet), `password` and `again`.
        has_password: Whether the present one is asked for.
        email: Whose, so that password managers file it under the right name.
        shortest: Characters at least.
    """

    template: ClassVar[str] = "set_password.html.j2"
    form: Form = EMPTY_FORM
    has_password: bool
    email: str
    shortest: int


class TotpEnrolment(View, frozen=True, kw_only=True):
    """Setting up the second factor.

    Attributes:
        form: Field `code`.
        qr: The QR code, SVG of our own.
        secret: The same for typing, in groups of four.
        must_enrol: Whether it cannot be put off.
    """

    template: ClassVar[str] = "totp_enrolment.html.j2"
    form: Form = EMPTY_FORM
    qr: Markup
    secret: str
    must_enrol: bool = False

    def __repr__(self) -> str:
        """Without the secret."""
        return "TotpEnrolment()"


class RecoveryCodes(View, frozen=True, kw_only=True):
    """Codes that replace the second factor, shown once.

    Attributes:
        codes: Each works once.
    """

    template: ClassVar[str] = "recovery_codes.html.j2"
    codes: tuple[str, ...]

    def __repr__(self) -> str:
        """Without the codes."""
        return "RecoveryCodes()"
