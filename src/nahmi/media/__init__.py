# SPDX-License-Identifier: Apache-2.0
"""Decoders of untrusted files, in sandboxed worker processes."""
