# SPDX-License-Identifier: Apache-2.0
"""What each page shows: frozen values, one file a group of pages."""
