# SPDX-License-Identifier: Apache-2.0
"""Exchanges written for `threatexchange`: each talks to its partner from a process of its own.

`worker` is that process, `messages` what is said to it, `process` its supervisor. `adapted` is an
exchange's class, asked the way nahmi asks; `loading` finds it, and `as_json` writes what it hands
over.
"""
