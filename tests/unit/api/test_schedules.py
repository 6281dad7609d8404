from __future__ import annotations

from typing import Any

from engine.gates import ScheduleState
from tests.eventually import eventually_async
from tests.unit.api.fake_world import ApiWorld

YAML = {"Content-Type": "application/yaml"}
PATH = "/api/v1/schedules/demo/nightly"


def nightly(version: str = "1.0.0", schedule: str = "{every: PT1H, on: {one: {with: {type: asked}}}}") -> str:
    begins = f"schedule: {schedule}\n" if schedule else ""
    head = f"document: {{dsl: '1.0.3', namespace: demo, name: nightly, version: '{version}'}}\n"
    return f"{head}{begins}do: [{{a: {{set: {{b: 1}}}}}}]\n"


async def publish(client: Any, *texts: str) -> None:
    for text in texts:
        answer = await client.post("/api/v1/definitions", content=text, headers=YAML)
        assert answer.status_code in (200, 201), answer.text


def state_of(world: ApiWorld) -> ScheduleState:
    state = world.log.states["schedule:demo/nightly"]
    assert isinstance(state, ScheduleState)
    return state


async def test_publishing_a_workflow_with_a_schedule_begins_it(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, nightly())

        async def begun() -> Any:
            found = (await client.get(PATH)).json()
            return found if found["active"] else None

        found = await eventually_async(begun)
    assert (found["active"], found["workflow"]["version"], found["starts"]) == (True, "1.0.0", 0)
    assert [due["kind"] for due in found["due"]] == ["every"]
    assert found["next_at"] == found["due"][0]["at"]
    assert found["waiting_for_types"] == ["asked"]


async def test_only_the_highest_version_starts(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, nightly("1.10.0"), nightly("1.9.0"))
        assert state_of(world).version == "1.10.0"
        await publish(client, nightly("2.0.0"))
        assert state_of(world).version == "2.0.0"


async def test_a_highest_version_without_a_schedule_ends_it(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, nightly("1.0.0"), nightly("2.0.0", schedule=""))
        assert not state_of(world).active
        assert (await client.get(PATH)).status_code == 404
        assert (await client.get("/api/v1/schedules")).json() == {"items": [], "next": None}


async def test_a_schedule_is_paused_and_resumed(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, nightly())
        paused = await client.post(f"{PATH}/pause")
        assert (paused.status_code, paused.json()["active"], paused.json()["next_at"]) == (200, False, None)
        assert (await client.post(f"{PATH}/pause")).status_code == 409
        await publish(client, nightly())
        assert not state_of(world).active, "publishing the same text again resumes nothing"
        resumed = await client.post(f"{PATH}/resume")
        assert (resumed.status_code, resumed.json()["active"]) == (200, True)
        assert (await client.post(f"{PATH}/resume")).status_code == 409
        assert (await client.post("/api/v1/schedules/demo/other/pause")).status_code == 404


async def test_publishing_again_makes_up_for_an_activation_that_was_lost(world: ApiWorld) -> None:
    async with world.client() as client:
        world.log.is_mute = True
        await publish(client, nightly())
        world.log.is_mute = False
        await publish(client, nightly())
    assert state_of(world).active


async def test_schedules_are_listed_in_pages(world: ApiWorld) -> None:
    async with world.client() as client:
        texts = [nightly().replace("nightly", f"w{number}") for number in range(3)]
        await publish(client, *texts)
        first = (await client.get("/api/v1/schedules?limit=2")).json()
        rest = (await client.get(f"/api/v1/schedules?limit=2&cursor={first['next']}")).json()
    assert [item["workflow"]["name"] for item in (*first["items"], *rest["items"])] == ["w0", "w1", "w2"]
    assert rest["next"] is None
