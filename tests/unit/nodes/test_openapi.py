from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from nodes.errors import NodeError
from nodes.openapi import OpenApi
from nodes.openapi.node import OpenApiArguments
from tests.unit.nodes.service import client, context

THREE: dict[str, Any] = {
    "openapi": "3.1.0",
    "servers": [{"url": "/{version}", "variables": {"version": {"default": "v3"}}}],
    "paths": {
        "/pets/{id}": {
            "parameters": [{"$ref": "#/components/parameters/id"}],
            "get": {
                "operationId": "getPet",
                "parameters": [
                    {"name": "tag", "in": "query"},
                    {"name": "x-trace", "in": "header"},
                    {"name": "session", "in": "cookie"},
                ],
            },
            "put": {"operationId": "putPet", "requestBody": {"content": {"application/json": {}}}},
        },
        "/broken": {"get": {"operationId": "broken", "parameters": [{"$ref": "#/nowhere"}]}},
    },
    "components": {"parameters": {"id": {"name": "id", "in": "path", "required": True}}},
}
TWO: dict[str, Any] = {
    "swagger": "2.0",
    "basePath": "/v2",
    "paths": {
        "/pets": {
            "post": {"operationId": "addPet", "parameters": [{"name": "pet", "in": "body", "required": True}]},
            "put": {"operationId": "formPet", "parameters": [{"name": "name", "in": "formData"}]},
        }
    },
}

Call = Callable[..., Awaitable[Any]]


class PetStore:
    def __init__(self) -> None:
        self.url = ""
        self.seen: list[dict[str, Any]] = []

    async def answer(self, request: web.Request) -> web.Response:
        documents = {"/three": THREE, "/two": TWO, "/none": {"paths": 1}}
        self.seen.append({"method": request.method, "path": request.path_qs, "body": (await request.text())})
        if request.path in documents:
            return web.json_response(documents[request.path])
        if request.path == "/yaml":
            return web.Response(text="openapi: 3.1.0\npaths: {/a: {get: {operationId: a}}}\n")
        headers = {name.lower(): value for name, value in request.headers.items()}
        return web.json_response(self.seen[-1] | {"headers": headers})


@pytest.fixture
async def store() -> AsyncIterator[PetStore]:
    store, app = PetStore(), web.Application()
    app.router.add_route("*", "/{path:.*}", store.answer)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    store.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield store
    await runner.cleanup()


@pytest.fixture
async def call(store: PetStore) -> AsyncIterator[Call]:
    """Give a function that calls an operation of the document at a path."""
    node = OpenApi(lambda text: {"openapi": "3.1.0", "paths": {"/a": {"get": {"operationId": "a"}}}})
    async with client() as http:

        async def run(path: str, operation: str, parameters: dict[str, Any] | None = None, **more: Any) -> Any:
            given = {"document": {"endpoint": store.url + path}, "operationId": operation, **more}
            arguments = OpenApiArguments.model_validate(given | {"parameters": parameters or {}})
            return await node.run(arguments, context(http, {"login": {"token": "t0ken"}}))

        yield run


async def failure(run: Any) -> NodeError:
    with pytest.raises(NodeError) as caught:
        await run
    return caught.value


async def test_each_parameter_goes_where_the_document_says(call: Call) -> None:
    parameters = {"id": "a/b {c}", "tag": ["x", "y"], "x-trace": 7, "session": "s;1"}

    found = await call("/three", "getPet", parameters)

    assert (found["method"], found["path"]) == ("GET", "/v3/pets/a%2Fb%20%7Bc%7D?tag=x&tag=y")
    assert found["headers"]["x-trace"] == "7"
    assert found["headers"]["cookie"] == "session=s%3B1"


@pytest.mark.parametrize("given", [{"name": "Milou", "age": 2}, {"body": {"name": "Milou", "age": 2}}])
async def test_what_is_no_parameter_is_the_body(call: Call, given: dict[str, Any]) -> None:
    found = await call("/three", "putPet", {"id": 7} | given)

    assert (found["path"], json.loads(found["body"])) == ("/v3/pets/7", {"name": "Milou", "age": 2})
    assert found["headers"]["content-type"] == "application/json"
    assert found["headers"]["idempotency-key"] == "run-1/do/0/call/1"


async def test_swagger_2_has_its_body_and_form_among_the_parameters(call: Call) -> None:
    body = await call("/two", "addPet", {"pet": {"name": "Milou"}})
    form = await call("/two", "formPet", {"name": "Milou Dog"})

    assert (body["path"], json.loads(body["body"])) == ("/v2/pets", {"name": "Milou"})
    assert (form["body"], form["headers"]["content-type"]) == (
        "name=Milou+Dog",
        "application/x-www-form-urlencoded",
    )


async def test_the_service_is_shown_who_calls_and_the_document_is_not(call: Call, store: PetStore) -> None:
    found = await call("/three", "getPet", {"id": 1}, authentication={"bearer": {"use": "login"}})

    assert found["headers"]["authorization"] == "Bearer t0ken"


async def test_a_document_is_fetched_once_for_many_calls(call: Call, store: PetStore) -> None:
    await call("/three", "getPet", {"id": 1})
    await call("/three", "getPet", {"id": 2})

    assert [seen["path"] for seen in store.seen] == ["/three", "/v3/pets/1", "/v3/pets/2"]


async def test_the_output_may_be_the_whole_response(call: Call) -> None:
    assert (await call("/three", "getPet", {"id": 1}, output="response"))["statusCode"] == 200


async def test_a_document_may_be_yaml(call: Call) -> None:
    assert (await call("/yaml", "a"))["path"] == "/a"


@pytest.mark.parametrize(
    ("path", "operation", "parameters", "told"),
    [
        ("/three", "getDog", {}, "found getPet, putPet, broken"),
        ("/three", "getPet", {}, "expected the parameter 'id', found none"),
        ("/three", "getPet", {"id": 1, "wrong": 2}, "found wrong"),
        ("/three", "broken", {}, "#/nowhere"),
        ("/none", "getPet", {}, "an OpenAPI document with `paths`"),
    ],
)
async def test_what_does_not_fit_the_document_is_told(
    call: Call, path: str, operation: str, parameters: dict[str, Any], told: str
) -> None:
    error = await failure(call(path, operation, parameters))

    assert told in error.problem["detail"]
    assert not error.retryable
