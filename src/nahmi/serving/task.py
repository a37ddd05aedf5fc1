# SPDX-License-Identifier: Apache-2.0
"""What server processes are to serve, and how they are told."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

import msgspec

from nahmi.bootstrap.place import NodePlace
from nahmi.operate.settings import Settings

_FOLDER: Final = "NAHMI_SERVE_NODE"
_DATABASE: Final = "NAHMI_SERVE_DATABASE"
_SETTINGS: Final = "NAHMI_SERVE_SETTINGS"


class Task(msgspec.Struct, frozen=True):
    """What to serve.

    Attributes:
        place: Where the node is.
        settings: What its operator set.
    """

    place: NodePlace
    settings: Settings

    @classmethod
    def told(cls, environment: Mapping[str, str]) -> Self:
        """The task of a process that was started with `as_environment`."""
        place = NodePlace(Path(environment[_FOLDER]), environment[_DATABASE] or None)
        return cls(place, msgspec.json.decode(environment[_SETTINGS], type=Settings))

    def as_environment(self) -> dict[str, str]:
        """For the environment of a process that is started; its arguments are seen by all."""
        return {
            _FOLDER: str(self.place.folder.absolute()),
            _DATABASE: self.place.database or "",
            _SETTINGS: msgspec.json.encode(self.settings).decode(),
        }
