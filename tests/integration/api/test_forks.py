"""Forks, rewinds, migrations and rehearsals against a whole AgentOS."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import httpx

from tests.eventually import eventually
from tests.integration.api.system import System
from tests.integration.api.test_http import publish

LINE = """document: {dsl: '1.0.3', namespace: forks, name: line, version: '1.0.0'}
do:
  - first:
      set: {n: '${ ($workflow.input.n // 1) + 1 }'}
  - rest:
      wait: {hours: 1}
  - last:
      set: {text: '${ "n is \\(.n)" }'}
"""
LONGER = LINE.replace("'1.0.0'", "'2.0.0'").replace("  - first:", "  - zeroth:\n      set: {z: 1}\n  - first:")


def started(client: httpx.Client, name: str = "line", given: Any = None) -> str:
    """Start a run, and give its address once Postgres knows that it waits."""
    body = {"workflow": f"forks/{name}:1.0.0", "input": given or {"n": 1}}
    where: str = client.post("/api/v1/runs", json=body).raise_for_status().headers["location"]
    eventually(lambda: listed(client, where.rpartition("/")[2]), within_s=20)
    return where


def listed(client: httpx.Client, run_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/v1/runs", params={"id_prefix": run_id, "status": "waiting"}).json()[
        "items"
    ]
    return found


def test_a_run_is_forked_rewound_and_migrated(system: System) -> None:
    client = system.client()
    publish(client, LINE)
    publish(client, LONGER)
    where = started(client)
    run = where.rpartition("/")[2]
    fork = client.post(f"{where}/forks", json={"event": 3, "outputs": {"rest": {"n": 5}}}).json()
    lineage = eventually(lambda: client.get(f"{where}/forks").json()["items"], within_s=20)

    assert (fork["status"], fork["output"]) == ("completed", {"text": "n is 5"})
    assert [(found["run"], found["forked_at_event"]) for found in lineage] == [(fork["run"], 3)]
    assert client.get(where).json()["status"] == "waiting"

    heir = client.post(f"{where}/rewind", json={"task": "rest"}).json()["run"]
    eventually(lambda: client.get(where).json()["status"] == "cancelled", within_s=20)
    assert client.get(where).json()["superseded_by"] == heir

    moved = client.post(f"/api/v1/runs/{heir}/migrate", json={"version": "2.0.0"})
    now = client.get(f"/api/v1/runs/{heir}").json()
    assert (moved.status_code, moved.json()["verdict"]) == (200, "fits after mapping")
    assert (now["workflow"]["version"], now["waiting_for"][0]["path"]) == ("2.0.0", "/do/2/rest")

    compared = client.get("/api/v1/compare", params={"a": run, "b": fork["run"]}).json()
    assert (compared["a"]["after_event"], compared["b"]["status"]) == (3, "completed")


def test_the_command_line_forks_runs_and_decides_them_again(system: System) -> None:
    client = system.client()
    publish(client, LINE.replace("namespace: forks", "namespace: again"))
    body = {"workflow": "again/line:1.0.0", "input": {"n": 1}}
    run = client.post("/api/v1/runs", json=body).raise_for_status().json()["run"]
    eventually(lambda: listed(client, run), within_s=20)
    bad = system.agentos("fork", run, "--at", "99")
    forked = system.agentos("fork", run, "--at", "3", "--output", 'rest={"n": 5}', "--json")

    assert (bad.returncode, "has events 1 to 5, not 99" in bad.stderr) == (2, True)
    assert (forked.returncode, json.loads(forked.stdout)["output"]) == (0, {"text": "n is 5"})

    eventually(lambda: client.get(f"/api/v1/runs/{run}/forks").json()["items"], within_s=20)
    arguments = ("check-replay", "--query", "namespace=again", "--json")
    same = system.agentos(*arguments)
    document = LINE.replace("namespace: forks", "namespace: again").replace("+ 1", "+ 2")
    changed = system.agentos(*arguments, "--definition", str(system.write("changed.yaml", document)))
    assert (same.returncode, json.loads(same.stdout.splitlines()[-1])["identical"]) == (0, 2), same.stdout
    assert (changed.returncode, json.loads(changed.stdout.splitlines()[-1])["different"]) == (1, 1), changed.stdout


def test_a_fork_of_a_large_state_is_made_at_once(system: System) -> None:
    """The state has the input four times: a megabyte."""
    client = system.client()
    publish(client, LINE.replace("name: line", "name: large").replace("'${ ($workflow.input.n // 1) + 1 }'", "2"))
    where = started(client, "large", {"n": 1, "ballast": "x" * 250_000})
    took = []
    for _ in range(5):
        began = time.monotonic()
        made = client.post(f"{where}/forks", json={"event": 2})
        took.append(round(time.monotonic() - began, 4))
        assert made.status_code == 202, made.text

    # A quiet machine takes a tenth of this; others are at work here.
    assert min(took) < 0.5, took
    sys.stdout.write(f"forks of a state of 1 MB took {sorted(took)} s\n")
