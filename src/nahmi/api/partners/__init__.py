# SPDX-License-Identifier: Apache-2.0
"""What other nodes ask: every request is signed, and is answered to members of the circle alone."""

from nahmi.api.partners.routes import partners_router

__all__ = ["partners_router"]
