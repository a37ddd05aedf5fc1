# SPDX-License-Identifier: Apache-2.0
"""Two nodes of one circle on one machine, each in processes of its own, over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_bytes

import msgspec
import numpy as np

from nahmi.access.identity import LOCAL
from nahmi.bootstrap.circles import Circles
from nahmi.bootstrap.open_circles import open_circles
from nahmi.core.bank import Category
from nahmi.core.signal import Signal
from nahmi.flows.circles.founding import NewCircle, Organisation
from nahmi.partner.circles.members import CircleRole, Sector
from nahmi.partner.circles.rules import Quorum, Rules
from nahmi.partner.pages import Line
from nahmi.partner.statements.signing import sign, sign_all
from nahmi.partner.statements.text import write
from nahmi.partner.voice import AssertionDraft, Voice
from nahmi.testing.node_process import free_port, make_node

NAME = "Bench"
_AT_ONCE = 5_000
_ROLES = (CircleRole.CONTRIBUTE, CircleRole.OPINE, CircleRole.READ)
_RULES = Rules(
    signal_types=("pdq",),
    categories=(Category.TEST,),
    quorum=Quorum(organisations=1, jurisdictions=1),
    daily_quota=100_000_000,
)


class NodeFolder(msgspec.Struct, frozen=True):
    """A node that can be served.

    Attributes:
        folder: Where it is.
        port: At which it is to listen.
        key: Of a caller who may do everything.
    """

    folder: Path
    port: int
    key: str


def make_pair(folder: Path) -> tuple[NodeFolder, NodeFolder]:
    """Two nodes that know of each other; nobody has founded anything."""
    ports = free_port(), free_port()
    hosts = ", ".join(f'"http://127.0.0.1:{port}"' for port in ports)
    made = []
    for name, port in zip(("home", "reader"), ports, strict=True):
        settings = f"[serve]\nport = {port}\n[circles]\nwait_s = 20\nprivate_hosts = [{hosts}]\n"
        key = make_node(folder / name, settings=settings)
        made.append(NodeFolder(folder / name, port, key))
    return made[0], made[1]


def found(circles: Circles) -> str:
    """Found a circle; its id."""
    who = Organisation(name="Home", sector=Sector.HOTLINE, country="AE")
    new = NewCircle(name=NAME, url=circles.url, organisation=who, rules=_RULES)
    return circles.founding.found(LOCAL, new).circle_id


@contextmanager
def joined(home: Circles, folder: Path, circle_id: str) -> Iterator[Circles]:
    """Let the other node join; the home must be served meanwhile."""
    invitation = home.stewarding.invite(LOCAL, circle_id, roles=_ROLES, note="Reader")
    who = Organisation(name="Reader", sector=Sector.COMPANY, country="GB")
    with open_circles(folder) as (_, reader):
        reader.joining.join(LOCAL, invitation.write(), who)
        [applied, *_] = home.stewarding.invitations(LOCAL, circle_id)
        home.stewarding.admit(LOCAL, circle_id, applied.number)
        yield reader


def assert_many(circles: Circles, circle_id: str, count: int, *, in_batches: bool) -> None:
    """Let the home say as much, signed one by one or many at a time."""
    circle = circles.circles.circle(circle_id)
    key = circles.keys.current(circle.roster.roster, circle.own_org, circle.member_id)
    voice = Voice(
        circle=circle_id, org=circle.own_org, key=key, at=datetime.now(UTC), random=token_bytes
    )
    rng = np.random.default_rng(9)
    for start in range(0, count, _AT_ONCE):
        size = min(_AT_ONCE, count - start)
        some = [row.tobytes().hex() for row in rng.integers(0, 256, (size, 32), np.uint8)]
        drafts = [
            AssertionDraft(signal=Signal("pdq", value), category=Category.TEST) for value in some
        ]
        texts = [write(voice.asserts(one, rev=1, is_revision=False)) for one in drafts]
        proofs = sign_all(texts, key) if in_batches else [sign(text, key) for text in texts]
        lines = [
            Line(seq=0, statement=text, proof=msgspec.json.encode(proof))
            for text, proof in zip(texts, proofs, strict=True)
        ]
        # One in many thousands has too few bits for a picture, and is refused as it must be.
        circles.hosting.accept(circle_id, lines)
