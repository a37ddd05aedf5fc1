# SPDX-License-Identifier: Apache-2.0
"""StopNCII: hashes that people made of intimate pictures of themselves, as JSON."""

from typing import Any

import msgspec

from nahmi.operate.delivery import Delivery, judge_partner
from nahmi.operate.opinions import Saying
from nahmi.wire.exchanges.kind import Opened, wrong_credentials
from nahmi.wire.exchanges.plain_json import write
from nahmi.wire.exchanges.stopncii.session import StopNciiSession

__all__ = ["StopNcii", "StopNciiKeys", "StopNciiOptions"]


class StopNciiOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the operator sets of StopNCII.

    Attributes:
        own_source: How the program calls us where it names who gave feedback.
    """

    own_source: str = ""


class StopNciiKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the node signs in with; each endpoint has a key of its own.

    Attributes:
        subscription: For all calls.
        fetch: For `FetchHashes`.
        feedback: For `SubmitFeedback`; empty where no opinions are sent.
    """

    subscription: str
    fetch: str
    feedback: str = ""

    def __repr__(self) -> str:
        return "StopNciiKeys(<withheld>)"


class StopNcii:
    """See `Kind`."""

    name = "stopncii"
    options: type[Any] = StopNciiOptions
    is_reviewed = False
    takes_opinions = True
    needs_reason = False

    def base_url(self, _: StopNciiOptions) -> str:
        """See `Kind.base_url`."""
        return "https://api.stopncii.org/v1"

    def credentials(self, text: str) -> StopNciiKeys:
        """See `Kind.credentials`; `function,subscription` on one line, or JSON."""
        if text.startswith("{"):
            try:
                return msgspec.json.decode(text, type=StopNciiKeys)
            except msgspec.MsgspecError:
                raise _wrong() from None
        function, _, subscription = text.partition(",")
        if not (function and subscription and text.isprintable() and "," not in subscription):
            raise _wrong()
        return StopNciiKeys(subscription=subscription, fetch=function, feedback=function)

    def session(self, opened: Opened) -> StopNciiSession:
        """See `Kind.session`."""
        return StopNciiSession(
            opened.talk,
            _headers(opened.credentials, opened.credentials.fetch),
            known=opened.known,
            own=opened.options.own_source,
            clock=opened.clock,
        )

    def say(self, opened: Opened, saying: Saying) -> Delivery:
        """See `Kind.say`; feedback on a hash replaces ours of before."""
        feedback = {
            "tags": [saying.reason] if saying.reason else [],
            "feedbackValue": "Blocked" if saying.agrees else "NotBlocked",
            "hashValue": saying.shared.signal.value,
        }
        reply = opened.talk.send(
            "POST",
            f"{opened.talk.base_url}/SubmitFeedback",
            headers={
                **_headers(opened.credentials, opened.credentials.feedback),
                "Content-Type": "application/json",
            },
            body=write({"count": 1, "hashFeedbacks": [feedback]}).encode(),
        )
        return judge_partner(reply.status, reply.retry_after, opened.clock())


def _headers(keys: StopNciiKeys, function: str) -> dict[str, str]:
    return {"x-functions-key": function, "Ocp-Apim-Subscription-Key": keys.subscription}


def _wrong() -> Exception:
    return wrong_credentials('function,subscription, or {"subscription", "fetch", "feedback"}')
