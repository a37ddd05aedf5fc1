# SPDX-License-Identifier: Apache-2.0
"""What all that was said in a circle leaves of a signal: a pure function of its log."""
