# SPDX-License-Identifier: Apache-2.0
"""Courier files: part of a log in one file, for nodes that no network joins.

    head        what the file is, and the state of the log before its first statement
    writing     a head, the pages of the log, and a seal over all of it
    reading     the same, checked line by line against the log's own signature

Each line is JSON. The first is the head; then come pages as they travel over HTTP, each with its
trailer; the last is the seal. A file proves by itself that its statements stand in the log, in
their order and without a gap. Who said each of them is checked where statements always are.
"""
