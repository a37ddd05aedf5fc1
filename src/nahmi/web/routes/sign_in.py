# SPDX-License-Identifier: Apache-2.0
"""Signing in and out."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from nahmi.access.passwords import SHORTEST
from nahmi.errors import AccessError, ErrorCode, InputError
from nahmi.flows.signing_in import SignedIn
from nahmi.web import cookies
from nahmi.web.notices import NoticeKey
from nahmi.web.paths import is_own, to, with_query
from nahmi.web.qr import qr_code
from nahmi.web.routes.gates import open_action, open_page
from nahmi.web.typed import Typed
from nahmi.web.views.base import Form, Mistake
from nahmi.web.views.sign_in import (
    LoginLink,
    RecoveryCodes,
    SecondFactor,
    SetPassword,
    SignIn,
    TotpEnrolment,
)
from nahmi.web.visits import Visit
from nahmi.web.writing import western_digits

_GROUP = 4


@open_page("/sign-in")
def show_sign_in(visit: NamedDependency[Visit]) -> Response[str]:
    """Address and password."""
    return visit.show(SignIn(next_path=visit.request.query_params.get("next", "")))


@open_action("/sign-in")
def sign_in(visit: NamedDependency[Visit], typed: NamedDependency[Typed]) -> Response[str]:
    """Begin a session; the next page is the second factor where there is one."""
    email, password = typed.text("email", is_required=True), typed.secret("password")
    next_path = typed.text("next")
    try:
        who = visit.journeys.signing_in.with_password(email, password)
    except AccessError:
        form = Form(values={"email": email}, errors={"": Mistake.CREDENTIALS})
        return visit.again(SignIn(form=form, next_path=next_path))
    return _enter(visit, who, next_path)


@open_page("/second-factor")
def show_second_factor(visit: NamedDependency[Visit]) -> Response[str]:
    """The code of the authenticator app."""
    if visit.who.session.is_complete:
        return visit.go(to())
    return visit.show(SecondFactor(next_path=visit.request.query_params.get("next", "")))


@open_action("/second-factor")
def second_factor(visit: NamedDependency[Visit], typed: NamedDependency[Typed]) -> Response[str]:
    """Complete the session."""
    next_path = typed.text("next")
    if visit.who.session.is_complete:
        return visit.go(next_path)
    try:
        who = visit.journeys.signing_in.with_code(visit.who, western_digits(typed.text("code")))
    except AccessError:
        form = Form(errors={"code": Mistake.CODE})
        return visit.again(SecondFactor(form=form, next_path=next_path))
    return _enter(visit, who, next_path)


@open_page("/enter/{token:str}")
def show_link(visit: NamedDependency[Visit], token: FromPath[str]) -> Response[str]:
    """Where a one-time link leads; opening it uses nothing up."""
    return visit.show(LoginLink(token=token))


@open_action("/enter")
def use_link(visit: NamedDependency[Visit], typed: NamedDependency[Typed]) -> Response[str]:
    """Use a one-time link up."""
    try:
        who = visit.journeys.signing_in.with_link(typed.secret("token"))
    except AccessError:
        return visit.done(to("sign-in"), NoticeKey.LINK_DEAD)
    return _enter(visit, who, "")


@open_action("/sign-out")
def sign_out(visit: NamedDependency[Visit], typed: NamedDependency[Typed]) -> Response[str]:
    """End the session."""
    del typed  # asked for so that the form is checked
    if visit.known is not None:
        visit.journeys.signing_in.sign_out(visit.known.token)
    gone = cookies.no_session_cookie(is_secure=visit.is_secure)
    return visit.go(to("sign-in"), cookie=gone)


@open_page("/account/password")
def show_password(visit: NamedDependency[Visit]) -> Response[str]:
    """A form for a new password."""
    _check_complete(visit.who)
    return visit.show(_password(visit, Form()))


@open_action("/account/password")
def set_password(visit: NamedDependency[Visit], typed: NamedDependency[Typed]) -> Response[str]:
    """Set a new password."""
    who = visit.who
    _check_complete(who)
    is_first = who.person.must_change_password
    new = typed.secret("password")
    if new != typed.secret("again"):
        typed.mistakes["again"] = Mistake.DIFFERENT
        return visit.again(_password(visit, typed.form()))
    try:
        visit.journeys.account.set_password(who, current=typed.secret("current"), new=new)
    except AccessError:
        typed.mistakes["current"] = Mistake.PASSWORD
        return visit.again(_password(visit, typed.form()))
    except InputError as error:
        return visit.again(_password(visit, typed.form(error, field="password")))
    onward = to("account", "second-factor") if is_first and not who.person.has_totp else to()
    return visit.done(onward, NoticeKey.PASSWORD_SET)


@open_page("/account/second-factor")
def show_totp(visit: NamedDependency[Visit]) -> Response[str]:
    """A second factor to set up."""
    _check_ready(visit.who)
    return visit.show(_enrolment(visit, Form()))


@open_action("/account/second-factor")
def set_totp(visit: NamedDependency[Visit], typed: NamedDependency[Typed]) -> Response[str]:
    """Set a second factor up, and show its recovery codes this once."""
    _check_ready(visit.who)
    try:
        codes = visit.journeys.account.set_totp(visit.who, western_digits(typed.text("code")))
    except AccessError:
        return visit.again(_enrolment(visit, Form(errors={"code": Mistake.CODE})))
    return visit.show(RecoveryCodes(codes=tuple(codes)))


@get("/language/{language:str}", sync_to_thread=False)
def choose_language(visit: NamedDependency[Visit], language: FromPath[str]) -> Response[str]:
    """Show the pages in another language, in this browser."""
    back = visit.request.query_params.get("back", "")
    chosen = cookies.read_language(language)
    if chosen is None:
        return visit.go(back)
    return visit.go(back, cookie=cookies.language_cookie(chosen, is_secure=visit.is_secure))


def _enter(visit: Visit, who: SignedIn, next_path: str) -> Response[str]:
    onward = next_path if is_own(next_path) else to()
    if not who.session.is_complete:
        onward = with_query(to("second-factor"), {"next": next_path})
    elif who.person.must_change_password:
        onward = to("account", "password")
    return visit.go(onward, cookie=cookies.session_cookie(who.token, is_secure=visit.is_secure))


def _check_complete(who: SignedIn) -> None:
    if not who.session.is_complete:
        raise AccessError(
            ErrorCode.PERMISSION_DENIED, "The second factor comes first.", hint="Sign in again."
        )


def _check_ready(who: SignedIn) -> None:
    _check_complete(who)
    if who.person.must_change_password:
        raise AccessError(ErrorCode.PERMISSION_DENIED, "A new password comes first.")


def _password(visit: Visit, form: Form) -> SetPassword:
    return SetPassword(
        form=Form(errors=form.errors, detail=form.detail),
        has_password=visit.journeys.account.has_password(visit.who),
        email=visit.who.person.email,
        shortest=SHORTEST,
    )


def _enrolment(visit: Visit, form: Form) -> TotpEnrolment:
    begun = visit.journeys.account.begin_totp(visit.who)
    groups = [begun.secret[at : at + _GROUP] for at in range(0, len(begun.secret), _GROUP)]
    return TotpEnrolment(form=form, qr=qr_code(begun.address), secret=" ".join(groups))


ROUTES = [
    show_sign_in,
    sign_in,
    show_second_factor,
    second_factor,
    show_link,
    use_link,
    sign_out,
    show_password,
    set_password,
    show_totp,
    set_totp,
    choose_language,
]
