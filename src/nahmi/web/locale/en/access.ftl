# SPDX-License-Identifier: Apache-2.0

## Roles and permissions

role = Role
role-hint = A role is what somebody is trusted with, within their member.
role-viewer = Viewer
role-analyst = Analyst
role-reviewer = Reviewer
role-curator = Curator
role-partner_manager = Partner manager
role-admin = Administrator
permissions = Permissions
permissions-hint = Give a key no more than it needs. You can pass on only what you may do yourself.
permissions-count = { $count ->
    [one] { $count } permission
   *[other] { $count } permissions
}
permission-access-audit-read = Read the audit log
permission-access-key-read = See keys
permission-access-key-write = Make and revoke keys
permission-access-member-read = See members
permission-access-member-write = Add and switch members
permission-access-person-read = See people
permission-access-person-write = Add and change people
permission-node-job-read = See jobs
permission-node-job-write = Start and cancel jobs
permission-node-setting-read = See settings
permission-node-setting-write = Change rules
permission-node-status-read = See how the node is
permission-node-webhook-read = See webhooks
permission-node-webhook-write = Add and change webhooks
permission-partner-assertion-write = Share signals in circles, and take them back
permission-partner-circle-read = See circles and what is said in them
permission-partner-circle-write = Found and join circles, change their members
permission-partner-exchange-read = See exchanges
permission-partner-exchange-write = Fetch from exchanges and tell them opinions
permission-partner-opinion-write = Say what we think of what others share
permission-protect-bank-read = See banks
permission-protect-bank-write = Make and change banks
permission-protect-content-hash = Fingerprint content
permission-protect-content-match = Ask whether content matches
permission-protect-distance-read = See distances in answers
permission-protect-entry-export = Export entries
permission-protect-entry-read = See entries
permission-protect-entry-write = Add, change and delete entries
permission-protect-match-read = Read the match log
permission-protect-url-fetch = Let the node fetch content by address

## Keys

key = Key
key-new = New key
key-new-lead = With a key your systems ask this node. Its secret is shown once and never kept.
key-label-hint = For which system it is.
key-days = Days until it expires
key-budget = Queries a day
key-budget-hint = When they are used up, the key is refused until midnight UTC.
key-begins = Begins with
key-valid = valid
key-ending = ends soon
key-expired = expired
key-revoked = revoked
key-rotate = Replace the key
key-rotate-this = Replace { $label }
key-rotate-lead = The new key may do what the old one may, with the same budget. The old one goes on for a while, until your systems have changed over.
key-hours = Hours for which the old key goes on
key-hours-hint = 0 to 720. With 0 the old key is refused at once.
key-revoke = Revoke the key
key-revoke-this = Revoke { $label }
key-revoke-question = Revoke this key?
key-revoke-consequence = Whoever uses it is refused from now on. It cannot be undone.
key-made = The new key
key-made-lead = For { $label }.
keys-lead = Each system gets a key of its own, so that one can be revoked without the others.
keys-none = There are no keys yet.
last-used = Last used

## People and members

member-own = this organisation
member-new = Add a member
member-new-lead = Name the person who looks after it. They get a one-time link and can then let others in.
member-admin = Name of its administrator
members-lead = Organisations whose people and keys use this node. Each sees only its own banks, keys and matches.
you = you
people-lead = Those who sign in here.
person-new = Add a person
person-new-do = Add and make a one-time link
person-edit = Change a person
person-enabled = May sign in
person-enabled-hint = Switching it off ends all their sessions at once.
set-up = set up
not-set-up = not set up
link-new = One-time link
link-new-lead = For somebody who forgot the password or lost the second factor. The link replaces both once.
link-new-do = Make a one-time link
link-made = The one-time link
link-made-lead = For { $name }. It works once, within { $minutes } minutes. Send it by a way that you trust.
disable-this = Switch { $name } off
enable-this = Switch { $name } on

## One’s own account

account-language-hint = Of the pages that you see.
account-security = Signing in
sessions = Where you are signed in
signed-in = Signed in
session-this = this one
session-end = End the session of { $time }

## Audit log

audit-lead = What was done on this node, by whom and when, in a chain that shows any change.
audit-verify = Check the chain
audit-holds = The chain holds: nothing was changed or removed.
audit-broken = The chain is broken at record { $number }. Something was changed or removed.
audit-none = There is no such record.
actor = Who
event = Event
object = To what
