# SPDX-License-Identifier: Apache-2.0
"""Someone signs in.

1. Address and password begin a session. It is complete when no second factor is set up, and shows
   nothing but the page for the second factor otherwise.
2. A code of the second factor, or a recovery code, begins another session, which is complete. Each
   step begins a session of its own, so that a token that somebody learned before is worth nothing.
3. A one-time link stands for both. It is how people come in at first, and after they lost
   something.

Each try counts as failed until all that it needs was right, and who fails often must wait. Every
refusal has the same words and takes the time of a password check.
"""

import hmac
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Protocol

import msgspec

from nahmi.access.identity import Person, Principal
from nahmi.access.passwords import is_password
from nahmi.access.roles import permissions_of
from nahmi.access.sessions import TOKEN_BYTES, Session, make_token
from nahmi.access.totp import recovery_code, recovery_digest, secret_text, used_step
from nahmi.errors import AccessError, ErrorCode
from nahmi.flows.ledger import Ledger
from nahmi.operate.node_key import NodeKey, recovery_secret, totp_secret

RECOVERY_CODES: Final = 8
"""Recovery codes of a second factor."""

_NOBODY: Final = (
    "$argon2id$v=19$m=65536,t=3,p=4$bmFobWkgaXMgbm9ib2R5$"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)
"""The password of nobody: checked where there is no other, so that it takes the same time."""


class Login(Protocol):
    """What is kept to check a sign-in with; see `nahmi.store.sql.access_logins.Login`."""

    @property
    def person_id(self) -> int:
        """Who."""
        ...

    @property
    def password(self) -> str:
        """Argon2id text; empty when none was set."""
        ...

    @property
    def totp_version(self) -> int | None:
        """Of the second factor; None without one."""
        ...

    @property
    def totp_step(self) -> int:
        """The last time step used."""
        ...

    @property
    def recovery_used(self) -> int:
        """Which recovery codes were used, a bit for each."""
        ...


class LoginStore(Protocol):
    """Keeps passwords, second factors and failed tries."""

    def begin(self, email: str, *, now: datetime) -> Login | None:
        """Begin a try, counted as failed until `succeed`."""
        ...

    def succeed(self, person_id: int) -> None:
        """Forget the failed tries."""
        ...

    def use_step(self, person_id: int, step: int) -> bool:
        """Use up a time step; False when it, or a later one, was used already."""
        ...

    def use_recovery(self, person_id: int, number: int) -> bool:
        """Use up a recovery code; False when it was used already."""
        ...


class SessionStore(Protocol):
    """Keeps who is signed in."""

    def add_session(self, token: str, value: Session) -> None:
        """Keep a session."""
        ...

    def use_session(self, token: str, *, now: datetime) -> tuple[Session, Person] | None:
        """The session and its person, noted as used now; None when it is over or unknown."""
        ...

    def use_link(self, token: str, *, now: datetime) -> Person:
        """The person of a link, which is used up by this."""
        ...

    def end_session(self, token: str) -> None:
        """Sign out."""
        ...


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """Someone with a session.

    Attributes:
        token: Of the session; goes into the cookie and nowhere else.
        session: The session.
        person: Who.
    """

    token: str
    session: Session
    person: Person

    def __repr__(self) -> str:
        """Without the token."""
        return f"SignedIn(person={self.person!r})"

    @property
    def principal(self) -> Principal:
        """Whoever asks; somebody without their second factor may do nothing."""
        is_in = self.session.is_complete and not self.person.must_change_password
        return principal_of(self.person) if is_in else _powerless(self.person)


def principal_of(person: Person) -> Principal:
    """A person who is signed in, with what their role may do."""
    return Principal(
        kind="person",
        principal_id=person.person_id,
        member_id=person.member_id,
        name=f"person:{person.person_id}",
        permissions=permissions_of(person.role),
    )


def _powerless(person: Person) -> Principal:
    return msgspec.structs.replace(principal_of(person), permissions=frozenset())


class SigningIn:
    """Lets people in and out. Safe to share between threads.

    Args:
        logins: What they prove who they are with.
        sessions: Who is signed in.
        ledger: Notes who came in.
        node_key: From which second factors are derived.
        clock: The current moment, UTC.
        random: Bytes from a cryptographic source.
    """

    def __init__(  # noqa: PLR0913 - each is a part of its own
        self,
        *,
        logins: LoginStore,
        sessions: SessionStore,
        ledger: Ledger,
        node_key: NodeKey,
        clock: Callable[[], datetime],
        random: Callable[[int], bytes],
    ) -> None:
        self._logins = logins
        self._sessions = sessions
        self._ledger = ledger
        self._node_key = node_key
        self._clock = clock
        self._random = random

    def session(self, token: str) -> SignedIn | None:
        """Who is behind a session's token; None when the session is over or unknown.

        Raises:
            StoreError: The store could not be asked: an error, never "let in".
        """
        found = self._sessions.use_session(token, now=self._clock())
        return None if found is None else SignedIn(token=token, session=found[0], person=found[1])

    def with_password(self, email: str, password: str) -> SignedIn:
        """Begin a session with address and password.

        Raises:
            AccessError: CREDENTIAL_INVALID: one of them is wrong, or whoever it is must wait.
            StoreError: The store could not be asked.
        """
        login = self._logins.begin(email, now=self._clock())
        kept = _NOBODY if login is None else login.password or _NOBODY
        if not is_password(kept, password) or login is None:
            raise refused()
        needs_code = login.totp_version is not None
        if not needs_code:
            self._logins.succeed(login.person_id)
        return self._begin(login.person_id, is_complete=not needs_code)

    def with_code(self, started: SignedIn, code: str) -> SignedIn:
        """Complete a session with the second factor, or with a recovery code.

        Args:
            started: From `with_password`; its session ends.
            code: As typed, in Western digits.

        Raises:
            AccessError: CREDENTIAL_INVALID: it is wrong or was used, or whoever it is must wait.
            StoreError: The store could not be asked.
        """
        login = self._logins.begin(started.person.email, now=self._clock())
        if login is None or login.totp_version is None or not self._fits(login, code):
            raise refused()
        self._logins.succeed(login.person_id)
        self._sessions.end_session(started.token)
        return self._begin(login.person_id, is_complete=True)

    def with_link(self, token: str) -> SignedIn:
        """Begin a complete session with a one-time link.

        Raises:
            AccessError: CREDENTIAL_INVALID: it is unknown, used or expired.
            StoreError: The store could not be asked.
        """
        person = self._sessions.use_link(token, now=self._clock())
        self._logins.succeed(person.person_id)
        return self._begin(person.person_id, is_complete=True)

    def sign_out(self, token: str) -> None:
        """End a session; an unknown one is left as it is.

        Raises:
            StoreError: The store could not be changed.
        """
        self._sessions.end_session(token)

    def _begin(self, person_id: int, *, is_complete: bool) -> SignedIn:
        now = self._clock()
        token = make_token(self._random(TOKEN_BYTES))
        new = Session(
            person_id=person_id, created_at=now, last_used_at=now, is_complete=is_complete
        )
        self._sessions.add_session(token, new)
        found = self.session(token)
        if found is None:  # disabled in this very moment
            raise refused()
        if is_complete:
            self._ledger.note(principal_of(found.person), "session:begin")
        return found

    def _fits(self, login: Login, code: str) -> bool:
        version = login.totp_version
        if version is None:
            return False
        secret = secret_text(totp_secret(self._node_key, login.person_id, version))
        step = used_step(
            secret, code, now_s=int(self._clock().timestamp()), last_step=login.totp_step
        )
        if step is not None:
            return self._logins.use_step(login.person_id, step)
        given = recovery_digest(code)
        for number, known in enumerate(recovery_codes(self._node_key, login.person_id, version)):
            if hmac.compare_digest(recovery_digest(known), given):
                return self._logins.use_recovery(login.person_id, number)
        return False


def recovery_codes(node_key: NodeKey, person_id: int, version: int) -> Sequence[str]:
    """The recovery codes that belong to a version of someone's second factor."""
    return [
        recovery_code(recovery_secret(node_key, person_id, version, number))
        for number in range(RECOVERY_CODES)
    ]


def refused() -> AccessError:
    """The same words for every reason: they teach nothing about who is there."""
    return AccessError(
        ErrorCode.CREDENTIAL_INVALID,
        "This is not right, or you must wait a moment.",
        hint="Try again; an administrator can make a one-time link.",
    )
