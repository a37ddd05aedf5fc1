#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every check of `make test`, cheapest first.
set -eu
bin=.venv/bin
step() { printf '\n== %s\n' "$*"; "$@"; }
NAHMI_CHROMIUM=$(scripts/chromium.sh)
export NAHMI_CHROMIUM
step $bin/ruff format --check .
step $bin/ruff check .
step $bin/lint-imports --no-logo
step $bin/uv pip check --quiet
step $bin/mypy
step scripts/docs.sh --check
# Three for two cores: much of the time goes by waiting for browsers and for other processes.
step $bin/pytest -n 3
