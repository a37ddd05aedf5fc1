# SPDX-License-Identifier: Apache-2.0
"""Evidence against a log as a file: canonical JSON that people can keep, send and publish."""

from typing import Final

import msgspec

from nahmi.errors import ErrorCode, InputError
from nahmi.partner import canonical
from nahmi.partner.base64_texts import read_base64, write_base64
from nahmi.partner.equivocation import Contradiction, Evidence, Place
from nahmi.partner.notes import read_note, write_note

FORMAT: Final = "nahmi-evidence/1"


class _PlaceFields(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    index: int
    leaf_hash: str
    proof: list[str]


class _Fields(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    contradiction: Contradiction
    older: str
    newer: str
    consistency: list[str]
    places: list[_PlaceFields]


def write_evidence(evidence: Evidence) -> bytes:
    """Evidence as a file."""
    fields = _Fields(
        format=FORMAT,
        contradiction=evidence.contradiction,
        older=write_note(evidence.older).decode(),
        newer=write_note(evidence.newer).decode(),
        consistency=[write_base64(item) for item in evidence.consistency],
        places=[_write_place(place) for place in evidence.places],
    )
    return canonical.write(msgspec.to_builtins(fields))


def read_evidence(data: bytes) -> Evidence:
    """The evidence that a file holds; it is still to be checked.

    Raises:
        InputError: DOCUMENT_INVALID: it is no such file.
        TrustError: NOTE_INVALID: a checkpoint in it is malformed.
    """
    value = canonical.read(data)
    try:
        fields = msgspec.convert(value, _Fields)
    except msgspec.ValidationError as error:
        raise _invalid() from error
    if fields.format != FORMAT:
        raise _invalid()
    return Evidence(
        contradiction=fields.contradiction,
        older=read_note(fields.older.encode()),
        newer=read_note(fields.newer.encode()),
        consistency=_hashes(fields.consistency),
        places=tuple(_read_place(place) for place in fields.places),
    )


def _write_place(place: Place) -> _PlaceFields:
    proof = [write_base64(item) for item in place.proof]
    return _PlaceFields(place.index, write_base64(place.leaf_hash), proof)


def _read_place(fields: _PlaceFields) -> Place:
    (leaf_hash,) = _hashes([fields.leaf_hash])
    return Place(fields.index, leaf_hash, _hashes(fields.proof))


def _hashes(texts: list[str]) -> tuple[bytes, ...]:
    found = [read_base64(text) for text in texts]
    hashes = tuple(item for item in found if item is not None)
    if len(hashes) < len(found):
        raise _invalid()
    return hashes


def _invalid() -> InputError:
    return InputError(ErrorCode.DOCUMENT_INVALID, "A file is no evidence against a log.")
