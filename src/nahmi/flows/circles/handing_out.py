# SPDX-License-Identifier: Apache-2.0
"""A node hands a circle's log to other members, whether it keeps the log or only reads it.

Who may read is looked up for each request in the roster as the node knows it by then. Pages of the
same place are the same bytes, apart from the trailer.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from nahmi.errors import ErrorCode, PartnerError
from nahmi.partner.checkpoint import read_checkpoint
from nahmi.partner.circles.members import CircleMember, CircleRole, KeyState
from nahmi.partner.circles.missing import circle_missing
from nahmi.partner.circles.rules import Onward
from nahmi.partner.merkle.frontier import Frontier
from nahmi.partner.merkle.hashing import HASH_BYTES
from nahmi.partner.merkle.nodes import TreeReader
from nahmi.partner.merkle.proofs import prove_consistency, prove_inclusion
from nahmi.partner.merkle.tiles import TILE_WIDTH
from nahmi.partner.notes import read_note
from nahmi.partner.pages import Line, Trailer, write_line, write_trailer
from nahmi.partner.ports.circle import Circle, Standing
from nahmi.partner.ports.log import CircleStore, Logged
from nahmi.partner.upstream import Ahead, Withdrawals

MOST_A_PAGE: Final = 10_000
MOST_WITHDRAWALS: Final = 1_000


class HandingOut:
    """Reads logs for other members. Safe to share between threads.

    Args:
        circles: Has the logs.
    """

    def __init__(self, *, circles: CircleStore) -> None:
        self._circles = circles

    def admit(self, circle_id: str, kid: str) -> tuple[Circle, CircleMember]:
        """A circle, and the member that a key of a signed request belongs to.

        Raises:
            PartnerError: CIRCLE_MISSING: there is no such circle here, or the key is of nobody in
                it. CIRCLE_DENIED: the member may not read now, or nobody may relay.
        """
        circle = self._circles.circle(circle_id)
        roster = circle.roster.roster
        member = roster.member_of_key(kid)
        key = None if member is None else member.key(kid)
        if member is None or key is None:
            raise circle_missing()
        # A key that was retired still reads: its owner learns of the new one by reading on.
        if not member.may(CircleRole.READ) or key.state is KeyState.DISTRUSTED:
            raise PartnerError(
                ErrorCode.CIRCLE_DENIED,
                "The organisation takes part in this circle no longer, or may not read it.",
                hint=f"Since version {roster.version} of the circle's roster.",
            )
        if not circle.is_home and roster.rules.onward is Onward.NOBODY:
            raise PartnerError(
                ErrorCode.CIRCLE_DENIED,
                "The circle's rules let nobody pass on its log.",
                hint=f"Read it from its home: {roster.home.url}",
            )
        if circle.standing is Standing.STOPPED:
            raise PartnerError(
                ErrorCode.CIRCLE_STOPPED, "The log contradicted itself and is not passed on."
            )
        return circle, member

    def size(self, circle_id: str) -> int:
        """How many statements of a log can be handed out.

        Raises:
            PartnerError: CIRCLE_MISSING, or LOG_INVALID: nothing so far.
        """
        return _size_of(self._circles.circle(circle_id))

    def page(self, circle: Circle, *, after: int, limit: int) -> Iterator[bytes]:
        """Part of a log, line by line, with its trailer.

        Args:
            circle: From `admit`.
            after: How many statements the reader has.
            limit: Statements at most.

        Raises:
            PartnerError: LOG_INVALID: the reader has more than there are.
        """
        size = _size_of(circle)
        if not 0 <= after <= size:
            raise PartnerError(
                ErrorCode.LOG_INVALID,
                "The log has fewer statements here than the reader has.",
                hint="Ask another node, or wait until this one has caught up.",
            )
        logged = self._circles.statements(
            circle.number, after=after, limit=min(limit, MOST_A_PAGE, size - after)
        )
        leaves = self._leaves(circle, [one.seq for one in logged if one.statement is None])
        for one in logged:
            yield write_line(_line(one, leaves))
        end = after + len(logged)
        proof = prove_consistency(self._tree(circle, size), end)
        yield write_trailer(
            Trailer(
                checkpoint=circle.checkpoint,
                end=end,
                consistency=tuple(one.hex() for one in proof),
            )
        )

    def consistency(self, circle: Circle, old_size: int, new_size: int) -> Sequence[bytes]:
        """That the log of one size is the beginning of that of another.

        Raises:
            PartnerError: LOG_INVALID: it was never so long.
            InputError: INPUT_INVALID: the first is the longer one.
        """
        if not 0 <= old_size <= new_size <= _size_of(circle):
            raise PartnerError(ErrorCode.LOG_INVALID, "The log was never so long here.")
        return prove_consistency(self._tree(circle, new_size), old_size)

    def grown(self, circle: Circle, old_size: int, new_size: int) -> Sequence[bytes]:
        """As `consistency`, of all that is held here, whether it can be handed out or not."""
        return prove_consistency(self._tree(circle, new_size), old_size)

    def inclusion(self, circle: Circle, seq: int, size: int) -> Sequence[bytes]:
        """That a statement is in the log of some size.

        Raises:
            PartnerError: LOG_INVALID: it was never so long.
            InputError: INPUT_INVALID: there is no such place in it.
        """
        if not 0 <= size <= _size_of(circle):
            raise PartnerError(ErrorCode.LOG_INVALID, "The log was never so long here.")
        return prove_inclusion(self._tree(circle, size), seq)

    def before(self, circle: Circle, size: int) -> Frontier:
        """The tree over the first statements of a log.

        Args:
            circle: From `admit`.
            size: How many.

        Raises:
            PartnerError: LOG_INVALID: it was never so long.
        """
        if not 0 <= size <= _size_of(circle):
            raise PartnerError(ErrorCode.LOG_INVALID, "The log was never so long here.")
        return self._tree(circle, size).frontier()

    def tile(self, circle: Circle, level: int, number: int) -> bytes:
        """Hashes of the tree, as C2SP tlog-tiles lays them out; none where there are none."""
        return self._circles.tile(circle.number, level, number)

    def withdrawals(self, circle: Circle, *, after: int, limit: int) -> Withdrawals:
        """What was taken back from a place in the log on, with proofs."""
        size = _size_of(circle)
        asked = min(limit, MOST_WITHDRAWALS)
        found = [
            one
            for one in self._circles.withdrawals(circle.number, after=after, limit=asked)
            if one.seq < size
        ]
        tree = self._tree(circle, size)
        return Withdrawals(
            checkpoint=circle.checkpoint,
            upto=found[-1].seq + 1 if len(found) == asked else size,
            found=tuple(
                Ahead(line=_line(one, {}), proof=prove_inclusion(tree, one.seq)) for one in found
            ),
        )

    def _tree(self, circle: Circle, size: int) -> TreeReader:
        return TreeReader(_Tiles(self._circles, circle.number), size)

    def _leaves(self, circle: Circle, seqs: Sequence[int]) -> dict[int, bytes]:
        """The leaf hashes of statements that were destroyed."""
        found = {}
        for seq in seqs:
            tile = self._circles.tile(circle.number, 0, seq // TILE_WIDTH)
            start = seq % TILE_WIDTH * HASH_BYTES
            found[seq] = tile[start : start + HASH_BYTES]
        return found


class _Tiles:
    """The tiles of one log."""

    def __init__(self, circles: CircleStore, number: int) -> None:
        self._circles = circles
        self._number = number

    def tile(self, level: int, number: int) -> bytes:
        """See `nahmi.partner.merkle.tiles.HashReader`."""
        return self._circles.tile(self._number, level, number)


def _line(one: Logged, leaves: dict[int, bytes]) -> Line:
    if one.statement is None:
        return Line(seq=one.seq, leaf=leaves[one.seq])
    return Line(seq=one.seq, statement=one.statement, proof=one.proof)


def _size_of(circle: Circle) -> int:
    """How much of a log can be handed out: what a checkpoint signs of what is here.

    Raises:
        PartnerError: LOG_INVALID: nothing so far.
    """
    if not circle.checkpoint:
        raise PartnerError(
            ErrorCode.LOG_INVALID, "This node has not read the log so far.", hint="Ask later."
        )
    return read_checkpoint(read_note(circle.checkpoint.encode()).text).size
