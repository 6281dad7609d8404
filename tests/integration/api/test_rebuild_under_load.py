"""Postgres made anew from the log while a whole AgentOS works, compared with what was there, hash for hash."""

from __future__ import annotations

import json
import threading

from tests.eventually import eventually
from tests.integration.api.system import System
from tests.integration.api.test_command_line import GREET, lines


def test_what_is_rebuilt_under_load_is_what_was_there(system: System) -> None:
    is_over = threading.Event()
    started: list[str] = []

    def load() -> None:
        client = system.client()
        client.post("/api/v1/definitions", content=GREET, headers={"Content-Type": "application/yaml"})
        while not is_over.is_set():
            start = {"workflow": "cli/greet:1.0.0", "input": {"n": len(started)}}
            started.append(client.post("/api/v1/runs", json=start, headers={"Prefer": "wait=20"}).json()["run"])

    writer = threading.Thread(target=load)
    writer.start()
    try:
        eventually(lambda: len(started) > 20, within_s=40)
        done = system.agentos("rebuild", "--verify", "--json")
        reached = len(started)
        eventually(lambda: len(started) > reached + 20, within_s=40)
    finally:
        is_over.set()
        writer.join(30)

    assert done.returncode == 0, done.stdout + done.stderr
    outcome = json.loads(done.stdout)
    assert (outcome["is_equal"], outcome["differences"]) == (True, {})
    assert outcome["digests"][0] == outcome["digests"][1]
    eventually(lambda: is_written(system, started[-1]), within_s=30)
    verdicts = lines(system.agentos("verify", "--json").stdout)
    assert [verdict["mismatches"] for verdict in verdicts] == [[]] * len(verdicts)
    assert system.agentos("rebuild", "--partition", "99").returncode == 2


def is_written(system: System, run: str) -> bool:
    """Tell whether the newest run is in Postgres: the stage went on with the new tables."""
    found = system.client().get("/api/v1/runs", params={"id_prefix": run, "status": "completed"}).json()
    return bool(found["items"])
