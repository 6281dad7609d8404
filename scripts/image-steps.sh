#!/usr/bin/env bash
# The build steps of the container image, runnable without one:
#   scripts/image-steps.sh TARGET     makes TARGET, a virtual environment with AgentOS in it, from this checkout.
# TARGET must be its final path, since a virtual environment does not move, and must be empty or not there yet.
set -euo pipefail
target=${1:?the folder to build into}
python=${PYTHON:-python3}
source=$(cd "$(dirname "$0")/.." && pwd)
pip=(python -m pip --quiet --disable-pip-version-check --no-cache-dir)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

if [ -n "$(ls -A "$target" 2>/dev/null)" ]; then
  echo "$target is not empty: name an empty folder" >&2
  exit 2
fi

echo "1/5 dependencies, checked against their hashes"
"$python" -m venv "$target"
"$target/bin/${pip[@]}" install --require-hashes -r "$source/requirements/runtime.txt"

echo "2/5 build tools, outside the image"
"$python" -m venv "$scratch/build"
"$scratch/build/bin/${pip[@]}" install --require-hashes -r "$source/requirements/build.txt"

echo "3/5 the web UI"
PYTHON_WITH_AGENTOS="$target/bin/python" "$source/scripts/web.sh"

echo "4/5 AgentOS itself"
"$scratch/build/bin/${pip[@]}" wheel --no-deps --no-build-isolation --wheel-dir "$scratch/wheel" "$source"
"$target/bin/${pip[@]}" install --no-deps "$scratch"/wheel/*.whl

echo "5/5 the command answers away from the checkout, and its schemas and SQL came along"
answer() { (cd "$scratch" && env -i PATH=/usr/bin:/bin "$target/bin/python" -P "$@" >/dev/null); }
answer -m agentos --help
answer -m agentos schema
answer -c "import schemas.codec; from infra.postgres import MIGRATIONS, read_migrations; assert read_migrations(MIGRATIONS)"
answer -c "from api.app import WEB; assert (WEB / 'index.html').is_file()"
"$target/bin/${pip[@]}" check
echo "built $target ($(du -sh "$target" | cut -f1))"
