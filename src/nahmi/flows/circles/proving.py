# SPDX-License-Identifier: Apache-2.0
"""Shows to outsiders that something was said in a circle, and by whom."""

from nahmi.access.identity import Principal
from nahmi.errors import ErrorCode, PartnerError
from nahmi.flows.circles.handing_out import HandingOut
from nahmi.flows.circles.looking import Looking, signed_size
from nahmi.partner.statement_proofs import StatementProof
from nahmi.partner.statements.signing import read_proof
from nahmi.partner.statements.text import read


class Proving:
    """Makes documents that prove single statements. Safe to share between threads.

    Args:
        looking: Finds circles of a principal's member, and puts on record what is read.
        handing_out: Reads the trees of logs.
    """

    def __init__(self, *, looking: Looking, handing_out: HandingOut) -> None:
        self._looking = looking
        self._handing_out = handing_out

    def prove(self, principal: Principal, circle_id: str, seq: int) -> StatementProof:
        """One statement with its proof.

        Raises:
            PartnerError: CIRCLE_MISSING; STATEMENT_MISSING: the log is not so long here, no
                checkpoint covers that place so far, or the text was destroyed.
            StoreError: That it was read could not be recorded.
        """
        logged = self._looking.statement(principal, circle_id, seq)
        circle = self._looking.own(principal, circle_id)
        size = signed_size(circle.checkpoint)
        if logged.statement is None or logged.proof is None:
            raise _missing("The text of this statement was destroyed.")
        if seq >= size:
            raise _missing("No checkpoint covers this place so far.")
        said, roster = read(logged.statement), circle.roster.roster
        member = roster.member(said.org)
        key = None if member is None else member.key(said.key)
        if member is None or key is None:
            raise _missing("Its author is not in the circle's list of members.")
        return StatementProof(
            circle=circle.circle_id,
            place=seq,
            statement=logged.statement.decode(),
            signature=read_proof(logged.proof),
            author=member.name,
            author_key=key.public,
            inclusion=tuple(one.hex() for one in self._handing_out.inclusion(circle, seq, size)),
            checkpoint=circle.checkpoint,
            log_key=roster.home.log_key,
        )


def _missing(why: str) -> PartnerError:
    return PartnerError(ErrorCode.STATEMENT_MISSING, why)
