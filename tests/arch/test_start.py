# SPDX-License-Identifier: Apache-2.0
"""A command on SQLite starts without what only servers, reports and PostgreSQL need."""

import subprocess
import sys

PROGRAM = """
import sys
import nahmi.cli.commands.scan
print(*sys.modules)
"""


def test_a_scan_does_not_wait_for_what_it_does_not_use() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True
    )
    slow = {
        "PIL",
        "alembic",
        "argon2",
        "jinja2",
        "litestar",
        "psycopg",
        "pyarrow",
        "pydantic",
        "rich",
    }
    assert slow.isdisjoint(done.stdout.split())
