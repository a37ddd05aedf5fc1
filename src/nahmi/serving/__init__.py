# SPDX-License-Identifier: Apache-2.0
"""A node as a server: its processes, its sockets, and what it does when too much comes or it ends.

`gate`         how many requests are under way, and how slowly their bodies may come
`connections`  callers that send no head, never read, or are too many
`server`       one process: serves, drains and stops
`listening`    the sockets
`supervisor`   several processes: starts, replaces and stops them
"""
