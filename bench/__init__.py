# SPDX-License-Identifier: Apache-2.0
"""Measurements of nahmi beside its peers, all in one run on one machine (`make bench`)."""
