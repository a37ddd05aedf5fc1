# SPDX-License-Identifier: Apache-2.0
"""Exchanges that nahmi itself speaks with: one package a kind, joined in `registry`."""
