#!/usr/bin/env bash
# Makes .venv with everything pinned in requirements/dev.txt and the command .venv/bin/agentos.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
  echo "AgentOS needs Python 3.11 or newer; '$python' is $("$python" --version 2>&1 || true)." \
    "Name another one: make PYTHON=python3.12 ..." >&2
  exit 1
}
if [ ! -x .venv/bin/python ]; then
  "$python" -m venv .venv || {
    rm -rf .venv
    echo "'$python -m venv' failed. On Debian and Ubuntu: apt-get install python3-venv" >&2
    exit 1
  }
fi
echo "Installing into .venv (once, about a minute) ..."
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
