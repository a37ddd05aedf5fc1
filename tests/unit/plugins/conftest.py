# SPDX-License-Identifier: Apache-2.0
"""Plug-ins that are loaded for a test: those of the library, and the small one beside this file."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from nahmi.bootstrap.plugins import Plugins
from nahmi.operate.settings import ThreatExchangeSettings

LIBRARY = "threatexchange.signal_type"
SETTINGS = ThreatExchangeSettings(
    manifests=("tx_letters",),
    signal_types=(
        f"{LIBRARY}.raw_text:RawTextSignal",
        f"{LIBRARY}.trend_query:TrendQuerySignal",
        f"{LIBRARY}.md5:VideoMD5Signal",
        f"tx_url={LIBRARY}.url:URLSignal",
        f"tx_pdq={LIBRARY}.pdq:PdqSignal",
    ),
    seconds=1,
)


@pytest.fixture(scope="session")
def plugin_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the module `tx_letters`."""
    folder = tmp_path_factory.mktemp("plugins")
    shutil.copy(Path(__file__).with_name("letters.py"), folder / "tx_letters.py")
    return folder


@pytest.fixture
def found(plugin_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes `tx_letters` importable."""
    monkeypatch.syspath_prepend(plugin_folder)


@pytest.fixture(scope="session")
def settings() -> ThreatExchangeSettings:
    """What a node's operator set."""
    return SETTINGS


@pytest.fixture(scope="module")
def plugins(plugin_folder: Path) -> Iterator[Plugins]:
    """Everything that `SETTINGS` names, loaded."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(plugin_folder)
        with Plugins(SETTINGS) as loaded:
            yield loaded
