# SPDX-License-Identifier: Apache-2.0
"""All that a node holds of a log is checked from its beginning, without believing the node.

1. The first roster must be the beginning of the circle with this id.
2. Each statement must be signed by a member of the roster as of its place, and each roster by
   enough stewards of the one before.
3. The tree over all of them must be the one that the log's home signed.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from nahmi.errors import NahmiError
from nahmi.flows.circles.following import log_keys
from nahmi.partner.admission import refused
from nahmi.partner.checkpoint import open_checkpoint
from nahmi.partner.circles.roster import Roster, check_genesis, check_successor, read_key
from nahmi.partner.merkle.frontier import Frontier
from nahmi.partner.merkle.hashing import HASH_BYTES, leaf_hash
from nahmi.partner.merkle.tiles import TILE_WIDTH
from nahmi.partner.pages import invalid
from nahmi.partner.ports.circle import Circle
from nahmi.partner.ports.log import CircleStore, Logged
from nahmi.partner.statements.kinds import RosterChange
from nahmi.partner.statements.signing import Verifier, read_proof
from nahmi.partner.statements.text import read

_PAGE: Final = 5_000


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What came of checking a log.

    Attributes:
        statements: How many were checked.
        problem: What is wrong; empty for nothing.
        at: The place where it is; None for none in particular.
        is_complete: Whether the log was gone through to where it is held, or to the problem.
    """

    statements: int
    problem: str = ""
    at: int | None = None
    is_complete: bool = True


class VerifyingLog:
    """Checks logs. Not to be shared between threads.

    Args:
        circles: Has the logs.
    """

    def __init__(self, *, circles: CircleStore) -> None:
        self._circles = circles
        self._verifier = Verifier()

    def verify(
        self, circle_id: str, *, on_progress: Callable[[int], object] = lambda _: None
    ) -> Checked:
        """Check a log from its beginning to where it is held.

        Args:
            circle_id: Of which circle.
            on_progress: Told how many statements were checked; False stops there.

        Raises:
            PartnerError: CIRCLE_MISSING.
            StoreError: The store could not be read.
        """
        circle = self._circles.circle(circle_id)
        place: int | None = None
        tree = Frontier()
        try:
            genesis = self._circles.genesis(circle.number)
            check_genesis(genesis)
            roster = genesis.roster
            while page := self._circles.statements(circle.number, after=tree.size, limit=_PAGE):
                leaves = []
                for place, logged in enumerate(page, tree.size):
                    if logged.seq != place or place >= circle.size:
                        raise invalid("It has a gap.")
                    roster = self._check(logged, roster)
                    leaves.append(self._leaf(circle, logged))
                tree = tree.append_all(leaves)
                if on_progress(tree.size) is False:
                    return Checked(statements=tree.size, is_complete=False)
            place = None
            self._check_end(circle, tree, roster)
        except NahmiError as error:
            return Checked(statements=tree.size, problem=error.detail, at=place)
        return Checked(statements=tree.size)

    def _check(self, logged: Logged, roster: Roster) -> Roster:
        """Check one statement; the roster after it."""
        if logged.statement is None:
            return roster
        said = read(logged.statement)
        member = roster.member(said.org)
        key = None if member is None else member.key(said.key)
        if key is None or said.circle != roster.circle:
            raise refused("It is signed with a key that the circle did not know then.")
        proof = read_proof(logged.proof or b"")
        self._verifier.check(logged.statement, proof, read_key(key.public))
        if not isinstance(said, RosterChange):
            return roster
        check_successor(roster, said.signed)
        return said.signed.roster

    def _check_end(self, circle: Circle, tree: Frontier, roster: Roster) -> None:
        if tree != circle.tree:
            raise invalid("Its tree is another one than was noted.")
        if roster != circle.roster.roster:
            raise invalid("Its roster is another one than was noted.")
        if circle.checkpoint:
            signed = open_checkpoint(
                circle.checkpoint.encode(), log_keys([roster]), origin=roster.origin
            ).checkpoint
            if signed.size == tree.size and signed.root != tree.root():
                raise invalid("Its tree is another one than its home signed.")

    def _leaf(self, circle: Circle, logged: Logged) -> bytes:
        if logged.statement is not None:
            return leaf_hash(logged.statement)
        tile = self._circles.tile(circle.number, 0, logged.seq // TILE_WIDTH)
        start = logged.seq % TILE_WIDTH * HASH_BYTES
        return tile[start : start + HASH_BYTES]
