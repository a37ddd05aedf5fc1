# SPDX-License-Identifier: Apache-2.0
"""Who belongs to a circle, and under which rules they share."""
