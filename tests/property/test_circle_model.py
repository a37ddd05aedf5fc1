# SPDX-License-Identifier: Apache-2.0
"""Whatever three nodes say, lose, repeat and survive: they end with one log, and what it leaves.

The home keeps the log; `Near` reads it, and `Far` reads what `Near` has read. Lines are cut,
answers and pages are lost or spoiled, clocks differ, members come and go, keys are rotated and
distrusted, and nodes die in the middle of a transaction.

    CIRCLE_MODEL_EXAMPLES=5000 .venv/bin/pytest tests/property/test_circle_model.py
"""

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import Phase, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import event as sql_event

from nahmi.access.identity import LOCAL
from nahmi.core.bank import Category
from nahmi.errors import ErrorCode, NahmiError, WireError
from nahmi.flows.circles.stewarding import adds_key, distrusts, gives_roles, leaves, with_member
from nahmi.partner.base64_texts import write_base64
from nahmi.partner.circles.members import CircleRole, MemberKey, Membership
from nahmi.partner.circles.roster import Roster
from nahmi.partner.circles.rules import Quorum
from nahmi.partner.fold.tiers import Judged, Tier
from nahmi.partner.merkle.frontier import Frontier
from nahmi.partner.merkle.hashing import leaf_hash
from nahmi.partner.naming import assertion_id, signal_key
from nahmi.partner.pages import Line
from nahmi.partner.statements.kinds import Basis, RetractReason
from nahmi.partner.upstream import Taken
from nahmi.testing.circle_nodes import Nodes
from nahmi.testing.circle_oracle import Oracle
from nahmi.testing.circles import MEMBER_ROLES, Member, Wire, catch_up, draft, join, signal

NAMES = {"Home": "AE", "Near": "GB", "Far": "KE"}
NUMBERS = st.integers(0, 4)
NODES = st.sampled_from(list(NAMES))
READERS = st.sampled_from(["Near", "Far"])
MATCHING = {Tier.ACTIONABLE, Tier.REVIEW, Tier.CONTESTED}


class Crash(BaseException):
    """The power goes at a statement of a node's database."""


class LossyWire(Wire):
    """A line that can lose the answer to what was handed in."""

    loses_answers = False

    def submit(self, lines: Sequence[Line]) -> Sequence[Taken]:
        """See `Upstream.submit`."""
        answers = super().submit(lines)
        if self.loses_answers:
            raise WireError(ErrorCode.FETCH_FAILED, "The answer was lost.")
        return answers


def _prepared() -> tuple[Path, str]:
    """Three nodes that have just founded and joined a circle; each example begins with a copy."""
    folder = Path(tempfile.mkdtemp(prefix="circle-model-"))
    nodes = Nodes(folder)
    members = {name: nodes.make(name, country) for name, country in NAMES.items()}
    circle_id = members["Home"].founds()
    near = join(members["Home"], members["Near"], circle_id)
    far = join(members["Home"], members["Far"], circle_id, upstream=near)
    catch_up(near)
    catch_up(far)
    nodes.close()
    return folder, circle_id


class CircleModel(RuleBasedStateMachine):
    prepared: tuple[Path, str] | None = None

    def __init__(self) -> None:
        super().__init__()
        CircleModel.prepared = CircleModel.prepared or _prepared()
        source, self.circle_id = CircleModel.prepared
        self.folder = Path(tempfile.mkdtemp(prefix="circle-model-"))
        for name in NAMES:
            shutil.copy(source / f"{name}.db", self.folder)
        self.nodes = Nodes(self.folder)
        self.members = {
            name: _quick(self.nodes.make(name, country)) for name, country in NAMES.items()
        }
        self.log: dict[int, bytes] = {}
        self.checked = dict.fromkeys(NAMES, 0)
        self.near = LossyWire(self.members["Home"], self.members["Near"], self.circle_id)
        self.far = LossyWire(
            self.members["Near"], self.members["Far"], self.circle_id, relay=self.near
        )

    # What members say

    @rule(
        node=NODES,
        numbers=st.lists(NUMBERS, min_size=1, max_size=3),
        category=st.sampled_from([Category.TEST, Category.CSAM_A1]),
        reviewers=st.integers(1, 2),
        days=st.none() | st.integers(1, 3),
    )
    def share(
        self, node: str, numbers: list[int], category: Category, reviewers: int, days: int | None
    ) -> None:
        member = self.members[node]
        expires_at = None if days is None else member.now + timedelta(days=days)
        drafts = [
            msgspec.structs.replace(
                draft(number, category), reviewers=reviewers, expires_at=expires_at
            )
            for number in numbers
        ]
        self.says(lambda: member.speaking.share(LOCAL, self.circle_id, drafts))

    @rule(node=NODES, numbers=st.lists(NUMBERS, min_size=1, max_size=3))
    def retract(self, node: str, numbers: list[int]) -> None:
        member, signals = self.members[node], [signal(number) for number in numbers]
        reason = RetractReason.WITHDRAWN_BY_SUBJECT
        self.says(lambda: member.speaking.retract(LOCAL, self.circle_id, signals, reason))

    @rule(
        node=NODES,
        about=st.tuples(NODES, NUMBERS),
        value=st.sampled_from([-100, -60, 10, 100]),
        basis=st.sampled_from(Basis),
    )
    def opine(self, node: str, about: tuple[str, int], value: int, basis: Basis) -> None:
        member, name = self.members[node], self.assertion(*about)
        self.says(lambda: member.speaking.opine(LOCAL, self.circle_id, [name], value, basis=basis))

    @rule(node=NODES, about=st.tuples(NODES, NUMBERS), count=st.integers(0, 5))
    def sight(self, node: str, about: tuple[str, int], count: int) -> None:
        member, name = self.members[node], self.assertion(*about)
        day = member.now.date().isoformat()
        self.says(
            lambda: member.speaking.report_sightings(LOCAL, self.circle_id, {name: count}, day)
        )

    @rule(node=NODES, about=st.tuples(NODES, NUMBERS))
    def redact(self, node: str, about: tuple[str, int]) -> None:
        member, name = self.members[node], self.assertion(*about)
        reason = RetractReason.COURT
        self.says(lambda: member.speaking.redact(LOCAL, self.circle_id, [name], reason))

    # What stewards change

    @rule(node=READERS, roles=st.lists(st.sampled_from(MEMBER_ROLES), min_size=1, unique=True))
    def give_roles(self, node: str, roles: list[CircleRole]) -> None:
        org = self.members[node].org
        self.changes(lambda roster: gives_roles(roster, org, roles))

    @rule(node=READERS, is_expelled=st.booleans())
    def leave(self, node: str, *, is_expelled: bool) -> None:
        org = self.members[node].org
        self.changes(lambda roster: leaves(roster, org, is_expelled=is_expelled))

    @rule(node=READERS)
    def come_back(self, node: str) -> None:
        org = self.members[node].org
        self.changes(lambda roster: _back(roster, org))

    @rule(node=NODES)
    def rotate(self, node: str) -> None:
        self.changes(lambda roster: self.rotated(roster, node))

    @rule(node=NODES, back=st.integers(0, 12))
    def distrust(self, node: str, back: int) -> None:
        """All that a member's present key said lately is undone; it has a new one."""
        member, home = self.members[node], self.members["Home"].circle(self.circle_id)
        kid = member.keys.current(home.roster.roster, member.org, 1).public.kid
        start = max(0, home.size - back)
        self.changes(lambda roster: self.rotated(distrusts(roster, kid, from_seq=start), node))

    @rule(node=NODES, back=st.integers(0, 12))
    def distrust_from_earlier(self, node: str, back: int) -> None:
        org = self.members[node].org

        def edit(roster: Roster) -> Roster:
            owner = roster.member(org)
            distrusted = [key for key in owner.keys if key.distrusted_from] if owner else []
            if not distrusted:
                return roster
            start = max(0, (distrusted[0].distrusted_from or 0) - back)
            return distrusts(roster, distrusted[0].kid, from_seq=start)

        self.changes(edit)

    @rule(
        quorum=st.sampled_from([(1, 1), (2, 1), (2, 2), (3, 2)]),
        days=st.sampled_from([2, 5, 1_825]),
        contest_at=st.sampled_from([40, 100]),
        half_life=st.sampled_from([0, 2]),
    )
    def set_rules(
        self, quorum: tuple[int, int], days: int, contest_at: int, half_life: int
    ) -> None:
        self.changes(
            lambda roster: msgspec.structs.replace(
                roster,
                rules=msgspec.structs.replace(
                    roster.rules,
                    quorum=Quorum(organisations=quorum[0], jurisdictions=quorum[1]),
                    retention_days=days,
                    contest_at=contest_at,
                    half_life_days=half_life,
                ),
            )
        )

    # What happens on the way

    @rule(node=READERS, limit=st.integers(1, 6))
    def read_some(self, node: str, limit: int) -> None:
        self.tries(lambda: self.step(node, limit))

    @rule(node=READERS)
    def hurry(self, node: str) -> None:
        reader = self.members[node]
        self.tries(lambda: reader.early.hurry(self.circle_id, self.wire(node)))

    @rule(node=READERS)
    def keep_up(self, node: str) -> None:
        self.tries(lambda: catch_up(self.wire(node)))

    @rule(node=READERS)
    def lose_the_answer(self, node: str) -> None:
        wire = self.wire(node)
        wire.loses_answers = True
        self.tries(lambda: wire.reader.keeping_up.submit(self.circle_id, wire))
        wire.loses_answers = False

    @rule(node=READERS, is_cut=st.booleans())
    def cut(self, node: str, *, is_cut: bool) -> None:
        self.wire(node).is_cut = is_cut

    @rule(node=READERS, how=st.integers(0, 5), place=st.integers(0, 10_000))
    def spoil(self, node: str, how: int, place: int) -> None:
        wire, before = self.wire(node), self.members[node].circle(self.circle_id)
        wire.spoil = lambda page: _spoiled(page, how, place)
        with suppress(NahmiError):
            wire.reader.following.step(self.circle_id, wire, limit=5)
            event("a spoiled page was the page")
        wire.spoil = lambda page: page
        assert self.members[node].circle(self.circle_id).standing is before.standing

    @rule(node=NODES, hours=st.integers(1, 40))
    def let_time_pass(self, node: str, hours: int) -> None:
        self.members[node].now += timedelta(hours=hours)
        self.tries(lambda: self.members[node].keeping_up.rejudge(self.circle_id))

    @rule(node=NODES, reader=READERS, after=st.integers(0, 60), what=st.integers(0, 3))
    def crash(self, node: str, reader: str, after: int, what: int) -> None:
        """A node dies at one statement of its database while something is under way."""
        wire, home = self.wire(reader), self.members["Home"]
        doing: list[Callable[[], Any]] = [
            lambda: catch_up(wire),
            lambda: self.step(reader, 3),
            lambda: home.share(self.circle_id, 0, 1),
            lambda: wire.reader.keeping_up.submit(self.circle_id, wire),
        ]
        countdown = _Countdown(self.members[node], after)
        try:
            self.tries(doing[what])
        except Crash:
            event(f"{node} crashed")
        countdown.stop()
        self.reopen(node)

    # What must hold

    @invariant()
    def every_log_is_the_beginning_of_the_homes(self) -> None:
        home = self.members["Home"].circle(self.circle_id)
        for logged in self.read_log("Home", len(self.log)):
            assert logged.statement is not None
            self.log[logged.seq] = logged.statement
        assert sorted(self.log) == list(range(home.size))
        for name in ("Near", "Far"):
            circle = self.members[name].circle(self.circle_id)
            assert circle.size <= home.size
            for logged in self.read_log(name, self.checked[name]):
                assert logged.statement in {None, self.log[logged.seq]}
            self.checked[name] = circle.size
            assert circle.tree.root() == self.root(circle.size)

    def teardown(self) -> None:
        try:
            self.settle()
            self.all_agree()
        finally:
            self.nodes.close()
            shutil.rmtree(self.folder)

    def settle(self) -> None:
        """The lines are mended, the clocks agree, and everybody reads to the end."""
        now = max(member.now for member in self.members.values())
        for member in self.members.values():
            member.now = now
        for wire in (self.near, self.far):
            wire.is_cut = False
        if not self.may_read("Near"):
            # Somebody else has to hand the log on.
            self.far.server, self.far.relay = self.members["Home"], None
        for _ in range(3):
            for node in ("Near", "Far"):
                if self.may_read(node):
                    catch_up(self.wire(node))
        self.members["Home"].keeping_up.rejudge(self.circle_id)
        self.every_log_is_the_beginning_of_the_homes()

    def all_agree(self) -> None:
        home = self.members["Home"]
        oracle = Oracle(self.log)
        assert home.circle(self.circle_id).fold == oracle.fold()
        for name, member in self.members.items():
            if self.may_read(name):
                circle = member.circle(self.circle_id)
                assert circle.size == len(self.log)
                assert circle.fold == oracle.fold(), name
                assert circle.tree == home.circle(self.circle_id).tree
                self.stands_as(member, oracle)

    def stands_as(self, member: Member, oracle: Oracle) -> None:
        number = member.circle(self.circle_id).number
        judged = oracle.judged(int(member.now.timestamp()))
        states = oracle.states()
        keys = {signal_key(one): one for one in judged}
        with member.database.reading() as connection:
            held = member.folds.signals(number, keys, within=connection)
            found = member.folds.states(number, keys, within=connection)
            banks = member.folds.banks(number, within=connection)
        for key, one in keys.items():
            assert found[key] == states[one]
            assert (key in held) == (one not in oracle.forgotten())
            assert key not in held or _steady(held[key].judged) == _steady(judged[one])
        wanted = Counter(
            (banks[_bank_of(one.tier), one.category], key)
            for key, signal_ in keys.items()
            if (one := judged[signal_]).tier in MATCHING and one.category is not None
        )
        entries = member.banks.entries_by_signal(list(judged))
        assert wanted == Counter(
            (entry.bank_id, signal_key(entry.draft.signal))
            for entry in entries
            if entry.is_active(member.now)
        )

    # What the rules are made of

    def says(self, say: Callable[[], object]) -> None:
        self.tries(say)

    def changes(self, edit: Callable[[Roster], Roster]) -> None:
        home = self.members["Home"]
        self.tries(lambda: home.stewarding.change(LOCAL, self.circle_id, edit))

    def tries(self, do: Callable[[], object]) -> None:
        try:
            do()
        except NahmiError as error:
            event(f"{error.code}")

    def step(self, node: str, limit: int) -> None:
        wire = self.wire(node)
        wire.reader.following.step(self.circle_id, wire, limit=limit)

    def wire(self, node: str) -> LossyWire:
        return self.near if node == "Near" else self.far

    def reopen(self, node: str) -> None:
        now = self.members[node].now
        member = self.members[node] = _quick(self.nodes.reopen(node))
        member.now = now
        for wire in (self.near, self.far):
            wire.server = member if wire.server.organisation == member.organisation else wire.server
            wire.reader = member if wire.reader.organisation == member.organisation else wire.reader

    def may_read(self, node: str) -> bool:
        roster = self.members["Home"].circle(self.circle_id).roster.roster
        member = roster.member(self.members[node].org)
        return node == "Home" or (member is not None and member.may(CircleRole.READ))

    def assertion(self, node: str, number: int) -> str:
        return assertion_id(self.circle_id, self.members[node].org, signal(number))

    def rotated(self, roster: Roster, node: str) -> Roster:
        member = self.members[node]
        version = member.keys.next_version(roster, member.org, 1)
        public = member.keys.speaking(1, version).public
        return adds_key(
            roster, member.org, MemberKey(kid=public.kid, public=write_base64(public.raw))
        )

    def read_log(self, node: str, after: int) -> Sequence[Any]:
        member = self.members[node]
        number = member.circle(self.circle_id).number
        return member.circles.statements(number, after=after, limit=10_000)

    def root(self, size: int) -> bytes:
        leaves_ = [leaf_hash(self.log[seq]) for seq in range(size)]
        return Frontier().append_all(leaves_).root()


class _Countdown:
    """Lets a node die at one of the next statements of its database."""

    def __init__(self, member: Member, after: int) -> None:
        self._engine = member.database._engine
        self._left = after
        sql_event.listen(self._engine, "before_cursor_execute", self._tick)
        sql_event.listen(self._engine, "commit", self._tick)

    def stop(self) -> None:
        sql_event.remove(self._engine, "before_cursor_execute", self._tick)
        sql_event.remove(self._engine, "commit", self._tick)

    def _tick(self, *_: object) -> None:
        self._left -= 1
        if self._left < 0:
            raise Crash


def _quick(member: Member) -> Member:
    """A node that does not wait for the disk: here processes die, and never the machine."""

    def relax(connection: Any, _: object) -> None:  # noqa: ANN401 - the driver's own
        connection.execute("PRAGMA synchronous = OFF")

    sql_event.listen(member.database._engine, "connect", relax)
    member.database._engine.dispose()
    return member


def _steady(judged: Judged) -> Judged:
    """Without the sum of all words, which fades where nobody says anything more."""
    return msgspec.structs.replace(judged, score=0.0)


def _bank_of(tier: Tier) -> Tier:
    return Tier.REVIEW if tier is Tier.CONTESTED else tier


def _back(roster: Roster, org: str) -> Roster:
    return with_member(
        roster,
        org,
        lambda one: msgspec.structs.replace(
            one, membership=Membership.ACTIVE, roles=tuple(sorted(MEMBER_ROLES))
        ),
    )


def _spoiled(page: bytes, how: int, place: int) -> bytes:
    lines = page.splitlines(keepends=True)
    one = place % len(lines)
    changes = [
        lambda: page[: place % len(page)],
        lambda: page + page,
        lambda: b"".join(lines[:one] + lines[one + 1 :]),
        lambda: b"".join(lines[: one + 1] + lines[one:]),
        lambda: b"".join(sorted(lines)),
        lambda: _flipped(page, place),
    ]
    return changes[how]()


def _flipped(page: bytes, place: int) -> bytes:
    data = bytearray(page)
    data[place % len(data)] ^= 1 + place % 255
    return bytes(data)


CircleModel.TestCase.settings = settings(
    max_examples=int(os.environ.get("CIRCLE_MODEL_EXAMPLES", "20")),
    stateful_step_count=50,
    # What fails is shown as it failed; to make it smaller takes minutes.
    phases=set(Phase) - {Phase.shrink, Phase.explain},
    deadline=None,
)
test_three_nodes_end_alike = CircleModel.TestCase
