# SPDX-License-Identifier: Apache-2.0
"""The partner pillar: members of a circle share signals, and can trust what they get."""
