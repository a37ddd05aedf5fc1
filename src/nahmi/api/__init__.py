# SPDX-License-Identifier: Apache-2.0
"""The node's HTTP interface: one way in for machines."""
