# SPDX-License-Identifier: Apache-2.0
"""Plug-ins written for Meta's library `threatexchange`.

The library and the classes of third parties are imported by `loading` only. Signal types live in a
process of their own, locked in like a decoder: `worker` is that process, `messages` what is said to
it, `host` its supervisor. `signal_type` and `search` are what the rest of nahmi sees of them.
"""
