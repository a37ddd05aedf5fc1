# SPDX-License-Identifier: Apache-2.0
# Needs Python 3.11 or later with venv, a C and C++ compiler, and make; everything else is fetched
# into .venv from hashed requirement files.
export UV_PYTHON_DOWNLOADS := never
export UV_NO_PROGRESS := 1
PYTHON ?= python3
BIN := .venv/bin
NATIVE := $(shell find native -type f) CMakeLists.txt pyproject.toml

.PHONY: help demo demo-partners test bench soak docs lock format clean
.DEFAULT_GOAL := help

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile

demo: .venv/.demo ## Build everything, fill a bank and scan a folder: see nahmi at work
	$(BIN)/nahmi demo

demo-partners: .venv/.demo ## Start two organisations' nodes, and share signals between them
	$(BIN)/nahmi demo --partners --folder demo-partners

test: .venv/.dev ## Run every check that CI runs
	scripts/check.sh

bench: .venv/.bench ## Measure nahmi beside its peers in one run
	$(BIN)/python -m bench $(BENCH)

soak: .venv/.dev ## Ask, kill and renew a node for ten minutes, and check every answer
	$(BIN)/python -m soak $(SOAK)

docs: .venv/.dev ## Refresh the generated parts of the documentation
	scripts/docs.sh

format: .venv/.dev ## Format the code
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lock: .venv/bin/uv ## Resolve the hashed requirement files again
	scripts/lock.sh

clean: ## Remove everything that was built
	rm -rf .venv build dist demo demo-partners site bench/out src/nahmi/kernels/_native.pyi .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.venv/bin/uv: requirements/bootstrap.txt
	@scripts/prerequisites.sh '$(PYTHON)'
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@touch $@

# One virtual environment holds the set that was asked for last: dev and bench contain demo.
.venv/.demo: .venv/bin/uv requirements/demo.txt $(NATIVE)
	scripts/sync.sh demo

.venv/.dev: .venv/bin/uv requirements/dev.txt $(NATIVE)
	scripts/sync.sh dev

.venv/.bench: .venv/bin/uv requirements/bench.txt $(NATIVE)
	scripts/sync.sh bench
