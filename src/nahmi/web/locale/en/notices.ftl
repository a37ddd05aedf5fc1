# SPDX-License-Identifier: Apache-2.0

## What was just done

notice-saved = Saved.
notice-bank-created = The bank { $bank } was made.
notice-bank-deleted = The bank { $bank } was deleted. Its entries match no more.
notice-bank-restored = The bank { $bank } is back.
notice-entries-added = Entries added: { $added }. Known already: { $known }.
notice-entry-deleted = Entry { $entry } was deleted. It matches no more.
notice-entry-restored = Entry { $entry } is back.
notice-key-revoked = The key { $label } is refused from now on.
notice-link-dead = The link was used before or its time is over. Ask for a new one.
notice-member-switched = The member was switched.
notice-password-set = The new password holds. All other sessions were ended.
notice-session-ended = The session was ended.
notice-job-cancelled = The job was cancelled. What it has done stays done.
notice-message-retried = Message { $number } is tried again.
notice-rule-set = The rule holds from now on.
notice-rule-removed = The rule was dropped.
notice-webhook-deleted = The webhook was deleted.
notice-webhook-switched = The webhook was switched.
notice-exchange-asked = A fetch was asked for. It goes on as a job.
notice-opinion-said = Opinions that will be sent: { $count }.
