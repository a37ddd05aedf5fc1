# SPDX-License-Identifier: Apache-2.0
"""Each command line of ours that a page shows is one that nahmi takes."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from pages import PAGES, blocks, name

from nahmi.cli.app import app

SHELL = ("console", "sh", "ini")
PROGRAM = re.compile(r"(?:[\w./]*/)?nahmi\Z")
STOPS = {"&&", "||", ";", "|", ">", ">>", "<", "2>"}


def lines(page: Path) -> Iterator[str]:
    """The lines of a page's shell blocks; one that goes on is one line."""
    for language in SHELL:
        for block in blocks(page, language):
            yield from block.replace("\\\n", " ").splitlines()


def words(line: str) -> list[str]:
    """A line as the shell takes it apart, its operators words of their own."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="();<>|&")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    return list(lexer)


def commands(line: str) -> Iterator[list[str]]:
    """The arguments of each nahmi in a line."""
    line = line.removeprefix("$ ").removeprefix("ExecStart=").strip()
    if "nahmi" not in line:
        return
    command: list[str] = []
    for word in [*words(line), ";"]:
        if word not in STOPS:
            command.append(word)
            continue
        if command and PROGRAM.match(command[0]):
            yield command[1:]
        command = []


SHOWN = [
    pytest.param(found, id=f"{name(page)}: {shlex.join(found)}")
    for page in PAGES
    for line in lines(page)
    for found in commands(line)
    if found
]


@pytest.mark.parametrize("arguments", SHOWN)
def test_nahmi_takes_what_the_page_shows(arguments: list[str]) -> None:
    command = typer.main.get_command(app)
    context = command.make_context("nahmi", [*arguments])
    rest = [*context._protected_args, *context.args]
    while hasattr(command, "resolve_command") and rest:
        shown, command, left = command.resolve_command(context, rest)
        assert command is not None, arguments
        context = command.make_context(shown, list(left), parent=context)
        rest = [*getattr(context, "_protected_args", []), *context.args]
    assert not hasattr(command, "resolve_command"), f"{arguments} stops before its end"
