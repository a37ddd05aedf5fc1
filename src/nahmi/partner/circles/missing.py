# SPDX-License-Identifier: Apache-2.0
"""The one answer for a circle that is not there, and for one that whoever asks must not know of."""

from nahmi.errors import ErrorCode, PartnerError


def circle_missing() -> PartnerError:
    """What is raised of both, word for word alike."""
    return PartnerError(
        ErrorCode.CIRCLE_MISSING,
        "There is no such circle here.",
        hint="`nahmi circle list` shows those that there are.",
    )
