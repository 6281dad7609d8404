"""A thousand HTTP calls of a second each, at once, through one worker process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench.growth import Figures
from bench.load import Load
from bench.stack import ROOT, fresh
from bench.stores import Stores

CALLS = 1000
WARM_UP_CALLS = 200


def http_1000(stores: Stores, turn: int) -> Figures:
    """From the first command to the last commit; the calls alone take one second."""
    with fresh(stores, f"http{turn}.", ("orchestrator",)) as bench, slow_service() as port:
        bench.start("nodes", {"AGENTOS_HTTP_ALLOW_PRIVATE": "127.0.0.1"})
        load = Load(bench, document(port), commits_per_run=2)
        load.run(WARM_UP_CALLS, WARM_UP_CALLS)
        took_s = load.run(CALLS, CALLS)
        load.close()
    return {"http_1000_s": (took_s, "s")}


@contextmanager
def slow_service() -> Iterator[int]:
    """Give the port of a service that answers after a second, in a process of its own."""
    process = subprocess.Popen([sys.executable, "-m", "bench.slow_service"], stdout=subprocess.PIPE, cwd=ROOT)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


def document(port: int) -> dict[str, Any]:
    """Give a workflow of one call."""
    return {
        "document": {"dsl": "1.0.3", "namespace": "bench", "name": "calling", "version": "1.0.0"},
        "do": [{"call": {"call": "http", "with": {"method": "get", "endpoint": f"http://127.0.0.1:{port}/slow"}}}],
    }
