# SPDX-License-Identifier: Apache-2.0
"""Our opinions for ThreatExchange: reactions to what others say, or a status where we say it.

A reaction that stands already stands once, and a status is set, not added: said twice, it is said
once.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

import msgspec

from nahmi.operate.delivery import Delivery, Outcome, judge_partner
from nahmi.operate.opinions import Saying
from nahmi.wire.exchanges.talk import Talk
from nahmi.wire.exchanges.threatexchange.documents import Descriptor, Indicator
from nahmi.wire.exchanges.threatexchange.limits import asks_to_wait
from nahmi.wire.exchanges.threatexchange.records import DISAGREE, HELPFUL, indicator_from

_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
_NO: Final = (DISAGREE, "NOT_HELPFUL")


def say(
    talk: Talk, headers: Mapping[str, str], own_id: str, saying: Saying, now: datetime
) -> Delivery:
    """Send an opinion; see `Kind.say`.

    Args:
        talk: To the program.
        headers: What the node signs in with.
        own_id: Our own number as a member.
        saying: The opinion.
        now: The moment of this try.
    """
    indicator = indicator_from(saying.shared.key, saying.shared.body)
    if indicator is None or indicator.is_gone or not indicator.descriptors:
        return Delivery(
            outcome=Outcome.REFUSED, error="Nobody says anything of it any more at the exchange."
        )
    delivery = Delivery(outcome=Outcome.DELIVERED)
    for descriptor_id, form in _calls(indicator, own_id, agrees=saying.agrees):
        reply = talk.send(
            "POST",
            f"{talk.base_url}/{quote(descriptor_id, safe='')}",
            headers={**headers, **_FORM},
            body=urlencode(form).encode(),
        )
        delivery = judge_partner(reply.status, reply.retry_after, now)
        if asks_to_wait(reply):
            delivery = msgspec.structs.replace(delivery, outcome=Outcome.FAILED)
        if delivery.outcome is not Outcome.DELIVERED:
            break
    return delivery


def _calls(
    indicator: Indicator, own_id: str, *, agrees: bool
) -> Iterator[tuple[str, dict[str, str]]]:
    """What is to be posted where."""
    for one in indicator.descriptors:
        if one.owner == own_id:
            yield one.descriptor_id, {"status": "MALICIOUS" if agrees else "NON_MALICIOUS"}
            continue
        for opposite in _opposites(one, own_id, agrees=agrees):
            yield one.descriptor_id, {"reactions_to_remove": opposite}
        yield one.descriptor_id, {"reactions": HELPFUL if agrees else DISAGREE}


def _opposites(one: Descriptor, own_id: str, *, agrees: bool) -> Iterator[str]:
    """Reactions of ours that say the opposite."""
    for reaction in _NO if agrees else (HELPFUL,):
        if own_id in one.reactions.get(reaction, ()):
            yield reaction
