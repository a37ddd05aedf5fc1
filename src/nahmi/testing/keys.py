# SPDX-License-Identifier: Apache-2.0
"""Keys with which a test asks a node."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from nahmi.access.api_keys import PREFIX_BYTES, SECRET_BYTES, make_key
from nahmi.access.roles import Permission
from nahmi.bootstrap import now, open_access
from nahmi.core.member import OWN_MEMBER


def give_key(
    folder: Path,
    permissions: Sequence[Permission] = tuple(Permission),
    *,
    budget: int = 1_000_000_000,
    member_id: int = OWN_MEMBER,
    label: str = "test",
) -> str:
    """Make a key that is good for a day.

    Args:
        folder: The node's.
        permissions: What it may do.
        budget: Queries a day.
        member_id: Whose it is.
        label: What it is called.

    Returns:
        Its text.

    Raises:
        StoreError: The node's store cannot be written.
    """
    text = make_key(secrets.token_bytes(PREFIX_BYTES + SECRET_BYTES))
    with open_access(folder) as access:
        access.keys.add_key(
            text,
            member_id=member_id,
            label=label,
            permissions=permissions,
            daily_budget=budget,
            created_by="local",
            now=now(),
            expires_at=now() + timedelta(days=1),
        )
    return text.reveal()
