# SPDX-License-Identifier: Apache-2.0
"""Exit codes; docs/reference/exit-codes.md explains them."""

from typing import Final

OK: Final = 0
"""Done; for `match` and `scan`: nothing known was found."""
MATCH: Final = 1
"""`match` and `scan`: something known was found."""
ERROR: Final = 2
"""It could not be done, or the question could not be answered in full."""
INTERRUPTED: Final = 130
"""Ended by Ctrl-C; a scan goes on from there when it is called again."""
PIPE_CLOSED: Final = 141
"""The program that read the output has gone, as in `nahmi … | head -1`."""
