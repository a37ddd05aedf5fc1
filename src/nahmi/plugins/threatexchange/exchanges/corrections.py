# SPDX-License-Identifier: Apache-2.0
"""Exchanges that the library ships, where what they would do here is not bearable.

Source: `threatexchange` 1.2.17. A class of another author is never touched.
"""

import sys
from collections.abc import Iterator
from typing import Any, Final

_STOP_NCII: Final = "threatexchange.exchanges.impl.stop_ncii_api"
_NAMES: Final = {"ImagePDQ": "pdq", "VideoMD5": "video_md5", "URL": "url", "Text": "raw_text"}
_TAKEN_BACK: Final = frozenset({"Withdrawn", "Deleted"})


def corrected(kind: type[Any]) -> type[Any]:
    """The class to use for one that an operator named; nearly always the same."""
    shipped = getattr(sys.modules.get(_STOP_NCII), "StopNCIISignalExchangeAPI", None)
    return _stop_ncii(kind) if kind is shipped else kind


def _stop_ncii(kind: type[Any]) -> type[Any]:
    """StopNCII with withdrawals.

    The library looks for them in the hash instead of its status, so that what a victim takes back
    would match for ever. Hashes of types that it does not know it drops without a word.
    """
    module = sys.modules[_STOP_NCII]

    class StopNCII(kind):  # type: ignore[misc]  # a class that is known at run time only
        def fetch_iter(self, _types: Any, checkpoint: Any) -> Iterator[Any]:  # noqa: ANN401 - as its base
            start = self.api.DEFAULT_START_TIME if checkpoint is None else checkpoint.update_time
            for found in self.api.fetch_hashes_iter(start_timestamp=start):
                yield module.state.FetchDelta(
                    dict(map(_update, found.hashRecords)),
                    module.StopNCIICheckpoint.from_stopncii_fetch(found),
                )

    def _update(record: Any) -> tuple[tuple[str, str], Any]:  # noqa: ANN401 - of the library
        name = record.signalType.value
        key = (_NAMES.get(name, name), record.hashValue)
        if record.hashStatus.value in _TAKEN_BACK:
            return key, None
        return key, module.StopNCIISignalMetadata(record.CSPFeedbacks)

    return StopNCII
