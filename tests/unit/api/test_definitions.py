from __future__ import annotations

import hashlib

from api.catalogue import Catalogue
from schemas.records import Definition
from tests.unit.api.fake_world import DEFINITIONS, ApiWorld
from tests.unit.api.workflows import GREET, WAIT
from tests.unit.language import ten_mistakes

SHOUT = "https://functions.example/shout.yaml"
YAML = {"Content-Type": "application/yaml"}


async def test_a_definition_is_published_once_and_read_at_once(world: ApiWorld) -> None:
    async with world.client() as client:
        first = await client.post("/api/v1/definitions", content=GREET, headers=YAML)
        again = await client.post("/api/v1/definitions", content=GREET, headers=YAML)
        read = await client.get(first.headers["location"])
        text = await client.get(first.headers["location"], headers={"Accept": "application/yaml"})

    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json()["namespace"], first.json()["name"], first.json()["version"]) == ("demo", "greet", "1.0.0")
    assert read.json()["document"]["do"] == [{"hello": {"set": {"message": "hello"}}}]
    assert text.text == GREET
    assert sum(record.topic() == DEFINITIONS for record in world.log.records) == 1


async def test_another_text_of_a_published_version_is_refused(world: ApiWorld) -> None:
    async with world.client() as client:
        await client.post("/api/v1/definitions", content=GREET, headers=YAML)
        answer = await client.post("/api/v1/definitions", content=GREET.replace("hello}", "bye}"), headers=YAML)

    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:agentos:problem:version-exists"


async def test_every_mistake_is_told_with_its_place(world: ApiWorld) -> None:
    text = GREET.replace("set: {message: hello}", "sett: {message: hello}") + "extra: 1\n"
    async with world.client() as client:
        answer = await client.post("/api/v1/definitions", content=text, headers=YAML)

    problems = answer.json()["problems"]
    assert answer.status_code == 422
    assert len(problems) >= 2
    assert {"pointer", "line", "column", "message", "expected", "found"} == set(problems[0])
    assert [found["line"] for found in problems] == sorted(found["line"] for found in problems)
    assert world.log.records == []


async def test_ten_mistakes_are_told_at_once_each_where_it_stands(world: ApiWorld) -> None:
    async with world.client() as client:
        answer = await client.post("/api/v1/definitions", content=ten_mistakes.TEXT, headers=YAML)

    found = answer.json()["problems"]
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("the definition has 10 problems")
    assert [(each["line"], each["column"]) for each in found] == ten_mistakes.places()
    assert [told for told, each in zip(ten_mistakes.TOLD, found, strict=True) if told not in each["message"]] == []


async def test_a_version_keeps_what_was_fetched_for_it(world: ApiWorld) -> None:
    text = GREET.replace("set: {message: hello}", f"call: {SHOUT}")
    world.texts.texts[SHOUT] = "set: {message: HELLO}\n"
    async with world.client() as client:
        first = await client.post("/api/v1/definitions", content=text, headers=YAML)
        world.texts.texts.clear()
        again = await client.post("/api/v1/definitions", content=text, headers=YAML)
        read = (await client.get(first.headers["location"])).json()
        changed = await client.post("/api/v1/definitions", content=text + "# changed\n", headers=YAML)

    assert (first.status_code, again.status_code) == (201, 200)
    assert read["text"] == text
    assert read["document"]["use"]["functions"][SHOUT] == {"set": {"message": "HELLO"}}
    digest = hashlib.sha256(b"set: {message: HELLO}\n").hexdigest()
    assert read["resources"] == [{"uri": SHOUT, "digest": digest}]
    assert changed.status_code == 422
    assert "status 404" in changed.json()["problems"][0]["message"]


async def test_unknown_node_types_are_refused(world: ApiWorld) -> None:
    text = GREET.replace("set: {message: hello}", "call: teleport")
    async with world.client() as client:
        answer = await client.post("/api/v1/definitions", content=text, headers=YAML)

    assert answer.status_code == 422
    assert "teleport" in answer.text


async def test_text_that_is_no_definition_is_refused(world: ApiWorld) -> None:
    cases = {
        b"\xff\xfe": 400,
        b"a: [": 422,
        b"": 422,
        b"- 1": 422,
        b"x" * (1024 * 1024 + 1): 413,
        b"[" * 5000: 422,
    }
    async with world.client() as client:
        for content, status in cases.items():
            answer = await client.post("/api/v1/definitions", content=content, headers=YAML)
            assert answer.status_code == status, content[:20]
            assert answer.headers["content-type"] == "application/problem+json"
        as_png = await client.post("/api/v1/definitions", content=GREET, headers={"Content-Type": "image/png"})
    assert as_png.status_code == 415


async def test_the_list_is_paged_in_order(world: ApiWorld) -> None:
    async with world.client() as client:
        for text in (WAIT, GREET.replace("1.0.0", "1.10.0"), GREET.replace("1.0.0", "1.9.0")):
            await client.post("/api/v1/definitions", content=text, headers=YAML)
        first = (await client.get("/api/v1/definitions?limit=2")).json()
        second = (await client.get(f"/api/v1/definitions?limit=2&cursor={first['next']}")).json()

    assert [(found["name"], found["version"]) for found in first["items"]] == [("greet", "1.9.0"), ("greet", "1.10.0")]
    assert [found["name"] for found in second["items"]] == ["pause"]
    assert second["next"] is None


async def test_without_kafka_nothing_is_published(world: ApiWorld) -> None:
    world.log.is_down = True
    async with world.client() as client:
        answer = await client.post("/api/v1/definitions", content=GREET, headers=YAML)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0


def definition(version: str, text: str = "") -> Definition:
    return Definition(
        namespace="n", name="w", version=version, text=text, document="{}", digest="", published_at_ms=0, actor="x"
    )


def test_the_first_record_of_a_version_counts() -> None:
    catalogue = Catalogue()
    catalogue.add([definition("1.0.0", "first"), definition("1.0.0", "second")])
    found = catalogue.find("n", "w", "1.0.0")
    assert found is not None
    assert found.text == "first"


def test_without_a_version_the_highest_one_is_meant() -> None:
    catalogue = Catalogue()
    for version in ("1.10.0", "banana", "1.9.0", "2.0.0-rc.1", "2.0.0-rc.10", "2.0.0-rc.9", "2.0.0-alpha"):
        catalogue.add([definition(version)])
    ascending = [found.version for found in catalogue.listed()]
    assert ascending == ["banana", "1.9.0", "1.10.0", "2.0.0-alpha", "2.0.0-rc.1", "2.0.0-rc.9", "2.0.0-rc.10"]
    found = catalogue.find("n", "w")
    assert found is not None
    assert found.version == "2.0.0-rc.10"
    catalogue.add([definition("2.0.0")])
    found = catalogue.find("n", "w")
    assert found is not None
    assert found.version == "2.0.0"
