# SPDX-License-Identifier: Apache-2.0
"""The demo with a partner: two organisations' nodes on one machine, and a circle to share in."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
import typer

from nahmi.access.identity import LOCAL
from nahmi.bootstrap import init_node, node_settings, open_access
from nahmi.bootstrap.open_circles import open_circles
from nahmi.cli.circles.arguments import fingerprint
from nahmi.cli.enrolment import enrol
from nahmi.cli.options import now
from nahmi.cli.progress import Progress
from nahmi.cli.showcase.corpus import Corpus, make_corpus
from nahmi.cli.showcase.welcome import free_port, one_time_link
from nahmi.core.bank import Category, CropPolicy
from nahmi.errors import ErrorCode, StoreError
from nahmi.flows.circles.founding import NewCircle, Organisation
from nahmi.partner.circles.members import CircleRole, Sector
from nahmi.partner.circles.rules import Quorum, Rules
from nahmi.protect.enrolment import Attribution
from nahmi.protect.ports import BankDraft
from nahmi.wire.knocking import is_node

CIRCLE: Final = "Demo circle"
BANK: Final = "DEMO_PICTURES"

_START_S: Final = 60.0
_PAUSE_S: Final = 0.1
_HOME = Organisation(name="Child helpline", sector=Sector.HOTLINE, country="AE")
_RULES = Rules(
    signal_types=("md5", "pdq", "sha1", "sha256"),
    categories=(Category.TEST,),
    quorum=Quorum(organisations=2, jurisdictions=2),
)


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """One organisation's node in the demo.

    Attributes:
        folder: The node's.
        host: By which a browser names it.
        port: At which it listens.
        link: Signs its first person in, once.
    """

    folder: Path
    host: str
    port: int
    link: str

    @property
    def address(self) -> str:
        """How a browser reaches it."""
        return f"http://{self.host}:{self.port}"


def show_partners(folder: Path) -> None:
    """Make two nodes and a circle, and serve both until the process is told to stop.

    Args:
        folder: Empty, for the demo alone.

    Raises:
        InputError: INPUT_INVALID: no ports are free.
        StoreError: SERVICE_BUSY: a node does not start.
    """
    say = Progress().say
    say("1/3 Making pictures ...")
    corpus = make_corpus(folder / "pictures")
    say("2/3 Making two nodes, one with a bank and a circle ...")
    ports = _ports(folder)
    # Cookies do not tell ports apart: one name for both would sign people out at the other.
    home, partner = (
        _stage(folder / name, host, port, ports)
        for name, host, port in zip(
            ("home", "partner"), ("127.0.0.1", "localhost"), ports, strict=True
        )
    )
    _fill(home.folder, corpus)
    invitation = _found(home)
    say("3/3 Starting both ...")
    with _serving(home) as first, _serving(partner) as second:
        typer.echo(_words(home, partner, invitation, corpus))
        try:
            for process in (first, second):
                process.wait()
        except KeyboardInterrupt:
            typer.echo("")


def _ports(folder: Path) -> tuple[int, int]:
    with init_node(folder / "home"), init_node(folder / "partner"):
        first = free_port(node_settings(folder / "home").serve)
    serving = msgspec.structs.replace(node_settings(folder / "home").serve, port=first + 1)
    return first, free_port(serving)


def _stage(folder: Path, host: str, port: int, ports: tuple[int, int]) -> Stage:
    known = ", ".join(f'"http://127.0.0.1:{one}"' for one in ports)
    with (folder / "node.toml").open("a", encoding="utf-8") as file:
        file.write(
            f'\n[serve]\nport = {port}\npublic_url = "http://{host}:{port}"\n'
            f"\n[circles]\nwait_s = 5\nprivate_hosts = [{known}]\n"
        )
    with open_access(folder) as access:
        return Stage(folder=folder, host=host, port=port, link=one_time_link(access))


def _fill(folder: Path, corpus: Corpus) -> None:
    with init_node(folder) as node:
        draft = BankDraft(name=BANK, category=Category.TEST, crops=CropPolicy.NONE)
        bank = node.store.create_bank(draft, now=now())
        enrol(node, bank, [str(corpus.originals)], Attribution(source="nahmi demo"))
        node.catch_up()


def _found(home: Stage) -> str:
    with open_circles(home.folder) as (_, circles):
        new = NewCircle(
            name=CIRCLE,
            description="Two organisations try out how signals are shared.",
            url=home.address,
            organisation=_HOME,
            rules=_RULES,
        )
        made = circles.founding.found(LOCAL, new)
        invitation = circles.stewarding.invite(
            LOCAL,
            made.circle_id,
            roles=[CircleRole.CONTRIBUTE, CircleRole.OPINE, CircleRole.READ],
            note="The second node of the demo",
        )
    return invitation.write()


@contextmanager
def _serving(stage: Stage) -> Iterator["subprocess.Popen[bytes]"]:
    """A node in a process of its own, ended with the block."""
    log = stage.folder.with_suffix(".log")
    with log.open("ab") as out:
        process = subprocess.Popen(  # noqa: S603 - our own
            [
                str(Path(sys.executable).with_name("nahmi")),
                *("--node", str(stage.folder), "serve"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )
    try:
        _wait_for(stage, process, log)
        yield process
    finally:
        process.terminate()
        process.wait()


def _wait_for(stage: Stage, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and process.poll() is None:
        if is_node("127.0.0.1", stage.port):
            return
        time.sleep(_PAUSE_S)
    raise StoreError(
        ErrorCode.SERVICE_BUSY, "A node of the demo does not start.", hint=f"See {log}."
    )


def _words(home: Stage, partner: Stage, invitation: str, corpus: Corpus) -> str:
    picture = min(corpus.uploads.glob("upload*.jpg"))
    with open_circles(partner.folder) as (_, circles):
        key = fingerprint(circles.keys.first(LOCAL.member_id).public)
    return f"""
Two organisations' nodes run until you press Ctrl-C. Sign in to each, once, within 15 minutes:

  Child helpline (home of the circle):  {home.address}{home.link}
  Your organisation (the partner):      {partner.address}{partner.link}

1. Partner: Circles, Join a circle. Paste this invitation:

{invitation}

2. Home: Circles, {CIRCLE}, Invitations. Compare the fingerprint and admit the partner:
   {key}
3. Home: Banks, {BANK}, Share in a circle.
4. Partner: Try a file. Take {picture}: it matches.
5. Partner: the entry that matched, "Who says so, and dispute it", Disagree. On the home's page
   "Need a person" it is contested.
6. Home: that signal, Take it back. "Withdrawals" shows when the partner has it in effect; the
   signal matches there no longer.

The language is switched at the top of each page. The same on the command line:
  nahmi --node {home.folder} circle show "{CIRCLE}"
"""
