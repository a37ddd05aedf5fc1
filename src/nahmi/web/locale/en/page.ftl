# SPDX-License-Identifier: Apache-2.0

## What surrounds every page

skip-to-content = Skip to the content
menu = Menu
menu-protect = Protect
menu-operate = Run
menu-access = Access
section-dashboard = Dashboard
section-banks = Banks
section-try = Try a file
section-matches = Match log
section-circles = Circles
section-jobs = Jobs
section-webhooks = Webhooks
section-settings = Settings
section-people = People
section-members = Members
section-keys = Keys
section-audit = Audit log
section-account = My account
sign-out = Sign out
footer-times = All times are UTC.
request = Request
tone-done = Done.
tone-info = Note.
tone-warning = Take care.
tone-error = That did not work.

## Words of many pages

undo = Undo
save = Save
continue = Continue
keep-it = Keep everything as it is
kept-it = I have stored it
copy = Copy
copied = Copied
filter = Filter
search = Search
all = All
since = From (UTC)
until = Before (UTC)
pages = Pages
first-page = First page
next-page = Next page
what-to-do = Possible steps
not-stated = not stated
withheld = withheld
never = never
enabled = enabled
disabled = switched off
yes = yes
no = no
name = Name
label = Label
state = State
time = Time (UTC)
day = Day
number = Number
created = Created
details = Details
progress = Progress
status = Status
file = File
format = Format
language = Language
moment-hint = UTC. Leave it empty for never.
form-mistakes = Please look at this again:
technical-detail = Technical detail:
shown-once = This is shown only once. Store it in a safe place now.
chart-as-table = Show the figures as a table
bits = { $count ->
    [one] { $count } bit
   *[other] { $count } bits
}

## Mistakes in forms

mistake-required = Please fill this in.
mistake-number = Write a whole number.
mistake-range = The number is too small or too large.
mistake-choice = Choose one of the values that are offered.
mistake-moment = Write a date and a time.
mistake-different = The two passwords are not the same.
mistake-credentials = Address and password do not belong together, or the account is switched off.
mistake-wait = There were too many wrong attempts. Please wait a while and try again.
mistake-code = The code is wrong, has expired or was used before.
mistake-password = The present password is wrong.
