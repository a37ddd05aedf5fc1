# SPDX-License-Identifier: Apache-2.0
"""Our opinions for NCMEC: feedback on one fingerprint of an entry.

It is put, not added: put twice, it stands there once.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import quote
from xml.sax.saxutils import escape

from nahmi.operate.delivery import Delivery, Outcome, judge_partner
from nahmi.operate.opinions import Saying
from nahmi.wire.exchanges.ncmec.documents import NAMESPACE, NcmecEntry, read_reasons
from nahmi.wire.exchanges.ncmec.records import entry_of
from nahmi.wire.exchanges.ncmec.types import SIGNAL_TYPES
from nahmi.wire.exchanges.talk import Talk

_TYPES: Final = {ours: theirs for theirs, ours in SIGNAL_TYPES.items()}
_CONTENT: Final = {"Content-Type": "application/xml; charset=utf-8"}


def say(talk: Talk, headers: Mapping[str, str], saying: Saying, now: datetime) -> Delivery:
    """Put feedback; see `Kind.say`.

    Args:
        talk: To the environment.
        headers: What the node signs in with.
        saying: The opinion.
        now: The moment of this try.
    """
    entry = entry_of(saying.shared.key, saying.shared.body)
    kind = _TYPES.get(saying.shared.signal.signal_type)
    if entry is None or entry.is_gone or kind is None:
        return _refused("The exchange took the entry back, or has no feedback on such a signal.")
    body = _affirmative()
    if not saying.agrees:
        url = f"{talk.base_url}/v2/feedback/{kind}/reasons"
        reasons = talk.read(url, read_reasons, headers=headers)
        guid = _guid(saying.reason, reasons)
        if guid is None:
            known = "; ".join(sorted(reasons.values()))
            return _refused(f"The exchange has no such reason. It has: {known[:500]}.")
        body = _negative(guid)
    reply = talk.send("PUT", _url(talk, entry, kind), headers={**headers, **_CONTENT}, body=body)
    return judge_partner(reply.status, reply.retry_after, now)


def _url(talk: Talk, entry: NcmecEntry, kind: str) -> str:
    owner, name = quote(entry.member.member_id, safe=""), quote(entry.entry_id, safe="")
    return f"{talk.base_url}/v2/entries/{owner}/{name}/{kind}/feedback"


def _guid(reason: str, reasons: Mapping[str, str]) -> str | None:
    """The GUID of a reason that is given by GUID or by name."""
    wanted = reason.strip().casefold()
    return next(
        (guid for guid, name in reasons.items() if wanted in {guid.casefold(), name.casefold()}),
        None,
    )


def _affirmative() -> bytes:
    return f'<feedbackSubmission xmlns="{NAMESPACE}"><affirmative /></feedbackSubmission>'.encode()


def _negative(guid: str) -> bytes:
    reasons = f"<reasonIds><guid>{escape(guid)}</guid></reasonIds>"
    inner = f"<negative>{reasons}</negative>"
    return f'<feedbackSubmission xmlns="{NAMESPACE}">{inner}</feedbackSubmission>'.encode()


def _refused(why: str) -> Delivery:
    return Delivery(outcome=Outcome.REFUSED, error=why)
