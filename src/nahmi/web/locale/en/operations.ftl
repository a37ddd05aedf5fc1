# SPDX-License-Identifier: Apache-2.0

## Jobs

jobs-lead = Long work that goes on in the background.
jobs-none = There are no jobs yet.
job-title = Job { $number }
job-kind = Work
jobkind-bank_import = Import
jobkind-exchange_fetch = Fetch from an exchange
job-waiting = waiting
job-running = running
job-done = done
job-failed = failed
job-cancelled = cancelled
job-refused = Read the lines that were refused
job-steps-open = { $done } so far
job-look-again = See how far it is
job-cancel = Cancel the job
about = For
result-added = Added
result-refused = Refused
result-known = Known already
result-lines = Lines
result-records = Records
result-changed = Changed
result-withdrawn = Withdrawn
result-unused = Of no known type

## Webhooks

webhooks-lead = Addresses at which your systems hear of what happens. Each message is signed.
webhooks-none = There are no webhooks yet.
webhook-new = Add a webhook
webhook-new-lead = Messages go to this address only. A secret to check their signatures is shown once.
webhook-url-hint = It begins with https:// and is reachable from this node.
webhook-title = Webhook { $number }
webhook-secret = Secret for checking signatures
webhook-test = Send a test message
webhook-rotate = New secret
webhook-rotate-hint = After a new secret, messages carry both signatures for a day.
webhook-disable = Switch it off
webhook-enable = Switch it on
webhook-delete = Delete the webhook
webhook-delete-question = Delete this webhook?
webhook-delete-consequence = Messages that wait for it are dropped. It cannot be undone.
test-delivered = The test message arrived.
test-failed = The test message did not arrive.
address = Address
events = Events
dead-letters = Dead letters
dead-letters-lead = Messages that could not be delivered for days and wait for a person.
dead-letters-none = There are no dead letters.
attempts = Tries
last-error = Last error
retry-this = Try message { $number } again

## Settings

settings-lead = What this node does with matches, and how it is configured.
rules = Action rules
rules-lead = A rule for a bank comes before one for a category; both come before the bank’s own actions. The strictest of all matches holds.
rules-none = There are no rules. Each bank’s own actions hold.
rule-for = For
rule-new = Add the rule
rule-hint = A perceptual match alone is never blocked, but held at most.
rule-delete = Delete rule { $number }
configured = Configuration
configured-lead = It is changed in this file or by environment variables, and holds after a restart:
setting = Setting
value = Value
origin = Set by
origin-default = default
origin-file = file
