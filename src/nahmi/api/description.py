# SPDX-License-Identifier: Apache-2.0
"""The interface's description, OpenAPI 3.1."""

from importlib.metadata import version

from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme


def description(prefix: str) -> OpenAPIConfig:
    """What describes the interface, offered under `prefix`/schema."""
    return OpenAPIConfig(
        title="nahmi",
        version=version("nahmi"),
        description="Asks a node whether content is known, and looks after its banks.",
        path=f"{prefix}/schema",
        render_plugins=[JsonRenderPlugin(path="/")],
        use_handler_docstrings=True,
        components=Components(
            security_schemes={
                "key": SecurityScheme(
                    type="http",
                    scheme="bearer",
                    description="An API key: `nahmi key create` makes one.",
                )
            }
        ),
    )
