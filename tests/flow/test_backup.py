# SPDX-License-Identifier: Apache-2.0
"""A backup holds one state, whoever writes meanwhile; one that is damaged restores nothing."""

import gzip
import io
import subprocess
import sys
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from nahmi.access.audit import AuditEvent
from nahmi.bootstrap import NodePlace, init_node, now, open_access, open_node, open_node_key
from nahmi.bootstrap.backup import back_up, restore
from nahmi.core.bank import Category, EntryDraft
from nahmi.core.match import Verdict
from nahmi.core.member import OWN_MEMBER
from nahmi.errors import ErrorCode, NahmiError
from nahmi.flows.match import content_of
from nahmi.operate.backups import BackupManifest
from nahmi.protect.ports import BankDraft
from nahmi.store.sql.migrations import newest_version, upgrade
from nahmi.store.sql.schema import APPLICATION_ID
from nahmi.store.sql.sqlite import SqliteDatabase
from nahmi.testing.bank_store import NOW, pdq

WRITER = """
import sys
from nahmi.access.audit import AuditEvent
from nahmi.bootstrap import now, open_access, open_node
from nahmi.core.bank import EntryDraft
from nahmi.testing.bank_store import pdq

with open_node(sys.argv[1]) as node, open_access(sys.argv[1]) as access:
    number = 0
    while True:
        number += 2
        drafts = [EntryDraft(signal=pdq(number)), EntryDraft(signal=pdq(number + 1))]
        node.store.add_entries(1, drafts, now=now())
        access.audit.append(AuditEvent(at=now(), member_id=1, actor="local", event="entry:add"))
        print(number, flush=True)
"""


@pytest.fixture
def place(tmp_path: Path) -> NodePlace:
    folder = tmp_path / "node"
    with init_node(folder) as node:
        bank = node.store.create_bank(BankDraft(name="A", category=Category.TEST), now=NOW)
        node.store.add_entries(bank.bank_id, [EntryDraft(signal=pdq(1))], now=NOW)
        node.catch_up()
    with open_access(folder) as access:
        access.audit.append(
            AuditEvent(at=now(), member_id=OWN_MEMBER, actor="local", event="bank:create")
        )
    (folder / "ucs.toml").write_text("")
    return NodePlace(folder)


@pytest.fixture
def saved(place: NodePlace, tmp_path: Path) -> Path:
    file = tmp_path / "saved.tar.gz"
    back_up(place, file, with_key=True)
    return file


def entries(folder: Path) -> int:
    with open_node(folder) as node:
        node.index.verify()
        count = node.store.count_entries(1)
        assert node.index.status().signals == count
        [answer] = node.matcher().match([content_of([pdq(1)])])
        assert answer.verdict is Verdict.MATCH
        return count


def test_a_backup_while_others_write_is_one_state(place: NodePlace, tmp_path: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(place.folder)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    try:
        for attempt in range(3):
            acknowledged = int(writer.stdout.readline())
            back_up(place, tmp_path / f"{attempt}.tar.gz", with_key=False)
            target = tmp_path / f"restored{attempt}"
            assert restore(NodePlace(target), tmp_path / f"{attempt}.tar.gz").first_broken is None
            found = entries(target)
            assert found >= acknowledged + 1, "what was acknowledged before is in it"
            assert found % 2, "each pair is there wholly or not at all"
    finally:
        writer.kill()
        writer.communicate()
    assert entries(place.folder) >= found, "the node went on"


def test_a_backup_is_private_and_has_the_key_only_when_asked(
    place: NodePlace, saved: Path, tmp_path: Path
) -> None:
    without = tmp_path / "without.tar.gz"
    assert not back_up(place, without, with_key=False).has_key
    secret = (place.folder / "node.key").read_bytes()
    for file, has_key in ((saved, True), (without, False)):
        assert file.stat().st_mode & 0o777 == 0o600
        assert (secret in gzip.decompress(file.read_bytes())) is has_key
    restore(NodePlace(tmp_path / "one"), saved)
    assert open_node_key(tmp_path / "one") == open_node_key(place.folder)
    assert not (tmp_path / "one").stat().st_mode & 0o077
    assert (tmp_path / "one" / "ucs.toml").exists()
    restore(NodePlace(tmp_path / "two"), without)
    with pytest.raises(NahmiError) as missing:
        open_node_key(tmp_path / "two")
    assert missing.value.code is ErrorCode.NODE_KEY_MISSING


def test_nothing_is_replaced(place: NodePlace, saved: Path, tmp_path: Path) -> None:
    before = saved.read_bytes()
    assert failure(lambda: back_up(place, saved, with_key=False)) is ErrorCode.INPUT_INVALID
    assert saved.read_bytes() == before
    assert failure(lambda: restore(place, saved)) is ErrorCode.STORAGE_DENIED
    assert entries(place.folder) == 1
    (tmp_path / "empty").mkdir()
    restore(NodePlace(tmp_path / "empty"), saved)
    assert entries(tmp_path / "empty") == 1


def test_a_damaged_backup_restores_nothing(saved: Path, tmp_path: Path) -> None:
    whole = saved.read_bytes()
    damaged, target = tmp_path / "damaged.tar.gz", tmp_path / "target"
    for at in range(0, len(whole), len(whole) // 23):
        for content in (whole[:at], _flipped(whole, at)):
            if _says_the_same(content, whole):
                continue
            damaged.write_bytes(content)
            code = failure(lambda: restore(NodePlace(target), damaged))
            assert code is ErrorCode.BACKUP_INVALID
            assert not target.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "damaged.tar.gz",
        "node",
        "saved.tar.gz",
    ]


def _says_the_same(content: bytes, whole: bytes) -> bool:
    """Compression has several spellings for one content, above all where it is empty."""
    try:
        return gzip.decompress(content) == gzip.decompress(whole)
    except (OSError, EOFError, zlib.error):
        return False


def _flipped(content: bytes, at: int) -> bytes:
    return bytes([*content[:at], content[at] ^ 0x10, *content[at + 1 :]])


@pytest.mark.parametrize("change", ["extra", "link", "renamed", "longer", "manifest", "nothing"])
def test_only_what_the_manifest_lists_is_taken(saved: Path, tmp_path: Path, change: str) -> None:
    forged = tmp_path / "forged.tar.gz"
    with tarfile.open(saved) as source, tarfile.open(forged, "w:gz") as archive:
        for member in source.getmembers():
            content = _forged(member, _read(source, member), change)
            archive.addfile(member, io.BytesIO(content))
        if change == "extra":
            archive.addfile(tarfile.TarInfo("index"), io.BytesIO())
    target = NodePlace(tmp_path / "target")
    if change == "nothing":
        assert restore(target, forged).first_broken is None
        return
    assert failure(lambda: restore(target, forged)) is ErrorCode.BACKUP_INVALID
    assert not target.folder.exists()


def _forged(member: tarfile.TarInfo, content: bytes, change: str) -> bytes:
    if member.name == "manifest.json":
        return content.replace(b"node.key", b"../a.key") if change == "manifest" else content
    if member.name != "node.key":
        return content
    if change == "link":
        member.type, member.linkname, member.size = tarfile.SYMTYPE, "/etc/passwd", 0
    elif change == "renamed":
        member.name = "../node.key"
    elif change == "longer":
        member.size += 1
        return content + b"x"
    return content


def _read(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    content = archive.extractfile(member)
    assert content is not None
    return content.read()


def test_a_backup_of_a_newer_nahmi_is_refused(saved: Path, tmp_path: Path) -> None:
    newer = tmp_path / "newer.tar.gz"
    with tarfile.open(saved) as source, tarfile.open(newer, "w:gz") as archive:
        for member in source.getmembers():
            content = _read(source, member)
            if member.name == "manifest.json":
                manifest = msgspec.json.decode(content, type=BackupManifest)
                changed = msgspec.structs.replace(manifest, schema=newest_version() + 1)
                content = msgspec.json.encode(changed)
                member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    code = failure(lambda: restore(NodePlace(tmp_path / "target"), newer))
    assert code is ErrorCode.STORE_VERSION


def test_an_older_store_is_brought_to_the_newest_schema(place: NodePlace, tmp_path: Path) -> None:
    file = place.folder / "nahmi.sqlite3"
    for part in place.folder.glob("nahmi.sqlite3*"):
        part.unlink()
    file.touch()
    database = SqliteDatabase(file, read_only=False, busy_timeout_s=5)
    with database.writing() as connection:
        upgrade(connection, to=1)
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    database.close()
    assert back_up(place, tmp_path / "old.tar.gz", with_key=True).schema == 1
    restore(NodePlace(tmp_path / "target"), tmp_path / "old.tar.gz")
    with open_node(tmp_path / "target") as node:
        assert node.store.banks() == []


def test_an_altered_audit_log_is_named(place: NodePlace, tmp_path: Path) -> None:
    with open_access(place.folder) as access, access.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_no_update")
        connection.exec_driver_sql("UPDATE audit SET event = 'bank:delete' WHERE sequence = 1")
    back_up(place, tmp_path / "a.tar.gz", with_key=True)
    assert restore(NodePlace(tmp_path / "target"), tmp_path / "a.tar.gz").first_broken == 1


def test_a_damaged_store_is_not_backed_up(place: NodePlace, tmp_path: Path) -> None:
    with open_node(place.folder) as node:
        node.store.add_entries(1, [EntryDraft(signal=pdq(n)) for n in range(2, 3000)], now=NOW)
    file = place.folder / "nahmi.sqlite3"
    content = bytearray(file.read_bytes())
    for page in range(20, len(content) // 4096):
        content[page * 4096 : page * 4096 + 64] = bytes(64)
    file.write_bytes(content)
    code = failure(lambda: back_up(place, tmp_path / "a.tar.gz", with_key=True))
    assert code is ErrorCode.STORE_CORRUPT
    assert not (tmp_path / "a.tar.gz").exists()


def test_banks_in_postgresql_have_their_own_backups(place: NodePlace, tmp_path: Path) -> None:
    elsewhere = NodePlace(place.folder, "postgresql://nobody@/nahmi?host=/nowhere")
    with pytest.raises(NahmiError) as refused:
        back_up(elsewhere, tmp_path / "a.tar.gz", with_key=True)
    assert "pg_dump" in refused.value.hint
    with pytest.raises(NahmiError):
        restore(elsewhere, tmp_path / "a.tar.gz")


FULL = """
import resource, signal, sys
from nahmi.cli.app import run
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
sys.exit(run(sys.argv[2:]))
"""


def test_a_full_disk_leaves_nothing_half_made(
    place: NodePlace, saved: Path, tmp_path: Path
) -> None:
    before = sorted(tmp_path.iterdir())
    largest = (place.folder / "nahmi.sqlite3").stat().st_size
    for size in (0, 1000, largest // 2):
        for node, *command in (
            (place.folder, "backup", str(tmp_path / "full.tar.gz")),
            (tmp_path / "full", "restore", str(saved)),
        ):
            done = subprocess.run(
                [sys.executable, "-c", FULL, str(size), "--node", str(node), *command, "--json"],
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 2, done.stderr
            assert msgspec.json.decode(done.stderr)["code"] == "storage_full"
            assert sorted(tmp_path.iterdir()) == before
    assert entries(place.folder) == 1


def failure(act: Callable[[], object]) -> ErrorCode:
    with pytest.raises(NahmiError) as caught:
        act()
    return caught.value.code
