# SPDX-License-Identifier: Apache-2.0
"""Property tests try the same examples in every run, and none is judged by its duration.

A search for new counterexamples: HYPOTHESIS_PROFILE=explore .venv/bin/pytest tests/property
"""

import logging
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

from nahmi.store.sql.opening import create_database
from nahmi.testing.postgres import PostgresServer

settings.register_profile("steady", derandomize=True, deadline=None, database=None)
settings.register_profile("explore", max_examples=10_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


TEMPLATE = "nahmi_template"


@pytest.fixture
def own_logs() -> Iterator[None]:
    """What a test sets for the logs of the whole process ends with it."""
    root, ours = logging.getLogger(), logging.getLogger("nahmi")
    before = (root.handlers[:], root.level, ours.level, sys.excepthook, threading.excepthook)
    yield
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    ours.setLevel(before[2])  # sets what the loggers remember right, too
    root.handlers[:], root.level, _, sys.excepthook, threading.excepthook = before


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A PostgreSQL that all processes of this test run share, with an empty store to copy."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    with PostgresServer(shared) as server:
        server.make_template(TEMPLATE, create_database)
        yield server


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """The address of an empty store in PostgreSQL."""
    with postgres.database(template=TEMPLATE) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store_address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty store is, once for each kind of database."""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
        assert isinstance(url, str)
        return url
    path = tmp_path / "nahmi.sqlite3"
    create_database(path)
    return str(path)
