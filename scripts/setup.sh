#!/usr/bin/env bash
# Install the locked environment into .venv from requirements.lock, hashes required.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -z "${PYTHON:-}" ]; then
    echo "setup: Python 3.11 or 3.12 was not found. Install it, or name it: make setup PYTHON=/path/to/python" >&2
    exit 1
fi

mkdir -p .build
if [ ! -x .venv/bin/python ]; then
    if ! "$PYTHON" -m venv .venv; then
        rm -rf .venv
        echo "setup: '$PYTHON -m venv' failed; on Debian: apt-get install python3-venv" >&2
        exit 1
    fi
fi

# uv installs the lock in a quarter of pip's time; it comes from the same lock, and pip stands in where it cannot.
sed -n '/^uv==/,/[^\\]$/p' requirements.lock > .build/uv.lock
if .venv/bin/python -m pip install -q --require-hashes -r .build/uv.lock 2> .build/uv.log; then
    install() { .venv/bin/uv pip install -q --python .venv/bin/python "$@"; }
    compile=--compile-bytecode
else
    echo "setup: uv is not available here, installing with pip (slower)"
    install() { .venv/bin/python -m pip install -q "$@"; }
    compile=--compile
fi
echo "setup: installing the locked Python packages"
install --require-hashes $compile -r requirements.lock
install --no-deps --no-build-isolation -e .

echo "setup: compiling the numerical kernels"
.venv/bin/pyvault warm
