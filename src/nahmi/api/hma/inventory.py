# SPDX-License-Identifier: Apache-2.0
"""`/c/signal_type`, `/c/content_type`, `/c/exchanges`: what is there."""

from typing import Any

from litestar import Request, Router, get
from litestar.params import FromQuery

from nahmi.access.roles import Permission
from nahmi.api.authentication import requires
from nahmi.api.hma import names
from nahmi.api.services import services_of

AnyRequest = Request[Any, Any, Any]
_READ = requires(Permission.PROTECT_BANK_READ)


@get("/signal_type", guards=[_READ], sync_to_thread=False, summary="List signal types")
def signal_types() -> list[dict[str, Any]]:
    """The signal types that are on by default."""
    return [{"name": name, "enabled_ratio": 1.0} for name in sorted(names.DEFAULT_TYPES)]


@get("/content_type", guards=[_READ], sync_to_thread=False, summary="List types of content")
def content_types() -> list[dict[str, Any]]:
    """The types of content."""
    return [{"name": name, "enabled": True} for name in names.CONTENT_TYPES]


@get("/signal_type/index", guards=[_READ], sync_to_thread=True, summary="State of the index")
def index(request: AnyRequest, signal_type: FromQuery[str | None] = None) -> dict[str, Any]:
    """How far the index follows the banks: always to the newest change, without a rebuild."""
    status = services_of(request.app).node.index.status()
    every = {
        "pdq": {
            "db_size": status.signals,
            "index_size": status.signals,
            "index_out_of_date": False,
            "newest_db_item": status.watermark,
            "index_built_to": status.watermark,
        }
    }
    return every if signal_type is None else {signal_type: every.get(signal_type, {})}


@get("/exchanges", guards=[_READ], sync_to_thread=False, summary="List exchanges")
def exchanges() -> list[str]:
    """None: a node's circles and partners are looked after in its own interface."""
    return []


@get("/exchanges/apis", guards=[_READ], sync_to_thread=False, summary="List kinds of exchanges")
def exchange_kinds() -> list[str]:
    """None, as above."""
    return []


routes = Router(
    "/c", route_handlers=[signal_types, content_types, index, exchanges, exchange_kinds]
)
