# SPDX-License-Identifier: Apache-2.0
import stat
from pathlib import Path

import pytest

from nahmi.errors import ErrorCode, StoreError
from nahmi.store.node import init_node, open_node
from nahmi.store.sql import SqlBankStore


def test_node_is_made_once_and_private(tmp_path: Path) -> None:
    node = init_node(tmp_path / "a" / "node")
    assert init_node(node.root) == open_node(node.root) == node
    assert stat.S_IMODE(node.root.stat().st_mode) == 0o700
    assert stat.S_IMODE(node.store.stat().st_mode) == 0o600
    SqlBankStore.open(node.store).close()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, ErrorCode.STORE_MISSING),
        ("layout = 2", ErrorCode.STORE_VERSION),
        ("layout = ", ErrorCode.STORE_CORRUPT),
        ("", ErrorCode.STORE_CORRUPT),
    ],
)
def test_other_folders_are_refused(tmp_path: Path, text: str | None, code: ErrorCode) -> None:
    if text is not None:
        (tmp_path / "node.toml").write_text(text)
    with pytest.raises(StoreError) as caught:
        open_node(tmp_path)
    assert caught.value.code is code


def test_path_that_is_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for act in (init_node, open_node):
        with pytest.raises(StoreError):
            act(file)
