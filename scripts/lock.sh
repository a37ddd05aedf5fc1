#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Resolve the hashed requirement files: one a goal (demo, dev, bench) and one for uv itself.
set -eu
compile() {
    out=$1; shift
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-header --output-file "requirements/$out.txt" "$@"
}
compile bootstrap requirements/bootstrap.in
compile demo pyproject.toml requirements/build.in --extra demo --extra lake
compile dev pyproject.toml requirements/build.in requirements/dev.in --extra age --extra demo --extra lake --extra telemetry --extra threatexchange
compile bench pyproject.toml requirements/build.in requirements/bench.in --extra demo --extra lake --extra bench
