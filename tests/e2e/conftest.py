"""A whole AgentOS, started by `agentos up` as a user would, once for the session."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.eventually import eventually

ROOT = Path(__file__).parents[2]
UP_S = 120


@dataclass(frozen=True, slots=True)
class Agentos:
    """The command line on one data folder."""

    folder: Path

    def environment(self) -> dict[str, str]:
        """What every command is told."""
        return {
            **os.environ,
            "AGENTOS_DATA_DIR": str(self.folder),
            "AGENTOS_HTTP_ALLOW_PRIVATE": "127.0.0.1",
            "AGENTOS_NODES_DIR": str(ROOT / "examples/06-own-node/nodes"),
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command."""
        return subprocess.Popen(
            [sys.executable, "-m", "agentos", *arguments],
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "agentos", *arguments],
            env=self.environment(),
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=120,
            check=False,
        )

    def is_ready(self) -> bool:
        """Tell whether every process of the stack is ready."""
        return self.run("status").returncode == 0

    def follow(self, example: str, given: Any) -> tuple[int, list[dict[str, Any]]]:
        """Run an example; give the exit code and the lines it printed."""
        path = f"examples/{example}/workflow.yaml"
        done = self.run("run", path, "--input", json.dumps(given), "--json")
        assert done.stdout, done.stderr
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="session")
def web_ui() -> None:
    """The web UI, built as `make up` builds it: the API finds its files when it starts."""
    environment = {**os.environ, "PYTHON_WITH_AGENTOS": sys.executable}
    subprocess.run([ROOT / "scripts" / "web.sh"], check=True, env=environment)


@pytest.fixture(scope="session")
def agentos(web_ui: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agentos]:
    """AgentOS on free ports in a folder of its own; nothing of it is left afterwards."""
    system = Agentos(tmp_path_factory.mktemp("agentos"))
    process = system.start("up", "--port", "0")
    try:
        eventually(system.is_ready, within_s=UP_S)
        yield system
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
