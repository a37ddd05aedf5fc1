# SPDX-License-Identifier: Apache-2.0
"""The node key is made once, for its owner only, and refused when others may read it."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nahmi.bootstrap import open_node_key
from nahmi.errors import ErrorCode, StoreError
from nahmi.operate.node_key import make_node_key
from nahmi.store.key_file import is_private, make_key_file, read_key_file
from nahmi.store.node import init_node

KEY, OTHER = make_node_key(bytes(32)), make_node_key(bytes([1]) * 32)


def test_a_key_is_kept_for_its_owner_and_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "node.key"
    make_key_file(path, KEY)
    assert path.stat().st_mode & 0o777 == 0o600
    make_key_file(path, OTHER)
    assert read_key_file(path) == KEY
    assert [item.name for item in tmp_path.iterdir()] == ["node.key"]


def test_of_many_that_make_it_at_once_one_does(tmp_path: Path) -> None:
    path = tmp_path / "node.key"
    keys = [make_node_key(bytes([number]) * 32) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: make_key_file(path, key), keys))
    assert read_key_file(path) in keys


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o601])
def test_a_key_that_others_reach_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "node.key"
    make_key_file(path, KEY)
    path.chmod(mode)
    with pytest.raises(StoreError) as refused:
        read_key_file(path)
    assert refused.value.code is ErrorCode.NODE_KEY_UNSAFE


@pytest.mark.parametrize("text", ["", "\n", "00" * 31, "00" * 33, "zz" * 32, "AA" * 32, "é" * 64])
def test_another_text_is_no_key(tmp_path: Path, text: str) -> None:
    path = tmp_path / "node.key"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(StoreError) as refused:
        read_key_file(path)
    assert refused.value.code is ErrorCode.STORE_CORRUPT
    assert not text.strip() or text not in str(refused.value)


def test_a_missing_key_is_an_error(tmp_path: Path) -> None:
    for path in (tmp_path / "node.key", tmp_path):
        with pytest.raises(StoreError) as refused:
            read_key_file(path)
        assert refused.value.code is ErrorCode.NODE_KEY_MISSING


def test_a_node_has_its_key_and_another_file_may_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = init_node(tmp_path / "node")
    own = open_node_key(node.root)
    assert own == read_key_file(node.key)
    init_node(node.root)
    assert open_node_key(node.root) == own
    named = tmp_path / "credential"
    make_key_file(named, OTHER)
    monkeypatch.setenv("NAHMI_NODE_KEY_FILE", str(named))
    assert open_node_key(node.root) == OTHER
    node.key.unlink()
    monkeypatch.delenv("NAHMI_NODE_KEY_FILE")
    with pytest.raises(StoreError):
        open_node_key(node.root)


@pytest.mark.parametrize(
    ("mode", "owner", "group", "expected"),
    [
        (0o600, 1000, 1000, True),
        (0o400, 0, 0, True),
        (0o440, 0, 0, True),  # as systemd hands over a credential
        (0o440, 0, 1000, False),
        (0o440, 1000, 0, False),
        (0o460, 0, 0, False),
        (0o444, 0, 0, False),
    ],
)
def test_a_credential_of_systemd_is_private(
    mode: int, owner: int, group: int, *, expected: bool
) -> None:
    status = os.stat_result((mode, 1, 1, 1, owner, group, 65, 0, 0, 0))
    assert is_private(status, user=1000) is expected
    assert is_private(status, user=0) is (mode & 0o077 == 0)
