# SPDX-License-Identifier: Apache-2.0
"""What must never be committed."""

import re

from sources import ROOT, tracked

# Written in pieces, so that this file does not find itself.
REGISTRIES = re.compile(
    "|".join(
        rf"\b{host}\.{domain}"
        for host, domain in [
            ("py" + "pi", "org"),
            ("pythonhosted", "org"),
            (r"registry\.npmjs", "org"),
            (r"deb\.debian", "org"),
            (r"archive\.ubuntu", "com"),
            ("crates", "io/api"),
        ]
    )
)

MACHINE = re.compile(r"(^|[^\w.:-])/(work|home|root|Users)/[\w.]")


def texts() -> list[tuple[str, str]]:
    pages = []
    for path in tracked():
        data = path.read_bytes()
        if b"\0" not in data[:8192]:
            pages.append((str(path.relative_to(ROOT)), data.decode("utf-8")))
    return pages


def test_locks_name_hashes_not_download_hosts() -> None:
    assert not [path for path in tracked() if path.name == "uv.lock"]
    assert not [name for name, text in texts() if REGISTRIES.search(text)]


def test_every_locked_requirement_has_a_hash() -> None:
    for lock in sorted((ROOT / "requirements").glob("*.txt")):
        text = re.sub(r"#.*", "", lock.read_text(encoding="utf-8")).replace("\\\n", " ")
        bare = [line for line in text.splitlines() if line.strip() and "--hash=sha256:" not in line]
        assert not bare, f"{lock.name}: {bare}"


def test_no_file_names_a_path_of_the_machine_it_was_written_on() -> None:
    assert not [(name, hit.group()) for name, text in texts() if (hit := MACHINE.search(text))]


def test_no_file_is_large() -> None:
    large = [path.name for path in tracked() if path.stat().st_size > 1_000_000]
    assert not large
