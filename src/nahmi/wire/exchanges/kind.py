# SPDX-License-Identifier: Apache-2.0
"""What a kind of exchange brings along, so that the node can speak with it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from nahmi.errors import ErrorCode, InputError
from nahmi.operate.delivery import Delivery
from nahmi.operate.exchanges import ExchangeSession
from nahmi.operate.opinions import Saying
from nahmi.wire.exchanges.talk import Talk


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """All that a kind needs for one conversation.

    Attributes:
        talk: Calls the exchange.
        options: What the operator set for this kind; of the type that the kind names.
        credentials: What the node signs in with; as the kind read it.
        known: The signal types that the node has.
        clock: The current moment, UTC.
    """

    talk: Talk
    options: Any
    credentials: Any
    known: Sequence[str]
    clock: Callable[[], datetime]

    def __repr__(self) -> str:
        return "Opened(<withheld>)"


class Kind(Protocol):
    """A program that nahmi can speak with.

    Attributes:
        name: As `kind` in node.toml.
        options: A frozen struct that forbids unknown fields: what `options` may hold there.
        is_reviewed: Somebody looks at what it shares before it is shared. What nobody looked at
            may not be banked where entries count as attested.
        takes_opinions: The node's own opinions can be sent to it.
        needs_reason: Disagreement must have a reason that it knows.
    """

    name: str
    options: type[Any]
    is_reviewed: bool
    takes_opinions: bool
    needs_reason: bool

    def base_url(self, options: Any) -> str:  # noqa: ANN401 - the kind's own type
        """Where it is, unless the operator says otherwise; empty when they must."""
        ...

    def credentials(self, text: str) -> Any:  # noqa: ANN401 - the same
        """What is signed in with, from the text of the operator's file.

        Args:
            text: Without blanks at its ends; empty where there is no file.

        Raises:
            InputError: INPUT_INVALID: it has another form; the text of the error quotes nothing.
        """
        ...

    def session(self, opened: Opened) -> ExchangeSession:
        """A conversation that fetches."""
        ...

    def say(self, opened: Opened, saying: Saying) -> Delivery:
        """Send one of our own opinions; said twice, it has the effect of once.

        Raises:
            WireError: There is no answer.
        """
        ...


def wrong_credentials(form: str) -> InputError:
    """The error for credentials of another form.

    Args:
        form: The one that is wanted.
    """
    return InputError(
        ErrorCode.INPUT_INVALID,
        "The credentials of an exchange have another form than it wants.",
        hint=f"Write {form} into the file that credentials_file names.",
    )


def pair_of(text: str) -> tuple[str, str]:
    """User and password out of `user:password`.

    Raises:
        InputError: INPUT_INVALID.
    """
    user, divider, password = text.partition(":")
    if not (divider and user and password) or not text.isprintable():
        raise wrong_credentials("user:password")
    return user, password
