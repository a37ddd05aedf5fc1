# SPDX-License-Identifier: Apache-2.0
"""Members, people and keys: who is let in, and with what.

Nobody grants what they do not hold, and nobody changes someone who holds more than they do: else a
key that may add people could make itself an administrator.
"""
