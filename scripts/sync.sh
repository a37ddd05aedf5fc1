#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Bring .venv to one hashed requirement set (demo, dev or bench) and install nahmi itself into it.
set -eu
set_name=$1
uv=.venv/bin/uv
rm -f .venv/.demo .venv/.dev .venv/.bench
$uv pip sync --quiet --compile-bytecode --require-hashes "requirements/$set_name.txt" requirements/bootstrap.txt
# A sync removes what is not listed, nahmi included, so nahmi follows it. Build requirements are
# part of every set: an isolated build would fetch them without hashes.
PATH="$PWD/.venv/bin:$PATH" $uv pip install --quiet --no-deps --no-build-isolation -e .
# The demo set is part of the two others.
touch .venv/.demo ".venv/.$set_name"
# mypy reads the stub of the native module beside the sources.
cp .venv/lib/python3.*/site-packages/nahmi/kernels/_native.pyi src/nahmi/kernels/_native.pyi
