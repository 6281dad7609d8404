"""The API against a whole AgentOS, and while parts of it are away."""

from __future__ import annotations

import json
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from schemas.registry import schema
from tests.eventually import eventually
from tests.integration.api.system import TOKEN, System
from tests.integration.api.test_command_line import GREET, SLEEP

YAML = {"Content-Type": "application/yaml"}
WAITS = {"Prefer": "wait=10"}


def publish(client: httpx.Client, text: str) -> None:
    client.post("/api/v1/definitions", content=text, headers=YAML).raise_for_status()


def start(client: httpx.Client, name: str, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
    return client.post("/api/v1/runs", json={"workflow": f"cli/{name}", **body}, headers=headers)


def test_one_key_is_one_run_for_many_callers_at_once(system: System) -> None:
    client = system.client()
    publish(client, GREET)
    headers = {**WAITS, "Idempotency-Key": "same"}
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: start(client, "greet", headers, input={"n": 7}), range(16)))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["run"] for answer in answers}) == 1
    history = client.get(f"{answers[0].headers['location']}/events").json()["items"]
    assert [event["type"] for event in history].count("RunStarted") == 1


def test_a_run_can_be_read_in_every_way_once_its_start_was_answered(system: System) -> None:
    client = system.client()
    publish(client, SLEEP)
    for _ in range(20):
        where = start(client, "sleep").headers["location"]
        codes = {client.get(f"{where}{part}").status_code for part in ("", "/state", "/events")}
        assert codes == {200}
        assert client.post(f"{where}/cancel").status_code == 200


def test_another_api_knows_the_run_and_its_whole_history_from_postgres_and_kafka(system: System) -> None:
    client = system.client()
    publish(client, GREET)
    where = start(client, "greet", WAITS, input={"n": 1}).headers["location"]
    run = client.get(where).json()
    events = client.get(f"{where}/events").json()["items"]
    eventually(lambda: where.rpartition("/")[2] in client.get("/api/v1/runs?limit=500").text)
    system.api.end(signal.SIGTERM)
    system.api.start()
    system.api.wait_until_ready()

    assert client.get(where).json() == run
    assert client.get(f"{where}/events").json()["items"] == events
    stream = client.get(f"{where}/events/stream").text
    streamed = [json.loads(line[6:]) for line in stream.splitlines() if line.startswith("data: ")]
    assert streamed == [*events, run]


def test_a_run_goes_on_while_the_snapshots_stage_is_down(system: System) -> None:
    client = system.client()
    publish(client, GREET)
    system.snapshots.end(signal.SIGKILL)
    answer = start(client, "greet", WAITS, input={"n": 1})
    read = client.get(answer.headers["location"])
    system.snapshots.start()
    system.snapshots.wait_until_ready()

    assert (answer.status_code, read.status_code) == (200, 200)
    eventually(lambda: answer.json()["run"] in client.get("/api/v1/runs?limit=500").text, within_s=20)


def test_without_an_orchestrator_starts_are_accepted_and_orders_are_pending(system: System) -> None:
    client = system.client()
    publish(client, SLEEP)
    running = start(client, "sleep", {"Prefer": "wait=1"})
    system.orchestrator.end(signal.SIGTERM)
    began = time.monotonic()
    accepted = start(client, "sleep", {"Prefer": "wait=1"})
    waited_s = time.monotonic() - began
    read = client.get(accepted.headers["location"])
    system.orchestrator.start()
    system.orchestrator.wait_until_ready()

    assert running.json()["status"] == "waiting"
    assert (accepted.status_code, accepted.json()["status"], read.json()["status"]) == (202, "pending", "pending")
    assert 0.9 < waited_s < 5
    eventually(lambda: client.get(accepted.headers["location"]).json()["status"] == "waiting", within_s=30)
    for answer in (running, accepted):
        assert client.post(f"{answer.headers['location']}/cancel").status_code == 200


def test_the_registry_endpoints_give_the_schemas_of_the_wire_format(system: System) -> None:
    client = system.client()
    commit = schema("Commit")
    by_id = client.get(f"/schemas/ids/{commit.id}").json()
    newest = client.get("/subjects/api-tests.events-value/versions/latest").json()
    missing = client.get("/schemas/ids/9999")

    assert json.loads(by_id["schema"]) == commit.data
    assert newest["id"] == commit.id
    assert "agentos.Commit" in client.get("/subjects").json()
    assert (missing.status_code, missing.json()["error_code"]) == (404, 40403)


def test_the_process_says_how_it_is(system: System) -> None:
    client = system.client()
    metrics = client.get("/metrics").text
    status = client.get("/api/v1/status").json()
    openapi = client.get("/api/v1/openapi.json").json()

    assert "agentos_api_responses_total{" in metrics
    assert status["postgres"]["reachable"] is True
    assert status["log"]["not_ready"] is None
    assert "/api/v1/runs/{run_id}/events/stream" in openapi["paths"]
    assert httpx.get(f"{system.url}/health/live").status_code == 200
    assert TOKEN not in metrics
