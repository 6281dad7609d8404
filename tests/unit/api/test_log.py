"""The log over the API: pages by place, instant, run and type, the live stream, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import httpx

from api.log_places import LogQuery
from schemas.codec import encode
from schemas.records import DeadLetter
from tests.unit.api.fake_world import EVENTS, PREFIX, ApiWorld
from tests.unit.api.test_runs import WAITS, publish, start
from tests.unit.api.workflows import GREET, RAISE


async def log(client: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await client.get("/api/v1/log", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def three_runs(client: httpx.AsyncClient) -> list[str]:
    await publish(client, GREET, RAISE)
    return [(await start(client, name, WAITS)).json()["run"] for name in ("greet", "break", "greet")]


async def test_every_commit_is_read_with_its_place_and_events(world: ApiWorld) -> None:
    async with world.client() as client:
        runs = await three_runs(client)
        page = await log(client)

    assert [(item["partition"], item["offset"], item["kind"]) for item in page["items"]] == [
        (0, offset, "Commit") for offset in range(len(page["items"]))
    ]
    assert [item["key"] for item in page["items"]] == [item["record"]["run"] for item in page["items"]]
    assert {item["key"] for item in page["items"]} == set(runs)
    assert page["items"][0]["record"]["events"][0]["type"] == "RunStarted"
    assert (page["next"], page["bounds"]) == (None, {"0": {"first": 0, "next": len(page["items"])}})


async def test_pages_follow_each_other_without_a_gap_or_a_repetition(world: ApiWorld) -> None:
    async with world.client() as client:
        await three_runs(client)
        whole = await log(client)
        page = await log(client, limit=1)
        found = page["items"]
        while page["next"]:
            page = await log(client, limit=1, position=page["next"])
            found += page["items"]

    assert found == whole["items"]
    assert page["position"] == whole["position"]


async def test_runs_and_types_narrow_what_is_read(world: ApiWorld) -> None:
    async with world.client() as client:
        runs = await three_runs(client)
        of_run = await log(client, run=runs[1])
        faulted = await log(client, type="RunFaulted")
        definitions = await log(client, topic="definitions")
        none = await log(client, type="Nothing")

    assert {item["key"] for item in of_run["items"]} == {runs[1]}
    (item,) = faulted["items"]
    assert [event["type"] for event in item["record"]["events"]] == ["RunFaulted"]
    assert [item["record"]["name"] for item in definitions["items"]] == ["greet", "break"]
    assert definitions["items"][0]["record"]["document"]["document"]["name"] == "greet"
    assert (none["items"], none["next"]) == ([], None)


async def test_an_instant_says_where_to_begin_and_end(world: ApiWorld) -> None:
    async with world.client() as client:
        await three_runs(client)
        late = await log(client, time="2023-11-14T22:13:20.001Z", until="2023-11-14T22:13:20.002Z")
        never = await log(client, time="2030-01-01T00:00:00Z")
        end = await log(client, last=1)

    assert [item["offset"] for item in late["items"]] == [1]
    assert never["items"] == []
    assert end["items"][0]["offset"] == end["bounds"]["0"]["next"] - 1


async def test_a_place_outside_the_log_is_refused_with_the_valid_range(world: ApiWorld) -> None:
    async with world.client() as client:
        await three_runs(client)
        high = (await log(client))["bounds"]["0"]["next"]
        far = await client.get("/api/v1/log", params={"partition": 0, "offset": high})
        partition = await client.get("/api/v1/log", params={"partition": 9, "offset": 0})
        position = await client.get("/api/v1/log", params={"position": "0:99999"})
        junk = await client.get("/api/v1/log", params={"position": "here"})
        topic = await client.get("/api/v1/log", params={"topic": "nothing"})
        unknown = await client.get("/api/v1/log", params={"ofset": 1})

    assert (far.status_code, far.json()["type"]) == (422, "urn:agentos:problem:outside-the-log")
    assert far.json()["valid"] == {"first": 0, "last": high - 1}
    assert (partition.status_code, partition.json()["valid"]) == (422, {"partitions": [0]})
    assert [each.status_code for each in (position, junk, topic, unknown)] == [422, 400, 404, 422]
    assert "dead-letters" in topic.json()["detail"]


async def test_what_cannot_be_read_is_shown_as_it_is(world: ApiWorld) -> None:
    letter = DeadLetter(
        stage="snapshots", reason="cut off", topic=EVENTS, partition=0, offset=3, at_ms=5, record_value=b"\x00junk"
    )
    world.log.append(f"{PREFIX}dead-letters", b"snapshots", encode(letter))
    world.log.append(f"{PREFIX}cloudevents", b"t", b'{"specversion":"1.0","type":"t.x","n":123456789012345678901234}')
    world.log.append(f"{PREFIX}cloudevents", b"t", b"{" * 2000)
    async with world.client() as client:
        (dead,) = (await log(client, topic="dead-letters"))["items"]
        event, deep = (await log(client, topic="cloudevents"))["items"]
        narrowed = await log(client, topic="cloudevents", type="t.x")

    assert (dead["kind"], dead["record"]["kind"]) == ("DeadLetter", "unreadable")
    assert (event["kind"], event["record"]["n"], deep["kind"]) == ("CloudEvent", 123456789012345678901234, "unreadable")
    assert len(narrowed["items"]) == 1


async def test_the_stream_goes_on_behind_a_position_with_what_is_appended(world: ApiWorld) -> None:
    async with world.client() as client:
        (first, *_) = await three_runs(client)
        stream = world.services.log_pages.stream
        query = {"run": first, "topic": "events"}
        page = await log(client, **query)
        wanted = LogQuery(run=first)
        position = await world.services.log_pages.position(LogQuery(run=first, position="0:0"))
        seen = []
        records = stream(wanted, position)
        async for place, record in records:
            if record is not None:
                seen.append((place, record["offset"]))
            if len(seen) == len(page["items"]):
                break
        await records.aclose()
        refused = await client.get("/api/v1/log/stream", headers={"Last-Event-ID": "0:99999"})

    assert [offset for _, offset in seen] == [item["offset"] for item in page["items"]]
    assert [place for place, _ in seen] == [f"0:{offset + 1}" for _, offset in seen]
    assert refused.status_code == 422
    assert json.loads(refused.text)["valid"]["first"] == 0


def buried(topic: str, value: bytes | None, offset: int = 7) -> DeadLetter:
    return DeadLetter(
        stage="orchestrator", reason="poison", topic=topic, partition=0, offset=offset, at_ms=5, record_key=b"r",
        record_value=value,
    )  # fmt: skip


async def test_a_dead_letter_is_put_back_on_its_topic_with_a_note_of_who_did_it(world: ApiWorld) -> None:
    event = b'{"specversion":"1.0","type":"t","id":"1","source":"/s"}'
    world.log.append(f"{PREFIX}dead-letters", b"orchestrator", encode(buried(f"{PREFIX}cloudevents", event)))
    async with world.client() as client:
        done = await client.post("/api/v1/dead-letters/0/0/redrive")
        (again,) = (await log(client, topic="cloudevents"))["items"]
        letters = (await log(client, topic="dead-letters"))["items"]
        listed = await client.get("/api/v1/dead-letters")
        (world.store.is_away, away) = (True, await client.get("/api/v1/dead-letters", params={"cursor": "x"}))

    assert (done.status_code, done.json()["topic"]) == (200, "cloudevents")
    assert (again["key"], again["record"]["id"]) == ("r", "1")
    note = letters[1]["record"]
    assert (note["stage"], note["reason"][:22], note["offset"]) == ("redrive", "put back by user:admin", 0)
    assert (listed.status_code, away.status_code) == (200, 400)


async def test_what_cannot_be_put_back_is_refused_with_the_reason(world: ApiWorld) -> None:
    letters = (buried(EVENTS, b"x"), buried(f"{PREFIX}gone", b"x"), buried(f"{PREFIX}commands", None))
    for letter in letters:
        world.log.append(f"{PREFIX}dead-letters", b"orchestrator", encode(letter))
    world.log.append(f"{PREFIX}dead-letters", b"orchestrator", b"junk")
    async with world.client() as client:
        refused = [await client.post(f"/api/v1/dead-letters/0/{n}/redrive") for n in range(5)]

    assert [each.status_code for each in refused] == [409, 409, 409, 409, 422]
    assert [each.json()["type"].rpartition(":")[2] for each in refused] == ["not-redrivable"] * 4 + ["outside-the-log"]
    assert world.log.commands == 0
