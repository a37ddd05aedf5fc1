# SPDX-License-Identifier: Apache-2.0
"""What members say in a circle's log, and how it is signed."""
