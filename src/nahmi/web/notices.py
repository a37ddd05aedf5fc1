# SPDX-License-Identifier: Apache-2.0
"""What can be said of something that was just done."""

from enum import StrEnum


class NoticeKey(StrEnum):
    """A sentence for the next page; also the key of its words."""

    SAVED = "notice-saved"
    BANK_CREATED = "notice-bank-created"
    BANK_DELETED = "notice-bank-deleted"
    BANK_RESTORED = "notice-bank-restored"
    ENTRIES_ADDED = "notice-entries-added"
    ENTRY_DELETED = "notice-entry-deleted"
    ENTRY_RESTORED = "notice-entry-restored"
    EXCHANGE_ASKED = "notice-exchange-asked"
    OPINION_SAID = "notice-opinion-said"
    KEY_REVOKED = "notice-key-revoked"
    LINK_DEAD = "notice-link-dead"
    MEMBER_SWITCHED = "notice-member-switched"
    PASSWORD_SET = "notice-password-set"  # noqa: S105 - a key of the words
    JOB_CANCELLED = "notice-job-cancelled"
    MESSAGE_RETRIED = "notice-message-retried"
    RULE_REMOVED = "notice-rule-removed"
    RULE_SET = "notice-rule-set"
    WEBHOOK_DELETED = "notice-webhook-deleted"
    WEBHOOK_SWITCHED = "notice-webhook-switched"
    CIRCLE_FOUNDED = "notice-circle-founded"
    CIRCLE_ADMITTED = "notice-circle-admitted"
    CIRCLE_REFUSED = "notice-circle-refused"
    CIRCLE_MEMBER_CHANGED = "notice-circle-member-changed"
    CIRCLE_KEY_ROTATED = "notice-circle-key-rotated"
    CIRCLE_KEY_UNDONE = "notice-circle-key-undone"
    CIRCLE_SAID = "notice-circle-said"
    CIRCLE_DECIDED = "notice-circle-decided"
    SESSION_ENDED = "notice-session-ended"
