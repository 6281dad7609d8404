"""`agentos lint`, `fmt` and `schema`, run as commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from jsonschema import Draft202012Validator
from typer.testing import CliRunner, Result

from agentos.commands import fmt, lint, schema
from tests.unit.language import ten_mistakes
from tests.unit.language.documents import FLOW, HEAD

APP = typer.Typer()
for command in (lint, fmt, schema):
    command.register(APP)
BAD = HEAD + "do:\n  - a: {wait: soon, then: b}\n"


def run(*arguments: str | Path, stdin: str | None = None) -> Result:
    return CliRunner().invoke(APP, [str(argument) for argument in arguments], input=stdin)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.yaml"
    path.write_text(FLOW)
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.yaml"
    path.write_text(BAD)
    return path


def test_lint_says_nothing_about_good_documents(good: Path) -> None:
    result = run("lint", good)
    assert (result.exit_code, result.output) == (0, "")


def test_lint_prints_each_problem_with_its_place(good: Path, bad: Path) -> None:
    result = run("lint", good, bad)
    assert result.exit_code == 1
    first, second = result.stdout.splitlines()
    assert first.startswith(f'{bad}:3:15: "wait" ("soon") is no ISO 8601 duration')
    assert second == f'{bad}:3:27: "then" goes to "b", but there is no such task in this list [/do/0/a/then]'
    assert result.stderr == "2 problems found\n"


def test_lint_prints_json_for_machines(bad: Path) -> None:
    result = run("lint", "--json", bad)
    first, second = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 1
    assert set(first) == {"file", "pointer", "message", "line", "column", "expected", "found"}
    assert (second["file"], second["line"], second["column"], second["pointer"]) == (str(bad), 3, 27, "/do/0/a/then")


def test_lint_tells_ten_mistakes_at_once_each_where_it_stands() -> None:
    result = run("lint", "--json", "-", stdin=ten_mistakes.TEXT)
    found = [json.loads(line) for line in result.stdout.splitlines()]

    assert result.exit_code == 1
    assert [(each["line"], each["column"]) for each in found] == ten_mistakes.places()
    assert [told for told, each in zip(ten_mistakes.TOLD, found, strict=True) if told not in each["message"]] == []


def test_lint_fetches_what_lies_outside_unless_it_is_offline(tmp_path: Path) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_text(HEAD + "do:\n  - a: {call: 'http://127.0.0.1:9/f.yaml'}\n")

    fetched = run("lint", outside)

    assert fetched.exit_code == 1
    assert 'outside.yaml:3:15: the function "http://127.0.0.1:9/f.yaml": GET' in fetched.stdout
    assert "expected a public address for 127.0.0.1" in fetched.stdout
    assert run("lint", "--offline", outside).exit_code == 0


def test_lint_reads_standard_input() -> None:
    assert run("lint", "-", stdin=BAD).stdout.startswith("-:3:15: ")


def test_lint_tells_syntax_errors_with_their_place(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("do:\n  - a: b: c\n")
    assert run("lint", path).stdout.startswith(f"{path}:2:9: ")


@pytest.mark.parametrize("name", ["lint", "fmt"])
def test_misuse_has_its_own_exit_code(name: str, tmp_path: Path) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe")
    assert run(name).exit_code == 2
    assert run(name, tmp_path / "none.yaml").exit_code == 2
    assert run(name, tmp_path).exit_code == 2
    assert "not UTF-8" in run(name, binary).output


def test_fmt_formats_in_place_and_then_finds_nothing_to_do(tmp_path: Path) -> None:
    path = tmp_path / "untidy.yaml"
    path.write_text("a:   1   # why\nb:\n- c\n")
    assert run("fmt", "--check", path).exit_code == 1
    assert path.read_text().startswith("a:   1")
    assert run("fmt", path).output == f"{path}: formatted\n"
    assert path.read_text() == "a: 1   # why\nb:\n  - c\n"
    assert run("fmt", "--check", path).exit_code == 0
    assert run("fmt", path).output == ""


def test_fmt_leaves_broken_documents_alone(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("a: [\n")
    result = run("fmt", path)
    assert result.exit_code == 1
    assert result.output.startswith(f"{path}:2:1: ")
    assert path.read_text() == "a: [\n"


def test_fmt_passes_standard_input_through() -> None:
    assert run("fmt", "-", stdin="a:   1\n").output == "a: 1\n"


def test_schema_is_written_to_a_file_or_to_standard_output(tmp_path: Path) -> None:
    path = tmp_path / "schema.json"
    assert run("schema", "--out", path).exit_code == 0
    written = json.loads(path.read_text())
    Draft202012Validator.check_schema(written)
    assert json.loads(run("schema").stdout) == written
    assert run("schema", "--out", tmp_path / "none" / "schema.json").exit_code == 2
