# SPDX-License-Identifier: Apache-2.0
"""Merkle trees as RFC 6962 and RFC 9162 hash them, kept in the tiles of C2SP tlog-tiles.

hashing     leaves, nodes, the root of a list
frontier    the state of a growing tree, log n hashes
tiles       what a store keeps of a tree, and what changes when it grows
nodes       any node and any root of the past, read from tiles
proofs      that a leaf is in a tree, that one tree continues another: making them
verifying   the same: checking them
batch       small trees of which each entry carries its own path
"""
