# SPDX-License-Identifier: Apache-2.0
"""TAXII 2.1: circles for the tools that members have already.

Each circle is an API root, and what it holds can be read as a whole or by category. The rules are
in `nahmi.partner.taxii`; here they meet HTTP.
"""

from nahmi.api.taxii import failures
from nahmi.api.taxii.routing import PATH, taxii_router

__all__ = ["PATH", "failures", "taxii_router"]
