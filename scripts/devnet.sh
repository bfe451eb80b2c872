#!/usr/bin/env bash
# Install Anvil into node_modules from package-lock.json, where it can be; say what to do where it cannot.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -n "${ANVIL:-}" ]; then
    exit 0 # the one that is named is used, and nothing else
elif [ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] && command -v npm > /dev/null; then
    echo "setup: installing Anvil"
    npm ci --ignore-scripts --silent
else
    echo "setup: no npm, or not Linux on x86-64: set ANVIL=/path/to/anvil (the devnet needs it)" >&2
fi
