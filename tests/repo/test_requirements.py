from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

DISTRIBUTIONS = packages_distributions()
FILES = ("build", "runtime", "dev", "web")

#: Packages that are parts of a direct dependency, and whose names stand in its own documentation.
PARTS = {
    "aiohttp": "faust-streaming",
    "aiokafka": "faust-streaming",
    "httpcore": "httpx",
    "httpx2": "mcp",
    "jsonschema-specifications": "jsonschema",
    "mode-streaming": "faust-streaming",
    "psycopg-pool": "psycopg",
    "pydantic-core": "pydantic",
    "referencing": "jsonschema",
    "starlette": "fastapi",
}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def direct(root: Path, name: str) -> set[str]:
    lines = (root / "requirements" / f"{name}.in").read_text().splitlines()
    return {
        re.split(r"[\[=;<> ]", line)[0].replace(".", "-") for line in lines if line and not line.startswith(("#", "-"))
    }


def pinned(root: Path, name: str) -> dict[str, str]:
    text = (root / "requirements" / f"{name}.txt").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    return {line.split("==")[0].split("[")[0]: line for line in lines}


@pytest.mark.parametrize("name", FILES)
def test_every_wanted_package_is_pinned_and_every_pin_has_hashes(root: Path, name: str) -> None:
    pins = pinned(root, name)

    assert direct(root, name) <= set(pins), "run: make requirements"
    assert [pin for pin, line in pins.items() if "==" not in line or "--hash=sha256:" not in line] == []


def test_development_pins_what_production_pins(root: Path) -> None:
    development = pinned(root, "dev")
    expected = pinned(root, "runtime") | pinned(root, "build")

    assert {name for name, line in expected.items() if development.get(name) != line} == set()


def test_every_dependency_has_its_sentence_among_the_decisions(root: Path) -> None:
    decision = (root / "docs/decisions/2026-11-dependencies.md").read_text()
    wanted = set().union(*(direct(root, name) for name in FILES))

    assert {name for name in wanted if f"`{name}`" not in decision} == set()


def test_every_library_that_is_imported_is_asked_for(root: Path) -> None:
    running = direct(root, "runtime")
    testing = running | direct(root, "dev")
    homes = {name: {PARTS.get(normal(home), normal(home)) for home in found} for name, found in DISTRIBUTIONS.items()}
    ours = {folder.name for folder in root.iterdir() if (folder / "__init__.py").is_file()}
    missing = {
        f"{package}: {name}"
        for package in ours
        for name in imported(root / package) - ours - sys.stdlib_module_names
        if not homes.get(name, set()) & (testing if package in {"tests", "bench"} else running)
    }

    assert missing == set(), "add to requirements/runtime.in, then: make requirements"


def imported(package: Path) -> set[str]:
    """Give the first name of every import in `package`, wherever it stands in a file."""
    nodes = [node for path in package.rglob("*.py") for node in ast.walk(ast.parse(path.read_text()))]
    plain = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    sourced = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.split(".")[0] for name in [*plain, *sourced]}
