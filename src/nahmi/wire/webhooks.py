# SPDX-License-Identifier: Apache-2.0
"""One signed message goes to one registered receiver."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

from nahmi.errors import ErrorCode, InputError, NahmiError, WireError
from nahmi.operate.delivery import Delivery, Outcome, judge_answer
from nahmi.operate.node_key import NodeKey
from nahmi.operate.outbox import Message
from nahmi.operate.signatures import headers
from nahmi.operate.webhooks import Webhook
from nahmi.wire.call import Answer, Caller
from nahmi.wire.deadline import Deadline
from nahmi.wire.hosts import HostRule, rule_for
from nahmi.wire.target import Target, parse_target

DEADLINE_S: Final = 10.0
"""Seconds for one try, from the look-up of the name to the end of the answer."""

_MOST_READ_BYTES: Final = 64 * 1024


class WebhookSender:
    """Signs messages and posts them; safe to use from many threads.

    Every public https host may be a receiver. Other ones need a rule: http, and addresses of this
    machine or of a private network.

    Args:
        key: What the secrets of webhooks are derived from.
        rules: The exceptions that the operator made.
        caller: How to call.
        seconds: For one try.
    """

    def __init__(
        self,
        key: NodeKey,
        *,
        rules: Sequence[HostRule] = (),
        caller: Caller | None = None,
        seconds: float = DEADLINE_S,
    ) -> None:
        self._key = key
        self._rules = tuple(rules)
        self._caller = caller or Caller()
        self._seconds = seconds

    def check(self, url: str) -> None:
        """Refuse an address to which nothing would be sent, when it is registered.

        The name is not looked up: what it leads to is judged at each try.

        Raises:
            InputError: INPUT_INVALID: malformed, or http without a rule.
            WireError: FETCH_REFUSED: the host is an address that must not be called.
        """
        target = parse_target(url)
        rule = self._rule(target)
        if target.address is not None:
            self._caller.pin(target, rule, Deadline(self._seconds))

    def send(self, webhook: Webhook, message: Message, *, now: datetime) -> Delivery:
        """Try once; redirects are not followed, and what the receiver says is not kept.

        Args:
            webhook: Where to, and with which secret.
            message: Its idempotency key is sent as `webhook-id`, the same at each try.
            now: The moment of this try; it is signed too.
        """
        deadline = Deadline(self._seconds)
        signed = headers(
            webhook, self._key, message_id=message.idempotency_key, body=message.body, now=now
        )
        try:
            target = parse_target(webhook.url)
            addresses = self._caller.pin(target, self._rule(target), deadline)
            with self._caller.call(
                target,
                addresses,
                deadline,
                method="POST",
                headers={"Content-Type": "application/json", **signed},
                body=message.body.encode(),
            ) as answer:
                _discard(answer)
                return judge_answer(answer.status, answer.header("retry-after"), now)
        except NahmiError as error:
            return Delivery(outcome=Outcome.FAILED, error=error.detail)

    def _rule(self, target: Target) -> HostRule:
        rule = rule_for(target, self._rules)
        if rule is None and target.scheme != "https":
            raise InputError(ErrorCode.INPUT_INVALID, "A webhook's address begins with https://.")
        return rule or HostRule(scheme=target.scheme, host=target.host, port=target.port)


def _discard(answer: Answer) -> None:
    """Read a little, so that an ordinary receiver sees an ordinary end; the status stands."""
    read = 0
    with suppress(WireError):
        for part in answer.parts():
            read += len(part)
            if read >= _MOST_READ_BYTES:
                return
