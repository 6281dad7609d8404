from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.api.fake_world import CLOUDEVENTS, ApiWorld

EVENT: dict[str, Any] = {"specversion": "1.0", "id": "1", "source": "/shop", "type": "paid", "data": {"amount": 5}}
STRUCTURED = {"Content-Type": "application/cloudevents+json; charset=utf-8"}
BATCH = {"Content-Type": "application/cloudevents-batch+json"}
BINARY = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/shop", "ce-type": "paid"}


def written(world: ApiWorld) -> list[tuple[str, Any]]:
    found = [record for record in world.log.records if record.topic() == CLOUDEVENTS]
    return [(record.key().decode(), json.loads(record.value())) for record in found]


async def post(world: ApiWorld, content: Any, headers: dict[str, str]) -> Any:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    async with world.client() as client:
        return await client.post("/api/v1/events", content=body, headers=headers)


async def test_a_structured_event_is_published_under_its_type(world: ApiWorld) -> None:
    answer = await post(world, EVENT, STRUCTURED)
    assert (answer.status_code, answer.json()) == (202, {"items": [{"id": "1", "source": "/shop", "type": "paid"}]})
    assert written(world) == [("paid", EVENT)]


async def test_a_binary_event_has_its_attributes_in_headers(world: ApiWorld) -> None:
    headers = {
        **BINARY,
        "ce-subject": "Gr%C3%BC%C3%9Fe",
        "ce-note": '"a \\"word\\""',
        "Content-Type": "application/json",
    }
    answer = await post(world, {"amount": 5}, headers)
    assert answer.status_code == 202
    more = {"subject": "Grüße", "note": 'a "word"', "datacontenttype": "application/json"}
    assert written(world) == [("paid", {**EVENT, **more})]


async def test_binary_data_that_is_no_json_is_kept_as_base64(world: ApiWorld) -> None:
    await post(world, b"\x89PNG", {**BINARY, "Content-Type": "image/png"})
    ((_, event),) = written(world)
    assert (event["data_base64"], "data" in event) == ("iVBORw==", False)


async def test_a_batch_is_published_as_a_whole_or_not_at_all(world: ApiWorld) -> None:
    good = [{**EVENT, "id": str(number)} for number in range(3)]
    answer = await post(world, good, BATCH)
    assert [item["id"] for item in answer.json()["items"]] == ["0", "1", "2"]
    answer = await post(world, [*good, {"specversion": "1.0", "id": "x"}], BATCH)
    assert answer.status_code == 422
    assert [problem["pointer"] for problem in answer.json()["problems"]] == ["/3", "/3"]
    assert len(written(world)) == 3


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (EVENT, {"Content-Type": "application/json"}, 415),
        (EVENT, {}, 415),
        (b"{", STRUCTURED, 400),
        (b"\xff", STRUCTURED, 400),
        (b'{"data": NaN}', STRUCTURED, 400),
        (b'{"data": ' + b"[" * 200 + b"]" * 200 + b"}", STRUCTURED, 400),
        ({**EVENT, "data": "\ud800"}, STRUCTURED, 400),
        (json.dumps(EVENT).replace("5", "1e999").encode(), STRUCTURED, 400),
        ({**EVENT, "specversion": "2.0"}, STRUCTURED, 422),
        ([EVENT], STRUCTURED, 422),
        (EVENT, BATCH, 400),
        ([EVENT] * 1001, BATCH, 422),
        ({**EVENT, "data": "x" * 300_000}, STRUCTURED, 413),
        (b"x" * 3_000_000, STRUCTURED, 413),
        (b"no json", {**BINARY, "Content-Type": "application/json"}, 422),
        (b"", {"ce-specversion": "1.0"}, 422),
    ],
    ids=range(16),
)
async def test_what_is_no_event_is_refused_and_nothing_written(
    world: ApiWorld, content: Any, headers: dict[str, str], status: int
) -> None:
    answer = await post(world, content, headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert written(world) == []


async def test_without_kafka_nothing_is_accepted(world: ApiWorld) -> None:
    world.log.is_down = True
    assert (await post(world, EVENT, STRUCTURED)).status_code == 503
    world.log.is_down, world.log.loses = False, True
    assert (await post(world, [EVENT, EVENT], BATCH)).status_code == 503
