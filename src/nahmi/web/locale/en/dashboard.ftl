# SPDX-License-Identifier: Apache-2.0

tile-matches-today = matches today
tile-queries-today = queries today
tile-banks = banks
tile-entries = entries in them
chart-matches = Matches of the last { $days } days, by action
chart-matches-text = { $total ->
    [0] No match in the last { $days } days.
    [one] { $total } match in the last { $days } days.
   *[other] { $total } matches in the last { $days } days.
}
chart-queries = Queries of the last { $days } days
chart-queries-label = Queries
chart-queries-text = { $total ->
    [0] No query in the last { $days } days.
    [one] { $total } query in the last { $days } days.
   *[other] { $total } queries in the last { $days } days.
}
dashboard-banks = Banks with their entries and matches
matches = Matches
health = How the node is
health-index = Search index
health-signals = { $count ->
    [one] { $count } signal
   *[other] { $count } signals
}
health-current = up to date
health-lag = behind the banks
health-workers = Decoding workers
health-busy = { $busy } files, { $all } workers
health-messages = Webhook messages
waiting-count = { $count } waiting
dead-count = { $count } given up
recent-matches = Newest matches
all-matches = Open the match log
