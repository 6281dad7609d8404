from __future__ import annotations

import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from agentos.commands import nodes
from nodes.discovery import GROUP, installed
from nodes.registry import load_registry


def new(name: str, folder: Path) -> Result:
    app = typer.Typer()
    nodes.register(app)
    return CliRunner().invoke(app, ["nodes", "new", name, "--in", str(folder)])


def run(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False)


def test_a_new_package_passes_its_own_tests(tmp_path: Path) -> None:
    assert new("send_fax", tmp_path).exit_code == 0

    tested = run("pytest", "-q", "-p", "no:cacheprovider", folder=tmp_path / "agentos-node-send-fax")

    assert "2 passed" in tested.stdout, tested.stdout


def test_once_installed_it_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new("fax", tmp_path)
    site = tmp_path / "site"
    made = str(tmp_path / "agentos-node-fax")
    done = run(
        *("uv", "pip", "install", "--no-deps", "--no-build-isolation", "--offline", "--target", str(site), made),
        folder=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    monkeypatch.syspath_prepend(site)

    points = [point for found in distributions(path=[str(site)]) for point in found.entry_points.select(group=GROUP)]
    registry = load_registry(installed(points))

    assert registry.names() == ["fax"]
    assert registry.types["fax"].with_schema["required"] == ["text"]


@pytest.mark.parametrize("name", ["Fax", "1fax", "send-fax", "class", "../fax", ""])
def test_a_name_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    refused = new(name, tmp_path)

    assert refused.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over(tmp_path: Path) -> None:
    new("fax", tmp_path)

    assert "found one" in new("fax", tmp_path).stderr
