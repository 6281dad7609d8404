from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from api.following_many import FollowingMany
from api.live import CHANGES, Changes, Live
from tests.unit.api.fake_world import ApiWorld
from tests.unit.api.test_runs import WAITS, publish, start
from tests.unit.api.workflows import RAISE, WAIT


def following(world: ApiWorld, **positions: int) -> AsyncIterator[bytes]:
    runs = {run.replace("_", "-"): seq for run, seq in positions.items()}
    return FollowingMany(runs=world.services.runs, live=world.services.live, positions=runs).messages()


async def next_message(stream: AsyncIterator[bytes]) -> tuple[str, Any]:
    """Give the kind and data of the first message of the next piece."""
    async with asyncio.timeout(5):
        piece = (await anext(stream)).decode()
    lines = [line for line in piece.split("\n\n")[0].splitlines() if not line.startswith("retry")]
    fields = dict(line.split(": ", 1) for line in lines)
    return fields["event"], json.loads(fields["data"])


async def until(stream: AsyncIterator[bytes], kind: str) -> Any:
    """Give the data of the next message of a kind."""
    while True:
        found, data = await next_message(stream)
        if found == kind:
            return data


async def test_one_stream_tells_the_events_of_several_runs_and_their_ends(world: ApiWorld) -> None:
    async with world.client() as client:
        await publish(client, RAISE)
        await publish(client, WAIT)
        ended = (await start(client, "break", WAITS)).json()["run"]
        waiting = (await start(client, "pause", {"Prefer": "wait=0.2"})).json()
        stream = following(world, **{ended: 0, waiting["run"]: waiting["seq"]})
        assert await next_message(stream) == ("ready", {})
        first = await until(stream, "event")
        final = await until(stream, "ended")
        await client.post(f"/api/v1/runs/{waiting['run']}/cancel")
        live = await until(stream, "event")
        await stream.aclose()  # type: ignore[attr-defined]

    assert (first["run"], first["seq"]) == (ended, 1)
    assert (final["run"], final["status"]) == (ended, "faulted")
    assert (live["run"], live["seq"]) == (waiting["run"], waiting["seq"] + 1)


async def test_a_run_that_is_not_there_is_left_with_the_problem_and_the_others_go_on(world: ApiWorld) -> None:
    stream = following(world, none=0)
    told = await until(stream, "left")
    await stream.aclose()  # type: ignore[attr-defined]

    assert (told["run"], told["problem"]["status"]) == ("none", 404)


async def test_changed_runs_are_named_once_whatever_happened_in_them(world: ApiWorld) -> None:
    stream = following(world)
    assert await next_message(stream) == ("ready", {})
    async with world.client() as client:
        await publish(client, RAISE)
        reading = asyncio.ensure_future(until(stream, "changed"))
        run = (await start(client, "break", WAITS)).json()["run"]
        told = await reading
    await stream.aclose()  # type: ignore[attr-defined]

    assert told == {"runs": [run], "more": False}


def test_more_changes_than_one_reader_takes_are_told_as_more() -> None:
    live = Live()
    with live.changes() as changes:
        for number in range(CHANGES + 10):
            live.changed(b"%d" % number)
        runs, are_more = changes.take()
    live.changed(b"late")

    assert (len(runs), are_more) == (CHANGES, True)
    assert changes.take() == ([], False)
    assert Changes().take() == ([], False)


@pytest.mark.parametrize("run", ["no-number", "run:", "run:-1", ":5", "run:1e3"])
async def test_a_position_that_is_none_is_refused(world: ApiWorld, run: str) -> None:
    async with world.client() as client:
        answer = await client.get("/api/v1/live", params={"run": run})
    assert (answer.status_code, answer.json()["type"].endswith("malformed")) == (400, True)
