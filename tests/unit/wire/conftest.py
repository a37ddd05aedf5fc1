# SPDX-License-Identifier: Apache-2.0
"""Names that lead where a test says, and certificates that it made itself."""

import ssl
from collections.abc import Sequence
from ipaddress import ip_address

import pytest
import trustme

from nahmi.wire.deadline import Deadline
from nahmi.wire.resolving import Address


class FakeResolver:
    """Answers each look-up of a name with the next of its answers; the last one stays."""

    def __init__(self, **answers: Sequence[Sequence[str]]) -> None:
        self._answers = {name.replace("_", "."): list(each) for name, each in answers.items()}
        self.asked: list[str] = []

    def resolve(self, name: str, deadline: Deadline) -> Sequence[Address]:
        deadline.left_s()
        self.asked.append(name)
        answers = self._answers.get(name, [[]])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return [ip_address(text) for text in answer]


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def client_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture
def names() -> type[FakeResolver]:
    return FakeResolver
