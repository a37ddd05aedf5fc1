# SPDX-License-Identifier: Apache-2.0
"""What the operator set decides who may be called."""

import pytest

from nahmi.bootstrap.wire import make_fetcher, make_webhook_sender
from nahmi.errors import ErrorCode, InputError, WireError
from nahmi.operate.node_key import NodeKey
from nahmi.operate.settings import FetchSettings, LimitSettings, Settings, WebhookSettings
from nahmi.testing.loopback import LoopbackServer, reply

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]
KEY = NodeKey(bytes(32))


def test_fetching_is_off_as_nahmi_comes() -> None:
    with pytest.raises(WireError) as caught, make_fetcher(Settings(layout=1)).fetch("https://a.b/"):
        pass
    assert caught.value.code is ErrorCode.FETCH_DISABLED


def test_content_is_fetched_from_hosts_in_the_settings_up_to_the_cap_of_uploads() -> None:
    with LoopbackServer(reply(200, bytes(100))) as server:
        hosts = FetchSettings(hosts=(f"{server.url('')} internal",))
        for most, fits in ((100, True), (99, False)):
            settings = Settings(layout=1, fetch=hosts, limits=LimitSettings(upload_bytes=most))
            try:
                with make_fetcher(settings).fetch(server.url()) as file:
                    assert len(file.read()) == 100
                    assert fits
            except WireError:
                assert not fits


def test_webhooks_go_inside_only_where_the_settings_say_so() -> None:
    url = "http://10.0.0.7:8080/hook"
    with pytest.raises(InputError):
        make_webhook_sender(Settings(layout=1), KEY).check(url)
    opened = WebhookSettings(private_hosts=("http://10.0.0.7:8080",))
    make_webhook_sender(Settings(layout=1, webhooks=opened), KEY).check(url)


@pytest.mark.parametrize("rule", ["*", ".example", "http://", ".a.example"])
def test_a_rule_that_is_too_wide_stops_the_node(rule: str) -> None:
    with pytest.raises(InputError):
        make_webhook_sender(
            Settings(layout=1, webhooks=WebhookSettings(private_hosts=(rule,))), KEY
        )
