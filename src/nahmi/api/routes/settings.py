# SPDX-License-Identifier: Apache-2.0
"""What the operator of the node has set."""

from importlib.metadata import version
from typing import Final

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency

from nahmi.access.roles import Permission
from nahmi.api.callers import Caller
from nahmi.api.describing import Sample
from nahmi.api.operations import operation
from nahmi.operate.settings import (
    FetchSettings,
    HmaSettings,
    LimitSettings,
    RetentionSettings,
    ServeSettings,
    WebhookSettings,
)

VERSION: Final = version("nahmi")


class SettingsReply(msgspec.Struct, frozen=True, kw_only=True):
    """What is set in `node.toml`, defaults included; where the database is stays out.

    Attributes:
        version: Of nahmi.
        serve: How the node listens.
        limits: What one request may ask for.
        fetch: From where content may be fetched.
        webhooks: Where webhooks may go.
        hma: The interface of Hasher-Matcher-Actioner.
        retention: How long the node keeps what it noted.
    """

    version: str
    serve: ServeSettings
    limits: LimitSettings
    fetch: FetchSettings
    webhooks: WebhookSettings
    hma: HmaSettings
    retention: RetentionSettings


@operation(
    get,
    "/",
    permission=Permission.NODE_SETTING_READ,
    summary="Read the settings",
    sample=Sample(
        reply=SettingsReply(
            version="0.1.0",
            serve=ServeSettings(workers=4),
            limits=LimitSettings(),
            fetch=FetchSettings(hosts=(".media.example",)),
            webhooks=WebhookSettings(),
            hma=HmaSettings(),
            retention=RetentionSettings(),
        )
    ),
    is_tagged=True,
)
def read_settings(caller: NamedDependency[Caller]) -> SettingsReply:
    """What the operator has set. It is changed in `node.toml` and holds from the next start."""
    found = caller.service.settings
    return SettingsReply(
        version=VERSION,
        serve=found.serve,
        limits=found.limits,
        fetch=found.fetch,
        webhooks=found.webhooks,
        hma=found.hma,
        retention=found.retention,
    )


routes = Router("/settings", route_handlers=[read_settings], tags=["node"])
