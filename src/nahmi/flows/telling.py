# SPDX-License-Identifier: Apache-2.0
"""The end of a job becomes messages to the webhooks that want to hear of it."""

from collections.abc import Callable
from datetime import datetime

from nahmi.operate.jobs import Job
from nahmi.operate.outbox import NewMessage, OutboxStore
from nahmi.operate.webhooks import MESSAGE_KIND, WebhookEvent, WebhookStore, wants, write_body


class JobTeller:
    """Tells webhooks of jobs. Safe to share between threads.

    Args:
        webhooks: Those that are registered.
        outbox: Where messages wait.
        clock: The current moment, UTC.
    """

    def __init__(
        self, webhooks: WebhookStore, outbox: OutboxStore, *, clock: Callable[[], datetime]
    ) -> None:
        self._webhooks = webhooks
        self._outbox = outbox
        self._clock = clock

    def __call__(self, job: Job, event: WebhookEvent) -> None:
        """Put a message for each webhook that wants one; told again, it puts none again.

        Raises:
            StoreError: Nothing was put.
        """
        now = self._clock()
        body = write_body(event, now, {"job_id": job.job_id, "kind": job.kind})
        messages = [
            NewMessage(
                member_id=job.member_id,
                kind=MESSAGE_KIND,
                target_id=webhook.webhook_id,
                body=body,
                idempotency_key=f"{event}-{job.job_id}",
            )
            for webhook in self._webhooks.webhooks(job.member_id)
            if wants(webhook, event, member_id=job.member_id)
        ]
        if messages:
            self._outbox.put(messages, now=now)
