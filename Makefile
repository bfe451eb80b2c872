# One word each; every target sets up what it needs. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup artifacts demo test test-large check bench lock clean

# Bytecode caching off would recompile ape, py-evm and pytest at every start.
unexport PYTHONDONTWRITEBYTECODE
export UV_PYTHON_DOWNLOADS := never
export APE_DATA_FOLDER := $(CURDIR)/.ape
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(PATH)

PYTHON ?= $(shell for p in python3.12 python3.11 python3; do $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
# Both go with what they speak of: delete .venv or node_modules, and the next target makes it again.
SETUP := .venv/setup.stamp
DEVNET := node_modules/.package-lock.json

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 20

setup: $(SETUP) $(DEVNET) ## install everything into .venv and node_modules

$(SETUP): requirements.lock pyproject.toml scripts/setup.sh
	@PYTHON="$(PYTHON)" bash scripts/setup.sh
	@touch $@

$(DEVNET): package-lock.json scripts/devnet.sh
	@bash scripts/devnet.sh

artifacts: $(SETUP) ## compile the contracts into package data, if any changed
	@$(BIN)/python -m pyvault.chain.build

demo: artifacts $(DEVNET) ## start a devnet, deploy, and show all that exists so far
	@$(BIN)/pyvault demo

test: artifacts $(DEVNET) ## the small profile of every test
	@$(BIN)/python -m pytest -p no:ape_test -q

test-large: artifacts $(DEVNET) ## every law at its full count, every planted fault; resumable
	@$(BIN)/python scripts/test_large.py

check: $(SETUP) ## style, types, spelling, and a forced compile with warnings as errors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/python -m pyvault.chain.build --force
	$(BIN)/mypy

bench: artifacts $(DEVNET) ## measure against peers in an environment of their own
	@$(BIN)/python bench/setup.py
	@.venv-bench/bin/python bench/run.py

lock: $(SETUP) ## resolve the pins again and rewrite the locks
	@bash scripts/lock.sh

clean: ## remove everything that the targets made
	rm -rf .venv .venv-bench .build .ape node_modules pyvault/chain/artifacts
