# SPDX-License-Identifier: Apache-2.0
"""A backup as one file: a compressed tar archive that begins with its manifest.

Nothing in an archive is believed: only the names on the list are taken, as plain files of the size
and sum that the manifest gives, and the archive must go on to its own end.
"""

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest, sha256
from pathlib import Path
from typing import IO, BinaryIO, Final

from nahmi.operate.backups import (
    FILES,
    BackedUpFile,
    BackupManifest,
    invalid_backup,
    read_manifest,
    write_manifest,
)

MANIFEST: Final = "manifest.json"
_LARGEST_MANIFEST: Final = 1 << 20
_LEVEL: Final = 1  # digests and fingerprints hardly become smaller; more effort only takes longer
_CHUNK_BYTES: Final = 1 << 20
_PRIVATE: Final = 0o600


def describe(folder: Path) -> tuple[BackedUpFile, ...]:
    """The files of a folder that belong into a backup, with their sums.

    Raises:
        OSError: A file cannot be read.
    """
    found = []
    for path in (folder / name for name in FILES):
        if path.exists():
            with path.open("rb") as stream:
                digest = file_digest(stream, "sha256").hexdigest()
            found.append(BackedUpFile(path.name, path.stat().st_size, digest))
    return tuple(found)


def pack(stream: BinaryIO, manifest: BackupManifest, folder: Path) -> None:
    """Write an archive.

    Args:
        stream: Where to.
        manifest: What `describe` found in the folder.
        folder: With the files.

    Raises:
        OSError: Reading or writing failed.
    """
    moment = int(manifest.made_at.timestamp())
    with (
        gzip.GzipFile("", "wb", _LEVEL, stream, mtime=moment) as packed,
        tarfile.open(mode="w|", fileobj=packed, format=tarfile.PAX_FORMAT) as archive,
    ):
        text = write_manifest(manifest)
        archive.addfile(_member(MANIFEST, len(text), moment), io.BytesIO(text))
        for file in manifest.files:
            with (folder / file.name).open("rb") as content:
                archive.addfile(_member(file.name, file.size_bytes, moment), content)


def unpack(stream: BinaryIO, folder: Path, *, newest_schema: int) -> BackupManifest:
    """Read an archive into a folder, each file for its owner only.

    Args:
        stream: The archive, which nobody vouches for.
        folder: Is there and empty. After an error it may hold some files.
        newest_schema: As `read_manifest`.

    Raises:
        StoreError: BACKUP_INVALID or STORE_VERSION.
        OSError: Writing failed.
    """
    with _unpacking(), gzip.GzipFile(fileobj=stream, mode="rb") as packed:
        with tarfile.open(mode="r|", fileobj=packed) as archive:
            text = _content(archive, archive.next(), MANIFEST).read(_LARGEST_MANIFEST)
            manifest = read_manifest(text, newest_schema=newest_schema)
            for file in manifest.files:
                _take(_content(archive, archive.next(), file.name), file, folder / file.name)
            if archive.next() is not None:
                raise invalid_backup()
        while packed.read(_CHUNK_BYTES):  # the sum of the whole stands at its end
            pass
    return manifest


@contextmanager
def _unpacking() -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, UnicodeError):
        raise invalid_backup() from None


def _member(name: str, size: int, moment: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = size, moment, _PRIVATE
    return member


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo | None, name: str) -> IO[bytes]:
    if member is None or member.name != name or not member.isreg():
        raise invalid_backup()
    content = archive.extractfile(member)
    if content is None:
        raise invalid_backup()
    return content


def _take(content: IO[bytes], file: BackedUpFile, path: Path) -> None:
    digest, size = sha256(), 0
    path.touch(_PRIVATE)
    with path.open("wb") as out:
        while chunk := content.read(_CHUNK_BYTES):
            size += len(chunk)
            if size > file.size_bytes:
                raise invalid_backup()
            digest.update(chunk)
            out.write(chunk)
    if size != file.size_bytes or digest.hexdigest() != file.sha256:
        raise invalid_backup()
