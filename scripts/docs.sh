#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Refresh the generated parts of the documentation; with --check only say what is out of date.
set -eu
# Help texts must come out the same on every machine and terminal.
export COLUMNS=100 LC_ALL=C.UTF-8 NO_COLOR=1 TERM=dumb PYTHONHASHSEED=0
unset FORCE_COLOR || true
case "${1:-}" in
    --check) mode='--check --diff' ;;
    '') mode='-r' ;;
    *) echo "usage: scripts/docs.sh [--check]" >&2; exit 2 ;;
esac
find README.md CONTRIBUTING.md docs -name '*.md' -exec grep -lF '[[[cog' {} + | sort |
    while IFS= read -r page; do
        # shellcheck disable=SC2086 # several options on purpose
        .venv/bin/cog $mode -P "$page"
    done
