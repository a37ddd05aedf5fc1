# SPDX-License-Identifier: Apache-2.0
"""The console's cookies: the session's token, the language, and what was just done."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

import msgspec
from litestar.datastructures import Cookie

from nahmi.access.sessions import ABSOLUTE_LIFE
from nahmi.web.chrome import Notice
from nahmi.web.notices import NoticeKey
from nahmi.web.paths import is_own
from nahmi.web.words import LANGUAGES, Language

LANGUAGE: Final = "nahmi_language"
NOTICE: Final = "nahmi_notice"
_YEAR_S: Final = 365 * 24 * 3600
_NOTICE_S: Final = 60
_LONGEST_NOTICE = 2000


def session_name(*, is_secure: bool) -> str:
    """What the session's cookie is called. The prefix makes browsers refuse it over plain HTTP."""
    return "__Host-nahmi" if is_secure else "nahmi"


def session_cookie(token: str, *, is_secure: bool) -> Cookie:
    """A session's cookie: no script reads it, and no other site's page makes a browser send it."""
    return _cookie(
        session_name(is_secure=is_secure),
        token,
        max_age=int(ABSOLUTE_LIFE.total_seconds()),
        is_secure=is_secure,
    )


def no_session_cookie(*, is_secure: bool) -> Cookie:
    """Forget the session."""
    return _cookie(session_name(is_secure=is_secure), "", max_age=0, is_secure=is_secure)


def language_cookie(language: Language, *, is_secure: bool) -> Cookie:
    """Remember the language, also before somebody is signed in."""
    return _cookie(LANGUAGE, language, max_age=_YEAR_S, is_secure=is_secure)


def notice_cookie(notice: Notice, *, is_secure: bool) -> Cookie:
    """Carry a notice to the next page."""
    text = urlsafe_b64encode(msgspec.json.encode(notice)).decode()
    return _cookie(NOTICE, text, max_age=_NOTICE_S, is_secure=is_secure)


def no_notice_cookie(*, is_secure: bool) -> Cookie:
    """Say a notice no more."""
    return _cookie(NOTICE, "", max_age=0, is_secure=is_secure)


def read_language(text: str | None) -> Language | None:
    """The language of a cookie; None when there is none that we know."""
    return next((language for language in LANGUAGES if language == text), None)


def read_notice(text: str | None) -> Notice | None:
    """The notice of a cookie; None when it is none of ours."""
    if not text or len(text) > _LONGEST_NOTICE:
        return None
    try:
        notice = msgspec.json.decode(urlsafe_b64decode(text), type=Notice)
    except (ValueError, msgspec.DecodeError):
        return None
    is_ours = notice.key in set(NoticeKey) and (not notice.undo_path or is_own(notice.undo_path))
    return notice if is_ours else None


def _cookie(name: str, value: str, *, max_age: int, is_secure: bool) -> Cookie:
    return Cookie(
        key=name,
        value=value,
        max_age=max_age,
        path="/",
        secure=is_secure,
        httponly=True,
        samesite="strict",
    )
