from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner, Result

from agentos.commands import nodes


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    nodes.register(app)
    return app


def run(app: typer.Typer, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["nodes", *arguments])


def test_node_types_are_listed_but_not_those_only_the_engine_calls(app: typer.Typer) -> None:
    found = run(app)

    assert found.exit_code == 0
    assert "Calls a service over HTTP" in found.stdout
    assert "expression" not in found.stdout


def test_the_list_as_json_has_everything_of_each_type(app: typer.Typer) -> None:
    lines = [json.loads(line) for line in run(app, "--json").stdout.splitlines()]
    found = {line["name"]: line for line in lines if "name" in line}

    assert {"echo", "http", "log"} <= found.keys()
    assert found["http"]["with_schema"]["required"] == ["method", "endpoint"]
    assert found["http"]["examples"][0]["method"] == "get"


def test_one_type_is_shown_with_its_schemas(app: typer.Typer) -> None:
    assert '"endpoint"' in run(app, "show", "http").stdout
    assert json.loads(run(app, "show", "echo", "--json").stdout)["name"] == "echo"


def test_an_unknown_type_is_misuse(app: typer.Typer) -> None:
    found = run(app, "show", "htpp")

    assert found.exit_code == 2
    assert "found htpp" in found.stderr
