"""A run at any moment over the API, and what changed between two."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.unit.api.fake_world import ApiWorld
from tests.unit.api.test_runs import WAITS, publish, start
from tests.unit.api.workflows import GREET, WAIT


async def greeted(client: httpx.AsyncClient) -> dict[str, Any]:
    await publish(client, GREET)
    run: dict[str, Any] = (await start(client, "greet", WAITS, input={"a": {"b": 1}})).json()
    return run


async def state(client: httpx.AsyncClient, run: str, **at: Any) -> httpx.Response:
    return await client.get(f"/api/v1/runs/{run}/state", params=at)


@pytest.mark.parametrize("where", ["memory", "store"])
async def test_every_event_is_a_moment_wherever_it_is_kept(world: ApiWorld, where: str) -> None:
    async with world.client() as client:
        run = await greeted(client)
        if where == "store":
            world.store.catch_up()
            world.forget()
        found = [(await state(client, run["run"], at=seq)).json() for seq in range(1, run["seq"] + 1)]
        newest = (await state(client, run["run"])).json()
        early = (await client.get(f"/api/v1/runs/{run['run']}", params={"at": "1"})).json()

    assert [each["seq"] for each in found] == list(range(1, run["seq"] + 1))
    assert found[-1] == newest
    assert len({each["hash"] for each in found}) == len(found)
    assert (early["status"], early["output"], early["seq"]) == ("running", None, 1)


async def test_an_offset_and_an_instant_mean_the_last_commit_before_them(world: ApiWorld) -> None:
    async with world.client() as client:
        first = await greeted(client)
        second = (await start(client, "greet", WAITS)).json()
        page = (await client.get("/api/v1/log")).json()["items"]
        places = {item["key"]: item["offset"] for item in page}
        later = (await state(client, first["run"], at=f"offset:{places[second['run']]}")).json()
        now = (await state(client, second["run"], at=second["ended_at"])).json()
        too_early = await state(client, second["run"], at=f"offset:{places[first['run']]}")
        past = await state(client, second["run"], at="2020-01-01T00:00:00Z")
        future = await state(client, second["run"], at="2190-01-01T00:00:00Z")
        beyond = await state(client, second["run"], at="offset:99999")

    assert (later["seq"], now["seq"]) == (first["seq"], second["seq"])
    assert [each.status_code for each in (too_early, past, future, beyond)] == [404] * 4
    assert too_early.json()["valid"] == {
        "first": 1, "last": second["seq"], "from": second["started_at"], "first_offset": places[second["run"]],
    }  # fmt: skip


async def test_an_event_that_does_not_exist_and_words_that_are_no_moment_are_refused(world: ApiWorld) -> None:
    async with world.client() as client:
        run = await greeted(client)
        none = await state(client, run["run"], at=run["seq"] + 1)
        zero = await state(client, run["run"], at=0)
        words = [
            await state(client, run["run"], at=text) for text in ("soon", "offset:-1", "2026-01-01T00:00:00", "-1")
        ]
        nobody = await state(client, "nobody", at=1)

    assert (none.status_code, none.json()["type"]) == (404, "urn:agentos:problem:outside-the-run")
    assert none.json()["valid"]["last"] == run["seq"]
    assert [zero.status_code, nobody.status_code] == [404, 404]
    assert [each.status_code for each in words] == [400] * 4


async def test_a_comparison_names_every_place_that_changed(world: ApiWorld) -> None:
    async with world.client() as client:
        run = await greeted(client)
        where = f"/api/v1/runs/{run['run']}/diff"
        found = (await client.get(where, params={"from": 1})).json()
        same = (await client.get(where, params={"from": 2, "to": 2})).json()
        back = (await client.get(where, params={"from": run["seq"], "to": 1})).json()

    changes = {change["path"]: change for change in found["changes"]}
    assert changes["/status"] == {"op": "replace", "path": "/status", "value": "completed", "was": "running"}
    assert changes["/output"] == {"op": "add", "path": "/output", "value": {"message": "hello"}}
    assert (found["from"]["seq"], found["to"]["seq"], found["is_cut"]) == (1, run["seq"], False)
    assert same["changes"] == []
    assert {"op": "remove", "path": "/output", "was": {"message": "hello"}} in back["changes"]


async def test_a_run_that_waits_is_a_moment_too(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, WAIT)
        run = (await start(client, "pause")).json()["run"]
        newest = (await state(client, run)).json()
        again = (await state(client, run, at=newest["seq"])).json() if newest["seq"] else newest

    assert again["run"] == newest["run"]


async def test_lists_and_counts_of_a_moment_that_is_to_come_are_refused(world: ApiWorld) -> None:
    paths = ("/api/v1/runs", "/api/v1/counts", "/api/v1/approvals")
    async with world.client() as client:
        future = [await client.get(path, params={"as_of": "2190-01-01T00:00:00Z"}) for path in paths]
        vague = [await client.get(path, params={"as_of": "2020-01-01T00:00:00"}) for path in paths]
        now = await client.get("/api/v1/counts")

    assert [each.status_code for each in (*future, *vague)] == [422] * 6
    assert now.json() == {"as_of": None, "statuses": {}, "workflows": []}
