# SPDX-License-Identifier: Apache-2.0
"""People look after their own account: password, second factor, sessions, name and language."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from nahmi.access.passwords import SALT_BYTES, check_password, hash_password, is_password
from nahmi.access.sessions import Session, token_digest
from nahmi.access.totp import provisioning_uri, secret_text, used_step
from nahmi.errors import AccessError, ErrorCode
from nahmi.flows.ledger import Ledger, Transaction
from nahmi.flows.signing_in import (
    RECOVERY_CODES,
    Login,
    SignedIn,
    principal_of,
    recovery_codes,
    refused,
)
from nahmi.operate.node_key import NodeKey, totp_secret

ISSUER = "nahmi"
"""What authenticator apps call the node."""


class AccountStore(Protocol):
    """Keeps passwords and second factors."""

    def begin(self, email: str, *, now: datetime) -> Login | None:
        """Begin a try, counted as failed until `succeed`."""
        ...

    def succeed(self, person_id: int) -> None:
        """Forget the failed tries."""
        ...

    def login(self, person_id: int) -> Login:
        """What is kept of someone who is signed in."""
        ...

    def set_password(self, person_id: int, kept: str, *, within: Transaction = None) -> None:
        """Keep a new password."""
        ...

    def set_totp(self, person_id: int, version: int | None, *, within: Transaction = None) -> None:
        """Set up a second factor."""
        ...

    def use_step(self, person_id: int, step: int) -> bool:
        """Use up a time step."""
        ...


class OwnSessions(Protocol):
    """Keeps a person's sessions."""

    def sessions(self, person_id: int, *, now: datetime) -> Sequence[tuple[bytes, Session]]:
        """Those that are not over, with their digests, newest first."""
        ...

    def end_sessions(
        self,
        person_id: int,
        *,
        digest: bytes | None = None,
        but: bytes | None = None,
        within: Transaction = None,
    ) -> int:
        """End all, or the one of a digest, or all but that."""
        ...


class Profiles(Protocol):
    """Keeps what people are called."""

    def set_profile(
        self,
        person_id: int,
        *,
        name: str,
        language: Literal["en", "ar"],
        within: Transaction = None,
    ) -> None:
        """Keep a name and a language."""
        ...


class Enrolment(msgspec.Struct, frozen=True):
    """A second factor that is being set up.

    Attributes:
        secret: For typing, base 32.
        address: For the QR code, otpauth:.
    """

    secret: str
    address: str

    def __repr__(self) -> str:
        """Without the secret."""
        return "Enrolment()"


class OwnAccount:
    """The account of whoever is signed in. Safe to share between threads.

    Args:
        logins: Passwords and second factors.
        sessions: Who is signed in.
        people: What they are called.
        ledger: Makes the changes.
        node_key: From which second factors are derived.
        clock: The current moment, UTC.
        random: Bytes from a cryptographic source.
    """

    def __init__(  # noqa: PLR0913 - each is a part of its own
        self,
        *,
        logins: AccountStore,
        sessions: OwnSessions,
        people: Profiles,
        ledger: Ledger,
        node_key: NodeKey,
        clock: Callable[[], datetime],
        random: Callable[[int], bytes],
    ) -> None:
        self._logins = logins
        self._sessions = sessions
        self._people = people
        self._ledger = ledger
        self._node_key = node_key
        self._clock = clock
        self._random = random

    def has_password(self, who: SignedIn) -> bool:
        """Whether the present password is asked for before a new one is set.

        Nobody who came by a link because they forgot it, and must set one, could tell it.

        Raises:
            StoreError: The store could not be read.
        """
        kept = self._logins.login(who.person.person_id).password
        return bool(kept) and not who.person.must_change_password

    def set_password(self, who: SignedIn, *, current: str, new: str) -> None:
        """Set a new password, and end all other sessions.

        Raises:
            AccessError: CREDENTIAL_INVALID: the present one is wrong, or they must wait.
            InputError: INPUT_INVALID: the new one is too easily guessed.
            StoreError: The store could not be changed.
        """
        person = who.person
        if self.has_password(who):
            login = self._logins.begin(person.email, now=self._clock())
            if login is None or not is_password(login.password, current):
                raise refused()
            self._logins.succeed(person.person_id)
        check_password(new, person.email)
        kept = hash_password(new, self._random(SALT_BYTES))
        mine = token_digest(who.token)
        with self._ledger.change(principal_of(person), "person:password", _name(who)) as change:
            self._logins.set_password(person.person_id, kept, within=change.transaction)
            self._sessions.end_sessions(person.person_id, but=mine, within=change.transaction)

    def begin_totp(self, who: SignedIn) -> Enrolment:
        """The second factor that would be the next one; nothing is changed.

        The same until it is set up, since it is derived: nothing waits anywhere.
        """
        secret = self._next_secret(who)
        return Enrolment(secret, provisioning_uri(secret, name=who.person.email, issuer=ISSUER))

    def set_totp(self, who: SignedIn, code: str) -> Sequence[str]:
        """Set up the second factor of `begin_totp`; its recovery codes, which are shown once.

        Args:
            who: Whose.
            code: That the app shows, which proves that it has the secret.

        Raises:
            AccessError: CREDENTIAL_INVALID: the code is wrong.
            StoreError: The store could not be changed.
        """
        person = who.person
        now_s = int(self._clock().timestamp())
        step = used_step(self._next_secret(who), code, now_s=now_s, last_step=-1)
        if step is None:
            raise AccessError(ErrorCode.CREDENTIAL_INVALID, "The code is wrong.")
        version = person.totp_version + 1
        with self._ledger.change(principal_of(person), "person:totp", _name(who)) as change:
            self._logins.set_totp(person.person_id, version, within=change.transaction)
            self._sessions.end_sessions(
                person.person_id, but=token_digest(who.token), within=change.transaction
            )
        self._logins.use_step(person.person_id, step)
        return recovery_codes(self._node_key, person.person_id, version)

    def recovery_left(self, who: SignedIn) -> int:
        """How many recovery codes were not used; 0 without a second factor.

        Raises:
            StoreError: The store could not be read.
        """
        if not who.person.has_totp:
            return 0
        return RECOVERY_CODES - self._logins.login(who.person.person_id).recovery_used.bit_count()

    def set_profile(self, who: SignedIn, *, name: str, language: Literal["en", "ar"]) -> None:
        """Keep what someone is called, and the language of their pages.

        Raises:
            StoreError: The store could not be changed.
        """
        with self._ledger.change(principal_of(who.person), "person:profile", _name(who)) as change:
            self._people.set_profile(
                who.person.person_id, name=name, language=language, within=change.transaction
            )

    def sessions(self, who: SignedIn) -> Sequence[tuple[bytes, Session]]:
        """Someone's sessions that are not over, with their digests, newest first.

        Raises:
            StoreError: The store could not be read.
        """
        return self._sessions.sessions(who.person.person_id, now=self._clock())

    def end_session(self, who: SignedIn, digest: bytes) -> int:
        """End another of someone's sessions; 0 when there is none of this digest.

        Raises:
            StoreError: The store could not be changed.
        """
        with self._ledger.change(principal_of(who.person), "session:end", _name(who)) as change:
            return self._sessions.end_sessions(
                who.person.person_id, digest=digest, within=change.transaction
            )

    def _next_secret(self, who: SignedIn) -> str:
        person = who.person
        return secret_text(totp_secret(self._node_key, person.person_id, person.totp_version + 1))


def _name(who: SignedIn) -> str:
    return f"person:{who.person.person_id}"
