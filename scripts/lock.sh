#!/usr/bin/env bash
# Resolve pyproject.toml, the bench peers and package.json again, and rewrite their locks. No lock names a host.
set -euo pipefail
cd "$(dirname "$0")/.."
options=(--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate)
.venv/bin/uv pip compile -q pyproject.toml --all-extras "${options[@]}" -o requirements.lock
.venv/bin/python bench/setup.py --lock
npm install --package-lock-only --ignore-scripts --silent
