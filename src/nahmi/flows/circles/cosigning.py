# SPDX-License-Identifier: Apache-2.0
"""The home of a log has its checkpoints confirmed by the circle's witnesses.

Until enough of them have, it goes on handing out the last checkpoint that was.
"""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from http import HTTPStatus
from typing import Final

import msgspec

from nahmi.errors import ErrorCode, NahmiError, WireError
from nahmi.flows.circles.handing_out import HandingOut
from nahmi.partner.checkpoint import read_checkpoint
from nahmi.partner.circles.roster import WitnessKey, read_key
from nahmi.partner.note_keys import SignatureKind, make_note_key
from nahmi.partner.note_signing import verify_note
from nahmi.partner.notes import Note, NoteSignature, read_note, read_signatures, write_note
from nahmi.partner.ports.circle import Circle, Transaction
from nahmi.partner.ports.log import CircleStore
from nahmi.partner.submission import write_submission
from nahmi.partner.witness_policy import is_witnessed, policy_of

AskWitness = Callable[[str, bytes], tuple[int, bytes]]
"""Hands a body to the witness at an address; the status and the body of its answer."""

_SIZE: Final = re.compile(rb"(0|[1-9][0-9]{0,18})\n")


class Cosigning:
    """Asks witnesses. Safe to share between threads.

    Args:
        circles: Has the logs.
        handing_out: Proves that they only grew.
        ask: Reaches a witness.
        begin: Begins a writing transaction.
    """

    def __init__(
        self,
        *,
        circles: CircleStore,
        handing_out: HandingOut,
        ask: AskWitness,
        begin: Callable[[], AbstractContextManager[Transaction]],
    ) -> None:
        self._circles = circles
        self._handing_out = handing_out
        self._ask = ask
        self._begin = begin

    def is_due(self, circle: Circle) -> bool:
        """Whether the newest checkpoint of a log that is kept here is still to be confirmed."""
        return circle.is_home and bool(circle.believed)

    def confirm(self, circle_id: str) -> bool:
        """Have the newest checkpoint confirmed; whether enough witnesses did.

        Raises:
            WireError: FETCH_FAILED: too few witnesses could be reached, or confirmed it.
        """
        circle = self._circles.circle(circle_id)
        policy = policy_of(circle.roster.roster)
        if not self.is_due(circle) or policy is None:
            return True
        note = read_note(circle.believed.encode())
        found, failures = list(note.signatures), 0
        for witness in circle.roster.roster.witnesses:
            try:
                found.append(self._cosigned(circle, note, witness))
            except NahmiError:
                failures += 1
        confirmed = Note(note.text, tuple(found))
        if not is_witnessed(confirmed, policy):
            raise WireError(
                ErrorCode.FETCH_FAILED,
                f"{failures} witnesses could not be asked, or did not confirm the log; "
                f"{policy.least} must.",
            )
        self._keep(circle, confirmed)
        return True

    def _keep(self, before: Circle, confirmed: Note) -> None:
        with self._begin() as transaction:
            circle = self._circles.take(before.circle_id, within=transaction)
            is_newest = circle.believed == before.believed
            now = msgspec.structs.replace(
                circle,
                checkpoint=write_note(confirmed).decode(),
                believed="" if is_newest else circle.believed,
                error="",
            )
            self._circles.put(now, within=transaction)

    def _cosigned(self, circle: Circle, note: Note, witness: WitnessKey) -> NoteSignature:
        """A witness's signature; what it confirmed before, it says itself where we err."""
        last = circle.checkpoint or circle.believed
        status, body = self._submit(circle, note, witness, _size(read_note(last.encode())))
        if status == HTTPStatus.CONFLICT and (known := _SIZE.fullmatch(body)):
            status, body = self._submit(circle, note, witness, int(known[1]))
        if status != HTTPStatus.OK:
            raise _unconfirmed()
        key = make_note_key(witness.name, SignatureKind.COSIGNATURE, read_key(witness.public))
        for signature in read_signatures(body):
            if verify_note(Note(note.text, (signature,)), [key]):
                return signature
        raise _unconfirmed()

    def _submit(
        self, circle: Circle, note: Note, witness: WitnessKey, old: int
    ) -> tuple[int, bytes]:
        size = _size(note)
        if old > size:
            raise _unconfirmed()
        proof = tuple(self._handing_out.grown(circle, old, size))
        return self._ask(witness.url, write_submission(old, proof, note))


def _size(note: Note) -> int:
    return read_checkpoint(note.text).size


def _unconfirmed() -> WireError:
    return WireError(ErrorCode.FETCH_FAILED, "A witness did not confirm the log.")
