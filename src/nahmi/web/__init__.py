# SPDX-License-Identifier: Apache-2.0
"""The console: pages for people, in English and Arabic, rendered on the server."""
