from __future__ import annotations

import json
from typing import Any

import httpx

from api.redacting import Redactor
from engine.commands import CancelRun
from engine.events import Commit, RunForked
from engine.messages import SendCommand
from engine.react import react
from engine.snapshot import dump, load
from engine.state import RunState
from tests.eventually import eventually_async
from tests.unit.api.fake_world import ApiWorld
from tests.unit.api.test_runs import publish, start
from tests.unit.api.workflows import GREET, WAIT

LONGER = WAIT.replace("'1.0.0'", "'2.0.0'").replace("  - first:", "  - zeroth:\n      set: {n: 0}\n  - first:")
OTHER = WAIT.replace("'1.0.0'", "'3.0.0'").replace("  - rest:\n      wait: {hours: 1}", "  - rest:\n      set: {n: 1}")
CALLS = """document: {dsl: '1.0.3', namespace: demo, name: calls, version: '1.0.0'}
do:
  - one:
      call: transform
      with: {data: 1, program: '.'}
  - two:
      set: {done: yes}
"""


async def paused(world: ApiWorld, client: httpx.AsyncClient) -> str:
    """Start a run that waits, and give its address."""
    where = (await start(client, "pause:1.0.0")).headers["location"]
    await eventually_async(lambda: waiting(client, where))
    return where


async def waiting(client: httpx.AsyncClient, where: str) -> dict[str, Any] | None:
    run: dict[str, Any] = (await client.get(where)).json()
    return run if run["status"] == "waiting" else None


async def test_a_fork_goes_on_from_an_event_and_leaves_its_run_alone(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, WAIT)
        where = await paused(world, client)
        before = (await client.get(where)).json()
        changes = {"event": 3, "context": {"who": "me"}, "outputs": {"rest": {"n": 5}}}
        made = await client.post(f"{where}/forks", json=changes)
        fork = (await client.get(made.headers["location"])).json()
        first = (await client.get(f"{made.headers['location']}/events")).json()["items"][0]
        after = (await client.get(where)).json()

    assert made.status_code == 200, made.text
    assert (fork["status"], fork["output"]) == ("completed", {"n": 5})
    assert fork["forked_from"] == {"run": before["run"], "event": 3, "mode": "live"}
    assert fork["source"] == "fork"
    assert (first["type"], first["data"]["overrides"]["outputs"]) == ("RunForked", {"rest": {"n": 5}})
    assert ("state" in first["data"], first["data"]["state_bytes"] > 100) == (False, True)
    assert after == before


async def test_a_finished_run_is_forked_and_a_fork_is_forked(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, GREET)
        run = (await start(client, "greet", {"Prefer": "wait=5"})).json()
        where = f"/api/v1/runs/{run['run']}"
        late = await client.post(f"{where}/forks", json={})
        fork = await client.post(f"{where}/forks", json={"event": 1, "input": {"a": 2}})
        again = await client.post(f"{fork.headers['location']}/forks", json={"event": 2})

    assert late.status_code == 422
    assert late.json()["last_event"] == 4
    assert "fork it at an event from 1 to 4" in late.json()["detail"]
    assert (fork.json()["status"], fork.json()["input"]) == ("completed", {"a": 2})
    assert (again.json()["status"], again.json()["forked_from"]["run"]) == ("completed", fork.json()["run"])


async def test_what_cannot_be_forked_is_refused_with_what_can(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, WAIT, OTHER)
        where = await paused(world, client)
        asked: list[dict[str, Any]] = [
            {"event": 99},
            {"outputs": {"frist": 1}},
            {"definition": "demo/pause:3.0.0"},
            {"definition": "demo/pause:9.9.9"},
            {"event": 1, "task": "rest"},
            {"task": "nowhere"},
        ]
        answers = [await client.post(f"{where}/forks", json=body) for body in asked]
        unknown = await client.post("/api/v1/runs/nothing/forks", json={})
        commands = world.log.commands

    assert [answer.status_code for answer in answers] == [422, 422, 422, 404, 422, 422]
    details = [answer.json()["detail"] for answer in answers]
    assert "has events 1 to 5, not 99" in details[0]
    assert "'frist' is no task of the workflow; there are /do/0/first" in details[1]
    assert "/do/1/rest was a wait and is a set" in details[2]
    assert "its versions are 1.0.0, 3.0.0" in details[3]
    assert "those that did are /do/1/rest" in details[5]
    assert unknown.status_code == 404
    assert commands == 1


async def test_a_preview_tells_what_a_fork_would_do_and_makes_none(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, WAIT)
        where = await paused(world, client)
        found = await client.post(f"{where}/forks/preview", json={"event": 3, "outputs": {"rest": {"n": 5}}})
        commands = world.log.commands

    assert (found.status_code, found.json()["status"]) == (200, "completed")
    assert [(task["path"], task["what"]) for task in found.json()["tasks"]] == [("/do/1/rest", "given")]
    assert commands == 1


async def test_the_same_key_gives_the_same_fork(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, WAIT)
        where = await paused(world, client)
        made = [await client.post(f"{where}/forks", json={}, headers={"Idempotency-Key": "k"}) for _ in range(2)]

    assert made[0].json()["run"] == made[1].json()["run"]


async def test_a_rewound_run_is_cancelled_by_the_one_that_takes_its_place(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, WAIT)
        where = await paused(world, client)
        made = await client.post(f"{where}/rewind", json={"task": "rest"})

    assert (made.status_code, made.json()["status"]) == (202, "waiting")
    run_id = made.json()["run"]
    sent = react(world.log.states[run_id], world.log.commits(run_id)[0])
    (command,) = [each.command for each in sent if isinstance(each, SendCommand)]
    assert command.run_id == where.rpartition("/")[2]
    assert command.body == CancelRun(reason=f"superseded by {run_id}", superseded_by=run_id)


async def test_a_live_run_moves_to_another_version_and_back(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, WAIT, LONGER, OTHER)
        where = await paused(world, client)
        report = (await client.post(f"{where}/migrate", json={"version": "2.0.0", "dry_run": True})).json()
        moved = await client.post(f"{where}/migrate", json={"version": "2.0.0", "reason": "a task more"})
        run = (await client.get(where)).json()
        back = await client.post(f"{where}/migrate", json={"version": "1.0.0"})
        again = (await client.get(where)).json()
        refused = await client.post(f"{where}/migrate", json={"version": "3.0.0"})

    assert (report["verdict"], report["moves"]["/do/1/rest"]) == ("fits after mapping", "/do/2/rest")
    assert (moved.status_code, back.status_code) == (200, 200)
    assert (run["workflow"]["version"], run["waiting_for"][0]["path"]) == ("2.0.0", "/do/2/rest")
    assert (again["workflow"]["version"], again["waiting_for"][0]["path"]) == ("1.0.0", "/do/1/rest")
    assert (refused.status_code, refused.json()["conflicts"]) == (422, ["/do/1/rest was a wait and is a set"])


async def test_a_run_and_its_fork_are_compared_from_where_they_part(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, WAIT)
        where = await paused(world, client)
        fork = (await client.post(f"{where}/forks", json={"event": 3, "outputs": {"rest": {"n": 5}}})).json()["run"]
        found = (await client.get("/api/v1/compare", params={"a": where.rpartition("/")[2], "b": fork})).json()

    assert (found["a"]["after_event"], found["b"]["after_event"]) == (3, 0)
    assert (found["a"]["status"], found["b"]["status"]) == ("running", "completed")
    (rest,) = found["tasks"]
    assert (rest["path"], rest["b"]["output"], rest["b"]["reused"]) == ("/do/1/rest", {"n": 5}, "given")
    assert "status" in rest["differs"]


def test_a_bundle_of_a_fork_has_no_secret_of_the_state_it_began_with() -> None:
    state = RunState(run_id="fork", input='{"password":"hunter22","n":1}', context='{"said":"hunter22"}')
    forked = RunForked(forked_from="run", at_event=3, state=dump(state))
    commit = Commit(
        run_id="fork", command_id="c", command_offset=0, actor="a", at_ms=1, parent=b"", seq=1, events=(forked,)
    )
    (clean,) = Redactor(frozenset(), [commit]).commit(commit).events
    assert isinstance(clean, RunForked)
    assert "hunter22" not in clean.state
    begun = load(clean.state)
    assert isinstance(begun, RunState)
    assert json.loads(begun.input) == {"password": "[redacted]", "n": 1}
