from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx

from api.events_json import events_of
from api.follow import Following
from api.live import MAILBOX_COMMITS, Live
from api.recent import Recent
from engine.events import Commit, EvaluationCompleted, TaskCompleted, TaskFaulted, TimerFired
from tests.unit.api.fake_world import ApiWorld
from tests.unit.api.test_runs import WAITS, publish, start
from tests.unit.api.workflows import GREET, RAISE, WAIT


async def messages(client: httpx.AsyncClient, where: str, **headers: str) -> list[dict[str, str]]:
    """Read a stream to its end."""
    text = (await client.get(f"{where}/events/stream", headers=headers)).text
    blocks = [dict(line.split(": ", 1) for line in block.splitlines()) for block in text.split("\n\n") if block]
    return [block for block in blocks if "data" in block]


async def test_the_history_has_every_event_with_number_place_and_values(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, GREET)
        where = (await start(client, "greet", WAITS)).headers["location"]
        page = (await client.get(f"{where}/events")).json()

    items = page["items"]
    assert page["next"] is None
    assert [event["seq"] for event in items] == list(range(1, len(items) + 1))
    assert items[0]["type"] == "RunStarted"
    assert items[-1] == items[-1] | {"type": "RunCompleted", "task": "", "data": {"output": {"message": "hello"}}}
    assert "/do/0/hello" in {event["task"] for event in items}


async def test_the_history_is_paged(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, GREET)
        where = (await start(client, "greet", WAITS)).headers["location"]
        whole = (await client.get(f"{where}/events")).json()["items"]
        found: list[Any] = []
        after: int | None = 0
        while after is not None:
            page = (await client.get(f"{where}/events?limit=1&after={after}")).json()
            found += page["items"]
            after = page["next"]

    assert found == whole


async def test_a_state_of_the_past_is_the_fold_up_to_there(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, WAIT)
        where = (await start(client, "pause", {"Prefer": "wait=0.2"})).headers["location"]
        newest = (await client.get(f"{where}/state")).json()
        from_memory = [(await client.get(f"{where}/state?seq={seq}")).json() for seq in range(1, newest["seq"] + 1)]
        world.store.catch_up()
        world.forget()
        from_store = [(await client.get(f"{where}/state?seq={seq}")).json() for seq in range(1, newest["seq"] + 1)]
        outside = [(await client.get(f"{where}/state?seq={seq}")).status_code for seq in (0, newest["seq"] + 1, 2**60)]

    assert from_memory == from_store
    assert [state["seq"] for state in from_store] == list(range(1, newest["seq"] + 1))
    assert from_store[-1] == newest
    assert outside == [422, 404, 422]


async def test_a_stream_has_the_same_events_and_ends_with_the_run(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, RAISE)
        where = (await start(client, "break", WAITS)).headers["location"]
        streamed = await messages(client, where)
        whole = (await client.get(f"{where}/events")).json()["items"]

    assert [json.loads(message["data"]) for message in streamed[:-1]] == whole
    assert [int(message["id"]) for message in streamed[:-1]] == [event["seq"] for event in whole]
    assert streamed[-1]["event"] == "end"
    assert json.loads(streamed[-1]["data"])["status"] == "faulted"


async def test_a_stream_goes_on_behind_the_last_event_the_reader_has(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, GREET)
        where = (await start(client, "greet", WAITS)).headers["location"]
        whole = (await client.get(f"{where}/events")).json()["items"]
        for seq in range(len(whole)):
            rest = await messages(client, where, **{"Last-Event-ID": str(seq)})
            assert [int(message["id"]) for message in rest[:-1]] == list(range(seq + 1, len(whole) + 1))
        done = await client.get(f"{where}/events/stream", headers={"Last-Event-ID": str(len(whole))})
        wrong = await client.get(f"{where}/events/stream", headers={"Last-Event-ID": "-1"})
        unknown = await client.get("/api/v1/runs/none/events/stream")

    assert [done.status_code, wrong.status_code, unknown.status_code] == [204, 400, 404]


async def test_a_stream_tells_what_happens_while_it_is_open(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, WAIT)
        where = (await start(client, "pause")).headers["location"]
        reading = asyncio.create_task(messages(client, where))
        await client.post(f"{where}/suspend")
        await client.post(f"{where}/resume")
        await client.post(f"{where}/cancel")
        streamed = await reading

    seqs = [int(message["id"]) for message in streamed[:-1]]
    assert seqs == list(range(1, len(seqs) + 1))
    assert json.loads(streamed[-2]["data"])["type"] == "RunCancelled"


async def test_a_stream_begins_in_postgres_and_goes_on_live(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, WAIT)
        where = (await start(client, "pause", {"Prefer": "wait=0.2"})).headers["location"]
        world.store.catch_up()
        world.forget()
        reading = asyncio.create_task(messages(client, where))
        await client.post(f"{where}/cancel")
        streamed = await reading

    seqs = [int(message["id"]) for message in streamed[:-1]]
    assert seqs == list(range(1, len(seqs) + 1))
    assert streamed[-1]["event"] == "end"


async def test_a_stream_waits_for_what_postgres_has_not_got_to_yet(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, WAIT)
        where = (await start(client, "pause", {"Prefer": "wait=0.2"})).headers["location"]
        run_id = where.rpartition("/")[2]
        world.store.catch_up()
        await client.post(f"{where}/suspend")
        await client.post(f"{where}/cancel")
        world.services.runs.recent._by_key[run_id.encode()][:2] = []
        reading = asyncio.create_task(messages(client, where))
        world.store.catch_up()
        streamed = await reading

    seqs = [int(message["id"]) for message in streamed[:-1]]
    assert seqs == list(range(1, len(seqs) + 1))


async def test_a_reader_that_does_not_keep_up_is_cut_off(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, WAIT)
        where = (await start(client, "pause", {"Prefer": "wait=0.2"})).headers["location"]
    run_id = where.rpartition("/")[2]
    known = await world.services.runs.state(run_id)
    following = Following(runs=world.services.runs, live=world.services.live, run_id=run_id, seq=0)
    batches = following.batches(known)
    assert await anext(batches)
    flood = [world.log.commits(run_id)[0]] * (MAILBOX_COMMITS + 1)
    world.services.live.deliver(flood)

    assert await asyncio.wait_for(rest_of(batches), 5) == []


async def rest_of(batches: AsyncIterator[list[Commit]]) -> list[Commit]:
    return [commit async for batch in batches for commit in batch]


async def test_a_quiet_stream_is_told_that_nothing_is_new() -> None:
    live = Live()
    with live.watch("run") as watch:
        began = time.monotonic()
        assert await watch.take(0.05) == []
        assert time.monotonic() - began >= 0.04
        assert live.wanted(b"run")
    assert not live.wanted(b"run")


def commit(*events: Any) -> Commit:
    return Commit(
        run_id="r",
        command_id="c",
        command_offset=1,
        actor="user:a",
        at_ms=1_700_000_000_123,
        parent=b"",
        seq=7,
        events=events,
    )


def test_values_are_written_as_json_and_sentences_as_text() -> None:
    fault = TaskFaulted(path="/do/0/a@2/x", error='{"status":\n500}')
    failed = EvaluationCompleted(path="/do/0/a", slot="if", error="no such thing")
    done = TaskCompleted(path="/do/1/a~2b", output="1")
    import orjson

    found = [
        json.loads(orjson.dumps(event))
        for _, event in events_of(commit(fault, failed, done, TimerFired(timer_id="/do/2/b#lease")))
    ]

    assert [event["seq"] for event in found] == [7, 8, 9, 10]
    assert found[0]["at"] == "2023-11-14T22:13:20.123Z"
    assert [event["task"] for event in found] == ["/do/0/a/x", "/do/0/a", "/do/1/a@b", "/do/2/b"]
    assert found[0]["path"] == "/do/0/a@2/x"
    assert found[0]["data"] == {"error": {"status": 500}}
    assert found[1]["data"] == {"slot": "if", "error": "no such thing"}
    assert found[2]["data"] == {"output": 1, "then": "continue"}


def test_no_value_can_end_a_line_of_the_stream() -> None:
    import orjson

    [(_, event)] = events_of(commit(TaskFaulted(path="", error='{"a":\r\n\n1}')))
    assert b"\n" not in orjson.dumps(event)
    assert b"\r" not in orjson.dumps(event)


def test_the_newest_commits_are_kept_and_what_is_missing_is_known() -> None:
    recent = Recent(limit_bytes=1000)
    recent.begin(0, 5)
    recent.begin(1, 0)
    for offset in range(5, 15):
        recent.add(0, offset, b"run-%d" % (offset % 2), b"x" * 50)

    kept = recent.of(b"run-0"), recent.of(b"run-1")
    assert sum(map(len, kept)) == 3
    assert not recent.reaches_back_to({0: 10})
    assert recent.reaches_back_to({0: 11})
    assert not recent.reaches_back_to({})
    assert recent.of(b"other") == ()
