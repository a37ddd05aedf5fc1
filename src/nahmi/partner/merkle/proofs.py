# SPDX-License-Identifier: Apache-2.0
"""Proofs that a log makes (RFC 6962, section 2.1): log n hashes each, from log n tiles."""

from nahmi.errors import ErrorCode, InputError
from nahmi.partner.merkle.nodes import TreeReader


def prove_inclusion(tree: TreeReader, index: int) -> tuple[bytes, ...]:
    """The hashes that lead from a leaf to the root of a tree, from the leaf up.

    Args:
        tree: In which the leaf is.
        index: Which leaf, from 0.

    Raises:
        InputError: INPUT_INVALID: the tree has no such leaf.
        StoreError: As `TreeReader.node`.
    """
    if not 0 <= index < tree.size:
        raise InputError(ErrorCode.INPUT_INVALID, "A log has no entry of this number.")
    proof = []
    start, end = 0, tree.size
    while end - start > 1:
        middle = _middle(start, end)
        if index < middle:
            proof.append(tree.subtree(middle, end))
            end = middle
        else:
            proof.append(tree.subtree(start, middle))
            start = middle
    return tuple(reversed(proof))


def prove_consistency(tree: TreeReader, old_size: int) -> tuple[bytes, ...]:
    """The hashes that show that a tree begins with all leaves of an older one.

    Args:
        tree: The newer one.
        old_size: How many leaves the older one has; of an empty one nothing needs to be shown.

    Raises:
        InputError: INPUT_INVALID: the older one has more leaves.
        StoreError: As `TreeReader.node`.
    """
    if not 0 <= old_size <= tree.size:
        raise InputError(ErrorCode.INPUT_INVALID, "A log was never as long as that.")
    if old_size == 0:
        return ()
    proof = []
    start, end = 0, tree.size
    while end != old_size:
        middle = _middle(start, end)
        if old_size <= middle:
            proof.append(tree.subtree(middle, end))
            end = middle
        else:
            proof.append(tree.subtree(start, middle))
            start = middle
    # Whoever checks has the older root; only a part of it must be handed over.
    if start:
        proof.append(tree.subtree(start, end))
    return tuple(reversed(proof))


def _middle(start: int, end: int) -> int:
    """Where a tree is split: behind the largest power of two that leaves something over."""
    return start + (1 << ((end - start - 1).bit_length() - 1))
