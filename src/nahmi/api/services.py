# SPDX-License-Identifier: Apache-2.0
"""What the handlers of requests work with."""

from litestar import Litestar

from nahmi.bootstrap.service import Service

_STATE = "nahmi"


def attach(app: Litestar, service: Service) -> None:
    """Make a service reachable from every request."""
    app.state[_STATE] = service


def services_of(app: Litestar) -> Service:
    """The service that `attach` made reachable."""
    service: Service = app.state[_STATE]
    return service
