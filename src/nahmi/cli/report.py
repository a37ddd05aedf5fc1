# SPDX-License-Identifier: Apache-2.0
"""The HTML report of a scan: one file, no script, nothing loaded from anywhere."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined

from nahmi.cli.report_words import WORDS
from nahmi.cli.words import Language, variant_in_words
from nahmi.errors import NahmiError
from nahmi.flows.disk import replacing
from nahmi.flows.scan import MatchRecord, Outcome, Record, Summary
from nahmi.flows.sources import open_again
from nahmi.media import SandboxedFingerprinter

THUMBNAIL_PX = 240
"""Longest side of a picture in the report."""

MOST_PICTURES = 500
"""Finds shown with pictures; the others are listed. Beyond this a browser gets slow."""


class Report(msgspec.Struct, frozen=True, kw_only=False):
    """What a report is about.

    Attributes:
        records: Of one scan.
        summary: The same counted.
        language: English or Arabic.
        bank_pictures: Folder of the pictures that were enrolled, or None when they are not here.
        is_revealed: Show pictures unblurred; only for pictures that are known to be harmless.
        notes: What was done to a file, by file name, when that is known.
    """

    records: list[Record]
    summary: Summary
    language: Language = "en"
    bank_pictures: Path | None = None
    is_revealed: bool = False
    notes: dict[str, str] = {}


class Find(msgspec.Struct, frozen=True):
    """One match as the template shows it.

    Attributes:
        number: Counts from 1.
        record: The file.
        match: Its best match.
        others: How many more entries matched.
        variant: Which form of the file hit, in words.
        percent: Distance as a share of the limit.
        found: The file's thumbnail as a data URI, or empty.
        banked: The banked picture's, or empty.
        note: What was done to the file, if that is known.
    """

    number: int
    record: Record
    match: MatchRecord
    others: int
    variant: str
    percent: int
    found: str
    banked: str
    note: str


def write_report(report: Report, path: Path, fingerprinter: SandboxedFingerprinter) -> None:
    """Write a report.

    Args:
        report: What it is about.
        path: The file; an older one is replaced.
        fingerprinter: Makes the thumbnails, in its sandboxed workers.

    Raises:
        StoreError: STORAGE_FULL or STORAGE_DENIED; an older report is untouched.
    """
    environment = Environment(
        loader=PackageLoader("nahmi.cli"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("report.html.j2").generate(
        words=WORDS[report.language],
        language=report.language,
        direction="rtl" if report.language == "ar" else "ltr",
        summary=report.summary,
        finds=_finds(report, fingerprinter),
        unjudged=[
            record
            for record in report.records
            if record.outcome in (Outcome.UNREADABLE, Outcome.NO_USABLE_FINGERPRINT)
        ],
        is_revealed=report.is_revealed,
    )
    with replacing(path, "write the report") as stream:
        stream.writelines(part.encode("utf-8", "backslashreplace") for part in page)


def _finds(report: Report, fingerprinter: SandboxedFingerprinter) -> Iterator[Find]:
    matched = [record for record in report.records if record.matches]
    for number, record in enumerate(matched, 1):
        match = record.matches[0]
        with_pictures = number <= MOST_PICTURES
        yield Find(
            number=number,
            record=record,
            match=match,
            others=len(record.matches) - 1,
            variant=variant_in_words(match.variant, report.language),
            percent=round(100 * match.distance / match.limit_bits) if match.limit_bits else 0,
            found=_thumbnail_of(record.name, fingerprinter) if with_pictures else "",
            banked=_banked(match, report.bank_pictures, fingerprinter) if with_pictures else "",
            note=report.notes.get(Path(record.name).name, ""),
        )


def _banked(match: MatchRecord, folder: Path | None, fingerprinter: SandboxedFingerprinter) -> str:
    kind, _, name = match.provenance.partition(":")
    # The name comes from a bank, perhaps from a partner: it must not lead out of the folder.
    if folder is None or kind != "file" or not name or Path(name).name != name:
        return ""
    return _thumbnail_of(str(folder / name), fingerprinter)


def _thumbnail_of(name: str, fingerprinter: SandboxedFingerprinter) -> str:
    item = open_again(name)
    if item is None:
        return ""
    try:
        with item.open() as stream:
            return _data_uri(stream, fingerprinter)
    except (NahmiError, OSError):  # the file has changed since: the report shows a placeholder
        return ""


def _data_uri(stream: BinaryIO, fingerprinter: SandboxedFingerprinter) -> str:
    picture = fingerprinter.thumbnail(stream, THUMBNAIL_PX)
    return "data:image/jpeg;base64," + base64.b64encode(picture).decode()
