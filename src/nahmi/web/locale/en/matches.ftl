# SPDX-License-Identifier: Apache-2.0

try-lead = See whether a file matches your banks. The file is not kept.
try-do = Look it up
took = Duration
milliseconds = { $count } ms
media-type = Kind of file
dimensions = Dimensions
dimensions-pixels = { $width } × { $height } pixels
frames = { $count ->
    [one] { $count } frame
   *[other] { $count } frames
}
frame = frame { $number }
verdict-match = It matches
verdict-match-meaning = At least one entry lies within the limit of its bank. A match says that two pictures look alike; it is no verdict about a person.
verdict-no_match = No match
verdict-no_match-meaning = Nothing in your banks lies within the limit. That does not make the content harmless.
verdict-no_usable_fingerprint = We could not look
verdict-no_usable_fingerprint-meaning = The picture is blank or has too little detail for a fingerprint. That is not the same as “no match”.
hits = What matched
hits-count = Entries
distance = Distance
distance-of = { $distance } of at most { $limit }
distance-exact = the very same
matches-lead = Every match that this node answered, newest first. Questions without a match are only counted.
matches-filter = Filter the match log
matches-none = There is no such match.
match-title = Match { $number }
match-lead = The node keeps no picture, only which entry matched and how well.
reference = Reference
principal = Asked by
channel = Way
