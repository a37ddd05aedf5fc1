# SPDX-License-Identifier: Apache-2.0

## Exchanges

menu-partner = Share
section-exchanges = Exchanges
exchanges-lead = Programs from which this node fetches what others share. They stand in node.toml.
exchanges-none = There are no exchanges. docs/how-to/connect-exchanges.md says how to connect one.
exchange-title = Exchange { $name }
exchange-name = Exchange
exchange-program = Spoken with as
exchange-records = Records
exchange-entries = Entries
exchange-reached = Everything is here up to
exchange-never = not yet
exchange-fetch = Fetch now

## Our opinions

opinions-waiting = Opinions that wait to be sent
opinions-refused = Opinions that were not taken
opinion-new = Tell it what you think
opinion-lead = It is sent until the exchange has it. What others see of it is for the exchange to say.
opinion-entry = Number of the entry
opinion-entry-hint = An entry that came from this exchange.
opinion-stance = What you think
opinion-agree = It is what it is shared as
opinion-disagree = It is not what it is shared as
opinion-reason = Reason
opinion-reason-hint = For disagreement, as the exchange names its reasons.
opinion-say = Send the opinion
