# SPDX-License-Identifier: Apache-2.0
"""What an operator may set, and that nothing else is taken."""

import re
from pathlib import Path

import pytest

from nahmi.errors import ErrorCode, InputError
from nahmi.operate.settings import Settings

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "settings.md"


def test_the_page_shows_every_setting_with_its_default() -> None:
    found = re.search(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    assert Settings.parse(found[1]) == Settings(layout=1)
    names = re.findall(r"^(\w+) =", found[1], re.MULTILINE)
    fields = [f for f in Settings.__struct_fields__ if f in ("layout", "database", "exchange")]
    for part in (
        "serve",
        "limits",
        "fetch",
        "webhooks",
        "circles",
        "hma",
        "retention",
        "telemetry",
        "threatexchange",
    ):
        fields += getattr(Settings(layout=1), part).__struct_fields__
    assert names == fields


@pytest.mark.parametrize(
    "text",
    [
        "layout",
        "layout = 'x'",
        "layout = 1\nanything = 2",
        "layout = 1\n[serve]\nprot = 1",
        "layout = 1\n[serve]\nport = 0",
        "layout = 1\n[serve]\nport = 65536",
        "layout = 1\n[serve]\nworkers = 0",
        "layout = 1\n[limits]\nbatch = 0",
        "layout = 1\n[hma]\nprefix = 'hma'",
        "layout = 1\n[serve]\nrequest_log = 'some'",
        "layout = 1\n[serve]\nslow_ms = 0",
        "layout = 1\n[retention]\nmatch_log_days = -1",
        "layout = 1\n[telemetry]\nshare = 2",
        "layout = 1\n[telemetry]\nendpoint = 'collector:4318'",
        "layout = 1\n[[threatexchange.exchange]]\nname = 'x'",
        "layout = 1\n[[exchange]]\nname = 'x'",
        *(
            f"layout = 1\nexchange = [{text}]"
            for text in (
                "{name = 'X', kind = 'ncmec', bank = 'X'}",
                "{name = 'x', kind = 'ncmec', bank = 'X', every_minutes = -1}",
                "{name = 'x', kind = 'ncmec', bank = 'X', seconds = 0}",
                "{name = 'x', kind = 'ncmec', bank = 'X', contested = 'maybe'}",
                "{name = 'x', kind = 'ncmec', bank = 'X', api = 'x'}",
                "{name = 'x', kind = 'ncmec', bank = 'X', base_url = 'http://a.example'}",
                "{name = 'x', kind = 'ncmec', bank = 'X', base_url = 'a.example', internal = true}",
                "{name = 'x', kind = 'ncmec', bank = 'X', credentials_env = 'A B'}",
                "{name = 'x', kind = 'k', bank='', credentials_env = 'A', credentials_file = 'b'}",
                "{name = 'x', kind = 'ncmec', bank = 'X'}, {name = 'x', kind = 'tat', bank = 'X'}",
            )
        ),
        (
            "layout = 1\nexchange = [{name = 'x', kind = 'ncmec', bank = 'X'}]\n[threatexchange]\n"
            "exchange = [{name = 'x', api = 'ncmec', bank = 'X'}]"
        ),
        *(
            f"layout = 1\n[threatexchange]\nexchange = [{text}]"
            for text in (
                "{name = 'X', api = 'x', bank = 'X'}",
                "{name = 'x', api = 'x', bank = 'X'}, {name = 'x', api = 'x', bank = 'X'}",
                "{name = 'x', api = 'x', bank = 'X', every_minutes = -1}",
                "{name = 'x', api = 'x', bank = 'X', seconds = 0}",
                "{name = 'x', api = 'x', bank = 'X', contested = 'maybe'}",
            )
        ),
        "",
    ],
)
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        Settings.parse(text)
    assert caught.value.code == ErrorCode.INPUT_INVALID
