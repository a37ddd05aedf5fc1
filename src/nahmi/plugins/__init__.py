# SPDX-License-Identifier: Apache-2.0
"""Plug-ins that were written for other systems, made to work on a node."""
