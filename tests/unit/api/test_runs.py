from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from api.ids import keyed_run_id, new_run_id
from tests.eventually import eventually_async
from tests.unit.api.fake_world import ApiWorld, api_world
from tests.unit.api.workflows import GREET, RAISE, WAIT

YAML = {"Content-Type": "application/yaml"}
WAITS = {"Prefer": "wait=5"}


async def publish(client: httpx.AsyncClient, *texts: str) -> None:
    for text in texts:
        (await client.post("/api/v1/definitions", content=text, headers=YAML)).raise_for_status()


async def start(
    client: httpx.AsyncClient, name: str, headers: dict[str, str] | None = None, **body: Any
) -> httpx.Response:
    return await client.post("/api/v1/runs", json={"workflow": f"demo/{name}", **body}, headers=headers)


async def test_a_caller_who_waits_gets_the_output(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, GREET)
        answer = await start(client, "greet", WAITS, input={"a": 1})

    run = answer.json()
    assert answer.status_code == 200
    assert answer.headers["preference-applied"] == "wait=5"
    assert answer.headers["location"] == f"/api/v1/runs/{run['run']}"
    assert (run["status"], run["output"], run["input"]) == ("completed", {"message": "hello"}, {"a": 1})


async def test_a_faulted_run_is_an_answer_too(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, RAISE)
        answer = await start(client, "break", WAITS)

    assert (answer.status_code, answer.json()["status"]) == (200, "faulted")
    assert answer.json()["error"]["title"] == "Sold out"


async def test_who_does_not_wait_gets_202_and_can_read_the_run_at_once(world: ApiWorld) -> None:
    world.store.is_away = True
    async with world.client() as client:
        await publish(client, WAIT)
        answer = await start(client, "pause")
        read = await client.get(answer.headers["location"])
        waiting = await eventually_async(lambda: once_waiting(client, answer))

    assert (answer.status_code, read.status_code) == (202, 200)
    assert waiting is not None
    assert waiting["waiting_for"] == [{"task": "/do/1/rest", "path": "/do/1/rest", "what": "timer", "node_type": None}]


async def once_waiting(client: httpx.AsyncClient, started: httpx.Response) -> dict[str, Any] | None:
    found: dict[str, Any] = (await client.get(started.headers["location"])).json()
    return found if found["waiting_for"] else None


async def test_an_accepted_run_can_be_read_before_anything_happened(world: ApiWorld) -> None:
    world.store.is_away = world.log.is_mute = True
    async with world.client() as client:
        await publish(client, WAIT)
        answer = await start(client, "pause", input=[1])
        read = (await client.get(answer.headers["location"])).json()

    assert (read["status"], read["input"], read["workflow"]["name"], read["seq"]) == ("pending", [1], "pause", 0)


async def test_waiting_ends_with_202_when_the_run_does_not(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, WAIT)
        answer = await start(client, "pause", {"Prefer": "wait=0.2"})

    assert (answer.status_code, answer.json()["status"]) == (202, "waiting")


async def test_the_same_key_gives_the_same_run(world: ApiWorld) -> None:
    key = {"Idempotency-Key": '"order-17"'}
    async with world.client() as client:
        await publish(client, GREET)
        first = await start(client, "greet", {**key, **WAITS}, input={"a": 1})
        again = await start(client, "greet", {**key, **WAITS}, input={"a": 1})
        other = await start(client, "greet", {**key, **WAITS}, input={"a": 2})
        world.store.is_away = True
        without_wait = await start(client, "greet", key, input={"a": 1})

    assert first.json() == again.json() == without_wait.json()
    assert world.log.commands == 1
    assert (other.status_code, other.json()["type"]) == (422, "urn:agentos:problem:key-reused")
    assert other.json()["run"] == first.json()["run"]


async def test_a_key_used_through_another_api_is_found_by_the_orchestrators_refusal(world: ApiWorld) -> None:
    key = {"Idempotency-Key": "order-18"}
    async with world.client() as client:
        await publish(client, GREET)
        await start(client, "greet", {**key, **WAITS}, input={"a": 1})
        world.forget()
        world.store.catch_up()
        world.store.blind_looks = 1
        again = await start(client, "greet", {**key, **WAITS}, input={"a": 1})
        other = await start(client, "greet", {**key, **WAITS}, input={"a": 3})

    assert world.log.commands == 2
    assert again.status_code == 200
    assert again.json()["output"] == {"message": "hello"}
    assert other.status_code == 422


async def test_without_kafka_nothing_is_accepted(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, GREET)
        world.log.is_down = True
        answer = await start(client, "greet")
        ready = await client.get("/health/ready")

    assert (answer.status_code, ready.status_code) == (503, 503)
    assert int(answer.headers["retry-after"]) > 0
    assert world.log.commands == 0


async def test_an_unconfirmed_start_says_that_it_is_not_known(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, GREET)
        world.log.loses = True
        answer = await start(client, "greet", {"Idempotency-Key": "k"})

    assert (answer.status_code, answer.json()["outcome"]) == (503, "unknown")
    assert answer.json()["run"] == keyed_run_id("demo", "greet", "k")


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"workflow": "demo/greet", "input": NaN}', "application/json", 400),
        (b'{"workflow": "demo/greet", "input": "\\ud800"}', "application/json", 400),
        (b'{"workflow": "demo/greet", "input": "\xff"}', "application/json", 400),
        (b'{"workflow": "demo/greet", "input": ' + b"[" * 1000 + b"]" * 1000 + b"}", "application/json", 400),
        (b'{"workflow": "demo/greet", "input": ' + b"[" * 100000 + b"]" * 100000 + b"}", "application/json", 413),
        (b'{"workflow": "demo/greet", "input": ' + b"1" * 5000 + b"}", "application/json", 400),
        (b'{"workflow": "demo/greet", "input": "' + b"x" * 70_000 + b'"}', "application/json", 413),
        (b'{"workflow": "demo/greet"}', "text/plain", 415),
        (b'{"workflow": "demo/greet"}', "", 415),
        (b"{}", "application/json", 422),
        (b"[]", "application/json", 422),
        (b'{"workflow": "demo"}', "application/json", 422),
        (b'{"workflow": 7}', "application/json", 422),
        (b'{"workflow": "demo/greet", "extra": 1}', "application/json", 422),
        (b'{"workflow": "demo/nothing"}', "application/json", 404),
        (b'{"workflow": "demo/greet:9.9.9"}', "application/json", 404),
        (b'{"workflow": {"namespace": "demo", "name": "a/b"}}', "application/json", 422),
    ],
)
async def test_bad_starts_get_the_right_status_and_a_problem(
    world: ApiWorld, content: bytes, kind: str, status: int
) -> None:
    async with world.client() as client:
        await publish(client, GREET)
        headers = {"Content-Type": kind} if kind else {}
        answer = await client.post("/api/v1/runs", content=content, headers=headers)

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert world.log.commands == 0


async def test_numbers_and_texts_arrive_as_they_were_sent(world: ApiWorld) -> None:
    content = r'{"workflow":"demo/greet","input":{"n":123456789012345678901234567890,"f":1.10,"t":"\u0000 \u2028 ü"}}'
    async with world.client() as client:
        await publish(client, GREET)
        answer = await client.post(
            "/api/v1/runs", content=content.encode(), headers={"Content-Type": "application/json", **WAITS}
        )

    assert json.loads(answer.content)["input"] == json.loads(content)["input"]


async def test_unknown_runs_are_404_and_only_when_that_is_known() -> None:
    async with api_world(recent_bytes=3000) as world, world.client() as client:
        await publish(client, GREET)
        unknown = await client.get(f"/api/v1/runs/{new_run_id()}")
        for _ in range(10):
            last = await start(client, "greet", WAITS)
        forgotten = await client.get(f"/api/v1/runs/{new_run_id()}")
        recent = await client.get(last.headers["location"])
        world.store.catch_up()
        known = await client.get(f"/api/v1/runs/{new_run_id()}")
        world.store.is_away = True
        away = await client.get(f"/api/v1/runs/{new_run_id()}")

    assert [unknown.status_code, forgotten.status_code, recent.status_code] == [404, 503, 200]
    assert [known.status_code, away.status_code] == [404, 503]
    assert int(away.headers["retry-after"]) > 0


async def test_lists_need_postgres_and_starts_do_not(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, GREET)
        world.store.is_away = True
        listed = await client.get("/api/v1/runs")
        started = await start(client, "greet", WAITS)
        status = await client.get("/api/v1/status")
        ready = await client.get("/health/ready")

    assert [listed.status_code, started.status_code, status.status_code, ready.status_code] == [503, 200, 200, 200]
    assert int(listed.headers["retry-after"]) > 0
    assert status.json()["postgres"]["reachable"] is False


async def test_filters_that_do_not_exist_are_told(world: ApiWorld) -> None:
    async with world.client() as client:
        for query in ("status=done", "limit=0", "limit=501", "sort=name", "colour=red", "started_from=yesterday"):
            answer = await client.get(f"/api/v1/runs?{query}")
            assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), query
        cursor = await client.get("/api/v1/runs?cursor=made-up")
    assert cursor.status_code == 400


def test_run_ids_are_uuids_that_sort_by_time() -> None:
    first = new_run_id()
    assert first[14] == "7"
    assert len({new_run_id() for _ in range(100)}) == 100
    assert keyed_run_id("a", "b", "k") == keyed_run_id("a", "b", "k") != keyed_run_id("a", "bk", "")
    assert keyed_run_id("a", "b", "k")[14] == "8"


async def test_many_callers_wait_at_once(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, GREET)
        answers = await asyncio.gather(*(start(client, "greet", WAITS, input=n) for n in range(100)))
    assert [answer.json()["input"] for answer in answers] == list(range(100))
    assert world.services.live._watches == {}
