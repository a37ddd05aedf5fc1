# SPDX-License-Identifier: Apache-2.0
"""What `nahmi demo` shows: a corpus of harmless pictures, and the table of what was found."""
