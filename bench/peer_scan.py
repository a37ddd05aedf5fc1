# SPDX-License-Identifier: Apache-2.0
"""The loop that one writes with Meta's library.

`python -m bench.peer_scan build SIGNALS INDEX` writes its index,
`python -m bench.peer_scan scan INDEX FOLDER` scans with it.
"""

import json
import sys
from pathlib import Path

from threatexchange.signal_type.pdq.signal import PdqSignal


def build(signals: str, index: str) -> None:
    listed = Path(signals).read_text(encoding="ascii").split()
    built = PdqSignal.get_index_cls().build((value, number) for number, value in enumerate(listed))
    with Path(index).open("wb") as out:
        built.serialize(out)


def scan(index: str, folder: str) -> None:
    with Path(index).open("rb") as kept:
        opened = PdqSignal.get_index_cls().deserialize(kept)
    paths = sorted(Path(folder).iterdir())
    for path in paths:
        value = PdqSignal.hash_from_bytes(path.read_bytes())
        hits = opened.query(value) if value else []
        print(json.dumps({"path": str(path), "matches": [hit.metadata for hit in hits]}))
    print(f"{len(paths)} files", file=sys.stderr)


if __name__ == "__main__":
    {"build": build, "scan": scan}[sys.argv[1]](*sys.argv[2:])
