from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FUNCTION_LINES = 40
FILE_LINES = 300
PACKAGES = ("engine", "expressions", "language", "schemas", "nodes", "infra", "streams", "api", "agentos", "testkit")
GENERATED = re.compile(r"generated|schema\.d\.ts$|^docs/reference/openapi")

# Written in two halves, so that this file does not find itself.
UNFINISHED = re.compile("|".join(rf"\b{first}{rest}\b" for first, rest in [("TO", "DO"), ("FIX", "ME"), ("X", "XX")]))
REGISTRIES = re.compile(
    "|".join(
        rf"{first}\.{rest}"
        for first, rest in [
            ("pypi", "org"),
            ("files.python", "hosted"),
            ("pythonhosted", "org"),
            ("npmjs", "(org|com)"),
            ("yarnpkg", "com"),
            ("repo1?.maven", "(apache.)?org"),
            ("crates", "io"),
            ("proxy.golang", "org"),
        ]
    )
)
MACHINE_PATHS = re.compile(r"(?<![\w.])/(root|home/\w+|Users/\w+|work/(main|shared|notes))(/|\b)")
CODE = {".py", ".ts", ".tsx", ".sql", ".sh", ".yaml", ".yml", ".toml", ".avsc", ".css"}


def python_files(tracked: list[Path], *folders: str) -> list[Path]:
    return [
        path
        for path in tracked
        if path.suffix == ".py" and not generated(path) and (not folders or relative(path).split("/")[0] in folders)
    ]


def relative(path: Path) -> str:
    return path.relative_to(Path(__file__).parents[2]).as_posix()


def generated(path: Path) -> bool:
    return bool(GENERATED.search(relative(path)))


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def lines_with(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    return [
        f"{relative(path)}:{number}: {line.strip()[:100]}"
        for path in paths
        for number, line in enumerate(text_of(path).splitlines(), start=1)
        if pattern.search(line)
    ]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(text_of(path))
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_no_function_is_longer_than_the_limit(tracked: list[Path]) -> None:
    long = [
        f"{relative(path)}:{node.lineno} {node.name}: {lines} lines"
        for path in python_files(tracked)
        for node in functions(path)
        if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    ]
    assert not long, f"at most {FUNCTION_LINES} lines a function; split: {long}"


def test_no_file_is_longer_than_the_limit(tracked: list[Path]) -> None:
    web = [path for path in tracked if relative(path).startswith("web/src/") and path.suffix in {".ts", ".tsx"}]
    long = [
        f"{relative(path)}: {lines} lines"
        for path in [*python_files(tracked), *web]
        if not generated(path) and (lines := len(text_of(path).splitlines())) > FILE_LINES
    ]
    assert not long, f"at most {FILE_LINES} lines a file; split: {long}"


def test_nothing_is_marked_as_unfinished(tracked: list[Path]) -> None:
    code = [path for path in tracked if path.suffix in CODE or path.name in {"Makefile", "Dockerfile"}]
    found = lines_with(UNFINISHED, code)
    assert not found, f"finish it, or give it a reason and an owner in docs/: {found}"


def test_no_test_sleeps(tracked: list[Path]) -> None:
    tests = [path for path in python_files(tracked, "tests") if path.name != "eventually.py"]
    browser = [path for path in tracked if re.search(r"^web/.*\.(test|spec)\.tsx?$", relative(path))]
    sleeping = re.compile(r"\bsleep\((?!0[,)])|waitForTimeout\(")
    found = lines_with(sleeping, [*tests, *browser])
    assert not found, f"wait for a condition with a deadline (tests/eventually.py): {found}"


def test_every_package_is_in_the_map_and_says_what_it_is(tracked: list[Path]) -> None:
    folders = {relative(path).split("/")[0] for path in python_files(tracked) if "/" in relative(path)}
    unknown = folders - {*PACKAGES, "bench", "docs", "examples", "scripts", "tests", "web"}
    assert not unknown, f"packages outside the map {PACKAGES}: {unknown}"
    for name in sorted(folders & set(PACKAGES)):
        first = Path(__file__).parents[2] / name / "__init__.py"
        assert first.is_file(), f"{name}/ needs an __init__.py"
        assert ast.get_docstring(ast.parse(text_of(first))), f"{name}/__init__.py needs a docstring"


def test_the_engine_imports_the_standard_library_alone(tracked: list[Path]) -> None:
    allowed = {*sys.stdlib_module_names, "engine"}
    found = [
        f"{relative(path)}:{node.lineno} {name}"
        for path in python_files(tracked, "engine")
        for node in imports(path)
        for name in imported(node)
        if name.split(".")[0] not in allowed
    ]
    assert not found, f"engine/ is pure rules: {found}"


def imports(path: Path) -> Iterator[ast.Import | ast.ImportFrom]:
    return (node for node in ast.walk(ast.parse(text_of(path))) if isinstance(node, ast.Import | ast.ImportFrom))


def imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]


def test_no_file_names_a_package_registry_or_a_folder_of_one_machine(tracked: list[Path]) -> None:
    found = lines_with(REGISTRIES, tracked) + lines_with(MACHINE_PATHS, tracked)
    assert not found, f"another machine has other ones: {found}"


def test_every_avro_field_and_record_says_what_it_holds(tracked: list[Path]) -> None:
    schemas = [path for path in tracked if path.suffix == ".avsc"]
    undocumented = [f"{relative(path)}: {name}" for path in schemas for name in without_doc(json.loads(text_of(path)))]
    assert not undocumented, f"add a doc: {undocumented}"


def without_doc(schema: Any, where: str = "") -> Iterator[str]:
    if isinstance(schema, list):
        for branch in schema:
            yield from without_doc(branch, where)
    if not isinstance(schema, dict):
        return
    here = f"{where}.{schema['name']}" if "name" in schema else where
    if "name" in schema and not schema.get("doc"):
        yield here
    for part in [*schema.get("fields", []), *(schema[key] for key in ("type", "items", "values") if key in schema)]:
        yield from without_doc(part, here)


def test_every_folder_of_tests_is_a_package_so_that_none_takes_the_name_of_ours(tracked: list[Path]) -> None:
    folders = {path.parent for path in python_files(tracked, "tests")}

    assert {relative(folder) for folder in folders if not (folder / "__init__.py").is_file()} == set()
