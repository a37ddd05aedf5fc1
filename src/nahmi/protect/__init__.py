# SPDX-License-Identifier: Apache-2.0
"""The protect pillar: what to fingerprint, how to compare, what a match means. Pure rules."""
