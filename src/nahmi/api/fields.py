# SPDX-License-Identifier: Apache-2.0
"""Kinds of fields that several requests have: numbers, names, texts and times within bounds."""

from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar.params import PathParameter, QueryParameter

LARGEST: Final = (1 << 53) - 1
"""The largest number that JSON carries exactly, whoever reads it."""

_NO_NUL = "^[^\\x00]*$"

Id = Annotated[int, PathParameter(ge=1, le=LARGEST, description="The object's number.")]
"""The number of an object, in a path."""

QueryId = Annotated[
    int | None, QueryParameter(ge=1, le=LARGEST, description="With this object only.")
]
"""The number of an object, in a query."""

Fast = Annotated[
    bool,
    QueryParameter(
        name="fast", description="Decode JPEG at reduced scale: quicker, a few bits off."
    ),
]
"""How content is decoded."""

Variants = Annotated[
    bool,
    QueryParameter(name="variants", description="Also turned, mirrored and without its borders."),
]
"""Which variants of content are fingerprinted."""

IdField = Annotated[int, msgspec.Meta(ge=1, le=LARGEST)]
"""The number of an object, in a body."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=_NO_NUL)]
"""A short text that may not be empty."""

Text = Annotated[str, msgspec.Meta(max_length=2000, pattern=_NO_NUL)]
"""A text for people."""

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time that states its offset from UTC."""
