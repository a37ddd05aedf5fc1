# SPDX-License-Identifier: Apache-2.0
"""A visit to a page: who comes, what they may see, and what they are answered."""

from collections import defaultdict
from importlib.metadata import version
from typing import Any, Final

from litestar import Request, Response
from litestar.datastructures import Cookie, UploadFile
from litestar.exceptions import HTTPException

from nahmi.access.identity import Principal
from nahmi.access.sessions import csrf_token, is_csrf_token
from nahmi.bootstrap.circles import Circles
from nahmi.bootstrap.journeys import Journeys
from nahmi.bootstrap.requests import REQUEST_ID
from nahmi.bootstrap.service import Service
from nahmi.errors import AccessError, ErrorCode, RequestError
from nahmi.flows.signing_in import SignedIn
from nahmi.web import cookies
from nahmi.web.chrome import Chrome, Notice, Reader
from nahmi.web.headers import PAGE_HEADERS
from nahmi.web.notices import NoticeKey
from nahmi.web.origins import is_same_origin
from nahmi.web.paths import is_own, to
from nahmi.web.render import render
from nahmi.web.typed import Typed
from nahmi.web.views.base import View
from nahmi.web.words import Language, Words, words_of
from nahmi.web.writing import Writing

AnyRequest = Request[Any, Any, Any]
VERSION: Final = version("nahmi")
SERVICE: Final = "nahmi_service"
"""Under this name the application keeps how to get at the node."""
_FORM_BYTES: Final = 1 << 20
"""What a form may hold besides its file."""


class Visit:
    """A visit to a page.

    Args:
        request: The request.
    """

    def __init__(self, request: AnyRequest) -> None:
        self.request = request

    @property
    def service(self) -> Service:
        """The node."""
        found: Service = self.request.app.state[SERVICE]()
        return found

    @property
    def journeys(self) -> Journeys:
        """What the node does for whoever asks."""
        return self.service.journeys

    @property
    def circles(self) -> Circles:
        """What the node does with circles."""
        return self.service.circles

    @property
    def known(self) -> SignedIn | None:
        """Who comes; None before they are signed in."""
        found: SignedIn | None = self.request.scope.get("user")
        return found

    @property
    def who(self) -> SignedIn:
        """Who comes.

        Raises:
            AccessError: CREDENTIAL_INVALID: nobody is signed in.
        """
        if self.known is None:
            raise AccessError(ErrorCode.CREDENTIAL_INVALID, "Nobody is signed in.")
        return self.known

    @property
    def principal(self) -> Principal:
        """Who comes, with what they may do.

        Raises:
            AccessError: CREDENTIAL_INVALID: nobody is signed in.
        """
        return self.who.principal

    @property
    def is_secure(self) -> bool:
        """Whether the browser speaks HTTPS to the node, or to the proxy in front of it."""
        public = self.service.settings.serve.public_url
        return public.startswith("https://") or self.request.url.scheme == "https"

    @property
    def language(self) -> Language:
        """Of the page: as chosen in this browser, else the person's, else the browser's."""
        chosen = cookies.read_language(self.request.cookies.get(cookies.LANGUAGE))
        if chosen is not None:
            return chosen
        if self.known is not None:
            return self.known.person.language
        accepted = self.request.headers.get("accept-language", "").lower()
        return "ar" if accepted.startswith("ar") else "en"

    @property
    def words(self) -> Words:
        """Of the page."""
        return words_of(self.language)

    @property
    def writes(self) -> Writing:
        """How figures are written on the page."""
        return Writing(self.language)

    def show(self, view: View, *, status: int = 200, cookie: Cookie | None = None) -> Response[str]:
        """Answer with a page."""
        notice = cookies.read_notice(self.request.cookies.get(cookies.NOTICE))
        sent = [cookie] if cookie else []
        if notice is not None:
            sent.append(cookies.no_notice_cookie(is_secure=self.is_secure))
        return Response(
            render(view, self._chrome(notice)),
            status_code=status,
            media_type="text/html",
            headers=PAGE_HEADERS,
            cookies=sent,
        )

    def again(self, view: View) -> Response[str]:
        """Answer with the page of a form in which something was wrong."""
        return self.show(view, status=422)

    def go(
        self, path: str, notice: Notice | None = None, *, cookie: Cookie | None = None
    ) -> Response[str]:
        """Send the browser to another page of the console, which says what was done."""
        sent = [cookie] if cookie else []
        if notice is not None:
            sent.append(cookies.notice_cookie(notice, is_secure=self.is_secure))
        return Response(
            "",
            status_code=303,
            media_type="text/html",
            headers={**PAGE_HEADERS, "location": path if is_own(path) else to()},
            cookies=sent,
        )

    def done(self, path: str, key: NoticeKey, **values: str | int) -> Response[str]:
        """Send the browser to another page, which says what was done."""
        return self.go(path, Notice(key=key, values=values))

    def _chrome(self, notice: Notice | None) -> Chrome:
        who = self.known
        path = self.request.url.path
        query = self.request.url.query
        is_in = who is not None and bool(who.principal.permissions)
        return Chrome(
            language=self.language,
            path=f"{path}?{query}" if query else path,
            reader=_reader(who) if who is not None and is_in else None,
            csrf="" if who is None else csrf_token(who.token),
            notices=() if notice is None else (notice,),
            request_id=str(self.request.scope["state"].get(REQUEST_ID, "")),
            version=VERSION,
        )


def _reader(who: SignedIn) -> Reader:
    return Reader(
        name=who.person.name,
        role=who.person.role,
        permissions=who.principal.permissions,
    )


def visit_of(request: AnyRequest) -> Visit:
    """The visit of a request; routes ask for it by the name `visit`."""
    return Visit(request)


async def typed_of(request: AnyRequest) -> Typed:
    """The form of a request, from one of our pages; routes ask for it by the name `typed`.

    Raises:
        AccessError: PERMISSION_DENIED: another site's page sent it, or it belongs to another
            session.
        RequestError: REQUEST_TOO_LARGE or REQUEST_MALFORMED.
    """
    visit = Visit(request)
    if not is_same_origin({name.lower(): value for name, value in request.headers.items()}):
        raise _foreign()
    announced = request.headers.get("content-length", "")
    limits = visit.service.settings.limits
    is_import = request.scope["path"].endswith("/import")
    most = (limits.import_bytes if is_import else limits.upload_bytes) + _FORM_BYTES
    if not announced.isdigit() or int(announced) > most:
        raise RequestError(ErrorCode.REQUEST_TOO_LARGE, "The form is too large.")
    try:
        form = await request.form()
    except HTTPException as error:
        raise RequestError(ErrorCode.REQUEST_MALFORMED, "The form cannot be read.") from error
    values: defaultdict[str, list[str]] = defaultdict(list)
    files: dict[str, UploadFile] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            files[name] = value
        else:
            values[name].append(str(value))
    sent = "".join(values.pop("csrf", []))
    if visit.known is not None and not is_csrf_token(visit.known.token, sent):
        raise _foreign()
    return Typed(values, files)


def _foreign() -> AccessError:
    return AccessError(
        ErrorCode.PERMISSION_DENIED,
        "The form did not come from a page of this session.",
        hint="Open the page again and send it from there.",
    )
