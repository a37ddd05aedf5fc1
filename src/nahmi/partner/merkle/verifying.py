# SPDX-License-Identifier: Apache-2.0
"""Checking what a log proves (RFC 9162, sections 2.1.3.2 and 2.1.4.2), without the log."""

from collections.abc import Iterable, Sequence

from nahmi.errors import ErrorCode, TrustError
from nahmi.partner.merkle.hashing import EMPTY_ROOT, node_hash


def verify_inclusion(
    leaf_hash: bytes, index: int, *, size: int, root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that a leaf is in a tree.

    Args:
        leaf_hash: Of the leaf, 32 bytes.
        index: Which leaf it is said to be, from 0.
        size: How many leaves the tree has.
        root: Of the tree, 32 bytes.
        proof: As `prove_inclusion` makes it.

    Raises:
        TrustError: PROOF_INVALID: it is not shown.
    """
    if not 0 <= index < size:
        raise _unproven()
    inner, border = _lengths(index, size - 1)
    if len(proof) != inner + border:
        raise _unproven()
    node = leaf_hash
    for height, other in enumerate(proof[:inner]):
        node = node_hash(other, node) if index >> height & 1 else node_hash(node, other)
    if _climb(node, proof[inner:]) != root:
        raise _unproven()


def verify_consistency(
    old_size: int, old_root: bytes, *, size: int, root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that a tree begins with all leaves of an older one, in the same order.

    Args:
        old_size: How many leaves the older tree has.
        old_root: Of the older tree, 32 bytes.
        size: How many leaves the newer tree has.
        root: Of the newer tree, 32 bytes.
        proof: As `prove_consistency` makes it.

    Raises:
        TrustError: PROOF_INVALID: it is not shown.
    """
    if not 0 <= old_size <= size:
        raise _unproven()
    if old_size in (0, size):
        is_same = old_root == (root if old_size else EMPTY_ROOT)
        if proof or not is_same or (size == 0 and root != EMPTY_ROOT):
            raise _unproven()
        return
    if _both_roots(old_size, old_root, size, proof) != (old_root, root):
        raise _unproven()


def _both_roots(
    old_size: int, old_root: bytes, size: int, proof: Sequence[bytes]
) -> tuple[bytes, bytes]:
    """The roots that a proof leads to, from the last complete subtree of the older tree up."""
    height = (old_size & -old_size).bit_length() - 1
    is_complete = old_size == 1 << height
    hashes = [old_root, *proof] if is_complete else list(proof)
    index = (old_size - 1) >> height
    inner, border = _lengths(index, (size - 1) >> height)
    if len(hashes) != 1 + inner + border:
        raise _unproven()
    older = newer = hashes[0]
    for level, other in enumerate(hashes[1 : 1 + inner]):
        if index >> level & 1:
            older, newer = node_hash(other, older), node_hash(other, newer)
        else:
            newer = node_hash(newer, other)
    rest = hashes[1 + inner :]
    return _climb(older, rest), _climb(newer, rest)


def _lengths(index: int, last: int) -> tuple[int, int]:
    """How many hashes a way has until it joins that of the last leaf, and from there on."""
    inner = (index ^ last).bit_length()
    return inner, (index >> inner).bit_count()


def _climb(node: bytes, left: Iterable[bytes]) -> bytes:
    for other in left:
        node = node_hash(other, node)
    return node


def _unproven() -> TrustError:
    return TrustError(
        ErrorCode.PROOF_INVALID,
        "A proof does not show what it should.",
        hint="Keep what was received and ask the other side; do not go on from there.",
    )
