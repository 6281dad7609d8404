from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx

from api.ids import new_run_id
from engine.commands import CancelRun, Command
from engine.events import RunCancelled
from schemas.codec import encode
from tests.eventually import eventually_async
from tests.unit.api.fake_world import COMMANDS, TOKEN, ApiWorld
from tests.unit.api.test_runs import publish, start
from tests.unit.api.workflows import WAIT


async def test_an_order_is_answered_with_what_it_led_to(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, WAIT)
        where = (await start(client, "pause")).headers["location"]
        suspended = await client.post(f"{where}/suspend", json={"reason": "lunch"})
        twice = await client.post(f"{where}/suspend")
        resumed = await client.post(f"{where}/resume")
        cancelled = await client.post(f"{where}/cancel", json={"reason": "enough"})
        late = await client.post(f"{where}/cancel")
        retried = await client.post(f"{where}/tasks/retry", json={"path": "/do/0/first"})
        skipped = await client.post(f"{where}/tasks/skip", json={"path": "/do/0/first", "output": 1})

    statuses = [answer.json()["status"] for answer in (suspended, resumed, cancelled)]
    assert statuses == ["suspended", "waiting", "cancelled"]
    assert [answer.status_code for answer in (twice, late, retried, skipped)] == [409, 409, 409, 409]
    assert late.json()["detail"] == "the run is cancelled"
    assert late.json()["type"] == "urn:agentos:problem:rejected"


async def test_an_order_is_remembered_with_who_gave_it_and_from_where(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, WAIT)
        where = (await start(client, "pause")).headers["location"]
        await client.post(f"{where}/suspend", headers={"User-Agent": "agentos-cli/1"})
        claims = {"X-Forwarded-For": "203.0.113.9", "Origin": "http://127.0.0.1:8400"}
        client.headers.pop("Authorization")
        await client.post(f"{where}/resume", headers={"Cookie": f"agentos_token={TOKEN}", **claims})
    async with world.client() as client:
        events = (await client.get(f"{where}/events")).json()["items"]
        definition = (await client.get("/api/v1/definitions/demo/pause/1.0.0")).json()

    orders = [(event["actor"], event["origin"]) for event in events if event["type"] in ("RunSuspended", "RunResumed")]
    assert orders == [("user:admin", "cli:127.0.0.1"), ("user:admin", "web:127.0.0.1")]
    assert (definition["published_by"], definition["published_from"]) == ("user:admin", "api:127.0.0.1")


async def test_orders_to_unknown_runs_are_404_or_refused_by_the_engine(world: ApiWorld) -> None:
    async with world.client() as client:
        unknown = await client.post(f"/api/v1/runs/{new_run_id()}/cancel")
        gate = await client.post("/api/v1/runs/gate:a/cancel")
        world.store.is_away = True
        blind = await client.post(f"/api/v1/runs/{new_run_id()}/cancel")

    assert [unknown.status_code, gate.status_code, blind.status_code] == [404, 404, 409]
    assert blind.json()["detail"] == "there is no such run"


async def test_a_zombies_commits_are_not_shown(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, WAIT)
        where = (await start(client, "pause", {"Prefer": "wait=0.2"})).headers["location"]
        run_id = where.rpartition("/")[2]
        forged = zombie_commit(world, run_id)
        world.log.append("test.events", run_id.encode(), forged)
        cancel = Command(run_id=run_id, command_id="c", actor="user:x", body=CancelRun(reason="real"))
        world.log.send(COMMANDS, run_id.encode(), encode(cancel))
        run = await eventually_async(lambda: cancelled(client, where))
        events = (await client.get(f"{where}/events")).json()["items"]

    assert run is not None
    assert run["status"] == "cancelled"
    assert [event["data"] for event in events if event["type"] == "RunCancelled"] == [{"reason": "real"}]
    assert world.services.metrics.skipped_commits == 1


async def cancelled(client: httpx.AsyncClient, where: str) -> dict[str, Any] | None:
    found: dict[str, Any] = (await client.get(where)).json()
    return found if found["status"] == "cancelled" else None


def zombie_commit(world: ApiWorld, run_id: str) -> bytes:
    last = world.log.commits(run_id)[-1]
    forged = replace(last, parent=b"x" * 16, seq=last.seq + len(last.events), events=(RunCancelled(reason="forged"),))
    return encode(forged)
