from __future__ import annotations

from typing import Any

import pytest
from starlette.datastructures import Headers

from api.preferences import idempotency_key, wait_s
from api.problems import Problem
from tests.unit.api.fake_world import ApiWorld


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/nothing", 404, "not-found"),
        ("GET", "/api/v1/definitions/a/b/1.0.0", 404, "not-found"),
        ("DELETE", "/api/v1/runs", 405, "method-not-allowed"),
        ("GET", "/api/v1/runs/", 404, "not-found"),
        ("GET", "/api/v1/runs/a%2fb", 400, "malformed"),
        ("GET", "/api/v1/runs?limit=many", 422, "invalid-request"),
        ("GET", "/schemas/ids/none", 404, "not-found"),
        ("GET", "/subjects/none/versions", 404, "not-found"),
        ("GET", "/subjects/agentos.Commit/versions/99", 404, "not-found"),
    ],
)
async def test_every_error_is_a_problem_document(
    world: ApiWorld, method: str, path: str, status: int, kind: str
) -> None:
    async with world.client() as client:
        answer = await client.request(method, path)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == f"urn:agentos:problem:{kind}"
    assert {"title", "status", "detail", "instance"} <= set(problem)


async def test_a_mistake_of_ours_shows_nothing_of_the_inside(world: ApiWorld, caplog: pytest.LogCaptureFixture) -> None:
    async def broken() -> Any:
        raise RuntimeError("the secret inside")

    object.__setattr__(world.services, "store", type("Broken", (), {"counts": broken, "reached": broken}))
    async with world.client() as client:
        answer = await client.get("/api/v1/status")

    assert answer.status_code == 500
    assert answer.json()["type"] == "urn:agentos:problem:internal"
    assert "secret" not in answer.text
    assert "the secret inside" in caplog.text


async def test_the_description_of_the_api_lists_every_route_and_its_answers(world: ApiWorld) -> None:
    async with world.client() as client:
        answer = await client.get("/api/v1/openapi.json")
    described = answer.json()
    assert "#/$defs" not in answer.text

    start = described["paths"]["/api/v1/runs"]["post"]
    assert start["operationId"] == "start_run"
    assert "application/json" in start["requestBody"]["content"]
    assert start["responses"]["202"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Run"}
    operations = [operation["operationId"] for path in described["paths"].values() for operation in path.values()]
    assert len(operations) == len(set(operations))
    assert all(operation.get("description") for path in described["paths"].values() for operation in path.values())


async def test_what_an_editor_and_a_node_list_need_is_there(world: ApiWorld) -> None:
    async with world.client() as client:
        schema = (await client.get("/api/v1/schema")).json()
        types = (await client.get("/api/v1/node-types")).json()["items"]
        metrics = await client.get("/metrics")

    assert schema["$schema"].startswith("https://json-schema.org/")
    assert {"http", "echo"} <= {found["name"] for found in types}
    assert {"with_schema", "output_schema", "description", "examples"} <= set(types[0])
    assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'agentos_api_responses_total{method="GET",status="200"} 2' in metrics.text


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("wait=10", 10),
        ("respond-async, wait=2.5", 2.5),
        ("WAIT=3;x=1", 3),
        ('wait="4"', 4),
        ("wait=99999", 300),
        ("wait=-1", 0),
        ("wait=abc", 0),
        ("await=5", 0),
        ("", 0),
    ],
)
def test_preferences_are_read_as_the_standard_says(given: str, seconds: float) -> None:
    assert wait_s(Headers({"prefer": given})) == seconds


def test_keys_are_short_and_printable() -> None:
    assert idempotency_key(Headers({})) is None
    assert idempotency_key(Headers({"idempotency-key": '"a b"'.replace(" ", "-")})) == "a-b"
    assert idempotency_key(Headers({"idempotency-key": "plain"})) == "plain"
    for bad in ("", '""', "with space", "x" * 256, "ü"):
        with pytest.raises(Problem):
            idempotency_key(Headers({"idempotency-key": bad}))
