# SPDX-License-Identifier: Apache-2.0
"""QR codes as SVG, drawn on the server: the secret in them is seen by nobody else."""

from typing import Final

import segno
from markupsafe import Markup

_MARGIN: Final = 4
"""Light modules around the code; readers need four (ISO/IEC 18004)."""


def qr_code(text: str) -> Markup:
    """A QR code, dark on light whatever the page's colours are: not every reader knows the reverse.

    Args:
        text: What it says, such as an otpauth: address.
    """
    drawn = segno.make(text, micro=False).svg_inline(
        border=_MARGIN, dark="#000", light="#fff", omitsize=True, svgclass=None, lineclass=None
    )
    return Markup(drawn)  # noqa: S704 - segno writes shapes only, never the text
