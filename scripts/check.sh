#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every check of `make test`, cheapest first.
set -eu
bin=.venv/bin
step() { printf '\n== %s\n' "$*"; "$@"; }
step $bin/ruff format --check .
step $bin/ruff check .
step $bin/lint-imports --no-logo
step $bin/mypy
step $bin/pytest -n 2
