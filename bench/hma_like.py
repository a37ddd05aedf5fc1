# SPDX-License-Identifier: Apache-2.0
"""A server like Meta's Hasher-Matcher-Actioner: its index in Flask, served by gunicorn.

It answers `GET /m/lookup?signal=...&signal_type=pdq` as that service does, and does none of its
work with a database: so it is quicker than the original. `python -m bench.hma_like SIGNALS SOCKET`
serves one worker, as the original is shipped.
"""

import sys
from pathlib import Path

from flask import Flask, Response, jsonify, request
from gunicorn.app.base import BaseApplication
from threatexchange.signal_type.pdq.signal import PdqSignal


def make_app(signals: Path) -> Flask:
    listed = signals.read_text(encoding="ascii").split()
    index = PdqSignal.get_index_cls().build((value, number) for number, value in enumerate(listed))
    app = Flask("hma-like")

    @app.get("/m/lookup")
    def lookup() -> Response:
        signal = PdqSignal.validate_signal_str(request.args["signal"])
        found = [
            {"bank_content_id": hit.metadata, "distance": str(hit.similarity_info.pretty_str())}
            for hit in index.query(signal)
        ]
        return jsonify({"BENCH": found} if found else {})

    return app


class _Server(BaseApplication):
    def __init__(self, app: Flask, bind: str) -> None:
        self._app = app
        self._bind = bind
        super().__init__()

    def load_config(self) -> None:
        self.cfg.set("bind", self._bind)
        self.cfg.set("workers", 1)
        self.cfg.set("loglevel", "error")

    def load(self) -> Flask:
        return self._app


if __name__ == "__main__":
    _Server(make_app(Path(sys.argv[1])), sys.argv[2]).run()
